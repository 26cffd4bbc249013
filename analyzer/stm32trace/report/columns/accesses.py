"""The lines of accesses, from their columns: what a row format writes of each, all at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.asked import ASKED, SIZE_OF, SIZES
from stm32trace.access.columns import OUTCOMES
from stm32trace.report.columns.digits import decimal, hexadecimal
from stm32trace.report.columns.fields import fields
from stm32trace.report.columns.shortest import quotients
from stm32trace.report.columns.template import (
    CLOSING,
    OPENING,
    Kind,
    Slot,
    Template,
    common_order,
    make_template,
)
from stm32trace.report.columns.text import Texts, lines, table
from stm32trace_core.adi.records import UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.access.columns import AccessColumns
    from stm32trace.report.rows import Row
    from stm32trace_core.context import Context

    Flags = NDArray[np.bool_]
    Indices = NDArray[np.intp]

DIGITS_OF_BYTE = 2


class AccessLines:
    """Writes accesses as a format writes their rows."""

    def __init__(self, line: Callable[[Row], str], context: Context) -> None:
        """Take the format: `line` writes one row, without its end."""
        self._line = line
        self._context = context
        self._templates: dict[tuple[str, Kind], Template] = {}

    def text(self, accesses: AccessColumns) -> memoryview:
        """Return the lines of (n,) accesses, n > 0, with their ends, in the order given."""
        kinds, kind = _kinds(accesses)
        templates = [self._template(accesses.bus, one) for one in kinds]
        return _Lines(accesses, templates, kind, self._context).text()

    def _template(self, bus: str, kind: Kind) -> Template:
        if (bus, kind) not in self._templates:
            made = make_template(kind, bus, self._context, self._line)
            self._templates[bus, kind] = made
        return self._templates[bus, kind]


def _kinds(accesses: AccessColumns) -> tuple[list[Kind], Indices]:
    """Return the kinds that occur, and (n,) the index of each access's."""
    ports = np.unique(accesses.ap)
    shape = len(ports), len(ASKED), len(OUTCOMES), 2
    is_known = ~accesses.is_memory | (accesses.address != UNKNOWN)
    number = np.ravel_multi_index(
        (np.searchsorted(ports, accesses.ap), accesses.asked, accesses.outcome, is_known), shape
    )
    occurring = np.flatnonzero(np.bincount(number))
    index = np.zeros(np.prod(shape), np.intp)
    index[occurring] = np.arange(len(occurring))
    found = zip(*(part.tolist() for part in np.unravel_index(occurring, shape)), strict=True)
    kinds = [
        Kind(asked, outcome, int(ports[port]), bool(known)) for port, asked, outcome, known in found
    ]
    return kinds, index[number]


class _Lines:
    """The lines of some accesses; kind: (n,) the index of each one's template."""

    def __init__(
        self,
        accesses: AccessColumns,
        templates: list[Template],
        kind: Indices,
        context: Context,
    ) -> None:
        self._accesses = accesses
        self._templates = templates
        self._kind = kind
        self._context = context
        self._with_fields = np.zeros(0, np.intp)  # rows in which fields are told

    def text(self) -> memoryview:
        """Return all lines."""
        columns: list[Texts] = []
        before = [''] * len(self._templates)  # of each kind, what comes before the next column
        for slot in common_order(self._templates):
            before = _each(before, [one.before.get(slot, '') for one in self._templates])
            for column in self._filled(slot):
                if column.is_constant:
                    before = _each(before, [column.text] * len(before))
                    continue
                columns += [self._of_kinds(before), column]
                before = [''] * len(before)
        before = _each(before, [template.ending for template in self._templates])
        ending = _common_ending(before)
        columns.append(self._of_kinds([text.removesuffix(ending) for text in before]))
        return lines(columns, len(self._kind), ending)

    def _of_kinds(self, texts: list[str]) -> Texts:
        """Return a column of texts of which there is one for each kind."""
        distinct = table(texts[:1] if len(set(texts)) == 1 else texts)
        return distinct if distinct.is_constant else distinct.chosen(self._kind)

    def _filled(self, slot: Slot) -> list[Texts]:
        """Return the columns of one slot, empty where a template does not have it."""
        has = np.array([slot in template.slots for template in self._templates])
        columns = _SLOTS[slot](self)
        if has.all() or slot in SPARSE:
            return columns
        shown = has[self._kind]
        return [Texts(column.cells, column.lengths * shown) for column in columns]

    def _start_s(self) -> list[Texts]:
        return self._seconds(self._accesses.start)

    def _end_s(self) -> list[Texts]:
        return self._seconds(self._accesses.end)

    def _seconds(self, samples: NDArray[np.int64]) -> list[Texts]:
        assert self._context.sample_rate
        return quotients(samples, self._context.sample_rate)

    def _start(self) -> list[Texts]:
        return [decimal(self._accesses.start)]

    def _end(self) -> list[Texts]:
        return [decimal(self._accesses.end)]

    def _address_hex(self) -> list[Texts]:
        return [hexadecimal(self._accesses.address.astype(np.uint32))]

    def _address(self) -> list[Texts]:
        return [decimal(np.maximum(self._accesses.address, 0))]

    def _value(self) -> list[Texts]:
        return [decimal(self._accesses.value)]

    def _value_hex(self) -> list[Texts]:
        values, size = self._accesses.value, SIZE_OF[self._accesses.asked]
        digits = hexadecimal(values)
        for narrow in SIZES[:-1]:
            rows = np.flatnonzero(size == narrow)
            if len(rows):
                some = hexadecimal(values[rows], DIGITS_OF_BYTE * narrow)
                digits.cells[rows], digits.lengths[rows] = some.cells, some.lengths
        return [digits]

    def _fields(self) -> list[Texts]:
        """Return what is set in registers that have fields, and what stands between that and the value."""
        found = []
        for number, template in enumerate(self._templates):
            if template.register is not None:
                rows = np.flatnonzero(self._kind == number)
                made = fields(template.register, self._accesses.value[rows])
                found.append(Texts(made.cells, made.lengths, rows))
        shown = [column.rows[column.lengths > 0] for column in found if column.rows is not None]
        self._with_fields = np.sort(np.concatenate(shown))
        return [*found, replace(table([OPENING]), rows=self._with_fields)]

    def _closing(self) -> list[Texts]:
        return [replace(table([CLOSING]), rows=self._with_fields)]


def _each(some: list[str], others: list[str]) -> list[str]:
    return [one + other for one, other in zip(some, others, strict=True)]


def _common_ending(texts: list[str]) -> str:
    return os.path.commonprefix([text[::-1] for text in texts])[::-1]


SPARSE = (Slot.FIELDS, Slot.CLOSING)  # columns of these have the lines that have them
_SLOTS: dict[Slot, Callable[[_Lines], list[Texts]]] = {
    Slot.START_S: _Lines._start_s,
    Slot.END_S: _Lines._end_s,
    Slot.START: _Lines._start,
    Slot.END: _Lines._end,
    Slot.ADDRESS_HEX: _Lines._address_hex,
    Slot.FIELDS: _Lines._fields,
    Slot.VALUE_HEX: _Lines._value_hex,
    Slot.CLOSING: _Lines._closing,
    Slot.ADDRESS: _Lines._address,
    Slot.VALUE: _Lines._value,
}
