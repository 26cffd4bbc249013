"""UART009 second-sync: 0x7F is sent to a loader that is in sync already.

What
0x7F is refused with NACK, or stays without an answer although the loader answered before, and then
commands are carried out.

Why it matters
It does not: official tools attach to a loader that runs already in this way. The loader takes the
second 0x7F for one half of a command and refuses it, or waits for the other half.

What to do
Nothing.

False alarms and guards
It is normal and never more than a note; without a command that works afterwards nothing is said.

Example
  host    7F          loader  1F
  host    00 FF       loader  79 ...
Told as: "0x7F was sent to a loader in sync already (NACK (0x1F)); commands work after it".

Source
AN3155, "USART bootloader code sequence": the rate is measured once.
A second 0x7F answered with NACK [L33], https://github.com/florisla/stm32loader/pull/33
"""

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import NACK, NONE, UART, BootCommand, SyncAttempt
from ..naming import answer_text
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List  # novm

    from ...context import Context
    from ..rule import Finding

MOST_HELD = 3  # as many as are shown

TEXT = '0x7F: {}; a loader in sync takes it for one half of a command (AN3155)'
SENTENCE = '0x7F was sent to a loader in sync already ({}); commands work after it'


class SecondSync(Rule):
    """Holds a 0x7F that was not acknowledged until a command works."""

    info = RuleInfo(
        'UART009',
        'second-sync',
        Severity.NOTE,
        Confidence.HIGH,
        HOST,
        ('uart', 'bootloader'),
        False,
        '0x7F is sent to a loader that is in sync already: normal',
        'AN3155: USART bootloader code sequence; [L33]',
        YES,
    )
    consumes = (SyncAttempt, BootCommand)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(SecondSync, self).__init__(context, bus)
        self._seen = Occurrences()
        self._first = ''
        self._held = []  # type: List[Evidence]
        self._count = 0  # of those held, further ones too

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Hold an attempt, or tell of those before a command that works."""
        if isinstance(record, SyncAttempt):
            if record.answer == NACK or (record.again and record.answer == NONE):
                self._hold(record)
            return ()
        if record.transport != UART or record.opcode == SYNCHRONIZE or not self._held:
            return ()
        if not record.accepted:
            return ()
        held, self._held = self._held, []
        self._seen.merge(self._count, held[0].start, held[-1].end, held)
        self._count = 0
        return (self.counted(self._seen, self._first, ()),)

    def _hold(self, attempt: 'SyncAttempt') -> 'None':
        answer = answer_text(attempt.answer)
        self._count += 1
        self._first = self._first or SENTENCE.format(answer)
        if len(self._held) < MOST_HELD:
            self._held.append(Evidence(attempt.start, attempt.end, TEXT.format(answer)))


RULE = SecondSync
