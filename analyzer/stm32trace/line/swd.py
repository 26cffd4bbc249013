"""SWCLK and SWDIO become SWD packets, sequences, and figures about the bus.

The way: edges -> cycles (swd_cycles) -> those that are no spikes (swd_spikes) -> a window of them
(swd_window) with every place at which a packet could begin (swd_packets) -> links from packet to packet
(swd_links), in the form that packets have just then (swd_form) -> what is followed (swd_framing) ->
columns (swd_columns). `stm32trace_core.wire.swd_spikes` and `swd_framer` do the same bit by bit.

Source: Arm IHI 0031 (ADIv5.2), chapters B4 and B5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.activity import Activity, ClockStatsColumns, Periods
from stm32trace.line.columns import Setup, WordColumns
from stm32trace.line.swd_cycles import SWCLK, SWDIO, CycleReader, Cycles
from stm32trace.line.swd_framing import Framing
from stm32trace.line.swd_spikes import ClockSpikes
from stm32trace.signal.edges import Edges, edges
from stm32trace.signal.glitch import SpikeFilter
from stm32trace_core.lines import ClockStats, LineActivity
from stm32trace_core.wire.swd import SwdSequence, SwdTransfer

if TYPE_CHECKING:
    from stm32trace.capture.changes import Changes

SPIKE_S = 5e-9  # SWCLK of an STM32 is 50 MHz at most: each of its phases is longer than this
PAUSE_S = 1.0  # a clock that stops for longer ends a packet
PAUSE_SAMPLES = 10_000_000  # the same where the sample rate is unknown


class SwdDecoder:
    """Decodes one bus; bit 0 of a block's state is SWCLK, bit 1 SWDIO.

    SwdTransfer and SwdSequence come when what follows leaves no doubt about them, LineActivity and
    ClockStats at `close`. LineActivity counts the raw edges; all else is without spikes: those of
    SPIKE_S or less, where the sample rate is high enough to see any, and what is too short for the clock.
    """

    protocol: ClassVar[str] = 'swd'
    roles: ClassVar[tuple[str, ...]] = ('swclk', 'swdio')
    produces: ClassVar[tuple[type, ...]] = (SwdTransfer, SwdSequence, LineActivity, ClockStats)

    def __init__(self, setup: Setup) -> None:
        bus, sample_rate = setup.bus, setup.sample_rate
        self._bus = bus
        limit = int((sample_rate or 0) * SPIKE_S)
        self._filter = SpikeFilter(limit, len(self.roles)) if limit else None
        pause = int(sample_rate * PAUSE_S) if sample_rate else PAUSE_SAMPLES
        self._reader = CycleReader(pause)
        self._spikes = ClockSpikes(pause)
        self._framing = Framing(bus)
        self._activity = Activity(bus, self.roles)
        self._periods = Periods()
        self._rise: int | None = None  # the last one of the run
        self._simultaneous = 0
        self._start: int | None = None
        self._state: int | None = None  # None before a run
        self.settled = 0

    def feed(self, block: Changes) -> Iterator[WordColumns]:
        """Return the packets and sequences that are decided within the block."""
        raw = self._activity.feed(block)
        if self._start is None:
            self._start = block.start
        if self._filter is None:
            found, stop = self._decode(block, raw), block.stop
        else:
            clean = self._filter.feed(block)
            found, stop = self._decode(clean, edges(clean, self._state)), clean.stop
        pending = [self._framing.settled, self._spikes.settled]
        self.settled = max(
            self.settled, min(sample for sample in (*pending, stop) if sample is not None)
        )
        return iter(found)

    def finish(self, end: int) -> Iterator[WordColumns]:
        """Return what is open at the end of a run."""
        found: list[WordColumns] = []
        if self._filter is not None:
            rest = self._filter.finish(end)
            found = self._decode(rest, edges(rest, self._state))
        for cycles in self._spikes.feed(self._reader.finish(end), last=True):
            self._measure(cycles)
            found += self._framing.feed(cycles)
        found += self._framing.pause(end)
        self._activity.finish()
        self._state = self._rise = None
        self.settled = end
        return iter(found)

    def close(self, end: int) -> Iterator[WordColumns]:
        """Return LineActivity of both lines and ClockStats; nothing if there were no samples."""
        if self._start is None:
            return
        yield from self._activity.close(end)
        yield ClockStatsColumns(
            np.array([self._start]),
            np.array([end]),
            self._bus,
            role='swclk',
            periods=self._periods.count,
            median=self._periods.median,
            minimum=self._periods.minimum,
            simultaneous=self._simultaneous,
            spikes=self._spikes.count + (self._filter.spikes if self._filter else 0),
            broken=self._framing.broken,
        )

    def _decode(self, block: Changes, found: Edges) -> list[WordColumns]:
        if self._state is None:
            if not len(block.index):
                return []
            self._framing.begin(block.start)
        if len(block.state):
            self._state = int(block.state[-1])
        self._simultaneous += int(np.count_nonzero(found.changed == SWCLK | SWDIO))
        columns: list[WordColumns] = []
        for piece in self._reader.feed(found, block.stop):
            for cycles in self._spikes.feed(piece.cycles, last=piece.pause is not None):
                self._measure(cycles)
                columns += self._framing.feed(cycles)
            if piece.pause is not None:
                columns += self._framing.pause(piece.pause)
        return columns

    def _measure(self, cycles: Cycles) -> None:
        """Count the periods that end with one of the cycles."""
        if len(cycles):
            if self._rise is not None:
                self._periods.add(cycles.rise[:1] - self._rise)
            self._periods.add(np.diff(cycles.rise))
            self._rise = int(cycles.rise[-1])


DECODER = SwdDecoder
