"""BLP021 response-length: an answer is shorter or longer than it says of itself.

What
Get and Get ID answer with a count, and Get Checksum with a fixed number of bytes. Fewer bytes than
that were read, or more.

Why it matters
What is missing is lost, what is too much is taken for the next status: the host is out of step, or
decides by half a list of commands, or half an ID.

What to do
Read the count first, then as many bytes as it says, then the status. Over I2C read the whole answer
in one transfer: count, and count + 1 bytes.

False alarms and guards
An answer that the end of the capture, a gap or a reset cuts short is none of this.

Example
  host    02 FD
  loader  79 / 01 04          one byte is missing, and the host goes on with another command
Told as: "Get ID (0x02) was answered with 2 bytes where 3 are due: 01 04".

Source
AN3155 and AN4221, Get, Get ID and Get Checksum commands.
Two good bytes, then 0x1F, STM32G070 [G070GET],
https://qa-community.st.com/stm32-mcus-products-44/stm32g070cb-v1-2-bootloader-issues-with-some-commands-139272
Lengths by version over I2C [STM32FLASH], https://github.com/stm32duino/stm32flash
"""

from ...bootloader.commands import COMMANDS, GET, GET_CHECKSUM, GET_ID
from ...bootloader.records import (
    FINAL,
    OTHER,
    REPLY,
    RESET,
    TARGET,
    TRUNCATED,
    BootCommand,
    BootStatus,
    UnexpectedBytes,
)
from ...lines import CaptureGap
from ..frames import step_named
from ..naming import bytes_text, command_text, number_text, opcode_key
from ..occurrences import Occurrences
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional  # novm

    from ...bootloader.commands import Reply
    from ...context import Context
    from ..rule import Finding

JUDGED = (GET, GET_ID, GET_CHECKSUM)
SHOWN = 24  # bytes
ADVICE = (
    'Read the count first, then as many bytes as it says, then the status.',
    'Over I2C read the whole answer in one transfer, and no byte more.',
)


class ResponseLength(TargetRule):
    """Counts the bytes of answers that say how long they are."""

    info = RuleInfo(
        'BLP021',
        'response-length',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'an answer is shorter or longer than it says of itself',
        'AN3155, AN4221: Get, Get ID and Get Checksum commands',
    )
    consumes = (BootCommand, BootStatus, CaptureGap, UnexpectedBytes)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ResponseLength, self).__init__(context, bus)
        self._last = None  # type: Optional[BootCommand]  # whose answer may go on
        self._extra = b''  # bytes in the place of its final status that are none
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge the answer of a command, and what comes after it."""
        if isinstance(record, CaptureGap):
            self._last = None
            return []
        if isinstance(record, BootStatus):
            if record.step == FINAL and record.status == OTHER:
                self._extra += bytes((record.value,))
            return []
        if isinstance(record, BootCommand):
            return self._judge(record)
        return self._goes_on(record)

    def _judge(self, command: 'BootCommand') -> 'List[Finding]':
        self._last = None
        extra, self._extra = self._extra, b''
        if command.opcode not in JUDGED or command.outcome in (TRUNCATED, RESET):
            return []
        step, reply = step_named(command, REPLY), reply_of(command)
        if step is None or reply is None:
            return []
        due = reply.length(step.received, command.length or 0)
        last = command.steps[-1]
        received = step.received + extra + last.received * (last.name == FINAL)
        if due is None or len(received) == due:
            self._last = command
            return []
        return [self._add(command, step.start, command.end, received, due)]

    def _goes_on(self, rest: 'UnexpectedBytes') -> 'List[Finding]':
        """UART: bytes after an answer that seemed to be whole."""
        command, self._last = self._last, None
        if command is None or rest.sender != TARGET or rest.opcode != command.opcode:
            return []
        step, reply = step_named(command, REPLY), reply_of(command)
        if step is None or reply is None:
            return []
        due = reply.length(step.received, command.length or 0)
        return [self._add(command, step.start, rest.end, step.received + rest.data, due or 0)]

    def _add(
        self, command: 'BootCommand', start: 'int', end: 'int', received: 'bytes', due: 'int'
    ) -> 'Finding':
        sentence = '{} was answered with {} where {} are due: {}{}'.format(
            command_text(command.opcode),
            number_text(len(received), 'byte'),
            due,
            bytes_text(received[:SHOWN]),
            ' ...' if len(received) > SHOWN else '',
        )
        first = self._first.setdefault(command.opcode, sentence)
        seen = self._seen.setdefault(command.opcode, Occurrences())
        seen.add(start, end, sentence + ' (AN3155, AN4221)')
        return self.counted(seen, first, ADVICE, key=opcode_key(command.opcode))


def reply_of(command: 'BootCommand') -> 'Optional[Reply]':
    """Return the form of a command's answer; None where it has none."""
    forms = COMMANDS[command.opcode].steps.get(command.transport, ())
    return next((form.reply for form in forms if form.reply is not None), None)


RULE = ResponseLength
