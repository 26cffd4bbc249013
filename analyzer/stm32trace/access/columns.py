"""RegisterAccess and MemoryAccess as columns, both in one table, in the order in which they become known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from stm32trace.access.asked import ASKED, FIRST_MEMORY
from stm32trace_core.adi.records import LOST, OK, MemoryAccess, RegisterAccess

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Access = RegisterAccess | MemoryAccess

OUTCOMES = (OK, LOST)  # those of regular traffic, by code
OK_CODE, LOST_CODE = range(len(OUTCOMES))

# One wire record has so many numbers for what is told because of it. At its end a packet may tell the read that it
# ends, then its own access; what others tell because of either comes just before.
STEPS = 8
READ_STEP, OWN_STEP = 3, 5


@dataclass(frozen=True, slots=True)
class AccessColumns:
    """(n,) accesses of one bus, in the order in which the machine tells them."""

    bus: str
    told: Integers  # STEPS * place of the wire record in the stream + step; strictly increasing
    start: Integers
    end: Integers
    asked: NDArray[np.uint16]  # index into ASKED
    ap: NDArray[np.int16]  # UNKNOWN for the debug port, and where it is not known
    address: (
        Integers  # of memory, UNKNOWN where that is not known; of a register it does not matter
    )
    value: NDArray[np.uint32]
    outcome: NDArray[np.uint8]  # index into OUTCOMES

    def __len__(self) -> int:
        return len(self.start)

    @property
    def is_memory(self) -> NDArray[np.bool_]:
        """(n,) whether it is a MemoryAccess."""
        return self.asked >= FIRST_MEMORY

    def rows(self, chosen: Integers | NDArray[np.bool_] | slice) -> Self:
        """Return some of them, or all in another order."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _COLUMNS})

    def records(self) -> Iterator[Access]:
        """Yield them as records."""
        lists = (getattr(self, name).tolist() for name in _COLUMNS)
        for _, start, end, code, ap, address, value, outcome in zip(*lists, strict=True):
            asked = ASKED[code]
            if asked.record is MemoryAccess:
                yield MemoryAccess(
                    start,
                    end,
                    self.bus,
                    ap,
                    address,
                    asked.size,
                    asked.write,
                    value,
                    OUTCOMES[outcome],
                )
            else:
                yield RegisterAccess(
                    start, end, self.bus, asked.port, ap, asked.address, asked.name, asked.write,
                    value, OUTCOMES[outcome],
                )  # fmt: skip


_COLUMNS = tuple(field.name for field in fields(AccessColumns) if field.name != 'bus')


def join(pieces: Sequence[AccessColumns]) -> AccessColumns:
    """Return accesses of one bus as one table; at least one piece."""
    if len(pieces) == 1:
        return pieces[0]
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in _COLUMNS
    }
    return replace(pieces[0], **whole)
