"""Blocks of lines that are in order already: where single lines belong in them, and where they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

Key = tuple[int, int, int]  # start, minus end, when it was told

MOST_BYTES = 64_000_000  # in memory; what is more goes into a file
NEWLINE = ord('\n')
LAST: Key = (1 << 62, 0, 0)  # after all lines


@dataclass(frozen=True)
class Block:
    """(n,) lines with their ends, n > 0, in the order of their keys."""

    start: Integers
    end: Integers
    told: Integers
    text: bytes | memoryview

    def __len__(self) -> int:
        return len(self.start)

    def key(self, row: int) -> Key:
        """Return the key of one line."""
        return int(self.start[row]), -int(self.end[row]), int(self.told[row])

    def before(self, key: Key) -> int:
        """Return how many lines come before `key`."""
        first = int(np.searchsorted(self.start, key[0], side='left'))
        stop = int(np.searchsorted(self.start, key[0], side='right'))
        return first + sum(self.key(row) < key for row in range(first, stop))

    def part(self, first: int, stop: int) -> bytes | memoryview:
        """Return the lines [first, stop)."""
        if stop - first == len(self):
            return self.text
        return self.text[self._ends[first] : self._ends[stop]]

    @cached_property
    def _ends(self) -> Integers:
        """(n + 1,) where the lines end, and before that 0."""
        found = np.flatnonzero(np.frombuffer(self.text, np.uint8) == NEWLINE)
        return np.concatenate(([0], found + 1))


class Shelf:
    """Keeps blocks in the order in which they come, beyond MOST_BYTES in a file."""

    def __init__(self, file: Callable[[], IO[bytes]], most: int = MOST_BYTES) -> None:
        """Take what opens a file, when one is needed."""
        self._open = file
        self._file: IO[bytes] | None = None
        self._room = most
        self._blocks: list[Block | tuple[int, int]] = []  # or number of lines and bytes in the file
        self._first: list[Key] = []

    def add(self, block: Block) -> None:
        """Keep a block."""
        self._first.append(block.key(0))
        self._room -= len(block.text)
        if self._room >= 0:
            self._blocks.append(block)
            return
        if self._file is None:
            self._file = self._open()
        for column in (block.start, block.end, block.told):
            self._file.write(column.tobytes())
        self._file.write(block.text)
        self._blocks.append((len(block), len(block.text)))

    def blocks(self) -> Iterator[tuple[Block, Key]]:
        """Yield each block, with the first key of all that follow (LAST for none)."""
        if self._file is not None:
            self._file.seek(0)
        firsts = list(accumulate([LAST, *self._first[::-1]], min))[-2::-1]
        for kept, following in zip(self._blocks, firsts, strict=True):
            yield kept if isinstance(kept, Block) else self._read(*kept), following

    def _read(self, lines: int, size: int) -> Block:
        assert self._file is not None
        size_of_column = lines * np.dtype(np.int64).itemsize
        start, end, told = (
            np.frombuffer(self._file.read(size_of_column), np.int64) for _ in range(3)
        )
        return Block(start, end, told, self._file.read(size))
