"""What each packet of a stretch is, as far as SELECT tells: the columns that the steps of the twin share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.asked import BANK_SHIFT, PLACE_SHIFT
from stm32trace.access.packets import Packets, field_of
from stm32trace.access.selected import Selected, first
from stm32trace_core.adi.link import BANKED_READ, BANKED_WRITE
from stm32trace_core.adi.machine import (
    DAPABORT,
    DATA,
    POWER,
    RDBUFF_READ,
    STICKYERR,
    TRNMODE,
    AdiMachine,
)
from stm32trace_core.adi.records import DP
from stm32trace_core.adi.registers import ABORT, CFG, CPUID_ADDRESS, IDR, NORMAL, request_byte

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace_core.adi.selection import Selection
    from stm32trace_core.register import Field

    Flags = NDArray[np.bool_]

ABORT_WRITE = request_byte(DP, False, ABORT.offset)
REGISTERS = np.arange(256)
IS_DATA = np.isin(REGISTERS, list(DATA))
TELLS_PORT = np.isin(REGISTERS, [IDR.offset, CFG.offset])


class Traffic:
    """(n,) packets, all accepted, for one access port.

    ap_read, ap_write, rdbuff: (n,) which packets these are. named: (n,) whether it is for a register of the port
    whose bank is known; register: (n,) its address, only then. data: (n,) whether it is for memory. failure: (n,)
    whether it shows that the access accepted last failed.
    """

    def __init__(self, selection: Selection, packets: Packets) -> None:
        self.packets = packets
        self.port = selection.port
        self.selected = Selected(selection, packets)
        self.is_ap, self.is_read = packets.is_ap, packets.is_read
        self.ap_read, self.ap_write = self.is_ap & self.is_read, self.is_ap & ~self.is_read
        self.rdbuff = packets.request == RDBUFF_READ
        self.named = self.is_ap & self.selected.is_known
        self.register = self.selected.bank << BANK_SHIFT | packets.address << PLACE_SHIFT
        self.data = self.named & self.port.memory & IS_DATA[self.register]
        aborts = (packets.request == ABORT_WRITE) & self._has(DAPABORT)
        self.failure = aborts | self._ctrl_stat(BANKED_READ) & self._has(STICKYERR)

    def _has(self, field: Field) -> Flags:
        has: Flags = field_of(field, self.packets.data) != 0
        return has

    def _ctrl_stat(self, request: int) -> Flags:
        """(n,) whether it is this request, and for CTRL/STAT."""
        asked: Flags = (self.packets.request == request) & (self.selected.dp_bank == 0)
        return asked

    def at(self, address: int) -> Flags:
        """(n,) whether it is for the port's register at `address`."""
        there: Flags = self.named & (self.register == address)
        return there

    def first_surprise(self) -> int:
        """Return the position of the first packet that only the machine itself follows, n for none."""
        unusual = (field_of(TRNMODE, self.packets.data) != NORMAL) | ~self._has(POWER)
        tells = self.named & self.ap_read & TELLS_PORT[self.register]
        own = self._ctrl_stat(BANKED_WRITE) & unusual | tells
        return min(self.selected.first_surprise(), first(own))


def can_begin(machine: AdiMachine) -> bool:
    """Tell whether a stretch can go on from what the machine knows."""
    if machine.suspect is not None or machine.pushed:
        return False
    if machine.reading is None:
        return True
    _, port, register, item = machine.reading
    if port is not machine.selection.port:
        return False
    if item is None:
        return register not in (IDR.offset, CFG.offset)
    address, _, count = item
    return count == 1 and address != CPUID_ADDRESS
