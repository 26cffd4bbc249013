"""UART006 leading-zero-byte: something comes from the target just before its first ACK.

What
The answer to 0x7F is preceded by a byte 0x00, or by a low pulse that is read as one.

Why it matters
The loader turns the pin from an input into its output, and the line dips. Some hosts take that for
the answer, and fail.

What to do
If the host fails: let it throw away what it reads until 0x79 or 0x1F comes. A pull-up on the line
takes the dip away.

False alarms and guards
It does no harm where the host goes on, and is never more than a note.

Example
  host    7F          loader  00 79
Told as: "0x00 came from the target before the answer to 0x7F, ACK (0x79)".

Source
AN3155, "USART bootloader code sequence": the answer is 0x79 alone.
0x00 before the first ACK [S3], https://github.com/ARMinARM/stm32flash/issues/3
"""

from ...bootloader.records import SyncAttempt
from ..naming import answer_text, bytes_text
from ..occurrences import Occurrences
from ..rule import TARGET, YES, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable  # novm

    from ...context import Context
    from ..rule import Finding

ZERO = 0x00

ADVICE = (
    'If the host fails here: let it throw away what it reads until 0x79 or 0x1F comes.',
    "A pull-up on the target's line takes the dip away.",
)


class LeadingZeroByte(Rule):
    """Looks at what came before the answers to 0x7F."""

    info = RuleInfo(
        'UART006',
        'leading-zero-byte',
        Severity.NOTE,
        Confidence.HIGH,
        TARGET,
        ('uart',),
        False,
        'a byte 0x00 comes from the target just before its first ACK',
        'AN3155: USART bootloader code sequence; [S3]',
        YES,
    )
    consumes = (SyncAttempt,)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(LeadingZeroByte, self).__init__(context, bus)
        self._seen = Occurrences()
        self._first = ''

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge one attempt."""
        if not record.leading or record.leading[0] != ZERO:
            return ()
        answer = answer_text(record.answer)
        text = '{} came before {}; expected the answer alone (AN3155)'
        self._seen.add(record.start, record.end, text.format(bytes_text(record.leading), answer))
        sentence = '0x00 came from the target before the answer to 0x7F, {}'.format(answer)
        self._first = self._first or sentence
        return (self.counted(self._seen, self._first, ADVICE),)


RULE = LeadingZeroByte
