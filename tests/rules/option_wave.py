"""A debugger at the flash controller of a part, as a waveform.

Register numbers are typed from the manuals (RM0444 3.7, RM0431 3.7), not imported from the tables.
"""

from __future__ import annotations

from typing import Self

from waves.probe import Probe

BASES = {'G0': 0x40022000, 'F7': 0x40023C00}
REGISTERS = {
    'G0': {'KEYR': 0x08, 'OPTKEYR': 0x0C, 'SR': 0x10, 'CR': 0x14, 'OPTR': 0x20, 'WRP1AR': 0x2C},
    'F7': {'KEYR': 0x04, 'OPTKEYR': 0x08, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14},
}
IDS = {'G0': (0x460, 0x40015800), 'F7': (0x452, 0xE0042000)}
DPIDRS = {'G0': 0x0BC11477, 'F7': 0x5BA02477}


class OptionWave(Probe):
    """A session that is connected and has read the ID; NRST and VDD are captured."""

    def __init__(self, family: str) -> None:
        super().__init__(rate=8_000_000, clock=2_000_000, nrst=1, vdd=1)
        self.name = family
        self.connect(DPIDRS[family]).power_up().identify(*IDS[family])

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
        return self.put('KEYR', 0x45670123, 0xCDEF89AB).put('OPTKEYR', 0x08192A3B, 0x4C5D6E7F)

    def nrst(self, seconds: float = 0.01) -> Self:
        """Somebody pulls NRST."""
        return self.pulse('nrst', seconds).pause(0.001)

    def _address(self, register: str) -> int:
        return BASES[self.name] + REGISTERS[self.name][register]
