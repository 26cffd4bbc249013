"""A decoder that waits for edges reads what the bit-fed framer finds, pauses of the clock included."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given

from decoders.hosts import Wires
from line.swd_decoding import BUS, Item, framed
from line.test_swd_any_cut import ANY
from stm32trace.capture.changes import Changes
from stm32trace_core.sigrok import clock
from stm32trace_core.wire.swd_reader import SwdReader
from waves.swd import DP, WAIT, SwdWave

PAUSE = 40  # samples


class Waiting:
    """What `items` needs of a decoder."""

    def __init__(self, block: Changes) -> None:
        self._wires = Wires(block, None)

    @property
    def samplenum(self) -> int:
        return self._wires.samplenum

    @property
    def matched(self) -> list[bool]:
        return self._wires.matched

    def wait(self, conditions: dict[int, str] | list[dict[int, str]]) -> tuple[int, ...]:
        one = [conditions] if isinstance(conditions, dict) else conditions
        return self._wires.wait(one)[:2]


def read(block: Changes, pause: int = PAUSE) -> list[Item]:
    found: list[Item] = []
    try:
        for item in clock.items(Waiting(block), SwdReader(BUS, pause, block.start), pause):
            found.append(item)
    except EOFError:
        pass
    return sorted(found, key=lambda one: one.end)


@given(ANY)
def test_silence_decides_what_the_end_of_the_data_would(block: Changes) -> None:
    assume(len(block.index))
    silent = replace(block, stop=block.stop + 3 * PAUSE)
    whole = [one for one in framed(silent, float(PAUSE)) if not getattr(one, 'flags', 0) & 4]
    assert [one for one in read(silent) if not getattr(one, 'flags', 0) & 4] == whole


def test_what_is_pending_comes_with_the_end_of_a_pause_and_not_without() -> None:
    wave = SwdWave(rate=1000, clock=100).read(DP, 0, 1).read(DP, 0, 0, WAIT)
    assert read(wave.lines()) == wave.truth[:1]
    assert read(wave.idle(1).pause(1).lines()) == wave.truth
