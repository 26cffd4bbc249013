"""CMX005 unexpected-core-reset: the core was reset and nobody asked for it.

What
DHCSR shows S_RESET_ST, and neither since the read before nor in the 200 ms before this one was
there a reset by AIRCR, a launch of option bytes, or a fall of NRST or of the supply.

Why it matters
Something else reset the part: a watchdog, a brown-out, a fault handler, or a wire that is not
captured. In the middle of an erase or of programming it is the cause of the failure, and what was
being changed is undefined.

What to do
Read the reset flags (RCC_CSR, RCC_RSR on H7) before they are cleared: they name the source. Measure
VDD during an erase. Freeze the watchdogs while the core is halted (DBGMCU), or serve them. A
hardware watchdog is switched on by an option bit.

False alarms and guards
The bit stays set until it is read, so the first read after the begin of the capture, or after the
link was begun anew, says nothing: the reset may be long past. 2 ms after a reset that was asked for
0x02030003 is what a healthy part answers. Where NRST is not captured, a probe or a button may have
pulled it unseen: then this is a warning, and where the host has set DEMCR.VC_CORERESET (it awaits a
reset) it is suppressed. Limit: CMX005_WITHIN_S (0.2).

Example
  read  DHCSR   0x00030003
  write FLASH_CR ...             a sector erase is started
  read  DHCSR   0x02030003       S_RESET_ST, and nobody wrote AIRCR
Told as: "DHCSR reads 0x02030003 (...): the core was reset within the 1.2 ms since the read before,
while an erase was pending, and no AIRCR or OBL_LAUNCH or NRST accounts for it".

Source
DDI 0403 (Armv7-M) C1.6.2 and DDI 0419 (Armv6-M) C1.6.3: S_RESET_ST is cleared by the read.
[H723] A sector erase that resets the chip,
https://community.st.com/t5/stm32cubeide-mcus/stm32cubeide-mass-erase-rather-than-sector-erase/m-p/585982/highlight/true
[H743V] An erase that resets the chip,
https://qa-community.st.com/stm32-mcus-products-44/stm32h743-flash-erasesector-reset-problem-135088
[OCD1148] Faults while in reset, https://github.com/pyocd/pyOCD/issues/1148
The healthy example: public captures [DUMPS], https://github.com/sigrokproject/sigrok-dumps
"""

from ...adi.records import OK, LinkReset
from ...cortex.records import CATCH, RESET, CoreStatus, DebugRequest
from ...cortex.registers import DEMCR
from ...flash.records import (
    OPTION_LOAD,
    RESTART_EXPECTED,
    FlashOperation,
    PeripheralAccess,
    Window,
)
from ...lines import CaptureGap, LevelChange, Reset
from ..occurrences import Occurrences
from ..pending import PendingWork
from ..rule import LIKELY, TARGET, Confidence, Rule, RuleInfo, Severity
from .levels import ResetLine, status_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

# Source: the catalogue of anomalies, CMX005: resets that are asked for take less.
WITHIN_S = 0.2

CATCHES = DEMCR.field('VC_CORERESET')

AWAITED = 'DEMCR.VC_CORERESET: the host awaits a reset, and NRST is not captured'

ADVICE = (
    'Read the reset flags (RCC_CSR) before they are cleared: they name the source.',
    'Measure VDD during the operation, and serve or freeze the watchdogs.',
)
LOST = 'What {} was changing is undefined: erase it again, which deletes what is left there.'


class UnexpectedCoreReset(Rule):
    """Looks for what explains each S_RESET_ST."""

    info = RuleInfo(
        'CMX005',
        'unexpected-core-reset',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the core was reset and nobody asked for it',
        'DDI 0403 C1.6.2: S_RESET_ST; [H723], [H743V], [OCD1148], [DUMPS]',
        LIKELY,
    )
    consumes = (
        CoreStatus,
        DebugRequest,
        Reset,
        LevelChange,
        LinkReset,
        CaptureGap,
        Window,
        FlashOperation,
        PeripheralAccess,
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(UnexpectedCoreReset, self).__init__(context, bus)
        self._line = ResetLine(context)
        self._read = -1  # end of the read before; -1: none in this session
        self._reason = -1  # end of what explains a reset
        self._is_caught = False
        self._work = PendingWork()
        self._seen = Occurrences()
        self._first = ''

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a read of DHCSR; keep what explains a reset."""
        if isinstance(record, CoreStatus):
            return self._status(record)
        if isinstance(record, Window):
            self._window(record)
        elif isinstance(record, PeripheralAccess):
            if record.register == 'CoreDebug.DEMCR' and record.outcome == OK:
                self._is_caught = bool(CATCHES.of(record.value))
        elif isinstance(record, (LinkReset, CaptureGap)):
            self._read = -1
            if isinstance(record, CaptureGap):
                self._work.forget()
        elif self._explains(record):
            self._reason = max(self._reason, record.end)
        return ()

    def _explains(self, record: 'Any') -> 'bool':
        if isinstance(record, LevelChange):
            return self._line.feed(record) or record.role == 'vdd'
        if isinstance(record, DebugRequest):
            self._is_caught = self._is_caught or record.kind == CATCH
            return record.kind == RESET
        return isinstance(record, Reset) or record.kind == OPTION_LOAD

    def _window(self, window: 'Window') -> 'None':
        if window.kind == RESTART_EXPECTED:
            self._reason = max(self._reason, window.end)
        self._work.feed(window)

    def _status(self, status: 'CoreStatus') -> 'List[Union[Finding, Withdrawn]]':
        before, self._read = self._read, status.end
        if not status.was_reset or before < 0 or self._is_explained(before, status):
            return []
        if not self._line.is_captured and self._is_caught:
            return [self.withdrawn(before, status.end, AWAITED)]
        return [self._tell(before, status)]

    def _is_explained(self, before: 'int', status: 'CoreStatus') -> 'bool':
        if self._line.is_low or self._reason >= before:
            return True
        within = self.context.limit('CMX005_WITHIN_S', WITHIN_S)
        return self._reason >= 0 and not self.context.longer(status.start - self._reason, within)

    def _tell(self, before: 'int', status: 'CoreStatus') -> 'Finding':
        doing = self._work.name
        text = (
            'DHCSR reads {}: the core was reset within the {} since the read before{}, and no AIRCR'
            ' or OBL_LAUNCH{} accounts for it'.format(
                status_text(status.value),
                self.time(status.end - before),
                ', while {} was pending'.format(doing) if doing else '',
                ' or NRST' if self._line.is_captured else '',
            )
        )
        if not self._line.is_captured:
            text += '; NRST is not captured'
        self._first = self._first or text
        self._seen.add(before, status.end, text)
        sure = self._line.is_captured
        return self.counted(
            self._seen,
            self._first,
            ADVICE + ((LOST.format(doing),) if doing else ()),
            severity=None if sure else Severity.WARNING,
            confidence=None if sure else Confidence.MEDIUM,
        )


RULE = UnexpectedCoreReset
