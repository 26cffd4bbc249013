"""Edges of single lines among the entries of a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.capture.changes import Changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Edges:
    """The entries of a block together with what changes at each.

    A line is named by the value of its bit: 1 << k for the k-th channel. The edges of one are looked
    for once, however often they are asked for.
    """

    index: NDArray[np.int64]  # (n,) sample of each entry
    state: NDArray[np.unsignedinteger]  # (n,) levels from there on
    changed: NDArray[np.unsignedinteger]  # (n,) bits that differ from the entry before
    _entries: dict[int, Positions] = field(default_factory=dict)
    _samples: dict[int, NDArray[np.int64]] = field(default_factory=dict)

    def rises(self, line: int) -> Positions:
        """(m,) entries at which `line` goes high."""
        return np.flatnonzero(self.changed & self.state & line)

    def falls(self, line: int) -> Positions:
        """(m,) entries at which `line` goes low."""
        return np.flatnonzero(self.changed & ~self.state & line)

    def of(self, line: int) -> Positions:
        """(m,) entries at which `line` changes."""
        if line not in self._entries:
            self._entries[line] = np.flatnonzero((self.changed & line) > 0)
        return self._entries[line]

    def samples(self, line: int) -> NDArray[np.int64]:
        """(m,) samples at which `line` changes."""
        if line not in self._samples:
            self._samples[line] = self.index.take(self.of(line))
        return self._samples[line]


def edges(block: Changes, before: int | None) -> Edges:
    """Return the edges of a block; `before`: state ahead of it, None at the begin of a run."""
    state = block.state
    if not len(state):
        return Edges(block.index, state, state)
    changed = np.empty_like(state)
    changed[0] = 0 if before is None else int(state[0]) ^ before
    np.bitwise_xor(state[1:], state[:-1], out=changed[1:])
    return Edges(block.index, state, changed)


def from_edges(
    start: int, stop: int, before: int, lines: Sequence[NDArray[np.int64]], initial: bool
) -> Changes:
    """Return the block over [start, stop) in which the k-th channel changes at `lines[k]`.

    lines: strictly increasing samples in [start, stop). before: state ahead of all of them.
    initial: begin with an entry at `start`, as the first block of a run does.
    """
    index = np.concatenate(lines)
    bits = np.repeat(1 << np.arange(len(lines)), [len(line) for line in lines])
    order = np.argsort(index, kind='stable')
    index, first = np.unique(index[order], return_index=True)
    changed = np.bitwise_or.reduceat(bits[order], first) if len(index) else bits
    if initial and (not len(index) or index[0] != start):
        index = np.concatenate(([start], index))
        changed = np.concatenate(([0], changed))
    state = before ^ np.bitwise_xor.accumulate(changed)
    return Changes(start, stop, index, state.astype(np.uint8))
