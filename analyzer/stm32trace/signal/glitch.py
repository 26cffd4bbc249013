"""Suppresses pulses that are too short to count.

A line takes a level when it has kept it for longer than the limit, at the sample at which that
began. So a train of short pulses counts as no edge or as one, at its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.capture.changes import Changes
from stm32trace.signal.edges import edges, from_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SpikeFilter:
    """Drops pulses of at most `limit` samples from all lines of a run of blocks.

    Whether an edge counts is known `limit` samples later, so the blocks that come out end `limit`
    samples before those that go in; `finish` returns the rest. Both borders of a run count as
    stable levels.
    """

    def __init__(self, limit: int, lines: int) -> None:
        assert limit > 0, limit
        self.limit = limit
        self._lines = [_Line(limit) for _ in range(lines)]
        self._state: int | None = None  # of the incoming blocks; None before a run
        self._settled = 0  # first sample that has not come out yet
        self._initial = True  # the entry at the start of the run has not come out yet

    @property
    def spikes(self) -> int:
        """Number of pulses dropped so far, in all runs."""
        return sum(line.dropped // 2 for line in self._lines)

    def feed(self, block: Changes) -> Changes:
        """Return the next samples that are certain."""
        if self._state is None:
            if not len(block.state):
                return block  # of no samples
            self._begin(block)
        found = edges(block, self._state)
        for bit, line in enumerate(self._lines):
            line.take(block.index[found.of(1 << bit)])
        if len(block.state):
            self._state = int(block.state[-1])
        return self._emit(max(block.stop - self.limit, self._settled), block.stop, last=False)

    def finish(self, end: int) -> Changes:
        """Return the samples up to `end`, where the run ends."""
        if self._state is None:
            return Changes(end, end, np.zeros(0, np.int64), np.zeros(0, np.uint8))
        rest = self._emit(end, end, last=True)
        self._state = None
        return rest

    def _begin(self, block: Changes) -> None:
        self._state = int(block.state[0])
        self._settled = block.start
        self._initial = True
        for bit, line in enumerate(self._lines):
            line.begin(self._state >> bit & 1)

    def _emit(self, settled: int, stop: int, last: bool) -> Changes:
        before = sum(line.level << bit for bit, line in enumerate(self._lines))
        kept = [line.decide(settled, stop, last) for line in self._lines]
        out = from_edges(
            self._settled, settled, before, kept, self._initial and settled > self._settled
        )
        self._initial = self._initial and settled == self._settled
        self._settled = settled
        return out


class _Line:
    """One line: edges that are not decided yet."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._raw = 0  # level before the edges that wait
        self._waiting = np.zeros(0, np.int64)
        self.level = 0  # the level that counts
        self.dropped = 0  # edges

    def begin(self, level: int) -> None:
        self._raw = self.level = level
        self._waiting = self._waiting[:0]

    def take(self, samples: NDArray[np.int64]) -> None:
        self._waiting = np.concatenate((self._waiting, samples))

    def decide(self, settled: int, stop: int, last: bool) -> NDArray[np.int64]:
        """Return the edges before `settled` that count; no edge before `stop` is missing."""
        number = int(np.searchsorted(self._waiting, settled))
        stable = np.diff(self._waiting, append=stop)[:number] > self._limit
        if last and number:
            stable[-1] = True
        runs = np.flatnonzero(stable)
        levels = self._raw ^ (runs + 1) & 1
        counts = runs[np.diff(levels, prepend=self.level) != 0]
        kept: NDArray[np.int64] = self._waiting[counts]
        self.level = int(levels[-1]) if len(levels) else self.level
        self.dropped += number - len(kept)
        self._raw ^= number & 1
        self._waiting = self._waiting[number:]
        return kept
