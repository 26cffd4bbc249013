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
At the end of such a command the part resets itself and, where NRST is an output too, pulls it low
for 20 us to 5 ms. After the final ACK such a pulse is that restart, and this rule is suppressed.
Before the final ACK it may be the same, of a part that had ended unseen, or a short and unclean
reset from outside: this rule is suppressed, unless the loader is then addressed (over UART: sent
0x7F) at least three times over one second and never answers again (confidence medium; not where
BOOT0 is low, so that the application starts). A longer pulse is a reset from outside, however long
after the last BUSY it comes, as long as no final ACK was read: a host that stopped asking does not
know whether the part has ended. A shorter pulse is a glitch, which is no clean reset either. A drop
of the supply counts at any length. Nothing is told across a gap in the capture. Needs NRST or VDD
on a channel, and the sample rate. Limits: OWN_RESET_MINIMUM_S (20e-6), OWN_RESET_MAXIMUM_S (5e-3),
RESTART_S (0.1), ABSENCE_SPAN_S (1), ABSENCE_ATTEMPTS (3).

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

from ...bootloader.records import NONE, OK, BootCommand, BootStatus, DeviceIdentified, SyncAttempt
from ...flash.records import CUT, OPTION_PROGRAMMING, Window
from ...lines import POWER, CaptureGap, LevelChange, Reset
from ...record import NamedTuple
from ...wire.i2c import ADDRESS_NACK, I2cTransfer
from ..absence import Absence
from ..naming import command_text, opcode_key
from ..option_command import OptionCommands
from ..own_reset import may_be_own
from ..rule import HOST, SUPPLY, TARGET, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..option_command import OptionCommand
    from ..rule import Finding, Withdrawn

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


class _Cut(
    NamedTuple(
        '_Cut',
        [('window', 'Window'), ('command', 'OptionCommand'), ('reset', 'Reset')],
    )
):
    """A reset in an option command, as the part may have made it itself."""

    __slots__ = ()


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
    consumes = (
        BootCommand, BootStatus, CaptureGap, DeviceIdentified, I2cTransfer, LevelChange, Reset,
        SyncAttempt, Window,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ResetDuringOptionCommand, self).__init__(context, bus)
        self._options = OptionCommands(context)
        self._cut = None  # type: Optional[Window]  # by a reset whose width is not known yet
        self._reset = None  # type: Optional[Reset]  # the last one
        self._told = {}  # type: Dict[str, Finding]  # key -> what was said of it
        self._short = None  # type: Optional[_Cut]  # before the final ACK; no answer since
        self._absence = Absence(context)

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Bring together the window that was cut and the reset that cut it."""
        if isinstance(record, I2cTransfer):
            self._transfer(record)
            return ()
        if isinstance(record, SyncAttempt):
            self._attempt(record)
            return ()
        if isinstance(record, (LevelChange, Reset)):
            self._absence.feed(record)
        if isinstance(record, Reset):
            self._reset = record
        elif isinstance(record, CaptureGap):
            self._gap(record)
        elif not isinstance(record, Window):
            if not isinstance(record, LevelChange):
                self._options.feed(record)
            return ()
        elif record.kind == OPTION_PROGRAMMING and record.state == CUT:
            self._cut = record
        window, reset = self._cut, self._reset
        if window is None or reset is None or reset.start != window.end:
            return ()
        self._cut = None
        return self._judge(window, reset)

    def end(self, end: 'int') -> 'Iterable[Finding]':
        """Tell of a short pulse after which the part never answered again."""
        short = self._short
        if short is None or not self._absence.is_lasting:
            return []
        return [self._add(self._tell(short.window, short.command, short.reset, True))]

    def _gap(self, gap: 'CaptureGap') -> 'None':
        self._options.feed(gap)
        self._cut = self._reset = None
        if not self._absence.is_lasting:
            self._short = None

    def _transfer(self, transfer: 'I2cTransfer') -> 'None':
        """See whether the part comes back from a short pulse."""
        short = self._short
        if short is None or transfer.start < short.reset.start:
            return
        if transfer.answered or self._absence.is_to_application:
            self._short = None
        elif transfer.outcome == ADDRESS_NACK and self._options.last is short.command:
            self._absence.miss(transfer, short.reset.end)

    def _attempt(self, attempt: 'SyncAttempt') -> 'None':
        """UART: see whether the part answers 0x7F after a short pulse."""
        short = self._short
        if short is None or attempt.start < short.reset.start:
            return
        if attempt.answer != NONE or self._absence.is_to_application:
            self._short = None
        elif self._absence.was_waited_for(attempt) and self._options.last is short.command:
            self._absence.miss(attempt, short.reset.end)

    def _judge(self, window: 'Window', reset: 'Reset') -> 'List[Union[Finding, Withdrawn]]':
        command = self._options.last
        if command is None or not self._is_of(window, command) or not self.context.sample_rate:
            return []
        if may_be_own(self.context, reset):
            if reset.released and not _is_acknowledged(command):
                self._short = _Cut(window, command, reset)
                self._absence.begin(reset)
            by = "NRST low for {}: the part's own restart".format(
                self.time(reset.end - reset.start)
            )
            return [self.withdrawn(reset.start, reset.end, by)]
        return [self._add(self._tell(window, command, reset, False))]

    def _add(self, found: 'Finding') -> 'Finding':
        """Return one finding on this cut and earlier ones of the same command."""
        earlier = self._told.get(found.key)
        if earlier is not None:
            found = _together(earlier, found)
        self._told[found.key] = found
        return found

    @staticmethod
    def _is_of(window: 'Window', command: 'OptionCommand') -> 'bool':
        """Tell whether the window is that of this command: of another loader's it may be, too."""
        return window.opcode == command.opcode and window.start >= command.accepted_at

    def _tell(
        self, window: 'Window', command: 'OptionCommand', reset: 'Reset', is_short: 'bool'
    ) -> 'Finding':
        name = command_text(command.opcode)
        line = 'The supply' if reset.cause == POWER else 'NRST'
        lasted = self.time(reset.end - reset.start)
        width = 'went low for ' + lasted if reset.released else 'went low and stayed low'
        since, after = command.last_status, 'last ACK'
        if command.busy_count:
            since, after = command.busy_end, 'last BUSY'
        state = 'its final ACK had not come'
        if _is_acknowledged(command):
            state = 'it was at work after its final ACK'
        if is_short:
            state += '; the pulse came from the part or from outside, and nobody answered after it'
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
            confidence=Confidence.MEDIUM if is_short else None,
            suspect=SUPPLY if reset.cause == POWER else TARGET if is_short else None,
        )


def _is_acknowledged(command: 'OptionCommand') -> 'bool':
    return command.ended is not None and command.ended.outcome == OK


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
