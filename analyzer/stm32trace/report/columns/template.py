"""What the lines of one kind of access have in common, taken from a line that a format wrote itself.

The format writes one line with a mark in the place of each number; what stands between the marks is the template. So
columns say what single rows say, and nothing of a format is written down twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import NamedTuple

from stm32trace.access.asked import ASKED, Asked
from stm32trace.access.columns import OUTCOMES
from stm32trace.report.naming import Naming
from stm32trace.report.rows import KINDS, Row, make_row
from stm32trace_core.adi.records import UNKNOWN, MemoryAccess, RegisterAccess
from stm32trace_core.adi.registers import register_named
from stm32trace_core.context import Context
from stm32trace_core.describe.adi import fields_text
from stm32trace_core.register import Register


class Slot(IntEnum):
    """What differs from line to line."""

    START_S = 0
    END_S = 1
    START = 2
    END = 3
    ADDRESS_HEX = 4
    FIELDS = 5  # of a register, and OPENING where there are any
    VALUE_HEX = 6
    CLOSING = 7
    ADDRESS = 8
    VALUE = 9


OPENING, CLOSING = ' (', ')'  # around a value that is told after its fields

# Characters that no line has.
MARKS = {slot: chr(ord('Ⓐ') + slot) for slot in Slot}
SLOTS = {mark: slot for slot, mark in MARKS.items()}
KIND_OF = {kind.record: kind for kind in KINDS}


class _Mark(int):
    """A number that is written as a mark: `plain` by itself, `hex` in a format."""

    plain: str
    hex: str

    def __str__(self) -> str:
        return self.plain

    def __format__(self, specification: str) -> str:
        return self.hex


def _mark(plain: Slot, hexadecimal: Slot | None = None) -> _Mark:
    made = _Mark(0)
    made.plain = MARKS[plain]
    made.hex = MARKS[plain if hexadecimal is None else hexadecimal]
    return made


class Kind(NamedTuple):
    """What all accesses of one template share."""

    asked: int  # index into access.asked.ASKED
    outcome: int  # index into access.columns.OUTCOMES
    ap: int
    is_known: bool  # the address, of memory


class Template(NamedTuple):
    """A line in pieces."""

    slots: tuple[Slot, ...]  # as they stand in the line
    before: Mapping[Slot, str]  # what stands between each and the one before it
    ending: str  # what comes after the last
    register: Register | None  # whose fields are told


def make_template(kind: Kind, bus: str, context: Context, line: Callable[[Row], str]) -> Template:
    """Return the template of a kind; `line` writes a row in some format."""
    asked = ASKED[kind.asked]
    record = _record(kind, asked, bus)
    row = make_row(KIND_OF[asked.record], record, context, Naming(context))
    if context.sample_rate:
        row = row._replace(start_s=_mark(Slot.START_S), end_s=_mark(Slot.END_S))
    text = line(row) + '\n'
    register = register_named(asked.port, asked.name)
    if register is not None and register.fields:
        text = _with_fields(text, register)
    return _split(text, register)


def _record(kind: Kind, asked: Asked, bus: str) -> RegisterAccess | MemoryAccess:
    start, end, value = _mark(Slot.START), _mark(Slot.END), _mark(Slot.VALUE, Slot.VALUE_HEX)
    outcome = OUTCOMES[kind.outcome]
    if asked.record is MemoryAccess:
        address = _mark(Slot.ADDRESS, Slot.ADDRESS_HEX) if kind.is_known else UNKNOWN
        return MemoryAccess(
            start, end, bus, kind.ap, address, asked.size, asked.write, value, outcome
        )
    return RegisterAccess(
        start, end, bus, asked.port, kind.ap, asked.address, asked.name, asked.write, value, outcome
    )


def _with_fields(text: str, register: Register) -> str:
    """Mark where the fields of a register are told: around its value, which is zero."""
    value = f'0x{MARKS[Slot.VALUE_HEX]}'
    told = fields_text(register, 0)
    known = f'{told}{OPENING}{value}{CLOSING}' if told else value
    return text.replace(known, f'{MARKS[Slot.FIELDS]}{value}{MARKS[Slot.CLOSING]}')


def _split(text: str, register: Register | None) -> Template:
    slots, before, done = [], {}, 0
    for place, character in enumerate(text):
        slot = SLOTS.get(character)
        if slot is not None:
            slots.append(slot)
            before[slot] = text[done:place]
            done = place + 1
    shown = register if Slot.FIELDS in before else None
    return Template(tuple(slots), before, text[done:], shown)


def common_order(templates: Iterable[Template]) -> list[Slot]:
    """Return all slots of several templates in an order that is right for each of them."""
    sorter: TopologicalSorter[Slot] = TopologicalSorter()
    for slots in {template.slots for template in templates}:
        for slot, following in pairwise(slots):
            sorter.add(following, slot)
    return list(sorter.static_order())
