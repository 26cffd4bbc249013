"""SWCLK cycles: when the clock rises and falls, and SWDIO at both edges.

A target takes what the host drives at the rising edge, so the host's bits are read in the sample in
which SWCLK rises. The target's bits change a little after a rising edge and last until the one after;
they are read in between, at the falling edge, as libsigrokdecode reads them. The level just before
the next rise gives the same packets on every capture at hand. The sample of the rise itself does not:
at a low sample rate it often shows the bit after.

Source: Arm IHI 0031 (ADIv5.2), B4.1 and B4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.signal.edges import Edges

    Integers = NDArray[np.int64]
    Levels = NDArray[np.uint8]

SWCLK, SWDIO = 1, 2  # bits of a state


@dataclass(frozen=True, slots=True)
class Cycles:
    """Clock cycles in order. A cycle is two edges of SWCLK, its rise and its fall."""

    sample: Integers  # (2n,) of each edge
    level: Levels  # (2n,) of SWDIO at each edge

    def __len__(self) -> int:
        return len(self.sample) // 2

    @property
    def rise(self) -> Integers:
        """(n,) sample at which SWCLK rises."""
        return self.sample[::2]

    @property
    def fall(self) -> Integers:
        """(n,) sample at which it falls again."""
        return self.sample[1::2]

    @property
    def host(self) -> Levels:
        """(n,) level of SWDIO at the rise."""
        return self.level[::2]

    @property
    def target(self) -> Levels:
        """(n,) level of SWDIO at the fall."""
        return self.level[1::2]

    def slice(self, first: int, stop: int | None = None) -> Cycles:
        """Return the cycles [first, stop)."""
        chosen = slice(2 * first, None if stop is None else 2 * stop)
        return Cycles(self.sample[chosen], self.level[chosen])


NO_CYCLES = Cycles(np.zeros(0, np.int64), np.zeros(0, np.uint8))


def joined(parts: Sequence[Cycles]) -> Cycles:
    """Return the cycles of all parts."""
    if len(parts) == 1:
        return parts[0]
    return Cycles(
        np.concatenate([part.sample for part in parts] or [NO_CYCLES.sample]),
        np.concatenate([part.level for part in parts] or [NO_CYCLES.level]),
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """Cycles, and the sample at which the pause that follows is known to be one; None: no pause."""

    cycles: Cycles
    pause: int | None


class CycleReader:
    """Makes cycles of the clock's edges; a cycle is known at its fall.

    A cycle that the end of a run or a pause cuts off has the same level at both edges. pause: number
    of samples without a clock edge, more of which are a pause.
    """

    def __init__(self, pause: int) -> None:
        self._pause = pause
        self.begin()

    def begin(self) -> None:
        """Begin a run."""
        self._open: tuple[int, int] | None = None  # rise and level of a cycle without its fall
        self._fall: int | None = None  # end of the last cycle; None: a cycle is open, or a pause

    def feed(self, edges: Edges, stop: int) -> list[Piece]:
        """Return the cycles that end before sample `stop`, cut at pauses."""
        cycles, breaks, ends = self._pauses(self._complete(edges), self._fall)
        pieces = [
            Piece(cycles.slice(a, b), end)
            for a, b, end in zip([0, *breaks], breaks, ends, strict=False)
        ]
        rest = cycles.slice(breaks[-1] if breaks else 0)
        ending = self._silence(stop)
        if ending is None:
            return [*pieces, Piece(rest, None)]
        cut, end = ending
        return [*pieces, Piece(joined([rest, cut]), end)]

    def finish(self, end: int) -> Cycles:
        """Return the cycle that the end of the run cuts off, if any."""
        cut = self._cut(end)
        self.begin()
        return cut

    def _complete(self, edges: Edges) -> Cycles:
        """Return the cycles whose fall is among `edges`."""
        clock = edges.of(SWCLK)
        samples = edges.samples(SWCLK)
        levels = ((edges.state.take(clock) & SWDIO) > 0).view(np.uint8)
        if len(clock) and not edges.state[clock[0]] & SWCLK:  # a fall comes first
            if self._open is not None:
                samples = np.concatenate(([self._open[0]], samples))
                levels = np.concatenate((np.array([self._open[1]], np.uint8), levels))
                self._open = None
            else:
                samples, levels = samples[1:], levels[1:]
        if len(samples) % 2:
            self._open = int(samples[-1]), int(levels[-1])
            samples, levels = samples[:-1], levels[:-1]
        return Cycles(samples, levels)

    def _pauses(self, cycles: Cycles, before: int | None) -> tuple[Cycles, list[int], list[int]]:
        """Return the cycles, the numbers of those before which a pause ends, and where it was known.

        before: the fall ahead of the first of them.
        """
        opened = [] if self._open is None else [self._open[0]]
        if not len(cycles) and not opened:
            return cycles, [], []
        first, last = int((*cycles.sample[:1], *opened)[0]), int((*opened, *cycles.sample[-1:])[0])
        self._fall = None if opened else last
        if before is not None:
            first = before
        if last - first <= self._pause:
            return cycles, [], []
        return self._cut_at_pauses(cycles, np.concatenate((cycles.rise, opened)), first)

    def _cut_at_pauses(
        self, cycles: Cycles, rise: Integers, first: int
    ) -> tuple[Cycles, list[int], list[int]]:
        """Do what `_pauses` does, where there may be one; rise: that of an open cycle, too."""
        high = cycles.fall - cycles.rise > self._pause
        cycles = Cycles(cycles.sample.copy(), cycles.level.copy())
        fall, target = cycles.fall, cycles.target
        fall[high] = cycles.rise[high] + self._pause
        target[high] = cycles.host[high]
        known = np.concatenate(([first + self._pause], np.where(high, fall, fall + self._pause)))
        breaks = rise > known[: len(rise)]
        if len(rise) == len(fall):
            breaks = np.append(breaks, high[-1])
            if high[-1]:
                self._fall = None
        found = np.flatnonzero(breaks)
        return cycles, found.tolist(), known[found].tolist()

    def _silence(self, stop: int) -> tuple[Cycles, int] | None:
        """Return (cycle that is cut off, sample) where a pause is known before `stop`."""
        if self._open is not None and stop - self._open[0] > self._pause:
            end = self._open[0] + self._pause
            return self._cut(end), end
        if self._fall is not None and stop - self._fall > self._pause:
            end = self._fall + self._pause
            self._fall = None
            return NO_CYCLES, end
        return None

    def _cut(self, end: int) -> Cycles:
        if self._open is None:
            return NO_CYCLES
        (rise, level), self._open = self._open, None
        return Cycles(np.array([rise, end]), np.array([level, level], np.uint8))
