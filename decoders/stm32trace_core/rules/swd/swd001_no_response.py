"""SWD001 no-response: every SWD request reads 111: nobody answers.

What
At least three requests in a row read the acknowledge 111, line resets between them or not, and no
packet before them was answered. Two are told as well, with medium confidence, where the whole
capture holds no answer and hardly anything else.

Why it matters
111 is no answer at all: it is what the pull-up of SWDIO makes of a line that nobody drives. The
target has no supply, is held in reset with its debug port off, uses the pins otherwise, has its
debug port closed (read protection level 2, a boot lock), or is not on these wires. Nothing that
the host sends after that reaches anybody.

What to do
Nothing of this harms the part: measure the target's supply and the level of NRST, compare SWCLK,
SWDIO and ground with the pin-out, lower the clock. Then connect under reset, and try the
bootloader: a part that answers there is alive. DIA005 puts these in the order that the capture
suggests.

False alarms and guards
A single 111 also occurs in good captures (one packet in 2118 of the public ones, after a line
reset): hence the series. A part that answers later, after its supply was switched on for instance,
makes the finding a note. Writes of TARGETSEL are never acknowledged and do not count. A part that
had answered before is the business of SWD002, and other acknowledges that of SWD003 and SWD004.
Limits: SWD001_FEWEST_UNANSWERED (3),
SWD001_FEWEST_IN_ALL (2).

Example
OpenOCD tries for 0.3 s: 217 times a line reset and a read of DPIDR, each one acknowledged 111.

Source
Arm IHI 0031 (ADIv5.2), B4.2 (acknowledge; SWDIO has a pull-up), B4.3.3 (connection and line reset);
pyOCD and probe-rs tell this from a protocol error as well.
[OCD848] Target unpowered or in deep sleep, https://github.com/pyocd/pyOCD/issues/848
[DAPRS15] No acknowledge is no protocol error, https://github.com/probe-rs/dap-rs/pull/15
[G051] Silent after an option change,
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
[DUMPS] Public captures, https://github.com/sigrokproject/sigrok-dumps
"""

from ...adi.records import AckRun, LinkReset, LinkStats
from ...record import CAPTURE
from ...wire.swd import FAULT, NO_REPLY, WAIT
from ..occurrences import Occurrences
from ..rule import WIRING, Confidence, Evidence, Rule, RuleInfo, Severity
from .link import OkCount, fewest_unanswered, is_silent
from .naming import request_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Optional  # novm

    from ...context import Context
    from ..rule import Finding

EXPECTED = '{}: acknowledge 111, which is the pull-up alone; expected 100, OK (IHI 0031 B4.2)'

ADVICE = (
    'Measure VDD at the part itself, and NRST: it must be high unless the host holds it low on'
    ' purpose.',
    'Compare SWCLK, SWDIO and ground with the pin-out of the board, and whether the probe drives'
    ' this level.',
    'Lower the SWCLK frequency, then connect under reset: the program has no time then to sleep or'
    ' to use the pins otherwise.',
    'Try the bootloader as well: a part that answers there is alive, whatever SWD says.',
)


class NoResponse(Rule):
    """Counts the packets without an answer until the first one that is answered."""

    info = RuleInfo(
        'SWD001',
        'no-response',
        Severity.ERROR,
        Confidence.HIGH,
        WIRING,
        ('swd',),
        False,
        'every SWD request reads 111, the pull-up: nobody answers',
        'IHI 0031 B4.2; [OCD848], [DAPRS15], [G051], [DUMPS]',
    )
    consumes = (AckRun, LinkReset, LinkStats)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(NoResponse, self).__init__(context, bus)
        self._oks = OkCount()
        self._seen = Occurrences()
        self._run = None  # type: Optional[AckRun]  # the last one that was counted
        self._answered = False
        self._stats = None  # type: Optional[LinkStats]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Count until something answers."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Two packets that are all there is are told too."""
        stats = self._stats
        if stats is None or self._told() or not is_silent(stats, self.context):
            return ()
        return [self._finding()._replace(confidence=Confidence.MEDIUM)]

    def _acks(self, run: 'AckRun') -> 'Iterable[Finding]':
        if run.ack in (WAIT, FAULT) or self._oks.before(run):
            return self._answers(run.start)
        if run.ack != NO_REPLY:
            if not self._told():
                self._seen = Occurrences()
        else:
            self._count(run)
            if self._told() and not self._answered:
                return [self._finding()]
        return ()

    def _count(self, run: 'AckRun') -> 'None':
        known = self._run
        is_new = known is None or known.start != run.start
        before = 0 if known is None or is_new else known.count
        text = EXPECTED.format(request_text(run.request))
        examples = [Evidence(run.start, run.end, text)] if is_new else []
        self._seen.merge(run.count - before, run.start, run.end, examples)
        self._run = run

    def _told(self) -> 'bool':
        return self._seen.count >= fewest_unanswered(self.context)

    def _reset(self, record: 'LinkReset') -> 'Iterable[Finding]':
        self._oks.feed(record)
        return self._answers(record.start) if record.ok else ()

    def _end(self, stats: 'LinkStats') -> 'Iterable[Finding]':
        self._stats = stats
        return self._answers(stats.end) if stats.ok + stats.wait + stats.fault else ()

    def _answers(self, sample: 'int') -> 'Iterable[Finding]':
        """Something answered before `sample`: from now on silence is another rule's business."""
        first, self._answered = not self._answered, True
        if not (first and self._told()):
            return ()
        message = 'The first {} requests, over {}, were not answered; later ones were'.format(
            self._seen.count, self.time(self._seen.end - self._seen.start)
        )
        return [self._finding()._replace(severity=Severity.NOTE, message=message, advice=())]

    def _finding(self) -> 'Finding':
        seen = self._seen
        return self.finding(
            seen.start,
            seen.end,
            'Nobody answers on SWD: all {} requests over {} read 111, which is the pull-up'
            ' alone'.format(seen.count, self.time(seen.end - seen.start)),
            seen.examples,
            ADVICE,
            count=seen.count,
        )


_HANDLERS = {
    AckRun: NoResponse._acks,
    LinkReset: NoResponse._reset,
    LinkStats: NoResponse._end,
}  # type: Dict[type, Callable[[NoResponse, Any], Iterable[Finding]]]

RULE = NoResponse
