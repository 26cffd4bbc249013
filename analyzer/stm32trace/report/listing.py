"""The rows of `decode`, from the records of a capture to lines in order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from stm32trace.access.columns import AccessColumns, join
from stm32trace.access.taker import AccessTaker
from stm32trace.report.blocks import Block
from stm32trace.report.naming import Naming
from stm32trace.report.rows import Kind, make_row
from stm32trace_core.adi.records import MemoryAccess, RegisterAccess
from stm32trace_core.machine import REPORT
from stm32trace_core.record import CAPTURE

if TYPE_CHECKING:
    from stm32trace.report.order import TimeOrder
    from stm32trace.report.reporter import RowFormat
    from stm32trace_core.context import Context

TOGETHER = 16_384  # accesses that become lines at a time
ACCESSES = (RegisterAccess, MemoryAccess)


class Columns(Protocol):
    """Writes many rows at once."""

    def text(self, accesses: AccessColumns) -> bytes | memoryview:
        """Return the lines of accesses, each with its end, as the format's `line` writes them one by one."""


@runtime_checkable
class ColumnFormat(Protocol):
    """What a format of rows offers besides if it can write accesses as columns."""

    def columns(self, context: Context) -> Columns:
        """Return what writes those of one capture."""


class Listing(AccessTaker):
    """Turns the records of some kinds into lines as they come."""

    phase = REPORT
    per_bus = False

    def __init__(
        self, context: Context, kinds: Iterable[Kind], form: RowFormat, order: TimeOrder
    ) -> None:
        super().__init__(context, CAPTURE)
        self._kinds = {kind.record: kind for kind in kinds if kind.record is not None}
        self._form = form
        self._order = order
        self._naming = Naming(context)
        named = Naming.consumes if MemoryAccess in self._kinds else ()
        self.consumes = (*self._kinds, *named)
        self._columns = form.columns(context) if isinstance(form, ColumnFormat) else None
        self._waiting: dict[str, list[AccessColumns]] = {}  # by bus
        self._number = 0  # of accesses waiting
        self._named: set[int] = set()  # when those were told that are lines already

    @property
    def takes_accesses(self) -> bool:
        """Tell whether it takes regular accesses as columns."""
        return self._columns is not None and any(kind in self._kinds for kind in ACCESSES)

    def feed(self, record: Any) -> Iterable[Any]:
        """Take one record."""
        if isinstance(record, Naming.consumes):
            self._naming.take(record)
            return ()
        kind = self._kinds.get(type(record))
        in_columns = self.now % 2 == 1 and isinstance(record, ACCESSES)
        if kind is None or (in_columns and self._naming.name(record) is None):
            return ()
        row = make_row(kind, record, self.context, self._naming)
        self._order.add(row.start, row.end, self._form.line(row), self.now - (not in_columns))
        if in_columns:
            self._named.add(self.now)
        return ()

    def take(self, accesses: AccessColumns) -> None:
        """Take accesses; all that is told because of them has been fed."""
        self._waiting.setdefault(accesses.bus, []).append(accesses)
        self._number += len(accesses)
        if self._number >= TOGETHER:
            self._write()

    def finish(self, end: int) -> Iterable[Any]:
        """Write what waits."""
        self._write()
        return ()

    def _write(self) -> None:
        for pieces in self._waiting.values():
            self._write_block(self._left(join(pieces)))
        self._waiting.clear()
        self._number = 0

    def _left(self, accesses: AccessColumns) -> AccessColumns:
        """Return the accesses that are not lines yet."""
        left = np.ones(len(accesses), bool)
        if len(self._kinds.keys() & set(ACCESSES)) < len(ACCESSES):
            left &= accesses.is_memory == (MemoryAccess in self._kinds)
        if self._named:
            named = np.isin(accesses.told, list(self._named))
            self._named.difference_update(accesses.told[named].tolist())
            left &= ~named
        return accesses if left.all() else accesses.rows(left)

    def _write_block(self, accesses: AccessColumns) -> None:
        if not len(accesses):
            return
        assert self._columns is not None
        accesses = accesses.rows(_order(accesses))
        text = self._columns.text(accesses)
        self._order.add_block(Block(accesses.start, accesses.end, accesses.told, text))


def _order(accesses: AccessColumns) -> np.ndarray[Any, np.dtype[np.intp]]:
    """(n,) rows by start; of those that start together the longest first, then in the order in which they are told."""
    order = np.argsort(accesses.start, kind='stable')
    start = accesses.start[order]
    if (start[1:] == start[:-1]).any():
        return np.lexsort((accesses.told, -accesses.end, accesses.start))
    return order
