"""Both sides of a debug session: what a probe says to an STM32 over SWD, and what the part answers.

Every verb is one thing a debugger does. What it puts on the wire follows ADIv5.2:

    SELECT, CSW and TAR are written only when they change; TAR counts up with each DRW access and is
    written anew at each boundary of 1 KiB.
    AP reads are posted: the first DRW read of a verb brings the value of the AP read before, RDBUFF
    at the end brings the last one.
    A write ends with a read of RDBUFF, by which hosts learn of a bus error.
    After a bus error every AP access and RDBUFF is answered FAULT until ABORT clears STICKYERR.

Register numbers are typed from the manuals, not imported from the tables that these dialogues test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

from waves.swd import AP, DP, FAULT, OK, WAIT, SwdWave

# ADIv5.2 B2.2: registers of the debug port; C2.6: of a MEM-AP, APBANKSEL << 4 | A[3:2] << 2.
DPIDR, ABORT, CTRL_STAT, SELECT, RDBUFF = 0x0, 0x0, 0x4, 0x8, 0xC
CSW, TAR, DRW, IDR = 0x00, 0x04, 0x0C, 0xFC
CLEAR_ALL = 0x1E  # ABORT: STKCMPCLR, STKERRCLR, WDERRCLR, ORUNERRCLR
POWER_UP, ORUNDETECT = 0x50000000, 0x1
POWERED, STICKYERR = 0xF0000000, 0x20
AHB_AP_IDR = 0x04770031  # of a Cortex-M0+
CSW_SINGLE = 0x23000050  # DbgStatus, DeviceEn, single increment; the size is added
SIZES = {1: 0, 2: 1, 4: 2}
INCREMENT_BLOCK = 0x400  # TAR counts within 1 KiB

# Armv6-M / Armv7-M: system control and debug registers.
CPUID, AIRCR, DHCSR, DCRSR, DCRDR, DEMCR = (
    0xE000ED00,
    0xE000ED0C,
    0xE000EDF0,
    0xE000EDF4,
    0xE000EDF8,
    0xE000EDFC,
)
DHCSR_KEY = 0xA05F0000
C_DEBUGEN, C_HALT, C_STEP, C_MASKINTS = 0x1, 0x2, 0x4, 0x8
S_REGRDY, S_HALT, S_RESET_ST = 1 << 16, 1 << 17, 1 << 25
SYSRESETREQ, VECTRESET = 0x05FA0004, 0x05FA0001
REGWNR = 1 << 16
DBGMCU_G0 = 0x40015800  # RM0444: DBG_IDCODE


class Probe(SwdWave):
    """Host and part; see the module for what each verb puts on the wire."""

    def __init__(
        self,
        rate: float = 24_000_000,
        clock: float = 4_000_000,
        nrst: int | None = None,
        boot0: int | None = None,
        vdd: int | None = None,
        bus: str = 'swd0',
        gap: int = 2,
        pause: float = 2e-6,
    ) -> None:
        super().__init__(rate, clock, nrst, boot0, vdd, bus, gap)
        self.between = pause  # seconds between two verbs
        self._select: int | None = None
        self._csw: int | None = None
        self._tar: int | None = None
        self._posted = 0  # value that the next AP read brings
        self._sticky = False
        self._waits = 0
        self._dhcsr = S_REGRDY  # bits 3:0 are those written last

    # Connection.

    def connect(self, dpidr: int = 0x0BC11477) -> Self:
        """Switch from JTAG to SWD and read DPIDR."""
        self.jtag_to_swd().read(DP, DPIDR, dpidr)
        self._select = self._csw = self._tar = None
        return self.pause(self.between)

    def power_up(self, orundetect: bool = False) -> Self:
        """Clear sticky flags, power up the debug domain, look until it is up."""
        self.abort().select(0, 0)
        self.write(DP, CTRL_STAT, POWER_UP | orundetect)
        self.overrun(orundetect)
        return self.status(POWERED | orundetect)

    def status(self, value: int = POWERED) -> Self:
        """Read CTRL/STAT; STICKYERR is added where it is set."""
        return self.read(DP, CTRL_STAT, value | self._sticky * STICKYERR)

    def abort(self, value: int = CLEAR_ALL) -> Self:
        """Write ABORT, which clears STICKYERR."""
        self._sticky = False
        return self.write(DP, ABORT, value)

    def select(self, ap: int, bank: int) -> Self:
        """Write SELECT unless it has that value: APSEL and APBANKSEL; DPBANKSEL is 0."""
        value = ap << 24 | bank << 4
        if value != self._select:
            if self._select is not None and value >> 24 != self._select >> 24:
                self._csw = self._tar = None
            self._select = value
            self.write(DP, SELECT, value)
        return self

    def identify_ap(self, idr: int = AHB_AP_IDR) -> Self:
        """Read IDR of the selected AP."""
        return self.select(self._ap, IDR >> 4)._ap_read(IDR & 0xF, idr).rdbuff()

    def waiting(self, count: int) -> Self:
        """Let the next AP access be answered WAIT `count` times first."""
        self._waits = count
        return self

    # Memory.

    def mem_write(self, address: int, value: int, size: int = 4, fault: bool = False) -> Self:
        """Write one item of `size` bytes; fault: the bus refuses it."""
        return self.mem_write_block(address, [value], size, fault)

    def mem_write_block(
        self, address: int, values: Iterable[int], size: int = 4, fault: bool = False
    ) -> Self:
        """Write items in a row; fault: the bus refuses the last one."""
        for number, value in enumerate(values):
            self._aim(address + number * size, size)
            self._ap_write(DRW, value << 8 * (address + number * size & 4 - size))
            self._advance(size)
        return self._finished(fault)

    def mem_read(self, address: int, value: int = 0, size: int = 4, fault: bool = False) -> Self:
        """Read one item, which is `value`; fault: the bus refuses it."""
        return self.mem_read_block(address, [value], size, fault)

    def mem_read_block(
        self, address: int, values: Sequence[int], size: int = 4, fault: bool = False
    ) -> Self:
        """Read items in a row; fault: the bus refuses the last one."""
        for number, value in enumerate(values):
            self._aim(address + number * size, size)
            self._ap_read(DRW, value << 8 * (address + number * size & 4 - size))
            self._advance(size)
        return self._finished(fault)

    def rdbuff(self) -> Self:
        """Read RDBUFF: the value of the last AP read; FAULT while STICKYERR is set."""
        return self.read(DP, RDBUFF, self._posted, FAULT if self._sticky else OK)

    # The core.

    def halt(self) -> Self:
        """Halt the core and see that it has halted."""
        return self._run_control(C_DEBUGEN | C_HALT).poll_halted(0)

    def resume(self, masked: bool = False) -> Self:
        """Let the core run; masked: with interrupts masked."""
        return self._run_control(C_DEBUGEN | masked * C_MASKINTS)

    def step(self) -> Self:
        """One instruction."""
        return self._run_control(C_DEBUGEN | C_STEP).poll_halted(0)

    def poll_halted(self, polls: int, then_halted: bool = True, every: float = 0.0) -> Self:
        """Read DHCSR `polls` times while the core runs, then once more when it has halted."""
        for _ in range(polls):
            self.mem_read(DHCSR, self._dhcsr).pause(every)
        return self.mem_read(DHCSR, self._dhcsr | S_HALT) if then_halted else self

    def core_write(self, register: int, value: int) -> Self:
        """Write core register number `register` (15 PC, 16 xPSR, 17 MSP): DCRDR, DCRSR, poll."""
        self.mem_write(DCRDR, value).mem_write(DCRSR, REGWNR | register)
        return self.mem_read(DHCSR, self._dhcsr | S_HALT)

    def core_read(self, register: int, value: int) -> Self:
        """Read a core register, which is `value`: DCRSR, poll, DCRDR."""
        self.mem_write(DCRSR, register).mem_read(DHCSR, self._dhcsr | S_HALT)
        return self.mem_read(DCRDR, value)

    def sysresetreq(self, delay: float = 5e-6, low: float = 24e-6) -> Self:
        """Reset the part through AIRCR; it pulls NRST low by itself, seen where that is captured."""
        self.mem_write(AIRCR, SYSRESETREQ)
        return self._own_reset(delay, low)

    def own_reset(self, delay: float = 5e-6, low: float = 24e-6) -> Self:
        """What the part does when it resets itself for another reason (OBL_LAUNCH, watchdog)."""
        return self._own_reset(delay, low)

    def identify(
        self, dev_id: int = 0x460, address: int = DBGMCU_G0, revision: int = 0x2000
    ) -> Self:
        """Read DBGMCU_IDCODE at the family's `address`."""
        return self.mem_read(address, revision << 16 | 0x6000 | dev_id)

    # Steps.

    @property
    def _ap(self) -> int:
        return (self._select or 0) >> 24

    def _run_control(self, bits: int) -> Self:
        self._dhcsr = S_REGRDY | bits
        return self.mem_write(DHCSR, DHCSR_KEY | bits)

    def _own_reset(self, delay: float, low: float) -> Self:
        self.pause(delay)
        if 'nrst' in self.roles:
            self.level('nrst', 0)
        self.pause(low)
        if 'nrst' in self.roles:
            self.level('nrst', 1)
        return self.pause(delay)

    def _aim(self, address: int, size: int) -> None:
        """Bring SELECT, CSW and TAR to where the next DRW access shall go."""
        self.select(self._ap, 0)
        csw = CSW_SINGLE | SIZES[size]
        if csw != self._csw:
            self._csw = None if self._sticky else csw
            self._ap_write(CSW, csw)
        if address != self._tar:
            self._ap_write(TAR, address)
        self._tar = address

    def _advance(self, size: int) -> None:
        assert self._tar is not None
        after = self._tar + size
        self._tar = after if after % INCREMENT_BLOCK and not self._sticky else None

    def _finished(self, fault: bool) -> Self:
        """RDBUFF, which tells of a bus error."""
        if fault:
            self._sticky = True
            self._tar = None
        return self.rdbuff().pause(self.between)

    def _ap_read(self, address: int, value: int) -> Self:
        ack = self._ack(AP, True, address)
        self.read(AP, address, self._posted, ack)
        if ack == OK:
            self._posted = value
        return self

    def _ap_write(self, address: int, value: int) -> Self:
        return self.write(AP, address, value, self._ack(AP, False, address, value))

    def _ack(self, port: str, read: bool, address: int, value: int = 0) -> int:
        """Let the part answer WAIT as often as asked for; return its answer after that."""
        for _ in range(self._waits):
            if read:
                self.read(port, address, ack=WAIT)
            else:
                self.write(port, address, value, WAIT)
        self._waits = 0
        return FAULT if self._sticky else OK
