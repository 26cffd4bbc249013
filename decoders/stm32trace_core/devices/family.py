"""The shape of a family's table.

What is not known is None or absent, never "no". Times are maxima of the data sheets in seconds; a time that
was not verified against the data sheet carries `verified=False` and may widen a limit but never sharpen one.
"""

from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Mapping, Optional, Tuple  # novm

    from ..register import Register


class Device(
    NamedTuple(
        'Device',
        [
            ('dev_id', int),  # DBGMCU_IDCODE.DEV_ID
            ('name', str),  # 'STM32G07x/G08x'
            ('max_flash_kib', int),
            ('page_size', int),  # bytes
            ('dual_bank', bool),
            ('bootloader_ids', 'Tuple[int, ...]'),  # AN2606 bootloader IDs
            ('i2c_address', 'Optional[int]'),  # 7 bits
        ],
    )
):
    """One line of a family, told apart by its DEV_ID."""

    __slots__ = ()


class Timing(
    NamedTuple(
        'Timing',
        [
            ('mass_erase_s', float),
            ('page_erase_s', float),
            ('verified', bool),
            ('source', str),
        ],
    )
):
    """Longest times of flash operations."""

    __slots__ = ()


class Flash(
    NamedTuple(
        'Flash',
        [
            ('controller_base', int),
            ('memory_base', int),
            ('erased_value', int),
            ('program_unit', int),  # bytes
            ('unlock_keys', 'Tuple[int, int]'),
            ('option_keys', 'Tuple[int, int]'),
            ('registers', 'Tuple[Register, ...]'),
            ('roles', 'Mapping[str, Tuple[str, ...]]'),  # role -> 'REG.FIELD' names
            ('source', str),
        ],
    )
):
    """The flash controller."""

    __slots__ = ()


class Options(
    NamedTuple(
        'Options',
        [
            (
                'model',
                str,
            ),  # 'shadow_register_obl': OPTSTRT programs, OBL_LAUNCH or power-on reset applies
            ('memory_ranges', 'Tuple[Tuple[int, int], ...]'),  # inclusive
            ('obl_launch_exists', bool),
            ('load_events', 'Tuple[str, ...]'),  # 'OBL_LAUNCH', 'power_on_reset'
            ('rdp_register', str),
            ('rdp_level0', 'Tuple[int, ...]'),  # every other value but level 2's is level 1
            ('rdp_level2', 'Tuple[int, ...]'),
            ('boot_lock', 'Optional[str]'),  # 'REG.FIELD'
            ('mismatch_locks', bool),  # a mismatch at option loading selects RDP 1 and BOOT_LOCK
            ('source', str),
            ('rdp_address', 'Optional[int]'),  # of the RDP byte in option memory
            ('write_protection', 'Tuple[str, ...]'),  # registers
        ],
    )
):
    """The option bytes: how they are written, and when they take effect."""

    __slots__ = ()


class Bootloader(
    NamedTuple(
        'Bootloader',
        [
            ('memory', 'Tuple[int, int]'),  # inclusive
            ('i2c_pins', str),
            ('usart_pins', str),
            (
                'limits',
                'Tuple[Tuple[int, int, str], ...]',
            ),  # (DEV_ID, bootloader ID, documented limitation)
            ('source', str),
        ],
    )
):
    """The ROM bootloader."""

    __slots__ = ()


class Family(
    NamedTuple(
        'Family',
        [
            ('key', str),  # 'G0'
            ('name', str),  # 'STM32G0'
            ('core', str),
            ('sources', 'Tuple[str, ...]'),
            ('dbgmcu_idcode', int),
            ('devices', 'Tuple[Device, ...]'),
            ('flash', 'Flash'),
            ('options', 'Options'),
            ('timing', 'Timing'),
            ('bootloader', 'Bootloader'),
        ],
    )
):
    """Everything the analysis knows of one family."""

    __slots__ = ()

    def device(self, dev_id: 'int') -> 'Device':
        """Return the line with this DEV_ID; KeyError if there is none."""
        return self._by_id()[dev_id]

    def _by_id(self) -> 'Dict[int, Device]':
        return {device.dev_id: device for device in self.devices}
