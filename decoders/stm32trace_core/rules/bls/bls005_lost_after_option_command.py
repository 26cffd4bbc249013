"""BLS005 lost-after-option-command: after an option command the loader never answers again.

What
A command that changes option bytes was accepted. After the restart that follows, or after a reset
in its place, the host addresses the loader (over UART: sends 0x7F) at least three times over at
least one second, and nobody acknowledges.

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
NRST: attempts in that time do not count. If BOOT0 is captured and low, or was at the last reset,
the part is meant to start its application, and this rule is suppressed. Without BOOT0 the
application cannot be ruled out: the confidence is medium, and after a final ACK, which says that
all went well, this is a warning only. Over UART bytes that are no answer to 0x7F are those of an
application: the rule is suppressed too. If the loader answers again later, this becomes a note. A
gap in the capture may hide how the command ended: attempts after it do not count. Without a sample
rate the rule is not evaluated. Limits: RESTART_S (0.1), ABSENCE_SPAN_S (1), ABSENCE_ATTEMPTS (3).

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

from ...bootloader.records import (
    ACK,
    NACK,
    OTHER,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    SyncAttempt,
)
from ...lines import CaptureGap, LevelChange, Reset
from ...wire.i2c import ADDRESS_NACK, I2cTransfer
from ..absence import Absence
from ..naming import command_text
from ..option_command import OptionCommands
from ..rule import TARGET, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..absence import Attempt
    from ..option_command import OptionCommand
    from ..rule import Finding, Withdrawn

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
        ('bootloader', 'i2c|uart', 'sample_rate'),
        True,
        'after an option command the loader never answers again',
        'RM0444 3.4.2; AN3155, AN4221: restart after option commands',
    )
    consumes = (
        BootCommand, BootStatus, CaptureGap, DeviceIdentified, I2cTransfer, LevelChange, Reset,
        SyncAttempt,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(LostAfterOptionCommand, self).__init__(context, bus)
        self._options = OptionCommands(context)
        self._absence = Absence(context)
        self._told = None  # type: Optional[Finding]

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Count attempts on the target of the last option command."""
        if isinstance(record, I2cTransfer):
            return self._transfer(record)
        if isinstance(record, SyncAttempt):
            return self._sync(record)
        if isinstance(record, (LevelChange, Reset)):
            self._absence.feed(record)
        else:
            before = self._options.last
            self._options.feed(record)
            if self._options.last is not before:
                self._absence.begin()
        return ()

    def _transfer(self, transfer: 'I2cTransfer') -> 'List[Union[Finding, Withdrawn]]':
        if transfer.answered:
            return self._answered(transfer)
        return self._missed(transfer) if transfer.outcome == ADDRESS_NACK else []

    def _sync(self, attempt: 'SyncAttempt') -> 'List[Union[Finding, Withdrawn]]':
        """UART: 0x7F is the host's way to ask whether the loader is there."""
        if attempt.answer in (ACK, NACK):
            return self._answered(attempt)
        if attempt.answer == OTHER:
            self._absence.begin()
            self._options.forget()
            by = 'the part sends other bytes: it runs an application'
            return [self.withdrawn(attempt.start, attempt.end, by)]
        return self._missed(attempt) if self._absence.was_waited_for(attempt) else []

    def _missed(self, transfer: 'Attempt') -> 'List[Union[Finding, Withdrawn]]':
        command, absence = self._options.last, self._absence
        if command is None:
            return []
        if not absence.miss(transfer, command.last_status) or not absence.is_lasting:
            return []
        first = absence.first or transfer
        if absence.is_to_application:
            by = 'BOOT0 is low: the part is meant to start its application'
            return [self.withdrawn(first.start, transfer.end, by)]
        self._told = self._tell(command, first, transfer)
        return [self._told]

    def _answered(self, transfer: 'Attempt') -> 'List[Union[Finding, Withdrawn]]':
        """The loader is there: as part of the command, or again after it, or after a gap."""
        command = self._options.last
        self._absence.begin()
        if command is not None:
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

    def _tell(self, command: 'OptionCommand', first: 'Attempt', last: 'Attempt') -> 'Finding':
        span = self.time(last.end - first.start)
        name = command_text(command.opcode)
        absence = self._absence
        boot0 = {1: '; BOOT0 is high', None: '; BOOT0 was not captured'}.get(absence.boot0, '')
        may_be_well = absence.boot0 is None and command.is_done
        return self.finding(
            first.start,
            last.end,
            'After {} {} in {} attempts over {}'.format(
                name, _silence(command.target), absence.attempts, span
            ),
            (
                Evidence(command.start, command.accepted_at, name + ' acknowledged'),
                Evidence(
                    first.start,
                    last.end,
                    '{} attempts, none acknowledged; a loader answers again within 100 ms{}'.format(
                        absence.attempts, boot0
                    ),
                ),
            ),
            ADVICE,
            count=absence.attempts,
            severity=Severity.WARNING if may_be_well else None,
            confidence=Confidence.MEDIUM if absence.boot0 is None else None,
        )


def _silence(target: 'int') -> 'str':
    """What a loader does not do any more that is away."""
    if target < 0:
        return '0x7F was not answered'
    return 'address 0x{:02X} was not acknowledged'.format(target)


RULE = LostAfterOptionCommand
