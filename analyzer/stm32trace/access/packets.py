"""Packets of one bus for the twins: SwdTransfer as columns, each with its place in the merged stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from stm32trace_core.wire.swd import (
    DATA_PHASE,
    OK,
    REQUEST_ADDRESS,
    REQUEST_APNDP,
    REQUEST_RNW,
    TARGETSEL_WRITE,
    TRUNCATED,
    WAIT,
    SwdTransfer,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace_core.register import Field

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

ADDRESS_SHIFT = 3  # of A[3:2] in a request byte


@dataclass(frozen=True, slots=True)
class Packets:
    """(n,) packets, ordered by `end`."""

    bus: str
    place: Integers  # in the merged stream of all buses
    start: Integers
    end: Integers
    request: NDArray[np.uint8]
    ack: NDArray[np.int8]
    data: NDArray[np.uint32]
    flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start)

    def rows(self, chosen: slice | Flags | Integers) -> Packets:
        """Return some of them."""
        return Packets(
            self.bus, self.place[chosen], self.start[chosen], self.end[chosen],
            self.request[chosen], self.ack[chosen], self.data[chosen], self.flags[chosen],
        )  # fmt: skip

    def records(self) -> Iterator[SwdTransfer]:
        """Yield them as records."""
        columns = self.request, self.ack, self.data, self.flags
        return map(
            SwdTransfer,
            self.start.tolist(), self.end.tolist(), repeat(self.bus),
            *(column.tolist() for column in columns),
        )  # fmt: skip

    def record(self, row: int) -> SwdTransfer:
        """Return one of them as the record."""
        return next(self.rows(slice(row, row + 1)).records())

    @property
    def is_wait(self) -> Flags:
        """(n,) whether it was answered WAIT, so that nothing was done."""
        waits: Flags = self.ack == WAIT
        return waits

    @property
    def is_regular(self) -> Flags:
        """(n,) whether it was accepted with all its data intact, or answered WAIT; TARGETSEL never is."""
        accepted = (self.ack == OK) & (self.flags == DATA_PHASE)
        waits = self.is_wait & (self.flags & TRUNCATED == 0)
        regular: Flags = (accepted | waits) & (self.request != TARGETSEL_WRITE)
        return regular

    @property
    def is_ap(self) -> Flags:
        """(n,) whether it is for an access port."""
        chosen: Flags = self.request & REQUEST_APNDP != 0
        return chosen

    @property
    def is_read(self) -> Flags:
        """(n,) whether it reads."""
        chosen: Flags = self.request & REQUEST_RNW != 0
        return chosen

    @property
    def address(self) -> NDArray[np.uint8]:
        """(n,) A[3:2], 0 to 3."""
        return ((self.request & REQUEST_ADDRESS) >> ADDRESS_SHIFT).astype(np.uint8)


def field_of(field: Field, words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(n,) the values of a register's field: `Field.of` for columns."""
    return words >> np.uint32(field.lsb) & np.uint32((1 << field.width) - 1)
