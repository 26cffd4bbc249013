"""Merges the records of several sources in the order in which they became known.

A source (a bus, a slow line) hands in its records in the order of `end`, together with a watermark: it promises
that no later record of its own ends before that sample. A record is passed on once no source can still produce
an earlier one, so what the machines see does not depend on how the capture was cut into blocks.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stm32trace_core.record import Record


class WatermarkMerge:
    """Merges `sources` streams of records by (`end`, source number, order within the source)."""

    def __init__(self, sources: int) -> None:
        self._waiting: list[tuple[int, int, int, Record]] = []
        self._watermarks = [0] * sources
        self._arrived = 0

    def push(self, source: int, records: Iterable[Record], watermark: int) -> None:
        """Take `records` from `source`, which promises that later ones end at or after `watermark`."""
        for record in records:
            heapq.heappush(self._waiting, (record.end, source, self._arrived, record))
            self._arrived += 1
        self._watermarks[source] = max(self._watermarks[source], watermark)

    def ready(self) -> Iterator[Record]:
        """Yield the records that end before every source's watermark, merged."""
        limit = min(self._watermarks, default=0)
        while self._waiting and self._waiting[0][0] < limit:
            yield heapq.heappop(self._waiting)[3]

    def drain(self) -> Iterator[Record]:
        """Yield all that is left, merged: at the end of the data, or before a gap."""
        while self._waiting:
            yield heapq.heappop(self._waiting)[3]
