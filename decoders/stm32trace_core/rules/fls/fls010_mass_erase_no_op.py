"""FLS010 mass-erase-no-op: a mass erase was ordered and nothing happened.

What
A mass erase is ordered (MER and STRT), the first read of SR follows within 10 ms and shows neither
BSY nor EOP nor an error; or BSY was seen and has gone within 4 ms of the order.

Why it matters
The erase did not start, or ended at once: the flash still holds what it held, and the host that
waited for BSY = 0 reports success. The next programming fails, or writes over old data.

What to do
Read the flash back and check that it is blank. Check that LOCK was 0 and that the bit of the right
bank was set (MER1, MER2), then order it again: that erases the whole flash.

False alarms and guards
A slow host may read SR for the first time when a mass erase of 40 ms is over, so a first read later
than 10 ms after the order says nothing. The 4 ms are a fifth of the shortest mass erase of any data
sheet in the tables (20 ms, STM32F103). EOP, or an error flag, says what happened: then it is not
this rule. While CR is known to be locked, FLS003 tells; where it turns out only later that it was,
this becomes a note. Without a sample rate the rule is not evaluated. Limits: FLS010_FIRST_READ_S
(0.01), FLS010_SHORTEST_S (0.004).

Example
  write FLASH_CR   0x00010004    MER and STRT
  read  FLASH_SR   0x00000000    60 us later
Told as: "the mass erase was ordered, and SR read 0x00000000 60 us later: neither BSY nor EOP nor
an error flag, so it did not start".

Source
RM0444, 3.3.7 (BSY1 is set when an erase starts); RM0090, 3.6.3.
DS5319 (STM32F103), flash memory characteristics: mass erase 20 to 40 ms.
Mass erase on an L443 that returns at once [BMP872],
https://github.com/blackmagic-debug/blackmagic/issues/872
An erase on a G0B1 that ends too fast [STL1473], https://github.com/stlink-org/stlink/issues/1473
"""

from ...flash.records import MASS_ERASE
from ..occurrences import Occurrences
from ..rule import HOST, LIKELY, Confidence, RuleInfo, Severity
from .controller import FlashRule, status_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Union  # novm

    from ...context import Context
    from ...flash.records import PeripheralAccess
    from ..rule import Finding, Withdrawn
    from .work import Work

# Source: the catalogue of anomalies, FLS010: later, a mass erase of 40 ms may be over already.
FIRST_READ_S = 0.010
# Source: DS5319, mass erase at least 20 ms; a fifth of it.
SHORTEST_S = 0.004

LOCKED = 'FLS003'
LOCKED_THEN = '; it was locked (FLS003)'
UNSURE = '; whether it was unlocked is not known'

ADVICE = (
    'Read the flash back and check that it is blank before it is programmed.',
    'Check that LOCK is 0 and that the bit of the right bank is set (MER1, MER2).',
    'This ERASES THE WHOLE FLASH: order the mass erase again, and read SR until BSY has come and'
    ' gone.',
)


class MassEraseNoOp(FlashRule):
    """Looks at the first status after the order of a mass erase, and at the last."""

    info = RuleInfo(
        'FLS010',
        'mass-erase-no-op',
        Severity.ERROR,
        Confidence.MEDIUM,
        HOST,
        ('swd', 'sample_rate'),
        True,
        'a mass erase was ordered and nothing happened',
        'RM0444 3.3.7, RM0090 3.6.3, DS5319; [BMP872], [STL1473]',
        LIKELY,
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(MassEraseNoOp, self).__init__(context, bus)
        self._seen = Occurrences()
        self._first = ''
        self._told = []  # type: List[Work]

    def judge(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a status that shows no BSY; take back what turns out to be the lock's doing."""
        work = self.controller.work
        if self._told and self.controller.revealed:
            return self._explained_by_the_lock()
        if work is None or work.kind != MASS_ERASE or work.is_busy or not status_read(record):
            return ()
        done = self.controller.registers.mask('SR', 'end_of_operation')
        if work.raised or record.value & done or not self._is_too_soon(work):
            return ()
        if work.locked:
            return [self.withdrawn(work.start, record.end, LOCKED)]
        text = self._describe(work, record)
        self._first = self._first or text
        self._seen.add(work.start, record.end, text)
        self._told.append(work)
        unsure = UNSURE if work.locked is None and not work.was_busy else ''
        return [self.counted(self._seen, self._first + unsure, ADVICE)]

    def _explained_by_the_lock(self) -> 'Iterable[Finding]':
        if not all(work.locked for work in self._told):
            return ()
        return [self.counted(self._seen, self._first + LOCKED_THEN, ADVICE, severity=Severity.NOTE)]

    def _is_too_soon(self, work: 'Work') -> 'bool':
        limit = self.context.limit
        shortest = limit('FLS010_FIRST_READ_S', FIRST_READ_S)
        if work.was_busy:
            shortest = limit('FLS010_SHORTEST_S', SHORTEST_S)
        known = self.context.seconds(work.waited)
        return known is not None and known < shortest

    def _describe(self, work: 'Work', status: 'PeripheralAccess') -> 'str':
        after = self.time(work.waited)
        if not work.was_busy:
            return (
                'the mass erase was ordered, and SR read 0x{:08X} {} later: neither BSY nor EOP nor'
                ' an error flag, so it did not start'.format(status.value, after)
            )
        return (
            'the mass erase was over {} after the order (SR reads 0x{:08X}), sooner than any part'
            ' can erase its flash'.format(after, status.value)
        )


RULE = MassEraseNoOp
