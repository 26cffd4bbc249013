"""The bootloader's commands: opcodes, frames, answers and what a command does to the part.

Sources: AN3155 (USART) and AN4221 (I2C), chapter "Bootloader command set" of each; AN2662 rev 1
tables 3 and 4; the I2C framing of 0x44, 0x45, 0x50, 0x51, 0x63 and 0x64 as in STMicroelectronics/
stm32-mw-openbl Modules/I2C/openbl_i2c_cmd.c; Get Checksum as in stm32duino/stm32flash stm32.c.
"""

from ..bits import big_endian, checksum
from ..record import NamedTuple
from .records import (
    ACK,
    ADDRESS,
    BUSY,
    COMMAND,
    COUNT,
    DATA,
    FINAL,
    I2C,
    LENGTH,
    NACK,
    OTHER,
    REPLY,
    UART,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Optional, Tuple  # novm

# Status bytes. Source: AN3155 chapter 3, AN4221 chapter 2; BUSY: AN4221, "No-Stretch" commands.
ACK_BYTE = 0x79
NACK_BYTE = 0x1F
BUSY_BYTE = 0x76
STATUS = {
    I2C: {ACK_BYTE: ACK, NACK_BYTE: NACK, BUSY_BYTE: BUSY},
    UART: {ACK_BYTE: ACK, NACK_BYTE: NACK},
}

# Opcodes. Source: AN3155 rev 14 table 2, AN4221 rev 13 table 2; SPEED: AN3154 (CAN only).
GET = 0x00
GET_VERSION = 0x01
GET_ID = 0x02
SPEED = 0x03
READ_MEMORY = 0x11
GO = 0x21
WRITE_MEMORY = 0x31
NS_WRITE_MEMORY = 0x32
ERASE = 0x43
EXTENDED_ERASE = 0x44
NS_EXTENDED_ERASE = 0x45
SPECIAL = 0x50
EXTENDED_SPECIAL = 0x51
WRITE_PROTECT = 0x63
NS_WRITE_PROTECT = 0x64
WRITE_UNPROTECT = 0x73
NS_WRITE_UNPROTECT = 0x74
READOUT_PROTECT = 0x82
NS_READOUT_PROTECT = 0x83
READOUT_UNPROTECT = 0x92
NS_READOUT_UNPROTECT = 0x93
GET_CHECKSUM = 0xA1
SYNCHRONIZE = 0x7F  # UART: no command but a byte of its own, by which the loader measures the rate

BASIC_COMMANDS = frozenset((GET, GET_VERSION, GET_ID))  # every loader offers them

# Not a command: hosts send it to get a NACK, and with it the loader's attention. Source: stm32flash
# stm32.c, STM32_CMD_ERR.
RESYNC = 0xFF

UNKNOWN_COMMAND = 'unknown command'

# Erase codes that take the place of a count. Source: AN3155 3.8, AN4221 2.7; the others of 0xFFF0
# to 0xFFFC are reserved and refused (openbl_i2c_cmd.c).
MASS_ERASE_CODE = 0xFFFF
BANK_1_ERASE_CODE = 0xFFFE
BANK_2_ERASE_CODE = 0xFFFD
ERASE_CODES = tuple(range(0xFFF0, 0x10000))
SHORT_MASS_ERASE_CODE = 0xFF  # of Erase (0x43). Source: AN3155 3.7

# What the payload of a frame says.
OPCODE = 'opcode'
MEMORY_ADDRESS = 'address'
READ_LENGTH = 'length'  # one byte, the number less one
WORD_LENGTH = 'word length'  # four bytes, the number itself
PAYLOAD = 'payload'
BLOCK = 'block'  # of a special command
ITEM_COUNT = 'item count'  # of pages or sectors, in the frame that follows
ITEMS = 'items'
SUB_OPCODE = 'sub-opcode'
NOTHING = ''


class Frame(
    NamedTuple(
        'Frame',
        [
            ('says', str),
            ('head', int),  # bytes of a leading count, 0 for none
            (
                'fixed',
                int,
            ),  # bytes of payload where there is no count; -1: as an earlier frame announced
            ('unit', int),  # bytes of one counted item
            ('plus', int),  # what is added to the count: 1 where it is the number less one
            ('codes', 'Tuple[int, ...]'),  # counts that are orders of their own: no items follow
        ],
    )
):
    """A frame of the host. After all of this comes one more byte, the checksum over it."""

    __slots__ = ()

    def length(self, data: 'bytes', announced: 'int') -> 'Optional[int]':
        """Return the number of bytes, checksum included; None where `data` has not yet the count.

        announced: number of items that an earlier frame announced.
        """
        if self.fixed < 0:
            return announced * self.unit + 1
        if not self.head:
            return self.fixed + 1
        if len(data) < self.head:
            return None
        count = big_endian(data[: self.head])
        items = 0 if count in self.codes else count + self.plus
        return self.head + items * self.unit + 1

    @property
    def is_list(self) -> 'bool':
        """Its length varies: what came of it means something even where the rest is missing."""
        return bool(self.head) or self.fixed < 0

    def is_whole(self, data: 'bytes', announced: 'int') -> 'bool':
        """Tell whether `data` is as long as it should be."""
        return len(data) == self.length(data, announced)

    def is_good(self, data: 'bytes', announced: 'int') -> 'bool':
        """Tell whether `data` is as long as it should be and has the right checksum."""
        return self.is_whole(data, announced) and self.adds_up(data)

    def adds_up(self, data: 'bytes') -> 'bool':
        """Tell whether the last byte of a whole frame is its checksum.

        A list of one item may carry its XOR, which is the item (openbl_i2c_cmd.c), or its
        complement (AN4221).
        """
        payload, last = data[:-1], data[-1]
        single_item = self.fixed < 0 and len(payload) == 1
        return last == checksum(payload) or (single_item and last == payload[0])


class Reply(
    NamedTuple(
        'Reply',
        [
            ('head', int),  # bytes of a leading count, 0 for none
            ('plus', int),  # what is added to the count
            ('fixed', int),  # bytes where there is no count; -1: as many as the host asked for
            ('tail', int),  # bytes of checksum at the end
            ('kept', bool),  # the bytes between are the command's data
        ],
    )
):
    """Bytes from the target that are no status."""

    __slots__ = ()

    def length(self, data: 'bytes', asked: 'int') -> 'Optional[int]':
        """Return the number of bytes; None where `data` has not yet the count.

        asked: number of bytes that the host asked for.
        """
        if not self.head:
            return (asked if self.fixed < 0 else self.fixed) + self.tail
        if len(data) < self.head:
            return None
        return self.head + big_endian(data[: self.head]) + self.plus + self.tail


class StepForm(
    NamedTuple(
        'StepForm',
        [
            ('name', str),  # as in Step
            ('frame', 'Optional[Frame]'),  # what the host sends first
            (
                'other_frame',
                'Optional[Frame]',
            ),  # another form that ends the command: one frame for two
            ('reply', 'Optional[Reply]'),  # what the target sends; no status belongs to it
            ('busy', bool),  # BUSY may come before the status
            ('optional', bool),  # may be left out, or come several times
        ],
    )
):
    """One step of a command: a frame with its status, a status alone, or a reply."""

    __slots__ = ()


class Command(
    NamedTuple(
        'Command',
        [
            ('opcode', int),
            ('name', str),
            (
                'steps',
                'Mapping[str, Tuple[StepForm, ...]]',
            ),  # transport -> steps; absent: not offered there
            ('no_stretch', bool),  # answers BUSY where its twin stretches SCL
            ('twin', 'Optional[int]'),  # opcode of the (no-)stretch form
            ('changes_options', bool),
            ('restarts_part', bool),  # a reset follows the final ACK
            ('gated_by_rdp', bool),  # refused while the part is read protected
        ],
    )
):
    """A row of the command table."""

    __slots__ = ()


# Frames. The checksum is the XOR of all bytes before it; of a single byte its complement.
# Source: AN3155 chapter 3, AN4221 chapter 2; openbl_i2c_cmd.c for those that differ on I2C.
OPCODE_FRAME = Frame(OPCODE, 0, 1, 0, 0, ())
ADDRESS_FRAME = Frame(MEMORY_ADDRESS, 0, 4, 0, 0, ())
LENGTH_FRAME = Frame(READ_LENGTH, 0, 1, 0, 0, ())
WORD_LENGTH_FRAME = Frame(WORD_LENGTH, 0, 4, 0, 0, ())
WORD_FRAME = Frame(NOTHING, 0, 4, 0, 0, ())
WRITE_FRAME = Frame(PAYLOAD, 1, 0, 1, 1, ())
SUB_OPCODE_FRAME = Frame(SUB_OPCODE, 0, 2, 0, 0, ())
BLOCK_FRAME = Frame(BLOCK, 2, 0, 1, 0, ())
# I2C: counts and lists are frames of their own.
PAGE_COUNT_FRAME = Frame(ITEM_COUNT, 0, 2, 0, 1, ERASE_CODES)
PAGE_LIST_FRAME = Frame(ITEMS, 0, -1, 2, 0, ())
SECTOR_COUNT_FRAME = Frame(ITEM_COUNT, 0, 1, 0, 1, ())
SECTOR_LIST_FRAME = Frame(ITEMS, 0, -1, 1, 0, ())
# UART: count and list together.
COUNTED_PAGES_FRAME = Frame(ITEMS, 2, 0, 2, 1, ERASE_CODES)
SHORT_PAGES_FRAME = Frame(ITEMS, 1, 0, 1, 1, (SHORT_MASS_ERASE_CODE,))
COUNTED_SECTORS_FRAME = Frame(ITEMS, 1, 0, 1, 1, ())

# Replies. Source: AN3155 3.1 to 3.4, AN4221 2.1 to 2.4; option bytes in Get Version: UART only.
COUNTED_REPLY = Reply(1, 1, 0, 0, True)
VERSION_REPLY = Reply(0, 0, 1, 0, True)
UART_VERSION_REPLY = Reply(0, 0, 3, 0, True)
MEMORY_REPLY = Reply(0, 0, -1, 0, True)
CHECKSUM_REPLY = Reply(0, 0, 4, 1, True)
RESULT_REPLY = Reply(2, 0, 0, 0, True)
STATUS_REPLY = Reply(2, 0, 0, 0, False)


def _sent(name: 'str', frame: 'Frame', busy: 'bool' = False) -> 'StepForm':
    return StepForm(name, frame, None, None, busy, False)


def _answered(reply: 'Reply') -> 'StepForm':
    return StepForm(REPLY, None, None, reply, False, False)


def _final(busy: 'bool' = False) -> 'StepForm':
    return StepForm(FINAL, None, None, None, busy, False)


OPCODE_STEP = _sent(COMMAND, OPCODE_FRAME)
ADDRESS_STEP = _sent(ADDRESS, ADDRESS_FRAME)
ONLY_OPCODE = (OPCODE_STEP,)

_GET = (OPCODE_STEP, _answered(COUNTED_REPLY), _final())
_VERSION_I2C = (OPCODE_STEP, _answered(VERSION_REPLY), _final())
_VERSION_UART = (OPCODE_STEP, _answered(UART_VERSION_REPLY), _final())
_READ = (OPCODE_STEP, ADDRESS_STEP, _sent(LENGTH, LENGTH_FRAME), _answered(MEMORY_REPLY))
_GO = (OPCODE_STEP, ADDRESS_STEP)
_ERASE_SHORT = (OPCODE_STEP, _sent(DATA, SHORT_PAGES_FRAME))
_ERASE_UART = (OPCODE_STEP, _sent(DATA, COUNTED_PAGES_FRAME))
_PROTECT_UART = (OPCODE_STEP, _sent(DATA, COUNTED_SECTORS_FRAME))
_SPECIAL = (
    OPCODE_STEP,
    _sent(DATA, SUB_OPCODE_FRAME),
    _sent(DATA, BLOCK_FRAME),
    _answered(RESULT_REPLY),
    _answered(STATUS_REPLY),
    _final(),
)
_EXTENDED_SPECIAL = (
    OPCODE_STEP,
    _sent(DATA, SUB_OPCODE_FRAME),
    _sent(DATA, BLOCK_FRAME),
    _sent(DATA, BLOCK_FRAME),
    _answered(STATUS_REPLY),
    _final(),
)
# AN3155 rev 14 and later: optional polynomial and initial value between length and result.
_CHECKSUM = (
    OPCODE_STEP,
    ADDRESS_STEP,
    _sent(LENGTH, WORD_LENGTH_FRAME),
    StepForm(DATA, WORD_FRAME, None, None, False, True),
    _final(),
    _answered(CHECKSUM_REPLY),
)


def _write(busy: 'bool') -> 'Tuple[StepForm, ...]':
    return (OPCODE_STEP, ADDRESS_STEP, _sent(DATA, WRITE_FRAME, busy))


def _erase_i2c(busy: 'bool') -> 'Tuple[StepForm, ...]':
    """Count and pages; BUSY comes after the pages, or after a special code."""
    count = StepForm(COUNT, PAGE_COUNT_FRAME, COUNTED_PAGES_FRAME, None, busy, False)
    return (OPCODE_STEP, count, _sent(DATA, PAGE_LIST_FRAME, busy))


def _protect_i2c(busy: 'bool') -> 'Tuple[StepForm, ...]':
    return (OPCODE_STEP, _sent(LENGTH, SECTOR_COUNT_FRAME), _sent(DATA, SECTOR_LIST_FRAME, busy))


def _one_shot(busy: 'bool') -> 'Tuple[StepForm, ...]':
    return (OPCODE_STEP, _final(busy))


# What else is known of a command.
_GATED = 1  # refused while the part is read protected
_OPTIONS = 2  # changes option bytes; a reset follows the final ACK
_NO_STRETCH = 4

# opcode, name, steps on I2C, steps on UART, the twin that does (not) stretch, flags
# Source of the order of steps: AN3155 chapter 3 (UART), AN4221 chapter 2 (I2C). Of _GATED: AN3155
# table 2, note on read protection; 0x50 and 0x51 are not gated in openbl_i2c_cmd.c. Of _OPTIONS:
# AN2662 p. 32 to 36, the "system reset" at the end of the protection commands.
_TABLE = (
    (GET, 'Get', _GET, _GET, None, 0),
    (GET_VERSION, 'Get Version', _VERSION_I2C, _VERSION_UART, None, 0),
    (GET_ID, 'Get ID', _GET, _GET, None, 0),
    (SPEED, 'Speed', None, None, None, 0),
    (READ_MEMORY, 'Read Memory', _READ, _READ, None, _GATED),
    (GO, 'Go', _GO, _GO, None, _GATED),
    (WRITE_MEMORY, 'Write Memory', _write(False), _write(False), NS_WRITE_MEMORY, _GATED),
    (NS_WRITE_MEMORY, 'No-Stretch Write Memory', _write(True), None, WRITE_MEMORY, _GATED | _NO_STRETCH),
    (ERASE, 'Erase', None, _ERASE_SHORT, None, _GATED),
    (EXTENDED_ERASE, 'Extended Erase', _erase_i2c(False), _ERASE_UART, NS_EXTENDED_ERASE, _GATED),
    (NS_EXTENDED_ERASE, 'No-Stretch Extended Erase', _erase_i2c(True), None, EXTENDED_ERASE, _GATED | _NO_STRETCH),
    (SPECIAL, 'Special', _SPECIAL, _SPECIAL, None, 0),
    (EXTENDED_SPECIAL, 'Extended Special', _EXTENDED_SPECIAL, _EXTENDED_SPECIAL, None, 0),
    (WRITE_PROTECT, 'Write Protect', _protect_i2c(False), _PROTECT_UART, NS_WRITE_PROTECT, _GATED | _OPTIONS),
    (NS_WRITE_PROTECT, 'No-Stretch Write Protect', _protect_i2c(True), None, WRITE_PROTECT, _GATED | _OPTIONS | _NO_STRETCH),
    (WRITE_UNPROTECT, 'Write Unprotect', _one_shot(False), _one_shot(False), NS_WRITE_UNPROTECT, _GATED | _OPTIONS),
    (NS_WRITE_UNPROTECT, 'No-Stretch Write Unprotect', _one_shot(True), None, WRITE_UNPROTECT, _GATED | _OPTIONS | _NO_STRETCH),
    (READOUT_PROTECT, 'Readout Protect', _one_shot(False), _one_shot(False), NS_READOUT_PROTECT, _GATED | _OPTIONS),
    (NS_READOUT_PROTECT, 'No-Stretch Readout Protect', _one_shot(True), None, READOUT_PROTECT, _GATED | _OPTIONS | _NO_STRETCH),
    (READOUT_UNPROTECT, 'Readout Unprotect', _one_shot(False), _one_shot(False), NS_READOUT_UNPROTECT, _OPTIONS),
    (NS_READOUT_UNPROTECT, 'No-Stretch Readout Unprotect', _one_shot(True), None, READOUT_UNPROTECT, _OPTIONS | _NO_STRETCH),
    (GET_CHECKSUM, 'Get Checksum', _CHECKSUM, _CHECKSUM, None, _GATED),
    (SYNCHRONIZE, 'Synchronize', None, None, None, 0),
)  # fmt: skip


def _command(
    opcode: 'int',
    name: 'str',
    i2c: 'Optional[Tuple[StepForm, ...]]',
    uart: 'Optional[Tuple[StepForm, ...]]',
    twin: 'Optional[int]',
    flags: 'int',
) -> 'Command':
    offered_on = ((I2C, i2c), (UART, uart))
    return Command(
        opcode,
        name,
        {transport: steps for transport, steps in offered_on if steps is not None},
        bool(flags & _NO_STRETCH),
        twin,
        bool(flags & _OPTIONS),
        bool(flags & _OPTIONS),
        bool(flags & _GATED),
    )


COMMANDS = {row[0]: _command(*row) for row in _TABLE}


def command_named(opcode: 'int') -> 'str':
    """Return the name of the command `opcode`, UNKNOWN_COMMAND where the table has none."""
    return COMMANDS[opcode].name if opcode in COMMANDS else UNKNOWN_COMMAND


def offered(opcode: 'int', transport: 'str') -> 'bool':
    """Tell whether the protocol of `transport` has a command `opcode`."""
    return opcode in COMMANDS and transport in COMMANDS[opcode].steps


def status_of(transport: 'str', value: 'int') -> 'str':
    """Return ACK, NACK, BUSY or OTHER for a byte that was read where a status is due."""
    return STATUS[transport].get(value, OTHER)


def is_command_pair(data: 'bytes') -> 'bool':
    """Tell whether `data` is an opcode and its complement."""
    return OPCODE_FRAME.is_good(data, 0)
