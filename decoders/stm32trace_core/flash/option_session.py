"""Option registers: what is in force, what was written, and when the one becomes the other."""

from ..devices.family import DIRECT
from .options import NOT_OPTIONS, changes, protection, read_out
from .records import OptionChange, OptionState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, List, Optional, Tuple  # novm

    from ..adi.records import MemoryAccess
    from ..devices import Device, Family
    from ..register import Register

NOT_KNOWN = -1
REGISTER_PREFIX = 'FLASH.'
BYTE = 0xFF  # the upper half of an option half-word is the complement


class OptionSession(object):
    """Follows the options of one part."""

    def __init__(self, bus: 'str', family: 'Family', device: 'Optional[Device]') -> 'None':
        self.device = device
        self._bus = bus
        self._family = family
        self._loaded = {}  # type: Dict[str, int]  # in force, as read
        self._told = {}  # type: Dict[str, int]  # as in the last OptionState
        self._written = {}  # type: Dict[str, Tuple[int, int]]  # sample and value, not in force yet
        self._bytes = {}  # type: Dict[int, int]  # F1: option bytes as asked for

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
        table = self._table(register)
        rdp, level = read_out(self._family, table, value)
        shown = protection(self._family, self.device, table, value)
        return [
            OptionState(
                access.start, access.end, self._bus, REGISTER_PREFIX + register, value, rdp, level,
                shown.numbers, shown.sectors,
            )
        ]  # fmt: skip

    def _same(self, register: 'str', one: 'int', other: 'int') -> 'bool':
        """Tell whether two values hold the same options."""
        differing = one ^ other
        for field in self._table(register).fields:
            if field.name in NOT_OPTIONS:
                differing &= ~((1 << field.width) - 1 << field.lsb)
        return not differing

    def _table(self, register: 'str') -> 'Register':
        for one in self._family.registers(self.device):
            if one.name == register:
                return one
        raise KeyError(register)

    def write(self, register: 'str', access: 'MemoryAccess') -> 'None':
        """Note a value that is asked for, and takes effect later if at all."""
        if register in self._family.options.registers:
            first = self._written[register][0] if register in self._written else access.start
            self._written[register] = (first, access.value)

    def start(self, access: 'MemoryAccess') -> 'List[OptionChange]':
        """What was written is programmed: return what changes by it."""
        made = []  # type: List[OptionChange]
        for register in sorted(self._written):
            start, new = self._written[register]
            old = self._loaded.get(register, NOT_KNOWN)
            table = self._table(register)
            made.extend(
                OptionChange(start, access.end, self._bus, name, before, after)
                for name, before, after in changes(self._family, self.device, table, old, new)
            )
        self._told = {}
        return made

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
