"""BLS009 verify-mismatch: flash is read back otherwise than it was written.

What
Write Memory to main flash was acknowledged, and a later Read Memory of the same addresses gives
other bytes.

Why it matters
The image in the part is damaged, though every write was acknowledged. A host that does not compare
does not notice.

What to do
Look at the addresses in the finding. Bytes that read 0xFF were not stored: see whether blocks
begin at a multiple of the programming unit (BLP008). A mixture of old and new was not erased
(BLS007). Single bits that differ at changing places point to worn flash or to the supply.

False alarms and guards
Only main flash counts, RAM and registers change by themselves. Bytes that were written or erased
again in between are compared with what came last. After Go, a gap, or a write that was not
acknowledged, what the flash holds is not known.

Example
  host    31 CE / 08 00 00 04 0C / 07 11 22 33 44 ...    loader  79 / 79 / 79
  host    11 EE / 08 00 00 04 0C / 07 F8                 loader  79 / 79 / 79 FF FF FF FF ...
Told as: "8 bytes of flash differ when read back: from 0x08000004 on 11 22 33 44 55 66 77 88 was
written and FF FF FF FF FF FF FF FF is read".

Source
AN3155 and AN4221, Write Memory and Read Memory commands.
Acknowledged and never stored, STM32G0B0 and STM32G0B1 [G0AL],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g0b0-and-stm32g0b1-i2c-bootloader-issue-19741
A read-back that differs [L61], https://github.com/florisla/stm32loader/issues/61
"""

from ...bootloader.records import DeviceIdentified
from ...flash.contents import FlashCheck
from ..naming import address_text, bytes_text, number_text
from ..occurrences import Occurrences
from ..part import Part
from ..rule import HOST, TARGET, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable  # novm

    from ...context import Context
    from ..rule import Finding

BLANK = 0xFF
ADVICE = (
    'Erase and write these addresses again, and read them back.',
    'Bytes that read 0xFF were not stored: begin every block at a multiple of the programming unit'
    ' of the part (BLP008).',
    'A mixture of old and new was not erased before (BLS007); single bits point to the supply or to'
    ' worn flash.',
)


class VerifyMismatch(Rule):
    """Collects what is read otherwise than it was written."""

    info = RuleInfo(
        'BLS009',
        'verify-mismatch',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('bootloader',),
        False,
        'flash is read back otherwise than it was written',
        'AN3155, AN4221: Write Memory and Read Memory commands',
    )
    consumes = (DeviceIdentified, FlashCheck)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(VerifyMismatch, self).__init__(context, bus)
        self._part = Part(context)
        self._seen = Occurrences()
        self._bytes = 0
        self._first = ''
        self._is_misaligned = False

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a read, or learn which part it is."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
            return ()
        if not record.different:
            return ()
        self._bytes += record.different
        text = 'from {} on {} was written and {} is read'.format(
            address_text(record.at), bytes_text(record.written), bytes_text(record.read)
        )
        if not self._first:
            self._first = text
            self._is_misaligned = self._is_lost(record)
        self._seen.add(
            record.start, record.end, '{}; {}'.format(number_text(record.different, 'byte'), text)
        )
        return (self._tell(),)

    def _is_lost(self, check: 'FlashCheck') -> 'bool':
        """Tell whether bytes were not stored at an address that is no multiple of the unit."""
        family = self._part.family
        unit = 1 if family is None else family.flash.program_unit
        return bool(check.at % unit) and not check.read.strip(bytes((BLANK,)))

    def _tell(self) -> 'Finding':
        sentence = '{} of flash {} when read back: {}'.format(
            number_text(self._bytes, 'byte'),
            'differs' if self._bytes == 1 else 'differ',
            self._first,
        )
        return self.finding(
            self._seen.start,
            self._seen.end,
            sentence,
            self._seen.examples,
            ADVICE,
            count=self._seen.count,
            suspect=HOST if self._is_misaligned else None,
        )


RULE = VerifyMismatch
