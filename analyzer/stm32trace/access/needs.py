"""Which accesses of a stretch one machine needs: its interests, applied to columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.asked import ASKED, SIZE_OF
from stm32trace.access.columns import OK_CODE
from stm32trace_core.adi.records import MemoryAccess, RegisterAccess
from stm32trace_core.interest import interest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stm32trace.access.columns import AccessColumns
    from stm32trace_core.interest import Interest

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]
    Rows = NDArray[np.intp]

ACCESSES = (RegisterAccess, MemoryAccess)


@dataclass(frozen=True, slots=True)
class Joined:
    """(k,) series of accesses, each of which comes as one: rows[first[i]:stop[i]], which strictly increase."""

    rows: Rows
    first: Rows
    stop: Rows

    def records(
        self, accesses: AccessColumns, start: int, stop: int
    ) -> Iterator[tuple[int, MemoryAccess]]:
        """Yield those whose last row lies in [start, stop): that row, and the record."""
        lasts = self.rows[self.stop - 1]
        for number in range(*np.searchsorted(lasts, (start, stop)).tolist()):
            part = accesses.rows(self.rows[self.first[number] : self.stop[number]])
            size = int(SIZE_OF[part.asked[0]])
            octets = part.value.astype(f'<u{size}').tobytes()
            (last,) = part.rows(slice(-1, None)).records()
            assert isinstance(last, MemoryAccess)
            yield int(lasts[number]), last._replace(
                start=int(part.start[0]), address=int(part.address[0]), size=len(octets),
                value=int.from_bytes(octets, 'little'),
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needs:
    """What one machine needs of (n,) accesses."""

    flags: Flags  # (n,) which of them it needs as they are
    joined: tuple[Joined, ...]


def needs(
    accesses: AccessColumns, interests: tuple[Interest, ...] | None, consumes: tuple[type, ...]
) -> Needs:
    """Return what a machine needs that has these interests and consumes these types."""
    if interests is None:
        interests = tuple(interest(kind) for kind in ACCESSES if kind in consumes)
    flags = np.zeros(len(accesses), bool)
    for one in interests:
        if not (one.latest or one.joined):
            flags[_covered(accesses, one)] = True
    joined = [_joined(accesses, one, flags) for one in interests if one.joined]
    for firsts, _ in joined:
        flags[firsts] = True
    anchors = np.append(np.flatnonzero(flags), len(accesses))
    for one in interests:
        if one.latest:
            flags[_latest(_covered(accesses, one), anchors, one.latest)] = True
    return Needs(flags, tuple(series for _, series in joined))


def _covered(accesses: AccessColumns, one: Interest) -> Rows:
    rows = np.flatnonzero(_codes(one)[accesses.asked])
    if one.bits:
        rows = rows[accesses.value[rows] & np.uint32(one.bits) != 0]
    if one.ranges:
        # An odd number of edges lies at or below an address inside of a range.
        rows = rows[np.searchsorted(_edges(one), accesses.address[rows], side='right') % 2 == 1]
    return rows


def _joined(accesses: AccessColumns, one: Interest, others: Flags) -> tuple[Rows, Joined]:
    """Return the first row of each series, and what the rest of each comes as; `others` come in between."""
    rows = _covered(accesses, one)
    part = accesses.rows(rows)
    size = SIZE_OF[part.asked].astype(np.int64)
    before = np.cumsum(others)[rows]
    goes_on = part.address[1:] == part.address[:-1] + size[:-1]
    goes_on &= (part.asked[1:] == part.asked[:-1]) & (before[1:] == before[:-1])
    goes_on &= (part.outcome[1:] == OK_CODE) & (part.outcome[:-1] == OK_CODE)
    first = np.flatnonzero(np.concatenate(([True], ~goes_on)))[: len(rows)]
    stop = np.append(first[1:], len(rows))
    longer = np.flatnonzero(stop > first + 1)
    return rows[first], Joined(rows, first[longer] + 1, stop[longer])


def _latest(rows: Rows, anchors: Rows, number: int) -> Rows:
    """Return the `number` latest of `rows` before each of `anchors`, some of them several times."""
    ends = np.searchsorted(rows, anchors)
    places = (ends[:, np.newaxis] - np.arange(1, number + 1)).ravel()
    latest: Rows = rows[places[places >= 0]]
    return latest


@lru_cache(maxsize=256)
def _codes(one: Interest) -> Flags:
    """Return for each code of ASKED whether the interest may cover it."""
    return np.array(
        [
            asked.record is one.record
            and one.write in (None, asked.write)
            and (not one.names or asked.name in one.names)
            for asked in ASKED
        ]
    )


@lru_cache(maxsize=256)
def _edges(one: Interest) -> Integers:
    """Return begin and end of each range, in order, overlapping and touching ones as one."""
    edges: list[int] = []
    for first, last in sorted(one.ranges):
        if edges and first <= edges[-1]:
            edges[-1] = max(edges[-1], last + 1)
        else:
            edges += [first, last + 1]
    return np.array(edges, np.int64)
