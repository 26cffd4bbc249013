"""Registers of the debug port and of a memory access port, with their fields.

Sources: Arm IHI 0031 (ADIv5.2), chapters B2 (DP registers), C1 (IDR) and C2 (MEM-AP); the fields' widths
as in GlasgowEmbedded/glasgow software/glasgow/arch/arm/dap/dp.py and ap.py (of IHI 0031C). CFG.TARINC,
CSW's master type and the IDR values that tell the width of TAR's increment: pyocd/pyOCD
pyocd/coresight/ap.py.

No value of DPIDR is evidence for an STM32 family: F2, F3, F4, G4, L1 and L4 share one of them.
"""

from ..register import Field, Register
from ..wire.swd import (
    REQUEST_ADDRESS,
    REQUEST_APNDP,
    REQUEST_PARITY,
    REQUEST_PARK,
    REQUEST_RNW,
    REQUEST_START,
)
from .records import AP, DP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Tuple  # novm

WORD_BITS = 32
NIBBLE_BITS = 4
RESERVED = ''


def _register(name: 'str', address: 'int', *fields: 'Tuple[str, int]') -> 'Register':
    """Return a register from its (field, width) from bit 0 up; all 32 bits, or none at all."""
    made = []  # type: List[Field]
    lsb = 0
    for field, width in fields:
        if field != RESERVED:
            made.append(Field(field, lsb, width))
        lsb += width
    assert lsb in (0, WORD_BITS), name
    return Register(name, address, tuple(made))


# The debug port. The address is A[3:2], with DPBANKSEL in bits 7:4 where the register is banked.
# Source: IHI 0031 B2.2.

DPIDR = _register(
    'DPIDR',
    0x00,
    (RESERVED, 1),  # reads as one
    ('DESIGNER', 11),
    ('VERSION', 4),
    ('MIN', 1),
    (RESERVED, 3),
    ('PARTNO', 8),
    ('REVISION', 4),
)
ABORT = _register(
    'ABORT',
    0x00,
    ('DAPABORT', 1),
    ('STKCMPCLR', 1),
    ('STKERRCLR', 1),
    ('WDERRCLR', 1),
    ('ORUNERRCLR', 1),
    (RESERVED, 27),
)
CTRL_STAT = _register(
    'CTRL/STAT',
    0x04,
    ('ORUNDETECT', 1),
    ('STICKYORUN', 1),
    ('TRNMODE', 2),
    ('STICKYCMP', 1),
    ('STICKYERR', 1),
    ('READOK', 1),
    ('WDATAERR', 1),
    ('MASKLANE', 4),
    ('TRNCNT', 12),
    (RESERVED, 2),
    ('CDBGRSTREQ', 1),
    ('CDBGRSTACK', 1),
    ('CDBGPWRUPREQ', 1),
    ('CDBGPWRUPACK', 1),
    ('CSYSPWRUPREQ', 1),
    ('CSYSPWRUPACK', 1),
)
DLCR = _register('DLCR', 0x14, (RESERVED, 8), ('TURNROUND', 2), (RESERVED, 22))
TARGETID = _register(
    'TARGETID', 0x24, (RESERVED, 1), ('TDESIGNER', 11), ('TPARTNO', 16), ('TREVISION', 4)
)
DLPIDR = _register('DLPIDR', 0x34, ('PROTVSN', 4), (RESERVED, 24), ('TINSTANCE', 4))
EVENTSTAT = _register('EVENTSTAT', 0x44, ('EA', 1), (RESERVED, 31))
SELECT = _register('SELECT', 0x08, ('DPBANKSEL', 4), ('APBANKSEL', 4), (RESERVED, 16), ('APSEL', 8))
RESEND = _register('RESEND', 0x08)
RDBUFF = _register('RDBUFF', 0x0C)
TARGETSEL = _register(
    'TARGETSEL', 0x0C, (RESERVED, 1), ('TDESIGNER', 11), ('TPARTNO', 16), ('TINSTANCE', 4)
)

DP_BANKED = 0x04  # the address at which DPBANKSEL counts (DPv1 and DPv2)
DP_READABLE = (DPIDR, CTRL_STAT, DLCR, TARGETID, DLPIDR, EVENTSTAT, RESEND, RDBUFF)
DP_WRITABLE = (ABORT, CTRL_STAT, DLCR, SELECT, TARGETSEL)

# A MEM-AP. The address is A[3:2], with APBANKSEL in bits 7:4. Source: IHI 0031 C2.6.

CSW = _register(
    'CSW',
    0x00,
    ('Size', 3),
    (RESERVED, 1),
    ('AddrInc', 2),
    ('DeviceEn', 1),
    ('TrInProg', 1),
    ('Mode', 4),
    ('Type', 4),
    (RESERVED, 7),
    ('SPIDEN', 1),
    ('Prot', 7),
    ('DbgSwEnable', 1),
)
TAR = _register('TAR', 0x04)
TAR_HIGH = _register('TAR high', 0x08)  # with large physical addresses only: no STM32
DRW = _register('DRW', 0x0C)
BD0 = _register('BD0', 0x10)
BD1 = _register('BD1', 0x14)
BD2 = _register('BD2', 0x18)
BD3 = _register('BD3', 0x1C)
MBT = _register('MBT', 0x20)
BASE_HIGH = _register('BASE high', 0xF0)
CFG = _register(
    'CFG', 0xF4, ('BE', 1), ('LA', 1), ('LD', 1), (RESERVED, 13), ('TARINC', 4), (RESERVED, 12)
)
BASE = _register('BASE', 0xF8, ('P', 1), ('Format', 1), (RESERVED, 10), ('BASEADDR', 20))
IDR = _register(
    'IDR',
    0xFC,
    ('TYPE', 4),
    ('VARIANT', 4),
    (RESERVED, 5),
    ('CLASS', 4),
    ('DESIGNER', 11),
    ('REVISION', 4),
)

MEM_AP = (CSW, TAR, TAR_HIGH, DRW, BD0, BD1, BD2, BD3, MBT, BASE_HIGH, CFG, BASE, IDR)
BANKED_DATA = (BD0, BD1, BD2, BD3)

# Fields that have a meaning of their own.
NORMAL, PUSHED_VERIFY, PUSHED_COMPARE = range(3)  # CTRL/STAT.TRNMODE
OFF, SINGLE, PACKED = range(3)  # CSW.AddrInc
MEM_AP_CLASS = 8  # IDR.CLASS
ARM = 0x23B  # DPIDR.DESIGNER, IDR.DESIGNER: JEP106 4, 0x3B
SIZES = {0: 1, 1: 2, 2: 4}  # CSW.Size -> bytes; larger ones need the large data extension
CSW_UNUSED = 0x007FFF08  # bits that hosts write as zero: Mode, Type, and what is reserved

VALUES = {
    (CTRL_STAT.name, 'TRNMODE'): {PUSHED_VERIFY: 'pushed verify', PUSHED_COMPARE: 'pushed compare'},
    (CSW.name, 'Size'): {0: '8 bit', 1: '16 bit', 2: '32 bit', 3: '64 bit'},
    (CSW.name, 'AddrInc'): {OFF: 'off', SINGLE: 'single', PACKED: 'packed'},
    (DPIDR.name, 'DESIGNER'): {ARM: 'Arm'},
    (IDR.name, 'DESIGNER'): {ARM: 'Arm'},
    (IDR.name, 'CLASS'): {0: 'none', 1: 'COM-AP', MEM_AP_CLASS: 'MEM-AP'},
    (IDR.name, 'TYPE'): {1: 'AHB3', 2: 'APB2', 4: 'AXI4', 5: 'AHB5', 6: 'APB4', 7: 'AXI5', 8: 'AHB5'},
}  # type: Dict[Tuple[str, str], Dict[int, str]]  # fmt: skip

# How many bits of TAR count up. Ten are promised (IHI 0031 C2.2.2); the AHB-APs of Cortex-M3 and
# Cortex-M4 do twelve, and it is these two that say variant 1 of AHB3 in their IDR (pyOCD AP_TYPE_MAP;
# OpenOCD src/target/cortex_m.c, CORTEX_M_F_TAR_AUTOINCR_BLOCK_4K). CFG.TARINC other than zero: 9 more.
PROMISED_BITS = 10
LONGER_BITS = 12
TARINC_BITS = 9
LONGER_VARIANT, LONGER_TYPE = 1, 1

# What the core says of itself. Source: DDI 0403 B3.2.3, DDI 0419 B3.2.3 (CPUID); part numbers as in
# openocd-org/openocd src/target/cortex_m.h.
CPUID_ADDRESS = 0xE000ED00
CPUID = _register(
    'CPUID',
    CPUID_ADDRESS,
    ('Revision', 4),
    ('PartNo', 12),
    ('Architecture', 4),
    ('Variant', 4),
    ('Implementer', 8),
)
ARM_IMPLEMENTER = 0x41
LONGER_CORES = (0xC23, 0xC24)  # Cortex-M3, Cortex-M4
OTHER_CORES = (0xC20, 0xC60, 0xC27, 0xD20, 0xD21)  # Cortex-M0, M0+, M7, M23, M33

_DP_READABLE = {register.offset: register for register in DP_READABLE}
_DP_WRITABLE = {register.offset: register for register in DP_WRITABLE}
_MEM_AP = {register.offset: register for register in MEM_AP}
_BY_NAME = {
    (port, register.name): register
    for port, registers in ((DP, DP_READABLE + DP_WRITABLE), (AP, MEM_AP))
    for register in registers
}


def register_named(port: 'str', name: 'str') -> 'Optional[Register]':
    """Return the register of a RegisterAccess, None for one that has no name."""
    return _BY_NAME.get((port, name))


def dp_name(address: 'int', write: 'bool') -> 'str':
    """Return the name of the DP register at `address`, bank included: 'DLCR', or 'DP 0x54'."""
    register = (_DP_WRITABLE if write else _DP_READABLE).get(address)
    return register.name if register else 'DP 0x{:02X}'.format(address)


def ap_name(address: 'int', memory: 'bool' = True) -> 'str':
    """Return the name of the AP register at `address`, bank included: 'CSW', or 'AP 0x30'.

    memory: the AP is a MEM-AP, as far as is known; all have IDR.
    """
    register = _MEM_AP.get(address) if memory else None
    known = register.name if register else 'AP 0x{:02X}'.format(address)
    return IDR.name if address == IDR.offset else known


def ap_name_in_any_bank(address: 'int') -> 'str':
    """Return what the AP register at A[3:2] = `address` is called while the bank is not known: 'AP 0x?4'."""
    return 'AP 0x?{:X}'.format(address)


def increment_bits_of_idr(value: 'int') -> 'int':
    """Return how many bits of TAR the AP with this IDR counts up, 0 where that is not known."""
    if IDR.field('CLASS').of(value) != MEM_AP_CLASS or IDR.field('DESIGNER').of(value) != ARM:
        return 0
    kind = (IDR.field('VARIANT').of(value), IDR.field('TYPE').of(value))
    return LONGER_BITS if kind == (LONGER_VARIANT, LONGER_TYPE) else PROMISED_BITS


def increment_bits_of_cfg(value: 'int') -> 'int':
    """Return how many bits of TAR the AP with this CFG counts up, 0 where it does not tell."""
    extra = CFG.field('TARINC').of(value)
    return TARINC_BITS + extra if extra else 0


def increment_bits_of_cpuid(value: 'int') -> 'int':
    """Return how many bits of TAR the AP of the core with this CPUID counts up, 0 where that is not known."""
    if CPUID.field('Implementer').of(value) != ARM_IMPLEMENTER:
        return 0
    part = CPUID.field('PartNo').of(value)
    if part in LONGER_CORES:
        return LONGER_BITS
    return PROMISED_BITS if part in OTHER_CORES else 0


def is_plausible_csw(value: 'int') -> 'bool':
    """Tell whether a host may have written `value` to the CSW of an STM32's MEM-AP."""
    known = CSW.field('Size').of(value) in SIZES and CSW.field('AddrInc').of(value) <= PACKED
    return known and not value & CSW_UNUSED


def request_byte(port: 'str', read: 'bool', address: 'int') -> 'int':
    """Return the request byte for the register at A[3:2] = `address`. Source: IHI 0031 B4.1.1."""
    bits = address << 1 & REQUEST_ADDRESS
    bits |= REQUEST_APNDP if port == AP else 0
    bits |= REQUEST_RNW if read else 0
    odd = bin(bits).count('1') % 2
    return bits | REQUEST_START | REQUEST_PARK | (REQUEST_PARITY if odd else 0)
