"""Rows for people: time, bus, kind, and what it was in words."""

from __future__ import annotations

from collections.abc import Iterable

from stm32trace.report.rows import KINDS, Row

_KIND_WIDTH = max(len(kind.name) for kind in KINDS)


class TextRows:
    """What `stm32trace decode` shows."""

    name = 'text'
    description = 'one line a record: time, bus, kind, text'
    suffixes: tuple[str, ...] = ('.txt',)

    def head(self) -> Iterable[str]:
        """Return nothing: the columns explain themselves."""
        return ()

    def line(self, row: Row) -> str:
        """Return the row; the sample number stands for the time where that is not known."""
        time = f'#{row.start}' if row.start_s is None else f'{row.start_s:.6f}'
        return f'{time:>13}  {row.bus or "-":<5} {row.kind:<{_KIND_WIDTH}}  {row.text}'


ROWS = TextRows()
