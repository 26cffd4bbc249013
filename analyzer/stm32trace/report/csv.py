"""Rows as a table: the same columns for every kind, empty where a kind has no such field.

Written by hand, since csv.writer takes several times as long for rows of which most cells are empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from stm32trace.report.columns.accesses import AccessLines
from stm32trace.report.rows import COMMON, FIELDS, KINDS, Row

if TYPE_CHECKING:
    from stm32trace_core.context import Context

COLUMNS = COMMON + FIELDS
COMMAS = len(COLUMNS) - 1
_PLAIN = frozenset((int, float, str))  # stand as they are
_SPECIAL = frozenset(',"\r\n')  # RFC 4180: a cell with one of these stands in quotes


class CsvRows:
    """What `stm32trace decode --format csv` writes; lists of acknowledges become a string such as 110."""

    name = 'csv'
    description = 'one table of all records, for spreadsheets'
    suffixes: tuple[str, ...] = ('.csv',)

    def head(self) -> Iterable[str]:
        """Return the names of the columns."""
        return (','.join(COLUMNS),)

    def columns(self, context: Context) -> AccessLines:
        """Return what writes many accesses at once."""
        return AccessLines(self.line, context)

    def line(self, row: Row) -> str:
        """Return the row's columns."""
        template, names = _layout(row.kind)
        fields = row.fields
        values = (
            row.bus, row.kind, row.start_s, row.end_s, row.start, row.end, row.outcome, row.text,
            *[fields.get(name) for name in names],
        )  # fmt: skip
        cells = [value if type(value) in _PLAIN else _cell(value) for value in values]
        line: str = template % tuple(cells)
        if line.count(',') == COMMAS and '"' not in line and line.isprintable():
            return line  # no cell needs quotes
        return template % tuple(map(_quoted, map(str, cells)))


@cache
def _layout(kind: str) -> tuple[str, list[str]]:
    """Return a line with %s for each cell that a kind may fill, and the names of its fields in that order."""
    own = {name for one in KINDS if one.name == kind for name in one.names}
    names = [name for name in FIELDS if name in own]
    return ','.join('%s' if name in own or name in COMMON else '' for name in COLUMNS), names


def _cell(value: object) -> str:
    """Return a value as it stands in a cell: '' for None, 1 for True, 110 for acknowledges, '1 2' for numbers."""
    if value is None:
        return ''
    if isinstance(value, bool):
        return '1' if value else '0'
    if isinstance(value, list):
        flags = all(isinstance(one, bool) for one in value)
        return ''.join(map(_cell, value)) if flags else ' '.join(map(str, value))
    return str(value)


def _quoted(cell: str) -> str:
    """Return a cell in quotes where it must have them."""
    return cell if _SPECIAL.isdisjoint(cell) else '"' + cell.replace('"', '""') + '"'


ROWS = CsvRows()
