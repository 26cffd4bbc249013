"""SWD004 ack-invalid: acknowledges that mean nothing: bits arrive shifted or changed.

What
The three acknowledge bits (the first on the wire is the least significant) are none of OK (1), WAIT
(2), FAULT (4), the open line (7) and the line held low (0). So 3, 5 or 6: of at least three packets
in a row, or of more than one packet in a hundred and at least three in all.

Why it matters
No target sends them. Host and target disagree about where a bit begins: a glitch on SWCLK counted
as a clock, a turnaround of another length, two drivers at once, or a line too slow for this clock.
Reads and writes that do get through are doubtful as well.

What to do
Lower the SWCLK frequency; if that helps, shorten the leads, add a ground lead beside SWCLK and 33
to 100 Ohm in series at the probe. Do not program option bytes over such a link: a wrong bit there
can lock the part.

False alarms and guards
A capture that begins in the middle of a packet, or the traffic before a first line reset, can give
one or two: hence the numbers. Writes of TARGETSEL are never acknowledged and do not count. Limits:
SWD004_FEWEST (3), SWD004_SHARE (0.01).

Example
With 40 cm of wire at 4 MHz 61 of 2118 packets are acknowledged 110 or 101; at 1 MHz none.

Source
Arm IHI 0031 (ADIv5.2), B4.2 (the legal acknowledges), B4.1 (turnaround).
[YAPI] Junk acknowledges of an STM32F0, https://github.com/rgrr/yapicoprobe/issues/110
[JTAGU] Clock glitches in the acknowledge, https://github.com/grandideastudio/jtagulator/pull/30
[DP172] Acknowledge bits missing, https://github.com/raspberrypi/debugprobe/issues/172
"""

from ...wire.swd import ALL_ZERO, FAULT, NO_REPLY, OK, WAIT
from ..rule import WIRING, Confidence, RuleInfo, Severity
from .strays import StrayRule

KNOWN = (OK, WAIT, FAULT, NO_REPLY, ALL_ZERO)
EXPECTED = 'expected 100, 010 or 001 (IHI 0031 B4.2)'

ADVICE = (
    'Lower the SWCLK frequency and see whether it stops.',
    'Shorten the leads, put ground beside SWCLK, and 33 to 100 Ohm in series at the probe.',
    'Do not write option bytes over this link before it is clean: a wrong bit can lock the part.',
    'Record with ten samples per SWCLK period or more, to tell a bad link from a bad capture.',
)


class AckInvalid(StrayRule):
    """Counts packets with an acknowledge that no target sends."""

    info = RuleInfo(
        'SWD004',
        'ack-invalid',
        Severity.WARNING,
        Confidence.HIGH,
        WIRING,
        ('swd',),
        False,
        'acknowledges that no target sends: bits arrive shifted or changed',
        'IHI 0031 B4.2; [YAPI], [JTAGU], [DP172]',
    )
    sentence = (
        'The acknowledge of {}{} packets is one that no target sends: bits are shifted or changed on'
        ' the way'
    )
    expected = EXPECTED
    advice = ADVICE

    def is_stray(self, ack: 'int') -> 'bool':
        """Tell whether it is none that has a meaning."""
        return ack not in KNOWN


RULE = AckInvalid
