"""What a bus line did over the whole capture, and how well a clock was sampled.

Both are sums that do not depend on how the capture is cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace.signal.edges import edges
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

    def feed(self, block: Changes) -> None:
        """Take the next block of a run."""
        if len(block.state):
            self._take(block)
        elif self._state is not None:
            self._add_high(self._state, block.stop - block.start)

    def _take(self, block: Changes) -> None:
        if self._start is None:
            self._start, self._first = block.start, int(block.state[0])
        if self._state is not None:
            self._add_high(self._state, int(block.index[0]) - block.start)
        lengths = np.diff(block.index, append=block.stop)
        changed = edges(block, self._state).changed
        for bit in range(len(self._roles)):
            self._edges[bit] += int(np.count_nonzero(changed & (1 << bit)))
            self._high[bit] += int(lengths @ (block.state >> bit & 1))
        self._state = self._last = int(block.state[-1])

    def _add_high(self, state: int, samples: int) -> None:
        for bit in range(len(self._roles)):
            self._high[bit] += (state >> bit & 1) * samples

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


class Periods:
    """A histogram of clock periods, in samples, bounded by LONGEST_PERIOD."""

    def __init__(self) -> None:
        self._counts = np.zeros(LONGEST_PERIOD + 1, np.int64)

    def add(self, periods: NDArray[np.int64]) -> None:
        """Count periods, an array of any shape."""
        if periods.size:
            counts = np.bincount(np.minimum(periods, LONGEST_PERIOD).ravel())
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
