"""Register values as texts: the fields that are set, as `fields_text` tells them.

Where there are many different values, the text of each is put together from those of groups of adjacent fields, of
which there are few. What stands between two fields belongs to the second, unless that is the first one shown.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.report.columns.digits import hexadecimal
from stm32trace.report.columns.text import Texts, joined, table
from stm32trace_core.adi.registers import VALUES
from stm32trace_core.describe.adi import fields_text
from stm32trace_core.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stm32trace_core.register import Field

    Flags = NDArray[np.bool_]
    Words = NDArray[np.uint32]

FEW = 256  # different values that are told one by one
BITS = 8  # of a group of fields; a field that is wider is a group of its own
BETWEEN = '|'


def fields(register: Register, words: Words) -> Texts:
    """Return (n,) texts: what is set in each value of a register; empty where nothing is."""
    distinct, which = np.unique(words, return_inverse=True)
    if len(distinct) <= FEW:
        return table([fields_text(register, word) for word in distinct.tolist()]).chosen(which)
    columns: list[Texts] = []
    following = np.zeros(len(words), bool)  # where a field is shown already
    for part in _parts(register):
        lsb, bits = _extent(part)
        values = words >> np.uint32(lsb) & np.uint32((1 << bits) - 1)
        made = _narrow(part, values, following) if bits <= BITS else _wide(part, values, following)
        following = following | (made[0].lengths > 0)
        columns += made
    return joined(columns, len(words))


def _parts(register: Register) -> Iterator[Register]:
    """Yield the register in parts of adjacent fields."""
    part: list[Field] = []
    for field in register.fields:
        if part and field.lsb + field.width - part[0].lsb > BITS:
            yield _part(register, part)
            part = []
        part.append(field)
    yield _part(register, part)


def _part(register: Register, some: list[Field]) -> Register:
    return Register(
        register.name, ~some[0].lsb, tuple(some)
    )  # where no register is: it is none of the part's


def _extent(part: Register) -> tuple[int, int]:
    """Return the lowest bit of a part, and how many bits it spans."""
    first, last = part.fields[0], part.fields[-1]
    return first.lsb, last.lsb + last.width - first.lsb


def _narrow(part: Register, values: Words, following: Flags) -> list[Texts]:
    """Return the text of one part."""
    above = following * np.uint32(1 << _extent(part)[1])
    return [_narrow_texts(part).chosen((values + above).astype(np.uint32))]


@lru_cache(maxsize=64)
def _narrow_texts(part: Register) -> Texts:
    """Return the text of each value, then all texts again as they follow others."""
    lsb, bits = _extent(part)
    texts = [fields_text(part, value << lsb) for value in range(1 << bits)]
    return table(texts + [_following(text) for text in texts])


def _wide(part: Register, values: Words, following: Flags) -> list[Texts]:
    """Return the text of a part of one field: a name for its value, or the value in digits."""
    (field,) = part.fields
    named = VALUES.get((part.name, field.name), {})
    texts = ['', f'{field.name}=0x', *(fields_text(part, value << field.lsb) for value in named)]
    kind = (values != 0).astype(np.intp)
    for number, value in enumerate(named):
        kind[values == value] = number + 2
    digits = hexadecimal(values, fewest=1)
    heads = table(texts + [_following(text) for text in texts])
    return [
        heads.chosen(kind + following * len(texts)),
        Texts(digits.cells, np.where(kind == 1, digits.lengths, 0)),
    ]


def _following(text: str) -> str:
    return BETWEEN + text if text else ''
