"""Which family's table explains the accesses of one bus.

The part tells its DEV_ID in DBGMCU_IDCODE, and as the part number of its ROM table. Until it does, what is left
after all evidence decides, once the flash controller is used: core (CPUID), DPIDR, address of the controller,
and whether each access makes sense in its register layout. What the user says comes before that, and after what
the part says.
"""

from ..cortex.registers import (
    CORES,
    CPUID,
    CPUID_ADDRESS,
    PIDRS,
    ROM_TABLES,
    designed_by_st,
    part_number,
)
from ..devices import families, family_named, find_device
from .layout import Layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, List, Optional, Tuple  # novm

    from ..adi.records import MemoryAccess
    from ..devices import Device, Family

DBGMCU, ROM_TABLE, USER = 'DBGMCU_IDCODE', 'ROM table', 'said by the user'
PARTNO = CPUID.field('PARTNO')
DEV_ID_MASK = 0xFFF  # DBGMCU_IDCODE.DEV_ID is the low 12 bits in every table
NO_ID = (0, DEV_ID_MASK)  # nothing there, or no clock

# Early STM32F405 and F407 answer with the DEV_ID of an F2. Source: errata ES0182 (revision A);
# openocd src/flash/nor/stm32f2x.c looks at the core as well.
EARLY_F4 = (0x411, 'Cortex-M4', 0x413)

# Only the debugger's own space holds an ID whatever the part; elsewhere it may be another register.
PRIVATE_BUS = 0xE0000000  # DDI 0403 B3.1
PAGE = 0x1000  # of a ROM table
BLOCK = 0x400  # of a flash controller
SHARED_ROLES = ('busy', 'lock', 'start', 'program', 'page_erase', 'option_start')
KEY_REGISTERS = ('KEYR', 'OPTKEYR')


DBGMCU_ADDRESSES = frozenset(family.dbgmcu_idcode for family in families())
KEYS = frozenset(
    key for family in families() for key in family.flash.unlock_keys + family.flash.option_keys
)
CONTROLLERS = frozenset(family.flash.controller_base for family in families())


def is_controller(address: 'int') -> 'bool':
    """Tell whether some family has its flash registers here."""
    return address & -BLOCK in CONTROLLERS


class Identity(object):
    """What is known of the part.

    family, device: as decided, None before. rivals: families whose tables fit as well as that of `family`. sure: by
    the part or the user. evidence: in words. foreign: the part told a DEV_ID for which there is no table.
    """

    def __init__(self, named: 'Optional[str]') -> 'None':
        self.family = (named and family_named(named)) or None  # type: Optional[Family]
        self.device = None  # type: Optional[Device]
        self.rivals = ()  # type: Tuple[Family, ...]
        self.sure = self.family is not None
        self.evidence = USER if self.sure else ''
        self.foreign = False
        self.dev_id = -1
        self.core = ''
        self._left = list(families())  # type: List[Family]  # not excluded yet
        self._strained = []  # type: List[Family]  # bits were used that their tables do not have
        self._hints = []  # type: List[str]
        self._pidr = {}  # type: Dict[int, int]
        self._pidr_base = -1

    # What the part says.

    def listen(self, access: 'MemoryAccess') -> 'Optional[Tuple[int, str]]':
        """Return DEV_ID and source if this read tells it; learn from CPUID."""
        address = access.address
        if address == CPUID_ADDRESS:
            self._cpuid(access.value)
        elif address & -PAGE in ROM_TABLES:
            return self._rom_table(access)
        elif address in DBGMCU_ADDRESSES:
            return self._idcode(address, access.value & DEV_ID_MASK)
        return None

    def _idcode(self, address: 'int', dev_id: 'int') -> 'Optional[Tuple[int, str]]':
        if dev_id in NO_ID:
            return None
        if (dev_id, self.core) == EARLY_F4[:2]:
            dev_id = EARLY_F4[2]
        found = find_device(dev_id)
        if found is None:
            return (dev_id, DBGMCU) if address >= PRIVATE_BUS else None
        return (dev_id, DBGMCU) if found[0].dbgmcu_idcode == address else None

    def _rom_table(self, access: 'MemoryAccess') -> 'Optional[Tuple[int, str]]':
        offset = access.address & PAGE - 1
        if offset not in PIDRS:
            return None
        if access.address - offset != self._pidr_base:
            self._pidr_base, self._pidr = access.address - offset, {}
        self._pidr[offset] = access.value
        if len(self._pidr) < len(PIDRS) or not designed_by_st(self._pidr):
            return None
        dev_id = part_number(self._pidr)
        return (dev_id, ROM_TABLE) if find_device(dev_id) is not None else None

    def decide(self, dev_id: 'int', source: 'str') -> 'bool':
        """Take the DEV_ID that the part told; return whether family or device change by it."""
        if self.dev_id == dev_id:
            return False
        self.dev_id = dev_id
        found = find_device(dev_id)
        before = self.family, self.device, self.sure
        self.family, self.device = found if found is not None else (None, None)
        self.foreign = found is None
        self.sure, self.rivals = True, ()
        self.evidence = '{} 0x{:03X}'.format(source, dev_id)
        return before != (self.family, self.device, True) or self.foreign

    # What else there is.

    @property
    def is_open(self) -> 'bool':
        """Nothing is decided yet, and something may be."""
        return self.family is None and not self.foreign and bool(self._left)

    def _cpuid(self, value: 'int') -> 'None':
        self.core = CORES.get(PARTNO.of(value), 'another core')
        self._keep('CPUID', lambda family: family.core == self.core)

    def dpidr(self, value: 'int') -> 'None':
        """Learn from the debug port's identification."""
        self._keep('DPIDR', lambda family: value in family.dpidr)

    def use(self, access: 'MemoryAccess') -> 'None':
        """Learn from an access to a flash controller."""
        self._keep('use of the flash registers', lambda family: _fits(family, access))
        self._strained += [
            family
            for family in self._left
            if family not in self._strained and _strains(family, access)
        ]

    def settle(self, last_chance: 'bool' = False) -> 'bool':
        """Decide by what is left, if that is one family; on the last chance by one of several like it.

        The others are then its rivals: what their tables say differently is not known. Families whose controllers
        differ in what every operation needs are no rivals: then nothing is decided.
        """
        if not self.is_open:
            return False
        left = self._left
        if len(left) > 1:
            if not last_chance:
                return False
            left = [family for family in left if family not in self._strained] or left
            if any(_shape(family) != _shape(left[0]) for family in left):
                return False
        self.family, self.rivals = left[0], tuple(left[1:])
        self.evidence = ', '.join(self._hints)
        return True

    def _keep(self, hint: 'str', fits: 'Callable[[Family], bool]') -> 'None':
        left = [family for family in self._left if fits(family)]
        if len(left) < len(self._left) and hint not in self._hints:
            self._hints.append(hint)
        self._left = left


def _fits(family: 'Family', access: 'MemoryAccess') -> 'bool':
    """Tell whether an access makes sense in the register layout of `family`."""
    offset = access.address - family.flash.controller_base
    names = [register.name for register in family.flash.registers if register.offset == offset]
    if not names:
        return False
    if not access.write:
        return names[0] not in family.flash.write_only
    return access.value not in KEYS or names[0].rstrip('2') in KEY_REGISTERS


def _strains(family: 'Family', access: 'MemoryAccess') -> 'bool':
    """Tell whether an access uses bits that the table of `family` does not have; interrupt enables are left out."""
    offset = access.address - family.flash.controller_base
    for register in family.flash.registers:
        if register.offset == offset and register.fields:
            known = sum((1 << field.width) - 1 << field.lsb for field in register.fields)
            return bool(access.value & ~known)
    return False


def _shape(family: 'Family') -> 'Tuple[object, ...]':
    """Return what two families must share for one to be followed with the table of the other."""
    layout = Layout(family, None)
    places = tuple(layout.registers[name].offset for name in ('KEYR', 'OPTKEYR', 'SR', 'CR'))
    bits = tuple(layout.mask(role, name) for name in ('SR', 'CR') for role in SHARED_ROLES)
    return family.flash.controller_base, places, bits
