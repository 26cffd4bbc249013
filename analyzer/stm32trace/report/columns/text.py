"""Columns of texts, and lines made of them.

The texts of a column differ in length, but lie in cells of one width; what follows a text in its cell means nothing.
Lines come about by writing the cells to where their texts belong, column by column from the left: each covers what
followed the text before it. No cell may reach beyond the end of its line, for the next line is there already. So the
last column has texts that fill their cells, and a cell that reaches further than that is written in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]  # (n, width)
    Lengths = NDArray[np.intp]  # (n,)
    Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Texts:
    """(n,) texts, or a single one for n lines.

    rows: (n,) the lines that these are for, strictly increasing; None for all lines.
    """

    cells: Bytes
    lengths: Lengths  # <= width
    rows: Rows | None = None

    @property
    def width(self) -> int:
        """Of a cell."""
        return int(self.cells.shape[1])

    @property
    def is_constant(self) -> bool:
        """There is one text, for all lines."""
        return len(self.cells) == 1 and self.rows is None

    @property
    def text(self) -> str:
        """The first one."""
        return self.cells[0, : self.lengths[0]].tobytes().decode()

    def chosen(self, rows: Rows) -> Texts:
        """Return the texts at some places of this column, in any order, as a column of their own."""
        if not self.width:
            return Texts(np.empty((len(rows), 0), np.uint8), self.lengths.take(rows))
        cells = _items_of(self.cells).take(rows).view(np.uint8)
        return Texts(cells.reshape(len(rows), self.width), self.lengths.take(rows))


def table(texts: Sequence[str]) -> Texts:
    """Return the texts as a column."""
    rows = [text.encode() for text in texts]
    lengths = np.array([len(row) for row in rows], np.intp)
    width = max(map(len, rows), default=0)
    joined = b''.join(row.ljust(width) for row in rows)
    return Texts(np.frombuffer(joined, np.uint8).reshape(len(rows), width), lengths)


def filled(cells: Bytes) -> Texts:
    """Return texts that fill their cells."""
    return Texts(cells, np.full(len(cells), cells.shape[1]))


def joined(columns: Sequence[Texts], number: int) -> Texts:
    """Return the texts of all columns, each for all of so many lines, as one column."""
    width = sum(column.width for column in columns)
    cells = np.empty((number, width), np.uint8)
    starts = np.arange(number) * width
    ends = _write(cells.reshape(-1), columns, starts, width)
    return Texts(cells, ends - starts)


def lines(columns: Sequence[Texts], number: int, ending: str) -> memoryview:
    """Return so many lines: the texts of all columns, and `ending`, which is not empty."""
    columns = [*columns, table([ending])]
    lengths = np.zeros(number, np.intp)
    for column in columns:
        lengths[_rows(column)] += column.lengths
    ends = np.cumsum(lengths)
    buffer = np.empty(int(ends[-1]), np.uint8)
    _write(buffer, columns, ends - lengths, columns[-1].width)
    return buffer.data


def _write(buffer: Bytes, columns: Sequence[Texts], at: Lengths, room: int) -> Lengths:
    """Write columns into (m,) `buffer`, from place `at` of each line on; return the places where the lines end.

    room: so far a cell may reach beyond its text.
    """
    at = at.copy()
    for column in columns:
        rows = _rows(column)
        if column.width:
            _put(buffer, at[rows], column, room)
        at[rows] += column.lengths
    return at


def _rows(column: Texts) -> Rows | slice:
    return slice(None) if column.rows is None else column.rows


def _put(buffer: Bytes, at: Lengths, column: Texts, room: int) -> None:
    """Write the cells of a column to their places."""
    lengths = column.lengths
    if len(lengths) and column.width - int(lengths.min()) <= room:
        _cells_in(buffer, column.width)[at] = _items_of(column.cells)
        return
    for width in range(min(room, column.width), column.width + room, room):
        some = np.flatnonzero((lengths > width - room) & (lengths <= width))
        if len(some):
            part = column.cells[some, : min(width, column.width)]
            _cells_in(buffer, part.shape[1])[at[some]] = _items_of(part)


def _cells_in(buffer: Bytes, width: int) -> NDArray[np.void]:
    """Return the cells of a width that begin at each place of (m,) `buffer`: they overlap."""
    return np.ndarray((len(buffer) - width + 1,), f'V{width}', buffer, strides=(1,))


def _items_of(cells: Bytes) -> NDArray[np.void]:
    """(n,) cells as items, which numpy copies faster than their bytes."""
    return np.ascontiguousarray(cells).view(f'V{cells.shape[1]}')[:, 0]
