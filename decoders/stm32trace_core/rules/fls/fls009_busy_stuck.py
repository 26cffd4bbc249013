"""FLS009 busy-stuck: BSY stays set many times longer than the operation takes.

What
SR shows BSY without a pause for more than three times the longest time of the operation in the data
sheet, and longer than open tools wait for it; of a part that is not known, for more than 33 s.
Where the host gives up or the part is reset while BSY is set, three times the longest time are
enough; more than that time itself is a warning then. So it is where the data end while BSY is set,
longer than the data sheet says and than open tools wait.

Why it matters
The flash controller does not come to an end: supply too weak for erasing, no clock, or option bytes
that it cannot program. What it was working on is neither old nor new.

What to do
If option bytes are being programmed, do not reset the part and do not cut its power yet: go on
reading SR for the widest time of the family first. Then power off and on once, cleanly; measure VDD
during the operation; erase the same range again, which deletes what is left there.

False alarms and guards
The limit comes from the table of the part: seconds to half a minute are normal on F4 and F7 (8.5 s
measured for an STM32F429). Options that may take read-out protection off erase the whole flash
besides, and may take as long. Programming is judged by one stretch of BSY, not by its whole length.
Without a sample rate the rule is not evaluated. Limits: FLS009_FACTOR (3), FLS009_UNKNOWN_S (33).

Example
  write FLASH_CR   0x00010004    MER1 and STRT of an STM32G071
  read  FLASH_SR   0x00010000    BSY1, 300 times over 2 s
Told as: "SR shows BSY for 2 s after the order of the mass erase, in 300 reads; a mass erase takes
at most 40.1 ms on STM32G07x/G08x (...)".

Source
Times: data sheet of the part, flash memory characteristics.
How long open tools wait [OPENOCD], src/flash/nor/stm32f2x.c (33 s and 10 s), stm32l4x.c (250 ms),
https://github.com/openocd-org/openocd
An STM32G051 that stays busy after an option change [G051],
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
"""

from ...cortex.records import DebugRequest
from ...flash.records import OPTION_ERASE, OPTION_PROGRAM, BlindAccess
from ...lines import CaptureGap, Reset
from ..occurrences import Occurrences
from ..operation_time import stuck_factor
from ..rule import TARGET, Confidence, Evidence, RuleInfo, Severity
from .controller import FlashRule, longest_of, overdue_after, status_read, stuck_after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional  # novm

    from ...context import Context
    from ..rule import Finding
    from .work import Work

POWER_CYCLE = 'Power the part off and on once, cleanly, and measure VDD during the operation.'
ERASE_AGAIN = 'Erasing deletes what is left there: erase the same range again before it is used.'
OPTIONS_FIRST = (
    'Do not reset the part and do not cut its power yet: option bytes are being programmed. Go on'
    ' reading SR for the widest time of the family first.'
)
GAVE_UP = '; then the host gave up'
WAS_RESET = '; then the part was reset'
STILL_ON = '; it had not ended where the data end'
READ_OPTIONS = 'Then read the option registers before anything else is written.'


class BusyStuck(FlashRule):
    """Measures how long BSY stays set."""

    info = RuleInfo(
        'FLS009',
        'busy-stuck',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd', 'sample_rate'),
        True,
        'BSY stays set many times longer than the operation takes',
        'data sheet: flash memory characteristics; [OPENOCD], [G051]',
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(BusyStuck, self).__init__(context, bus)
        self._seen = Occurrences()  # stretches that are over
        self._stretch = None  # type: Optional[Evidence]  # the one that goes on, if it is too long
        self._busy = None  # type: Optional[Work]  # that the last status showed busy

    def judge(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge every read of SR: once when it is too long, once more when it is over."""
        work, busy = self.controller.work, self._busy
        self._busy = work if work is not None and work.is_busy else None
        if busy is not None and busy is not work:
            return self._left(busy, record)
        if work is None or not work.is_busy:
            return self._close(work)
        if not status_read(record):
            return ()
        stretch = self._stretch
        limit = stuck_after(self.controller, work)
        if not self.context.longer(work.busy_for, limit):
            return ()
        self._stretch = Evidence(work.busy_from, record.end, self._describe(work))
        return () if stretch is not None else [self._tell(self._stretch, work)]

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Tell the whole length of a stretch that the end of the data cuts, or that it was overdue."""
        work = self.controller.work
        if self._stretch is None and work is not None and self._is_overdue(work):
            stretch = Evidence(work.busy_from, work.busy_until, self._describe(work) + STILL_ON)
            return [self._tell(stretch, work, None if self._seen.count else Severity.WARNING)]
        return self._close(work)

    def _left(self, work: 'Work', record: 'Any') -> 'Iterable[Finding]':
        """The host turned to something else while BSY was set: it need not have waited longer than the data sheet."""
        known = longest_of(self.controller, work)
        is_hidden = isinstance(record, (CaptureGap, BlindAccess))
        if self._stretch is not None or is_hidden or known is None:
            return self._close(work)
        if not self.context.longer(work.busy_for, known.seconds):
            return ()
        hangs = self.context.longer(work.busy_for, stuck_factor(self.context) * known.seconds)
        then = WAS_RESET if isinstance(record, (DebugRequest, Reset)) else GAVE_UP
        stretch = Evidence(work.busy_from, work.busy_until, self._describe(work) + then)
        found = self._tell(stretch, work, None if hangs or self._seen.count else Severity.WARNING)
        self._seen.merge(1, stretch.start, stretch.end, [stretch])
        return [found]

    def _is_overdue(self, work: 'Work') -> 'bool':
        limit = overdue_after(self.controller, work)
        return limit is not None and self.context.longer(work.busy_for, limit)

    def _close(self, work: 'Optional[Work]') -> 'List[Finding]':
        stretch, self._stretch = self._stretch, None
        if stretch is None:
            return []
        found = self._tell(stretch, work)
        self._seen.merge(1, stretch.start, stretch.end, [stretch])
        return [found]

    def _describe(self, work: 'Work') -> 'str':
        known = longest_of(self.controller, work)
        return 'SR shows BSY for {} after the order of {}, in {} reads; {}'.format(
            self.time(work.busy_for),
            work.name,
            work.polls,
            'the part is not known' if known is None else known.text,
        )

    def _tell(
        self,
        stretch: 'Evidence',
        work: 'Optional[Work]',
        severity: 'Optional[Severity]' = None,
    ) -> 'Finding':
        told = Occurrences()
        if self._seen.count:
            told.merge(self._seen.count, self._seen.start, self._seen.end, self._seen.examples)
        told.merge(1, stretch.start, stretch.end, [stretch])
        is_option = work is not None and work.kind in (OPTION_PROGRAM, OPTION_ERASE)
        advice = (
            (OPTIONS_FIRST, POWER_CYCLE, READ_OPTIONS) if is_option else (POWER_CYCLE, ERASE_AGAIN)
        )
        return self.counted(told, told.examples[0].text, advice, severity=severity)


RULE = BusyStuck
