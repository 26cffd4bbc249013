"""BLP008 misaligned-write: a write to flash does not fit the unit in which the part programs.

What
Write Memory was sent for an address in main flash, or for a number of bytes, that is no multiple of
what the part programs at once: 8 bytes on STM32G0, 2 on STM32F1, a word of 4 where the width can be
chosen.

Why it matters
The loader may refuse it, or acknowledge it and store nothing, or not all of it: STM32G0B0/G0B1 were
seen to acknowledge blocks at addresses = 4 modulo 8 and to drop them. The image has a hole then
that only a read-back shows.

What to do
Begin every block at a multiple of the unit and fill up the last one with 0xFF. Blocks of 256 bytes
fit every family.

False alarms and guards
RAM has no such limit: only main flash counts, where the table of the part has it. Without Get ID,
or the family from the user, the rule is not evaluated. A block of which the length alone does not
fit may be filled up by the loader: that is a warning. If all such blocks are read back as they were
written, this becomes a note. A frame with a wrong checksum is BLP007.

Example
  host    31 CE / 08 00 00 04 0C / 07 ...      8 bytes to 0x08000004, on an STM32G0B1
  loader  79    / 79             / 79
Told as: "Write Memory (0x31) of 8 bytes to 0x08000004: the address is no multiple of the 8 bytes
that STM32G0Bx/G0Cx programs at once; the loader's answer: ACK (0x79)".

Source
RM0444 3.3.7, flash main memory programming: 64 bits at once. AN3155, AN4221: Write Memory command.
Acknowledged and never stored, STM32G0B0 and STM32G0B1 [G0AL],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g0b0-and-stm32g0b1-i2c-bootloader-issue-19741
"""

from ...bootloader.commands import NS_WRITE_MEMORY, WRITE_MEMORY
from ...bootloader.records import DATA, OK, REFUSED, BootCommand, DeviceIdentified
from ...flash.contents import FlashCheck
from ..frames import step_named
from ..naming import address_text, answer_text, command_text, number_text
from ..occurrences import Occurrences
from ..part import Part
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

WRITES = (WRITE_MEMORY, NS_WRITE_MEMORY)
# What the loader writes at once where the width can be chosen. Source: AN3155, Write Memory command.
WORD = 4
MOST_OPEN = 64  # ranges of which it is followed whether they are read back

ADDRESS_KEY, LENGTH_KEY = '', 'length'


class MisalignedWrite(TargetRule):
    """Holds addresses and lengths of writes to the programming unit of the part."""

    info = RuleInfo(
        'BLP008',
        'misaligned-write',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'a write to flash does not fit the unit in which the part programs',
        'RM0444 3.3.7; AN3155, AN4221: Write Memory',
    )
    consumes = (BootCommand, DeviceIdentified, FlashCheck)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(MisalignedWrite, self).__init__(context, bus)
        self._part = Part(context)
        self._seen = {}  # type: Dict[str, Occurrences]
        self._first = {}  # type: Dict[str, str]
        # Ranges that were not read back so far.
        self._open = {}  # type: Dict[str, List[Tuple[int, int]]]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a write, learn which part it is, or see what became of a write."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif isinstance(record, FlashCheck):
            return self._checked(record)
        elif record.opcode in WRITES and record.outcome in (OK, REFUSED):
            return self._judge(record)
        return ()

    def missing(self) -> 'Tuple[str, ...]':
        """Without the part's table no unit is known."""
        known = any(
            isinstance(copy, MisalignedWrite) and copy.knows_unit for copy in self.copies.values()
        )
        return () if known else ('Get ID answer',)

    @property
    def knows_unit(self) -> 'bool':
        """The part, or the user, told of which family it is."""
        return self._part.family is not None

    def _judge(self, command: 'BootCommand') -> 'List[Finding]':
        step, address, length = step_named(command, DATA), command.address, command.length
        family = self._part.family
        if step is None or family is None or address is None or not length:
            return []
        if not self._part.has_in_flash(address):
            return []
        unit = family.flash.program_unit if family.flash.program_unit > 1 else WORD
        if not address % unit and not length % unit:
            return []
        key = ADDRESS_KEY if address % unit else LENGTH_KEY
        sentence = (
            '{} of {} to {}: the {} is no multiple of the {} bytes that {} programs at once;'
            " the loader's answer: {}"
        ).format(
            command_text(command.opcode),
            number_text(length, 'byte'),
            address_text(address),
            'address' if address % unit else 'length',
            unit,
            self._part.name,
            answer_text(step.status, step.value),
        )
        self._first.setdefault(key, sentence)
        seen = self._seen.setdefault(key, Occurrences())
        seen.add(step.start, step.end, '{} ({})'.format(sentence, family.flash.source))
        _join(self._open.setdefault(key, []), address, address + length)
        return [self._tell(key, unit)]

    def _tell(self, key: 'str', unit: 'int') -> 'Finding':
        advice = (
            'Begin every block at a multiple of {0} bytes and fill up the last one with 0xFF to a'
            ' multiple of {0}.'.format(unit),
            'Read the flash back: a block like this one may be acknowledged and not stored.',
        )
        by_length = key == LENGTH_KEY
        return self.counted(
            self._seen[key],
            self._first[key],
            advice,
            key=key,
            severity=Severity.WARNING if by_length else None,
            confidence=Confidence.MEDIUM if by_length else None,
        )

    def _checked(self, check: 'FlashCheck') -> 'Iterable[Finding]':
        """Take the bytes that were read back as written from what is open."""
        if check.different or not check.compared:
            return
        first, last = check.address, check.address + check.length
        for key in sorted(self._open):
            before = self._open[key]
            if not before or len(before) == MOST_OPEN:
                continue
            after = [rest for one in before for rest in _without(one, first, last)]
            self._open[key] = after
            if not after:
                seen = self._seen[key]
                stored = self._first[key] + '; it was read back as written'
                yield self.counted(seen, stored, (), key=key, severity=Severity.NOTE)


def _join(spans: 'List[Tuple[int, int]]', start: 'int', end: 'int') -> 'None':
    """Add `[start, end)` to `spans`, to the last one where it goes on with that."""
    if spans and spans[-1][1] == start:
        spans[-1] = (spans[-1][0], end)
    elif len(spans) < MOST_OPEN:
        spans.append((start, end))


def _without(span: 'Tuple[int, int]', first: 'int', last: 'int') -> 'List[Tuple[int, int]]':
    """Return what is left of `[start, end)` without `[first, last)`."""
    start, end = span
    rest = [(start, min(end, first)), (max(start, last), end)]
    return [one for one in rest if one[0] < one[1]]


RULE = MisalignedWrite
