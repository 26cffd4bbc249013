"""UART001 parity-missing: the host sends without the even parity bit that the loader wants.

What
The host's bytes are framed otherwise than 8 data bits with even parity, as measured on its line
(8N1 most often), or most of those that need a parity bit of 0 have a wrong one; and the loader
refuses what it is sent, or does not answer it.

Why it matters
The loader takes a byte with a wrong parity bit for no byte, or refuses it. Nothing can be done with
the part until the host is set right. The synchronisation does not show the mistake: 0x7F has seven
ones, so that its even parity bit is 1, which is the level of the idle line. The ACK to it proves
nothing; the first byte with an even number of ones, 0x00 say, or the second of two bytes without a
pause between them, is where the session breaks.

What to do
Set the host to 8 data bits, even parity, 1 stop bit: `stm32flash -m 8e1`, parity 'E' in a script;
an STM32 as the host needs a word length of 9 bits, since its parity bit counts as one of them. The
part has come to no harm. Reset it with BOOT0 high, if no erase or option write can be going on in
it, and begin with 0x7F again.

False alarms and guards
An ACK to 0x7F, or to a command whose bytes all have an odd number of ones and a pause after each,
is no sign that the parity is right, and its lack none that it is wrong: both are left out. What is
told about the line must be certain: frames without a pause that take 10 bit times, or bytes that
show no parity bit at all. One report says that a family took bytes without parity, so this is a
warning until a frame that needs the parity bit is refused or stays without an answer. Where the
loader acknowledges such frames and sends without parity itself, both agree, and the rule is
suppressed. If only the host's line is captured it cannot be more than a warning. Parity errors on
a line that is read with even parity count from UART001_WORDS (3) on, and only where the loader
took no command. Limit: UART001_ANSWER_S (0.1; the longest time to an answer that hosts see is far
below).

Example
  host    7F          loader  79         the sync byte, by accident with the right parity bit
  host    01 FE       loader  -          10 bit times each: 8N1
Told as: "the host sends 8N1 at 115200 baud, but the loader wants 8E1 (even parity): it did not
answer Get Version (0x01), though it had acknowledged 0x7F".

Source
AN3155, "USART bootloader code sequence": 8 bits, even parity, 1 stop bit.
All commands refused because of 8N1 [WL5P],
https://community.st.com/t5/stm32-mcus-wireless/stm32wl5moc-bootloader-nack/m-p/726790
ACK to 0x7F, NACK after the first byte of a command [F412N],
https://community.st.com/t5/stm32-mcus-embedded-software/problem-with-the-stm32-bootloader-s-uart-protocol/m-p/339472
A family that answers without parity [F207P],
https://community.st.com/t5/stm32-mcus-embedded-software/serial-communication-parity-bit/td-p/224741
"""

from collections import deque

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import (
    ABANDONED,
    ACK,
    NACK,
    NONE,
    OTHER,
    TIMEOUT,
    UART,
    BootCommand,
)
from ...lines import CaptureGap
from ...wire.uart import BAD_PARITY, EVEN, NO_PARITY, UartErrors
from ..naming import answer_text, bytes_text, command_text
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .formats import DATA_BITS, PARITY, WANTED, Formats, baud_text, bit_samples, format_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Deque, Iterable, List, Optional, Tuple, Union  # novm

    from ...bootloader.records import Step
    from ...context import Context
    from ...wire.uart import UartFormat
    from ..rule import Finding, Withdrawn

WORDS = 3
# AN3155 gives no time; a loader answers within 1 ms, hosts wait for 1 s (stm32flash stm32.c).
ANSWER_S = 0.1
FRAME_BITS = 11  # start, 8 data bits, parity, stop
MOST_EVIDENCE = 4
KEPT_ERRORS = 16
SHOWN = 8  # bytes of a frame

PROVES_NOTHING = (
    '0x7F acknowledged; it has seven ones, so its even parity bit is at the idle level anyway'
)
SENT = '{} sent {}: {}; expected 8 data bits, even parity, 1 stop bit (AN3155)'
ADVICE = (
    'Set the host to 8 data bits, even parity, 1 stop bit: `stm32flash -m 8e1`; on an STM32 as the'
    ' host a word length of 9 bits with even parity.',
    'If no erase or option write can be going on in the part: reset it with BOOT0 high, and begin'
    ' with 0x7F again. The part itself has come to no harm.',
)


class ParityMissing(Rule):
    """Compares the host's framing with what the loader wants, and with what the loader answers."""

    info = RuleInfo(
        'UART001',
        'parity-missing',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('uart',),
        False,
        'the host sends without the even parity bit that the loader wants',
        'AN3155: 8 bits, even parity, 1 stop bit; [WL5P], [F412N], [F207P]',
        YES,
    )
    consumes = Formats.CONSUMES + (UartErrors, BootCommand, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ParityMissing, self).__init__(context, bus)
        self._formats = Formats()
        self._is_spoken = False
        self._sync = None  # type: Optional[BootCommand]  # the last one that was acknowledged
        self._errors = deque(maxlen=KEPT_ERRORS)  # type: Deque[UartErrors]  # on the host's line
        self._run = (-1, 0)  # the last run of wrong parity bits: its start, and words so far
        self._bad = 0  # words with a wrong parity bit
        self._taken = 0  # frames that need the parity bit, and were acknowledged without
        self._right = 0  # commands accepted that were framed as they should be
        self._rejected = []  # type: List[Evidence]
        self._count = 0
        self._first = ''
        self._start = -1

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a command that has ended."""
        if isinstance(record, BootCommand):
            return self._command(record)
        if isinstance(record, UartErrors):
            if record.line == self._formats.host:
                self._errors.append(record)
                self._count_bad(record)
        elif isinstance(record, CaptureGap):
            self._sync = None
        else:
            self._formats.feed(record)
        return ()

    def missing(self) -> 'Tuple[str, ...]':
        """The host's line must be captured, and a loader spoken to."""
        is_seen = self._is_spoken and self._formats.has_host
        return () if is_seen else ("the host's line (tx), with a bootloader session",)

    def _command(self, command: 'BootCommand') -> 'Iterable[Union[Finding, Withdrawn]]':
        if command.transport != UART or not command.steps or command.opcode < 0:
            return ()
        self._is_spoken = True
        if command.opcode == SYNCHRONIZE:
            self._sync = command if command.status == ACK else None
            return ()
        known = self._formats.at(self._formats.host, command.start)
        if known is None:
            return ()
        told = self._how(known)
        if told is None:
            self._right += command.accepted
            return ()
        return self._judge(command, known, told)

    def _how(self, known: 'UartFormat') -> 'Optional[str]':
        """Return how the host sends, in words; None if that is right or not certain."""
        if (known.data_bits, known.parity) != (DATA_BITS, PARITY):
            is_plain = (known.data_bits, known.parity) == (DATA_BITS, NO_PARITY)
            return format_text(known) if known.certain or is_plain else None
        enough = self.context.limit('UART001_WORDS', WORDS)
        return 'a wrong parity bit' if self._bad >= enough and not self._right else None

    def _count_bad(self, errors: 'UartErrors') -> 'None':
        """Count words with a wrong parity bit; a run is told of several times."""
        if not errors.flags & BAD_PARITY:
            return
        start, count = self._run
        self._bad += errors.count - (count if errors.start == start else 0)
        self._run = (errors.start, errors.count)

    def _judge(
        self, command: 'BootCommand', known: 'UartFormat', told: 'str'
    ) -> 'Iterable[Union[Finding, Withdrawn]]':
        for step in command.steps:
            if not step.sent or not self._shows(step, known):
                continue
            if step.status == ACK:
                self._taken += 1
            elif step.status in (NACK, OTHER) or self._is_unanswered(command, step):
                self._count += 1
                self._reject(step, told)
            elif self._is_target_captured():
                continue
            return self._tell(command, known, told, step)
        return ()

    def _reject(self, step: 'Step', told: 'str') -> 'None':
        if len(self._rejected) < MOST_EVIDENCE:
            answer = answer_text(step.status, step.value)
            text = SENT.format(bytes_text(step.sent[:SHOWN]), told, answer)
            self._rejected.append(Evidence(step.start, max(step.end, step.due), text))

    def _shows(self, step: 'Step', known: 'UartFormat') -> 'bool':
        """Tell whether the parity bit matters to the frame: it should be 0, or no pause stands for it.

        Read without parity and without errors, the line is high where that bit should be.
        """
        if known.parity != EVEN and any(
            error.start < step.due and step.start < error.end for error in self._errors
        ):
            return False
        if any(bin(byte).count('1') % 2 == 0 for byte in step.sent):
            return True
        bits = (step.due - step.start) / bit_samples(self.context, known.baud)
        return known.parity != EVEN and bits < FRAME_BITS * len(step.sent) - 0.5

    def _is_unanswered(self, command: 'BootCommand', step: 'Step') -> 'bool':
        """Tell whether the host waited in vain: it gave up, or the data goes on long enough."""
        if step.status != NONE or not self._is_target_captured():
            return False
        if command.status == TIMEOUT or command.outcome == ABANDONED:
            return True
        limit = self.context.limit('UART001_ANSWER_S', ANSWER_S)
        return self.context.longer(command.end - step.due, limit)

    def _is_target_captured(self) -> 'bool':
        return self._formats.target in self.context.roles or self._sync is not None

    def _tell(
        self, command: 'BootCommand', known: 'UartFormat', told: 'str', step: 'Step'
    ) -> 'List[Union[Finding, Withdrawn]]':
        if self._start < 0:
            self._start = command.start if self._sync is None else self._sync.start
        if self._taken:
            answers = self._formats.at(self._formats.target, command.end)
            if answers is not None and answers.certain and answers.parity == known.parity:
                by = 'the loader sends {} as well, and acknowledges'.format(format_text(answers))
                return [self.withdrawn(command.start, command.end, by)]
        self._first = self._first or self._sentence(command, known, told, step)
        evidence = list(self._rejected)
        if self._sync is not None:
            evidence.insert(0, Evidence(self._sync.start, self._sync.end, PROVES_NOTHING))
        is_sure = bool(self._rejected) and not self._taken
        return [
            self.finding(
                self._start,
                max(step.end, step.due),
                self._first,
                evidence,
                ADVICE,
                count=max(self._count, 1),
                severity=None if is_sure else Severity.WARNING,
            )
        ]

    def _sentence(
        self, command: 'BootCommand', known: 'UartFormat', told: 'str', step: 'Step'
    ) -> 'str':
        at = baud_text(self.context, known.baud)
        name = command_text(command.opcode)
        sentence = 'The host sends {} at {}, but the loader wants {} (even parity)'.format(
            told, at, WANTED
        )
        if not self._is_target_captured():
            return sentence + '; whether it answers is not captured'
        if step.status == ACK:
            return sentence + ', though it acknowledged {}'.format(name)
        what = 'did not answer' if step.status == NONE else 'refused'
        sentence += ': it {} {}'.format(what, name)
        return sentence + ('' if self._sync is None else ', though it had acknowledged 0x7F')


RULE = ParityMissing
