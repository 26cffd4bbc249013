"""UART012 baud-out-of-range: the host sends at a rate that the loader need not understand.

What
0x7F is sent below 1200 or above 115200 baud, and the loader does not acknowledge it.

Why it matters
The loader measures the first byte with a timer. Outside of its range it measures wrongly or not at
all, and stays silent or answers at another rate.

What to do
Begin anew at 9600 to 115200 baud. If no erase or option write can be going on in the part, reset it
first: a loader that has measured a wrong rate keeps it.

False alarms and guards
115200 baud is the highest rate that every loader is promised to take; many take more, the newer
ones 1 Mbaud. So a rate at which the loader answers is in its range whatever the limit says, and the
rule is suppressed; it is not told either where the loader's line is not captured. The tables of the
parts hold no rates: the limits are those of all loaders, and the finding says so.
Limits: UART012_LOWEST_BAUD (1200), UART012_HIGHEST_BAUD (115200); 3 % more or less is
allowed. UART012_ANSWER_S (0.1): so far the end of the capture must be away to count as no answer.

Example
  host    7F at 921600 baud, three times         loader  -
Told as: "0x7F was sent at 921600 baud and not acknowledged; every loader takes 1200 to 115200 baud
(the first of 3)".

Source
AN3155, "Choosing the USARTx baud rate": minimum 1200, maximum 115200.
A loader that falls to 1200 baud [F746FP],
https://community.st.com/t5/stm32-mcus-products/stm32f746vgt7-firmware-update-fails-via-uart/m-p/138373/highlight/true
"""

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import ACK, NACK, OK, UART, BootCommand, SyncAttempt
from ..naming import answer_text
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Rule, RuleInfo, Severity
from .attempts import ANSWER_S, is_unanswered
from .formats import Formats, baud_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

# Source: AN3155, "Choosing the USARTx baud rate".
LOWEST_BAUD = 1200
HIGHEST_BAUD = 115200
ALLOWED_PART = 0.03  # clocks and the measurement may be off by so much

TEXT = '0x7F at {}: {}; every loader takes {:g} to {:g} baud (AN3155)'
SENTENCE = '0x7F was sent at {} and not acknowledged; every loader takes {:g} to {:g} baud'
ADVICE = (
    'If no erase or option write can be going on in the part: reset it with BOOT0 high, and begin'
    ' anew at 9600 to 115200 baud.',
    'Look up in AN2606 what the loader of the part takes.',
)


class BaudOutOfRange(Rule):
    """Compares the rate of the host's 0x7F with what every loader takes."""

    info = RuleInfo(
        'UART012',
        'baud-out-of-range',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('uart', 'sample_rate'),
        False,
        'the host sends at a rate that the loader need not understand',
        'AN3155: choosing the USART baud rate; [F746FP]',
        YES,
    )
    consumes = Formats.CONSUMES + (BootCommand,)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(BaudOutOfRange, self).__init__(context, bus)
        self._formats = Formats()
        self._seen = Occurrences()
        self._first = ''
        self._told = None  # type: Optional[float]  # the rate that was told of last

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a 0x7F by its rate and its answer."""
        if isinstance(record, BootCommand):
            return self._command(record)
        self._formats.feed(record)
        return self._attempt(record) if isinstance(record, SyncAttempt) else ()

    def _attempt(self, attempt: 'SyncAttempt') -> 'Iterable[Union[Finding, Withdrawn]]':
        rate = self._rate_outside(attempt.line, attempt.start)
        if rate is None or not attempt.listening:
            return ()
        at = baud_text(self.context, rate)
        if attempt.answer in (ACK, NACK):
            return self._works(rate, attempt.start, attempt.end)
        wait = self.context.limit('UART012_ANSWER_S', ANSWER_S)
        if not is_unanswered(self.context, attempt, wait):
            return ()
        self._told = rate
        limits = self._limits()
        text = TEXT.format(at, answer_text(attempt.answer), *limits)
        self._seen.add(attempt.start, attempt.end, text)
        self._first = self._first or SENTENCE.format(at, *limits)
        return (self.counted(self._seen, self._first, ADVICE),)

    def _command(self, command: 'BootCommand') -> 'Iterable[Union[Finding, Withdrawn]]':
        if command.transport != UART or command.outcome != OK or command.opcode == SYNCHRONIZE:
            return ()
        rate = self._rate_outside(self._formats.host, command.start)
        if rate is None or self._told is None:
            return ()
        return self._works(rate, command.start, command.end)

    def _works(
        self, rate: 'float', start: 'int', end: 'int'
    ) -> 'Iterable[Union[Finding, Withdrawn]]':
        """The loader takes that rate: what was told of it is no more than a note."""
        told, self._told = self._told, None
        if told is None:
            by = 'the loader answers at {}'.format(baud_text(self.context, rate))
            return (self.withdrawn(start, end, by),)
        if abs(rate / told - 1) > ALLOWED_PART:
            self._told = told
            return ()
        first = self._first + '; later it was answered at that rate'
        return (self.counted(self._seen, first, ADVICE, severity=Severity.NOTE),)

    def _limits(self) -> 'Tuple[float, float]':
        return (
            self.context.limit('UART012_LOWEST_BAUD', LOWEST_BAUD),
            self.context.limit('UART012_HIGHEST_BAUD', HIGHEST_BAUD),
        )

    def _rate_outside(self, line: 'str', sample: 'int') -> 'Optional[float]':
        """Return the rate of the word at `sample` if it is outside the limits."""
        known = self._formats.at(line, sample)
        if known is None or self.context.sample_rate is None:
            return None
        lowest, highest = self._limits()
        if lowest * (1 - ALLOWED_PART) <= known.baud <= highest * (1 + ALLOWED_PART):
            return None
        return known.baud


RULE = BaudOutOfRange
