"""BLS002 option-launch-missing: option bytes were programmed and are not loaded.

What
A command that changes option bytes ended with its final ACK. The part ought to restart now and load
the new options, but the same session goes on: the loader acknowledges and serves further commands
with no gap in which a restart could hide, or NRST, which is captured, shows no pulse before it
serves another command.

Why it matters
On families that load options only on OBL_LAUNCH or at power-on, the new options are in the flash
and the old ones in force: write protection seems to have no effect, RDP seems unchanged, until some
later power-on changes the behaviour of the part out of the blue.

What to do
Force the loading: a clean power cycle (needed for RDP in any case), OBL_LAUNCH over SWD, or a
loader without this limit. Then read the option bytes back.

False alarms and guards
A restart leaves no trace where the host waits, so this needs positive evidence: the loader's
address acknowledged again within 1 ms of the final ACK, and again and again without a gap of 1 ms,
up to a command that it accepts; over UART, a command that it accepts without a new 0x7F, which a
loader that restarted cannot do; or a captured NRST that stays high until a command is accepted, at
least 1 ms after the final ACK. The last is weaker: confidence medium, and only of a part that
showed a restart of its own on NRST earlier in this capture (20 us to 5 ms low, within 100 ms of a
final ACK). Of others NRST may be an input, or be buffered by the probe: this rule is suppressed. A
gap in the capture may hide a restart. Which events load options comes from the table of the part:
where programming alone puts them in force, this rule does not apply. Without a sample rate it is
not evaluated. Limits: BLS002_SILENCE_S (1e-3), RESTART_S (0.1), OWN_RESET_MINIMUM_S (20e-6),
OWN_RESET_MAXIMUM_S (5e-3).

Example
  host    74 8B       loader  79 76 79          write protection removed
  host    02 FD       loader  79                0.2 ms later, as if nothing had happened
Told as: "After No-Stretch Write Unprotect (0x74) the part did not restart: it accepted Get ID
(0x02) 412 us after the final ACK, in the same session; the new option bytes are not loaded".

Source
RM0444 3.4.2: option bytes take effect on OBL_LAUNCH or power-on reset.
AN2606, limitation of the STM32G07x/G08x loader V11.2: no option launch over USART.
Public threads: [G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
[G071BL],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32-g071-system-bootloader-question-148428
[G041],
https://community.st.com/t5/stm32-mcus-products/recover-bricked-stm32-mcu-stm32g041f6p6/m-p/642748
"""

from ...bootloader.records import (
    ACK,
    COMMAND,
    SYNC,
    UART,
    BootCommand,
    BootStatus,
    DeviceIdentified,
)
from ...lines import CaptureGap, LevelChange, Reset
from ...wire.i2c import I2cTransfer
from ..limits import RESTART
from ..naming import command_text, opcode_key, protocol_source
from ..occurrences import Occurrences
from ..option_command import OptionCommands
from ..own_reset import may_be_own
from ..rule import TARGET, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..option_command import OptionCommand
    from ..rule import Finding, Withdrawn

SILENCE_S = 1e-3  # a restart takes longer. Source: rules.md BLS002

# Load events that come with the programming itself: nothing is left to launch.
AT_ONCE = frozenset(('OPTSTRT', 'OPTSTART'))
NRST = 'nrst'
RESTARTING_LINES = (NRST, 'vdd')

ADVICE = (
    'Force the loading of the options: a clean power cycle, or OBL_LAUNCH over SWD.',
    'Read the option bytes back afterwards.',
)


class OptionLaunchMissing(TargetRule):
    """Looks for a loader that goes on as if nothing had happened."""

    info = RuleInfo(
        'BLS002',
        'option-launch-missing',
        Severity.ERROR,
        Confidence.MEDIUM,
        TARGET,
        ('bootloader', 'sample_rate'),
        True,
        'option bytes were programmed and are not loaded',
        'RM0444 3.4.2; AN2606: limitations of the STM32G07x/G08x loader',
    )
    consumes = (
        BootCommand, BootStatus, CaptureGap, DeviceIdentified, I2cTransfer, LevelChange, Reset,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(OptionLaunchMissing, self).__init__(context, bus)
        self._options = OptionCommands(context)
        self._alive = None  # type: Optional[int]  # up to here the loader answered without a gap
        self._restarting = None  # type: Optional[int]  # final ACK of the last option command
        self._drives_nrst = False  # the part showed a restart of its own on NRST
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Follow what comes after the final ACK of an option command."""
        if isinstance(record, I2cTransfer):
            self._transfer(record)
        elif isinstance(record, LevelChange):
            if record.role in RESTARTING_LINES and not record.value:
                self._options.forget()
        elif isinstance(record, Reset):
            self._drives_nrst = self._drives_nrst or self._is_own(record)
        else:
            return self._command(record)
        return ()

    def _is_own(self, reset: 'Reset') -> 'bool':
        """Tell whether a pulse on NRST is as the part makes it, where a command announced it."""
        ended = self._restarting
        if ended is None or not reset.released or not may_be_own(self.context, reset):
            return False
        return not self.context.longer(reset.start - ended, RESTART.of(self.context))

    def _command(self, record: 'Any') -> 'List[Union[Finding, Withdrawn]]':
        if isinstance(record, BootStatus) and record.step == SYNC and record.status == ACK:
            self._options.forget()  # it restarted, and measured the rate anew
        done = self._done()
        found = []  # type: List[Union[Finding, Withdrawn]]
        if done is not None and _accepts_another(record, done):
            self._options.forget()
            found = self._judge(done, record)
        self._options.feed(record)
        command = self._done()
        if command is not None and isinstance(record, BootCommand) and record is command.ended:
            self._alive = self._restarting = record.end
        return found

    def _done(self) -> 'Optional[OptionCommand]':
        command = self._options.last
        return command if command is not None and command.is_done else None

    def _transfer(self, transfer: 'I2cTransfer') -> 'None':
        """Extend the time over which the loader was there, or see that it went."""
        command = self._done()
        if command is None or command.ended is None or transfer.address != command.target:
            return
        if transfer.start < command.ended.end:
            return
        if not transfer.answered:
            self._options.forget()
        elif self._alive is not None and self._is_near(transfer.start):
            self._alive = transfer.end
        else:
            self._alive = None

    def _is_near(self, sample: 'int') -> 'bool':
        limit = self.context.limit('BLS002_SILENCE_S', SILENCE_S)
        return self._alive is not None and not self.context.longer(sample - self._alive, limit)

    def _judge(
        self, done: 'OptionCommand', status: 'BootStatus'
    ) -> 'List[Union[Finding, Withdrawn]]':
        """The loader accepts another command: is that the old session?"""
        context = self.context
        ended = done.ended
        if ended is None or not context.sample_rate or not self._is_loaded_later():
            return []
        if ended.transport == UART:
            confidence, how = Confidence.HIGH, 'in the same session, without a new 0x7F'
        elif self._is_near(status.start):
            confidence, how = Confidence.HIGH, 'in the same session'
        elif NRST in context.roles and context.longer(
            status.end - ended.end, context.limit('BLS002_SILENCE_S', SILENCE_S)
        ):
            if not self._drives_nrst:
                by = 'nothing shows that this part drives NRST: a restart would leave no trace'
                return [self.withdrawn(ended.start, status.end, by)]
            confidence, how = Confidence.MEDIUM, 'with no pulse on NRST between'
        else:
            return []
        return [self._tell(done, ended, status, confidence, how)]

    def _is_loaded_later(self) -> 'bool':
        family = self._options.part.family
        return family is None or not AT_ONCE.intersection(family.options.load_events)

    def _tell(
        self,
        done: 'OptionCommand',
        ended: 'BootCommand',
        status: 'BootStatus',
        confidence: 'Confidence',
        how: 'str',
    ) -> 'Finding':
        sentence = (
            'After {} the part did not restart: it accepted {} {} after the final ACK, {}; the new'
            ' option bytes are not loaded'
        ).format(
            command_text(done.opcode),
            command_text(status.opcode),
            self.time(status.end - ended.end),
            how,
        )
        first = self._first.setdefault(done.opcode, sentence)
        seen = self._seen.setdefault(done.opcode, Occurrences())
        seen.merge(1, ended.start, status.end, self._evidence(ended, status))
        return self.finding(
            seen.start,
            seen.end,
            seen.told(first),
            seen.examples,
            ADVICE,
            key=opcode_key(done.opcode),
            count=seen.count,
            confidence=confidence,
        )

    def _evidence(self, ended: 'BootCommand', status: 'BootStatus') -> 'List[Evidence]':
        family = self._options.part.family
        events = 'a restart' if family is None else ' or '.join(family.options.load_events)
        accepted = '{} accepted; options are loaded by {} ({})'.format(
            command_text(status.opcode),
            events,
            protocol_source(ended.target) if family is None else family.options.source,
        )
        final = 'final ACK of ' + command_text(ended.opcode)
        return [
            Evidence(ended.steps[-1].start, ended.end, final),
            Evidence(status.command_start, status.end, accepted),
        ]


def _accepts_another(record: 'Any', done: 'OptionCommand') -> 'bool':
    """Tell whether this is the ACK to a later command on the same target."""
    return (
        isinstance(record, BootStatus)
        and record.target == done.target
        and record.step == COMMAND
        and record.status == ACK
        and record.command_start > done.start
    )


RULE = OptionLaunchMissing
