"""BLP013 busy-forever: BUSY goes on many times longer than the operation takes.

What
A no-stretch command over I2C is accepted, and from then on every status is BUSY (0x76), for longer
than ten times the longest time of the operation in the data sheet, and at least 2 s; for a part
that is not known, longer than 35 s.

Why it matters
The operation does not end, or the loader does not notice its end. If the command changes option
bytes (Write Protect, Readout Protect, Readout Unprotect and their opposites), these are perhaps
erased and not yet written again: then this is critical unless it ends with ACK after all, since the
next reset may load what is half written. In the case that this rule is named after, an STM32G071
answered BUSY for 40 s to a Readout Unprotect whose mass erase takes 40 ms; it was reset, and never
answered again.

What to do
Do not reset the part and do not cut its power within the widest erase time of the family: the
option write may be pending. Go on polling, slowly. When it is clear that it will not end: one clean
power-off (no short or bouncing pulse on NRST), then look at the option bytes before anything else
is written.

False alarms and guards
Large flash on F4, F7 and H7 needs seconds to half a minute (8.5 s measured for a mass erase of an
STM32F429), so the limit comes from the table of the part that Get ID names, or of the family given
with --family. The factor of ten covers times in that table that were not checked against every data
sheet. A page erase is judged by the number of its pages; while that is not known yet, by all pages
of the part. A command that began before the capture is judged by the limit of an unknown part.
Without a sample rate the rule is not evaluated. Limits: BLP013_FACTOR (10), BLP013_MINIMUM_S (2),
MASS_ERASE_S (35; that of an unknown part).

Example
  host    93 6C       loader  79
  host    (reads)     loader  76 76 76 ...      19565 times, for 41.5 s
Told as: "No-Stretch Readout Unprotect (0x93) answered BUSY 19565 times over 41.5 s until the part
was reset; a mass erase takes at most 40.1 ms on STM32G07x/G08x (...)".

Source
AN4221, No-Stretch commands: BUSY until the operation ends.
Times: data sheet of the part, flash memory characteristics.
The STM32G071 of the example [G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
BUSY, then a time-out, after the mass erase of an STM32F411 [F411MA],
https://community.st.com/t5/stm32-mcus-embedded-software/no-ack-after-mass-erase/td-p/221364
The 8.5 s: public captures [DUMPS], https://github.com/sigrokproject/sigrok-dumps
"""

from ...bootloader.commands import COMMANDS
from ...bootloader.records import (
    ACK,
    BUSY,
    COUNT,
    NACK,
    RESET,
    TRUNCATED,
    VANISHED,
    BootCommand,
    BootStatus,
    DeviceIdentified,
)
from ...lines import CaptureGap
from ..limits import MASS_ERASE
from ..naming import command_text, opcode_key
from ..occurrences import Occurrences
from ..operation_time import deed, longest
from ..part import Part
from ..rule import TARGET, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple  # novm

    from ...context import Context
    from ..operation_time import Longest
    from ..rule import Finding

# Source: rules.md BLP013.
FACTOR = 10.0
MINIMUM_S = 2.0

# How a series ended, by the command's outcome; where a status ended it, that is told.
ENDS = {
    RESET: 'until the part was reset',
    VANISHED: 'until it no longer acknowledged its address',
    TRUNCATED: 'until the end of the capture',
}
STILL = 'so far'
GIVEN_UP = 'until the host gave up'
GAP = 'until samples are missing'

ADVICE = (
    'Do not reset the part and do not cut its power now: what it works on may be pending. Go on'
    ' polling, slowly, for the widest erase time of the family.',
    'Then one clean power-off of more than 10 s; no short or bouncing pulse on NRST.',
    'Look at the option bytes (bootloader or SWD) before anything else is written.',
)

ADVICE_CUT = (
    'It was reset while BUSY lasted: do not reset it again. One clean power-off of more than 10 s, then power on'
    ' with BOOT0 high and address the bootloader.',
    'Look at the option bytes (bootloader or SWD) before anything else is written.',
    'In the product: no reset while BUSY lasts, and a host time-out above the widest erase time.',
)
ADVICE_DONE = (
    'It ended with ACK and nothing is pending any more: read back what it changed before relying on it.',
    'Give the host a time-out above what was measured here, and do not reset while BUSY lasts.',
    'Measure the supply during the operation: far beyond the data sheet, a low supply is the usual reason.',
)


class _Series(object):
    """BUSY answers to one command."""

    def __init__(self, status: 'BootStatus') -> 'None':
        self.opcode = status.opcode
        self.address = status.address
        self.start = status.busy_start
        self.end = status.end
        self.count = status.busy_count
        # Of an erase, BUSY after the first frame means a special code: no list of pages follows.
        self.pages = 0 if status.step == COUNT else None  # type: Optional[int]
        self.special = None  # type: Optional[int]
        self.ended = STILL
        self.told = False
        self.is_done = False  # it ended with ACK

    def close(self, command: 'BootCommand') -> 'None':
        """Take what is known when the command has ended."""
        self.pages = self.pages if self.pages == 0 else len(command.pages) or None
        self.special = command.special
        if command.status in (ACK, NACK):
            self.ended = 'and then ' + command.status.upper()
            self.is_done = command.status == ACK
        else:
            self.ended = ENDS.get(command.outcome, GIVEN_UP)


class BusyForever(TargetRule):
    """Measures every series of BUSY answers."""

    info = RuleInfo(
        'BLP013',
        'busy-forever',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('bootloader', 'i2c', 'sample_rate'),
        True,
        'BUSY goes on many times longer than the operation takes',
        'AN4221: No-Stretch commands; data sheet: flash memory characteristics',
    )
    consumes = (BootStatus, BootCommand, CaptureGap, DeviceIdentified)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(BusyForever, self).__init__(context, bus)
        self._part = Part(context)
        self._series = None  # type: Optional[_Series]  # the one that goes on
        self._seen = {}  # type: Dict[int, Occurrences]  # opcode -> series that are over
        self._first = {}  # type: Dict[int, str]
        self._cut_off = None  # type: Optional[_Series]  # by the end of the data, or by a gap

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a BUSY as it comes, and the whole series when its command ends."""
        if isinstance(record, BootCommand):
            return self._command(record)
        if isinstance(record, BootStatus):
            return self._status(record) if record.status == BUSY else ()
        if isinstance(record, CaptureGap):
            return self._gap()
        self._part.identify(record)
        return ()

    def end(self, end: 'int') -> 'Iterable[Finding]':
        """Renew what is told of series after a final ACK: no command ends them."""
        last = self._series or self._cut_off
        return [] if last is None else self._over(last)

    def _gap(self) -> 'List[Finding]':
        last = self._series or self._cut_off
        self._series = self._cut_off = None
        if last is None:
            return []
        last.ended = GAP
        return self._over(last)

    def _status(self, status: 'BootStatus') -> 'List[Finding]':
        series = self._series
        if series is None or series.start != status.busy_start:
            series = self._series = _Series(status)
        series.end, series.count = status.end, status.busy_count
        if series.told or not self._is_too_long(series):
            return []
        series.told = True
        return [self._tell(series)]

    def _command(self, command: 'BootCommand') -> 'List[Finding]':
        series = self._series
        if series is None or series.start != command.busy_start:
            return []
        self._series = None
        series.close(command)
        if command.outcome == TRUNCATED and series.ended == ENDS[TRUNCATED]:
            self._cut_off = series  # what cuts it off comes next
            return []
        return self._over(series)

    def _over(self, series: '_Series') -> 'List[Finding]':
        if not series.told and not self._is_too_long(series):
            return []
        found = self._tell(series)
        seen = self._seen.setdefault(series.opcode, Occurrences())
        self._first.setdefault(series.opcode, self._describe(series))
        seen.add(series.start, series.end, self._describe(series))
        return [found]

    def _longest(self, series: '_Series') -> 'Optional[Longest]':
        what = deed(series.opcode, series.special, series.pages)
        return longest(self._part, what, series.pages)

    def _is_too_long(self, series: '_Series') -> 'bool':
        limit = self.context.limit
        known = self._longest(series)
        longest_s = MASS_ERASE.of(self.context)
        if known is not None and series.opcode in COMMANDS:
            longest_s = max(
                limit('BLP013_MINIMUM_S', MINIMUM_S), limit('BLP013_FACTOR', FACTOR) * known.seconds
            )
        elif known is not None:
            longest_s = max(longest_s, known.seconds)
        return self.context.longer(series.end - series.start, longest_s)

    def _describe(self, series: '_Series') -> 'str':
        known = self._longest(series)
        expected = 'the part is not known' if known is None else known.text
        return '{} answered BUSY {} times over {} {}; {}'.format(
            command_text(series.opcode),
            series.count,
            self.time(series.end - series.start),
            series.ended,
            expected,
        )

    def _tell(self, series: '_Series') -> 'Finding':
        """Return the finding on this command: its earlier series, and this one."""
        told = Occurrences()
        earlier = self._seen.get(series.opcode)
        if earlier is not None:
            told.merge(earlier.count, earlier.start, earlier.end, earlier.examples)
        told.add(series.start, series.end, self._describe(series))
        return self.finding(
            told.start,
            told.end,
            told.told(self._first.get(series.opcode) or self._describe(series)),
            told.examples,
            _advice(series),
            key=opcode_key(series.opcode),
            count=told.count,
            severity=Severity.CRITICAL if self._may_lose_options(series) else None,
        )

    def _may_lose_options(self, series: '_Series') -> 'bool':
        """Tell whether option bytes were being changed, and no ACK said that they are done."""
        if series.is_done:
            return False
        if series.address is not None and self._part.has_in_options(series.address):
            return True
        return series.opcode in COMMANDS and COMMANDS[series.opcode].changes_options


def _advice(series: '_Series') -> 'Tuple[str, ...]':
    """Return what to do, by how the series ended."""
    if series.is_done:
        return ADVICE_DONE
    return ADVICE_CUT if series.ended == ENDS[RESET] else ADVICE


RULE = BusyForever
