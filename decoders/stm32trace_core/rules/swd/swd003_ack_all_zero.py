"""SWD003 ack-all-zero: the acknowledge reads 000: something holds SWDIO low.

What
The three acknowledge bits of at least three packets in a row are 000, or of more than one packet
in a hundred and at least three in all, or of every packet of the capture, if these are two or more.

Why it matters
No target sends 000, and an open line reads 111 through its pull-up. So the line is held low: a
short to ground, a level shifter that points the wrong way, a second driver, a target without
supply whose protection diodes load the line, or a missing pull-up. Or the analyzer looks at the
line at the wrong moment, half a clock off.

What to do
Look at SWDIO at rest with nothing driving it: it must be high. Measure the target's supply. Take
level shifters and long leads out of the way, and lower the clock. None of this harms the part.

False alarms and guards
One or two such packets occur where a capture begins in the middle of one, or after a glitch: hence
the numbers. Nothing of the kind is in any healthy public capture. Writes of TARGETSEL are never
acknowledged and do not count in a row. Limits: SWD003_FEWEST (3), SWD003_SHARE (0.01).

Example
A probe without supply on its reference pin holds SWDIO low through its level shifter: each of 40
requests reads 000.

Source
Arm IHI 0031 (ADIv5.2), B4.2 (the three legal acknowledges; SWDIO has a pull-up).
[JTAGU] A capture with glitches in the acknowledge,
https://github.com/grandideastudio/jtagulator/pull/30
"""

from ...wire.swd import ALL_ZERO
from ..rule import WIRING, Confidence, RuleInfo, Severity
from .strays import StrayRule

EXPECTED = 'an open line reads 111, through its pull-up (IHI 0031 B4.2)'

ADVICE = (
    'Look at SWDIO at rest: with nothing driving it, its pull-up must hold it high.',
    'Measure VDD at the part: without it, protection diodes pull the line down.',
    'Take level shifters and long leads out of the way, check for a short to ground, and lower the'
    ' SWCLK frequency.',
    'Record with ten samples per SWCLK period or more, to exclude sampling at the wrong moment.',
)


class AckAllZero(StrayRule):
    """Counts packets acknowledged 000."""

    info = RuleInfo(
        'SWD003',
        'ack-all-zero',
        Severity.ERROR,
        Confidence.HIGH,
        WIRING,
        ('swd',),
        False,
        'the acknowledge reads 000: something holds SWDIO low',
        'IHI 0031 B4.2; [JTAGU]',
    )
    sentence = 'The acknowledge of {}{} packets reads 000: something holds SWDIO low'
    expected = EXPECTED
    advice = ADVICE

    def is_stray(self, ack: 'int') -> 'bool':
        """Tell whether it is 000."""
        return ack == ALL_ZERO


RULE = AckAllZero
