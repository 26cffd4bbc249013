"""The flash controller of STM32F1. Sources: PM0075 rev 2; RM0008 rev 21, chapter on embedded flash memory.

What the manuals leave open, chosen here: a write that is refused (locked, without PG) does nothing and sets no
flag; erasing the option bytes of a protected part leaves it protected and keeps its memory, programming the key
erases it (PM0075 2.4.2); option bytes whose complement does not fit are read as 0xFF with OPTERR set, which is protected.
"""

from __future__ import annotations

from stm32trace.simulator.board import Board
from stm32trace.simulator.parts.flash import FlashController, KeySequence
from stm32trace.simulator.parts.models import Model
from stm32trace.simulator.truth import Truth

# Registers. Source: PM0075 3.
KEYR, OPTKEYR, SR, CR, AR, OBR, WRPR = 0x04, 0x08, 0x0C, 0x10, 0x14, 0x1C, 0x20

SR_BSY, SR_PGERR, SR_WRPRTERR, SR_EOP = (1 << bit for bit in (0, 2, 4, 5))
SR_FLAGS = SR_PGERR | SR_WRPRTERR | SR_EOP
CR_PG, CR_PER, CR_MER, CR_OPTPG, CR_OPTER, CR_STRT, CR_LOCK, CR_OPTWRE = (
    1 << bit for bit in (0, 1, 2, 4, 5, 6, 7, 9)
)
OBR_OPTERR, OBR_RDPRT = 1 << 0, 1 << 1
OBR_USER_SHIFT, OBR_DATA0_SHIFT, OBR_DATA1_SHIFT = 2, 10, 18
RDP_KEY = 0xA5
NAMES = ('RDP', 'USER', 'DATA0', 'DATA1', 'WRP0', 'WRP1', 'WRP2', 'WRP3')
ITEMS = len(NAMES)
FACTORY = {**dict.fromkeys(NAMES, 0xFF), 'RDP': RDP_KEY}
ERASED = 0xFFFF
PAGES_A_BIT = 4  # of WRP, on medium density
ALWAYS_PROTECTED = 4  # pages that read protection protects as well


def _half_word(byte: int) -> int:
    return byte | (byte ^ 0xFF) << 8


class FlashF1(FlashController):
    """FLASH of STM32F1, medium density."""

    RDP_LEVEL_0 = RDP_KEY

    def __init__(self, board: Board, model: Model, truth: Truth) -> None:
        super().__init__(board, model, truth)
        self.halves = [_half_word(FACTORY[name]) for name in NAMES]
        self.loaded = dict(FACTORY)
        self._mismatch = False
        self._keys = KeySequence()
        self._option_keys = KeySequence()
        self._flags = 0
        self.reset_registers()

    def reset_registers(self) -> None:
        """Come out of a system reset."""
        self._keys.reset()
        self._option_keys.reset()
        self._control = 0
        self._address = 0
        self._flags = 0

    # Options.

    @property
    def rdp_byte(self) -> int:
        """The read protection byte in force."""
        return self.loaded['RDP']

    @property
    def rdp_level(self) -> int:
        """1 for anything but the key; there is no level 2."""
        return int(self.loaded['RDP'] != RDP_KEY)

    def is_protected(self, sector: int) -> bool:
        """Tell whether the WRP bit of a page is 0, or read protection protects it."""
        group = sector // PAGES_A_BIT
        word = self.loaded[f'WRP{min(group // 8, 3)}']
        return not word >> group % 8 & 1 or bool(self.rdp_level) and sector < ALWAYS_PROTECTED

    def load_options(self) -> None:
        """Load what is programmed; a byte without its complement is taken for 0xFF."""
        before = self.loaded
        fits = [_half_word(half & 0xFF) == half for half in self.halves]
        self._mismatch = not all(fits)
        self.loaded = {
            name: half & 0xFF if fit else 0xFF
            for name, half, fit in zip(NAMES, self.halves, fits, strict=True)
        }
        for name, byte in self.loaded.items():
            if byte != before[name]:
                now = self.board.now
                self.truth.add('option_change', now, now, name=name, old=before[name], new=byte)

    def option_bytes(self) -> bytes:
        """Return the eight half-words."""
        return b''.join(half.to_bytes(2, 'little') for half in self.halves)

    def program_options(self, changes: dict[str, int]) -> int:
        """Erase the option bytes and program all of them."""
        after = {**self.loaded, **changes}
        regression = self.rdp_level == 1 and after['RDP'] == RDP_KEY
        times = self.model.times
        duration = times.options + times.mass_erase * regression + ITEMS * times.program

        def done() -> None:
            self._forget(regression)
            self.halves = [_half_word(after[name]) for name in NAMES]

        return self.begin('option_program', duration, done, self._forget)

    def _forget(self, memory_too: bool = False) -> None:
        self.halves = [ERASED] * ITEMS
        if memory_too:
            for sector in range(self.cells.sectors):
                self.cells.erase(sector)

    def program_rdp(self, byte: int) -> int:
        """Program the protection byte alone; return how long it takes."""
        return self.program_options({'RDP': byte})

    # Registers.

    def read(self, offset: int, size: int, by: str) -> int:
        """Return a register; the keys read 0."""
        if offset == SR:
            return self._flags | SR_BSY * self.busy
        if offset == CR:
            locks = CR_LOCK * self._keys.locked | CR_OPTWRE * (not self._option_keys.locked)
            return self._control & ~(CR_STRT * (not self.busy)) | locks
        if offset == AR:
            return self._address
        if offset == OBR:
            options = self.loaded
            word = OBR_OPTERR * self._mismatch | OBR_RDPRT * self.rdp_level
            word |= (options['USER'] & 7) << OBR_USER_SHIFT | options['DATA0'] << OBR_DATA0_SHIFT
            return word | options['DATA1'] << OBR_DATA1_SHIFT
        if offset == WRPR:
            return sum(self.loaded[f'WRP{place}'] << 8 * place for place in range(4))
        return 0

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write a register. Raises BusFaultError for a wrong key."""
        if offset == KEYR:
            self._keys.give(value)
            self.truth.add('flash_operation', self.board.now, self.board.now, operation='unlock')
        elif offset == OPTKEYR and not self._keys.locked:
            self._option_keys.give(value)
        elif offset == SR:
            self._flags &= ~(value & SR_FLAGS)
        elif offset == AR and not self.busy:
            self._address = value
        elif offset == CR and not self._keys.locked and not self.busy:
            self._write_control(value)

    def _write_control(self, value: int) -> None:
        self._control = value & ~(CR_LOCK | CR_OPTWRE)
        if value & CR_LOCK:
            self._keys.lock()
        if not value & CR_OPTWRE and not self._option_keys.locked:
            self._option_keys.lock()
        elif value & CR_STRT and value & CR_OPTER and not self._option_keys.locked:
            self.begin('option_erase', self.model.times.options, self._options_erased, self._forget)
        elif value & CR_STRT and value & (CR_PER | CR_MER):
            self._start(bool(value & CR_MER))

    def _options_erased(self) -> None:
        self._forget()
        self._ended()

    def _start(self, mass: bool) -> None:
        end = self.cells.base + len(self.cells)
        if not mass and not self.cells.base <= self._address < end:
            return
        sector = 0 if mass else self.cells.sector_at(self._address)
        chosen = range(self.cells.sectors) if mass else range(sector, sector + 1)
        if any(map(self.is_protected, chosen)):
            self._flags |= SR_WRPRTERR
        elif mass:
            self.erase_all(self._ended)
        else:
            self.erase_sector(sector, self._ended)

    def _ended(self) -> None:
        self._flags |= SR_EOP

    def store(self, address: int, size: int, value: int) -> None:
        """Program one half-word of the memory or of the option bytes."""
        base, length = self.model.option_bytes
        in_options = base <= address < base + length
        if self._keys.locked or size != 2:
            return
        if in_options and self._control & CR_OPTPG and not self._option_keys.locked:
            self._store_option((address - base) // 2, value & 0xFF)
        elif not in_options and self._control & CR_PG:
            self._store_word(address, value)

    def _store_option(self, place: int, byte: int) -> None:
        """Program one option byte; the complement is the hardware's. The key lifts protection: it erases."""
        if self.halves[place] != ERASED:
            self._flags |= SR_PGERR
            return
        lifts = NAMES[place] == 'RDP' and byte == RDP_KEY and bool(self.rdp_level)

        def done() -> None:
            self.halves[place] = _half_word(byte)
            if lifts:
                for sector in range(self.cells.sectors):
                    self.cells.erase(sector)
            self._ended()

        times = self.model.times
        duration = times.mass_erase if lifts else times.program
        self.begin('option_program', duration, done, name=NAMES[place], value=byte)

    def _store_word(self, address: int, value: int) -> None:
        if self.is_protected(self.cells.sector_at(address)):
            self._flags |= SR_WRPRTERR
        elif value and not self.cells.is_blank(address, 2):
            self._flags |= SR_PGERR
        else:
            self.program(address, value.to_bytes(2, 'little'), self._ended)
