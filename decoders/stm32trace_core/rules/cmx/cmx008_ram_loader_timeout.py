"""CMX008 ram-loader-timeout: a program that the probe ran in RAM did not come back.

What
The host wrote a program to RAM, set the PC to it, let the core run and read DHCSR, and then stopped
reading, halted the core or reset the part before S_HALT came up by itself. Or the data end while it
still reads: a warning once the run lasts longer than a mass erase of the part takes and than open
tools wait for one, an error from three times that on.

Why it matters
Most probes erase and program in this way: the flash controller is driven by the program in RAM, and
its registers are never on the wire. A program that does not come back hangs, or works longer than
the tool waits. The tool then says that the erase failed, often with advice about protection, while
the flash may still have been erasing.

What to do
Compare the time with the data sheet: seconds are normal for a full erase. If the tool gave up
sooner, use a newer tool or probe firmware. If not, read SR and the option registers: write
protection, read-out protection or a supply that is too weak let the program wait for ever. An erase
that was broken off leaves undefined contents: erase again, which deletes what is left.

False alarms and guards
8.5 s for the full erase of an STM32F429 with 2 MB are healthy: only a host that stops waiting is
told, however long it waited. A capture that ends while the host still polls says nothing before the
longest erase must be over (FLS009_UNKNOWN_S, 33, where the part is not known). Where a fall of NRST
or of the supply cut the run off, that is told instead. A program that was started without arguments
in R0 and following may be the user's own, under debug: then this is a note of low confidence, and
without a single read of DHCSR nothing is told.

Example
  write SRAM 0x20000000 ...      644 bytes; R0 to R3 and PC are set
  write DHCSR   0xA05F0001       run
  read  DHCSR   0x00010001       192 times over 3 s
  write AIRCR   0x05FA0004
Told as: "the program at 0x20000000 (644 bytes written from 0x20000000) had not come back when the
host stopped waiting after 3 s and 192 reads; DHCSR read last 0x00010001 (C_DEBUGEN, S_REGRDY)".

Source
DDI 0403 (Armv7-M) C1.6.2 to C1.6.4: DHCSR, DCRSR, DCRDR.
Mass erase reported as failed [F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
How ST-LINK erases an F429: public captures [DUMPS], https://github.com/sigrokproject/sigrok-dumps
"""

from ...bootloader.records import DeviceIdentified
from ...cortex.records import RUNNING, TRUNCATED, DebugRequest, RamLoaderRun
from ...lines import LevelChange
from ..naming import address_text
from ..occurrences import Occurrences
from ..operation_time import MASS_ERASE, longest, overdue_after, stuck_after
from ..part import Part
from ..rule import LIKELY, PROBE, SUPPLY, Confidence, Rule, RuleInfo, Severity
from .levels import status_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional  # novm

    from ...context import Context
    from ..rule import Finding

ENDS = {RUNNING: 'the host stopped waiting', TRUNCATED: 'the data end'}
LINES = {'nrst': 'NRST fell', 'vdd': 'the supply fell'}

ADVICE = (
    'Compare the time with the data sheet; if the tool gave up sooner, use a newer tool or probe'
    ' firmware.',
    'Read SR and the option registers (RDP, WRP): protection or a weak supply let such a program'
    ' wait for ever.',
    'Erasing deletes what is left there: if it was an erase, do it again before the flash is used.',
)


class RamLoaderTimeout(Rule):
    """Tells of runs that the host did not wait for."""

    info = RuleInfo(
        'CMX008',
        'ram-loader-timeout',
        Severity.ERROR,
        Confidence.MEDIUM,
        PROBE,
        ('swd',),
        False,
        'a program that the probe ran in RAM did not come back',
        'DDI 0403 C1.6.2: DHCSR; [F722], [DUMPS]',
        LIKELY,
    )
    consumes = (RamLoaderRun, DeviceIdentified, LevelChange, DebugRequest)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RamLoaderTimeout, self).__init__(context, bus)
        self._part = Part(context)
        self._seen = {}  # type: Dict[str, Occurrences]  # by key
        self._first = {}  # type: Dict[str, str]
        self._last = None  # type: Optional[RamLoaderRun]  # the last record fed, if it was told
        self._asked = -1  # begin of the last request to the core

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a run as it ends."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
            return ()
        if isinstance(record, DebugRequest):
            self._asked = record.start
            return ()
        if isinstance(record, LevelChange):
            return self._cut(record)
        self._last = None
        if not record.polls or not self._is_too_long(record):
            return ()
        return [self._tell(record)]

    def _is_too_long(self, run: 'RamLoaderRun') -> 'bool':
        """Tell whether the host did not wait for it, or waits in vain where the data end."""
        if run.outcome != TRUNCATED:
            return run.outcome == RUNNING
        overdue = overdue_after(self._part, MASS_ERASE)
        limit = stuck_after(self.context, self._part, MASS_ERASE) if overdue is None else overdue
        return self.context.longer(run.end - run.start, limit)

    def _cut(self, change: 'LevelChange') -> 'Iterable[Finding]':
        """Correct what was told of the last run, if a line that fell cut it off."""
        run, self._last = self._last, None
        if run is None or change.value or change.role not in LINES or self._asked > run.start:
            return ()
        key = _key(run)
        if self._seen[key].count > 1:
            return ()
        self._seen.pop(key)
        self._first.pop(key)
        return [self._tell(run, change.role)]

    def _tell(self, run: 'RamLoaderRun', cut: 'str' = '') -> 'Finding':
        key = _key(run)
        text = self._describe(run, cut)
        self._last = run
        first = self._first.setdefault(key, text)
        seen = self._seen.setdefault(key, Occurrences())
        seen.add(run.start, run.end, text)
        stuck = stuck_after(self.context, self._part, MASS_ERASE)
        may_end = run.outcome == TRUNCATED and not self.context.longer(run.end - run.start, stuck)
        return self.counted(
            seen,
            first,
            ADVICE,
            key=key,
            severity=Severity.WARNING if may_end and seen.count == 1 else None,
            confidence=None if run.arguments else Confidence.LOW,
            suspect=SUPPLY if cut == 'vdd' else None,
        )

    def _describe(self, run: 'RamLoaderRun', cut: 'str') -> 'str':
        code = ''
        if run.code_start >= 0:
            code = ' ({} bytes written from {})'.format(
                run.code_length, address_text(run.code_start)
            )
        known = longest(self._part, MASS_ERASE, None)
        return (
            'the program at {}{} had not come back when {} after {} and {} read{}; DHCSR read last'
            ' {}{}'.format(
                address_text(run.entry),
                code,
                LINES.get(cut, ENDS.get(run.outcome, '')),
                self.time(run.end - run.start),
                run.polls,
                '' if run.polls == 1 else 's',
                status_text(run.last_status),
                '' if known is None else '; ' + known.text,
            )
        )


def _key(run: 'RamLoaderRun') -> 'str':
    return '' if run.arguments else 'program'


RULE = RamLoaderTimeout
