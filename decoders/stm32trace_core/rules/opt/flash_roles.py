"""Accesses to the flash controller, read by what their bits do: the roles in the tables of the families."""

from ...flash.records import PartFamily
from ..flash_registers import PREFIX, FlashRegisters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Tuple, Union  # novm

    from ...bootloader.records import DeviceIdentified
    from ...flash.records import PeripheralAccess

# Roles of bits in the tables of the families.
BUSY = 'busy'
ERROR_FLAGS = 'error_flags'
MASS_ERASE = 'mass_erase'
START = 'start'
OPTION_START = 'option_start'
OPTION_LOAD = 'option_load'
OPTION_LOCK = 'option_lock'
OPTION_PROGRAM = 'option_program'
LOCK = 'lock'


def register_of(access: 'PeripheralAccess') -> 'str':
    """Return the name of a register of the flash controller, '' for one of another peripheral."""
    return access.register[len(PREFIX) :] if access.register.startswith(PREFIX) else ''


class FlashRoles(FlashRegisters):
    """The flash controller of one part: what an access to it says or does."""

    def identify(self, record: 'Union[DeviceIdentified, PartFamily]') -> 'None':
        """Take what the part told of itself, or whose table its accesses fit."""
        if not isinstance(record, PartFamily):
            super(FlashRoles, self).identify(record)
            return
        self.decide(record)
        self.part.conclude(record)

    def concerns(self, access: 'PeripheralAccess', role: 'str') -> 'bool':
        """Tell whether the register accessed holds a bit of this role."""
        return bool(self.mask(register_of(access), role))

    def is_set(self, access: 'PeripheralAccess', role: 'str') -> 'bool':
        """Tell whether the value read or written has a bit of this role set."""
        return bool(access.value & self.mask(register_of(access), role))

    def set_names(self, access: 'PeripheralAccess', role: 'str') -> 'Tuple[str, ...]':
        """Return the names of the bits of this role that are set in the value."""
        name = register_of(access)
        return tuple(self.names(name, access.value & self.mask(name, role)))

    def share_a_register(self, one: 'str', other: 'str') -> 'bool':
        """Tell whether two roles have bits in the same register."""
        family = self.part.family
        registers = () if family is None else family.flash.registers
        return any(self.mask(each.name, one) and self.mask(each.name, other) for each in registers)
