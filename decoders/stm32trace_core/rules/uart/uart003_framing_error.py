"""UART003 framing-error: a stop bit is low.

What
The line is low where a word must have its stop bit, at the rate at which the line is read, and it
is no break (UART004).

Why it matters
The byte is wrong, and so may be the next ones: the receiver takes some later edge for a start bit.
The loader drops such a byte, waits for it for ever, or refuses the frame.

What to do
Compare the rate that was measured with the one that was meant (--baud), look for noise, a loose
ground, or two senders on one line. Check the sample rate: ten samples per bit or more.

False alarms and guards
A capture that begins within a word is read wrongly up to the first pause: errors that begin within
UART003_JOINING_WORDS (16) word lengths from the beginning of the capture, or from the end of a gap
in it, are no more than a note. The first UART003_FIRST_WORDS (2) words of a line are left out,
since its sender may start there. So are errors while NRST or the supply is low and up to 100 ms
later, when the pins are not driven; and, on a bus with a bootloader, those between two sessions,
when adapters are opened and closed. Whether they lie between two is known at the next command. The
rule is suppressed then. Limits: UART003_FIRST_WORDS, UART003_JOINING_WORDS, RESTART_S (0.1).

Example
  RX   0xFE, its stop bit low, then 0x79
Told as: "framing error on RX: the stop bit of 0xFE is low, at 115200 baud (the first of 3)".

Source
RM0444, chapter USART, "Framing error": no stop bit where one is expected.
Public captures with framing errors [DUMPS], https://github.com/sigrokproject/sigrok-dumps
"""

from ...bootloader.records import UartLines
from ...lines import CaptureGap
from ...wire.uart import BAD_STOP, UartErrors, UartFormat
from ..occurrences import Occurrences
from ..rule import WIRING, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .formats import Formats, baud_text, bit_samples
from .spans import Event, Sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

FIRST_WORDS = 2
JOINING_WORDS = 16
JOINING = ' at the beginning'  # of a key
WORD_BITS = 11  # start, 8 data bits, parity, stop

LOW = 'the stop bit of 0x{:02X} is low; expected high (RM0444, USART framing error)'
ADVICE = (
    'Compare the rate at which the line was read with the one that was meant; give it with --baud'
    ' if the measured one is wrong.',
    'Look for noise, a loose ground, or two senders on one line.',
    'Capture with ten samples per bit or more.',
)


class FramingError(Rule):
    """Collects words without a stop bit, line by line."""

    info = RuleInfo(
        'UART003',
        'framing-error',
        Severity.WARNING,
        Confidence.HIGH,
        WIRING,
        ('uart',),
        False,
        'a stop bit is low',
        'RM0444: USART framing error; [DUMPS]',
        YES,
    )
    consumes = Sessions.CONSUMES + (UartErrors, UartFormat, UartLines)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(FramingError, self).__init__(context, bus)
        self._formats = Formats()
        self._begin = context.start  # from here on there are samples
        self._sessions = Sessions(context)
        self._seen = {}  # type: Dict[str, Occurrences]
        self._first = {}  # type: Dict[str, str]

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Hold an error back, or tell those that a record shows to be inside a session."""
        if isinstance(record, UartErrors):
            return self._errors(record)
        if isinstance(record, CaptureGap):
            self._begin = record.end
        if isinstance(record, Formats.CONSUMES):
            self._formats.feed(record)
        if isinstance(record, Sessions.CONSUMES):
            return self._tell(self._sessions.feed(record))
        return ()

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Tell of all errors on a bus without a loader."""
        events = self._sessions.rest()
        if not self._sessions.has_begun:
            return self._tell(events)
        return [
            self.withdrawn(event.start, event.end, 'no session with the loader is under way')
            for event in events
        ]

    def _errors(self, errors: 'UartErrors') -> 'Iterable[Union[Finding, Withdrawn]]':
        if not errors.flags & BAD_STOP:
            return ()
        first_words = self.context.limit('UART003_FIRST_WORDS', FIRST_WORDS)
        if not errors.words_before and errors.count <= first_words:
            by = 'the first words of the line, which its sender may begin with'
            return [self.withdrawn(errors.start, errors.end, by)] if errors.over else ()
        text = LOW.format(errors.value)
        event = Event(errors.start, errors.end, errors.line, errors.count, text)
        return self._tell(self._sessions.hold(event))

    def _tell(self, events: 'List[Event]') -> 'Iterable[Union[Finding, Withdrawn]]':
        for event in events:
            line = self._sessions.in_reset(event)
            if line:
                yield self.withdrawn(event.start, event.end, line + ' is low, or was just before')
            else:
                yield self._found(event)

    def _found(self, event: 'Event') -> 'Finding':
        known = self._formats.at(event.line, event.start)
        is_joining = known is not None and self._is_joining(event, known)
        key = event.line + JOINING if is_joining else event.line
        seen = self._seen.setdefault(key, Occurrences())
        example = Evidence(event.start, event.end, event.line.upper() + ': ' + event.text)
        seen.merge(event.count, event.start, event.end, [example])
        if key not in self._first:
            self._first[key] = self._sentence(event, known, is_joining)
        severity = Severity.NOTE if is_joining else None
        return self.counted(seen, self._first[key], ADVICE, key=key, severity=severity)

    def _is_joining(self, event: 'Event', known: 'UartFormat') -> 'bool':
        """Tell whether the capture, or what is left of it, may begin within a word shortly before."""
        joining = self.context.limit('UART003_JOINING_WORDS', JOINING_WORDS)
        length = joining * WORD_BITS * bit_samples(self.context, known.baud)
        return event.start - self._begin < length

    def _sentence(self, event: 'Event', known: 'Optional[UartFormat]', is_joining: 'bool') -> 'str':
        sentence = 'Framing error on {}: {}'.format(event.line.upper(), event.text.split(';')[0])
        if known is not None:
            sentence += ', at ' + baud_text(self.context, known.baud)
        return sentence + ('; the capture may begin within a word' if is_joining else '')


RULE = FramingError
