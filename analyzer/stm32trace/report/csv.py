"""Rows as a table: the same columns for every kind, empty where a kind has no such field."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from stm32trace.report.rows import COMMON, FIELDS, Row


class CsvRows:
    """What `stm32trace decode --format csv` writes; lists of acknowledges become a string such as 110."""

    name = 'csv'
    description = 'one table of all records, for spreadsheets'
    suffixes: tuple[str, ...] = ('.csv',)

    def head(self) -> Iterable[str]:
        """Return the names of the columns."""
        return (_joined(COMMON + FIELDS),)

    def line(self, row: Row) -> str:
        """Return the row's columns."""
        values = {**row.common, **row.fields}
        return _joined(_cell(values.get(name)) for name in COMMON + FIELDS)


def _cell(value: Any) -> object:
    """Return a value as it stands in a cell; None is an empty one."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list):
        flags = all(isinstance(one, bool) for one in value)
        return ''.join(str(int(one)) for one in value) if flags else ' '.join(map(str, value))
    return value


def _joined(cells: Iterable[object]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator='').writerow(cells)
    return line.getvalue()


ROWS = CsvRows()
