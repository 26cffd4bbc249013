"""Rows for programs: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from stm32trace.report.rows import Row


class JsonRows:
    """What `stm32trace decode --format jsonl` writes: pure ASCII, fixed order of fields."""

    name = 'jsonl'
    description = 'one JSON object a record, for programs'
    suffixes: tuple[str, ...] = ('.jsonl', '.ndjson')

    def head(self) -> Iterable[str]:
        """Return nothing."""
        return ()

    def line(self, row: Row) -> str:
        """Return the row with the fields of its kind."""
        return json.dumps({**row.common, **row.fields})


ROWS = JsonRows()
