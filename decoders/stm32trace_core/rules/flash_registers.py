"""What the bits of the flash controller's registers mean, as far as the part is known.

Before the part has told which one it is, the tables of all families that have the register at that
address are asked, and only what they agree on counts.
"""

from ..devices import families, families_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Tuple  # novm

    from ..bootloader.records import DeviceIdentified
    from ..devices import Device, Family
    from ..flash.records import PartFamily, PeripheralAccess
    from .part import Part

PREFIX = 'FLASH.'  # of PeripheralAccess.register
CFGBSY = 'CFGBSY'  # G0: CR must not be touched; it does not say that an operation is running


def register_text(name: 'str') -> 'str':
    """'FLASH_OPTCR', as the reference manuals write it, for 'FLASH.OPTCR'."""
    return name.replace('.', '_')


class FlashRegisters(object):
    """The registers of the flash controller of a part.

    is_seen: one of them was accessed.
    """

    def __init__(self, part: 'Part') -> 'None':
        self.part = part
        self.is_seen = False
        self._families = ()  # type: Tuple[Family, ...]
        self._masks = {}  # type: Dict[Tuple[str, str], int]

    def identify(self, record: 'DeviceIdentified') -> 'None':
        """Take what the part told of itself."""
        self.part.identify(record)
        self._masks.clear()

    def decide(self, record: 'PartFamily') -> 'None':
        """Take what was concluded from the accesses, before the part told or where it never does."""
        concluded = families_named((record.family,) + record.others)
        if concluded:
            self._families = concluded
            self._masks.clear()

    def see(self, access: 'PeripheralAccess') -> 'bool':
        """Tell whether `access` is to the flash controller, and learn from its address."""
        if not access.register.startswith(PREFIX):
            return False
        self.is_seen = True
        if not self._families:
            self._families = tuple(
                family for family in families() if _address(family, access) == access.address
            )
            self._masks.clear()
        return True

    @property
    def is_known(self) -> 'bool':
        """Tell whether there is a table to judge by."""
        return bool(self._tables())

    @property
    def families(self) -> 'Tuple[Family, ...]':
        """Return the tables that count: one when the part is known."""
        return self._tables()

    @property
    def unlock_keys(self) -> 'Optional[Tuple[int, int]]':
        """Return the two keys for KEYR; None where the tables do not agree."""
        keys = {family.flash.unlock_keys for family in self._tables()}
        return keys.pop() if len(keys) == 1 else None

    def mask(self, register: 'str', role: 'str') -> 'int':
        """Return the bits of 'SR', 'CR', ... that play `role` ('busy'); 0 where no table tells."""
        key = (register, role)
        if key not in self._masks:
            masks = [_mask(family, self.part.device, register, role) for family in self._tables()]
            result = masks[0] if masks else 0
            for other in masks[1:]:
                result &= other
            self._masks[key] = result
        return self._masks[key]

    def names(self, register: 'str', value: 'int') -> 'List[str]':
        """Return the fields that are not 0 in `value`, by name, lowest bit first."""
        device = self.part.device
        found = [_names(family, device, register, value) for family in self._tables()]
        return [name for name in found[0] if all(name in one for one in found)] if found else []

    def field(self, register: 'str', role: 'str', value: 'int') -> 'int':
        """Return the field that plays `role` in `value`; -1 where the register has none."""
        mask = self.mask(register, role)
        return -1 if not mask else (value & mask) // (mask & -mask)

    def _tables(self) -> 'Tuple[Family, ...]':
        family = self.part.family
        return self._families if family is None else (family,) + self.part.rivals


def _address(family: 'Family', access: 'PeripheralAccess') -> 'int':
    name = access.register[len(PREFIX) :]
    for register in family.flash.registers:
        if register.name == name:
            return family.flash.controller_base + register.offset
    return -1


def _mask(family: 'Family', device: 'Optional[Device]', register: 'str', role: 'str') -> 'int':
    result = 0
    layout = {one.name: one for one in family.registers(device)}
    for place in family.flash.roles.get(role, ()):
        owner, _, name = place.partition('.')
        if owner == register and name != CFGBSY and owner in layout:
            for field in layout[owner].fields:
                if field.name == name:
                    result |= (1 << field.width) - 1 << field.lsb
    return result


def _names(
    family: 'Family', device: 'Optional[Device]', register: 'str', value: 'int'
) -> 'List[str]':
    for one in family.registers(device):
        if one.name == register:
            return [field.name for field in one.fields if field.of(value)]
    return []
