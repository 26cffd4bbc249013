"""FLS003 start-while-locked: an operation was ordered while the flash controller was locked.

What
CR is written with PG, an erase bit or STRT while LOCK is 1: as CR was read last, or because it was
locked by a write or by a reset and not unlocked since; or as CR is read after the order, with
nothing in between that can have set LOCK.

Why it matters
A locked controller ignores CR. Nothing is erased or programmed, BSY never comes up, and no error
flag is set on most families: a host that only waits for BSY = 0 believes that all went well.

What to do
Write the two keys to KEYR first, read CR and check that LOCK is 0, then order the operation again.
That operation erases or programs what it says: check its range before it is repeated.

False alarms and guards
Where the state of LOCK is not known (the capture begins in a session, or the core was let run and
may have unlocked the flash itself), the rule is silent until CR is read: LOCK is set by software
and by resets only, so one that reads 1 was 1 at the order, unless it was written, the keys were,
the part was reset or the core ran meanwhile. A controller that is seen busy after the order was
open after all: the rule is then suppressed. The start bit of option bytes has a lock of its own,
and rules of its own (OPT).

Example
  read  FLASH_CR   0x80000000    LOCK
  write FLASH_CR   0x00010004    MER and STRT
Told as: "FLASH_CR was written 0x00010004 (the mass erase) while LOCK was 1: it is ignored".

Source
RM0444, 3.3.6 and 3.7.5 (FLASH_CR cannot be written while LOCK is set); RM0090, 3.6.1; PM0075,
2.3.1.
"""

from ...flash.records import OPTION_ERASE, OPTION_PROGRAM
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, RuleInfo, Severity
from .controller import FlashRule, status_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .work import Work

LATE = ' (as CR showed only afterwards)'
OPEN_AFTER_ALL = 'the controller was busy after the order'

ADVICE = (
    'Unlock first: the two keys to KEYR, then read CR and check that LOCK is 0.',
    'Erasing and programming change what is stored: check the range before the order is repeated.',
)


class StartWhileLocked(FlashRule):
    """Watches the lock when an operation is ordered."""

    info = RuleInfo(
        'FLS003',
        'start-while-locked',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'an operation was ordered while the flash controller was locked',
        'RM0444 3.3.6 and 3.7.5: FLASH_CR',
        YES,
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(StartWhileLocked, self).__init__(context, bus)
        self._work = None  # type: Optional[Work]  # ordered while locked, no status read since
        self._seen = Occurrences()
        self._first = ''

    def judge(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge an order by the status that is read next, or by the next order."""
        work, waiting = self.controller.work, self._work
        made = [self._decide(late, LATE) for late in self.controller.revealed]
        if waiting is not None and (waiting is not work or status_read(record)):
            self._work = None
            made.append(self._decide(waiting))
        if work is not None and work is not waiting and work.start == record.start:
            is_option = work.kind in (OPTION_PROGRAM, OPTION_ERASE)
            self._work = work if work.locked and not is_option else self._work
        return made

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Decide on an order after which no status was read."""
        work, self._work = self._work, None
        return () if work is None else [self._decide(work)]

    def _decide(self, work: 'Work', how: 'str' = '') -> 'Union[Finding, Withdrawn]':
        if work.was_busy:
            return self.withdrawn(work.start, work.end, OPEN_AFTER_ALL)
        text = 'FLASH_CR was written 0x{:08X} ({}) while LOCK was 1{}: it is ignored'.format(
            work.control, work.name, how
        )
        self._first = self._first or text
        self._seen.add(work.start, work.end, text)
        return self.counted(self._seen, self._first, ADVICE)


RULE = StartWhileLocked
