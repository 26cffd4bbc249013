"""BLS007 write-without-erase: flash is written that nothing shows to be blank.

What
Write Memory goes to main flash that held something else, as the capture shows by an earlier read or
write, and was not erased since. Or nothing in the capture tells that it was erased.

Why it matters
An erase sets all bits, a write only clears some. Where a 0 would have to become a 1, the part
refuses the write or stores a mixture of old and new, and the loader may acknowledge it all the
same.

What to do
Erase the pages first, and read the flash back.

False alarms and guards
The erase may lie before the capture, and a new part is blank: where nothing tells what the flash
held, this is a note, and where the write is then read back as it was written, nothing is told. It
is a warning where the capture shows that the flash held something else, and an error where the
bytes are then read back otherwise than they were written. Writing what is there already harms
nothing. After a gap, Go, or an erase of which the place is not known, any page may have been
erased.

Example
  host    11 EE / 08 00 00 00 08 / 03 FC     loader  79 / 79 / 79 00 20 00 20     not blank
  host    31 CE / 08 00 00 00 08 / 03 ...    loader  79 / 79 / 79                 no erase between
Told as: "4 bytes written to 0x08000000 over what was there (0x00) without an erase between".

Source
RM0444 3.3.7 and other reference manuals, flash main memory programming: erased locations only.
Programming errors after an erase that did nothing, STM32G0B1 [STL1473],
https://github.com/stlink-org/stlink/issues/1473
"""

from ...flash.contents import BLOCK, FlashCheck, FlashWrite
from ...lines import CaptureGap
from ...record import NamedTuple
from ..naming import address_text, number_text
from ..occurrences import Occurrences
from ..rule import HOST, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

MOST_OPEN = 8192  # writes of which it is followed whether they are read back: 2 MiB
OVER, UNKNOWN = '', 'unknown'  # keys

ADVICE = (
    'Erase the pages before they are written.',
    'Read the flash back: a loader may acknowledge what the flash did not take.',
)


class _Open(NamedTuple('_Open', [('write', FlashWrite), ('key', str)])):
    """A write that was not read back so far."""

    __slots__ = ()


class WriteWithoutErase(Rule):
    """Looks at what flash held before it is written, and what it holds afterwards."""

    info = RuleInfo(
        'BLS007',
        'write-without-erase',
        Severity.WARNING,
        Confidence.MEDIUM,
        HOST,
        ('bootloader',),
        False,
        'flash is written that nothing shows to be blank',
        'RM0444 3.3.7: flash main memory programming',
    )
    consumes = (CaptureGap, FlashCheck, FlashWrite)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(WriteWithoutErase, self).__init__(context, bus)
        self._open = {}  # type: Dict[int, List[_Open]]  # by the blocks that they touch
        self._kept = 0
        self._over = Occurrences()
        self._over_first = ''
        self._is_error = False

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a write, or hold a read to those before it."""
        if isinstance(record, FlashWrite):
            return self._written(record)
        if isinstance(record, FlashCheck):
            return self._read(record)
        self._open = {}
        return ()

    def finish(self, end: 'int') -> 'Iterator[Union[Finding, Withdrawn]]':
        """Tell of flash of which nothing tells that it was blank."""
        held = {one for block in self._open.values() for one in block if one.key == UNKNOWN}
        unknown = sorted(one.write for one in held)
        if not unknown:
            return
        seen = Occurrences()
        for write in unknown:
            text = '{} at {}; nothing before tells that this was blank (0xFF)'
            place = address_text(write.address)
            seen.add(write.start, write.end, text.format(number_text(write.unknown, 'byte'), place))
        sentence = (
            '{} written from {} on without an erase in this capture, and not read back: nothing shows'
            ' that the flash was blank'
        ).format(
            number_text(sum(write.unknown for write in unknown), 'byte'),
            address_text(unknown[0].address),
        )
        yield self.finding(
            seen.start,
            seen.end,
            sentence,
            seen.examples,
            ADVICE,
            key=UNKNOWN,
            count=seen.count,
            severity=Severity.NOTE,
        )

    def _written(self, write: 'FlashWrite') -> 'List[Finding]':
        if write.overwritten:
            self._keep(_Open(write, OVER))
            place = address_text(write.address)
            text = '{} written to {} over what was there (0x{:02X}) without an erase between'
            sentence = text.format(number_text(write.length, 'byte'), place, write.held)
            self._over_first = self._over_first or sentence
            self._over.add(write.start, write.end, sentence + ' (RM0444 3.3.7)')
            return [self._tell()]
        if write.unknown:
            self._keep(_Open(write, UNKNOWN))
        return []

    def _keep(self, one: '_Open') -> 'None':
        if self._kept < MOST_OPEN:
            self._kept += 1
            for block in _blocks(one.write):
                self._open.setdefault(block, []).append(one)

    def _tell(self) -> 'Finding':
        return self.counted(
            self._over,
            self._over_first + ('; it is read back otherwise' if self._is_error else ''),
            ADVICE,
            key=OVER,
            severity=Severity.ERROR if self._is_error else None,
            confidence=Confidence.HIGH if self._is_error else None,
        )

    def _read(self, check: 'FlashCheck') -> 'Iterator[Union[Finding, Withdrawn]]':
        """See what became of the writes that a read covers."""
        near = {one for block in _blocks(check) for one in self._open.get(block, ())}
        for one in sorted(near):
            if not _meets(one.write, check):
                continue
            for block in _blocks(one.write):
                self._open[block].remove(one)
            spoilt = check.different and _holds(one.write, check.at)
            if one.key == OVER and spoilt:
                self._is_error = True
                yield self._tell()
            elif one.key == UNKNOWN and spoilt:
                place = address_text(one.write.address)
                text = '{} written to {} without an erase in this capture'
                sentence = text.format(number_text(one.write.length, 'byte'), place)
                self._over_first = self._over_first or sentence
                self._over.add(one.write.start, one.write.end, sentence)
                self._is_error = True
                yield self._tell()
            elif one.key == UNKNOWN:
                by = 'it was read back as written'
                yield self.withdrawn(one.write.start, check.end, by)


def _blocks(span: 'Union[FlashWrite, FlashCheck]') -> 'Iterable[int]':
    """Return the numbers of the blocks that a write or a read touches."""
    return range(span.address // BLOCK, (span.address + span.length - 1) // BLOCK + 1)


def _meets(write: 'FlashWrite', check: 'FlashCheck') -> 'bool':
    return (
        write.address < check.address + check.length
        and check.address < write.address + write.length
    )


def _holds(write: 'FlashWrite', address: 'int') -> 'bool':
    return write.address <= address < write.address + write.length


RULE = WriteWithoutErase
