"""Merges the records of several sources in the order in which they became known.

A source (a bus, a slow line) hands in its records in the order of `end`, together with a watermark: it promises
that no later record of its own ends before that sample. A record is passed on once no source can still produce
an earlier one, so what the machines see does not depend on how the capture was cut into blocks.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stm32trace_core.record import Record

_END = attrgetter('end')


class WatermarkMerge:
    """Merges `sources` streams of records by (`end`, source number, order within the source)."""

    def __init__(self, sources: int) -> None:
        self._waiting: list[list[Record]] = [[] for _ in range(sources)]  # of each source
        self._watermarks = [0] * sources

    def push(self, source: int, records: Iterable[Record], watermark: int) -> None:
        """Take `records` from `source`, which promises that later ones end at or after `watermark`."""
        self._waiting[source].extend(records)
        self._watermarks[source] = max(self._watermarks[source], watermark)

    def ready(self) -> list[Record]:
        """Return the records that end before every source's watermark, merged."""
        limit = min(self._watermarks, default=0)
        merged: list[Record] = []
        for waiting in self._waiting:
            waiting.sort(key=_END)  # stable, and quick where most of it is in order
            count = bisect_left(waiting, limit, key=_END)
            merged += waiting[:count]
            del waiting[:count]
        merged.sort(key=_END)
        return merged

    def drain(self) -> list[Record]:
        """Return all that is left, merged: at the end of the data, or before a gap."""
        merged = [record for waiting in self._waiting for record in waiting]
        for waiting in self._waiting:
            waiting.clear()
        merged.sort(key=_END)
        return merged
