"""I2C009 sda-stuck-low: SDA is held low while SCL is high and nothing moves.

What
SDA stays low with SCL high for more than 10 ms, outside a transfer or right after what looks like
a START, with no clock pulse. Inside a transfer that has begun it must last 100 ms.

Why it matters
No host can send a START while SDA is low: the bus is blocked. Mostly a target was cut off in the
middle of sending: the host was reset between two clock pulses of a read, and the target still
waits for the next one with a 0 on the line. It will wait for ever.

What to do
Let the host give up to nine clock pulses until SDA rises, then a STOP. That harms nothing. If it
does not help, switch the targets off and on, but not while a part may be erasing or writing its
options. SDA that is low with no target on the bus is a short, or a missing pull-up.

False alarms and guards
A slow host may wait between START and its first clock pulse: it has 10 ms. A host that toggles the
pins by software can be held up in the middle of a transfer: there it has 100 ms. With SCL low as
well, the bus is unpowered or stretched, which is I2C010's. While VDD is captured and low nothing
is reported. Limits: I2C009_SDA_STUCK_S (0.01), I2C009_SDA_STUCK_INSIDE_S (0.1).

Example
The host restarts in the third byte of Read Memory. From then on SDA is low for 3.2 s, until the
part is switched off.

Source
UM10204 rev 7, 3.1.16 (bus clear: nine clock pulses), 3.1.4.
[I2CST] SDA held low after a reset in mid-transfer,
https://www.zyma.me/post/stm32f4-i2c-busy-after-software-reset/
"""

from ...lines import CaptureGap, LevelChange, LineHold
from ...record import CAPTURE
from ..occurrences import Occurrences
from ..rule import TARGET, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

# No clock phase of a working host lasts as long: the slowest common clock is 10 kHz.
SDA_STUCK_S = 0.010
# What a host that toggles pins by software may be held up, as under a loaded Linux.
SDA_STUCK_INSIDE_S = 0.100

END = ' until the capture ends'
GAP = ' until samples are missing'

ADVICE = (
    'Let the host give up to nine clock pulses until SDA rises, then a STOP: this harms nothing.',
    'If that does not help, switch the targets off and on; not while a part may be erasing or'
    ' writing its option bytes, which that would cut off.',
    'With no target on the bus and SDA still low, look for a short or a missing pull-up.',
)


class SdaStuckLow(Rule):
    """Judges the holds of SDA that the line decoder reports."""

    info = RuleInfo(
        'I2C009',
        'sda-stuck-low',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('i2c', 'sample_rate'),
        True,
        'SDA stays low while SCL is high: a target waits for clock pulses, and blocks the bus',
        'UM10204 rev 7, 3.1.16; [I2CST]',
    )
    consumes = (LineHold, CaptureGap, LevelChange)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(SdaStuckLow, self).__init__(context, bus)
        self._has_supply = context.initial_levels.get('vdd', 1) == 1
        self._stuck = Occurrences()
        self._longest = 0
        self._at_end = None  # type: Optional[LineHold]  # lasts until the samples end

    def feed(
        self, record: 'Union[LineHold, CaptureGap, LevelChange]'
    ) -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a hold as soon as it ends."""
        if isinstance(record, LevelChange):
            if record.role == 'vdd':
                self._has_supply = record.value == 1
        elif isinstance(record, CaptureGap):
            for found in self._judged(self._at_end, GAP):
                yield found
            self._at_end = None
        elif record.last:
            self._at_end = record if record.role == 'sda' else self._at_end
        else:
            for found in self._judged(record, ''):
                yield found

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a hold that lasts until the data ends."""
        return self._judged(self._at_end, END)

    def _judged(
        self, hold: 'Optional[LineHold]', until: 'str'
    ) -> 'Iterable[Union[Finding, Withdrawn]]':
        if hold is None or hold.role != 'sda' or hold.value or not hold.other:
            return
        if self._is_long(hold) and self._has_supply:
            yield self._finding(hold, until)
        elif self._is_long(hold):
            yield self.withdrawn(hold.start, hold.end, 'VDD is low')

    def _is_long(self, hold: 'LineHold') -> 'bool':
        return self.context.longer(hold.end - hold.start, self._limit(hold))

    def _limit(self, hold: 'LineHold') -> 'float':
        if hold.inside and hold.bits > 0:
            return self.context.limit('I2C009_SDA_STUCK_INSIDE_S', SDA_STUCK_INSIDE_S)
        return self.context.limit('I2C009_SDA_STUCK_S', SDA_STUCK_S)

    def _finding(self, hold: 'LineHold', until: 'str') -> 'Finding':
        length = self.time(hold.end - hold.start)
        place = 'outside any transfer'
        if hold.inside:
            place = (
                'after {} clock pulses of a transfer'.format(hold.bits)
                if hold.bits
                else 'with no clock pulse'
            )
        text = 'SDA low and SCL high for {}{}, {}; expected at most {:.3g} ms'.format(
            length, until, place, self._limit(hold) * 1e3
        )
        self._stuck.add(hold.start, hold.end, text)
        self._longest = max(self._longest, hold.end - hold.start)
        often = (
            '' if self._stuck.count == 1 else ' (the longest of {} times)'.format(self._stuck.count)
        )
        return self.finding(
            self._stuck.start,
            self._stuck.end,
            'SDA was held low for {}{} with SCL high, {}{}: nobody can use the bus'.format(
                self.time(self._longest), often, place, until
            ),
            self._stuck.examples,
            ADVICE,
            count=self._stuck.count,
        )


RULE = SdaStuckLow
