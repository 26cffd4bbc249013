"""BLS005 lost-after-option-command: after an option command the loader never answers again.

What
A command that changes option bytes was accepted. After the restart that follows, or after a reset
in its place, the host addresses the loader at least three times over at least one second, and
nobody acknowledges.

Why it matters
Either the option bytes now forbid the bootloader (boot selection, boot lock), or they were lost
while being programmed and the part is locked, or the part simply starts its application. The first
two can be for good.

What to do
A full power cycle (off for more than 10 s) with BOOT0 high, then the bootloader; then SWD under
reset, and read the option bytes. Do not write option bytes again blindly. DIA001 tells the whole
story where the capture has it.

False alarms and guards
The part may be away for 100 ms after the final ACK, after the last status, and after each rise of
NRST: attempts in that time do not count. If BOOT0 is captured and low, the part is meant to start
its application, and this rule is suppressed. Without BOOT0 the application cannot be ruled out, and
the confidence is medium. If the loader answers again later, this becomes a note. Without a sample
rate the rule is not evaluated. Limits: BLS005_RESTART_S (0.1), BLS005_SPAN_S (1), BLS005_ATTEMPTS
(3).

Example
  host    93 6C           loader  79 76 76 76 ...
  NRST    low for 120 ms
  host    address 0x51    not acknowledged, 35 times over 1.155 s
Told as: "After No-Stretch Readout Unprotect (0x93) address 0x51 was not acknowledged in 35 attempts
over 1.155 s".

Source
RM0444 3.4.2, option byte programming.
AN3155 and AN4221: the restart after commands that change option bytes.
An STM32G071 that never answered again [G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
STM32G051 unusable after an option change [G051],
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
Bootloader entry lost after the first programming [EF170], http://efton.sk/STM32/gotcha/g170.html
"""

from ...bootloader.records import BootCommand, BootStatus, DeviceIdentified
from ...lines import LevelChange, Reset
from ...wire.i2c import ADDRESS_NACK, I2cTransfer
from ..naming import command_text
from ..option_command import RESTART_S, OptionCommands
from ..rule import TARGET, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..option_command import OptionCommand
    from ..rule import Finding, Withdrawn

# Source: rules.md BLS005.
ATTEMPTS = 3
SPAN_S = 1.0

BOOT0 = 'boot0'
ADVICE = (
    'Do not write option bytes again blindly, and do not repeat resets.',
    'Power off for more than 10 s, power on with BOOT0 high, and address the bootloader again.',
    'Then try SWD under reset, and read the option bytes before anything is written.',
)


class LostAfterOptionCommand(TargetRule):
    """Counts the attempts that nobody acknowledges after an option command."""

    info = RuleInfo(
        'BLS005',
        'lost-after-option-command',
        Severity.CRITICAL,
        Confidence.HIGH,
        TARGET,
        ('bootloader', 'i2c', 'sample_rate'),
        True,
        'after an option command the loader never answers again',
        'RM0444 3.4.2; AN3155, AN4221: restart after option commands',
    )
    consumes = (BootCommand, BootStatus, DeviceIdentified, I2cTransfer, LevelChange, Reset)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(LostAfterOptionCommand, self).__init__(context, bus)
        self._options = OptionCommands(context)
        self._boot0 = context.initial_levels.get(BOOT0)
        self._away_since = 0  # last rise of NRST
        self._first = None  # type: Optional[I2cTransfer]  # of the attempts in vain
        self._attempts = 0
        self._told = None  # type: Optional[Finding]

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Count attempts on the target of the last option command."""
        if isinstance(record, I2cTransfer):
            return self._transfer(record)
        if isinstance(record, LevelChange):
            if record.role == BOOT0:
                self._boot0 = record.value
        elif isinstance(record, Reset):
            self._away_since = max(self._away_since, record.end)
        else:
            before = self._options.last
            self._options.feed(record)
            if self._options.last is not before:
                self._start_again()
        return ()

    def _start_again(self) -> 'None':
        self._first = None
        self._attempts = 0

    def _transfer(self, transfer: 'I2cTransfer') -> 'List[Union[Finding, Withdrawn]]':
        command = self._options.last
        if command is None or transfer.address != command.target:
            return []
        if transfer.answered:
            return self._answered(command, transfer)
        if transfer.outcome != ADDRESS_NACK or not self._counts(command, transfer):
            return []
        self._first = self._first or transfer
        self._attempts += 1
        span = transfer.end - self._first.start
        enough = self._attempts >= self.context.limit('BLS005_ATTEMPTS', ATTEMPTS)
        if not enough or not self.context.longer(span, self.context.limit('BLS005_SPAN_S', SPAN_S)):
            return []
        if self._boot0 == 0:
            by = 'BOOT0 is low: the part is meant to start its application'
            return [self.withdrawn(self._first.start, transfer.end, by)]
        self._told = self._tell(command, self._first, transfer)
        return [self._told]

    def _counts(self, command: 'OptionCommand', transfer: 'I2cTransfer') -> 'bool':
        """Tell whether the part could be back from its restart when it was addressed."""
        away = transfer.start - max(command.last_status, self._away_since)
        return self.context.longer(away, self.context.limit('BLS005_RESTART_S', RESTART_S))

    def _answered(
        self, command: 'OptionCommand', transfer: 'I2cTransfer'
    ) -> 'List[Union[Finding, Withdrawn]]':
        """The loader is there: as part of the command, or again after it."""
        self._start_again()
        if command.ended is None or transfer.start < command.ended.end:
            return []
        self._options.forget()
        if self._told is None:
            return []
        told, self._told = self._told, None
        return [
            told._replace(
                severity=Severity.NOTE,
                end=transfer.end,
                message='{}, and then answered again'.format(told.message),
                advice=(),
            )
        ]

    def _tell(
        self, command: 'OptionCommand', first: 'I2cTransfer', last: 'I2cTransfer'
    ) -> 'Finding':
        span = self.time(last.end - first.start)
        name = command_text(command.opcode)
        boot0 = {1: '; BOOT0 is high', None: '; BOOT0 was not captured'}.get(self._boot0, '')
        return self.finding(
            first.start,
            last.end,
            'After {} address 0x{:02X} was not acknowledged in {} attempts over {}'.format(
                name, command.target, self._attempts, span
            ),
            (
                Evidence(command.start, command.accepted_at, name + ' acknowledged'),
                Evidence(
                    first.start,
                    last.end,
                    '{} attempts, none acknowledged; a loader answers again within 100 ms{}'.format(
                        self._attempts, boot0
                    ),
                ),
            ),
            ADVICE,
            count=self._attempts,
            confidence=Confidence.MEDIUM if self._boot0 is None else None,
        )


RULE = LostAfterOptionCommand
