"""Which register each packet of a stretch is for: SELECT at each of them. The twin of adi/selection.py.

A stretch has one access port, so SELECT changes nothing but the banks; where SELECT is not known, it stays so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.asked import BANK_SHIFT, NO_BANK, PLACE_SHIFT
from stm32trace.access.packets import Packets, field_of
from stm32trace_core.adi.records import UNKNOWN
from stm32trace_core.adi.registers import CSW, DRW, TAR, TAR_HIGH, is_plausible_csw
from stm32trace_core.adi.selection import APBANKSEL, APSEL, DPBANKSEL, Selection
from stm32trace_core.wire.swd import SELECT_WRITE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace_core.register import Field

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

AT_CSW, AT_TAR, AT_TAR_HIGH, AT_DRW = (
    register.offset >> PLACE_SHIFT for register in (CSW, TAR, TAR_HIGH, DRW)
)


class Selected:
    """SELECT over (n,) packets, all of them accepted.

    is_known: whether APBANKSEL is, in all of the stretch. bank: (n,) APBANKSEL, NO_BANK where it is not known.
    dp_bank: (n,) DPBANKSEL.
    """

    def __init__(self, selection: Selection, packets: Packets) -> None:
        self._selection = selection
        self._packets = packets
        self.is_known = selection.bank != UNKNOWN
        self._writes = np.flatnonzero(packets.request == SELECT_WRITE)
        bank = selection.bank >> BANK_SHIFT if self.is_known else NO_BANK
        self.bank = self._held(bank, APBANKSEL)
        self.dp_bank = self._held(selection.dp_bank, DPBANKSEL)

    def _held(self, before: int, field: Field) -> NDArray[np.uint8]:
        """(n,) what SELECT has in `field`."""
        written = field_of(field, self._packets.data[self._writes])
        values = np.concatenate(([before], written)).astype(np.uint8)
        edges = np.concatenate(([0], self._writes, [len(self._packets)]))
        return np.repeat(values, np.diff(edges))

    def _at(self, place: int) -> Flags:
        """(n,) whether it is an access to the AP register at A[3:2] = `place`."""
        there: Flags = self._packets.is_ap & (self._packets.address == place)
        return there

    # Where the stretch ends.

    def first_surprise(self) -> int:
        """Return the position of the first packet that selects another port or tells which bank it is; n for none."""
        selection, packets = self._selection, self._packets
        other = field_of(APSEL, packets.data[self._writes]) != selection.port.ap
        stop = int(self._writes[other.argmax()]) if other.any() else len(packets)
        if selection.port.ap != UNKNOWN:
            return stop
        if not self.is_known:
            return min(stop, self._first_conclusion())
        return min(stop, first(self._at(AT_TAR_HIGH)))

    def _first_conclusion(self) -> int:
        """Return the position of the first access from which bank 0 may be concluded."""
        candidate = first(self._at(AT_DRW))
        if candidate == len(self._packets) or self._is_elsewhere(candidate):
            return len(self._packets)
        return candidate

    def _is_elsewhere(self, stop: int) -> bool:
        """Tell whether it is clear before position `stop` that the bank is another one than 0."""
        if self._selection.elsewhere or self._at(AT_TAR_HIGH)[:stop].any():
            return True
        words = np.unique(self._packets.data[:stop][self._csw_writes[:stop]])
        return not all(map(is_plausible_csw, words.tolist()))

    @property
    def _csw_writes(self) -> Flags:
        return self._at(AT_CSW) & ~self._packets.is_read

    # What is known after it.

    def leave(self, failure: Flags) -> None:
        """Leave the selection as it is after all packets; failure: (n,) whether an access is seen to have failed."""
        selection, packets = self._selection, self._packets
        tells = packets.is_ap | failure  # what is written at 4 last, or that nothing is
        if not self.is_known:
            self._leave_unknown()
            tells = tells & ~self._csw_writes
        if selection.port.ap == UNKNOWN and tells.any():
            last = int(np.flatnonzero(tells)[-1])
            is_tar = packets.is_ap[last] and packets.address[last] == AT_TAR
            selection.tar = (
                int(packets.data[last]) if is_tar and not packets.is_read[last] else None
            )
        if len(self._writes):
            selection.bank = int(self.bank[-1]) << BANK_SHIFT
            selection.dp_bank = int(self.dp_bank[-1])

    def _leave_unknown(self) -> None:
        selection = self._selection
        writes = np.flatnonzero(self._csw_writes)
        if len(writes):
            selection.csw = int(self._packets.data[writes[-1]])
        selection.elsewhere = self._is_elsewhere(len(self._packets))


def first(flags: Flags) -> int:
    """Return the position of the first True of (n,) flags, n for none."""
    position = int(flags.argmax()) if len(flags) else 0
    return position if position < len(flags) and flags[position] else len(flags)
