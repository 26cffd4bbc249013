"""BLP004 readout-protected: the part refuses everything that touches its memory.

What
The loader answers Get, Get Version or Get ID, and refuses Read Memory, Write Memory, Erase, Go or a
protection command with NACK right after the opcode: two of them, or one of them twice.

Why it matters
Read-out protection level 1 is active (any RDP byte but those of level 0 and level 2). Nothing can
be read, written, erased or started through the bootloader until the protection is taken off, and
that erases the whole flash.

What to do
Taking the protection off (Readout Unprotect, 0x92 or 0x93) ERASES THE WHOLE FLASH and rewrites the
option bytes: decide first whether the content is needed. Confirm the level beforehand, by reading
the option bytes over SWD. If the part is to be unprotected: stable supply, no reset and no power
cut until the loader has answered the second time and the part has restarted. For a product, use an
update path that leaves the protection as it is.

False alarms and guards
One NACK alone can be noise or a lost step, so two refusals are asked for, with nothing accepted
between them. Over UART every byte has a parity bit, and hosts give up at the first refusal: there
one refusal of a command that Get lists is enough where the capture ends without another one
(confidence medium). Commands that the Get answer does not list do not count. Once a Readout
Unprotect has ended with ACK, this finding becomes a note: the part was protected, and is no longer.

Example
  host    02 FD   loader  79 01 04 60 79     Get ID is answered
  host    11 EE   loader  1F                 Read Memory is refused
  host    31 CE   loader  1F                 Write Memory is refused
Told as: "STM32G07x/G08x is read protected: it answers Get, Get Version or Get ID and refuses Read
Memory (0x11), Write Memory (0x31) with NACK (0x1F)".

Source
AN3155 and AN4221, bootloader command set: commands that read protection forbids.
Commands refused by an STM32L4, check RDP [L4NACK],
https://community.st.com/t5/stm32-mcus-products/stm32-i2c-bootloader-issue/td-p/468924
NACK on erase, cleared by an unprotect [FF15], https://github.com/keirf/flashfloppy/issues/15
The order of unprotect commands [DJ70], https://github.com/dirtyjtag/DirtyJTAG/issues/70
"""

from ...bootloader.records import NACK, OK, BootCommand, DeviceIdentified, LoaderInfo
from ...lines import CaptureGap
from ..naming import answer_text, command_text
from ..part import Part
from ..protection import UNPROTECTS, Protection
from ..rule import TARGET, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

ADVICE = (
    'Taking the protection off (Readout Unprotect) ERASES THE WHOLE FLASH and rewrites the option'
    ' bytes: decide first whether the content is needed.',
    'Confirm the level by reading the option bytes over SWD.',
    'If the part is to be unprotected: stable supply, no reset and no power cut until the second'
    ' ACK and the restart that follows.',
)


class ReadoutProtected(TargetRule):
    """Collects refusals of what protection forbids."""

    info = RuleInfo(
        'BLP004',
        'readout-protected',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('bootloader',),
        False,
        'the part refuses everything that touches its memory: it is read protected',
        'AN3155, AN4221: commands that read protection forbids',
    )
    consumes = (BootCommand, CaptureGap, DeviceIdentified, LoaderInfo)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ReadoutProtected, self).__init__(context, bus)
        self._part = Part(context)
        self._protection = Protection(self._part)
        self._told = None  # type: Optional[Finding]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a command, or learn of part and loader."""
        if isinstance(record, BootCommand):
            return self._judge(record)
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif isinstance(record, CaptureGap):
            self._protection.forget()
        else:
            self._protection.tell(record)
        return ()

    def end(self, end: 'int') -> 'Iterable[Finding]':
        """Tell of a single refusal that nothing came after."""
        if self._told is not None or not self._protection.is_likely:
            return ()
        found = self._tell(self._protection.refusals[0])
        return (found._replace(confidence=Confidence.MEDIUM),)

    def _judge(self, command: 'BootCommand') -> 'Tuple[Finding, ...]':
        told, before = self._told, self._protection.refused
        self._protection.judge(command)
        is_new = told is None or self._protection.refused > before
        if self._protection.is_shown and is_new:
            self._told = self._tell(command)
            return (self._told,)
        if told is not None and command.opcode in UNPROTECTS and command.outcome == OK:
            self._told = None
            return (self._taken_off(told, command),)
        return ()

    def _tell(self, command: 'BootCommand') -> 'Finding':
        refusals = self._protection.refusals
        names = sorted({refused.opcode for refused in refusals})
        evidence = [
            Evidence(
                refused.steps[0].start,
                refused.steps[0].end,
                '{}: {}; an unprotected part answers ACK (0x79) (AN3155, AN4221)'.format(
                    command_text(refused.opcode), answer_text(NACK)
                ),
            )
            for refused in refusals
        ]
        return self.finding(
            refusals[0].start,
            command.end,
            (
                '{} is read protected: it answers Get, Get Version or Get ID and refuses {} with {}'
            ).format(
                self._part.subject,
                ', '.join(command_text(opcode) for opcode in names),
                answer_text(NACK),
            ),
            evidence,
            ADVICE,
            count=self._protection.refused,
        )

    def _taken_off(self, told: 'Finding', command: 'BootCommand') -> 'Finding':
        return told._replace(
            severity=Severity.NOTE,
            end=command.end,
            message='{} was read protected, until {} took that off'.format(
                self._part.subject, command_text(command.opcode)
            ),
            advice=(),
        )


RULE = ReadoutProtected
