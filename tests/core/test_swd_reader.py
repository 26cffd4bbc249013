"""The reader of whole packets finds what the bit-fed framer finds, in batches of any size."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from line.swd_decoding import BUS, Item, framed
from line.test_swd_any_cut import ANY, noise
from stm32trace.capture.changes import Changes
from stm32trace_core.wire.swd import WAIT
from stm32trace_core.wire.swd_framer import SwdFramer
from stm32trace_core.wire.swd_reader import SwdReader
from waves.swd import AP, DP, SwdWave

PAUSE = 10**6  # samples

Cycle = tuple[int, int, int, int]


def cycles(block: Changes) -> Iterator[Cycle]:
    """Rise, SWDIO, fall, SWDIO of each whole clock cycle; one that the end cuts off ends there."""
    rise: tuple[int, int] | None = None
    clock = -1
    for sample, state in zip(block.index.tolist(), block.state.tolist(), strict=True):
        before, clock = clock, state & 1
        if before in (-1, clock):
            continue
        if clock:
            rise = sample, state >> 1
        elif rise is not None:
            yield (*rise, sample, state >> 1)
            rise = None
    if rise is not None:
        yield (*rise, block.stop, rise[1])


def read(block: Changes, pause: int, extra: int = 0) -> list[Item]:
    """What the reader makes of a run, asked whenever it wants or `extra` cycles later."""
    reader = SwdReader(BUS, pause, block.start)
    found: list[Item] = []
    left = 1
    for rise, host, fall, target in cycles(block):
        reader.rises.append(rise)
        reader.hosts.append(host)
        reader.falls.append(fall)
        reader.targets.append(target)
        left -= 1
        if not left:
            found += reader.items()
            assert reader.wanted > 0
            left = reader.wanted + extra
    found += reader.finish(block.stop)
    return sorted(found, key=lambda one: one.end)


@given(ANY, st.sampled_from((PAUSE, 40)), st.sampled_from((0, 0, 0, 1, 7, 100)))
def test_items_are_those_of_the_framer(block: Changes, pause: int, extra: int) -> None:
    assert read(block, pause, extra) == framed(block, float(pause))


@given(st.lists(noise(), min_size=2, max_size=2))
def test_pieces_between_pauses_do_not_see_each_other(blocks: list[Changes]) -> None:
    wave = SwdWave()
    for block in blocks:
        wave.read(DP, 0, int(block.stop)).write(AP, 4, 0xFFFFFFFF).pause(0.5)
    assert read(wave.lines(), 40) == framed(wave.lines(), 40.0)


def told(block: Changes, asking: SwdFramer | SwdReader) -> list[tuple[int, Item]]:
    """(number of the cycle with which it came, item)."""
    found: list[tuple[int, Item]] = []
    for number, cycle in enumerate(cycles(block)):
        if isinstance(asking, SwdFramer):
            found += [(number, item) for item in asking.cycle(*cycle)]
            continue
        rise, host, fall, target = cycle
        asking.rises.append(rise)
        asking.hosts.append(host)
        asking.falls.append(fall)
        asking.targets.append(target)
        found += [(number, item) for item in asking.items()]
    return found


@given(ANY)
def test_no_item_comes_later_than_from_the_framer(block: Changes) -> None:
    before = {item: number for number, item in told(block, SwdFramer(BUS, PAUSE))}
    after = {item: number for number, item in told(block, SwdReader(BUS, PAUSE))}
    assert all(after[item] <= number for item, number in before.items())


def test_memory_is_bounded() -> None:
    wave = SwdWave()
    for number in range(300):
        wave.read(DP, 0, number).write(AP, 4, number).high(3).idle(70)
    reader = SwdReader(wave.bus, PAUSE)
    assert len([item for _, item in told(wave.lines(), reader)]) == 900
    assert len(reader.rises) == len(reader.targets) < 5000


def test_turnaround_and_overrun_are_followed_into_the_framer_and_back() -> None:
    wave = SwdWave().read(DP, 0, 1).write(DP, 8, 1).write(DP, 4, 1 << 8).turnaround(2)
    wave.read(DP, 0, 2).write(DP, 4, 0).turnaround(1).write(DP, 8, 0).read(DP, 0, 3)
    wave.overrun(True).read(AP, 0, 4, WAIT).read(AP, 0, 5).overrun(False).read(AP, 0, 6, WAIT)
    for value in (7, 8, 9):
        wave.read(DP, 0, value)
    assert read(wave.lines(), PAUSE) == wave.truth
