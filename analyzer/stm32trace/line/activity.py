"""What a bus line did over the whole capture, and how well a clock was sampled.

Both are sums that do not depend on how the capture is cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace.signal.edges import Edges, edges
from stm32trace_core.lines import ClockStats, LineActivity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.capture.changes import Changes

LONGEST_PERIOD = 65_535  # samples; longer ones count as this long


@dataclass(frozen=True, slots=True)
class LineActivityColumns(WordColumns):
    """LineActivity."""

    record: ClassVar[type] = LineActivity
    role: str
    edges: int
    first: int
    last: int
    high: int


@dataclass(frozen=True, slots=True)
class ClockStatsColumns(WordColumns):
    """ClockStats."""

    record: ClassVar[type] = ClockStats
    role: str
    periods: int
    median: int
    minimum: int
    simultaneous: int
    spikes: int
    broken: int


class Activity:
    """Adds up edges and high time of the lines `roles`, bit k of a state being roles[k]."""

    def __init__(self, bus: str, roles: tuple[str, ...]) -> None:
        self._bus = bus
        self._roles = roles
        self._start: int | None = None
        self._first = 0
        self._state: int | None = None  # None before a run
        self._last = 0
        self._edges = [0] * len(roles)
        self._high = [0] * len(roles)

    def feed(self, block: Changes) -> Edges:
        """Take the next block of a run; return its edges."""
        found = edges(block, self._state)
        if self._state is None and len(block.state):
            self._state = int(block.state[0])
            if self._start is None:
                self._start, self._first = block.start, self._state
        if self._state is not None:
            self._take(block, found, self._state)
        return found

    def _take(self, block: Changes, found: Edges, before: int) -> None:
        for bit in range(len(self._roles)):
            samples = found.samples(1 << bit)
            self._edges[bit] += len(samples)
            self._high[bit] += _high(samples, block.start, block.stop, before >> bit & 1)
        if len(block.state):
            self._state = self._last = int(block.state[-1])

    def finish(self) -> None:
        """End a run."""
        self._state = None

    def close(self, end: int) -> Iterator[WordColumns]:
        """Yield a LineActivity for each line, none if there were no samples."""
        if self._start is None:
            return
        for bit, role in enumerate(self._roles):
            yield LineActivityColumns(
                np.array([self._start]),
                np.array([end]),
                self._bus,
                role,
                edges=self._edges[bit],
                first=self._first >> bit & 1,
                last=self._last >> bit & 1,
                high=self._high[bit],
            )


def _high(edges: NDArray[np.int64], start: int, stop: int, level: int) -> int:
    """Return how many of the samples [start, stop) are high; level: ahead of the first edge."""
    if not len(edges):
        return level * (stop - start)
    high = int((edges[level + 1 :: 2] - edges[level:-1:2]).sum())  # from rises to falls
    if level:
        high += int(edges[0]) - start
    if (level + len(edges)) % 2:
        high += stop - int(edges[-1])
    return high


class Periods:
    """A histogram of clock periods, in samples, bounded by LONGEST_PERIOD."""

    def __init__(self) -> None:
        self._counts = np.zeros(LONGEST_PERIOD + 1, np.int64)

    def add(self, periods: NDArray[np.int64]) -> None:
        """Count periods, an array of any shape."""
        periods = periods.ravel()
        if not len(periods):
            return
        usual = min(int(periods[0]), LONGEST_PERIOD)  # a clock that does not change its rate
        others = periods[periods != usual]
        self._counts[usual] += len(periods) - len(others)
        if len(others):
            counts = np.bincount(np.minimum(others, LONGEST_PERIOD))
            self._counts[: len(counts)] += counts

    @property
    def count(self) -> int:
        """Number of periods."""
        return int(self._counts.sum())

    @property
    def minimum(self) -> int:
        """The shortest period, 0 without any."""
        return int(np.argmax(self._counts > 0))

    @property
    def median(self) -> int:
        """The period in the middle of all, the lower one of two; 0 without any."""
        return int(np.searchsorted(np.cumsum(self._counts), (self.count + 1) // 2))
