"""A debugger at the flash controller of a part, as a waveform.

Register numbers are typed from the manuals (RM0444 3.7, PM0075 3, RM0090 3.9, RM0431 3.7), not imported from the
tables.
"""

from __future__ import annotations

from typing import Self

from waves.probe import Probe

BASES = {'G0': 0x40022000, 'F1': 0x40022000, 'F4': 0x40023C00, 'F7': 0x40023C00}
REGISTERS = {
    'G0': {'KEYR': 0x08, 'OPTKEYR': 0x0C, 'SR': 0x10, 'CR': 0x14, 'OPTR': 0x20, 'WRP1AR': 0x2C},
    'F1': {
        'KEYR': 0x04,
        'OPTKEYR': 0x08,
        'SR': 0x0C,
        'CR': 0x10,
        'AR': 0x14,
        'OBR': 0x1C,
        'WRPR': 0x20,
    },
    'F4': {'KEYR': 0x04, 'OPTKEYR': 0x08, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14, 'OPTCR1': 0x18},
    'F7': {'KEYR': 0x04, 'OPTKEYR': 0x08, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14, 'OPTCR1': 0x18},
}
IDS = {
    'G0': (0x460, 0x40015800),
    'F1': (0x410, 0xE0042000),
    'F4': (0x419, 0xE0042000),
    'F7': (0x452, 0xE0042000),
}
DPIDRS = {'G0': 0x0BC11477, 'F1': 0x1BA01477, 'F4': 0x2BA01477, 'F7': 0x5BA02477}
KEYS = (0x45670123, 0xCDEF89AB)
OPTION_KEYS = dict.fromkeys(BASES, (135866939, 1281191551)) | {'F1': KEYS}


class OptionWave(Probe):
    """A session that is connected and has read the ID; NRST and VDD are captured."""

    def __init__(self, family: str, connected: bool = True) -> None:
        super().__init__(rate=8_000_000, clock=2_000_000, nrst=1, vdd=1)
        self.name = family
        if connected:
            self.begin().identified()

    def begin(self) -> Self:
        """Connect, and power the debug domain up."""
        return self.connect(DPIDRS[self.name]).power_up()

    def identified(self) -> Self:
        """Read DBGMCU_IDCODE."""
        return self.identify(*IDS[self.name])

    def get(self, register: str, *values: int) -> Self:
        """Read a register as often as there are values."""
        for value in values:
            self.mem_read(self._address(register), value).pause(20e-6)
        return self

    def put(self, register: str, *values: int) -> Self:
        """Write a register with each of the values."""
        for value in values:
            self.mem_write(self._address(register), value).pause(20e-6)
        return self

    def unlock(self) -> Self:
        """The keys of the flash, then those of the options."""
        return self.put('KEYR', *KEYS).put('OPTKEYR', *OPTION_KEYS[self.name])

    def nrst(self, seconds: float = 0.01) -> Self:
        """Somebody pulls NRST."""
        return self.pulse('nrst', seconds).pause(0.001)

    def _address(self, register: str) -> int:
        return BASES[self.name] + REGISTERS[self.name][register]
