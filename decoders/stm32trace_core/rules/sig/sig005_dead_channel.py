"""SIG005 dead-channel: one line of a bus never changes, the other one does.

What
A channel that carries a bus line has no edge in the whole capture, and its partner has more than a
hundred. Partners are SCL and SDA, SWCLK and SWDIO, TCK and TMS.

Why it matters
No transfer can be made of one line, so nothing of the bus is decoded, and the report would be
empty for a reason that has nothing to do with the part.

What to do
Check where the lead of the quiet channel sits, and that the map of channels is right (`stm32trace
channels FILE`). A line that stays low while the lead is fine is shorted or has no pull-up; one
that stays high is mostly a lead on the wrong pin, or a threshold that its low level does not
reach.

False alarms and guards
NRST, BOOT0 and VDD are expected to stand still and are not looked at; neither are lines that may
be silent for good, such as SWO, the answer line of a UART, or TDI. A hundred edges are more than
the nine clock pulses that free a stuck bus, which have no partner edges either. Limit:
SIG005_PARTNER_EDGES (100).

Example
SCL shows 5 214 edges, SDA none and is always high: the lead was on PB8, and the loader of this
part speaks on PB6 and PB7.

Source
UM10204 rev 7, 3.1.4: every I2C transfer begins with an edge of SDA. Arm IHI 0031E, B4: likewise
for SWDIO.
[H7B3] Bootloader on other pins than those watched,
https://community.st.com/t5/stm32-mcus-embedded-software/what-i2c-device-address-to-use-for-stm32-slave-bootloader/td-p/104557
[G071] The G071 case,
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
"""

from ...lines import LineActivity
from ...record import CAPTURE
from ..rule import WIRING, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Iterable  # novm

    from ...context import Context
    from ..rule import Finding

# Lines of which one cannot work without the other.
PARTNERS = {
    'scl': 'sda',
    'sda': 'scl',
    'swclk': 'swdio',
    'swdio': 'swclk',
    'tck': 'tms',
    'tms': 'tck',
}

# Edges of the partner; well above the 18 of a bus clear (UM10204 rev 7, 3.1.16).
PARTNER_EDGES = 100

ADVICE_HIGH = (
    'Check that the lead sits on the right pin and that the map of channels is right (stm32trace'
    ' channels FILE); nothing has to be switched off for that.',
    'Lower the threshold of the analyzer: it may never see the low level.',
)
ADVICE_LOW = (
    'Check that the lead is connected and on the right pin: an open input often reads low.',
    'Measure the line without the analyzer: at 0 V it is shorted, or its pull-up is missing.',
)


class DeadChannel(Rule):
    """Compares the activity of the lines of one bus, known at the end of the capture."""

    info = RuleInfo(
        'SIG005',
        'dead-channel',
        Severity.ERROR,
        Confidence.HIGH,
        WIRING,
        ('i2c|swd|jtag',),
        False,
        'one line of a bus never changes while the other one does',
        'UM10204 rev 7, 3.1.4; [H7B3], [G071]',
    )
    consumes = (LineActivity,)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(DeadChannel, self).__init__(context, bus)
        self._lines = {}  # type: Dict[str, LineActivity]

    def feed(self, line: 'LineActivity') -> 'Iterable[Finding]':
        """Compare a line with its partner once both are known."""
        self._lines[line.role] = line
        partner = self._lines.get(PARTNERS.get(line.role, ''))
        if partner is None:
            return
        enough = self.context.limit('SIG005_PARTNER_EDGES', PARTNER_EDGES)
        for dead, live in ((line, partner), (partner, line)):
            if not dead.edges and live.edges > enough:
                yield self._dead(dead, live)

    def _dead(self, dead: 'LineActivity', live: 'LineActivity') -> 'Finding':
        level = 'high' if dead.first else 'low'
        return self.finding(
            dead.start,
            dead.end,
            '{} is {} all the time while {} changes {} times'.format(
                dead.role.upper(), level, live.role.upper(), live.edges
            ),
            [
                Evidence(
                    dead.start, dead.end, '{}: no edge, always {}'.format(dead.role.upper(), level)
                ),
                Evidence(
                    live.start, live.end, '{}: {} edges'.format(live.role.upper(), live.edges)
                ),
            ],
            ADVICE_HIGH if dead.first else ADVICE_LOW,
            key=dead.role,
        )


RULE = DeadChannel
