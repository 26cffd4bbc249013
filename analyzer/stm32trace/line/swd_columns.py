"""SwdTransfer and SwdSequence as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace.line.swd_packets import Packets
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    CUT_OFF,
    DATA_BITS,
    DATA_PHASE,
    TRUNCATED,
    SwdSequence,
    SwdTransfer,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SwdTransferColumns(WordColumns):
    """SwdTransfer."""

    record: ClassVar[type] = SwdTransfer
    request: NDArray[np.uint8]
    ack: NDArray[np.int8]
    data: NDArray[np.uint32]
    flags: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SwdSequenceColumns(WordColumns):
    """SwdSequence of one kind."""

    record: ClassVar[type] = SwdSequence
    kind: str
    bits: Integers


def sequence(bus: str, kind: str, start: int, end: int, bits: int) -> SwdSequenceColumns:
    """Return one sequence."""
    return SwdSequenceColumns(np.array([start]), np.array([end]), bus, kind, np.array([bits]))


def transfers(
    bus: str, packets: Packets, chosen: Integers, long: NDArray[np.bool_]
) -> SwdTransferColumns:
    """Return the candidates `chosen`; long: (n,) which of all candidates have a data phase."""
    window = packets.window
    has_data, read = long[chosen], packets.read[chosen]
    first = packets.data_start[chosen]
    words = np.where(read, _words(window.target_bytes, first), _words(window.host_bytes, first))
    last = first + DATA_BITS - 1
    parity = np.where(read, window.target[last], window.host[last])
    wrong = np.bitwise_count(words) + parity & 1
    wrong &= packets.sure[chosen] & has_data
    by_host = has_data & ~read
    end = window.rise[np.where(has_data, packets.long_stop[chosen], packets.short_stop[chosen])]
    end[by_host] = window.fall[last[by_host]]
    return SwdTransferColumns(
        window.rise[packets.start[chosen]],
        end,
        bus,
        packets.request[chosen],
        packets.ack[chosen].astype(np.int8),
        np.where(has_data, words, 0).astype(np.uint32),
        (has_data * np.uint8(DATA_PHASE) | wrong * np.uint8(BAD_PARITY)).astype(np.uint8),
    )


def truncated(bus: str, packets: Packets, number: int, at: int, end: int) -> SwdTransferColumns:
    """Return a candidate that ends before its data does: before place `at`, at sample `end`."""
    complete = packets.short_stop[number] <= at
    return SwdTransferColumns(
        packets.window.rise[packets.start[number : number + 1]],
        np.array([end]),
        bus,
        packets.request[number : number + 1],
        np.array([packets.ack[number] if complete else CUT_OFF], np.int8),
        np.zeros(1, np.uint32),
        np.array([TRUNCATED], np.uint8),
    )


def _words(octets: NDArray[np.uint8], first: Integers) -> NDArray[np.uint32]:
    """(n,) 32 bits from each place on."""
    words = octets[first].astype(np.uint32)
    for byte in (1, 2, 3):
        words |= octets[first + 8 * byte].astype(np.uint32) << np.uint32(8 * byte)
    return words
