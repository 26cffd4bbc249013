"""Registers of the core that a debugger uses, at the same place in every Cortex-M.

Sources: Armv6-M and Armv7-M Architecture Reference Manuals (DDI 0419, DDI 0403), B3.2 (system control
space) and C1.6 (debug). What a field means on one core only is said beside it.
"""

from ..register import Field, Register

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional, Tuple  # novm

# DDI 0403 B3.2.3 (CPUID), B3.2.6 (AIRCR), C1.6.1 (DFSR).
CPUID = Register(
    'CPUID',
    0x00,
    (
        Field('REVISION', 0, 4),
        Field('PARTNO', 4, 12),
        Field('VARIANT', 20, 4),
        Field('IMPLEMENTER', 24, 8),
    ),
)
AIRCR = Register(
    'AIRCR',
    0x0C,
    (
        Field('VECTRESET', 0, 1),  # Armv7-M only: the core without the peripherals
        Field('VECTCLRACTIVE', 1, 1),
        Field('SYSRESETREQ', 2, 1),
        Field('VECTKEY', 16, 16),
    ),
)
DFSR = Register(
    'DFSR',
    0x30,
    (
        Field('HALTED', 0, 1),
        Field('BKPT', 1, 1),
        Field('DWTTRAP', 2, 1),
        Field('VCATCH', 3, 1),
        Field('EXTERNAL', 4, 1),
    ),
)
SCB = 0xE000ED00

# DDI 0403 C1.6.2 to C1.6.5. Reads of DHCSR give the status bits, writes need the key in their place.
DHCSR = Register(
    'DHCSR',
    0x00,
    (
        Field('C_DEBUGEN', 0, 1),
        Field('C_HALT', 1, 1),
        Field('C_STEP', 2, 1),
        Field('C_MASKINTS', 3, 1),
        Field('C_SNAPSTALL', 5, 1),
        Field('S_REGRDY', 16, 1),
        Field('S_HALT', 17, 1),
        Field('S_SLEEP', 18, 1),
        Field('S_LOCKUP', 19, 1),
        Field('S_RETIRE_ST', 24, 1),  # reading clears it
        Field('S_RESET_ST', 25, 1),  # reading clears it
    ),
)
DBGKEY = Field('DBGKEY', 16, 16)  # of a write to DHCSR
DCRSR = Register('DCRSR', 0x04, (Field('REGSEL', 0, 7), Field('REGWnR', 16, 1)))
DCRDR = Register('DCRDR', 0x08, ())
DEMCR = Register(
    'DEMCR',
    0x0C,
    (
        Field('VC_CORERESET', 0, 1),
        Field('VC_MMERR', 4, 1),
        Field('VC_NOCPERR', 5, 1),
        Field('VC_CHKERR', 6, 1),
        Field('VC_STATERR', 7, 1),
        Field('VC_BUSERR', 8, 1),
        Field('VC_INTERR', 9, 1),
        Field('VC_HARDERR', 10, 1),
        Field('TRCENA', 24, 1),
    ),
)
CORE_DEBUG = 0xE000EDF0

# Name, base address and registers of each group.
CORE = (
    ('SCB', SCB, (CPUID, AIRCR, DFSR)),
    ('CoreDebug', CORE_DEBUG, (DHCSR, DCRSR, DCRDR, DEMCR)),
)

DHCSR_KEY = 0xA05F  # C1.6.2
AIRCR_KEY = 0x05FA  # B3.2.6

# DCRSR.REGSEL (C1.6.3): 0 to 12 are R0 to R12.
R0, R3 = 0, 3
DEBUG_RETURN_ADDRESS = 15  # the PC at which the core goes on

CPUID_ADDRESS = SCB + CPUID.offset
AIRCR_ADDRESS = SCB + AIRCR.offset
DHCSR_ADDRESS = CORE_DEBUG + DHCSR.offset
DCRSR_ADDRESS = CORE_DEBUG + DCRSR.offset
DCRDR_ADDRESS = CORE_DEBUG + DCRDR.offset
DEMCR_ADDRESS = CORE_DEBUG + DEMCR.offset

# CPUID.PARTNO. Source: technical reference manuals of the cores, "CPUID base register".
CORES = {
    0xC20: 'Cortex-M0',
    0xC60: 'Cortex-M0+',
    0xC23: 'Cortex-M3',
    0xC24: 'Cortex-M4',
    0xC27: 'Cortex-M7',
    0xD20: 'Cortex-M23',
    0xD21: 'Cortex-M33',
    0xD22: 'Cortex-M55',
}

# SRAM and what is mapped there. Source: DDI 0403 B3.1, system address map.
SRAM = (0x20000000, 0x3FFFFFFF)

# Base of the ROM table and offsets in it. Sources: technical reference manuals (M0 and M0+; M3 and
# M4; M7, whose processor table lies elsewhere on STM32F7: openocd tcl/target/stm32f7x.cfg, `dap
# info`), Arm IHI 0029, D6 (peripheral identification registers).
ROM_TABLES = (0xF0000000, 0xE00FF000, 0xE00FD000)
PIDR4, PIDR0, PIDR1, PIDR2 = 0xFD0, 0xFE0, 0xFE4, 0xFE8
PIDRS = (PIDR4, PIDR0, PIDR1, PIDR2)
ST_JEP106 = (0x0, 0x20)  # continuation code, identity code. Source: JEDEC JEP106
PART_LOW = Field('PART_0', 0, 8)  # of PIDR0
PART_HIGH = Field('PART_1', 0, 4)  # of PIDR1
IDENTITY_LOW = Field('DES_0', 4, 4)  # of PIDR1
IDENTITY_HIGH = Field('DES_1', 0, 3)  # of PIDR2
CONTINUATION = Field('DES_2', 0, 4)  # of PIDR4


def control(value: 'int') -> 'Optional[Tuple[bool, bool, bool]]':
    """Return C_DEBUGEN, C_HALT and C_STEP of a value written to DHCSR; None without the key."""
    if DBGKEY.of(value) != DHCSR_KEY:
        return None
    enable, halt, step = (DHCSR.field(name).of(value) for name in ('C_DEBUGEN', 'C_HALT', 'C_STEP'))
    return bool(enable), bool(halt), bool(step)


def asks_for_reset(address: 'int', value: 'int') -> 'bool':
    """Tell whether this write resets the part as a whole (AIRCR.SYSRESETREQ, with the key)."""
    return (
        address == AIRCR_ADDRESS
        and AIRCR.field('VECTKEY').of(value) == AIRCR_KEY
        and bool(AIRCR.field('SYSRESETREQ').of(value))
    )


def designed_by_st(pidr: 'Dict[int, int]') -> 'bool':
    """Tell whether peripheral identification registers, value by offset, name ST as the designer."""
    identity = IDENTITY_HIGH.of(pidr[PIDR2]) << IDENTITY_LOW.width | IDENTITY_LOW.of(pidr[PIDR1])
    return (CONTINUATION.of(pidr[PIDR4]), identity) == ST_JEP106


def part_number(pidr: 'Dict[int, int]') -> 'int':
    """Return the part number in peripheral identification registers: ST puts the DEV_ID there."""
    return PART_HIGH.of(pidr[PIDR1]) << PART_LOW.width | PART_LOW.of(pidr[PIDR0])
