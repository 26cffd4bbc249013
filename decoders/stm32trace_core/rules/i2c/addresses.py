"""What each address of one I2C bus answered.

A host that looks for devices, or waits until an EEPROM has finished writing, is answered NACK by
design. What an unanswered address means depends on the other attempts on it, on its neighbours, and
on what the part was doing.
"""

from ...bootloader.records import BootCommand
from ...record import NamedTuple
from ...wire.i2c import ADDRESS_NACK, I2cTransfer
from ..occurrences import Occurrences
from .excuses import Excuses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Set, Tuple, Union  # novm

    from ...context import Context
    from ...flash.records import Window
    from ...lines import LevelChange

# More addresses without an answer than this are a scan for devices. Source: i2cdetect of i2c-tools
# tries 112 addresses, a host that looks for its own devices a handful.
SCAN_ADDRESSES = 8
# An address tried more often than its neighbours, by this factor, is not just a step of the scan.
SCAN_FACTOR = 2

EXPECTED = (
    'no acknowledge of the address; expected SDA low at the ninth clock pulse (UM10204 3.1.6)'
)


class Span(NamedTuple('Span', [('start', int), ('end', int)])):
    """A piece of the capture."""

    __slots__ = ()


class Attempts(object):
    """All transfers to one address.

    answers, last_answer: those acknowledged. unanswered: those that were not. since: of these, the
    ones after the last answer (all, if there was none) for which nothing excuses the target;
    excuse: what excused the latest of the others, '' if there were none.
    """

    def __init__(self, address: 'int', ten_bit: 'bool') -> 'None':
        self.address = address
        self.ten_bit = ten_bit
        self.answers = 0
        self.last_answer = None  # type: Optional[Span]
        self.unanswered = Occurrences()
        self.since = Occurrences()
        self.excuse = ''

    @property
    def name(self) -> 'str':
        """The address as text: '0x51'. Of a refused one in ten bits only a part was sent."""
        return '0x{:02X}'.format(self.address) if self.address >= 0 else 'A 10-bit address'

    def is_answered_after(self, sample: 'int') -> 'bool':
        """Tell whether the address was acknowledged after `sample`."""
        return self.last_answer is not None and self.last_answer.start > sample

    def answer(self, transfer: 'I2cTransfer') -> 'None':
        """Note that the address was acknowledged."""
        self.answers += 1
        self.last_answer = Span(transfer.start, transfer.end)
        self.since = Occurrences()
        self.excuse = ''

    def miss(self, transfer: 'I2cTransfer', excuse: 'str') -> 'None':
        """Note that nobody acknowledged, and why that may be ('' for no reason)."""
        self.unanswered.add(transfer.start, transfer.end, EXPECTED)
        if excuse:
            self.excuse = excuse
        else:
            self.since.add(transfer.start, transfer.end, EXPECTED)


class AddressBook(object):
    """The attempts on all addresses of one bus, fed with the records of CONSUMES."""

    CONSUMES = (I2cTransfer,) + Excuses.CONSUMES

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self._excuses = Excuses(context)
        self._attempts = {}  # type: Dict[Tuple[int, bool], Attempts]
        self.loaders = set()  # type: Set[int]  # addresses at which a bootloader took commands

    def feed(
        self, record: 'Union[I2cTransfer, LevelChange, Window, BootCommand]'
    ) -> 'Optional[Attempts]':
        """Take note of a record; return the attempts on the address of an unanswered transfer."""
        if not isinstance(record, I2cTransfer):
            self._excuses.feed(record)
            if isinstance(record, BootCommand):
                self.loaders.add(record.target)
            return None
        if record.outcome == ADDRESS_NACK:
            attempts = self._of(record)
            last = attempts.last_answer
            attempts.miss(record, self._excuses.at(record.start, last.end if last else -1))
            return attempts
        if record.answered and record.address >= 0:
            self._of(record).answer(record)
        return None

    def is_loader(self, attempts: 'Attempts') -> 'bool':
        """Tell whether a bootloader was seen at the address, or the user says that there is one."""
        return not attempts.ten_bit and (
            attempts.address in self.loaders or attempts.address == self._context.address
        )

    def find(self, address: 'int') -> 'Optional[Attempts]':
        """Return the attempts on a 7-bit address, None if there were none."""
        return self._attempts.get((address, False))

    def all(self) -> 'List[Attempts]':
        """Return everything, by address."""
        return [self._attempts[key] for key in sorted(self._attempts)]

    def answering(self) -> 'List[Attempts]':
        """Return the addresses that answered at least once."""
        return [attempts for attempts in self.all() if attempts.answers]

    def silent(self) -> 'List[Attempts]':
        """Return the addresses that never answered."""
        return [attempts for attempts in self.all() if not attempts.answers]

    def scanned(self) -> 'List[Attempts]':
        """Return the silent addresses that are mere steps of a scan; none if there was no scan."""
        silent = self.silent()
        if len(silent) <= self._context.limit('I2C_SCAN_ADDRESSES', SCAN_ADDRESSES):
            return []
        usual = sorted(attempts.unanswered.count for attempts in silent)[len(silent) // 2]
        return [
            attempts
            for attempts in silent
            if attempts.unanswered.count <= SCAN_FACTOR * usual and not self.is_loader(attempts)
        ]

    def _of(self, transfer: 'I2cTransfer') -> 'Attempts':
        key = (transfer.address, transfer.ten_bit)
        if key not in self._attempts:
            self._attempts[key] = Attempts(*key)
        return self._attempts[key]
