"""The flash controller of STM32G0. Source: RM0444 rev 5, chapter 3.

What the manual leaves open, chosen here:
- OPTR and its kin read the options in force, whatever was written to them since.
- Options that are found torn at a load are read as level 1 with BOOT_LOCK set, as ST says in public.
- Writing to the memory without PG sets PGSERR and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from stm32trace.simulator.board import Board
from stm32trace.simulator.debug.dap import BusFaultError
from stm32trace.simulator.parts.flash import FlashController, KeySequence
from stm32trace.simulator.parts.models import Model
from stm32trace.simulator.truth import Truth

# Registers. Source: RM0444 3.7.
ACR, KEYR, OPTKEYR, SR, CR, ECCR, OPTR = 0x00, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x20
OPTION_REGISTERS = {
    0x20: 'OPTR', 0x24: 'PCROP1ASR', 0x28: 'PCROP1AER', 0x2C: 'WRP1AR', 0x30: 'WRP1BR', 0x34: 'PCROP1BSR',
    0x38: 'PCROP1BER', 0x80: 'SECR',
}  # fmt: skip
OPTION_KEYS = (0x0819_2A3B, 0x4C5D_6E7F)

SR_EOP, SR_PROGERR, SR_WRPERR, SR_PGAERR, SR_SIZERR, SR_PGSERR, SR_OPTVERR = (
    1 << bit for bit in (0, 3, 4, 5, 6, 7, 15)
)
SR_BSY1 = 1 << 16
SR_FLAGS = SR_EOP | SR_PROGERR | SR_WRPERR | SR_PGAERR | SR_SIZERR | SR_PGSERR | SR_OPTVERR
CR_PG, CR_PER, CR_MER1, CR_STRT, CR_OPTSTRT, CR_OBL_LAUNCH, CR_OPTLOCK, CR_LOCK = (
    1 << bit for bit in (0, 1, 2, 16, 17, 27, 30, 31)
)
CR_PNB_SHIFT, CR_PNB_MASK = 3, 0x3FF

RDP_MASK = 0xFF
LEVELS = {0xAA: 0, 0xCC: 2}
BOOT_LOCK = 1 << 16
WRP_MASK, WRP_END_SHIFT = 0x7F, 16
DOUBLE_WORD = 8
MOST_UNITS = 2

# As delivered. Source: RM0444 3.4.1, table of factory values.
FACTORY = {
    'OPTR': 0xDFFF_E1AA, 'PCROP1ASR': 0x1FF, 'PCROP1AER': 0, 'WRP1AR': 0x3F, 'WRP1BR': 0x3F,
    'PCROP1BSR': 0x1FF, 'PCROP1BER': 0, 'SECR': 0,
}  # fmt: skip
# Where each lies in the option area, its complement 4 bytes later. Source: RM0444 table 14.
IN_MEMORY = {
    'OPTR': 0x00, 'PCROP1ASR': 0x08, 'PCROP1AER': 0x10, 'WRP1AR': 0x18, 'WRP1BR': 0x20, 'PCROP1BSR': 0x28,
    'PCROP1BER': 0x30, 'SECR': 0x70,
}  # fmt: skip
TORN = {**FACTORY, 'OPTR': 0xDFFF_E1FF, 'SECR': BOOT_LOCK}


def _nothing() -> None:
    """Nobody listens."""


class FlashG0(FlashController):
    """FLASH of STM32G0, one bank."""

    RDP_LEVEL_0 = 0xAA

    def __init__(self, board: Board, model: Model, truth: Truth) -> None:
        super().__init__(board, model, truth)
        self.programmed = dict(FACTORY)
        self.loaded = dict(FACTORY)
        self._keys = KeySequence()
        self._option_keys = KeySequence(OPTION_KEYS)
        self.launch: Callable[[], None] = _nothing  # what OBL_LAUNCH does to the part
        self._flags = 0
        self.reset_registers()

    def reset_registers(self) -> None:
        """Come out of a system reset."""
        self._keys.reset()
        self._option_keys.reset()
        self._control = 0
        self._flags &= SR_OPTVERR
        self._written: dict[str, int] = {}
        self._half: tuple[int, int] | None = None  # address and first word of a double word

    # Options.

    @property
    def rdp_byte(self) -> int:
        """OPTR.RDP in force."""
        return self.loaded['OPTR'] & RDP_MASK

    @property
    def rdp_level(self) -> int:
        """Protection level in force."""
        return LEVELS.get(self.rdp_byte, 1)

    @property
    def boot_lock(self) -> bool:
        """The part boots from its memory, whatever the pins say."""
        return bool(self.loaded['SECR'] & BOOT_LOCK)

    def is_protected(self, sector: int) -> bool:
        """Tell whether a page lies in an area of WRP1A or WRP1B."""
        for name in ('WRP1AR', 'WRP1BR'):
            word = self.loaded[name]
            if word & WRP_MASK <= sector <= word >> WRP_END_SHIFT & WRP_MASK:
                return True
        return False

    def load_options(self) -> None:
        """Load what is programmed; what is torn gives the safest values there are."""
        before = dict(self.loaded)
        self.loaded = dict(TORN if self.torn else self.programmed)
        self._flags |= SR_OPTVERR if self.torn else 0
        for name, word in self.loaded.items():
            if word != before[name]:
                now = self.board.now
                self.truth.add('option_change', now, now, name=name, old=before[name], new=word)

    def option_bytes(self) -> bytes:
        """Return the option area: each word and its complement."""
        area = bytearray(b'\xff' * self.model.option_bytes[1])
        for name, place in IN_MEMORY.items():
            word = self.programmed[name]
            area[place : place + 4] = word.to_bytes(4, 'little')
            area[place + 4 : place + 8] = (word ^ 0xFFFF_FFFF).to_bytes(4, 'little')
        return bytes(area)

    def program_options(self, changes: dict[str, int]) -> int:
        """Program option words; going from level 1 to 0 erases the memory first."""
        after = {**self.programmed, **changes}
        duration = self.model.times.options
        regression = self.rdp_level == 1 and LEVELS.get(after['OPTR'] & RDP_MASK) == 0
        if regression:
            duration += self.model.times.mass_erase

        def done() -> None:
            self._flags |= SR_EOP
            self.programmed, self.torn = after, False
            if regression:
                for sector in range(self.cells.sectors):
                    self.cells.erase(sector)

        def undone() -> None:
            self.torn = True
            if regression:
                for sector in range(self.cells.sectors):
                    self.cells.tear(sector)

        return self.begin('option_program', duration, done, undone)

    def program_rdp(self, byte: int) -> int:
        """Program the protection byte alone; return how long it takes."""
        return self.program_options({'OPTR': self.programmed['OPTR'] & ~RDP_MASK | byte})

    # Registers.

    def read(self, offset: int, size: int, by: str) -> int:
        """Return a register; the keys read 0."""
        if offset in OPTION_REGISTERS:
            return self.loaded[OPTION_REGISTERS[offset]]
        if offset == SR:
            return self._flags | (SR_BSY1 if self.busy else 0)
        if offset == CR:
            locks = CR_LOCK * self._keys.locked | CR_OPTLOCK * self._option_keys.locked
            started = CR_STRT | CR_OPTSTRT if self.busy else 0
            return self._control & ~(CR_STRT | CR_OPTSTRT) | self._control & started | locks
        return 0

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write a register. Raises BusFaultError for a wrong key."""
        if offset == KEYR:
            self._keys.give(value)
            self.truth.add('flash_operation', self.board.now, self.board.now, operation='unlock')
        elif offset == OPTKEYR:
            if self._keys.locked:
                raise BusFaultError('the option keys come after the keys')
            self._option_keys.give(value)
        elif offset == SR:
            self._flags &= ~(value & SR_FLAGS)
        elif offset == CR:
            self._write_control(value)
        elif offset in OPTION_REGISTERS and not self._option_keys.locked and not self.busy:
            self._written[OPTION_REGISTERS[offset]] = value

    def _write_control(self, value: int) -> None:
        if self._keys.locked or self.busy:
            return
        self._control = value & ~(CR_LOCK | CR_OPTLOCK | CR_OBL_LAUNCH)
        if value & CR_LOCK:
            self._keys.lock()
            self._option_keys.lock()
        elif value & CR_OPTLOCK:
            self._option_keys.lock()
        elif value & CR_OPTSTRT and not self._option_keys.locked:
            written, self._written = self._written, {}
            self.program_options(written)
        elif value & CR_STRT:
            self._start(value)
        if value & CR_OBL_LAUNCH and not self._option_keys.locked:
            self.launch()

    def _start(self, control: int) -> None:
        sector = control >> CR_PNB_SHIFT & CR_PNB_MASK
        if control & CR_MER1:
            chosen = range(self.cells.sectors)
        elif control & CR_PER and sector < self.cells.sectors:
            chosen = range(sector, sector + 1)
        else:
            self._flags |= SR_PGSERR
            return
        if any(map(self.is_protected, chosen)):
            self._flags |= SR_WRPERR
        elif control & CR_MER1:
            self.erase_all(self._ended)
        else:
            self.erase_sector(sector, self._ended)

    def _ended(self) -> None:
        self._flags |= SR_EOP

    def store(self, address: int, size: int, value: int) -> None:
        """Take one of the two words of a double word; the second one is programmed with it."""
        if not self._control & CR_PG or self._keys.locked:
            self._flags |= SR_PGSERR
            return
        if size != DOUBLE_WORD // MOST_UNITS:
            self._flags |= SR_SIZERR
            return
        first, self._half = self._half, None
        if first is None and address % DOUBLE_WORD == 0:
            self._half = (address, value)
            return
        if first is None or address != first[0] + size:
            self._flags |= SR_PGAERR
            return
        self._program(first[0], first[1] | value << 32)

    def _program(self, address: int, value: int) -> None:
        if self.is_protected(self.cells.sector_at(address)):
            self._flags |= SR_WRPERR
        elif value and not self.cells.is_blank(address, DOUBLE_WORD):
            self._flags |= SR_PROGERR
        else:
            self.program(address, value.to_bytes(DOUBLE_WORD, 'little'), self._ended)
