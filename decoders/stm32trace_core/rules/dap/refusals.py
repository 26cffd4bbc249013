"""Attempts to use an access port that has refused every one so far.

An attempt is what follows a clearing of the sticky flags: after one failure every access is answered FAULT
until ABORT clears them (Arm IHI 0031, B1.2, B4.2). That a write was answered OK says only that the port took
it: whether it worked shows in the access after it.
"""

from ...adi.records import AP, FAULT, LOST, OK, AckRun, MemoryAccess, RegisterAccess
from ...adi.registers import CTRL_STAT, RDBUFF
from ...wire.swd import REQUEST_APNDP, WAIT
from ..rule import Evidence
from ..swd.naming import access_text, request_text
from ..swd.requests import is_abort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Union  # novm

    Access = Union[MemoryAccess, RegisterAccess]

STICKYERR = CTRL_STAT.field('STICKYERR')
POWERED = CTRL_STAT.field('CDBGPWRUPACK')

# The same request answered WAIT so often, and nothing else: as good as refused. Source: SWD005.
ENDLESS = 100
KEPT = 2  # attempts shown as evidence


class Refusals(object):
    """Counts the attempts on one bus until one succeeds.

    ap: the port, -1 where SELECT was not seen. attempts: refused so far; under_reset: of these, while NRST was
    low. endless: one of them was answered WAIT without an end. is_over: an access succeeded. evidence: of the
    first few.
    """

    def __init__(self) -> 'None':
        self.ap = -1
        self.attempts = 0
        self.under_reset = 0
        self.start = self.end = 0
        self.endless = self.is_over = False
        self.evidence = []  # type: List[Evidence]
        self._is_cleared = True  # the next failure has a reason of its own
        self._is_powered = True  # as far as CTRL/STAT told
        self._taken = False  # a write was answered OK, and whether it worked is not known
        self._run = -1  # begin of a run of WAIT that was counted

    @property
    def port(self) -> 'int':
        """Number of the access port; 0 where SELECT was not seen."""
        return max(0, self.ap)

    @property
    def is_only_under_reset(self) -> 'bool':
        """NRST was low at every attempt."""
        return self.under_reset == self.attempts

    def feed(self, record: 'Any', in_reset: 'bool') -> 'bool':
        """Take an access or a run of WAIT; tell whether it adds an attempt."""
        if isinstance(record, AckRun):
            return self._wait(record, in_reset)
        if isinstance(record, RegisterAccess) and record.port != AP:
            self._debug_port(record)
            return False
        if record.outcome in (FAULT, LOST):
            return self._failed(record, in_reset)
        if record.outcome == OK:
            self._succeeded(record)
        return False

    def _debug_port(self, access: 'RegisterAccess') -> 'None':
        if is_abort(access):
            self._is_cleared, self._taken = True, False
        elif access.outcome != OK or access.write:
            return
        elif access.name != CTRL_STAT.name:
            self.is_over |= self._taken and access.name == RDBUFF.name
        else:
            self._is_powered = bool(POWERED.of(access.value))
            self._taken = self._taken and not STICKYERR.of(access.value)

    def _succeeded(self, access: 'Access') -> 'None':
        if not access.write or self._taken:
            self.is_over = True
        self._taken = True

    def _failed(self, access: 'Access', in_reset: 'bool') -> 'bool':
        self._taken = False
        is_new, self._is_cleared = self._is_cleared, False
        if not is_new or not self._is_powered:
            return False
        self._add(access.start, access.end, access_text(access) + ': refused', in_reset)
        self.ap = access.ap
        return True

    def _wait(self, run: 'AckRun', in_reset: 'bool') -> 'bool':
        is_endless = run.ack == WAIT and run.same_request and run.count >= ENDLESS
        if not is_endless or not run.request & REQUEST_APNDP or run.start == self._run:
            return False
        self._run, self.endless = run.start, True
        text = '{}: {} times WAIT'.format(request_text(run.request), run.count)
        self._add(run.start, run.end, text, in_reset)
        return True

    def _add(self, start: 'int', end: 'int', text: 'str', in_reset: 'bool') -> 'None':
        self.start = start if not self.attempts else self.start
        self.end = end
        self.attempts += 1
        self.under_reset += in_reset
        if len(self.evidence) < KEPT:
            where = ', while NRST was low' if in_reset else ''
            self.evidence.append(Evidence(start, end, text + where))
