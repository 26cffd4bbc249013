"""The shape of a family's table.

What is not known is None or absent, never "no". Times are maxima of the data sheets in seconds; a time that
was not verified against the data sheet carries `verified=False` and may widen a limit but never sharpen one.
"""

from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Mapping, Optional, Tuple  # novm

    from ..register import Register


class Peripheral(
    NamedTuple(
        'Peripheral',
        [
            ('name', str),  # 'FLASH', 'RCC', 'CoreDebug'
            ('base', int),
            ('registers', 'Tuple[Register, ...]'),
        ],
    )
):
    """Registers that share a name and a base address."""

    __slots__ = ()


class Device(
    NamedTuple(
        'Device',
        [
            ('dev_id', int),  # DBGMCU_IDCODE.DEV_ID
            ('name', str),  # 'STM32G07x/G08x'
            ('max_flash_kib', int),
            ('page_size', int),  # bytes; of the smallest sector where they differ
            ('dual_bank', bool),
            ('bootloader_ids', 'Tuple[int, ...]'),  # AN2606 bootloader IDs
            ('i2c_address', 'Optional[int]'),  # 7 bits
            ('sectors', 'Tuple[int, ...]'),  # KiB of each, from the lowest; (): uniform pages
            ('split_sectors', 'Tuple[int, ...]'),  # while Flash.one_bank reads 0; (): no such mode
            ('registers', 'Tuple[Register, ...]'),  # in place of the family's of that name
        ],
    )
):
    """One line of a family, told apart by its DEV_ID."""

    __slots__ = ()

    def __new__(
        cls,
        dev_id: 'int',
        name: 'str',
        max_flash_kib: 'int',
        page_size: 'int',
        dual_bank: 'bool',
        bootloader_ids: 'Tuple[int, ...]',
        i2c_address: 'Optional[int]',
        sectors: 'Tuple[int, ...]' = (),
        split_sectors: 'Tuple[int, ...]' = (),
        registers: 'Tuple[Register, ...]' = (),
    ) -> 'Device':
        return super(Device, cls).__new__(
            cls, dev_id, name, max_flash_kib, page_size, dual_bank, bootloader_ids, i2c_address,
            sectors, split_sectors, registers,
        )  # fmt: skip


class Timing(
    NamedTuple(
        'Timing',
        [
            ('mass_erase_s', float),
            ('page_erase_s', float),
            ('verified', bool),
            ('source', str),
            # How long open tools wait, which is longer than any part takes; None: not known.
            ('tool_mass_erase_s', 'Optional[float]'),
            ('tool_page_erase_s', 'Optional[float]'),
            ('tool_source', str),
        ],
    )
):
    """Longest times of flash operations."""

    __slots__ = ()

    def __new__(
        cls,
        mass_erase_s: 'float',
        page_erase_s: 'float',
        verified: 'bool',
        source: 'str',
        tool_mass_erase_s: 'Optional[float]' = None,
        tool_page_erase_s: 'Optional[float]' = None,
        tool_source: 'str' = '',
    ) -> 'Timing':
        return super(Timing, cls).__new__(
            cls, mass_erase_s, page_erase_s, verified, source,
            tool_mass_erase_s, tool_page_erase_s, tool_source,
        )  # fmt: skip


class Flash(
    NamedTuple(
        'Flash',
        [
            ('controller_base', int),
            ('memory_base', int),
            ('erased_value', int),
            ('program_unit', int),  # bytes; the least where the width can be chosen
            ('unlock_keys', 'Tuple[int, int]'),
            ('option_keys', 'Tuple[int, int]'),
            ('registers', 'Tuple[Register, ...]'),
            ('roles', 'Mapping[str, Tuple[str, ...]]'),  # role -> 'REG.FIELD' names
            ('source', str),
            ('write_only', 'Tuple[str, ...]'),  # registers that no tool reads
            ('page_address', str),  # register that takes an address in the page to erase; '': none
            # (n, k): numbers from n on in the sector field mean sector k and following; None: as they are
            ('sector_jump', 'Optional[Tuple[int, int]]'),
            ('one_bank', str),  # 'REG.FIELD' of the option that joins two banks; '': none
            # Suffix of the registers of a second controller, on lines with two banks, and where its flash begins.
            ('second', 'Optional[Tuple[str, int]]'),
        ],
    )
):
    """The flash controller.

    Roles: busy, end_of_operation, error_flags, program, page_erase, page_number, bank_select, mass_erase, start,
    lock, option_lock, option_start, option_load, option_program, option_erase. One that is absent does not exist.
    """

    __slots__ = ()

    def __new__(
        cls,
        controller_base: 'int',
        memory_base: 'int',
        erased_value: 'int',
        program_unit: 'int',
        unlock_keys: 'Tuple[int, int]',
        option_keys: 'Tuple[int, int]',
        registers: 'Tuple[Register, ...]',
        roles: 'Mapping[str, Tuple[str, ...]]',
        source: 'str',
        write_only: 'Tuple[str, ...]' = ('KEYR', 'OPTKEYR'),
        page_address: 'str' = '',
        sector_jump: 'Optional[Tuple[int, int]]' = None,
        one_bank: 'str' = '',
        second: 'Optional[Tuple[str, int]]' = None,
    ) -> 'Flash':
        return super(Flash, cls).__new__(
            cls, controller_base, memory_base, erased_value, program_unit, unlock_keys,
            option_keys, registers, roles, source, write_only, page_address, sector_jump,
            one_bank, second,
        )  # fmt: skip


class Options(
    NamedTuple(
        'Options',
        [
            ('model', str),  # SHADOW, DIRECT or HALFWORDS
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
            ('registers', 'Tuple[str, ...]'),  # those that show options, the above among them
            ('rdp_field', str),  # 'REG.FIELD'; RDP_BIT says whether it is the byte
            ('protection', str),  # how write protection is told: RANGES or CLEAR_BITS
            ('protection_inverts', str),  # 'REG.FIELD': while 1, set bits protect; '': none
            ('half_words', 'Mapping[int, str]'),  # HALFWORDS: address of each -> name
        ],
    )
):
    """The option bytes: how they are written, and when they take effect."""

    __slots__ = ()

    def __new__(
        cls,
        model: 'str',
        memory_ranges: 'Tuple[Tuple[int, int], ...]',
        obl_launch_exists: 'bool',
        load_events: 'Tuple[str, ...]',
        rdp_register: 'str',
        rdp_level0: 'Tuple[int, ...]',
        rdp_level2: 'Tuple[int, ...]',
        boot_lock: 'Optional[str]',
        mismatch_locks: 'bool',
        source: 'str',
        rdp_address: 'Optional[int]',
        write_protection: 'Tuple[str, ...]',
        registers: 'Tuple[str, ...]',
        rdp_field: 'str',
        protection: 'str',
        protection_inverts: 'str' = '',
        half_words: 'Optional[Mapping[int, str]]' = None,
    ) -> 'Options':
        return super(Options, cls).__new__(
            cls, model, memory_ranges, obl_launch_exists, load_events, rdp_register, rdp_level0,
            rdp_level2, boot_lock, mismatch_locks, source, rdp_address, write_protection,
            registers, rdp_field, protection, protection_inverts, half_words or {},
        )  # fmt: skip


KIB = 1024  # bytes

# Models of Options.
SHADOW = 'shadow_register_obl'  # OPTSTRT programs; OBL_LAUNCH or a power-on reset applies
DIRECT = 'direct_optcr'  # OPTSTRT programs the registers' content; no launch bit
HALFWORDS = 'halfword_complement'  # memory, each byte with its complement; erased, then written

# How registers of Options.write_protection tell.
RANGES = 'ranges'  # first and last page; first > last: none
CLEAR_BITS = 'clear_bits'  # a bit for each sector or group, 0 = protected


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
            ('dpidr', 'Tuple[int, ...]'),  # DP's IDR over SWD; other families may share it
            ('peripherals', 'Tuple[Peripheral, ...]'),  # DBGMCU, reset flags, watchdog
        ],
    )
):
    """Everything the analysis knows of one family."""

    __slots__ = ()

    def registers(self, device: 'Optional[Device]' = None) -> 'Tuple[Register, ...]':
        """Return the flash registers as they are on `device`; those of most lines where it is not known."""
        own = {} if device is None else {one.name: one for one in device.registers}
        return tuple(own.pop(one.name, one) for one in self.flash.registers) + tuple(
            own[name] for name in sorted(own)
        )

    def device(self, dev_id: 'int') -> 'Device':
        """Return the line with this DEV_ID; KeyError if there is none."""
        return self._by_id()[dev_id]

    def _by_id(self) -> 'Dict[int, Device]':
        return {device.dev_id: device for device in self.devices}
