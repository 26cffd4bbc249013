"""UART005 sync-unanswered: the loader never answers 0x7F.

What
The host sends 0x7F, once or again and again, nothing comes back within 500 ms, and not one byte
comes from the target as long as the part is not reset.

Why it matters
The loader answers the first 0x7F that it can measure with 0x79. Nothing at all means that it does
not run, does not listen on this pin, or cannot measure the rate. It does not mean that the part is
damaged.

What to do
DIA006 goes through the causes in order: BOOT0 and NRST, the pins, the rate, other inputs of the
loader.

False alarms and guards
Only where the target's line is captured and was high at some time; a line that was always low tells
of a missing connection or supply instead, and the rule is suppressed. A host that tries until
somebody presses the reset button is served in the end: a later answer in the capture makes this a
note. Where nothing but that byte says that a loader is meant, and the host sends other bytes as
well, the rule is suppressed: 0x7F is a delete character, too. The end of the capture counts as no
answer only after UART005_WAIT_S (0.5) of silence. A loader that answered before and was not reset
since is in sync already (UART009).

Example
  host    7F  (2 s)  7F  (2 s)  7F  (2 s)         loader  -
Told as: "0x7F was sent 3 times at 115200 baud over 6 s, and no byte came back".

Source
AN3155, "USART bootloader code sequence": 0x7F is answered with 0x79.
No answer until reset is pressed [L57], https://github.com/florisla/stm32loader/issues/57
Other inputs of the loader keep it busy [EF138], http://efton.sk/STM32/gotcha/g138.html
The same on an STM32F412 [F412PA],
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/cubeprogrammer-uart-bootloader-error-42543
NRST is not sufficient [NUC64],
https://qa-community.st.com/stm32-mcus-embedded-software-40/nucleo64-nrst-not-enough-for-entering-bootloader-only-power-cycle-59066
"""

from ...bootloader.records import NONE, SyncAttempt
from ...lines import CaptureGap, LineActivity
from ...wire.uart import UartStats
from ..occurrences import Occurrences
from ..rule import TARGET, Confidence, Rule, RuleInfo, Severity
from .formats import Formats, baud_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Set, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

WAIT_S = 0.5

SILENCE = '0x7F, and no byte for {}; expected ACK (0x79) within milliseconds (AN3155)'
LATER = '; later it was answered'
ADVICE = (
    'Nothing of this erases anything; see DIA006 for the causes, the likeliest first.',
    'Look at BOOT0 while NRST rises, at NRST and VDD, and at the pins: only those that AN2606 names'
    ' for the part are served.',
    'Try 9600 or 115200 baud, 8 data bits with even parity, with RX and TX exchanged as well.',
)


class _Session(object):
    """Attempts since the data began or since a reset."""

    def __init__(self, first: 'SyncAttempt') -> 'None':
        self.seen = Occurrences()
        self.first = first
        self.last = first
        self.is_answered = False


class SyncUnanswered(Rule):
    """Collects what is not answered, from one reset to the next."""

    info = RuleInfo(
        'UART005',
        'sync-unanswered',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('uart', 'sample_rate'),
        False,
        'the loader never answers 0x7F',
        'AN3155: USART bootloader code sequence; [L57], [EF138], [F412PA], [NUC64]',
    )
    consumes = Formats.CONSUMES + (LineActivity, UartStats, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(SyncUnanswered, self).__init__(context, bus)
        self._formats = Formats()
        self._session = None  # type: Optional[_Session]
        self._mute = []  # type: List[_Session]
        self._attempts = 0
        self._is_certain = False
        self._answered_at = -1  # end of the last attempt that was answered
        self._stats = {}  # type: Dict[str, UartStats]  # by line
        self._always_low = set()  # type: Set[str]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Take note of an attempt, or of what a line did in the whole capture."""
        if isinstance(record, UartStats):
            self._stats[record.line] = record
        elif isinstance(record, LineActivity):
            if not record.high:
                self._always_low.add(record.role)
        elif isinstance(record, CaptureGap):
            self._close()
        else:
            self._formats.feed(record)
            if isinstance(record, SyncAttempt):
                self._attempt(record)
        return ()

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge what stayed without an answer."""
        self._close()
        if not self._mute:
            return []
        first, last = self._mute[0].seen, self._mute[-1]
        guard = self._guard(last)
        if guard:
            return [self.withdrawn(first.start, last.seen.end, guard)]
        return [self._tell(last)]

    def _attempt(self, attempt: 'SyncAttempt') -> 'None':
        self._attempts += 1
        self._is_certain = self._is_certain or attempt.certain
        if attempt.number == 1 or self._session is None:
            self._close()
            self._session = _Session(attempt)
        session = self._session
        assert session is not None
        session.last = attempt
        if attempt.answer != NONE:
            session.is_answered = True
            self._answered_at = attempt.end
            return
        text = SILENCE.format(self.time(attempt.until - attempt.end))
        session.seen.add(attempt.start, attempt.until, text)

    def _close(self) -> 'None':
        """End the session; keep it if it was mute."""
        session, self._session = self._session, None
        if session is None or session.is_answered or not session.first.listening:
            return
        if session.last.heard > session.first.heard:
            return
        waited = session.last.until - session.first.end
        if self.context.longer(waited, self.context.limit('UART005_WAIT_S', WAIT_S)):
            self._mute.append(session)

    def _guard(self, last: '_Session') -> 'str':
        """Return what speaks against it, '' for nothing."""
        attempt = last.last
        if attempt.listening in self._always_low:
            return "the target's line was never high"
        if self._answered_at < attempt.start:
            heard, sent = self._stats.get(attempt.listening), self._stats.get(attempt.line)
            if heard is not None and heard.end > attempt.end:
                return 'bytes came from the target later'
            if not self._is_certain and sent is not None and sent.words > self._attempts:
                return 'nothing but 0x7F says that a loader is meant'
        return ''

    def _tell(self, last: '_Session') -> 'Finding':
        seen = Occurrences()
        for session in self._mute:
            part = session.seen
            seen.merge(part.count, part.start, part.end, part.examples)
        known = self._formats.at(last.first.line, last.first.start)
        sentence = '0x7F was sent {}{} over {}, and no byte came back'.format(
            'once' if seen.count == 1 else '{} times'.format(seen.count),
            ' at ' + baud_text(self.context, known.baud) if known is not None else '',
            self.time(seen.end - seen.start),
        )
        is_later = self._answered_at > last.seen.end
        return self.finding(
            seen.start,
            seen.end,
            sentence + (LATER if is_later else ''),
            seen.examples,
            () if is_later else ADVICE,
            count=seen.count,
            severity=Severity.NOTE if is_later else None,
        )


RULE = SyncUnanswered
