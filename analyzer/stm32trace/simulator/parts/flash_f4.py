"""The flash controller of STM32F4 and STM32F7 (OPTCR). Sources: RM0090 rev 19, chapter 3; RM0431 rev 3, chapter 3.

What the manuals leave open, chosen here:
- OPTSTRT programs the option sector and puts it into force at the end of BSY, the protection level too.
- An interrupted option programming leaves the sector erased: RDP reads 0xFF, which is level 1, nothing is
  write-protected.
- A write to CR while BSY is set is lost.
"""

from __future__ import annotations

from stm32trace.simulator.board import Board
from stm32trace.simulator.parts.flash import FlashController, KeySequence
from stm32trace.simulator.parts.models import Model
from stm32trace.simulator.truth import Truth

# Registers. Source: RM0090 3.9.
KEYR, OPTKEYR, SR, CR, OPTCR, OPTCR1 = 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18
OPTION_KEYS = (0x0819_2A3B, 0x4C5D_6E7F)

SR_EOP, SR_WRPERR, SR_PGAERR, SR_PGPERR, SR_PGSERR = (1 << bit for bit in (0, 4, 5, 6, 7))
SR_FLAGS = SR_EOP | SR_WRPERR | SR_PGAERR | SR_PGPERR | SR_PGSERR
SR_BSY = 1 << 16
CR_PG, CR_SER, CR_MER, CR_MER1, CR_STRT, CR_LOCK = (1 << bit for bit in (0, 1, 2, 15, 16, 31))
CR_SNB_SHIFT, CR_SNB_MASK = 3, 0x1F
CR_PSIZE_SHIFT, CR_PSIZE_MASK = 8, 3
OPTLOCK, OPTSTRT = 1 << 0, 1 << 1
RDP_SHIFT, RDP_MASK = 8, 0xFF
NWRP_SHIFT, NWRP_MASK = 16, 0xFFF
LEVELS = {0xAA: 0, 0xCC: 2}
BANK_2 = 16  # CR.SNB of the first sector of bank 2
BANK_SECTORS = 12

# As delivered. Source: RM0090 table 11, RM0431 table 10.
FACTORY = {
    'F4': {'OPTCR': 0x0FFF_AAEC, 'OPTCR1': 0x0FFF_0000},
    'F7': {'OPTCR': 0xC0FF_AAFC, 'OPTCR1': 0x0040_0080},
}
ERASED = {
    'F4': {'OPTCR': 0x0FFF_FFEC, 'OPTCR1': 0x0FFF_0000},
    'F7': {'OPTCR': 0xC0FF_FFFC, 'OPTCR1': 0xFFFF_FFFF},
}


class FlashF4(FlashController):
    """FLASH of STM32F4 and STM32F7."""

    RDP_LEVEL_0 = 0xAA

    def __init__(self, board: Board, model: Model, truth: Truth) -> None:
        super().__init__(board, model, truth)
        self.programmed = dict(FACTORY[model.family])
        self.loaded = dict(self.programmed)
        self._keys = KeySequence()
        self._option_keys = KeySequence(OPTION_KEYS)
        self._flags = 0
        self.reset_registers()

    def reset_registers(self) -> None:
        """Come out of a system reset."""
        self._keys.reset()
        self._option_keys.reset()
        self._control = 0
        self._flags = 0
        self._written = dict(self.loaded)

    # Options.

    @property
    def rdp_byte(self) -> int:
        """OPTCR.RDP in force."""
        return self.loaded['OPTCR'] >> RDP_SHIFT & RDP_MASK

    @property
    def rdp_level(self) -> int:
        """Protection level in force."""
        return LEVELS.get(self.rdp_byte, 1)

    def is_protected(self, sector: int) -> bool:
        """Tell whether the nWRP bit of a sector is 0."""
        name = 'OPTCR' if sector < BANK_SECTORS else 'OPTCR1'
        return not self.loaded[name] >> NWRP_SHIFT + sector % BANK_SECTORS & 1

    def load_options(self) -> None:
        """Load what is programmed."""
        before = self.loaded
        self.loaded = dict(ERASED[self.model.family] if self.torn else self.programmed)
        self._written = dict(self.loaded)
        for name, word in self.loaded.items():
            if word != before[name]:
                now = self.board.now
                self.truth.add('option_change', now, now, name=name, old=before[name], new=word)

    def option_bytes(self) -> bytes:
        """Return the option area: RDP and user byte, then the write protection, each in a half-word."""
        area = bytearray(b'\xff' * self.model.option_bytes[1])
        word = self.loaded['OPTCR']
        area[0], area[1] = word & 0xFC, word >> RDP_SHIFT & RDP_MASK
        area[8:10] = (word >> NWRP_SHIFT & NWRP_MASK).to_bytes(2, 'little')
        return bytes(area)

    def program_options(self, changes: dict[str, int]) -> int:
        """Program option words; going from level 1 to 0 erases the memory first, protected sectors too."""
        after = {**self.programmed, **changes}
        regression = self.rdp_level == 1 and LEVELS.get(after['OPTCR'] >> RDP_SHIFT & RDP_MASK) == 0
        duration = self.model.times.options + self.model.times.mass_erase * regression

        def done() -> None:
            self.programmed, self.torn = after, False
            if regression:
                for sector in range(self.cells.sectors):
                    self.cells.erase(sector)
            self.load_options()
            self._flags |= SR_EOP

        def undone() -> None:
            self.torn = True

        return self.begin('option_program', duration, done, undone)

    def program_rdp(self, byte: int) -> int:
        """Program the protection byte alone; return how long it takes."""
        cleared = self.programmed['OPTCR'] & ~(RDP_MASK << RDP_SHIFT)
        return self.program_options({'OPTCR': cleared | byte << RDP_SHIFT})

    # Registers.

    def read(self, offset: int, size: int, by: str) -> int:
        """Return a register; the keys read 0."""
        if offset == SR:
            return self._flags | SR_BSY * self.busy
        if offset == CR:
            return self._control & ~(CR_STRT * (not self.busy)) | CR_LOCK * self._keys.locked
        if offset == OPTCR:
            busy = OPTSTRT * (self.busy and self._is_option_work())
            return (
                self._written['OPTCR'] & ~(OPTLOCK | OPTSTRT)
                | OPTLOCK * self._option_keys.locked
                | busy
            )
        return self._written['OPTCR1'] if offset == OPTCR1 else 0

    def _is_option_work(self) -> bool:
        return self.operation is not None and self.operation.kind == 'option_program'

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write a register. Raises BusFaultError for a wrong key."""
        if offset == KEYR:
            self._keys.give(value)
            self.truth.add('flash_operation', self.board.now, self.board.now, operation='unlock')
        elif offset == OPTKEYR:
            self._option_keys.give(value)
        elif offset == SR:
            self._flags &= ~(value & SR_FLAGS)
        elif offset == CR and not self._keys.locked and not self.busy:
            self._write_control(value)
        elif offset in (OPTCR, OPTCR1) and not self._option_keys.locked and not self.busy:
            self._write_options(offset, value)

    def _write_options(self, offset: int, value: int) -> None:
        if offset == OPTCR1:
            self._written['OPTCR1'] = value
            return
        if value & OPTLOCK:
            self._option_keys.lock()
            return
        self._written['OPTCR'] = value & ~(OPTLOCK | OPTSTRT)
        if value & OPTSTRT:
            self.program_options(dict(self._written))

    def _write_control(self, value: int) -> None:
        self._control = value & ~CR_LOCK
        if value & CR_LOCK:
            self._keys.lock()
        elif value & CR_STRT:
            self._start(value)

    def _start(self, control: int) -> None:
        """Erase a sector, or all: refused as a whole where one of them is protected."""
        banks = self._banks(control)
        number = control >> CR_SNB_SHIFT & CR_SNB_MASK
        sector = number if number < BANK_2 else BANK_SECTORS + number - BANK_2
        if bool(banks) == bool(control & CR_SER) or not banks and sector >= self.cells.sectors:
            self._flags |= SR_PGSERR
            return
        chosen = banks or range(sector, sector + 1)
        if any(map(self.is_protected, chosen)):
            self._flags |= SR_WRPERR
        elif len(banks) == self.cells.sectors:
            self.erase_all(self._ended)
        elif banks:
            self.erase('mass_erase', banks, self.model.times.mass_erase // 2, self._ended)
        else:
            self.erase_sector(sector, self._ended)

    def _banks(self, control: int) -> range:
        """Sectors of the banks that MER and MER1 choose; parts of one bank have MER alone."""
        sectors = self.cells.sectors
        first = BANK_SECTORS if sectors > BANK_SECTORS else sectors
        begin = 0 if control & CR_MER else first
        return range(begin, sectors if control & CR_MER1 else first)

    def _ended(self) -> None:
        self._flags |= SR_EOP

    def store(self, address: int, size: int, value: int) -> None:
        """Program one item of the size that PSIZE gives."""
        if not self._control & CR_PG or self._keys.locked:
            self._flags |= SR_PGSERR
        elif size != 1 << (self._control >> CR_PSIZE_SHIFT & CR_PSIZE_MASK):
            self._flags |= SR_PGPERR
        elif self.is_protected(self.cells.sector_at(address)):
            self._flags |= SR_WRPERR
        else:
            self.program(address, value.to_bytes(size, 'little'), self._ended)
