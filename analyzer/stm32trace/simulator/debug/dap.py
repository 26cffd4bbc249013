"""Debug port and memory access port: registers, sticky flags, posted reads, what is refused.

Source: Arm IHI 0031 (ADIv5.2), B2.2 (DP registers), B4.2 (acknowledges), C2.2 and C2.6 (MEM-AP).

What the specification leaves open, chosen here:
- An AP access while the debug domain is not powered up sets STICKYERR.
- A read that failed leaves 0 in RDBUFF.
- A memory access that takes time makes the port answer WAIT to AP accesses and to RDBUFF until it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from stm32trace.simulator.board import Board
from stm32trace.simulator.debug.swd import FAULT, OK, WAIT, Request

WORD = 0xFFFF_FFFF

# DP registers by A[3:2]. Source: IHI 0031, table B2-5.
ABORT, DPIDR, CTRL_STAT, SELECT, RESEND, RDBUFF, TARGETSEL = 0x0, 0x0, 0x4, 0x8, 0x8, 0xC, 0xC
DLCR_BANK, TARGETID_BANK = 1, 2

# CTRL/STAT. Source: IHI 0031, B2.2.2.
ORUNDETECT = 1 << 0
STICKYORUN = 1 << 1
STICKYCMP = 1 << 4
STICKYERR = 1 << 5
READOK = 1 << 6
WDATAERR = 1 << 7
CDBGPWRUPREQ, CDBGPWRUPACK = 1 << 28, 1 << 29
CSYSPWRUPREQ, CSYSPWRUPACK = 1 << 30, 1 << 31
STICKY = STICKYORUN | STICKYCMP | STICKYERR | WDATAERR
HOST_BITS = (
    ORUNDETECT | 0x00FF_FF0C | CDBGPWRUPREQ | CSYSPWRUPREQ
)  # TRNMODE, masks, counters, requests

# ABORT. Source: IHI 0031, B2.2.1.
DAPABORT = 1 << 0
CLEARS = {1 << 1: STICKYCMP, 1 << 2: STICKYERR, 1 << 3: WDATAERR, 1 << 4: STICKYORUN}

# MEM-AP registers by bank and A[3:2]. Source: IHI 0031, table C2-6.
CSW, TAR, DRW, BD0, BD3, CFG, BASE, IDR = 0x00, 0x04, 0x0C, 0x10, 0x1C, 0xF4, 0xF8, 0xFC
CSW_SIZES = {0: 1, 1: 2, 2: 4}
CSW_SIZE, CSW_INCREMENT, CSW_SINGLE, CSW_PACKED = 0x7, 0x30, 0x10, 0x20
CSW_DEVICE_ENABLED = 1 << 6
CSW_WRITABLE = 0x7F00_0037  # Prot, Mode, AddrInc, Size
CSW_HELD = 0x2300_0000  # HPROT as it comes out of reset


class BusFaultError(Exception):
    """The access was refused, or nothing is there."""


class Memory(Protocol):
    """What the MEM-AP sees."""

    def read(self, address: int, size: int) -> int:
        """Return `size` bytes as a number. Raises BusFaultError."""

    def write(self, address: int, size: int, value: int) -> None:
        """Write them. Raises BusFaultError."""

    def stalled_until(self, address: int) -> int:
        """Return the time in picoseconds before which an access there cannot be done; the past if it can."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What differs between the ports of different cores."""

    dpidr: int
    idr: int  # of AP 0
    base: int  # of its ROM table
    increment_bits: int  # of TAR that count up
    targetid: int = 0


class MemoryPort:
    """A MEM-AP."""

    def __init__(self, memory: Memory, identity: Identity) -> None:
        self._memory = memory
        self._identity = identity
        self.csw = CSW_HELD | CSW_SIZES[2] >> 1
        self.tar = 0

    def stalled_until(self, register: int) -> int:
        """Return the time before which an access to this register cannot be done."""
        if register == DRW or BD0 <= register <= BD3:
            return self._memory.stalled_until(self.tar)
        return 0

    def read(self, register: int) -> int:
        """Return what a register reads, DRW and BDx what is in memory. Raises BusFaultError."""
        if register == DRW:
            return self._through(None)
        if BD0 <= register <= BD3:
            return self._memory.read(self.tar & ~0xF | register & 0xC, 4)
        plain = {
            CSW: self.csw | CSW_DEVICE_ENABLED,
            TAR: self.tar,
            CFG: 0,
            BASE: self._identity.base,
            IDR: self._identity.idr,
        }
        return plain.get(register, 0)

    def write(self, register: int, word: int) -> None:
        """Write a register, DRW and BDx through to memory. Raises BusFaultError."""
        if register == CSW:
            self.csw = word & CSW_WRITABLE
        elif register == TAR:
            self.tar = word
        elif register == DRW:
            self._through(word)
        elif BD0 <= register <= BD3:
            self._memory.write(self.tar & ~0xF | register & 0xC, 4, word)

    def _through(self, word: int | None) -> int:
        """Access memory at TAR, which counts on; several items where CSW says packed."""
        size = CSW_SIZES.get(self.csw & CSW_SIZE)
        if size is None:
            raise BusFaultError('a size that this port has not')
        increment = self.csw & CSW_INCREMENT
        count = 4 // size if increment == CSW_PACKED else 1
        value = 0
        for _ in range(count):
            lane = 8 * (self.tar & 3)
            if word is None:
                value |= self._memory.read(self.tar, size) << lane
            else:
                self._memory.write(self.tar, size, word >> lane & (1 << 8 * size) - 1)
            if increment in (CSW_SINGLE, CSW_PACKED):
                self._advance(size)
        return value & WORD

    def _advance(self, size: int) -> None:
        mask = (1 << self._identity.increment_bits) - 1
        self.tar = self.tar & ~mask | self.tar + size & mask


class DebugPort:
    """SW-DP with one MEM-AP at APSEL 0; every other APSEL reads 0."""

    def __init__(self, board: Board, port: MemoryPort, identity: Identity) -> None:
        self._board = board
        self._port = port
        self._identity = identity
        self.power_on()

    def power_on(self) -> None:
        """Come out of a power-on reset."""
        self._control = 0  # what the host wrote to CTRL/STAT, and the sticky flags
        self._select = 0
        self._result = 0  # RDBUFF
        self._last_read = 0  # for RESEND
        self.turnaround = 1
        self.ready_at = 0  # time at which the access under way is done

    def line_reset(self) -> None:
        """The line was reset: of the state here nothing goes but the turnaround (B4.3.3)."""
        self.turnaround = 1

    # The wire asks.

    def respond(self, request: Request) -> tuple[int, int, bool]:
        """Return acknowledge, the word read, and whether a data phase follows."""
        acknowledge = self._acknowledge(request)
        overrun = bool(self._control & ORUNDETECT)
        if acknowledge != OK:
            if overrun:
                self._control |= STICKYORUN
            return acknowledge, 0, overrun
        word = self._read(request) if request.read else 0
        if request.read:
            self._last_read = word
        return OK, word, True

    def written(self, request: Request, word: int, parity_is_right: bool) -> None:
        """Take the word of a write that was acknowledged OK."""
        if not parity_is_right:
            self._control |= WDATAERR
        elif request.ap:
            self._access(request.address, lambda: self._write_ap(request.address, word))
        else:
            self._write_dp(request.address, word)

    def _acknowledge(self, request: Request) -> int:
        if not request.ap:
            harmless = (
                request.address in (DPIDR, CTRL_STAT) if request.read else request.address == ABORT
            )
            if harmless:
                return OK
        if self._control & STICKY:
            return FAULT
        waits = request.ap or request.read and request.address == RDBUFF
        return WAIT if waits and self.ready_at > self._board.now else OK

    # Registers.

    @property
    def _dp_bank(self) -> int:
        return self._select & 0xF

    @property
    def control(self) -> int:
        """CTRL/STAT as it reads."""
        word = self._control
        if word & CDBGPWRUPREQ:
            word |= CDBGPWRUPACK
        if word & CSYSPWRUPREQ:
            word |= CSYSPWRUPACK
        return word

    def _read(self, request: Request) -> int:
        if request.ap:
            posted, self._result = self._result, 0
            self._access(request.address, lambda: self._read_ap(request.address))
            return posted
        if request.address == DPIDR:
            return self._identity.dpidr
        if request.address == CTRL_STAT:
            banks = {DLCR_BANK: self.turnaround - 1 << 8, TARGETID_BANK: self._identity.targetid}
            return banks.get(self._dp_bank, self.control)
        return self._last_read if request.address == RESEND else self._result

    def _write_dp(self, address: int, word: int) -> None:
        if address == ABORT:
            for bit, flag in CLEARS.items():
                if word & bit:
                    self._control &= ~flag
        elif address == SELECT:
            self._select = word
        elif address == CTRL_STAT and self._dp_bank == DLCR_BANK:
            self.turnaround = (word >> 8 & 3) + 1
        elif address == CTRL_STAT and self._dp_bank == 0:
            self._control = self._control & ~HOST_BITS | word & HOST_BITS

    def _access(self, address: int, access: Callable[[], None]) -> None:
        """Do an AP access, or have it done when memory answers; what is refused sets STICKYERR."""
        if not self._control & CDBGPWRUPREQ:
            self._control |= STICKYERR
            return
        until = self._port.stalled_until(self._select & 0xF0 | address)
        if until <= self._board.now:
            self._do(access)
        else:
            self.ready_at = until
            self._board.at(until, lambda: self._do(access))

    def _do(self, access: Callable[[], None]) -> None:
        try:
            access()
            self._control |= READOK
        except BusFaultError:
            self._control = self._control & ~READOK | STICKYERR

    def _read_ap(self, address: int) -> None:
        if self._select >> 24 == 0:
            self._result = self._port.read(self._select & 0xF0 | address)

    def _write_ap(self, address: int, word: int) -> None:
        if self._select >> 24 == 0:
            self._port.write(self._select & 0xF0 | address, word)
