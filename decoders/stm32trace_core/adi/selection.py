"""What the host has selected: SELECT, followed, or concluded from what it does.

APBANKSEL is concluded where SELECT was not seen, since ST-LINK selects nothing for minutes:

- A[3:2] = 4 written and the next access at 0xC is TAR and DRW, of bank 0. No host uses BD1 and BD3, or what
  bank 0xF has there, in that order. Writes to CSW in between or before are taken along.
- An access at 8 is another bank: in bank 0 there is nothing there but the upper half of TAR, which no
  STM32 has. A write at 0 that CSW cannot hold is another bank too.
- TAR written and bank 1 selected next: the same AP goes on, with BD0 to BD3 around that TAR.

Which AP it was stays UNKNOWN. DPBANKSEL is taken for 0 until it is seen: hosts that use another bank
select it just before and go back. Source: Arm IHI 0031 (ADIv5.2), B2.2.9 (SELECT).
"""

from .port import Port
from .records import UNKNOWN
from .registers import (
    BD0,
    CSW,
    DP_BANKED,
    DRW,
    SELECT,
    TAR,
    TAR_HIGH,
    is_plausible_csw,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional  # novm

    from ..wire.swd import SwdTransfer

APSEL = SELECT.field('APSEL')
APBANKSEL = SELECT.field('APBANKSEL')
DPBANKSEL = SELECT.field('DPBANKSEL')
BANK_SHIFT = APBANKSEL.lsb
DATA_BANK = BD0.offset  # the bank of BD0 to BD3, in place


class Selection(object):
    """The AP and the banks that packets are for."""

    def __init__(self) -> 'None':
        self._ports = {}  # type: Dict[int, Port]
        self.forget()

    def forget(self) -> 'None':
        """SELECT, and what the ports are set to, are not known (any more)."""
        self.forget_ports()
        self.port = self._port_of(UNKNOWN)
        self.bank = UNKNOWN  # APBANKSEL in place, bits 7:4
        self.dp_bank = 0
        self.elsewhere = False  # it is not bank 0
        self.tar = None  # type: Optional[int]  # what the last AP access wrote at 4
        self.csw = None  # type: Optional[int]  # what was written at 0 before

    def forget_ports(self) -> 'None':
        """What the ports are set to is not known (any more)."""
        for port in self._ports.values():
            port.forget()

    def _port_of(self, ap: 'int') -> 'Port':
        if ap not in self._ports:
            self._ports[ap] = Port(ap)
        return self._ports[ap]

    def select(self, value: 'int') -> 'None':
        """`value` was written to SELECT."""
        before, tar = self.port, self.tar
        self.port = self._port_of(APSEL.of(value))
        self.bank = APBANKSEL.of(value) << BANK_SHIFT
        self.dp_bank = DPBANKSEL.of(value)
        if before.ap == UNKNOWN:
            if self.bank == DATA_BANK and tar is not None and not self.elsewhere:
                self.port.tar = tar
            before.forget()
            self.tar = self.csw = None

    def dp_address(self, packet: 'SwdTransfer') -> 'int':
        """Return the address of the DP register, bank included."""
        address = packet.address
        return address | self.dp_bank << BANK_SHIFT if address == DP_BANKED else address

    def asked(self, packet: 'SwdTransfer') -> 'int':
        """Return the address of the AP register, bank included; the complement of A[3:2] without one."""
        return ~packet.address if self.bank == UNKNOWN else self.bank | packet.address

    def accessed(self, packet: 'SwdTransfer') -> 'int':
        """Return the same for an access that was accepted, from which the bank may be concluded."""
        if self.port.ap == UNKNOWN:
            if self.bank == UNKNOWN:
                self._conclude(packet)
            elif packet.address == TAR_HIGH.offset:
                self.forget()
                self.elsewhere = True
            else:
                is_tar = packet.address == TAR.offset and not packet.is_read
                self.tar = packet.data if is_tar else None
        return self.asked(packet)

    def _conclude(self, packet: 'SwdTransfer') -> 'None':
        address, written = packet.address, None if packet.is_read else packet.data
        tar, self.tar = self.tar, None
        if address == TAR_HIGH.offset:
            self.elsewhere = True
        elif address == TAR.offset:
            self.tar = written
        elif address == CSW.offset and written is not None:
            self.csw, self.tar = written, tar
            self.elsewhere = self.elsewhere or not is_plausible_csw(written)
        elif address == DRW.offset and tar is not None and not self.elsewhere:
            self.bank = 0
            self.port.tar = tar
            if self.csw is not None:
                self.port.configure(self.csw)

    def failed(self) -> 'None':
        """An access to the selected AP went wrong: TAR may have advanced, or not."""
        self.port.moved()
        self.tar = None

    def spoiled(self, packet: 'SwdTransfer') -> 'None':
        """Nobody knows whether `packet` was done: what it sets is not known (any more)."""
        if packet.is_ap:
            self.failed()
            if not packet.is_read and packet.address == CSW.offset:
                self.port.forget_csw()
                self.csw = None
        elif not packet.is_read and packet.address == SELECT.offset:
            self.forget()
