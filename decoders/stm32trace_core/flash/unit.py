"""One flash controller: what its registers hold, whether it is locked, and what it is at."""

from .layout import Layout
from .lock import Lock
from .option_session import OptionSession
from .options import NOT_KNOWN
from .records import (
    BANK_ERASE,
    DONE,
    FAILED,
    LOCK,
    MASS_ERASE,
    OPTION_ERASE,
    OPTION_LOCK,
    OPTION_PROGRAM,
    OPTION_UNLOCK,
    PAGE_ERASE,
    PROGRAM,
    UNLOCK,
    FlashOperation,
)
from .tasks import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple  # novm

    from ..adi.records import MemoryAccess
    from ..context import Context
    from ..devices import Device, Family

LOADING_ERRORS = ('OPTVERR',)  # comes up when options are loaded, not by an operation (RM0444, SR)


class FlashUnit(object):
    """Follows one controller. second: see Layout. rivals: other families that it may be of."""

    def __init__(
        self,
        context: 'Context',
        bus: 'str',
        family: 'Family',
        device: 'Optional[Device]',
        second: 'bool' = False,
        rivals: 'Tuple[Family, ...]' = (),
    ) -> 'None':
        self._context = context
        self._bus = bus
        self._layout = Layout(family, device, second)
        self._timing = family.timing
        self._known = {}  # type: Dict[str, int]  # register -> value, as far as known
        self._lock = Lock(family.flash.unlock_keys)
        self._option_lock = Lock(family.flash.option_keys)
        self._task = None  # type: Optional[Task]
        self._options = OptionSession(bus, family, device, rivals)
        name = self._layout.name
        self._cr, self._sr = name('CR'), name('SR')
        self._locks = {name('KEYR'): self._lock, 'OPTKEYR': self._option_lock}
        self._handlers = {
            self._cr: self._control,
            self._sr: self._status,
            name('KEYR'): self._key,
            'OPTKEYR': self._option_key,
        }

    def before(self, register: 'str') -> 'int':
        """Return what a register held before the access at hand, NOT_KNOWN where that is not known."""
        return self._known.get(register, NOT_KNOWN)

    @property
    def family(self) -> 'Family':
        """Whose table it follows."""
        return self._layout.family

    @property
    def control_register(self) -> 'str':
        """The name of its CR."""
        return self._cr

    def identify(self, device: 'Device') -> 'None':
        """The part told which line of the family it is."""
        self._layout = Layout(self._layout.family, device, self._layout.second)
        self._options.identify(device)

    # Accesses.

    def access(self, register: 'str', access: 'MemoryAccess') -> 'List[Any]':
        """Return what an access to a register of this controller decides."""
        if access.write:
            for other, lock in self._locks.items():
                if register != other:
                    lock.see_another()
        handler = self._handlers.get(register)
        if handler is not None:
            return handler(access)
        if access.write:
            made = self._option_write(register, access)
            self._write_known(register, access.value)
            return made
        self._known[register] = access.value
        self._read_locks(register, access.value)
        self._read_strobes(register, access)
        return list(self._options.read(register, access))

    def _key(self, access: 'MemoryAccess') -> 'List[Any]':
        return self._unlock(self._lock, UNLOCK, 'lock', access)

    def _option_key(self, access: 'MemoryAccess') -> 'List[Any]':
        return self._unlock(self._option_lock, OPTION_UNLOCK, 'option_lock', access)

    def _unlock(
        self, lock: 'Lock', kind: 'str', role: 'str', access: 'MemoryAccess'
    ) -> 'List[Any]':
        if not access.write:
            return []
        tried = lock.key(access)
        if tried is None:
            return []
        start, opened = tried
        if opened:
            for register in self._known:
                self._known[register] &= ~self._layout.mask(role, register)
        return [self._deed(kind, start, access.end, DONE if opened else FAILED)]

    def _deed(self, kind: 'str', start: 'int', end: 'int', outcome: 'str') -> 'FlashOperation':
        return FlashOperation(start, end, self._bus, kind, -1, None, None, (), b'', outcome)

    # Status.

    def _status(self, access: 'MemoryAccess') -> 'List[Any]':
        """A read tells how the task is; a write of 1 clears flags."""
        busy = self._layout.mask('busy', self._sr)
        before = self.before(self._sr)
        if access.write:
            if before != NOT_KNOWN:
                self._known[self._sr] = before & ~(access.value & ~busy)
            return []
        self._known[self._sr] = access.value
        task = self._task
        if access.value & busy:
            if task is not None:
                task.busy(access)
                self._lock.closed = False  # it works, so it was not locked
            return []
        self._strobes_end()
        if task is None:
            return []
        was_pending = task.pending
        task.idle(access)
        old = 0 if before == NOT_KNOWN else before
        flags = self._layout.flags('error_flags', self._sr, access.value & ~old)
        errors = tuple(flag for flag in flags if flag not in LOADING_ERRORS)
        if errors or (was_pending and not task.data):
            return self._end_task(errors)
        return []

    def _strobes_end(self) -> 'None':
        """The start bits clear themselves when the work ends."""
        for register in self._known:
            for role in ('start', 'option_start'):
                self._known[register] &= ~self._layout.mask(role, register)

    def _read_strobes(self, register: 'str', access: 'MemoryAccess') -> 'None':
        """A start bit that reads 0 again says that the work is over; how it went, SR tells."""
        task = self._task
        if task is None or task.data or not task.pending:
            return
        role = 'option_start' if task.kind == OPTION_PROGRAM else 'start'
        if self._layout.mask(role, register):
            if self._layout.has(role, register, access.value):
                task.busy(access)
            else:
                task.idle(access)

    # Control.

    def _control(self, access: 'MemoryAccess') -> 'List[Any]':
        if not access.write:
            self._known[self._cr] = access.value
            self._read_locks(self._cr, access.value)
            self._read_strobes(self._cr, access)
            return []
        value = access.value
        made = self._leave(value)
        if self._layout.has('start', self._cr, value):
            made += self._erase(access)
        elif self._layout.has('option_start', self._cr, value):
            made += self._program_options(access)
        self._write_known(self._cr, value)
        return made + self._close_locks(self._cr, access)

    def _leave(self, value: 'int') -> 'List[Any]':
        """End the programming for which the bit is cleared."""
        task = self._task
        if task is None or not task.data:
            return []
        role = 'program' if task.kind == PROGRAM else 'option_program'
        return [] if self._layout.has(role, self._cr, value) else self._end_task()

    def _erase(self, access: 'MemoryAccess') -> 'List[Any]':
        kind = self._erase_kind(access.value)
        if not kind:
            return []
        task = Task(self._bus, kind, access, kind.replace('_', ' ') + ' started')
        self._place(task, access.value)
        if kind == OPTION_ERASE:
            self._options.erased()
        return self._begin(task)

    def _erase_kind(self, value: 'int') -> 'str':
        layout = self._layout
        if layout.has('option_erase', self._cr, value):
            return OPTION_ERASE
        banks = layout.flags('mass_erase', self._cr, value)
        if banks:
            return BANK_ERASE if len(banks) == 1 and self._has_two_banks else MASS_ERASE
        return PAGE_ERASE if layout.has('page_erase', self._cr, value) else ''

    @property
    def _has_two_banks(self) -> 'bool':
        """Tell whether one mass-erase bit stands for one bank only."""
        device, joined = self._layout.device, self._layout.family.flash.one_bank
        if device is None or not device.dual_bank:
            return False
        return not joined or self._is_split

    @property
    def _is_split(self) -> 'bool':
        """Tell whether the option that joins the banks was seen to be 0."""
        joined = self._layout.family.flash.one_bank
        if not joined:
            return False
        register, field = joined.split('.')
        value = self.before(register)
        return value != NOT_KNOWN and not self._layout.registers[register].read(value).get(field, 1)

    def _place(self, task: 'Task', value: 'int') -> 'None':
        """Note what an erase works on."""
        layout = self._layout
        if task.kind != PAGE_ERASE:
            if task.kind == MASS_ERASE or (task.kind == BANK_ERASE and layout.family.flash.second):
                task.place(layout.base)
            return
        number = layout.number('page_number', self._cr, value)
        if number is None:
            address = self.before(layout.name(layout.family.flash.page_address))
            if address != NOT_KNOWN:
                pages = layout.page_at(address)
                length = layout.place(pages[0], False, False)[1] if pages else None
                task.place(address, length, pages)
            return
        page = layout.sector(number)
        bank_2 = layout.has('bank_select', self._cr, value)
        address_, length = layout.place(page, bank_2, self._is_split)
        task.place(address_, length, (page,))

    # Options.

    def _option_write(self, register: 'str', access: 'MemoryAccess') -> 'List[Any]':
        self._options.write(register, access)
        made = []  # type: List[Any]
        if self._layout.has('option_start', register, access.value):
            made = self._program_options(access)
        return made + self._close_locks(register, access)

    def _program_options(self, access: 'MemoryAccess') -> 'List[Any]':
        task = Task(self._bus, OPTION_PROGRAM, access, 'option programming started')
        made = self._begin(task)
        task.was_locked = self._option_lock.closed is True
        return made + self._options.start(access)

    # Writes to memory.

    def memory(self, access: 'MemoryAccess') -> 'List[Any]':
        """Return what a write to main flash or option memory decides."""
        if not self._layout.serves(access.address):
            return []
        control = self.before(self._cr)
        option = self._layout.is_option(access.address)
        role = 'option_program' if option else 'program'
        if control != NOT_KNOWN and not self._layout.has(role, self._cr, control):
            return []
        made = []  # type: List[Any]
        kind = OPTION_PROGRAM if option else PROGRAM
        task = self._task
        if task is None or task.kind != kind or task.next_address != access.address:
            task = Task(self._bus, kind, access, kind.replace('_', ' ') + ' started')
            made = self._begin(task)
        task.write(access)
        return made + (self._options.half_word(access) if option else [])

    # Tasks.

    def _begin(self, task: 'Task') -> 'List[Any]':
        made = self._end_task()
        self._task = task
        task.was_locked = self._lock.closed is True
        return made + [task.window]

    def _end_task(self, errors: 'Tuple[str, ...]' = ()) -> 'List[Any]':
        task, self._task = self._task, None
        if task is None:
            return []
        made = task.end(errors)
        if task.kind == OPTION_PROGRAM:
            self._options.done(made[0].outcome == DONE)
        return list(made)

    # Locks.

    def _read_locks(self, register: 'str', value: 'int') -> 'None':
        for role, lock in (('lock', self._lock), ('option_lock', self._option_lock)):
            if self._layout.mask(role, register):
                closed = self._layout.has(role, register, value)
                if closed and lock.closed is None and self._task is not None:
                    self._task.find_locked(role == 'option_lock')
                lock.closed = closed

    def _close_locks(self, register: 'str', access: 'MemoryAccess') -> 'List[Any]':
        made = []  # type: List[Any]
        for role, kind, lock in (
            ('lock', LOCK, self._lock),
            ('option_lock', OPTION_LOCK, self._option_lock),
        ):
            if self._layout.has(role, register, access.value) and lock.close():
                if kind == LOCK and self._task is not None and self._task.data:
                    made += self._end_task()
                made.append(self._deed(kind, access.start, access.end, DONE))
        return made

    def _write_known(self, register: 'str', value: 'int') -> 'None':
        """A write cannot clear a lock bit; the keys can."""
        before = self._known.get(register, 0)
        keep = self._layout.mask('lock', register) | self._layout.mask('option_lock', register)
        self._known[register] = value | before & keep

    # What cuts in.

    def reset(self, sample: 'int', why: 'str', power: 'bool') -> 'List[Any]':
        """The part was reset: tasks are cut off, registers hold what they hold after a reset."""
        made = []  # type: List[Any]
        task, self._task = self._task, None
        if task is not None:
            made = list(task.cut(sample, why, self._context, self._timing))
        self._lock.reset()
        self._option_lock.reset()
        locks = (self._layout.mask(role, self._cr) for role in ('lock', 'option_lock'))
        self._known = {self._cr: sum(locks), self._sr: 0}
        self._options.reset(power)
        return made

    def launches(self, access: 'MemoryAccess') -> 'bool':
        """Tell whether this write to CR makes the part load its options and reset itself."""
        return self._layout.has('option_load', self._cr, access.value) and (
            self._option_lock.closed is not True
        )

    def core_runs(self) -> 'None':
        """A program on the part may lock and unlock, and use the registers."""
        self._lock.forget()
        self._option_lock.forget()
        self._known.pop(self._cr, None)
        self._known.pop(self._sr, None)

    def go_blind(self, written: 'bool') -> 'None':
        """Something was read or written, and where is not known."""
        if self._task is not None:
            self._task.lose_sight()
        if written:
            self._lock.forget()
            self._option_lock.forget()
            self._known = {}

    def stop(self, sample: 'int') -> 'List[Any]':
        """The data end, or samples are missing, from `sample` on."""
        task, self._task = self._task, None
        self._lock.forget()
        self._option_lock.forget()
        self._known = {}
        self._options.forget()
        return [] if task is None else list(task.stop(sample))
