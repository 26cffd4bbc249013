"""CMX006 connect-under-reset-ineffective: NRST rose before the core was told to halt.

What
The host connects while NRST is low, and NRST rises before C_HALT or DEMCR.VC_CORERESET is written;
the order to halt follows only afterwards.

Why it matters
Between the rise and the order the application runs. That is time enough for it to switch the SWD
pins to another function, to enter a low-power mode or to start a watchdog: just what a connect
under reset is meant to prevent.

What to do
Write C_HALT and VC_CORERESET while NRST is still low, then release it. Look at the wiring of NRST:
a strong pull-up or a large capacitor makes the line move later or earlier than the probe thinks.

False alarms and guards
A reset that the host asked for by AIRCR or by launching option bytes pulls NRST low as well; that
is no connect under reset. A
slow reset circuit stretches the pulse: the finding gives the measured times. VC_CORERESET set
before NRST fell counts too. A host that never halts the core does not need it; an order later than
one second after the rise belongs to something else. Limit: CMX006_WITHIN_S (1).

Example
  NRST low, line reset, DPIDR, power-up; NRST rises; 3.1 ms later DHCSR is written 0xA05F0003.
Told as: "NRST was low for 21.4 ms while the host connected, and rose 3.1 ms before C_HALT was
written: the application ran in between".

Source
DDI 0403 (Armv7-M) C1.6.5: DEMCR.VC_CORERESET; pyOCD, coresight_target.py (order of the steps).
[PRS3516] Connect under reset fails because of the reset circuit,
https://github.com/probe-rs/probe-rs/issues/3516
[BMP454] Reset held too long or released too soon,
https://github.com/blackmagic-debug/blackmagic/pull/454
[PRS216] Reset asserted too late, with traces, https://github.com/probe-rs/probe-rs/pull/216
"""

from ...adi.records import OK, LinkReset, RegisterAccess
from ...cortex.records import CATCH, HALT, RESET, DebugRequest
from ...cortex.registers import DEMCR
from ...flash.records import PeripheralAccess
from ...interest import interest
from ...lines import OBL_LAUNCH, SYSRESETREQ, CaptureGap, LevelChange, Reset
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Rule, RuleInfo, Severity
from .levels import ResetLine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Tuple  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding

WITHIN_S = 1.0  # a later order belongs to something else

# Source: public captures of ST-LINK: the part itself pulls NRST low 45 us after the write of
# SYSRESETREQ. The catalogue's window for that is 100 ms.
OWN_RESET_S = 0.1

OWN_CAUSES = (SYSRESETREQ, OBL_LAUNCH)

CATCHES = DEMCR.field('VC_CORERESET')
ORDERS = {HALT: 'C_HALT', CATCH: 'VC_CORERESET'}

ADVICE = (
    'Write C_HALT and DEMCR.VC_CORERESET while NRST is still low, then release it.',
    'Look at NRST with a scope: capacitor and pull-up decide when the part leaves reset.',
)


class _Pulse(object):
    """NRST low, and what the host did meanwhile."""

    def __init__(self, start: 'int') -> 'None':
        self.start = start
        self.end = -1  # its rise
        self.is_connect = False
        self.is_caught = False


IDENTITY = (interest(RegisterAccess, names=('DPIDR',)),)


class ConnectUnderResetIneffective(Rule):
    """Compares the rise of NRST with the order to halt."""

    info = RuleInfo(
        'CMX006',
        'connect-under-reset-ineffective',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('swd', 'nrst'),
        False,
        'NRST rose before the core was told to halt',
        'DDI 0403 C1.6.5: VC_CORERESET; [PRS3516], [BMP454], [PRS216]',
        YES,
    )
    consumes = (
        LevelChange,
        LinkReset,
        RegisterAccess,
        DebugRequest,
        PeripheralAccess,
        Reset,
        CaptureGap,
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ConnectUnderResetIneffective, self).__init__(context, bus)
        self._line = ResetLine(context)
        self._pulse = _Pulse(context.start) if self._line.is_low else None  # type: Optional[_Pulse]
        self._is_caught = False  # VC_CORERESET
        self._asked = -1  # end of the last reset that the host asked for
        self._seen = Occurrences()
        self._first = ''

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """Whether the part tells who it is while NRST is low."""
        return IDENTITY if self._line.is_low and self._pulse is not None else ()

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge an order to halt after a pulse on NRST."""
        if isinstance(record, LevelChange):
            self._level(record)
        elif isinstance(record, DebugRequest):
            return self._request(record)
        elif isinstance(record, Reset):
            if record.cause in OWN_CAUSES:
                self._asked = record.end
        elif isinstance(record, CaptureGap):
            self._pulse = None
        elif isinstance(record, PeripheralAccess):
            if record.register == 'CoreDebug.DEMCR' and record.outcome == OK:
                self._is_caught = bool(CATCHES.of(record.value))
        elif self._line.is_low and self._pulse is not None:
            is_link = isinstance(record, LinkReset)
            if is_link or record.outcome == OK and record.name == 'DPIDR':
                self._pulse.is_connect = True
        return ()

    def _level(self, change: 'LevelChange') -> 'None':
        if not self._line.feed(change):
            return
        if change.value:
            if self._pulse is not None:
                self._pulse.end = change.start
        else:
            self._pulse = None if self._is_own(change) else _Pulse(change.start)
            if self._pulse is not None:
                self._pulse.is_caught = self._is_caught

    def _is_own(self, fall: 'LevelChange') -> 'bool':
        """Tell whether the part pulls the line itself, as it was asked to."""
        return self._asked >= 0 and not self.context.longer(fall.start - self._asked, OWN_RESET_S)

    def _request(self, request: 'DebugRequest') -> 'List[Finding]':
        if request.kind == RESET and not self._line.is_low:
            self._pulse = None
        if request.kind not in ORDERS:
            return []
        self._is_caught = self._is_caught or request.kind == CATCH
        pulse = self._pulse
        if pulse is None:
            return []
        if self._line.is_low:
            pulse.is_caught = True
            return []
        self._pulse = None
        within = self.context.limit('CMX006_WITHIN_S', WITHIN_S)
        if pulse.is_caught or not pulse.is_connect or pulse.end < 0:
            return []
        if self.context.longer(request.start - pulse.end, within):
            return []
        return [self._tell(pulse, request)]

    def _tell(self, pulse: '_Pulse', request: 'DebugRequest') -> 'Finding':
        text = (
            'NRST was low for {} while the host connected, and rose {} before {} was written: the'
            ' application ran in between'.format(
                self.time(pulse.end - pulse.start),
                self.time(request.start - pulse.end),
                ORDERS[request.kind],
            )
        )
        self._first = self._first or text
        self._seen.add(pulse.start, request.end, text)
        return self.counted(self._seen, self._first, ADVICE)


RULE = ConnectUnderResetIneffective
