"""Cuts the edges of all lines of a bus into chunks, in a way that the data alone decide.

What a chunk holds is decoded together. It ends after CHUNK_EDGES entries, or CHUNK_S after its
first one, whichever is sooner; what comes before its end is all known then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.signal.edges import Edges

CHUNK_EDGES = 16_384
CHUNK_S = 1.0  # other buses' records wait as long
CHUNK_SAMPLES = 10_000_000  # the same where the sample rate is not known


@dataclass(frozen=True, slots=True)
class Chunk:
    """Entries of a bus, and up to where its lines are known."""

    index: NDArray[np.int64]  # (n,) samples
    changed: NDArray[np.unsignedinteger]  # (n,) lines that change there, as bits of a state
    known: int

    @property
    def first(self) -> int:
        """Sample of the first entry, `known` where there is none."""
        return int(self.index[0]) if len(self.index) else self.known

    def edges(self, bit: int) -> NDArray[np.int64]:
        """(m,) samples at which the line of a bit changes."""
        mine: NDArray[np.int64] = self.index[self.changed & (1 << bit) != 0]
        return mine


class Chunker:
    """Collects the entries of a run of blocks."""

    def __init__(self, sample_rate: float | None) -> None:
        self._span = int(CHUNK_S * sample_rate) if sample_rate else CHUNK_SAMPLES
        self._index: list[NDArray[np.int64]] = []
        self._changed: list[NDArray[np.unsignedinteger]] = []
        self._waiting = 0  # entries
        self._since: int | None = None  # sample from which on a chunk lasts no longer than its span

    @property
    def first(self) -> int | None:
        """Sample of the first entry that waits."""
        return int(self._index[0][0]) if self._waiting else None

    @property
    def span(self) -> int:
        """Samples that a chunk lasts at most."""
        return self._span

    def feed(self, edges: Edges) -> None:
        """Take the edges of the next block."""
        moves = np.flatnonzero(edges.changed)
        if len(moves):
            self._index.append(edges.index[moves])
            self._changed.append(edges.changed[moves])
            self._waiting += len(moves)

    def ready(self, stop: int) -> Chunk | None:
        """Return the next chunk that is known to end before sample `stop`, None if there is none."""
        if self._since is None:
            self._since = self.first
        if self._since is None:
            return None
        end = self._since + self._span
        if self._waiting < CHUNK_EDGES and end > stop:
            return None
        index, changed = self._joined()
        if self._waiting >= CHUNK_EDGES:
            end = min(end, int(index[CHUNK_EDGES - 1]) + 1)
        count = int(np.searchsorted(index, end))
        self._keep(index[count:], changed[count:])
        return Chunk(index[:count], changed[:count], end)

    def rest(self, end: int) -> Chunk:
        """Return what is left where a run ends."""
        index, changed = self._joined()
        self._keep(index[:0], changed[:0])
        return Chunk(index, changed, end)

    def hold(self, sample: int) -> None:
        """Let the next chunk begin at `sample`, since a part of the last one is to be decoded with it."""
        self._since = sample

    def _joined(self) -> tuple[NDArray[np.int64], NDArray[np.unsignedinteger]]:
        """Return all that waits, without a copy where one block holds it."""
        if len(self._index) == 1:
            return self._index[0], self._changed[0]
        if not self._index:
            return np.zeros(0, np.int64), np.zeros(0, np.uint8)
        return np.concatenate(self._index), np.concatenate(self._changed)

    def _keep(self, index: NDArray[np.int64], changed: NDArray[np.unsignedinteger]) -> None:
        self._index, self._changed = ([index], [changed]) if len(index) else ([], [])
        self._waiting = len(index)
        self._since = None
