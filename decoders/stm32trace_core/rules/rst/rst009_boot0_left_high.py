"""RST009 boot0-left-high: the part was reset into the bootloader again after the session.

What
After the last command of the bootloader NRST rises with BOOT0 high, and no bootloader is spoken to
after that.

Why it matters
The part starts its bootloader, not the application that was just written: it seems dead.

What to do
Let BOOT0 go low, then reset the part, unless an erase or option write can still be going on in it.

False alarms and guards
Families whose option bytes choose in place of the pin (nBOOT_SEL, nSWBOOT0) may start the
application all the same: then the rule is suppressed. The reset may be the part's own, at the end
of a command that changes option bytes. The capture must go on for RST009_AFTER_S (0.1) after the
reset. Never more than a note.

Example
  host    21 DE / ...         the last command
  NRST    low for 100 ms, rises with BOOT0 high; nothing follows
Told as: "BOOT0 was still high when NRST rose after the session: the part starts its bootloader, not
the application".

Source
RM0444 2.5, RM0090 2.4 (boot configuration): BOOT0 is sampled when NRST rises; AN2606, boot
patterns. Boot selection of an STM32G071 [G071BL],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32-g071-system-bootloader-question-148428
"""

from ...bootloader.records import BootCommand, DeviceIdentified, SyncAttempt
from ...lines import CaptureGap, LevelChange
from ...record import CAPTURE
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .boot_pin import BootPin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

AFTER_S = 0.1

SENTENCE = (
    'BOOT0 was still high when NRST rose after the session: the part starts its bootloader, not the'
    ' application'
)
HIGH = 'BOOT0 high as NRST rises; expected low for a start from main flash (AN2606)'
ADVICE = (
    'Let BOOT0 go low and reset the part, unless an erase or option write can still be going on in'
    ' it.',
)


class Boot0LeftHigh(Rule):
    """Compares the last rise of NRST with the last traffic of a bootloader."""

    info = RuleInfo(
        'RST009',
        'boot0-left-high',
        Severity.NOTE,
        Confidence.HIGH,
        HOST,
        ('boot0', 'nrst', 'bootloader'),
        False,
        'the part was reset into the bootloader again after the session',
        'RM0444 2.5, RM0090 2.4: boot configuration; AN2606; [G071BL]',
        YES,
    )
    consumes = (BootCommand, CaptureGap, DeviceIdentified, LevelChange, SyncAttempt)
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(Boot0LeftHigh, self).__init__(context, bus)
        self._pin = BootPin(context)
        self._spoken = -1  # end of the last traffic with a bootloader

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Follow the lines and the traffic."""
        if isinstance(record, LevelChange):
            self._pin.feed(record)
        elif isinstance(record, DeviceIdentified):
            self._pin.identify(record)
        elif isinstance(record, CaptureGap):
            self._pin.rise = -1
        elif isinstance(record, BootCommand) or record.certain:
            self._spoken = max(self._spoken, record.end)
        return ()

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge the last rise."""
        rise = self._pin.rise
        if not self._pin.at_rise or not 0 <= self._spoken <= rise:
            return []
        if not self.context.longer(end - rise, self.context.limit('RST009_AFTER_S', AFTER_S)):
            return []
        if self._pin.chooser:
            return [self.withdrawn(rise, rise + 1, self._pin.chooser + ' may stand for the pin')]
        evidence = [Evidence(rise, rise + 1, HIGH)]
        return [self.finding(rise, end, SENTENCE, evidence, ADVICE)]


RULE = Boot0LeftHigh
