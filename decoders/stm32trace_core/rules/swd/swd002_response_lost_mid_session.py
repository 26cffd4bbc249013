"""SWD002 response-lost-mid-session: the target answered, and from some access on it does not.

What
At least ten packets were answered OK; then at least five in a row read 111, line resets between
them or not, and no packet is answered until the capture ends.

Why it matters
Wires and debug port were fine. Something changed in the part: it fell asleep, was reset or lost
its supply, the program took the SWD pins for itself, or an option write closed the debug port.
The access before the silence is often the cause itself, so the finding names it.

What to do
Look at that access. After one to the option registers do not cycle power and do not reset the part
until it is sure that nothing is being written any more: an interrupted option write can lock some
parts for good. After one to a sleep or clock register, or a start of the program, connect under
reset. Otherwise look at the supply and NRST at that moment.

False alarms and guards
A part that is reset is away for a moment: silence that begins within 100 ms of a reset request, of
an option load, or of NRST coming back is a note if the target answers again, and nothing is said
while NRST is low or until these 100 ms are over. A loss in the middle of a session that ends with
a new connection is a warning. Where the host had begun anew before the first unanswered request
and the target answers later, a board was exchanged or switched: a note. Limits:
SWD002_FEWEST_OK (10), SWD002_FEWEST_UNANSWERED (5), RESTART_S (0.1).

Example
243 packets are answered, the last one a write to FLASH.OPTR's start bit; the 31 after it read 111.

Source
Arm IHI 0031 (ADIv5.2), B4.2 (acknowledge); OpenOCD src/flash/nor/stm32l4x.c (the option load resets
the part, and the access that asks for it may fail); chrome-ec util/stm32mon.c (100 ms).
[G030OPTR] A write to FLASH_OPTR ends all access,
https://community.st.com/stm32-mcus-products-25/i-cant-write-to-the-flash-option-register-52144
[MESH] Removing the protection resets the part, https://github.com/meshtastic/meshtastic/pull/2630
[OPENOCD] OpenOCD flash drivers, https://github.com/openocd-org/openocd
"""

from ...adi.records import AckRun, LinkReset, LinkStats
from ...cortex.records import RESET, DebugRequest
from ...flash.records import OPEN, RESTART_EXPECTED, Window
from ...lines import CaptureGap, LevelChange
from ...record import CAPTURE, NamedTuple
from ...wire.swd import FAULT, NO_REPLY, WAIT
from ..limits import RESTART
from ..occurrences import Occurrences
from ..rule import SUPPLY, TARGET, Confidence, Evidence, Rule, RuleInfo, Severity
from .levels import Levels
from .link import LastTaken, OkCount
from .naming import access_text, request_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

FEWEST_OK = 10
FEWEST_UNANSWERED = 5  # single ones occur in good captures: one packet in 2118 of the public ones

ADVICE = (
    'If the last access had to do with option bytes: do not reset the part and do not cut its'
    ' supply until it is sure that nothing is being written any more.',
    'Look at the last access that succeeded: it is often the cause (sleep or clock register,'
    ' option write, start of the program).',
    'Look at NRST and VDD at that moment; record them as well if they are not captured.',
    'Once nothing can be pending, connect under reset, and read the option and status registers'
    ' first.',
)


class _Silence(
    NamedTuple(
        '_Silence',
        [
            ('start', int),
            ('end', int),
            ('count', int),
            ('request', int),  # the first one
            ('anew', bool),  # the host had begun anew just before
            ('excuse', str),  # why the target may be away for a moment, '' for no reason
            ('until', int),  # the excuse ends here; -1: with the next answer
            ('last', object),  # the last access that succeeded
        ],
    )
):
    """Packets in a row that nobody answered."""

    __slots__ = ()


class ResponseLostMidSession(Rule):
    """Follows the silences of one bus; each is decided when it is long enough, and again when it ends."""

    info = RuleInfo(
        'SWD002',
        'response-lost-mid-session',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the target answered on SWD, and from some access on it does not',
        'IHI 0031 B4.2; stm32l4x.c; [G030OPTR], [MESH], [OPENOCD]',
    )
    consumes = LastTaken.CONSUMES + (
        AckRun,
        LinkReset,
        LinkStats,
        LevelChange,
        DebugRequest,
        Window,
        CaptureGap,
    )

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(ResponseLostMidSession, self).__init__(context, bus)
        self._oks = OkCount()
        self._taken = LastTaken()
        self._levels = Levels(context)
        self._restart = -1  # when something last asked for a restart
        self._asked = ''  # what it was
        self._silence = None  # type: Optional[_Silence]
        self._run = None  # type: Optional[AckRun]
        self._before = 0  # packets answered OK before this silence
        self._past = Occurrences()  # silences that ended with an answer
        self._worst = Severity.NOTE  # of these

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """The accesses before a silence."""
        return LastTaken.INTERESTS

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Take a record; a silence is told when it is long enough."""
        handler = _HANDLERS.get(type(record))
        if handler is not None:
            return handler(self, record)
        self._taken.feed(record)
        return ()

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """A silence that a restart excuses, and that the capture's end cuts off, tells nothing."""
        silence = self._silence
        if silence is not None and self._is_lost(silence) and not self._is_over(silence):
            yield self.withdrawn(silence.start, silence.end, silence.excuse)

    def _acks(self, run: 'AckRun') -> 'Iterable[Made]':
        oks = self._oks.before(run)
        if run.ack in (WAIT, FAULT) or oks != self._before:
            for made in self._answered(run.start):
                yield made
        self._before = oks
        if run.ack == NO_REPLY:
            self._extend(run)
            silence = self._silence
            if silence is not None and self._is_lost(silence) and self._is_over(silence):
                yield self._lost(silence)

    def _extend(self, run: 'AckRun') -> 'None':
        known, self._run = self._run, run
        added = run.count - (known.count if known and known.start == run.start else 0)
        silence = self._silence
        if silence is None:
            excuse, until = self._excuse(run.start)
            last = self._taken.before(run.start)
            anew = not run.ok_before
            silence = _Silence(run.start, run.end, added, run.request, anew, excuse, until, last)
        else:
            silence = silence._replace(end=run.end, count=silence.count + added)
        self._silence = silence

    def _excuse(self, sample: 'int') -> 'Any':
        """Return why the target may be away at `sample`, and until when."""
        length = self.context.samples(RESTART.of(self.context))
        if self._levels.is_low('nrst', sample):
            return 'NRST is low', -1
        risen = self._levels.since('nrst', sample)
        has_risen = self._levels.at('nrst', sample) == 1 and risen > self.context.start
        for why, since in (('NRST had just risen', risen), (self._asked, self._restart)):
            if since < 0 or (why != self._asked and not has_risen):
                continue
            if length is None:
                return why, -1
            if sample < since + length:
                return why, since + length
        return '', sample

    def _is_lost(self, silence: '_Silence') -> 'bool':
        fewest = self.context.limit('SWD002_FEWEST_UNANSWERED', FEWEST_UNANSWERED)
        enough = self.context.limit('SWD002_FEWEST_OK', FEWEST_OK)
        return silence.count >= fewest and self._before >= enough

    def _is_over(self, silence: '_Silence') -> 'bool':
        """Tell whether no excuse holds any more."""
        return not silence.excuse or 0 <= silence.until < silence.end

    def _reset(self, record: 'LinkReset') -> 'Iterable[Made]':
        self._oks.feed(record)
        return ()

    def _end(self, stats: 'LinkStats') -> 'Iterable[Made]':
        """The last packets of the capture may have been answered."""
        return self._answered(stats.end) if stats.ok > self._before else ()

    def _answered(self, sample: 'int') -> 'List[Made]':
        """The target answered again before `sample`."""
        silence, self._silence = self._silence, None
        if silence is None or not self._is_lost(silence):
            return []
        severity = Severity.NOTE if silence.excuse or silence.anew else Severity.WARNING
        self._worst = max(self._worst, severity)
        self._past.merge(silence.count, silence.start, silence.end, self._evidence(silence))
        return [self._returned(silence)]

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Made]':
        """What came before the silence is not known, nor whether it was one."""
        self._silence, self._taken = None, LastTaken()
        return ()

    def _level(self, change: 'LevelChange') -> 'Iterable[Made]':
        self._levels.feed(change)
        return ()

    def _request(self, request: 'DebugRequest') -> 'Iterable[Made]':
        if request.kind == RESET:
            self._restart, self._asked = request.end, 'a reset request (AIRCR)'
        return ()

    def _window(self, window: 'Window') -> 'Iterable[Made]':
        if window.kind == RESTART_EXPECTED and window.state == OPEN:
            self._restart, self._asked = window.start, 'a restart: ' + (window.text or 'expected')
        return ()

    def _lost(self, silence: '_Silence') -> 'Finding':
        is_down = self._levels.was_low('vdd', silence.start, silence.end)
        reason = ', while VDD was low' if is_down else ''
        if silence.excuse and not is_down:
            reason = ', and did not come back after it ({})'.format(silence.excuse)
        return self.finding(
            silence.start,
            silence.end,
            'The target stopped answering on SWD{}{}: {} requests over {} read 111, until the'
            ' capture ends'.format(
                _after(silence),
                reason,
                silence.count,
                self.time(silence.end - silence.start),
            ),
            (self._past.examples + self._evidence(silence))[-3:],
            ADVICE,
            count=silence.count + self._past.count,
            suspect=SUPPLY if is_down else TARGET,
        )

    def _returned(self, silence: '_Silence') -> 'Finding':
        past = self._past
        why = ' ({})'.format(silence.excuse) if silence.excuse else ''
        if silence.anew and not silence.excuse:
            why = ' (the host had begun anew)'
        message = (
            'The target did not answer {} requests over {}{}{}, and then answered again'.format(
                silence.count, self.time(silence.end - silence.start), _after(silence), why
            )
        )
        return self.finding(
            past.start,
            past.end,
            message,
            past.examples,
            ADVICE if self._worst > Severity.NOTE else (),
            count=past.count,
            severity=self._worst,
        )

    def _evidence(self, silence: '_Silence') -> 'List[Evidence]':
        found = []
        last = silence.last  # type: Any
        if last is not None:
            text = 'the last access that succeeded: {}'.format(access_text(last))
            found.append(Evidence(last.start, last.end, text))
        text = '{}: acknowledge 111; expected 100, OK (IHI 0031 B4.2), as before'.format(
            request_text(silence.request)
        )
        return found + [Evidence(silence.start, silence.end, text)]


def _after(silence: '_Silence') -> 'str':
    last = silence.last  # type: Any
    return '' if last is None else ' after a ' + access_text(last)


_HANDLERS = {
    AckRun: ResponseLostMidSession._acks,
    LinkReset: ResponseLostMidSession._reset,
    LinkStats: ResponseLostMidSession._end,
    LevelChange: ResponseLostMidSession._level,
    DebugRequest: ResponseLostMidSession._request,
    Window: ResponseLostMidSession._window,
    CaptureGap: ResponseLostMidSession._gap,
}  # type: Dict[type, Callable[[ResponseLostMidSession, Any], Iterable[Made]]]

RULE = ResponseLostMidSession
