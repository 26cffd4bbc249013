"""Puts rows in the order of their start, in constant memory.

Records become known at their end: a command that polled for a minute arrives after thousands of transfers that
began after it. How far back the next record may begin cannot be bounded, so rows are sorted as in a merge sort
on tape: full batches are sorted and put into temporary files, which are merged when all rows are there.
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

BATCH = 100_000  # rows held in memory
TOGETHER = 500  # rows read at a time from each file
MOST_FILES = 64  # open at a time

Entry = tuple[int, int, int, str]  # start, minus end, order of arrival, line


class TimeOrder:
    """Lines by start; of those that start together the longest first, then in the order of arrival."""

    def __init__(self, batch: int = BATCH) -> None:
        self._batch = batch
        self._waiting: list[Entry] = []
        self._arrived = 0
        self._files: list[IO[bytes]] = []
        self._stack = ExitStack()

    def __enter__(self) -> TimeOrder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def add(self, start: int, end: int, line: str) -> None:
        """Take a line without line ends, of a row over samples `[start, end)`."""
        self._waiting.append((start, -end, self._arrived, line))
        self._arrived += 1
        if len(self._waiting) >= self._batch:
            self._spill(sorted(self._waiting))
            self._waiting.clear()
            if len(self._files) == MOST_FILES:
                self._condense()

    def lines(self) -> Iterator[str]:
        """Yield all lines in order; nothing may be added any more."""
        self._waiting.sort()
        return (line for *_, line in heapq.merge(*map(_entries, self._files), self._waiting))

    def _spill(self, entries: Iterable[Entry]) -> None:
        file = self._stack.enter_context(TemporaryFile())  # noqa: SIM115  # the stack closes it
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


def _entries(file: IO[bytes]) -> Iterator[Entry]:
    file.seek(0, SEEK_END)
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        yield from marshal.load(file)
