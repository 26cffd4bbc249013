"""BLS004 reset-during-option-command: a reset, or a loss of supply, while option bytes change.

What
A command that changes option bytes was accepted and its final ACK has not come. Then NRST falls, or
the supply does.

Why it matters
Changing option bytes erases the whole option block and programs it again. Cut in between, it stays
half written. At the next loading the part finds values that do not match their complements: a
STM32G0 then takes protection level 1 and boot lock, from which there is no way back; F4 and F7 read
RDP as 0xFF and all sectors protected.

What to do
Do not reset it again. Power off for more than 10 s, power on with BOOT0 high, see whether the
bootloader answers; read the option bytes before anything is written. In the product: never reset a
part in this window, make the host wait for the final ACK without a limit shorter than the widest
erase time, hold the supply up with a capacitor, set the brown-out level, and refuse option changes
at low supply.

False alarms and guards
At the end of such a command the part resets itself and, where NRST is an output too, pulls it low:
a pulse of 20 us to 5 ms after the last BUSY is that restart, and this rule is suppressed. A longer
pulse is a reset from outside, however long after the last BUSY it comes, as long as no final ACK
was read: a host that stopped asking does not know whether the part has ended. A shorter pulse is a
glitch, which is no clean reset either. A drop of the supply counts at any length. Needs NRST or VDD
on a channel, and the sample rate. Limits: BLS004_OWN_RESET_MINIMUM_S (20e-6),
BLS004_OWN_RESET_MAXIMUM_S (5e-3).

Example
  host    93 6C       loader  79 76 76 76 ...      no second 79
  NRST    low for 120 ms, 402 ms after the last 76
Told as: "NRST went low for 120 ms while No-Stretch Readout Unprotect (0x93) was changing the option
bytes: 402 ms after the last BUSY, its final ACK had not come".

Source
RM0444 3.4.2, option byte programming: consequences of a reset or a loss of power in it.
An STM32G071 that never answered again [G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
Reset or glitch in option byte programming, STM32G0B1 [G0B1OB],
https://community.st.com/t5/stm32-mcus-products/reset-or-glitch-during-option-byte-programming/m-p/661167/highlight/true
STM32F429 fully protected after a loss of power [F429OB],
https://community.st.com/t5/stm32-mcus-products/stm32f429zit6-reset-values-for-flash-option-bytes-when-power/td-p/394565
STM32L4, RDP 0xFF after the supply went off in an option write [L4FF],
https://community.st.com/t5/stm32-mcus-embedded-software/rdp-level-is-0xff-after-power-down-by-from-programmer-pins/td-p/763330
Option bytes corrupted by a power cut [RUSEFI], https://github.com/rusefi/rusefi/issues/8926
"""

from ...bootloader.records import OK, BootCommand, BootStatus, DeviceIdentified
from ...flash.records import CUT, OPTION_PROGRAMMING, Window
from ...lines import POWER, Reset
from ..naming import command_text, opcode_key
from ..option_command import OptionCommands
from ..rule import HOST, SUPPLY, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..option_command import OptionCommand
    from ..rule import Finding, Withdrawn

# How long a part that resets itself pulls NRST low. Source: rules.md BLS004; RM0444, reset: pulse
# generator of at least 20 us; 1.1 ms in public captures of an STM32F429.
OWN_RESET_MINIMUM_S = 20e-6
OWN_RESET_MAXIMUM_S = 5e-3

MANY = ' (the first of '
MOST_EVIDENCE = 5

ADVICE = (
    'Do not reset it again, and do not write option bytes again blindly.',
    (
        'Power off for more than 10 s, power on with BOOT0 high, and see whether the bootloader'
        ' answers.'
    ),
    'Read the option bytes (bootloader, or SWD under reset) before anything is written.',
    (
        'In the product: wait for the final ACK, no reset in this window, hold-up supply,'
        ' brown-out level set.'
    ),
)


class ResetDuringOptionCommand(TargetRule):
    """Looks at what cut an option command, and for how long."""

    info = RuleInfo(
        'BLS004',
        'reset-during-option-command',
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        ('bootloader', 'nrst|vdd', 'sample_rate'),
        True,
        'the part is reset or loses its supply while it changes option bytes',
        'RM0444 3.4.2: option byte programming',
    )
    consumes = (BootCommand, BootStatus, DeviceIdentified, Reset, Window)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ResetDuringOptionCommand, self).__init__(context, bus)
        self._options = OptionCommands(context)
        self._cut = None  # type: Optional[Window]  # by a reset whose width is not known yet
        self._reset = None  # type: Optional[Reset]  # the last one
        self._told = {}  # type: Dict[int, Finding]  # opcode -> what was said of it

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Bring together the window that was cut and the reset that cut it."""
        if isinstance(record, Reset):
            self._reset = record
        elif not isinstance(record, Window):
            self._options.feed(record)
            return ()
        elif record.kind == OPTION_PROGRAMMING and record.state == CUT:
            self._cut = record
        window, reset = self._cut, self._reset
        if window is None or reset is None or reset.start != window.end:
            return ()
        self._cut = None
        return self._judge(window, reset)

    def _judge(self, window: 'Window', reset: 'Reset') -> 'List[Union[Finding, Withdrawn]]':
        command = self._options.last
        if command is None or not self._is_of(window, command) or not self.context.sample_rate:
            return []
        if reset.cause != POWER and self._may_be_own(reset):
            by = "NRST low for {}: the part's own restart".format(
                self.time(reset.end - reset.start)
            )
            return [self.withdrawn(reset.start, reset.end, by)]
        found = self._tell(window, command, reset)
        earlier = self._told.get(command.opcode)
        if earlier is not None:
            found = _together(earlier, found)
        self._told[command.opcode] = found
        return [found]

    @staticmethod
    def _is_of(window: 'Window', command: 'OptionCommand') -> 'bool':
        """Tell whether the window is that of this command: of another loader's it may be, too."""
        return window.opcode == command.opcode and window.start >= command.accepted_at

    def _may_be_own(self, reset: 'Reset') -> 'bool':
        """Tell whether the part may have made this reset; one that the data ends in, it may."""
        context, width = self.context, reset.end - reset.start
        longest = context.limit('BLS004_OWN_RESET_MAXIMUM_S', OWN_RESET_MAXIMUM_S)
        shortest = context.samples(context.limit('BLS004_OWN_RESET_MINIMUM_S', OWN_RESET_MINIMUM_S))
        assert shortest is not None
        is_glitch = reset.released and width + 1 < shortest  # a width is known to one sample
        return not is_glitch and not context.longer(width, longest)

    def _tell(self, window: 'Window', command: 'OptionCommand', reset: 'Reset') -> 'Finding':
        name = command_text(command.opcode)
        line = 'The supply' if reset.cause == POWER else 'NRST'
        lasted = self.time(reset.end - reset.start)
        width = 'went low for ' + lasted if reset.released else 'went low and stayed low'
        since, after = command.last_status, 'last ACK'
        if command.busy_count:
            since, after = command.busy_end, 'last BUSY'
        acked = command.ended is not None and command.ended.outcome == OK
        state = 'it was at work after its final ACK' if acked else 'its final ACK had not come'
        sentence = '{} {} while {} was changing the option bytes: {} after the {}, {}'.format(
            line, width, name, self.time(reset.start - since), after, state
        )
        return self.finding(
            window.start,
            reset.end,
            sentence,
            _evidence(command, reset, '{} {}'.format(line, width)),
            ADVICE,
            key=opcode_key(command.opcode),
            suspect=SUPPLY if reset.cause == POWER else None,
        )


def _evidence(command: 'OptionCommand', reset: 'Reset', what: 'str') -> 'List[Evidence]':
    name = command_text(command.opcode)
    evidence = [
        Evidence(command.start, command.accepted_at, name + ' acknowledged; its final ACK is due')
    ]
    if command.busy_count:
        text = 'BUSY (0x76) {} times; ACK (0x79) ends the operation (AN4221)'.format(
            command.busy_count
        )
        evidence.append(Evidence(command.busy_start, command.busy_end, text))
    text = what + '; no reset and no loss of supply may come here (RM0444 3.4.2)'
    evidence.append(Evidence(reset.start, reset.end, text))
    return evidence


def _together(earlier: 'Finding', later: 'Finding') -> 'Finding':
    """Return one finding on both: the words of the first, the number of all."""
    count = earlier.count + 1
    sentence = earlier.message.split(MANY)[0]
    return earlier._replace(
        end=later.end,
        count=count,
        message=sentence + MANY + '{})'.format(count),
        evidence=(earlier.evidence + later.evidence[-1:])[:MOST_EVIDENCE],
    )


RULE = ResetDuringOptionCommand
