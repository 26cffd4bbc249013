"""SWD blocks in, records out: of the column decoder, and of the bit-fed framer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from line.decoding import decoded, only
from stm32trace.capture.changes import Changes
from stm32trace.line.columns import Setup
from stm32trace.line.swd import PAUSE_S, PAUSE_SAMPLES, SwdDecoder
from stm32trace_core.wire.swd import SwdSequence, SwdTransfer
from stm32trace_core.wire.swd_framer import SwdFramer
from stm32trace_core.wire.swd_spikes import ClockSpikes
from waves.probe import Probe
from waves.swd import SwdWave

if TYPE_CHECKING:
    from stm32trace_core.record import Record

Item = SwdTransfer | SwdSequence
BUS = 'swd0'


def decode(source: SwdWave | Iterable[Changes], sample_rate: float | None = 24e6) -> list[Record]:
    """Return all records of SWCLK and SWDIO: of a dialogue, at its own sample rate, or of blocks."""
    if isinstance(source, SwdWave):
        return decoded(SwdDecoder(Setup(source.bus, source.rate)), [source.lines()])
    return decoded(SwdDecoder(Setup(BUS, sample_rate)), source)


def items(source: SwdWave | Iterable[Changes], sample_rate: float | None = 24e6) -> list[Item]:
    """Return packets and sequences."""
    return [one for one in decode(source, sample_rate) if isinstance(one, Item)]


def transfers(source: SwdWave | Iterable[Changes]) -> list[SwdTransfer]:
    """Return the packets."""
    return only(SwdTransfer, decode(source))


def sequences(source: SwdWave | Iterable[Changes]) -> list[tuple[str, int]]:
    """Return kind and clocks of the sequences."""
    return [(one.kind, one.bits) for one in only(SwdSequence, decode(source))]


def framed(
    block: Changes, sample_rate: float | None = 24e6, bus: str = BUS, clean: bool = False
) -> list[Item]:
    """Return what `SwdFramer` makes of one run, fed with a cycle at a time as PulseView would.

    clean: with ClockSpikes before it.
    """
    pause = int(sample_rate * PAUSE_S) if sample_rate else PAUSE_SAMPLES
    spikes = ClockSpikes(pause)
    framer = SwdFramer(bus, pause, block.start)
    found: list[Item] = []
    for cycle in cycles(block):
        for one in spikes.cycle(*cycle) if clean else [cycle]:
            found += framer.cycle(*one)
    for one in spikes.finish():
        found += framer.cycle(*one)
    found += framer.finish(block.stop)
    return sorted(found, key=lambda one: one.end)


def cycles(block: Changes) -> Iterator[tuple[int, int, int, int]]:
    """Yield rise, SWDIO, fall, SWDIO of each clock cycle of a run; the end of the run cuts off the last."""
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


def levels(bits: str, clock: int = 6, start: int = 200) -> Changes:
    """Return clock cycles in which SWDIO has these levels ('0', '1') from fall to fall."""
    cycles = np.frombuffer(bits.encode(), np.uint8) - ord('0')
    index = start + clock * np.repeat(np.arange(len(cycles)), 2)
    index[1::2] += clock // 2
    state = np.repeat(cycles * 2, 2)
    state[1::2] |= 1
    index = np.concatenate(([0], index, [index[-1] + clock // 2 if len(cycles) else start]))
    state = np.concatenate(([0], state, [0]))
    keep = np.diff(state, prepend=99) != 0
    return Changes(0, int(index[-1]) + 10, index[keep], state[keep].astype(np.uint8))


def session() -> Probe:
    """A session with answers of every kind."""
    probe = Probe().connect().power_up().halt().waiting(1).mem_read_block(0x08000000, range(8))
    probe.mem_write_block(0x20000000, [0xA5A5A5A5, 0x0000008D, 0xFFFFFFFF]).waiting(1)
    return probe.mem_read(0x1FFF7590, fault=True).status().abort().core_read(15, 0x080000C0)
