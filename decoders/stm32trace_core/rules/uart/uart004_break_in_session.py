"""UART004 break-in-session: a line stays low for longer than a word, in the middle of a session.

What
TX or RX is low over a whole word and its stop bit, after a command of the bootloader and before the
end of the next one, and nobody has synchronised anew in between.

Why it matters
No sender means this. It was reset, its pin was set up anew, the cable was pulled, or the adapter
was closed and opened again. The receiver sees a byte 0x00 with a framing error, and the frame it is
in goes wrong.

What to do
Look at NRST and the supply at that time: a break on the loader's line often is a reset of the part.
On the host's line: see that nothing opens or closes the port in mid-session, and that no other
program uses it.

False alarms and guards
Breaks are part of LIN and DMX, and adapters make one when they are opened or closed: only a break
inside a session is told, and 0x7F ends the one before. So does a fall of NRST or of the supply: a
break of a part in reset is that reset's (RST001 to RST004). It is not also told as a framing error
(UART003).

Example
  host    31 CE       loader  79
  host    (TX low for 2 ms)
  host    31 CE       loader  1F
Told as: "TX was low for 2 ms in the middle of a session".

Source
RM0444, chapter USART, "Break characters": all bits low, the stop bit too.
A break is no data byte [PV110], https://github.com/sigrokproject/pulseview/issues/110
An adapter that resets the part [L57], https://github.com/florisla/stm32loader/issues/57
"""

from ...wire.uart import BREAK, UartErrors
from ..occurrences import Occurrences
from ..rule import WIRING, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .spans import Event, Sessions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List  # novm

    from ...context import Context
    from ..rule import Finding

LOW = '{} low for {}; expected high between two words (RM0444, USART break)'
ADVICE = (
    'Look at NRST and the supply at that time: a part that is reset lets its line go.',
    'See that nothing opens or closes the serial port in mid-session, and that no other program'
    ' uses it.',
    'Look for a loose cable.',
)


class BreakInSession(Rule):
    """Collects breaks, and tells of those inside a session."""

    info = RuleInfo(
        'UART004',
        'break-in-session',
        Severity.WARNING,
        Confidence.HIGH,
        WIRING,
        ('uart', 'bootloader'),
        False,
        'a line stays low for longer than a word, in the middle of a session',
        'RM0444: USART break characters; [PV110], [L57]',
        YES,
    )
    consumes = Sessions.CONSUMES + (UartErrors,)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(BreakInSession, self).__init__(context, bus)
        self._sessions = Sessions(context)
        self._seen = {}  # type: Dict[str, Occurrences]
        self._first = {}  # type: Dict[str, str]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Hold a break back, or tell those that a record shows to be inside a session."""
        if not isinstance(record, UartErrors):
            return self._tell(self._sessions.feed(record))
        if not record.flags & BREAK:
            return ()
        text = LOW.format(record.line.upper(), self.time(record.end - record.start))
        event = Event(record.start, record.end, record.line, record.count, text)
        return self._tell(self._sessions.hold(event))

    def _tell(self, events: 'List[Event]') -> 'List[Finding]':
        return [self._found(event) for event in events]

    def _found(self, event: 'Event') -> 'Finding':
        seen = self._seen.setdefault(event.line, Occurrences())
        example = Evidence(event.start, event.end, event.text)
        seen.merge(event.count, event.start, event.end, [example])
        first = '{} was low for {} in the middle of a session'.format(
            event.line.upper(), self.time(event.end - event.start)
        )
        first = self._first.setdefault(event.line, first)
        return self.counted(seen, first, ADVICE, key=event.line)


RULE = BreakInSession
