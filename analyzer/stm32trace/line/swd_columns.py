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
    edge = packets.window.edge
    has_data, read = long[chosen], packets.read[chosen]
    word = np.where(has_data, packets.data[chosen], 0)
    wrong = (np.bitwise_count(word) & 1).view(np.bool_) & packets.sure[chosen]
    stop = np.where(has_data, packets.long_stop[chosen], packets.short_stop[chosen])
    by_host = has_data & ~read
    return SwdTransferColumns(
        edge[2 * packets.start[chosen]],
        edge[2 * stop - by_host],  # a bit of the host ends with the fall of its own cycle
        bus,
        packets.request[chosen],
        packets.ack[chosen].astype(np.int8),
        word.astype(np.uint32),
        has_data * np.uint8(DATA_PHASE) | wrong * np.uint8(BAD_PARITY),
    )


def truncated(bus: str, packets: Packets, number: int, at: int) -> SwdTransferColumns:
    """Return a candidate that ends at place `at`, before its data does."""
    complete = packets.short_stop[number] <= at
    return SwdTransferColumns(
        packets.window.edge[2 * packets.start[number : number + 1]],
        np.array([packets.window.rise(at)]),
        bus,
        packets.request[number : number + 1],
        np.array([packets.ack[number] if complete else CUT_OFF], np.int8),
        np.zeros(1, np.uint32),
        np.array([TRUNCATED], np.uint8),
    )
