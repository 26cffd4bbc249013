"""The registers of one flash controller, and what their bits and numbers mean on the part at hand."""

from ..devices.family import KIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional, Tuple  # novm

    from ..devices import Device, Family

# Where main flash is on a part whose table is not known, and its most. Source: every STM32
# reference manual, "Memory organization": from 0x0800 0000; the largest device has 4 MiB.
FLASH_BASE = 0x08000000
FLASH_MOST = 4 * KIB * KIB


class Layout(object):
    """The table of a family, read for one line of it and for one of its controllers.

    second: the controller of the second bank, whose registers have names of their own (Flash.second).
    """

    def __init__(
        self, family: 'Family', device: 'Optional[Device]', second: 'bool' = False
    ) -> 'None':
        self.family = family
        self.device = device
        self.second = second
        self.suffix = family.flash.second[0] if second and family.flash.second else ''
        self.registers = {one.name: one for one in family.registers(device)}
        self._roles = {role: self._bits(names) for role, names in family.flash.roles.items()}  # type: Dict[str, Dict[str, Dict[str, int]]]

    def name(self, register: 'str') -> 'str':
        """Return this controller's name of CR, SR, KEYR or AR."""
        return register + self.suffix

    def _bits(self, names: 'Tuple[str, ...]') -> 'Dict[str, Dict[str, int]]':
        """Return register -> field -> mask of the fields that this line has."""
        found = {}  # type: Dict[str, Dict[str, int]]
        for name in names:
            register_name, field_name = name.split('.')
            register = self.registers.get(register_name + self.suffix)
            for field in register.fields if register is not None else ():
                if field.name == field_name:
                    mask = (1 << field.width) - 1 << field.lsb
                    found.setdefault(register_name + self.suffix, {})[field_name] = mask
        return found

    def mask(self, role: 'str', register: 'str') -> 'int':
        """Return the bits of `register` that play a role."""
        result = 0
        for mask in self._roles.get(role, {}).get(register, {}).values():
            result |= mask
        return result

    def has(self, role: 'str', register: 'str', value: 'int') -> 'bool':
        """Tell whether a bit with that role is set in `value` of `register`."""
        return bool(value & self.mask(role, register))

    def flags(self, role: 'str', register: 'str', value: 'int') -> 'Tuple[str, ...]':
        """Return the names of the bits with that role that are set, the lowest first."""
        masks = self._roles.get(role, {}).get(register, {})
        return tuple(sorted((name for name in masks if masks[name] & value), key=masks.__getitem__))

    def number(self, role: 'str', register: 'str', value: 'int') -> 'Optional[int]':
        """Return the value of the field with that role, None if there is none."""
        mask = self.mask(role, register)
        return (value & mask) // (mask & -mask) if mask else None

    # Memory.

    @property
    def base(self) -> 'int':
        """Where the flash of this controller begins."""
        flash = self.family.flash
        return flash.second[1] if self.second and flash.second else flash.memory_base

    def serves(self, address: 'int') -> 'bool':
        """Tell whether a write to `address`, in main flash or option memory, is this controller's business."""
        flash = self.family.flash
        if self.is_option(address) or flash.second is None or self.device is None:
            return not self.second
        return not self.device.dual_bank or self.second == (address >= flash.second[1])

    def is_option(self, address: 'int') -> 'bool':
        """Tell whether `address` lies in option memory."""
        return any(first <= address <= last for first, last in self.family.options.memory_ranges)

    def sector_sizes(self, split: 'bool' = False) -> 'Tuple[int, ...]':
        """Return the KiB of each sector, () where pages are uniform or the line is not known.

        split: the option that joins two banks (Flash.one_bank) reads 0.
        """
        if self.device is None:
            return ()
        return (split and self.device.split_sectors) or self.device.sectors

    def sector(self, number: 'int') -> 'int':
        """Return the sector that a number in the sector field means."""
        jump = self.family.flash.sector_jump
        dual = self.device is not None and self.device.dual_bank
        return number - jump[0] + jump[1] if jump and dual and number >= jump[0] else number

    def place(
        self, page: 'int', bank_2: 'bool', split: 'bool'
    ) -> 'Tuple[Optional[int], Optional[int]]':
        """Return address and length of a page or sector; None for what is not known."""
        base = self.family.flash.memory_base
        sizes = self.sector_sizes(split)
        if sizes:
            if page >= len(sizes):
                return None, None
            return base + sum(sizes[:page]) * KIB, sizes[page] * KIB
        if self.device is None or self.device.sectors:
            return None, None
        size = self.device.page_size
        return (None if bank_2 else base + page * size), size

    def page_at(self, address: 'int') -> 'Tuple[int, ...]':
        """Return the number of the page that holds `address`, () where its size is not known."""
        offset = address - self.family.flash.memory_base
        if self.device is None or self.device.sectors or offset < 0:
            return ()
        return (offset // self.device.page_size,)
