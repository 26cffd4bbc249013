"""CMX001 halt-not-reached: the core was told to halt and did not.

What
DHCSR is written with C_HALT, and S_HALT stays 0 in 100 reads of DHCSR, or in the reads of 100 ms.

Why it matters
Nothing that needs a halted core works: core registers, breakpoints, and the loaders in RAM by which
most probes erase and program. The core is held in reset, asleep without a clock, or debugging is
not enabled.

What to do
Connect under reset: pull NRST low, connect, set C_HALT and DEMCR.VC_CORERESET, then release NRST.
That resets the part and stops what runs on it, and changes nothing in its flash. The last value of
DHCSR in the finding tells more: C_DEBUGEN 0 means that debugging is off, S_SLEEP that the core
waits for an interrupt, S_LOCKUP that it met two faults in a row.

False alarms and guards
While NRST is low S_HALT stays 0, so the count begins anew when it rises. S_RESET_ST
begins it anew as well. A reset by AIRCR, and a host that lets the core run again or takes the order
back, end the wait. Without a sample rate only the reads
are counted. Limits: CMX001_READS (100), CMX001_WAIT_S (0.1).

Example
  write DHCSR   0xA05F0003
  read  DHCSR   0x00010003       100 times
Told as: "C_HALT was written and S_HALT was still 0 after 100 reads of DHCSR in 12.4 ms; the last
one is 0x00010003 (C_DEBUGEN, C_HALT, S_REGRDY)".

Source
DDI 0403 (Armv7-M) C1.6.2 and DDI 0419 (Armv6-M) C1.6.3, DHCSR.
An STM32F103 in WFI [PRS1340], https://github.com/probe-rs/probe-rs/issues/1340
Reset held too long or released too soon [BMP454],
https://github.com/blackmagic-debug/blackmagic/pull/454
"""

from ...cortex.records import HALT, RESET, RESUME, STEP, CoreStatus, DebugRequest
from ...lines import CaptureGap, LevelChange, Reset
from ..occurrences import Occurrences
from ..rule import LIKELY, TARGET, Confidence, Rule, RuleInfo, Severity
from .levels import ResetLine, status_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional  # novm

    from ...context import Context
    from ..rule import Finding

# Source: the catalogue of anomalies, CMX001.
READS = 100
WAIT_S = 0.1

ADVICE = (
    'Connect under reset: NRST low, connect, write C_HALT and DEMCR.VC_CORERESET, then release NRST.'
    ' This resets the part and leaves its flash as it is.',
    'Keep the debug unit clocked in low-power modes: the DBG_SLEEP and DBG_STOP bits of DBGMCU.',
)


class _Wait(object):
    """An order to halt that is not followed yet."""

    def __init__(self, start: 'int', end: 'int') -> 'None':
        self.start = start
        self.since = end  # from when the core could follow
        self.reads = 0
        self.is_told = False


class HaltNotReached(Rule):
    """Counts the reads after an order to halt."""

    info = RuleInfo(
        'CMX001',
        'halt-not-reached',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the core was told to halt and did not',
        'DDI 0403 C1.6.2: DHCSR; [PRS1340], [BMP454]',
        LIKELY,
    )
    consumes = (DebugRequest, CoreStatus, LevelChange, Reset, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(HaltNotReached, self).__init__(context, bus)
        self._line = ResetLine(context)
        self._wait = None  # type: Optional[_Wait]
        self._seen = Occurrences()
        self._first = ''

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge every read of DHCSR after the order."""
        if isinstance(record, CoreStatus):
            return self._status(record)
        if isinstance(record, LevelChange):
            if self._line.feed(record) and self._wait is not None:
                self._wait = _Wait(self._wait.start, record.end)
        elif isinstance(record, DebugRequest):
            self._request(record)
        elif isinstance(record, CaptureGap) or record.cause != 'nrst':
            self._wait = None
        return ()

    def _request(self, request: 'DebugRequest') -> 'None':
        if request.kind == HALT and self._wait is None:
            self._wait = _Wait(request.start, request.end)
        elif request.kind in (RESUME, STEP, RESET):
            self._wait = None

    def _status(self, status: 'CoreStatus') -> 'List[Finding]':
        wait = self._wait
        if status.halted:
            self._wait = None
        if wait is None or status.halted or self._line.is_low:
            return []
        if status.was_reset:
            # The bit may be an old one: it stays set until it is read.
            self._wait = _Wait(wait.start, status.end)
            return []
        wait.reads += 1
        if wait.is_told or not self._is_too_long(wait, status):
            return []
        wait.is_told = True
        return [self._tell(wait, status)]

    def _is_too_long(self, wait: '_Wait', status: 'CoreStatus') -> 'bool':
        limit = self.context.limit
        return wait.reads >= limit('CMX001_READS', READS) or self.context.longer(
            status.start - wait.since, limit('CMX001_WAIT_S', WAIT_S)
        )

    def _tell(self, wait: '_Wait', status: 'CoreStatus') -> 'Finding':
        text = (
            'C_HALT was written and S_HALT was still 0 after {} read{} of DHCSR in {}; the last one'
            ' is {}'.format(
                wait.reads,
                '' if wait.reads == 1 else 's',
                self.time(status.end - wait.since),
                status_text(status.value),
            )
        )
        self._first = self._first or text
        self._seen.add(wait.start, status.end, text)
        return self.counted(self._seen, self._first, ADVICE)


RULE = HaltNotReached
