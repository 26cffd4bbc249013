"""Option registers: what is in force, what was written, and when the one becomes the other."""

from ..devices.family import DIRECT
from .options import NOT_KNOWN, are_same, changes, protection, read_out
from .records import OptionChange, OptionState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Tuple  # novm

    from ..adi.records import MemoryAccess
    from ..devices import Device, Family
    from ..register import Register
    from .options import Change

REGISTER_PREFIX = 'FLASH.'
BYTE = 0xFF  # the upper half of an option half-word is the complement


class OptionSession(object):
    """Follows the options of one part. rivals: other families that it may be of: told is what all agree on."""

    def __init__(
        self,
        bus: 'str',
        family: 'Family',
        device: 'Optional[Device]',
        rivals: 'Tuple[Family, ...]' = (),
    ) -> 'None':
        self._device = device
        self._bus = bus
        self._family = family
        self._rivals = rivals
        self._loaded = {}  # type: Dict[str, int]  # in force, as read
        self._told = {}  # type: Dict[str, int]  # as in the last OptionState
        self._written = {}  # type: Dict[str, Tuple[int, int]]  # sample and value, not in force yet
        self._bytes = {}  # type: Dict[int, int]  # F1: option bytes as asked for

    def identify(self, device: 'Device') -> 'None':
        """The part told which line of the family it is."""
        self._device = device
        self._rivals = ()

    def read(self, register: 'str', access: 'MemoryAccess') -> 'List[OptionState]':
        """Return the state that a read tells, if it is news; what was only written is not in force."""
        if register not in self._family.options.registers:
            return []
        value = access.value
        if register in self._written and self._same(register, self._written[register][1], value):
            return []
        told = self._told.get(register, NOT_KNOWN)
        self._loaded[register] = self._told[register] = value
        if told != NOT_KNOWN and self._same(register, told, value):
            return []
        return [self._state(register, access)]

    def _state(self, register: 'str', access: 'MemoryAccess') -> 'OptionState':
        """Return what a value says, as far as the tables that may count agree."""
        said = [self._said(family, register, access.value) for family in self._families()]
        rdp, level, numbers, sectors = said[0]
        if any(other[:2] != said[0][:2] for other in said):
            rdp = level = NOT_KNOWN
        if any(other[2:] != said[0][2:] for other in said):
            numbers, sectors = (), 0
        return OptionState(
            access.start, access.end, self._bus, REGISTER_PREFIX + register, access.value, rdp, level,
            numbers, sectors,
        )  # fmt: skip

    def _said(
        self, family: 'Family', register: 'str', value: 'int'
    ) -> 'Tuple[int, int, Tuple[int, ...], int]':
        """Return RDP byte, level, protected sectors and their number as the table of one family has them."""
        table = self._table(register, family)
        if table is None:
            return NOT_KNOWN, NOT_KNOWN, (), 0
        if not value and register == family.options.rdp_register:
            return read_out(family, table, value)[0], NOT_KNOWN, (), 0  # as a refused read gives
        shown = protection(family, self._device, table, value)
        return read_out(family, table, value) + (shown.numbers, shown.sectors)

    def _families(self) -> 'Tuple[Family, ...]':
        return (self._family,) + self._rivals

    def _same(self, register: 'str', one: 'int', other: 'int') -> 'bool':
        """Tell whether two values hold the same options."""
        table = self._table(register)
        assert table is not None, 'one of the option registers'
        return are_same(self._family, self._device, table, one, other)

    def _table(self, register: 'str', family: 'Optional[Family]' = None) -> 'Optional[Register]':
        for one in (family or self._family).registers(self._device):
            if one.name == register:
                return one
        return None

    def write(self, register: 'str', access: 'MemoryAccess') -> 'None':
        """Note a value that is asked for, and takes effect later if at all."""
        if register not in self._family.options.registers:
            return
        loaded = self._loaded.get(register, NOT_KNOWN)
        if loaded != NOT_KNOWN and self._same(register, loaded, access.value):
            self._written.pop(register, None)  # as it is
            return
        first = self._written[register][0] if register in self._written else access.start
        self._written[register] = (first, access.value)

    def start(self, access: 'MemoryAccess') -> 'List[OptionChange]':
        """What was written is programmed: return what changes by it."""
        made = []  # type: List[OptionChange]
        for register in sorted(self._written):
            start, new = self._written[register]
            made.extend(
                OptionChange(start, access.end, self._bus, *change)
                for change in self._changes(register, self._loaded.get(register, NOT_KNOWN), new)
            )
        self._told = {}
        return made

    def _changes(self, register: 'str', old: 'int', new: 'int') -> 'List[Change]':
        """Return the options that change, as far as the tables that may count agree."""
        told = []  # type: List[List[Change]]
        for family in self._families():
            table = self._table(register, family)
            said = () if table is None else changes(family, self._device, table, old, new)
            told.append(list(said))
        return [change for change in told[0] if all(change in other for other in told)]

    def half_word(self, access: 'MemoryAccess') -> 'List[OptionChange]':
        """F1: an option byte and its complement are written."""
        names = self._family.options.half_words
        if access.address not in names:
            return []
        new = access.value & BYTE
        old = self._bytes.get(access.address, NOT_KNOWN)
        self._bytes[access.address] = new
        before = '' if old == NOT_KNOWN else '0x{:02X}'.format(old)
        return [
            OptionChange(
                access.start, access.end, self._bus, names[access.address], before,
                '0x{:02X}'.format(new),
            )
        ]  # fmt: skip

    def erased(self) -> 'None':
        """F1: all option bytes are erased."""
        self._bytes = {}
        self._told = {}

    def done(self, success: 'bool') -> 'None':
        """Programming has ended; where no load is needed, what was written is in force now."""
        if success and self._family.options.model == DIRECT:
            self._loaded.update({name: value for name, (_, value) in self._written.items()})
            self._written = {}

    def reset(self, power: 'bool') -> 'None':
        """The part was reset: registers are read anew, what was not programmed is lost."""
        self._told = {}
        if power or not self._family.options.obl_launch_exists:
            self._loaded = {}
        self._written = {}

    def forget(self) -> 'None':
        """Samples are missing."""
        self._told, self._loaded, self._written, self._bytes = {}, {}, {}, {}
