"""Merges what several sources bring in the order in which it became known.

A source (a bus, a slow line) hands in its columns, together with a watermark: it promises that no later record of its
own ends before that sample. A record is passed on once no source can still produce an earlier one, so what the
machines see does not depend on how the capture was cut into blocks.

Each record has a place in the one order of all: by `end`, then by the source's number, then as the source brought
them. Sources whose columns are of use as such keep them; the others' become records here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.columns import WordColumns
    from stm32trace_core.record import Record

    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Placed:
    """Columns of one source and the places of their rows."""

    source: int
    columns: WordColumns
    places: Integers  # (n,) strictly increasing


@dataclass(frozen=True, slots=True)
class Merged:
    """What is passed on: records in order, their places, and what is left as columns, each in order."""

    records: list[Record]
    places: list[int]
    columns: list[Placed]
    stop: int  # the place after all of these


class WatermarkMerge:
    """Merges `sources` sources; the columns of those whose numbers are in `columnar` stay columns."""

    def __init__(self, sources: int, columnar: Collection[int] = ()) -> None:
        self._waiting: list[list[WordColumns]] = [[] for _ in range(sources)]
        self._watermarks = [0] * sources
        self._columnar = columnar
        self._passed = 0  # places given away
        self.waiting = 0  # rows

    def push(self, source: int, columns: Iterable[WordColumns], watermark: int) -> None:
        """Take columns from `source`, which promises that later records end at or after `watermark`."""
        for one in columns:
            self._waiting[source].append(one)
            self.waiting += len(one)
        self._watermarks[source] = max(self._watermarks[source], watermark)

    def ready(self) -> Merged:
        """Return what ends before every source's watermark."""
        limit = min(self._watermarks, default=0)
        taken: list[tuple[int, WordColumns]] = []
        for number, waiting in enumerate(self._waiting):
            kept = []
            for one in waiting:
                count = int(np.searchsorted(one.end, limit))
                if count:
                    taken.append((number, _part(one, slice(0, count))))
                if count < len(one):
                    kept.append(_part(one, slice(count, None)))
            self._waiting[number] = kept
        return self._merged(taken)

    def drain(self) -> Merged:
        """Return all that is left: at the end of the data, or before a gap."""
        taken = [
            (number, one)
            for number, waiting in enumerate(self._waiting)
            for one in waiting
            if len(one)
        ]
        self._waiting = [[] for _ in self._waiting]
        return self._merged(taken)

    def _merged(self, taken: Sequence[tuple[int, WordColumns]]) -> Merged:
        sizes = [len(columns) for _, columns in taken]
        ends = np.concatenate([np.empty(0, np.int64), *(columns.end for _, columns in taken)])
        places = np.empty(len(ends), np.int64)
        places[np.argsort(ends, kind='stable')] = np.arange(self._passed, self._passed + len(ends))
        self._passed += len(ends)
        self.waiting -= len(ends)
        stops = np.cumsum(sizes, dtype=np.intp).tolist()
        placed = [
            Placed(number, columns, places[stop - len(columns) : stop])
            for (number, columns), stop in zip(taken, stops, strict=True)
        ]
        columnar = [one for one in placed if one.source in self._columnar]
        records, own = _records([one for one in placed if one.source not in self._columnar])
        return Merged(records, own, columnar, self._passed)


def _records(placed: Sequence[Placed]) -> tuple[list[Record], list[int]]:
    """Return all rows as records, in order, and their places."""
    records = list(chain.from_iterable(one.columns.records() for one in placed))
    places = np.concatenate([np.empty(0, np.int64), *(one.places for one in placed)])
    order = np.argsort(places)
    return [records[number] for number in order.tolist()], places[order].tolist()


def _part(columns: WordColumns, rows: slice) -> WordColumns:
    """Return some rows of columns."""
    values = {field.name: getattr(columns, field.name) for field in fields(columns)}
    some: dict[str, Any] = {
        name: value[rows] for name, value in values.items() if isinstance(value, np.ndarray)
    }
    return replace(columns, **some)
