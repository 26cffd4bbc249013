"""What the bootloader machines emit: commands, each status byte, what the loader said of itself."""

from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Tuple  # novm

# Transports of BootCommand.
I2C = 'i2c'
UART = 'uart'

# Status of a step or of a whole command.
ACK = 'ack'
NACK = 'nack'
BUSY = 'busy'  # of a step only: the last thing read was BUSY
OTHER = 'other'  # a byte that is no status was read where one was due
TIMEOUT = 'timeout'  # the host waited for a status and gave up
NONE = 'none'  # no status was asked for or seen

# Outcomes of BootCommand.
OK = 'ok'  # every step acknowledged
REFUSED = 'refused'  # a step answered NACK
BAD_COMPLEMENT = 'bad_complement'  # the two command bytes are not complements
BAD_CHECKSUM = 'bad_checksum'  # a frame's checksum is wrong, whatever the answer
INCOMPLETE = 'incomplete'  # the host stopped before a frame was whole
ABANDONED = 'abandoned'  # the host began another command before this one ended
RESET = 'reset'  # NRST or VDD fell first
VANISHED = 'vanished'  # the target no longer acknowledged its address
TRUNCATED = 'truncated'  # the data ends first
UNHEARD = 'unheard'  # UART: only the host's line is heard, so nobody knows what became of it

# Names of steps (phases of a command), in the wording of AN3155 and AN4221.
COMMAND = 'command'
ADDRESS = 'address'
LENGTH = 'length'  # number of bytes to read; of sectors to protect
DATA = 'data'  # bytes to write; page list; sector list; any block of a special command
COUNT = 'count'  # number of pages, or a special erase code
REPLY = 'reply'  # bytes from the target
FINAL = 'final'  # a last status that no frame precedes
SYNC = 'sync'  # UART: the byte 0x7F that the loader measures the rate by

# Who sent bytes on a UART.
HOST = 'host'
TARGET = 'target'


class Step(
    NamedTuple(
        'Step',
        [
            ('start', int),
            ('end', int),
            ('name', str),
            ('sent', bytes),  # the host's frame, checksum included; b'' where there is none
            ('status', str),  # ACK | NACK | BUSY | OTHER | NONE
            ('value', int),  # the status byte as read, -1 for none
            (
                'received',
                bytes,
            ),  # of REPLY: all that was read; else what came in the status's transfer after it
            (
                'due',
                int,
            ),  # end of the host's frame, or of the step before: from here on the target had to answer
        ],
    )
):
    """One frame of a command and the status that answered it, or one reply."""

    __slots__ = ()

    def __new__(
        cls,
        start: 'int',
        end: 'int',
        name: 'str',
        sent: 'bytes',
        status: 'str',
        value: 'int',
        received: 'bytes' = b'',
        due: 'int' = -1,
    ) -> 'Step':
        return super(Step, cls).__new__(cls, start, end, name, sent, status, value, received, due)


class BootCommand(
    NamedTuple(
        'BootCommand',
        [
            ('start', int),  # first edge of the command frame
            (
                'end',
                int,
            ),  # end of the last transfer that belongs to it, of NRST's fall, or of the data
            ('bus', str),
            ('transport', str),  # I2C | UART
            ('target', int),  # 7-bit I2C address; -1 on other transports
            ('opcode', int),  # as sent; -1 where the capture begins inside a command
            ('name', str),  # as in commands.py; 'unknown command' for an opcode not in the table
            ('steps', 'Tuple[Step, ...]'),
            ('address', 'Optional[int]'),  # of Read, Write, Go, Get Checksum
            ('length', 'Optional[int]'),  # bytes to read or written
            ('data', bytes),  # payload written, read or answered, without counts and checksums
            ('pages', 'Tuple[int, ...]'),  # page or sector numbers
            (
                'special',
                'Optional[int]',
            ),  # special erase code (0xFFFF, 0xFFFE, 0xFFFD) or special sub-opcode
            ('busy_count', int),
            ('busy_start', int),  # start of the first BUSY answer; 0 where busy_count is 0
            ('busy_end', int),  # end of the last BUSY answer; 0 where busy_count is 0
            ('status', str),  # last status: ACK | NACK | TIMEOUT | NONE
            ('outcome', str),
        ],
    )
):
    """One command of the bootloader, from its opcode to its last status."""

    __slots__ = ()

    @property
    def accepted(self) -> 'bool':
        """The opcode was acknowledged."""
        return bool(self.steps) and self.steps[0].name == COMMAND and self.steps[0].status == ACK

    @property
    def accepted_at(self) -> 'int':
        """End of the acknowledge of the opcode; `start` where there was none."""
        return self.steps[0].end if self.accepted else self.start


class BootStatus(
    NamedTuple(
        'BootStatus',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('target', int),
            ('opcode', int),
            ('step', str),  # the step that this status answers
            ('status', str),  # ACK | NACK | BUSY | OTHER
            ('value', int),
            ('busy_count', int),  # BUSY answers in this command so far, this one included
            ('busy_start', int),  # start of the first of them
            ('command_start', int),
            ('due', int),  # as in Step
            ('address', 'Optional[int]'),  # of the command, where it was sent already
        ],
    )
):
    """One status byte, emitted as it is read, so that a rule need not wait for the command to end.

    BUSY after the final ACK (Open Bootloader, Readout Unprotect) is told as a status of the command
    that has ended.
    """

    __slots__ = ()

    def __new__(
        cls,
        start: 'int',
        end: 'int',
        bus: 'str',
        target: 'int',
        opcode: 'int',
        step: 'str',
        status: 'str',
        value: 'int',
        busy_count: 'int',
        busy_start: 'int',
        command_start: 'int',
        due: 'int' = -1,
        address: 'Optional[int]' = None,
    ) -> 'BootStatus':
        return super(BootStatus, cls).__new__(
            cls,
            start,
            end,
            bus,
            target,
            opcode,
            step,
            status,
            value,
            busy_count,
            busy_start,
            command_start,
            due,
            address,
        )


class LoaderInfo(
    NamedTuple(
        'LoaderInfo',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('version', int),  # protocol version as sent: 0x11 is v1.1
            ('commands', 'Tuple[int, ...]'),  # opcodes offered; () where only Get Version was asked
            ('target', int),  # 7-bit I2C address; -1 on other transports
        ],
    )
):
    """What the loader said of itself in Get or Get Version."""

    __slots__ = ()

    def __new__(
        cls,
        start: 'int',
        end: 'int',
        bus: 'str',
        version: 'int',
        commands: 'Tuple[int, ...]',
        target: 'int' = -1,
    ) -> 'LoaderInfo':
        return super(LoaderInfo, cls).__new__(cls, start, end, bus, version, commands, target)


class DeviceIdentified(
    NamedTuple(
        'DeviceIdentified',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('dev_id', int),  # DBGMCU DEV_ID = the bootloader's product ID
            ('source', str),  # 'Get ID'
            ('target', int),  # 7-bit I2C address; -1 on other transports
        ],
    )
):
    """The part told which one it is."""

    __slots__ = ()

    def __new__(
        cls,
        start: 'int',
        end: 'int',
        bus: 'str',
        dev_id: 'int',
        source: 'str',
        target: 'int' = -1,
    ) -> 'DeviceIdentified':
        return super(DeviceIdentified, cls).__new__(cls, start, end, bus, dev_id, source, target)


class UartLines(
    NamedTuple(
        'UartLines',
        [
            ('start', int),  # first word that shows it
            ('end', int),  # word that proves it
            ('bus', str),
            ('host', str),  # TX | RX as the channels are named; '' where only the target was heard
            ('target', str),  # TX | RX; '' where only the host was heard
        ],
    )
):
    """On which line of a UART the host of a bootloader sends, and on which the loader.

    Told once it is certain that a bootloader is spoken there, and again where that changes (a line is
    heard for the first time). Both are the same line where host and loader share one wire. The wire
    decides, whatever the channels' names: of channels named from the target's side `host` is RX.
    """

    __slots__ = ()

    @property
    def one_wire(self) -> 'bool':
        """Host and loader share one line."""
        return self.host == self.target

    @property
    def swapped(self) -> 'bool':
        """The host sends on the line that is named as the one it receives on."""
        return 'rx' == self.host != self.target


class SyncAttempt(
    NamedTuple(
        'SyncAttempt',
        [
            ('start', int),  # of the byte 0x7F
            ('end', int),  # of its answer; of the byte itself where there is none
            ('bus', str),
            ('line', str),  # TX | RX: the one it was sent on
            ('answer', str),  # ACK | NACK | NONE; OTHER: only bytes came that are no status
            ('answered_at', int),  # start of the answer; -1 for none
            # what came before the answer and is no status (a 0x00 as the pin becomes an output);
            # all that came where `answer` is OTHER. At most KEPT_BYTES of them
            ('leading', bytes),
            # sample of what ended the wait: the answer, the host's next byte, a reset, a gap, the end
            ('until', int),
            (
                'ended',
                bool,
            ),  # False: a gap or the end of the data did, so it may have been answered
            ('number', int),  # 1 for the first since the data began or a reset, 2 for the next, ...
            (
                'again',
                bool,
            ),  # since then the loader has answered, or was in the middle of a command
            ('listening', str),  # line of the other side: TX | RX; '' where none is captured
            ('heard', int),  # words on that line so far in the capture, of this answer too
            ('certain', bool),  # a loader was recognised; False: so far nothing was sent but 0x7F
        ],
    )
):
    """A host sends 0x7F for the loader to measure its rate by. Known when it is answered, or given up.

    Told of a line where a loader is certain, and of one that has carried nothing but 0x7F since the data
    began or since the last reset: nobody says that a loader is there.
    Source: AN3155, "USART bootloader code sequence".
    """

    __slots__ = ()


class UnexpectedBytes(
    NamedTuple(
        'UnexpectedBytes',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('line', str),  # TX | RX
            ('sender', str),  # HOST | TARGET
            ('data', bytes),  # the first KEPT_BYTES of them
            ('count', int),
            ('opcode', int),  # of the command that was open or had just ended; -1 for none
        ],
    )
):
    """Bytes on a UART that belong to no command, while a loader is certain."""

    __slots__ = ()


class LocalEcho(
    NamedTuple(
        'LocalEcho',
        [
            ('start', int),  # first byte that came back
            ('end', int),  # the last one so far
            ('bus', str),
            ('line', str),  # TX | RX: where the host's bytes come back
            ('words', int),  # bytes of the host so far
            ('echoed', int),  # of these, the ones that came back within a byte time
            ('answers', int),  # bytes on `line` that are no echo
        ],
    )
):
    """The host's bytes appear on the other line too. Told at ECHO_MARKS of them and at the end.

    The bytes that came back are taken from the loader's answers.
    """

    __slots__ = ()


KEPT_BYTES = 64
ECHO_MARKS = (8, 100, 1000)
