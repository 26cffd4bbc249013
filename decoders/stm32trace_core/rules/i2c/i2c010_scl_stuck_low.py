"""I2C010 scl-stuck-low: SCL is held low for seconds.

What
SCL stays low, without any edge on the bus, for more than five seconds; or for more than one second
until the capture ends.

Why it matters
Nothing can happen on a bus whose clock is held. Either a target crashed while it stretched, or the
line is shorted, or a device without supply clamps it through its protection diodes.

What to do
Measure the supply of every device on the bus, and take the devices off one by one. If a bootloader
was given an erase or an option command before, wait as long as the slowest erase of its family
takes before you touch reset or supply: cutting it off can destroy more than it frees.

False alarms and guards
Loaders stretch through a mass erase, on large parts for up to 35 s: while a command that erases or
writes is under way at the loader, up to that limit, this is a note. SCL and SDA both low from the
first sample until the first transfer is a board that is switched on later, and nothing is
reported; nor while VDD is captured and low. Both lines low at the end, outside a transfer, may be
a board that was switched off after the session: then it is a warning only. Limits:
I2C010_SCL_STUCK_S (5), I2C010_SCL_STUCK_AT_END_S (1), MASS_ERASE_S (35).

Example
After Extended Erase (0x44) SCL goes low and is still low when the recording is stopped 48 s later;
the part was an STM32G0B1 whose PA12 floated.

Source
UM10204 rev 7, 3.1.9 (a target may hold the clock) and 3.1.16 (stuck clock: reset or switch off the
devices); stm32flash stm32.c, STM32_MASSERASE_TIMEOUT (35 s).
[STM32FLASH] Time-outs of a host tool,
https://github.com/stm32duino/stm32flash
[F723] Long stretching in an erase,
https://community.st.com/t5/stm32-mcus-embedded-software/stm32f723-i2c-bootloader-no-stretch-erase-command-leads-to-long/m-p/169952/highlight/true
"""

from ...bootloader.commands import COMMANDS
from ...bootloader.records import BootCommand, BootStatus
from ...lines import CaptureGap, LevelChange, LineHold
from ...record import CAPTURE
from ...wire.i2c import I2cTransfer
from ..limits import MASS_ERASE
from ..naming import command_text
from ..occurrences import Occurrences
from ..rule import TARGET, WIRING, Confidence, Rule, RuleInfo, Severity
from .progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

SCL_STUCK_S = 5.0
SCL_STUCK_AT_END_S = 1.0
END = ' until the capture ends'
GAP = ' until samples are missing'

# Causes, as keys of findings.
STUCK = 'stuck'
WORKING = 'working'
OFF = 'off'
SEVERITIES = {STUCK: Severity.ERROR, WORKING: Severity.NOTE, OFF: Severity.WARNING}

ADVICE_WAIT = (
    'Do not reset the part and do not cut its supply before the slowest erase of its family must'
    ' be over (35 s if the family is not known): an erase or option write may be going on.'
)
ADVICE_SUPPLY = 'Measure the supply of every device on the bus: one without it clamps the line.'
ADVICE_PART = 'Take the devices off the bus one by one until SCL rises.'
ADVICE = {
    STUCK: (ADVICE_WAIT, ADVICE_SUPPLY, ADVICE_PART),
    WORKING: (ADVICE_WAIT,),
    OFF: ('If the board was not switched off on purpose, see what its supply did.', ADVICE_SUPPLY),
}


class SclStuckLow(Rule):
    """Judges the holds of SCL that the line decoder reports."""

    info = RuleInfo(
        'I2C010',
        'scl-stuck-low',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('i2c', 'sample_rate'),
        True,
        'SCL stays low for seconds: a target crashed while it stretched, or a device clamps the'
        ' line',
        'UM10204 rev 7, 3.1.9, 3.1.16; [STM32FLASH], [F723]',
    )
    consumes = (LineHold, CaptureGap, LevelChange, I2cTransfer, BootStatus, BootCommand)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(SclStuckLow, self).__init__(context, bus)
        self._progress = Progress()
        self._has_supply = context.initial_levels.get('vdd', 1) == 1
        self._has_traffic = False
        self._target = -1  # of the last transfer or status
        self._at_end = None  # type: Optional[LineHold]  # lasts until the samples end
        self._seen = {}  # type: Dict[str, Occurrences]
        self._longest = {}  # type: Dict[str, Tuple[int, str]]  # length, and how it is told

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a hold as soon as it ends."""
        if isinstance(record, LineHold):
            if record.role != 'scl' or record.value:
                return
            if record.last:
                self._at_end = record
            elif self._is_long(record):
                yield self._judged(record)
        elif isinstance(record, CaptureGap):
            for found in self._before_gap(record):
                yield found
        elif isinstance(record, LevelChange):
            if record.role == 'vdd':
                self._has_supply = record.value == 1
        elif isinstance(record, I2cTransfer):
            self._has_traffic = True
        else:
            self._progress.feed(record)
            self._target = record.target

    def _before_gap(self, gap: 'CaptureGap') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a hold of which the end is not seen: it may have gone on as usual."""
        hold = self._at_end
        self._at_end = None
        if hold is not None and self._is_long(hold._replace(last=False)):
            yield self._judged(hold._replace(last=False), GAP)
        self._progress.feed(gap)

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a hold that lasts until the data ends."""
        hold = self._at_end
        return [] if hold is None or not self._is_long(hold) else [self._judged(hold, END)]

    def _is_long(self, hold: 'LineHold') -> 'bool':
        return self.context.longer(hold.end - hold.start, self._limit(hold))

    def _limit(self, hold: 'LineHold') -> 'float':
        if hold.last:
            return self.context.limit('I2C010_SCL_STUCK_AT_END_S', SCL_STUCK_AT_END_S)
        return self.context.limit('I2C010_SCL_STUCK_S', SCL_STUCK_S)

    def _judged(self, hold: 'LineHold', until: 'str' = '') -> 'Union[Finding, Withdrawn]':
        both_low = not hold.other and hold.bits <= 0  # if SDA falls first, it looks like a START
        if not self._has_supply:
            return self.withdrawn(hold.start, hold.end, 'VDD is low')
        if both_low and not self._has_traffic and not hold.last:
            return self.withdrawn(hold.start, hold.end, 'the bus has no supply yet')
        opcode = self._progress.at(hold.start, self._target)
        if self._is_working(opcode, hold):
            return self._finding(hold, WORKING, ' during ' + command_text(opcode), until)
        if both_low and hold.last and self._has_traffic:
            return self._finding(hold, OFF, ' together with SDA, after the last transfer', until)
        return self._finding(hold, STUCK, ' inside a transfer' if hold.inside else '', until)

    def _is_working(self, opcode: 'int', hold: 'LineHold') -> 'bool':
        """Tell whether the loader may be at work: what has a no-stretch twin erases or writes."""
        if opcode not in COMMANDS or COMMANDS[opcode].twin is None:
            return False
        return not self.context.longer(hold.end - hold.start, MASS_ERASE.of(self.context))

    def _finding(self, hold: 'LineHold', cause: 'str', where: 'str', until: 'str') -> 'Finding':
        length = self.time(hold.end - hold.start) + until
        seen = self._seen.setdefault(cause, Occurrences())
        seen.add(
            hold.start,
            hold.end,
            'SCL low for {}{}; expected at most {:.3g} s'.format(length, where, self._limit(hold)),
        )
        sentence = 'SCL was held low{} for {}'.format(where, length)
        longest = max(self._longest.get(cause, (0, '')), (hold.end - hold.start, sentence))
        self._longest[cause] = longest
        often = '' if seen.count == 1 else ' (the longest of {} times)'.format(seen.count)
        return self.finding(
            seen.start,
            seen.end,
            longest[1] + often,
            seen.examples,
            ADVICE[cause],
            key=cause,
            count=seen.count,
            severity=SEVERITIES[cause],
            suspect=WIRING if cause == OFF else None,
        )


RULE = SclStuckLow
