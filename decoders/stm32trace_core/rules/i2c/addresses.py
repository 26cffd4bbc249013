"""What each address of one I2C bus answered.

A host that looks for devices, or waits until an EEPROM has finished writing, is answered NACK by
design. What an unanswered address means depends on the other attempts on it, on its neighbours, and
on what the part was doing.
"""

from ...bootloader.records import BootCommand
from ...lines import CaptureGap
from ...record import NamedTuple
from ...wire.i2c import ADDRESS_NACK, I2cTransfer
from ..occurrences import Occurrences
from .excuses import Excuses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Set, Tuple, Union  # novm

    from ...context import Context
    from .excuses import Excusing

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


class _Stretch(object):
    """Attempts in vain between two gaps of the capture."""

    def __init__(self) -> 'None':
        self.unanswered = Occurrences()
        self.since = Occurrences()
        self.excuse = ''


class Attempts(object):
    """All transfers to one address.

    answers, last_answer: those acknowledged. unanswered: those that were not. since: of these, the
    ones after the last answer (all, if there was none) for which nothing excuses the target;
    excuse: what excused the latest of the others, '' if there were none. Where samples are missing
    these three tell of one stretch without a gap, the one that shows most.
    """

    def __init__(self, address: 'int', ten_bit: 'bool') -> 'None':
        self.address = address
        self.ten_bit = ten_bit
        self.answers = 0
        self.last_answer = None  # type: Optional[Span]
        self._stretches = [_Stretch()]  # the best one before the last gap, and the present one

    @property
    def unanswered(self) -> 'Occurrences':
        return self._shown.unanswered

    @property
    def since(self) -> 'Occurrences':
        return self._shown.since

    @property
    def excuse(self) -> 'str':
        return self._shown.excuse

    @property
    def _shown(self) -> '_Stretch':
        return max(self._stretches, key=lambda one: (one.since.count, one.unanswered.count))

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
        for stretch in self._stretches:
            stretch.since = Occurrences()
            stretch.excuse = ''

    def miss(self, transfer: 'I2cTransfer', excuse: 'str') -> 'None':
        """Note that nobody acknowledged, and why that may be ('' for no reason)."""
        stretch = self._stretches[-1]
        stretch.unanswered.add(transfer.start, transfer.end, EXPECTED)
        if excuse:
            stretch.excuse = excuse
        else:
            stretch.since.add(transfer.start, transfer.end, EXPECTED)

    def part(self) -> 'None':
        """Begin a new stretch: samples are missing."""
        self._stretches = [self._shown, _Stretch()]


class AddressBook(object):
    """The attempts on all addresses of one bus, fed with the records of CONSUMES."""

    CONSUMES = (I2cTransfer,) + Excuses.CONSUMES

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self._excuses = Excuses(context)
        self._attempts = {}  # type: Dict[Tuple[int, bool], Attempts]
        self.loaders = set()  # type: Set[int]  # addresses at which a bootloader took commands
        self.gap = -1  # start of the last gap in the capture

    def feed(self, record: 'Union[I2cTransfer, Excusing]') -> 'Optional[Attempts]':
        """Take note of a record; return the attempts on the address of an unanswered transfer."""
        if not isinstance(record, I2cTransfer):
            self._excuses.feed(record)
            if isinstance(record, BootCommand):
                self.loaders.add(record.target)
            elif isinstance(record, CaptureGap):
                self.gap = record.start
                for attempts in self._attempts.values():
                    attempts.part()
            return None
        if record.outcome == ADDRESS_NACK:
            attempts = self._of(record)
            last = attempts.last_answer
            answered = last.end if last else -1
            is_loader = self.is_loader(attempts)
            attempts.miss(record, self._excuses.at(record.start, answered, is_loader))
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
