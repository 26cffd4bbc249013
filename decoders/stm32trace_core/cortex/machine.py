"""What the host asks of the core, and what the core says.

    consumes  MemoryAccess of one bus; LevelChange, CaptureGap
    produces  DebugRequest at the write, CoreStatus at each read of DHCSR, DebugControl when a read confirms a
              request or it is clear that none will, Reset (SYSRESETREQ) at the write that asks for it

Sources: DDI 0403 (Armv7-M) C1.6.2 (DHCSR), C1.6.5 (DEMCR), B3.2.6 (AIRCR). The part pulls NRST low itself some
45 us after such a write, for 1.1 ms (STM32F429, sigrok-dumps).
"""

from ..adi.records import OK, MemoryAccess
from ..interest import interest
from ..lines import SYSRESETREQ, CaptureGap, LevelChange, Reset
from ..machine import OPERATION, Machine
from .records import (
    CATCH,
    HALT,
    RESET,
    RESUME,
    STEP,
    CoreStatus,
    DebugControl,
    DebugRequest,
)
from .registers import (
    AIRCR,
    AIRCR_ADDRESS,
    AIRCR_KEY,
    DEMCR,
    DEMCR_ADDRESS,
    DHCSR,
    DHCSR_ADDRESS,
    asks_for_reset,
    control,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ..context import Context
    from ..interest import Interest

    Made = Union[DebugRequest, DebugControl, CoreStatus, Reset]

S_RETIRE_ST = DHCSR.field('S_RETIRE_ST')
NRST_ROLE, VDD_ROLE = 'nrst', 'vdd'

# What a request of each kind makes obsolete: the host has changed its mind.
OVERRIDES = {
    HALT: (RESUME, STEP),
    RESUME: (HALT, STEP),
    STEP: (HALT, RESUME),
    RESET: (),
    CATCH: (),
}


class _Waiting(object):
    """A request that no read has confirmed yet."""

    def __init__(self, access: 'MemoryAccess') -> 'None':
        self.start = access.start
        self.end = access.end
        self.polls = 0
        self.was_reset = False  # a reset came since: what a CATCH waits for


OWN_REGISTERS = (
    interest(
        MemoryAccess,
        ranges=tuple(
            (address, address) for address in (AIRCR_ADDRESS, DHCSR_ADDRESS, DEMCR_ADDRESS)
        ),
    ),
)


class CoreDebug(Machine):
    """Follows the debug registers of the core on one bus."""

    protocols = ('swd',)
    consumes = (MemoryAccess, LevelChange, CaptureGap)
    produces = (DebugRequest, DebugControl, CoreStatus, Reset)
    phase = OPERATION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(CoreDebug, self).__init__(context, bus)
        self._halted = None  # type: Optional[bool]  # as read or asked for last
        self._catch = False  # DEMCR.VC_CORERESET
        self._waiting = {}  # type: Dict[str, _Waiting]  # by kind

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """The registers that it follows."""
        return OWN_REGISTERS

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Return what an access or a slow line decides."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """Give up what was never confirmed."""
        return self._give_up(sorted(self._waiting))

    def _access(self, access: 'MemoryAccess') -> 'Iterable[Made]':
        handler = _REGISTERS.get(access.address)
        if handler is None or access.outcome != OK:
            return ()
        return handler(self, access)

    # DHCSR.

    def _dhcsr(self, access: 'MemoryAccess') -> 'List[Made]':
        if not access.write:
            return self._status(access)
        kind = self._kind(access.value)
        if not kind:
            return []
        made = self._give_up([one for one in OVERRIDES[kind] if one in self._waiting])
        made += self._ask(kind, access)
        if kind != HALT:
            self._halted = False
        return made

    def _kind(self, value: 'int') -> 'str':
        """Return what a write to DHCSR asks for, '' for nothing new."""
        bits = control(value)
        if bits is None:
            return ''
        enable, halt, step = bits
        if enable and halt:
            return '' if self._halted else HALT
        if self._halted is False or (self._halted is None and not enable):
            return ''
        if enable and step:
            return STEP
        return RESUME

    def _ask(self, kind: 'str', access: 'MemoryAccess') -> 'List[Made]':
        """Return the request; the same one asked again before it is confirmed is one."""
        self._waiting.setdefault(kind, _Waiting(access))
        return [DebugRequest(access.start, access.end, self.bus, kind, access.value)]

    def _status(self, access: 'MemoryAccess') -> 'List[Made]':
        bits = DHCSR.read(access.value)
        status = CoreStatus(
            access.start,
            access.end,
            self.bus,
            access.value,
            bool(bits['S_HALT']),
            bool(bits['S_SLEEP']),
            bool(bits['S_LOCKUP']),
            bool(bits['S_RESET_ST']),
            bool(bits['C_DEBUGEN']),
        )
        self._halted = status.halted
        made = [status]  # type: List[Made]
        if status.was_reset and CATCH in self._waiting:
            self._waiting[CATCH].was_reset = True
        for kind in sorted(self._waiting):
            waiting = self._waiting[kind]
            waiting.polls += 1
            waiting.end = access.end
            if _confirms(kind, waiting, status):
                made.append(self._end(kind, True))
        return made

    # AIRCR and DEMCR.

    def _aircr(self, access: 'MemoryAccess') -> 'List[Made]':
        bits = AIRCR.read(access.value)
        if not access.write or bits['VECTKEY'] != AIRCR_KEY:
            return []
        if not bits['SYSRESETREQ'] and not bits['VECTRESET']:
            return []
        made = self._begin_again()
        made += self._ask(RESET, access)
        if asks_for_reset(access.address, access.value):
            made.append(Reset(access.start, access.end, self.bus, SYSRESETREQ, True))
        return made

    def _demcr(self, access: 'MemoryAccess') -> 'List[Made]':
        catch = bool(DEMCR.field('VC_CORERESET').of(access.value))
        before, self._catch = self._catch, catch
        if not access.write or catch == before:
            return []
        return self._ask(CATCH, access) if catch else self._give_up([CATCH])

    # Resets and gaps.

    def _level(self, change: 'LevelChange') -> 'List[Made]':
        if change.value:
            return []
        if change.role == NRST_ROLE:
            return self._begin_again()
        if change.role == VDD_ROLE:
            self._catch = False
            return self._gap(change)
        return []

    def _begin_again(self) -> 'List[Made]':
        """A reset: the core runs afterwards, unless it is caught."""
        self._halted = None if self._catch else False
        if CATCH in self._waiting:
            self._waiting[CATCH].was_reset = True
        return self._give_up([kind for kind in (RESUME, STEP) if kind in self._waiting])

    def _gap(self, gap: 'Any') -> 'List[Made]':
        self._halted = None
        return self._give_up(sorted(self._waiting))

    def _give_up(self, kinds: 'Iterable[str]') -> 'List[Made]':
        return [self._end(kind, False) for kind in kinds if kind in self._waiting]

    def _end(self, kind: 'str', confirmed: 'bool') -> 'DebugControl':
        one = self._waiting.pop(kind)
        return DebugControl(one.start, one.end, self.bus, kind, confirmed, one.polls)


def _confirms(kind: 'str', waiting: '_Waiting', status: 'CoreStatus') -> 'bool':
    """Tell whether this status shows that a request was followed."""
    if kind == RESET:
        return status.was_reset
    if kind == RESUME:
        return not status.halted or bool(S_RETIRE_ST.of(status.value))
    if kind == CATCH:
        return status.halted and waiting.was_reset
    return status.halted


_REGISTERS = {
    DHCSR_ADDRESS: CoreDebug._dhcsr,
    AIRCR_ADDRESS: CoreDebug._aircr,
    DEMCR_ADDRESS: CoreDebug._demcr,
}  # type: Dict[int, Callable[[CoreDebug, MemoryAccess], List[Made]]]

_HANDLERS = {
    MemoryAccess: CoreDebug._access,
    LevelChange: CoreDebug._level,
    CaptureGap: CoreDebug._gap,
}  # type: Dict[type, Callable[[CoreDebug, Any], Iterable[Made]]]


MACHINES = (CoreDebug,)
