"""RST003 reset-pulse-too-short: a pulse on NRST that the part may not have noticed.

What
NRST is low for less than 1 us.

Why it matters
The reset input has a filter. Data sheets promise that a pulse above about 300 ns gets through and
that one below about 70 to 100 ns does not; what is in between is open. So the host may believe that
the part was reset while it was not, or the part may have been reset by a glitch that nobody meant.

What to do
Hold NRST low for 20 us or more; a capacitor of 100 nF at the pin needs longer, until the level has
really been reached. If nobody drives the line on purpose, look for crosstalk: a long lead beside
SWCLK or SCL, no pull-up, no capacitor at the pin.

False alarms and guards
A part that resets itself pulls NRST for 20 us at least, so it is never meant. Pulses of 100 ns or
less are taken for spikes that the part's own filter suppresses, and no reset is made of them. One
that begins with the capture, or where samples are missing, has no known length and is not judged.
Limit: RST003_SHORTEST_S (1e-6).

Example
A host sets its output low and high again in two instructions: NRST falls for 250 ns, and the
bootloader does not start.

Source
Data sheets, "NRST pin characteristics": DS12232 table of the NRST pin (filtered below 70 ns, not
filtered above 350 ns), DS8626 (100 ns, 300 ns); an internal reset lasts 20 us at least.
[NUC64] NRST not sufficient to enter the bootloader,
https://qa-community.st.com/stm32-mcus-embedded-software-40/nucleo64-nrst-not-enough-for-entering-bootloader-only-power-cycle-59066
"""

from ...lines import NRST, CaptureGap, Reset
from ...record import CAPTURE
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable  # novm

    from ...context import Context
    from ..rule import Finding

# Above the 300 to 350 ns that data sheets promise to let through, with room for slow edges.
SHORTEST_S = 1e-6

ADVICE = (
    'Hold NRST low for 20 us or more, longer with a capacitor at the pin.',
    'If nobody drives it on purpose: look for crosstalk from SWCLK or SCL, a missing pull-up, a'
    ' missing capacitor at the pin.',
    'Do not take the part for freshly reset after this: begin the session anew.',
)


class ResetPulseTooShort(Rule):
    """Measures the pulses on NRST."""

    info = RuleInfo(
        'RST003',
        'reset-pulse-too-short',
        Severity.WARNING,
        Confidence.MEDIUM,
        HOST,
        ('nrst', 'sample_rate'),
        True,
        'a pulse on NRST so short that the part may not have noticed it',
        'data sheets, NRST pin characteristics (DS12232, DS8626); [NUC64]',
        YES,
    )
    consumes = (Reset, CaptureGap)
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(ResetPulseTooShort, self).__init__(context, bus)
        self._known_from = context.start  # a pulse that begins here may have begun before
        self._seen = Occurrences()
        self._first = 0  # length of the first one

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a pulse that has ended."""
        if isinstance(record, CaptureGap):
            self._known_from = record.end
            return ()
        return [self._finding(record)] if self._is_short(record) else ()

    def _is_short(self, reset: 'Reset') -> 'bool':
        if reset.cause != NRST or not reset.released or reset.start <= self._known_from:
            return False
        shortest = self.context.limit('RST003_SHORTEST_S', SHORTEST_S)
        rate = self.context.sample_rate
        return rate is not None and reset.end - reset.start < shortest * rate

    def _finding(self, reset: 'Reset') -> 'Finding':
        seen = self._seen
        length = self.time(reset.end - reset.start)
        self._first = self._first or reset.end - reset.start
        text = 'NRST low for {}; a reset needs 300 to 350 ns at least (data sheets), 20 us is usual'
        seen.add(reset.start, reset.end, text.format(length))
        return self.finding(
            seen.start,
            seen.end,
            seen.told(
                'NRST was low for only {}: the part may not have noticed it'.format(
                    self.time(self._first)
                )
            ),
            seen.examples,
            ADVICE,
            count=seen.count,
        )


RULE = ResetPulseTooShort
