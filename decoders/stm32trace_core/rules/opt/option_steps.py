"""What a host does to the option bytes over SWD, step by step.

Options are written to their registers, started, and then loaded: at once, at a reset, or only by an
order of its own, as the table of the family says (`options.load_events`). Families without a bit that
starts them (F1) write half-words to the option memory; there each written half-word is a start.
"""

from ...adi.records import OK
from ...bootloader.records import DeviceIdentified
from ...flash.options import are_same, read_out
from ...flash.records import (
    DONE,
    OPTION_PROGRAM,
    BlindAccess,
    FlashOperation,
    OptionState,
    PartFamily,
    PeripheralAccess,
)
from ...lines import NRST, OBL_LAUNCH, POWER, SYSRESETREQ, CaptureGap, LevelChange, Reset
from ...record import NamedTuple
from ..flash_registers import PREFIX, register_text
from ..naming import address_text
from ..part import Part
from .flash_roles import (
    BUSY,
    ERROR_FLAGS,
    LOCK,
    OPTION_LOAD,
    OPTION_LOCK,
    OPTION_START,
    FlashRoles,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ...devices import Family
    from ...register import Register

# Kinds of OptionStep.
STAGED = 'staged'  # an option register took a value that is not in force
STARTED = 'started'  # what was staged is being programmed
ENDED = 'ended'  # the part is no longer busy with it
LOCKED = 'locked'
READ = 'read'  # an option register was read
LOADED = 'loaded'  # something put the programmed options in force
RESTARTED = 'restarted'  # a reset that loads no options
GAP = 'gap'  # samples are missing, or an address: nothing is known any more

# Which events of a family's table each cause of a restart is.
CAUSES = {
    OBL_LAUNCH: ('OBL_LAUNCH',),
    POWER: ('power_on_reset', 'reset'),
    NRST: ('system_reset', 'reset'),
    SYSRESETREQ: ('system_reset', 'reset'),
}
# Load events that come with the programming itself: nothing is left to load.
AT_ONCE = frozenset(('OPTSTRT', 'OPTSTART'))


class Change(
    NamedTuple(
        'Change',
        [
            ('start', int),
            ('end', int),
            ('register', str),  # 'FLASH.OPTR', or the address written
            ('old', 'Optional[int]'),  # the options in force; None where they were not seen
            ('new', int),
        ],
    )
):
    """A value that an option register, or the option memory, is asked to take."""

    __slots__ = ()

    @property
    def text(self) -> 'str':
        """'FLASH_OPTR from 0xDFFFE1AA to 0xDEFFE1AA'."""
        if self.old is None:
            return '{} to 0x{:X}'.format(register_text(self.register), self.new)
        return '{} from 0x{:08X} to 0x{:08X}'.format(
            register_text(self.register), self.old, self.new
        )


class RdpChange(
    NamedTuple(
        'RdpChange',
        [
            ('old', 'Optional[int]'),  # RDP byte in force; None where it was not seen
            ('new', int),
            ('level_before', int),  # -1 where it is not known
        ],
    )
):
    """The RDP byte among the changes."""

    __slots__ = ()


class OptionStep(
    NamedTuple(
        'OptionStep',
        [
            ('kind', str),
            ('start', int),
            ('end', int),
            ('register', str),  # of READ
            ('value', int),  # of READ
            ('changes', 'Tuple[Change, ...]'),  # those that the step is about
            ('flags', 'Tuple[str, ...]'),  # of ENDED: error flags that the part raised
            ('cause', str),  # of LOADED and RESTARTED
        ],
    )
):
    """One step of an option session."""

    __slots__ = ()


class OptionSteps(object):
    """Follows the option bytes of the part on one bus; `feed` returns the steps that a record makes.

    level: of read-out protection in force, -1 where it is not known. flags: as SR was last read.
    """

    CONSUMES = (
        BlindAccess, CaptureGap, DeviceIdentified, FlashOperation, LevelChange, OptionState, PartFamily,
        PeripheralAccess, Reset,
    )  # fmt: skip

    def __init__(self, context: 'Context') -> 'None':
        self.part = Part(context)
        self.level = -1
        self.flags = ()  # type: Tuple[str, ...]
        self.in_force = {}  # type: Dict[str, int]  # register -> value as read or programmed
        self._level_before = -1  # when the first change was staged
        self._staged = {}  # type: Dict[str, Change]
        self._started = ()  # type: Tuple[Change, ...]
        self._ended = ()  # type: Tuple[Change, ...]  # programmed and not loaded
        self._flags_before = ()  # type: Tuple[str, ...]
        self._in_reset = context.initial_levels.get(NRST) == 0
        self.roles = FlashRoles(self.part)
        self._tables = {}  # type: Dict[str, Register]  # 'FLASH.OPTR' -> its fields
        self._know()

    def feed(self, record: 'Any') -> 'List[OptionStep]':
        """Return the steps that a record of CONSUMES makes."""
        handler = _HANDLERS.get(type(record))
        return [] if handler is None else handler(self, record)

    def rdp(self, changed: 'Tuple[Change, ...]') -> 'Optional[RdpChange]':
        """Return the RDP byte among the changes, if it differs from the one in force or that is not known."""
        family = self.part.family
        if family is None:
            return None
        for change in changed:
            new = self._rdp_byte(family, change, change.new)
            old = -1 if change.old is None else self._rdp_byte(family, change, change.old)
            if new not in (-1, old):
                return RdpChange(None if old < 0 else old, new, self._level_before)
        return None

    @property
    def is_readable(self) -> 'bool':
        """A value read now can be believed: NRST is not low, and the controller reports no read error."""
        return not self._in_reset and not any(flag.startswith('RDERR') for flag in self.flags)

    @property
    def needs_launch(self) -> 'bool':
        """The family loads its options by an order of its own, and not with the programming."""
        options = None if self.part.family is None else self.part.family.options
        return (
            options is not None
            and options.obl_launch_exists
            and not AT_ONCE.intersection(options.load_events)
        )

    def is_same(self, register: 'str', value: 'int', other: 'int') -> 'bool':
        """Tell whether two values of a register mean the same options."""
        family, table = self.part.family, self._tables.get(register)
        if family is None or table is None:
            return value == other
        return are_same(family, self.part.device, table, other, value)

    def _know(self) -> 'None':
        """Learn from the table of the part which registers hold options."""
        family = self.part.family
        if family is not None:
            self._tables = {
                PREFIX + register.name: register
                for register in family.registers(self.part.device)
                if register.name in family.options.registers
            }

    def _identify(self, record: 'Union[DeviceIdentified, PartFamily]') -> 'List[OptionStep]':
        self.roles.identify(record)
        self._know()
        return []

    def _state(self, state: 'OptionState') -> 'List[OptionStep]':
        if state.level >= 0 and self.is_readable:
            self.level = state.level
        return []

    def _slow(self, change: 'LevelChange') -> 'List[OptionStep]':
        if change.role == NRST:
            self._in_reset = not change.value
        return []

    # Accesses to the flash controller.

    def _access(self, access: 'PeripheralAccess') -> 'List[OptionStep]':
        name = access.register
        if not self.roles.see(access) or access.outcome != OK:
            return []
        if access.write:
            return self._write(name, access, self.roles)
        made = []  # type: List[OptionStep]
        if self.roles.concerns(access, BUSY):
            made = self._status(access, self.roles)
        elif self._started and self.roles.concerns(access, OPTION_START):
            made = self._strobe(access)
        if name in self._tables and self.is_readable:
            made.append(self._read(name, access))
        return made

    def _write(
        self, name: 'str', access: 'PeripheralAccess', roles: 'FlashRoles'
    ) -> 'List[OptionStep]':
        made = []  # type: List[OptionStep]
        cleared = roles.set_names(access, ERROR_FLAGS)  # by writing 1
        self.flags = tuple(flag for flag in self.flags if flag not in cleared)
        if name in self._tables:
            made += self._stage(name, access)
        if roles.is_set(access, OPTION_START):
            made.append(self._start(access))
        if roles.is_set(access, OPTION_LOAD):
            made += self._restart(access.start, access.end, OBL_LAUNCH)
        elif self._locks(access, roles):
            made.append(self._step(LOCKED, access, tuple(self._staged.values())))
            self._staged = {}
        return made

    def _stage(self, name: 'str', access: 'PeripheralAccess') -> 'List[OptionStep]':
        old = self.in_force.get(name)
        known = self._staged.pop(name, None)
        if old is not None and self.is_same(name, access.value, old):
            return []
        if any(
            one.register == name and self.is_same(name, access.value, one.new)
            for one in self._started
        ):
            return []  # what is being programmed
        if old is None and known is None and self.roles.is_set(access, OPTION_LOCK):
            return []  # it may only lock what is in force
        if not self._staged:
            self._level_before = self.level
        change = Change(access.start, access.end, name, old, access.value)
        self._staged[name] = change
        return [self._step(STAGED, access, (change,))]

    def _start(self, access: 'PeripheralAccess') -> 'OptionStep':
        self._started = tuple(self._staged.values())
        self._staged = {}
        self._flags_before = self.flags
        return self._step(STARTED, access, self._started)

    def _status(self, access: 'PeripheralAccess', roles: 'FlashRoles') -> 'List[OptionStep]':
        self.flags = roles.set_names(access, ERROR_FLAGS)
        if roles.is_set(access, BUSY) or not self._started:
            return []
        raised = tuple(flag for flag in self.flags if flag not in self._flags_before)
        return [self._end(access, raised)]

    def _strobe(self, access: 'PeripheralAccess') -> 'List[OptionStep]':
        """The start bit reads 0 again: hardware clears it together with BSY (RM0444 3.7.5, RM0090 3.9.6)."""
        if self.roles.is_set(access, OPTION_START):
            return []
        return [self._end(access, ())]

    def _end(self, access: 'PeripheralAccess', raised: 'Tuple[str, ...]') -> 'OptionStep':
        done, self._started = self._started, ()
        if not raised:
            self._ended += done
            if not self.needs_launch:
                self.in_force.update({change.register: change.new for change in done})
        return self._step(ENDED, access, done, raised)

    def _read(self, name: 'str', access: 'PeripheralAccess') -> 'OptionStep':
        about = tuple(change for change in self._ended if change.register == name)
        if name not in self._staged:
            self.in_force[name] = access.value
        return OptionStep(READ, access.start, access.end, name, access.value, about, (), '')

    @staticmethod
    def _locks(access: 'PeripheralAccess', roles: 'FlashRoles') -> 'bool':
        """Tell whether the option registers are locked; on some families LOCK does that too."""
        if roles.is_set(access, OPTION_LOCK):
            return True
        return roles.is_set(access, LOCK) and roles.share_a_register(LOCK, OPTION_LOCK)

    # Option memory: families whose options are written as half-words.

    def _operation(self, operation: 'FlashOperation') -> 'List[OptionStep]':
        family = self.part.family
        if operation.kind != OPTION_PROGRAM or operation.opcode >= 0 or operation.address is None:
            return []
        if family is None or OPTION_START in family.flash.roles or not operation.data:
            return []
        if operation.outcome != DONE:
            return []
        self._level_before = self.level
        change = Change(
            operation.start,
            operation.end,
            address_text(operation.address),
            None,
            operation.data[0],
        )
        self._ended += (change,)
        return [self._step(STARTED, operation, (change,)), self._step(ENDED, operation, (change,))]

    # Restarts.

    def _reset(self, reset: 'Reset') -> 'List[OptionStep]':
        return self._restart(reset.start, reset.end, reset.cause) if reset.cause in CAUSES else []

    def _restart(self, start: 'int', end: 'int', cause: 'str') -> 'List[OptionStep]':
        family = self.part.family
        events = () if family is None else family.options.load_events
        lost = tuple(self._staged.values())
        self._staged = {}
        self._started = ()
        if not set(CAUSES[cause]).intersection(events):
            return [OptionStep(RESTARTED, start, end, '', 0, lost, (), cause)]
        loaded, self._ended = self._ended, ()
        if loaded or cause == POWER:
            self.in_force = {}
            self.level = -1
        made = [OptionStep(LOADED, start, end, '', 0, loaded, (), cause)]
        return [OptionStep(RESTARTED, start, end, '', 0, lost, (), cause)] + made if lost else made

    def _blind(self, access: 'BlindAccess') -> 'List[OptionStep]':
        return self._gap(access) if access.write else []

    def _gap(self, gap: 'Union[CaptureGap, BlindAccess]') -> 'List[OptionStep]':
        self.level, self.flags, self.in_force = -1, (), {}
        self._staged, self._started, self._ended = {}, (), ()
        return [self._step(GAP, gap, ())]

    @staticmethod
    def _step(
        kind: 'str',
        record: 'Any',
        changes: 'Tuple[Change, ...]',
        flags: 'Tuple[str, ...]' = (),
    ) -> 'OptionStep':
        return OptionStep(kind, record.start, record.end, '', 0, changes, flags, '')

    def _rdp_byte(self, family: 'Family', change: 'Change', value: 'int') -> 'int':
        """Return the RDP byte in a value of what is changed, -1 where it holds none."""
        address = family.options.rdp_address
        if address is not None and change.register == address_text(address):
            return value
        table = self._tables.get(change.register)
        return -1 if table is None else read_out(family, table, value)[0]


_HANDLERS = {
    BlindAccess: OptionSteps._blind,
    CaptureGap: OptionSteps._gap,
    DeviceIdentified: OptionSteps._identify,
    PartFamily: OptionSteps._identify,
    OptionState: OptionSteps._state,
    LevelChange: OptionSteps._slow,
    PeripheralAccess: OptionSteps._access,
    FlashOperation: OptionSteps._operation,
    Reset: OptionSteps._reset,
}  # type: Dict[type, Callable[[OptionSteps, Any], List[OptionStep]]]
