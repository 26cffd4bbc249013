"""SWD006 fault-run: FAULT again and again, because the host does not clear the sticky error.

What
At least two requests are answered FAULT, and none of the 20 requests after them writes ABORT; or
20 requests in a row are answered FAULT in a debug port that is not in overrun mode.

Why it matters
One access failed, and the debug port remembers that: from then on it answers FAULT to every access
to an access port, whatever it is about, until ABORT clears the flag. All these later failures say
nothing about the part. Only the access before the first FAULT does, and the finding names it.

What to do
Let the host write 0x1E to ABORT, then read CTRL/STAT, and repeat the access by itself. If it fails
again, look at its address: memory that is not there, protected flash, a peripheral without clock.
Clearing the flag changes nothing in the part's memory.

False alarms and guards
In overrun mode (CTRL/STAT.ORUNDETECT) the host sends a block without looking at the acknowledges,
so one WAIT is followed by FAULT until the block ends, 51 times in a healthy OpenOCD capture, and
then cleared: there, and in a capture that has not shown CTRL/STAT yet, the 20 requests are counted
from the end of the FAULTs. A single FAULT, or FAULTs with ABORT soon after, are left to DAP004.
Limits: SWD006_FEWEST (2), SWD006_REQUESTS (20).

Example
A tool reads 0x1FFF7A22 on a part that has nothing there, ignores the FAULT and reads on: 340 FAULTs
until it gives up.

Source
Arm IHI 0031 (ADIv5.2), B4.2 (FAULT, overrun mode), B2.2.1 (ABORT).
[DUMPS] 51 FAULTs in a healthy capture, https://github.com/sigrokproject/sigrok-dumps
[BMP1072] FAULT after WAIT, https://github.com/blackmagic-debug/blackmagic/pull/1072
[OCD1165] Faults that can be cleared, https://github.com/pyocd/pyOCD/issues/1165
"""

from ...adi.records import OK, AckRun, MemoryAccess, RegisterAccess
from ...adi.registers import CTRL_STAT
from ...interest import interest
from ...lines import CaptureGap
from ...record import CAPTURE
from ...wire.swd import FAULT
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .link import LastTaken
from .naming import access_text, request_text
from .requests import ABORTS, PATIENCE, Aborts, Requests, is_abort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

FEWEST = 2

ADVICE = (
    'Let the host clear the sticky flags before it goes on: write 0x1E to ABORT, then read'
    ' CTRL/STAT.',
    'Look at the access before the first FAULT, not at those after it: only that one failed for a'
    ' reason of its own.',
    'Repeat that access alone; if it fails again, its address is not there, is protected, or has no'
    ' clock.',
)

MODE = LastTaken.INTERESTS + (interest(RegisterAccess, names=(CTRL_STAT.name,)),)
TOLD = LastTaken.INTERESTS + ABORTS


class FaultRun(Rule):
    """Waits, from the last FAULT on, for the host to write ABORT."""

    info = RuleInfo(
        'SWD006',
        'fault-run',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'FAULT again and again, because the host does not clear the sticky error',
        'IHI 0031 B4.2; [DUMPS], [BMP1072], [OCD1165]',
        YES,
    )
    consumes = LastTaken.CONSUMES + (AckRun, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(FaultRun, self).__init__(context, bus)
        self._taken = LastTaken()
        self._first = None  # type: Optional[AckRun]  # since ABORT was written last
        self._run = None  # type: Optional[AckRun]  # the last one of FAULT
        self._faults = 0  # since then
        self._since = Requests()  # after the first FAULT, or after a block in overrun mode
        self._aborts = Aborts()
        self._is_mode_seen = False  # CTRL/STAT was read or written
        self._cause = []  # type: List[Evidence]  # the access before the first FAULT
        self._seen = Occurrences()
        self._is_told = False  # this series

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """The accesses before a FAULT, all after it until it is told or cleared, and whether the mode is seen."""
        if self._first is not None:
            return TOLD if self._is_told and self._is_mode_seen else None
        return LastTaken.INTERESTS if self._is_mode_seen else MODE

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Take a record; a series is told once it is clear that the host does not clear it."""
        if isinstance(record, AckRun):
            return self._acks(record) if record.ack == FAULT else ()
        if isinstance(record, CaptureGap):  # ABORT may have been written there
            self._first, self._run, self._faults, self._is_told = None, None, 0, False
            self._taken = LastTaken()
            return ()
        self._taken.feed(record)
        if isinstance(record, (RegisterAccess, MemoryAccess)):
            return self._access(record)
        return ()

    def _acks(self, run: 'AckRun') -> 'Iterable[Made]':
        known, self._run = self._run, run
        is_new = self._first is None or known is None or known.start != run.start
        self._faults += run.count - (0 if is_new or known is None else known.count)
        if self._first is None:
            self._first, self._cause = run, self._find_cause(run)
            self._since = Requests()
        if self._may_be_block(run):
            self._since = Requests()
        if run.over and self._aborts.after(run):
            return self._cleared(run)
        patience = self.context.limit('SWD006_REQUESTS', PATIENCE)
        if self._is_told or (run.count >= patience and not self._may_be_block(run)):
            return self._tell()
        return ()

    def _find_cause(self, run: 'AckRun') -> 'List[Evidence]':
        last = self._taken.before(run.start)
        if last is None:
            return []
        text = 'the access before the first FAULT: ' + access_text(last)
        return [Evidence(last.start, last.end, text)]

    def _access(self, access: 'Union[RegisterAccess, MemoryAccess]') -> 'Iterable[Made]':
        self._aborts.feed(access)
        self._is_mode_seen |= access.outcome == OK and getattr(access, 'name', '') == CTRL_STAT.name
        run = self._run
        if self._first is None or run is None or access.start < run.end:
            return ()
        if is_abort(access):
            return self._cleared(run)
        if run.over or not self._may_be_block(run):
            self._since.add(access)
        patience = self.context.limit('SWD006_REQUESTS', PATIENCE)
        if not self._is_told and self._since.count >= patience and self._is_run():
            return self._tell()
        return ()

    def _may_be_block(self, run: 'AckRun') -> 'bool':
        """Tell whether the host may be in overrun mode: it is, or the capture has not shown its mode."""
        return run.overrun or not self._is_mode_seen

    def _is_run(self) -> 'bool':
        return self._faults >= self.context.limit('SWD006_FEWEST', FEWEST)

    def _cleared(self, run: 'AckRun') -> 'Iterable[Made]':
        """ABORT was written: the next FAULT begins a new series."""
        guarded = self._may_be_block(run) and self._is_run() and not self._is_told
        start = run.start
        self._first, self._faults, self._is_told = None, 0, False
        by = 'ABORT follows the block in overrun mode'
        return [self.withdrawn(start, run.end, by)] if guarded else ()

    def _tell(self) -> 'Iterable[Made]':
        first, run = self._first, self._run
        assert first is not None
        assert run is not None
        text = '{}: FAULT, {} in all; expected a write of ABORT after the first'.format(
            request_text(first.request), self._faults
        )
        evidence = self._cause + [Evidence(first.start, run.end, text)]
        if not self._is_told:
            self._seen.merge(1, first.start, run.end, evidence)
        self._is_told = True
        cause = self._cause[0].text.partition(': ')[2] if self._cause else ''
        message = '{} requests were answered FAULT{}, and the host did not clear the sticky error'
        if self._seen.count > 1:
            message += ' ({} times in the capture)'.format(self._seen.count)
        yield self.finding(
            self._seen.start,
            run.end,
            message.format(self._faults, ' after a ' + cause if cause else ''),
            self._seen.examples if self._seen.count > 1 else evidence,
            ADVICE,
            count=self._seen.count,
        )


RULE = FaultRun
