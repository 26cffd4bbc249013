"""What is done to flash and option bytes over a debug port, by the registers of the flash controller.

    consumes  MemoryAccess and RegisterAccess (DPIDR) of one bus; LevelChange, CaptureGap
    produces  PeripheralAccess for each register that has a name; DeviceIdentified, PartFamily;
              FlashOperation, OptionChange, Window, OptionState, AreaRefused, BlindAccess; Reset (OBL_LAUNCH)

The table of the family (devices/) says which bit does what. Until the family is known, accesses that depend on it
are held, and followed once it is; identity.py says how it is found. An operation that a program in SRAM does is
not seen here but by cortex/loader.py.
"""

from collections import deque

from ..adi.records import DP, FAULT, LOST, OK, UNKNOWN, MemoryAccess, RegisterAccess
from ..adi.registers import DPIDR
from ..bootloader.records import DeviceIdentified
from ..cortex.registers import CORE, DHCSR_ADDRESS, ROM_TABLES, asks_for_reset, control
from ..devices import families
from ..interest import interest
from ..lines import OBL_LAUNCH, CaptureGap, LevelChange, Reset
from ..machine import OPERATION, Machine
from .identity import BLOCK, CONTROLLERS, PAGE, Identity, is_controller
from .layout import FLASH_BASE, FLASH_MOST
from .options import NOT_KNOWN
from .orders import RESTART_S
from .records import (
    CLOSED,
    DONE,
    OPEN,
    OPTION_LOAD,
    RESTART_EXPECTED,
    AreaRefused,
    BlindAccess,
    FlashOperation,
    OptionChange,
    OptionState,
    PartFamily,
    PeripheralAccess,
    Window,
)
from .unit import FlashUnit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (  # novm
        Any,
        Callable,
        Deque,
        Dict,
        Iterable,
        List,
        Optional,
        Set,
        Tuple,
        Union,
    )

    from ..context import Context
    from ..devices import Device, Family
    from ..interest import Interest

# Accesses that are held until the family is known. Tools read the ID before they use the flash; a
# capture that begins later shows within a few accesses whose registers these are.
HELD = 256

NRST_ROLE, VDD_ROLE = 'nrst', 'vdd'

# Of every family: that main flash begins at the same address is checked by tests/core.
FLASH_END = FLASH_BASE + FLASH_MOST

CORE_NAMES = {
    base + register.offset: name + '.' + register.name
    for name, base, registers in CORE
    for register in registers
}
IDCODE_NAMES = {family.dbgmcu_idcode: 'DBGMCU.IDCODE' for family in families()}
HELD_ADDRESSES = frozenset(
    part.base + register.offset
    for family in families()
    for part in family.peripherals
    for register in part.registers
) - frozenset(IDCODE_NAMES)
OPTION_RANGES = tuple(area for family in families() for area in family.options.memory_ranges)

# All that the handlers below look at, whatever the family.
FOLLOWED_RANGES = (
    ((UNKNOWN, UNKNOWN), (FLASH_BASE, FLASH_END - 1))
    + OPTION_RANGES
    + tuple((base, base + BLOCK - 1) for base in CONTROLLERS)
    + tuple((base, base + PAGE - 1) for base in ROM_TABLES)
    + tuple((place, place) for place in HELD_ADDRESSES.union(CORE_NAMES, IDCODE_NAMES))
)
FOLLOWED = (interest(MemoryAccess, ranges=FOLLOWED_RANGES),)
FOLLOWED_WITH_IDENTITY = FOLLOWED + (interest(RegisterAccess, False, names=(DPIDR.name,)),)


class FlashController(Machine):
    """Follows the flash controller of the part on one bus."""

    protocols = ('swd',)
    consumes = (MemoryAccess, RegisterAccess, LevelChange, CaptureGap)
    produces = (
        PeripheralAccess, DeviceIdentified, PartFamily, FlashOperation, OptionChange, Window,
        OptionState, AreaRefused, BlindAccess, Reset,
    )  # fmt: skip
    phase = OPERATION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(FlashController, self).__init__(context, bus)
        self._identity = Identity(context.family)
        self._held = deque(maxlen=HELD)  # type: Deque[MemoryAccess]
        self._names = {}  # type: Dict[int, str]  # registers of this family
        self._flash = {}  # type: Dict[int, Tuple[FlashUnit, str]]  # address -> unit, register
        self._units = []  # type: List[FlashUnit]
        self._plain = {}  # type: Dict[int, int]  # registers other than FLASH, as last seen
        self._blind = set()  # type: Set[bool]  # directions of accesses to nobody knows where
        self._refused = False  # reads of main flash, the last time
        self._lost = None  # type: Optional[MemoryAccess]  # a read of main flash without a value
        if self._identity.family is not None:
            self._build()

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """What it follows; the identity of the debug port only until the family is decided."""
        return FOLLOWED_WITH_IDENTITY if self._identity.is_open else FOLLOWED

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Return what an access or a slow line decides."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Any]':
        """Decide by what there is, and tell what is still at work."""
        made = self._settle(last_chance=True)
        for unit in self._units:
            made += unit.stop(end)
        return made

    # Accesses.

    def _access(self, access: 'MemoryAccess') -> 'Iterable[Any]':
        address = access.address
        if FLASH_BASE <= address < FLASH_END:
            return self._main_flash(access)
        if self._lost is not None and access.outcome == FAULT:
            return self._faulted(access)
        if address in self._flash:
            return self._register(access)
        if address in CORE_NAMES or address in IDCODE_NAMES:
            return self._core(access)
        if address in self._names:
            return [self._named(self._names[address], access)]
        if address == UNKNOWN:
            return self._to_nowhere(access)
        if self._identity.is_open:
            return self._hold(access)
        if self._is_option(access):
            return self._memory(access)
        if not access.write and access.outcome == OK:
            return self._listen(access)
        return ()

    def _to_nowhere(self, access: 'MemoryAccess') -> 'List[Any]':
        """TAR is not known: this may have been an access to any register."""
        if access.outcome == FAULT or access.write in self._blind:
            return []
        self._blind.add(access.write)
        for unit in self._units:
            unit.go_blind(access.write)
        return [BlindAccess(access.start, access.end, self.bus, access.write)]

    def _core(self, access: 'MemoryAccess') -> 'List[Any]':
        """Registers of the core, and the ID: at the same place whatever the family."""
        address = access.address
        name = CORE_NAMES.get(address) or IDCODE_NAMES[address]
        made = [self._named(name, access)]  # type: List[Any]
        if access.outcome != OK:
            return made
        if not access.write:
            return made + self._listen(access)
        if asks_for_reset(address, access.value):
            made += self._reset(access.end, '; SYSRESETREQ was written')
        elif address == DHCSR_ADDRESS:
            bits = control(access.value)
            if bits is not None and not bits[1]:
                for unit in self._units:
                    unit.core_runs()
        return made

    def _named(self, name: 'str', access: 'MemoryAccess') -> 'PeripheralAccess':
        before = self._plain.get(access.address, NOT_KNOWN)
        if access.outcome == OK:
            self._plain[access.address] = access.value
        return self._peripheral(name, access, before)

    def _peripheral(self, name: 'str', access: 'MemoryAccess', before: 'int') -> 'PeripheralAccess':
        return PeripheralAccess(
            access.start, access.end, self.bus, name, access.address, access.write, access.value,
            before, access.outcome,
        )  # fmt: skip

    def _register(self, access: 'MemoryAccess') -> 'List[Any]':
        self._blind.clear()
        unit, register = self._flash[access.address]
        made = [self._peripheral('FLASH.' + register, access, unit.before(register))]  # type: List[Any]
        if access.outcome != OK:
            return made
        if access.write and register == unit.control_register and unit.launches(access):
            made += unit.access(register, access)
            return made + self._launch(access)
        return made + unit.access(register, access)

    def _launch(self, access: 'MemoryAccess') -> 'List[Any]':
        """OBL_LAUNCH: the part loads its options and resets itself."""
        start, end = access.start, access.end
        text = 'OBL_LAUNCH was written'
        made = self._reset(end, '; ' + text, loads=True)
        made.append(FlashOperation(end, end, self.bus, OPTION_LOAD, -1, None, None, (), b'', DONE))
        made.append(Reset(start, end, self.bus, OBL_LAUNCH, True))
        window = Window(end, end, self.bus, RESTART_EXPECTED, OPEN, -1, text)
        made.append(window)
        length = self.context.samples(self.context.limit('RESTART_S', RESTART_S))
        if length is not None:
            until = end + length
            if self.context.stop is not None:
                until = max(end, min(until, self.context.stop))
            made.append(window._replace(end=until, state=CLOSED))
        return made

    # Memory.

    def _main_flash(self, access: 'MemoryAccess') -> 'Iterable[Any]':
        if access.write:
            if access.outcome != OK:
                return ()
            if self._identity.is_open:
                return self._hold(access)
            return self._memory(access)
        if access.outcome == OK:
            self._refused = False
        elif access.outcome == LOST:
            self._lost = access
        elif access.outcome == FAULT:
            return self._faulted(access)
        return ()

    def _faulted(self, access: 'Union[MemoryAccess, RegisterAccess]') -> 'List[Any]':
        """A packet was answered FAULT: the value that it should have brought is refused."""
        lost, self._lost = self._lost, None
        if lost is None or lost.end != access.end or self._refused:
            return []
        self._refused = True
        return [AreaRefused(lost.start, lost.end, self.bus, lost.address, 1)]

    def _is_option(self, access: 'MemoryAccess') -> 'bool':
        return access.write and any(
            first <= access.address <= last for first, last in OPTION_RANGES
        )

    def _memory(self, access: 'MemoryAccess') -> 'List[Any]':
        made = []  # type: List[Any]
        if access.outcome == OK:
            for unit in self._units:
                made += unit.memory(access)
        return made

    # Which part it is.

    def _hold(self, access: 'MemoryAccess') -> 'List[Any]':
        """Keep what only the family's table can explain."""
        address = access.address
        if is_controller(address):
            if access.outcome == OK:
                self._identity.use(access)
        elif not (
            FLASH_BASE <= address < FLASH_END
            or address in HELD_ADDRESSES
            or self._is_option(access)
        ):
            return self._listen(access) if not access.write and access.outcome == OK else []
        self._held.append(access)
        return self._settle(last_chance=len(self._held) == HELD)

    def _listen(self, access: 'MemoryAccess') -> 'List[Any]':
        told = self._identity.listen(access)
        if told is None:
            return []
        dev_id, source = told
        made = []  # type: List[Any]
        if dev_id != self._identity.dev_id:
            made.append(DeviceIdentified(access.start, access.end, self.bus, dev_id, source))
        if self._identity.decide(dev_id, source):
            made += self._decided(access.start, access.end)
        return made

    def _settle(self, last_chance: 'bool') -> 'List[Any]':
        """Decide without an ID, once the flash controller is used."""
        used = [access for access in self._held if is_controller(access.address)]
        if not used or not self._identity.settle(last_chance):
            return []
        return self._decided(used[-1].start, used[-1].end)

    def _decided(self, start: 'int', end: 'int') -> 'List[Any]':
        """Take the table of the family, and follow what was held with it."""
        identity = self._identity
        key = '' if identity.family is None else identity.family.key
        others = tuple(family.key for family in identity.rivals)
        made = [PartFamily(start, end, self.bus, key, identity.evidence, identity.sure, others)]  # type: List[Any]
        self._build()
        held, self._held = self._held, deque(maxlen=HELD)
        if identity.family is not None:
            for access in held:
                made.extend(self._access(access))
        return made

    def _build(self) -> 'None':
        """Set up the registers of the family; if it is the same as before, only the line is new."""
        family, device = self._identity.family, self._identity.device
        if family is None:
            self._units, self._flash, self._names = [], {}, {}
            return
        if not self._units or self._units[0].family != family:
            rivals = self._identity.rivals
            self._units = [FlashUnit(self.context, self.bus, family, device, rivals=rivals)]
            self._flash = {}
            self._names = {
                part.base + register.offset: part.name + '.' + register.name
                for part in family.peripherals
                for register in part.registers
            }
        elif device is not None:
            for unit in self._units:
                unit.identify(device)
        for register in family.registers(device):
            address = family.flash.controller_base + register.offset
            self._flash.setdefault(address, (self._units[0], register.name))
        if family.flash.second is not None and device is not None and device.dual_bank:
            self._build_second(family, device, family.flash.second[0])

    def _build_second(self, family: 'Family', device: 'Device', suffix: 'str') -> 'None':
        """A controller of its own for the second bank."""
        if len(self._units) > 1:
            return
        second = FlashUnit(self.context, self.bus, family, device, second=True)
        self._units.append(second)
        for address, (_, name) in list(self._flash.items()):
            if name.endswith(suffix):
                self._flash[address] = second, name

    def _link_register(self, access: 'RegisterAccess') -> 'Iterable[Any]':
        if access.outcome == FAULT:
            return self._faulted(access)
        if access.port == DP and not access.write and not access.address and access.outcome == OK:
            self._identity.dpidr(access.value)
        return ()

    # What cuts in.

    def _level(self, change: 'LevelChange') -> 'Iterable[Any]':
        if change.value:
            return ()
        if change.role == NRST_ROLE:
            return self._reset(change.start, '; NRST fell')
        if change.role == VDD_ROLE:
            return self._reset(change.start, '; the supply fell', loads=True)
        return ()

    def _reset(self, sample: 'int', why: 'str', loads: 'bool' = False) -> 'List[Any]':
        made = self._settle(last_chance=True)  # what is held came before
        if any(is_controller(access.address) for access in self._held):
            self._held.clear()
        self._plain = {}
        self._refused = False
        for unit in self._units:
            made += unit.reset(sample, why, loads)
        return made

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Any]':
        made = self._settle(last_chance=True)
        self._plain = {}
        self._refused = False
        self._held.clear()
        for unit in self._units:
            made += unit.stop(gap.start)
        return made


_HANDLERS = {
    MemoryAccess: FlashController._access,
    RegisterAccess: FlashController._link_register,
    LevelChange: FlashController._level,
    CaptureGap: FlashController._gap,
}  # type: Dict[type, Callable[[FlashController, Any], Iterable[Any]]]


MACHINES = (FlashController,)
