"""UART blocks in, records out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from line.decoding import decoded, only
from stm32trace.line.columns import Setup
from stm32trace.line.uart import UartDecoder
from stm32trace_core.wire.uart import UartFormat, UartWord
from waves.uart import UartWave

if TYPE_CHECKING:
    from stm32trace.capture.changes import Changes
    from stm32trace_core.record import Record

BUS = 'uart0'


def decode(source: UartWave | Iterable[Changes], **given: Any) -> list[Record]:
    """Return all records of a dialogue, at its own sample rate, or of blocks.

    given: fields of `Setup`; `sample_rate` and `roles` are those of a dialogue where it is one.
    """
    if isinstance(source, UartWave):
        roles = tuple(role for role in source.roles if role in ('tx', 'rx'))
        given = {'sample_rate': source.rate, 'roles': roles, **given}
        source = [source.lines()]
    return decoded(UartDecoder(Setup(BUS, **given)), source)


def words(source: UartWave | Iterable[Changes], **given: Any) -> list[UartWord]:
    """Return the words."""
    return only(UartWord, decode(source, **given))


def formats(source: UartWave | Iterable[Changes], **given: Any) -> list[UartFormat]:
    """Return the formats."""
    return only(UartFormat, decode(source, **given))


def said(found: Iterable[UartWord]) -> list[tuple[int, str, int, int]]:
    """Return words by start, without their ends, which depend on the rate as it was measured."""
    return sorted((word.start, word.line, word.value, word.flags) for word in found)
