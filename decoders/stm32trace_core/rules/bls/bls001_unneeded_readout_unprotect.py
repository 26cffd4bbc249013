"""BLS001 unneeded-readout-unprotect: a part is unprotected that is not protected, or may not be.

What
Readout Unprotect (0x92, 0x93) is accepted by a part whose flash was read, written or erased before
in the same power cycle, so that it was at protection level 0 already (error); or by a part of which
this capture does not show the level (warning).

Why it matters
The command erases the whole flash and rewrites the option bytes even where there is nothing to
unprotect. While that goes on, a reset, a glitch on the reset line or a loss of supply leaves the
option bytes half written; on parts whose loader of option bytes answers a mismatch with protection
and boot lock (the STM32G0), that is the end of the part. An update flow that does this every time
takes the risk every time.

What to do
Leave Readout Unprotect out of the update flow. Erase with the erase commands. Where parts may be
protected, find out first (try Read Memory: a protected part refuses it; or read the option bytes)
and unprotect only then, knowing that it erases everything, with stable supply and with nothing that
can reset the part.

False alarms and guards
An earlier access counts only when the loader acknowledged it for a flash address: RAM proves
nothing. If the part has refused such a command before, it was protected and this rule says nothing
(OPT010 tells what the unprotect does). A change of option bytes or a loss of supply in between
makes the level unknown again. Only a Readout Unprotect that was accepted counts.

Example
  host    11 EE / 08 00 00 00 08 / FF 00     loader  79 / 79 / 79 and 256 bytes: not protected
  host    93 6C                              loader  79: and now everything is erased
Told as: "No-Stretch Readout Unprotect (0x93) was sent to a part that was not read protected: Read
Memory (0x11) to 0x08000000 had been acknowledged 41.3 ms before".

Source
RM0444 3.4.2, option byte programming; AN3155 and AN4221, Readout Unprotect commands.
An update over I2C that bricked an STM32G071 [G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
A reset in option byte programming, STM32G0B1 [G0B1OB],
https://community.st.com/t5/stm32-mcus-products/reset-or-glitch-during-option-byte-programming/m-p/661167/highlight/true
RDP toggling in place of an erase, STM32L1 [L1ER],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32l1-system-bootloader-erase-116533
"""

from ...bootloader.records import BootCommand, BootStatus, DeviceIdentified, LoaderInfo
from ...lines import POWER, CaptureGap, Reset
from ..naming import command_text, protocol_source, target_text
from ..occurrences import Occurrences
from ..part import Part
from ..protection import OPEN, REFUSED, Protection, begins_unprotect
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

ADVICE_NOT_NEEDED = (
    (
        'Leave Readout Unprotect out of the update flow: it ERASES THE WHOLE FLASH and rewrites'
        ' the option bytes.'
    ),
    'Erase with Extended Erase instead.',
    'If a part may be protected, try Read Memory first: a protected part refuses it.',
)
ADVICE_UNKNOWN = (
    'Readout Unprotect ERASES THE WHOLE FLASH and rewrites the option bytes: check first whether'
    ' the part is protected.',
    (
        'Try Read Memory, which a protected part refuses, or read the option bytes; unprotect only'
        ' when refused.'
    ),
)


class UnneededReadoutUnprotect(TargetRule):
    """Remembers whether the flash was open when Readout Unprotect is accepted."""

    info = RuleInfo(
        'BLS001',
        'unneeded-readout-unprotect',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'Readout Unprotect is sent to a part that is not protected, or may not be',
        'RM0444 3.4.2; AN4221: Readout Unprotect',
    )
    consumes = (BootCommand, BootStatus, CaptureGap, DeviceIdentified, LoaderInfo, Reset)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(UnneededReadoutUnprotect, self).__init__(context, bus)
        self._part = Part(context)
        self._protection = Protection(self._part)
        self._has_gap = False  # what the host did before is not all known
        self._seen = Occurrences()
        self._severity = Severity.NOTE
        self._sentence = ''

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge an accepted Readout Unprotect by what was accepted before."""
        if isinstance(record, BootStatus):
            if begins_unprotect(record) and self._protection.level != REFUSED:
                return (self._accepted(record),)
        elif isinstance(record, BootCommand):
            self._protection.judge(record)
        elif isinstance(record, LoaderInfo):
            self._protection.tell(record)
        elif isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif isinstance(record, CaptureGap):
            self._protection.forget()
            self._has_gap = True
        elif record.cause == POWER:
            self._protection.forget()
        return ()

    def _accepted(self, status: 'BootStatus') -> 'Union[Finding, Withdrawn]':
        if self._has_gap and self._protection.level != OPEN:
            by = 'samples are missing in which the level may have shown'
            return self.withdrawn(status.command_start, status.end, by)
        return self._tell(status)

    def _tell(self, status: 'BootStatus') -> 'Finding':
        is_open = self._protection.level == OPEN
        severity = Severity.ERROR if is_open else Severity.WARNING
        sentence, evidence = self._shown(status) if is_open else self._not_shown(status)
        if severity > self._severity:
            self._severity, self._sentence = severity, sentence
        self._seen.merge(1, status.command_start, status.end, list(evidence))
        return self.finding(
            self._seen.start,
            self._seen.end,
            self._seen.told(self._sentence),
            self._seen.examples,
            ADVICE_NOT_NEEDED if self._severity == Severity.ERROR else ADVICE_UNKNOWN,
            count=self._seen.count,
            severity=self._severity,
        )

    def _shown(self, status: 'BootStatus') -> 'Tuple[str, Tuple[Evidence, ...]]':
        access = self._protection.access
        assert access is not None
        what = command_text(access.opcode) + target_text(access)
        sentence = (
            '{} was sent to a part that was not read protected: {} had been acknowledged {} before'
        ).format(command_text(status.opcode), what, self.time(status.command_start - access.end))
        proof = '{} acknowledged: protection level 0, a protected part refuses it ({})'.format(
            what, protocol_source(status.target)
        )
        return sentence, (Evidence(access.start, access.end, proof), _acceptance(status))

    @staticmethod
    def _not_shown(status: 'BootStatus') -> 'Tuple[str, Tuple[Evidence, ...]]':
        sentence = (
            '{} was sent although this capture does not show whether the part was read protected:'
            ' no access to its flash came before'
        ).format(command_text(status.opcode))
        return sentence, (_acceptance(status),)


def _acceptance(status: 'BootStatus') -> 'Evidence':
    text = '{} acknowledged: it erases the flash and rewrites the option bytes ({})'.format(
        command_text(status.opcode), protocol_source(status.target)
    )
    return Evidence(status.command_start, status.end, text)


RULE = UnneededReadoutUnprotect
