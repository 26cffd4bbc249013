"""Puts rows in the order of their start, in constant memory.

Records become known at their end: a command that polled for a minute arrives after thousands of transfers that
began after it. How far back the next record may begin cannot be bounded, so rows are sorted as in a merge sort
on tape: full batches are sorted and put into temporary files, which are merged when all rows are there.

Most rows of a bus come as blocks, which are sorted and hardly overlap. Of a block as much is taken at a time as comes
before the next single row; what may come after a row of a later block becomes single rows itself.
"""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from os import SEEK_END
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO

from stm32trace.report.blocks import LAST, Block, Key, Shelf

BATCH = 100_000  # rows held in memory
TOGETHER = 500  # rows read at a time from each file, or handed on
MOST_FILES = 64  # open at a time
CHUNK = 1 << 16  # bytes that are handed on as they are; smaller pieces are joined

LATEST = 1 << 62  # told when all else was

Entry = tuple[int, int, int, int, str]  # start, minus end, when it was told, order of arrival, line


class TimeOrder:
    """Lines by start; of those that start together the longest first, then in the order in which they were told."""

    def __init__(self, batch: int = BATCH) -> None:
        self._batch = batch
        self._waiting: list[Entry] = []
        self._arrived = 0
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()
        self._shelf = Shelf(self._temporary)

    def __enter__(self) -> TimeOrder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, start: int, end: int, line: str, told: int = LATEST) -> None:
        """Take a line without line ends, of a row over samples `[start, end)`.

        told: as in the keys of blocks; where that is the same, the order of arrival counts.
        """
        self._waiting.append((start, -end, told, self._arrived, line))
        self._arrived += 1
        if len(self._waiting) >= self._batch:
            self._spill(sorted(self._waiting))
            self._waiting.clear()
            if len(self._files) == MOST_FILES:
                self._condense()

    def add_block(self, block: Block) -> None:
        """Take many lines at once."""
        self._shelf.add(block)

    def text(self) -> Iterator[bytes | memoryview]:
        """Yield all lines with their ends in order, many at a time; nothing may be added any more."""
        small: list[bytes | memoryview] = []
        for piece in self._pieces():
            if len(piece) < CHUNK and len(small) < TOGETHER:
                small.append(piece)
                continue
            yield b''.join(small)
            yield piece
            small.clear()
        yield b''.join(small)

    def _pieces(self) -> Iterator[bytes | memoryview]:
        self._waiting.sort()
        singles = _Singles(heapq.merge(*map(_entries, self._files), self._waiting))
        for block, following in self._shelf.blocks():
            done = 0
            for key, line in singles.before(following):
                place = block.before(key)
                if place > done:
                    yield block.part(done, place)
                    done = place
                yield line
            stop = block.before(following)
            yield block.part(done, stop)
            singles.add(
                (block.key(row), block.part(row, row + 1)) for row in range(stop, len(block))
            )
        yield from (line for _, line in singles.before(LAST))

    def _temporary(self) -> IO[bytes]:
        return self._stack.enter_context(TemporaryFile())

    def _spill(self, entries: Iterable[Entry]) -> None:
        file = self._temporary()
        rest = iter(entries)
        while some := list(islice(rest, TOGETHER)):
            marshal.dump(some, file)
        self._files.append(file)

    def _condense(self) -> None:
        """Merge all files into one."""
        files, self._files = self._files, []
        self._spill(heapq.merge(*map(_entries, files)))
        for file in files:
            file.close()


class _Singles:
    """Lines that go one by one: those that came so, in order, and what is added later."""

    def __init__(self, entries: Iterator[Entry]) -> None:
        self._entries = entries
        self._next = next(entries, None)
        self._added: list[tuple[Key, bytes | memoryview]] = []  # a heap

    def add(self, lines: Iterable[tuple[Key, bytes | memoryview]]) -> None:
        """Take lines with their ends."""
        for line in lines:
            heapq.heappush(self._added, line)

    def before(self, limit: Key) -> Iterator[tuple[Key, bytes | memoryview]]:
        """Yield key and line, with its end, of all that come before `limit`, in order."""
        while True:
            entry = self._next
            if entry is not None and not (self._added and self._added[0][0] < entry[:3]):
                if entry[:3] >= limit:
                    return
                self._next = next(self._entries, None)
                yield entry[:3], f'{entry[-1]}\n'.encode()
            elif self._added and self._added[0][0] < limit:
                yield heapq.heappop(self._added)
            else:
                return


def _entries(file: IO[bytes]) -> Iterator[Entry]:
    file.seek(0, SEEK_END)
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        yield from marshal.load(file)
