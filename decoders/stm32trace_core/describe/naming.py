"""Fields of the registers that a PeripheralAccess names.

Which fields a register has depends on the part, once that is known.
"""

from ..bootloader.records import DeviceIdentified
from ..cortex.registers import CORE, DBGKEY, DHCSR
from ..devices import family_named, find_device
from ..flash.records import PeripheralAccess
from .part import DESCRIBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Tuple  # novm

    from ..context import Context
    from ..devices import Device, Family
    from ..register import Register

    Texts = Tuple[str, str, str]
    Part = Tuple[Family, Optional[Device]]

FLASH = 'FLASH.'
_CORE = {
    group + '.' + register.name: register for group, _, registers in CORE for register in registers
}

# Registers that are written with other fields than they are read with. Source: DDI 0403 C1.6.2.
_WRITTEN = {
    'CoreDebug.DHCSR': DHCSR._replace(
        fields=tuple(field for field in DHCSR.fields if field.lsb < DBGKEY.lsb) + (DBGKEY,)
    )
}

_describe = DESCRIBERS[PeripheralAccess]


class RegisterFields(object):
    """Follows which part is on each bus, and tells the fields of its registers."""

    def __init__(self, context: 'Context') -> 'None':
        family = family_named(context.family) if context.family else None
        self._context = context
        self._given = (family, None) if family else None  # type: Optional[Part]
        self._parts = {}  # type: Dict[str, Part]
        # (bus, name) -> registers of the flash controllers, as far as they were asked for
        self._flash = {}  # type: Dict[Tuple[str, str], Optional[Register]]

    def identify(self, record: 'DeviceIdentified') -> 'None':
        """Note which part it is."""
        known = find_device(record.dev_id)
        if known is not None:
            self._parts[record.bus] = known
            self._flash.clear()

    def of(self, access: 'PeripheralAccess') -> 'Dict[str, int]':
        """Return the fields of the register that are not zero, from the lowest bit up; {} where none is known."""
        register = self._register(access)
        read = {} if register is None else register.read(access.value)
        return {name: value for name, value in read.items() if value}

    def describe(self, access: 'PeripheralAccess') -> 'Texts':
        """Return (long, medium, short) texts of the access, with the fields in the long one."""
        long_, medium, short = _describe(access, self._context)
        register = self._register(access)
        shown = []  # type: List[str]
        for field in register.fields if register else ():
            value = field.of(access.value)
            if value:
                shown.append(field.name if value == 1 else '{}=0x{:X}'.format(field.name, value))
        return (long_ + '  ' + '|'.join(shown) if shown else long_, medium, short)

    def _register(self, access: 'PeripheralAccess') -> 'Optional[Register]':
        name = access.register
        if not name.startswith(FLASH):
            written = _WRITTEN if access.write else {}  # type: Dict[str, Register]
            return written.get(name) or _CORE.get(name)
        key = (access.bus, name)
        if key not in self._flash:
            self._flash[key] = self._flash_register(access.bus, name[len(FLASH) :])
        return self._flash[key]

    def _flash_register(self, bus: 'str', name: 'str') -> 'Optional[Register]':
        part = self._parts.get(bus, self._given)
        if part is None:
            return None
        family, device = part
        known = [one for one in family.registers(device) if one.name == name]
        return known[0] if known else None
