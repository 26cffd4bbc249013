"""BLP020 nack-ignored: the host goes on with a command that was refused, or not answered.

What
A step of a command was answered NACK (0x1F), or not at all, and the host sends the next frame of
the same command: the address after a refused opcode, say.

Why it matters
After NACK the loader waits for a new command. What the host sends then is taken for one: its bytes
are refused two by two, or, by chance, are a command; data can be taken for orders. Without an
answer, the host does not know whether the loader is there.

What to do
Stop at the first NACK, and after a missing status; send 0x7F (UART) or a command of which NACK is
expected, and begin the command anew.

False alarms and guards
A new command, or the same one again, is no "going on". Only a whole frame with the right checksum,
of the kind that comes next in this command, counts. A host that is captured alone (UART) may have
had its answers. Over I2C the host has to read a status: one that was not read counts as missing.

Example
  host    31 CE             loader  1F      Write Memory is refused
  host    08 00 00 00 08    loader  1F 1F   ... and the address is sent all the same
Told as: "After NACK (0x1F) to Write Memory (0x31) the host went on with it: 08 00 00 00 08".

Source
AN3155 and AN4221, description of each command: a NACK ends it.
ACK and NACK out of step, STM32F411 [F411D],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32f411re-nucleo-usart-bootloader-issue-13284
"""

from ...bootloader.commands import COMMANDS
from ...bootloader.records import (
    HOST as SENT_BY_HOST,
)
from ...bootloader.records import (
    NACK,
    NONE,
    REFUSED,
    UNHEARD,
    BootCommand,
    UnexpectedBytes,
)
from ...lines import CaptureGap
from ..naming import answer_text, bytes_text, command_text, opcode_key
from ..occurrences import Occurrences
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple  # novm

    from ...bootloader.commands import Frame
    from ...bootloader.records import Step
    from ...context import Context
    from ..rule import Finding

SHOWN = 8  # bytes
ADVICE = (
    'Stop at the first NACK, and where a status is missing, and synchronise again.',
    'Begin the command anew: what was sent after the NACK was taken for other commands.',
)


class NackIgnored(TargetRule):
    """Looks at what the host sends after a step that was not acknowledged."""

    info = RuleInfo(
        'BLP020',
        'nack-ignored',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the host goes on with a command that was refused, or not answered',
        'AN3155, AN4221: a NACK ends a command',
    )
    consumes = (BootCommand, CaptureGap, UnexpectedBytes)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(NackIgnored, self).__init__(context, bus)
        self._refused = None  # type: Optional[BootCommand]  # the last command, if it was
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a command by its own steps, and what came after one that was refused."""
        if isinstance(record, CaptureGap):
            self._refused = None
            return []
        if isinstance(record, UnexpectedBytes):
            return self._bytes(record)
        refused, self._refused = self._refused, None
        if refused is not None and record.opcode < 0 and record.steps:
            step = record.steps[0]
            frame = next_frame(refused)
            if frame is not None and frame.is_good(step.sent, 0):
                return [self._add(refused.opcode, step.start, step.due, NACK, step.sent)]
        if record.outcome == REFUSED and record.opcode in COMMANDS:
            self._refused = record
        return [] if record.outcome == UNHEARD else self._unanswered(record)

    def _bytes(self, record: 'UnexpectedBytes') -> 'List[Finding]':
        """UART: a frame that comes next in the command that was refused."""
        refused = self._refused
        if refused is None or record.sender != SENT_BY_HOST or record.opcode != refused.opcode:
            return []
        self._refused = None
        return [self._add(record.opcode, record.start, record.end, NACK, record.data)]

    def _unanswered(self, command: 'BootCommand') -> 'List[Finding]':
        """A step without a status, and the next frame after it."""
        found = unanswered(command)
        if found is None:
            return []
        before, after = found
        return [self._add(command.opcode, before.start, after.due, NONE, after.sent)]

    def _add(
        self, opcode: 'int', start: 'int', end: 'int', status: 'str', sent: 'bytes'
    ) -> 'Finding':
        more = ' ...' if len(sent) > SHOWN else ''
        sentence = 'After {} to {} the host went on with it: {}{}'.format(
            answer_text(status), command_text(opcode), bytes_text(sent[:SHOWN]), more
        )
        first = self._first.setdefault(opcode, sentence)
        seen = self._seen.setdefault(opcode, Occurrences())
        seen.add(start, end, sentence + '; only ACK (0x79) lets a command go on (AN3155, AN4221)')
        return self.counted(seen, first, ADVICE, key=opcode_key(opcode))


def next_frame(command: 'BootCommand') -> 'Optional[Frame]':
    """Return the frame that comes after the steps of a command; None for none."""
    row = COMMANDS.get(command.opcode)
    forms = () if row is None else row.steps.get(command.transport, ())
    return forms[len(command.steps)].frame if len(command.steps) < len(forms) else None


def unanswered(command: 'BootCommand') -> 'Optional[Tuple[Step, Step]]':
    """Return a step without a status and the frame that was sent after it; None for none."""
    if command.opcode < 0:
        return None
    for before, after in zip(command.steps, command.steps[1:]):
        if before.sent and after.sent and before.status == NONE:
            return before, after
    return None


RULE = NackIgnored
