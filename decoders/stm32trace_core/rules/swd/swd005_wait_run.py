"""SWD005 wait-run: the target answers the same request with WAIT over and over.

What
One request is answered WAIT at least eight times, or for more than 50 ms, with nothing in between
but the same request and writes of ABORT. More than 100 times, or more than 50 ms, is an error.

Why it matters
WAIT means that an earlier access has not ended yet. A bus that needs that long is stuck: the core
sleeps and its bus clock is off, the flash is busy and stalls the access, the addressed peripheral
has no clock, or the access port has no power. The host gives up sooner or later, and often reports
something else.

What to do
Let the host abort the stuck access (ABORT with DAPABORT), then connect under reset, or enable debug
in low-power modes (DBGMCU_CR). If the flash is busy with an erase or an option write, wait instead:
do not reset the part while it writes.

False alarms and guards
WAIT as such is normal and never counted alone: 10 to 25 % of all requests in healthy ST-LINK
captures, always single; at most two in a row with another probe. A host that writes ABORT after
each WAIT and repeats the request is followed through these writes. While an erase, a programming
or an option write is pending, the flash itself stalls accesses: then up to 100 WAIT within 50 ms
are normal, and more is a warning. Limits: SWD005_FEWEST (8), SWD005_MANY (100), SWD005_LONG_S
(0.05).

Example
An STM32F103 sleeps in WFI with debug in sleep mode not enabled: each read of DRW is answered WAIT,
412 times over 86 ms, until the probe gives up.

Source
Arm IHI 0031 (ADIv5.2), B4.2 (WAIT), B2.2.1 (DAPABORT); PM0075 (an access to
flash that is being programmed is stalled until it ends); numbers of healthy captures: [DUMPS].
[PRS1340] An STM32F103 in WFI, https://github.com/probe-rs/probe-rs/issues/1340
[PRS1840] Abort after a long WAIT, https://github.com/probe-rs/probe-rs/pull/1840
[DUMPS] Public captures, https://github.com/sigrokproject/sigrok-dumps
"""

from ...adi.records import AckRun, LinkReset, RegisterAccess
from ...flash.records import Window
from ...lines import CaptureGap
from ...record import CAPTURE, NamedTuple
from ...wire.swd import WAIT
from ..occurrences import Occurrences
from ..pending import PendingWork
from ..rule import LIKELY, TARGET, Confidence, Evidence, Rule, RuleInfo, Severity
from .link import OkCount
from .naming import request_text
from .requests import ABORTS, Aborts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Optional, Tuple, Union  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

# Healthy captures ([DUMPS]) hold no more than two WAIT in a row.
FEWEST = 8
MANY = 100
LONG_S = 0.050
FEWEST_OF_LONG = 3

STALLED = 'the flash is working, which stalls accesses to it'

WAIT_FOR_FLASH = (
    'The flash was still working: let it end, and do not reset the part or cut its supply while it'
    ' writes.'
)
ADVICE = (
    'Let the host abort the stuck access: write ABORT with DAPABORT, then clear the sticky flags.',
    'Connect under reset, or enable debug in low-power modes (DBGMCU_CR), in case the core sleeps.',
    'See whether the peripheral behind the address of this access has its clock.',
)


class _Chain(
    NamedTuple(
        '_Chain',
        [
            ('start', int),
            ('end', int),
            ('request', int),
            ('count', int),
            ('oks', int),  # packets answered OK before its last run
            ('aborts', int),  # writes of ABORT before its last run
        ],
    )
):
    """One request that is answered WAIT again and again."""

    __slots__ = ()


class WaitRun(Rule):
    """Joins runs of WAIT between which the host did nothing but write ABORT."""

    info = RuleInfo(
        'SWD005',
        'wait-run',
        Severity.WARNING,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the same request is answered WAIT over and over: an access does not end',
        'IHI 0031 B4.2; [PRS1340], [PRS1840], [DUMPS]',
        LIKELY,
    )
    consumes = (AckRun, LinkReset, RegisterAccess, Window, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(WaitRun, self).__init__(context, bus)
        self._oks = OkCount()
        self._aborts = Aborts()
        self._run = None  # type: Optional[AckRun]
        self._chain = None  # type: Optional[_Chain]
        self._work = PendingWork()  # of the flash
        self._working = False  # some of the chains told began in one
        self._is_told = False  # the chain that goes on
        self._told = Occurrences()  # the chains before it
        self._worst = Severity.WARNING

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """Writes of ABORT, of which only those count that come after a run."""
        return () if self._run is None else ABORTS

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Take a record; a chain is told as soon as it is long enough."""
        return _HANDLERS[type(record)](self, record)

    def _acks(self, run: 'AckRun') -> 'Iterable[Made]':
        if run.ack != WAIT or not run.same_request:
            return ()
        self._follow(run)
        chain = self._chain
        assert chain is not None
        severity = self._severity(chain)
        if severity is None:
            return ()
        if self._work.is_on and severity == Severity.WARNING:
            return [self.withdrawn(chain.start, chain.end, STALLED)]
        self._worst = max(self._worst, Severity.WARNING if self._work.is_on else severity)
        self._working |= self._work.is_on
        self._is_told = True
        return [self._finding(chain)]

    def _follow(self, run: 'AckRun') -> 'None':
        known, self._run = self._run, run
        chain, oks, aborts = self._chain, self._oks.before(run), self._aborts.before(run)
        if chain is not None and known is not None and known.start == run.start:
            self._chain = chain._replace(end=run.end, count=chain.count + run.count - known.count)
        elif chain is not None and _is_continued(chain, run, oks, aborts):
            self._chain = chain._replace(
                end=run.end, count=chain.count + run.count, oks=oks, aborts=aborts
            )
        else:
            self._keep()
            self._chain = _Chain(run.start, run.end, run.request, run.count, oks, aborts)

    def _keep(self) -> 'None':
        """Count the chain that has ended, if it was told."""
        chain = self._chain
        if chain is not None and self._is_told:
            self._told.merge(1, chain.start, chain.end, [self._evidence(chain)])
        self._is_told = False

    def _severity(self, chain: '_Chain') -> 'Optional[Severity]':
        long = self.context.longer(
            chain.end - chain.start, self.context.limit('SWD005_LONG_S', LONG_S)
        )
        if chain.count > self.context.limit('SWD005_MANY', MANY):
            return Severity.ERROR
        if long and chain.count >= FEWEST_OF_LONG:
            return Severity.ERROR
        enough = chain.count >= self.context.limit('SWD005_FEWEST', FEWEST)
        return Severity.WARNING if enough else None

    def _access(self, access: 'RegisterAccess') -> 'Iterable[Made]':
        self._aborts.feed(access)
        return ()

    def _reset(self, record: 'LinkReset') -> 'Iterable[Made]':
        self._oks.feed(record)
        return ()

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Made]':
        self._keep()
        self._chain = self._run = None
        self._work.forget()
        return ()

    def _window(self, window: 'Window') -> 'Iterable[Made]':
        self._work.feed(window)
        return ()

    def _finding(self, chain: '_Chain') -> 'Finding':
        told = Occurrences()
        if self._told.count:
            told.merge(self._told.count, self._told.start, self._told.end, self._told.examples)
        told.add(chain.start, chain.end, self._evidence(chain).text)
        message = 'A {} was answered WAIT {} times over {}: an earlier access does not end'.format(
            request_text(chain.request), chain.count, self.time(chain.end - chain.start)
        )
        if told.count > 1:
            message += ' (the last of {} such runs)'.format(told.count)
        return self.finding(
            told.start,
            told.end,
            message,
            told.examples,
            (WAIT_FOR_FLASH,) + ADVICE if self._working else ADVICE,
            count=told.count,
            severity=self._worst,
        )

    def _evidence(self, chain: '_Chain') -> 'Evidence':
        text = '{}: {} times WAIT; healthy targets answer one or two (IHI 0031 B4.2)'.format(
            request_text(chain.request), chain.count
        )
        return Evidence(chain.start, chain.end, text)


def _is_continued(chain: '_Chain', run: 'AckRun', oks: 'int', aborts: 'int') -> 'bool':
    """Tell whether each packet that was answered OK in between wrote ABORT."""
    return run.request == chain.request and oks - chain.oks == aborts - chain.aborts


_HANDLERS = {
    AckRun: WaitRun._acks,
    LinkReset: WaitRun._reset,
    RegisterAccess: WaitRun._access,
    Window: WaitRun._window,
    CaptureGap: WaitRun._gap,
}  # type: Dict[type, Callable[[WaitRun, Any], Iterable[Made]]]

RULE = WaitRun
