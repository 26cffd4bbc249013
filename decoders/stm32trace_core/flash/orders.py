"""What a bootloader command orders the part to do, and which window that opens.

Sources: AN3155 rev 14 3.4 to 3.12, AN4221 rev 13 chapter 2; Readout Unprotect erases the flash:
RM0444 rev 5, read protection (p. 93).
"""

from binascii import hexlify

from ..bootloader.commands import (
    BANK_1_ERASE_CODE,
    BANK_2_ERASE_CODE,
    COMMANDS,
    ERASE,
    EXTENDED_ERASE,
    GO,
    MASS_ERASE_CODE,
    NS_EXTENDED_ERASE,
    NS_READOUT_PROTECT,
    NS_READOUT_UNPROTECT,
    NS_WRITE_MEMORY,
    NS_WRITE_PROTECT,
    NS_WRITE_UNPROTECT,
    READ_MEMORY,
    READOUT_PROTECT,
    READOUT_UNPROTECT,
    SHORT_MASS_ERASE_CODE,
    WRITE_MEMORY,
    WRITE_PROTECT,
    WRITE_UNPROTECT,
)
from ..bootloader.records import ACK, BAD_CHECKSUM, BAD_COMPLEMENT, COMMAND, INCOMPLETE, REFUSED
from ..devices import families, family_named
from ..devices.family import KIB
from .layout import FLASH_BASE, FLASH_MOST
from .records import (
    BANK_ERASE,
    ERASE_PENDING,
    MASS_ERASE,
    OPTION_PROGRAM,
    OPTION_PROGRAMMING,
    PAGE_ERASE,
    PROGRAM,
    PROGRAM_PENDING,
    READ,
)
from .records import GO as STARTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional, Tuple  # novm

    from ..bootloader.records import BootCommand
    from ..devices import Device, Family

    Range = Tuple[int, int]  # inclusive
    Ranges = Tuple[Range, ...]

# After the final ACK of a command that restarts the part, or starts a program, it may vanish for so
# long. Source: chrome-ec util/stm32mon.c, the pause after such a command.
RESTART_S = 0.100

# A reset that the part makes itself pulls NRST low for 20 us at least (RM0444, system reset: pulse
# generator); 1.1 ms were measured on an STM32F429 (sigrok-dumps), 5 ms leave room for a capacitor.
OWN_RESET_S = (20e-6, 5e-3)

ERASING = frozenset((ERASE, EXTENDED_ERASE, NS_EXTENDED_ERASE))
WRITING = frozenset((WRITE_MEMORY, NS_WRITE_MEMORY))
UNPROTECTING = frozenset((READOUT_UNPROTECT, NS_READOUT_UNPROTECT))
FAULTS = frozenset((BAD_CHECKSUM, BAD_COMPLEMENT, INCOMPLETE))  # nothing is done for such a frame

ERASES = {
    MASS_ERASE_CODE: MASS_ERASE,
    SHORT_MASS_ERASE_CODE: MASS_ERASE,
    BANK_1_ERASE_CODE: BANK_ERASE,
    BANK_2_ERASE_CODE: BANK_ERASE,
}
SIMPLE = {READ_MEMORY: (READ,), GO: (STARTED,)}  # type: Dict[int, Tuple[str, ...]]

# What an option command asks for: name, new value; None: the list of sectors.
CHANGES = {
    WRITE_PROTECT: ('WRP', None),
    NS_WRITE_PROTECT: ('WRP', None),
    WRITE_UNPROTECT: ('WRP', 'none'),
    NS_WRITE_UNPROTECT: ('WRP', 'none'),
    READOUT_PROTECT: ('RDP', 'level 1'),
    NS_READOUT_PROTECT: ('RDP', 'level 1'),
    READOUT_UNPROTECT: ('RDP', 'level 0'),
    NS_READOUT_UNPROTECT: ('RDP', 'level 0'),
}  # type: Dict[int, Tuple[str, Optional[str]]]


def option_ranges(family_name: 'Optional[str]') -> 'Ranges':
    """Return where option bytes may lie: of the family that the user named, else of all."""
    family = family_named(family_name) if family_name else None
    known = (family,) if family else families()
    return tuple(area for one in known for area in one.options.memory_ranges)


def is_option(address: 'Optional[int]', ranges: 'Ranges') -> 'bool':
    """Tell whether `address` lies in option memory."""
    return address is not None and any(first <= address <= last for first, last in ranges)


def flash_range(family: 'Optional[Family]', device: 'Optional[Device]' = None) -> 'Range':
    """Return where main flash is; of a part that is not known, where it may be."""
    base = FLASH_BASE if family is None else family.flash.memory_base
    size = FLASH_MOST if device is None else device.max_flash_kib * KIB
    return base, base + size - 1


def window_of(opcode: 'int', address: 'Optional[int]', ranges: 'Ranges', flash: 'Range') -> 'str':
    """Return the kind of window in which a command is pending, '' for none: a write to RAM is none.

    ranges: where the option bytes are. flash: where main flash is.
    """
    if opcode in CHANGES:
        return OPTION_PROGRAMMING
    if opcode in ERASING:
        return ERASE_PENDING
    if opcode not in WRITING:
        return ''
    if is_option(address, ranges):
        return OPTION_PROGRAMMING
    in_flash = address is not None and flash[0] <= address <= flash[1]
    return PROGRAM_PENDING if in_flash else ''


def operations_of(command: 'BootCommand', ranges: 'Ranges') -> 'Tuple[str, ...]':
    """Return the kinds of FlashOperation that a command orders."""
    if command.opcode in UNPROTECTING:
        return (MASS_ERASE, OPTION_PROGRAM)
    if command.opcode in CHANGES:
        return (OPTION_PROGRAM,)
    if command.opcode in ERASING:
        if command.special is None:
            return (PAGE_ERASE,)
        return (ERASES[command.special],) if command.special in ERASES else ()
    if command.opcode in WRITING:
        return (OPTION_PROGRAM if is_option(command.address, ranges) else PROGRAM,)
    return SIMPLE.get(command.opcode, ())


def change_of(command: 'BootCommand', ranges: 'Ranges') -> 'Optional[Tuple[str, str]]':
    """Return (name, new value) of the option that a command asks to change, None for none."""
    if command.outcome == REFUSED:
        return None
    if command.opcode in CHANGES:
        name, value = CHANGES[command.opcode]
        return name, _sectors(command.pages) if value is None else value
    if command.opcode in WRITING and is_option(command.address, ranges):
        return '0x{:08X}'.format(command.address or 0), hexlify(command.data).decode()
    return None


def begun(command: 'BootCommand') -> 'int':
    """Return the sample from which the part can have been at work on a command, -1 if it never was.

    That is the end of the frame that completes the order, of its ACK where the opcode is all of it.
    """
    sent = [step for step in command.steps if step.sent]
    if not sent or (command.outcome in FAULTS and command.status != ACK):
        return -1
    if not _is_ordered(command, len(sent)):
        return -1
    if sent[-1].name == COMMAND:
        return sent[-1].end if command.accepted else -1
    return sent[-1].due


def _is_ordered(command: 'BootCommand', frames: 'int') -> 'bool':
    """Tell whether the host has sent all of the frames that the command needs."""
    if command.opcode in ERASING:
        return command.special is not None or bool(command.pages)
    row = COMMANDS.get(command.opcode)
    forms = row.steps.get(command.transport, ()) if row else ()
    needed = [form for form in forms if form.frame is not None and not form.optional]
    return frames >= len(needed) > 0


def _sectors(numbers: 'Tuple[int, ...]') -> 'str':
    return 'sectors ' + ', '.join(str(number) for number in numbers)
