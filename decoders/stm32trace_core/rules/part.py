"""Which part a bus talks to, as far as it told or the user says, and what its table says of it."""

from ..devices import families_named, family_named, find_device
from ..flash.orders import flash_range, is_option, option_ranges
from .naming import sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Tuple  # novm

    from ..bootloader.records import DeviceIdentified
    from ..context import Context
    from ..devices import Device, Family
    from ..flash.records import PartFamily

# Source: Armv6-M and Armv7-M architecture reference manuals, system address map.
RAM_RANGE = (0x20000000, 0x3FFFFFFF)


class Part(object):
    """The part on one bus.

    family: its table, None where neither the part nor the user told, or no table exists.
    rivals: families that it may be of as well, where that was concluded from its accesses.
    device: the line of that family, known only from the part itself.
    identified: the record in which the part told its DEV_ID; None where it did not.
    """

    def __init__(self, context: 'Context') -> 'None':
        named = context.family and family_named(context.family)
        self.family = named or None  # type: Optional[Family]
        self.rivals = ()  # type: Tuple[Family, ...]
        self.device = None  # type: Optional[Device]
        self.identified = None  # type: Optional[DeviceIdentified]
        self._option_ranges = option_ranges(context.family)

    def identify(self, record: 'DeviceIdentified') -> 'None':
        """Take what the part told of itself: it outweighs what the user says."""
        self.identified = record
        self.rivals = ()
        found = find_device(record.dev_id)
        if found is not None:
            self.family, self.device = found
            self._option_ranges = found[0].options.memory_ranges

    def conclude(self, record: 'PartFamily') -> 'None':
        """Take what was concluded from its accesses: what the part itself told outweighs that."""
        family = family_named(record.family) if record.family else None
        if family is not None and self.identified is None:
            self.family, self.rivals = family, families_named(record.others)

    @property
    def name(self) -> 'str':
        """How to call it in a sentence."""
        if self.device is not None:
            return self.device.name
        if self.identified is not None:
            return 'the part with DEV_ID 0x{:03X}'.format(self.identified.dev_id)
        if self.family is None:
            return 'the part'
        return 'the ' + ' or '.join(one.name for one in (self.family,) + self.rivals)

    @property
    def subject(self) -> 'str':
        """`name` at the begin of a sentence."""
        return sentence(self.name)

    @property
    def rdp_address(self) -> 'Optional[int]':
        """Address of the RDP option byte; None where the table does not tell."""
        return None if self.family is None else self.family.options.rdp_address

    def is_level_0(self, rdp: 'int') -> 'bool':
        """Tell whether this RDP byte means level 0; False for an unknown part."""
        return self.family is not None and rdp in self.family.options.rdp_level0

    def is_level_1(self, rdp: 'int') -> 'bool':
        """Tell whether this RDP byte is none of level 0 and 2; False for an unknown part."""
        return (
            self.family is not None
            and rdp not in self.family.options.rdp_level0
            and rdp not in self.family.options.rdp_level2
        )

    def has_in_flash(self, address: 'int') -> 'bool':
        """Tell whether `address` lies in main flash; of an unknown part, whether it may."""
        first, last = flash_range(self.family, self.device)
        return first <= address <= last

    def has_in_options(self, address: 'int') -> 'bool':
        """Tell whether `address` lies in the option bytes; of an unknown part, whether it may."""
        return is_option(address, self._option_ranges)

    def place(self, address: 'int') -> 'str':
        """Say what `address` is on this part, in a few words."""
        if self.has_in_flash(address):
            return 'in main flash'
        if self.family is not None and self.has_in_options(address):
            return 'in the option bytes'
        if RAM_RANGE[0] <= address <= RAM_RANGE[1]:
            return 'in RAM'
        if self.family is None:
            return 'outside main flash and RAM'
        first, last = self.family.bootloader.memory
        if first <= address <= last:
            return 'in the memory of the bootloader'
        return 'outside its flash, option bytes and RAM'
