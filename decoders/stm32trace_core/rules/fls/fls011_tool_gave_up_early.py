"""FLS011 tool-gave-up-early: the host turned to something else while the flash was still busy.

What
The last read of SR after an order shows BSY, and then the host writes CR, resets the part, begins
the link anew, or goes on with other traffic for more than a second without reading SR again.

Why it matters
The time-out of the host is shorter than the operation. The tool reports a failure of the flash, or
goes on and disturbs the operation; the flash itself may be in order. What was being erased or
written is undefined if the part was reset.

What to do
Read SR until BSY is 0 before anything else, for the longest time of the data sheet. Use a newer
tool or probe firmware, or raise its time-out. Erase the same range again before it is used: that
deletes what is left there.

False alarms and guards
A capture that ends while the host is still reading SR says nothing: other traffic must follow. A
host that begins the link anew and then reads SR again until BSY is 0 did wait. Beyond the longest
time of the data sheet (33 s where the part is not known) the host was right to give up: then the
rule is suppressed, and FLS009 tells. A reset by NRST is RST001, the launch of options that are not
yet programmed OPT004. Limit: FLS011_QUIET_S (1; healthy tools pause up to 0.9 s between two reads).

Example
  write FLASH_CR   0x00010004    MER and STRT of an STM32F722
  read  FLASH_SR   0x00010000    BSY, for 3 s
  write FLASH_CR   0x80000000    LOCK
Told as: "the host wrote FLASH_CR 3 s after the order of the mass erase, while SR still showed BSY;
a mass erase takes at most 32 s on STM32F72x/F73x (...)".

Source
RM0444, 3.3.7 and RM0090, 3.6.3 (wait for BSY to be cleared). Times: data sheet of the part.
Mass erase reported as failed [F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
Sector erase and old probe software [F723ST],
https://community.st.com/stm32-mcus-products-25/stm32f723-st-link-flash-memory-size-and-erase-error-71896
A time-out too short for an F407 [ZEP16041],
https://github.com/zephyrproject-rtos/zephyr/issues/16041
"""

from ...adi.records import LinkReset, LinkStats
from ...cortex.records import CoreStatus
from ...flash.records import PeripheralAccess
from ..occurrences import Occurrences
from ..rule import HOST, LIKELY, Confidence, RuleInfo, Severity
from .controller import CONSUMES, FlashRule, longest_of, resets, status_read, stuck_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .work import Work

# Source: public captures of ST-LINK: pauses of up to 0.9 s between accesses.
QUIET_S = 1.0
STATUS = 'FLASH.SR'
WATCHDOG = 'IWDG.'  # served while an operation goes on
STUCK = 'FLS009'
LAUNCHED = 'OPT004'  # options loaded too early

ADVICE = (
    'Read SR until BSY is 0 before anything else, for the longest time of the data sheet.',
    'Use a newer tool or probe firmware, or raise its time-out.',
    'Erasing deletes what is left there: erase the same range again before it is used.',
)


class ToolGaveUpEarly(FlashRule):
    """Watches what the host does next while BSY is set."""

    info = RuleInfo(
        'FLS011',
        'tool-gave-up-early',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'the host turned to something else while the flash was still busy',
        'RM0444 3.3.7, RM0090 3.6.3: BSY; [F722], [F723ST], [ZEP16041]',
        LIKELY,
    )
    consumes = CONSUMES + (LinkReset, LinkStats, CoreStatus)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ToolGaveUpEarly, self).__init__(context, bus)
        self._seen = Occurrences()
        self._first = ''
        self._told = None  # type: Optional[Work]  # the one told last
        self._last = 0  # end of the traffic that came after the last read of SR
        self._left = False  # the link was begun anew since
        self._link_end = 0  # of the last packet of the capture

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge what the host does before the controller's state takes it in."""
        work = self.controller.work
        made = []  # type: List[Union[Finding, Withdrawn]]
        if isinstance(record, LinkStats):
            self._link_end = record.end
        elif work is not None and work.is_busy and work is not self._told:
            made = self._next(work, record)
        if not isinstance(record, (LinkReset, LinkStats, CoreStatus)):
            self.controller.feed(record)
        if status_read(record):
            self._last, self._left = record.end, False
        return made

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Tell of a host that left and did not come back."""
        work = self.controller.work
        if work is None or not work.is_busy or work is self._told:
            return ()
        if self._left:
            return [self._decide(work, self._last, 'began the link anew')]
        if self._is_quiet(work, self._link_end):
            return [self._decide(work, self._link_end, 'went on with other things')]
        return ()

    def _is_quiet(self, work: 'Work', end: 'int') -> 'bool':
        """Tell whether there was traffic up to `end`, and no read of SR in it for too long."""
        since = 0 if work.last is None else end - work.last.end
        return self.context.longer(since, self.context.limit('FLS011_QUIET_S', QUIET_S))

    def _next(self, work: 'Work', record: 'Any') -> 'List[Union[Finding, Withdrawn]]':
        if isinstance(record, LinkReset):
            self._left = True
            self._last = record.end
        elif isinstance(record, (PeripheralAccess, CoreStatus)):
            return self._access(work, record)
        elif hasattr(record, 'kind') and resets(record):
            return [self._decide(work, record.end, 'reset the part')]
        return []

    def _access(self, work: 'Work', record: 'Any') -> 'List[Union[Finding, Withdrawn]]':
        register = getattr(record, 'register', '')
        if register == STATUS or register.startswith(WATCHDOG):
            return []
        if register == 'FLASH.CR' and record.write:
            if record.value & self.controller.registers.mask('CR', 'option_load'):
                self._told = work
                return [self.withdrawn(work.start, record.end, LAUNCHED)]
            return [self._decide(work, record.end, 'wrote FLASH_CR')]
        if self._is_quiet(work, record.end):
            return [self._decide(work, record.end, 'went on with other things')]
        return []

    def _decide(self, work: 'Work', end: 'int', deed: 'str') -> 'Union[Finding, Withdrawn]':
        self._told = work
        known = longest_of(self.controller, work)
        limit = stuck_after(self.controller, work) if known is None else known.seconds
        if self.context.longer(work.busy_for, limit):
            return self.withdrawn(work.start, end, STUCK)
        text = 'the host {} {} after the order of {}, while SR still showed BSY; {}'.format(
            deed,
            self.time(end - work.end),
            work.name,
            'the part is not known' if known is None else known.text,
        )
        self._first = self._first or text
        self._seen.add(work.start, end, text)
        return self.counted(self._seen, self._first, ADVICE)


RULE = ToolGaveUpEarly
