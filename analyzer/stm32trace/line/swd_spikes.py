"""Drops pulses of SWCLK that are too short to be any of its clock, as stm32trace_core.wire.swd_spikes does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.swd_cycles import NO_CYCLES, Cycles, joined
from stm32trace_core.wire.swd import SPIKE_SHARE, SPLIT
from stm32trace_core.wire.swd_spikes import AROUND, UNDECIDED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

BEHIND = AROUND + 3  # edges before those that are not decided, which decide about them
SEAM = AROUND + 1  # cycles that what was before them decides about, and more


class ClockSpikes:
    """Makes the cycles of a piece those without spikes. pause: as of CycleReader; count: dropped so far."""

    def __init__(self, pause: int) -> None:
        self.count = 0
        self._pause = pause
        self._begin()

    def _begin(self) -> None:
        self._kept = NO_CYCLES
        self._decided = 0  # number of edges among those kept

    @property
    def settled(self) -> int | None:
        """The sample from which on edges are not decided; None: there are none."""
        rest = self._kept.sample[self._decided :]
        return int(rest[0]) if len(rest) else None

    def feed(self, cycles: Cycles, last: bool) -> list[Cycles]:
        """Return the cycles that are certain, in parts; last: nothing follows in this piece."""
        spikes = self._find(cycles)
        first, stop = self._decided, 2 * (len(self._kept) + len(cycles))
        if not last:
            stop = max(stop - UNDECIDED, first)
            if stop - 1 in spikes:
                stop -= 2  # the cycle before is not complete without what comes after it
        spikes = spikes[(spikes >= first) & (spikes < stop)]
        self.count += len(spikes)
        parts = self._part(cycles, first, stop)
        if len(spikes):
            parts = [_without(joined(parts), spikes - first)]
        if last:
            self._begin()
        else:
            self._kept = joined(self._part(cycles, max(stop - BEHIND, 0), None))
            self._decided = min(stop, BEHIND)
        return parts

    def _find(self, cycles: Cycles) -> Integers:
        """(n,) numbers of the spikes, counted from the first edge kept; of two in a row the first one."""
        seam = joined([self._kept, cycles.slice(0, SEAM)])
        found = np.union1d(
            spike_phases(seam.sample, self._pause),
            spike_phases(cycles.sample, self._pause) + 2 * len(self._kept),
        )
        chosen: Integers = found[np.diff(found, prepend=-2) > 1]
        return chosen

    def _part(self, cycles: Cycles, first: int, stop: int | None) -> list[Cycles]:
        """Return the cycles between two edges, both of them rises: those kept, those of `cycles`."""
        kept = len(self._kept)
        begin, end = first // 2, None if stop is None else stop // 2
        rest = cycles.slice(max(begin - kept, 0), None if end is None else max(end - kept, 0))
        return [self._kept.slice(begin, end), rest]


def spike_phases(edges: Integers, pause: int) -> Integers:
    """(n,) numbers of the phases that are spikes; phase i is that from edge i to the one after.

    edges: (m,) samples.
    """
    phases = np.diff(edges)
    if len(phases) <= 2 * AROUND or phases.max() < SPIKE_SHARE * phases.min():
        return np.zeros(0, np.int64)
    short = SPIKE_SHARE * phases[3:-3] <= np.minimum(phases[1:-5], phases[5:-1])
    found = np.flatnonzero(short) + AROUND
    whole = phases[found - 1] + phases[found] + phases[found + 1]
    most = SPLIT * np.minimum(phases[found - 3], phases[found + 3])
    chosen: Integers = found[whole <= np.minimum(most, pause)]
    return chosen


def _without(cycles: Cycles, spikes: Integers) -> Cycles:
    """Return the cycles without both edges of each spike."""
    dropped = np.concatenate((spikes, spikes + 1))
    return Cycles(np.delete(cycles.sample, dropped), np.delete(cycles.level, dropped))
