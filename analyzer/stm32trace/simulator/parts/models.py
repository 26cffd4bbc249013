"""The parts that can be simulated, one of each kind of flash controller.

Sources: RM0008 (F1), RM0090 (F4), RM0431 (F72x), RM0444 (G0), chapters on flash memory and debug support; times
from the data sheets, typical values unless said. CPUID: Arm's technical reference manuals of the cores.
"""

from __future__ import annotations

from dataclasses import dataclass

from stm32trace.simulator.board import PS
from stm32trace.simulator.debug.dap import Identity

KIB = 1024
MS = PS // 1000
US = PS // 10**6


@dataclass(frozen=True, slots=True)
class Times:
    """How long the flash takes, in picoseconds."""

    program: int  # one unit
    sector_erase: tuple[tuple[int, int], ...]  # size of a sector -> time
    mass_erase: int
    options: int

    def erase_of(self, size: int) -> int:
        """Return the time of one sector of `size` bytes."""
        return dict(self.sector_erase)[size]


@dataclass(frozen=True, slots=True)
class Model:
    """What differs between parts."""

    name: str
    family: str
    dev_id: int
    revision: int
    sectors: tuple[int, ...]  # bytes of each
    sram: tuple[int, int]  # base, bytes
    cpuid: int
    identity: Identity
    jtag_first: bool  # a SWJ-DP
    dbgmcu: int  # address of DBGMCU_IDCODE
    flash_size: int  # address of the half-word with the size in KiB
    unique_id: int  # address of 12 bytes
    flash_registers: int
    option_bytes: tuple[int, int]  # where they are read, base and bytes
    system_memory: tuple[int, int]  # the loader's, base and bytes
    reset_pulse: int  # for how long the part pulls NRST by itself, picoseconds
    times: Times

    @property
    def idcode(self) -> int:
        """DBGMCU_IDCODE."""
        return self.revision << 16 | self.dev_id

    @property
    def flash_kib(self) -> int:
        """Size of the main memory."""
        return sum(self.sectors) // KIB


_M0PLUS = Identity(dpidr=0x0BC1_1477, idr=0x0477_0031, base=0xF000_0003, increment_bits=10)
_M3 = Identity(dpidr=0x1BA0_1477, idr=0x1477_0011, base=0xE00F_F003, increment_bits=12)
_M4 = Identity(dpidr=0x2BA0_1477, idr=0x2477_0011, base=0xE00F_F003, increment_bits=12)
_M7 = Identity(dpidr=0x5BA0_2477, idr=0x7477_0001, base=0xE00F_D003, increment_bits=10)

G071 = Model(
    name='STM32G071RB', family='G0', dev_id=0x460, revision=0x2000, sectors=(2 * KIB,) * 64,
    sram=(0x2000_0000, 36 * KIB), cpuid=0x410C_C601, identity=_M0PLUS, jtag_first=False, dbgmcu=0x4001_5800,
    flash_size=0x1FFF_75E0, unique_id=0x1FFF_7590, flash_registers=0x4002_2000, option_bytes=(0x1FFF_7800, 128),
    system_memory=(0x1FFF_0000, 28 * KIB), reset_pulse=20 * US,
    times=Times(85 * US, ((2 * KIB, 22 * MS),), 22 * MS, 24 * MS),
)  # fmt: skip

F429 = Model(
    name='STM32F429ZI', family='F4', dev_id=0x419, revision=0x2003,
    sectors=((16 * KIB,) * 4 + (64 * KIB,) + (128 * KIB,) * 7) * 2,
    sram=(0x2000_0000, 192 * KIB), cpuid=0x410F_C241, identity=_M4, jtag_first=True, dbgmcu=0xE004_2000,
    flash_size=0x1FFF_7A22, unique_id=0x1FFF_7A10, flash_registers=0x4002_3C00, option_bytes=(0x1FFF_C000, 16),
    system_memory=(0x1FFF_0000, 30 * KIB), reset_pulse=20 * US,
    times=Times(
        16 * US, ((16 * KIB, 250 * MS), (64 * KIB, 550 * MS), (128 * KIB, 1000 * MS)), 8000 * MS, 500 * MS
    ),
)  # fmt: skip

F722 = Model(
    name='STM32F722ZE', family='F7', dev_id=0x452, revision=0x1000,
    sectors=(16 * KIB,) * 4 + (64 * KIB,) + (128 * KIB,) * 3,
    sram=(0x2000_0000, 256 * KIB), cpuid=0x411F_C271, identity=_M7, jtag_first=True, dbgmcu=0xE004_2000,
    flash_size=0x1FF0_7A22, unique_id=0x1FF0_7A10, flash_registers=0x4002_3C00, option_bytes=(0x1FFF_0000, 32),
    system_memory=(0x1FF0_0000, 59 * KIB), reset_pulse=20 * US,
    times=Times(
        16 * US, ((16 * KIB, 250 * MS), (64 * KIB, 550 * MS), (128 * KIB, 1000 * MS)), 4000 * MS, 500 * MS
    ),
)  # fmt: skip

F103 = Model(
    name='STM32F103CB', family='F1', dev_id=0x410, revision=0x2003, sectors=(KIB,) * 128,
    sram=(0x2000_0000, 20 * KIB), cpuid=0x411F_C231, identity=_M3, jtag_first=True, dbgmcu=0xE004_2000,
    flash_size=0x1FFF_F7E0, unique_id=0x1FFF_F7E8, flash_registers=0x4002_2000, option_bytes=(0x1FFF_F800, 16),
    system_memory=(0x1FFF_F000, 2 * KIB), reset_pulse=20 * US,
    times=Times(52 * US, ((KIB, 20 * MS),), 20 * MS, 20 * MS),
)  # fmt: skip

MODELS = {model.family: model for model in (G071, F429, F722, F103)}
