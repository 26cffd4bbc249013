"""The flash controller of one bus as rules see it: its lock, its flags, and what it is at.

Source: reference manuals, embedded flash memory: an operation is chosen and started in CR (or by a
write to flash while CR.PG is set), SR tells its progress; a system reset clears both and sets LOCK.
"""

from ...adi.records import OK
from ...bootloader.records import DeviceIdentified
from ...cortex.records import RESET, RESUME, DebugRequest
from ...cortex.registers import AIRCR
from ...flash.lock import Lock
from ...flash.records import (
    MASS_ERASE,
    OPTION_ERASE,
    OPTION_PROGRAM,
    PAGE_ERASE,
    PROGRAM,
    BlindAccess,
    PartFamily,
    PeripheralAccess,
)
from ...lines import CaptureGap, Reset
from .. import operation_time
from ..flash_registers import PREFIX, FlashRegisters
from ..part import Part
from ..rule import Rule
from .work import Work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..operation_time import Longest
    from ..rule import Finding, Withdrawn

# VECTRESET leaves the flash controller as it is. Source: DDI 0403 B3.2.6.
SYSRESETREQ = AIRCR.field('SYSRESETREQ')

ALL_BITS = 0xFFFFFFFF

MOST_UNSURE = 100  # orders that wait for LOCK to be read

ROLES = (
    ('option_erase', OPTION_ERASE),
    ('mass_erase', MASS_ERASE),
    ('page_erase', PAGE_ERASE),
)  # type: Tuple[Tuple[str, str], ...]
STARTS = {OPTION_PROGRAM: 'option_start'}  # the others: 'start'
LASTS = {
    MASS_ERASE: operation_time.MASS_ERASE,
    PAGE_ERASE: operation_time.PAGE_ERASE,
    PROGRAM: operation_time.WRITE,
    OPTION_PROGRAM: operation_time.OPTIONS,
    OPTION_ERASE: operation_time.OPTIONS,
}


def resets(request: 'DebugRequest') -> 'bool':
    """Tell whether the host asks for a reset that reaches the flash controller."""
    return request.kind == RESET and bool(SYSRESETREQ.of(request.value))


class Controller(object):
    """Follows the registers of the flash controller on one bus.

    work: what goes on, or ended with the record fed last; None for nothing.
    locked: CR.LOCK as it must be; None where that is not known.
    revealed: orders that the record fed last shows to have come while LOCK was 1: it reads 1, and since
        the order nothing can have set it (RM0444 3.7.5: by software only).
    """

    def __init__(self, context: 'Context') -> 'None':
        self.context = context
        self.part = Part(context)
        self.registers = FlashRegisters(self.part)
        self.work = None  # type: Optional[Work]
        self.locked = None  # type: Optional[bool]
        self.revealed = ()  # type: Tuple[Work, ...]
        self._unsure = []  # type: List[Work]  # ordered while the lock was not known, never busy
        self._set = 0  # error flags in SR known to be set
        self._clear = 0  # and known to be clear
        self._since = 0  # end of the last reset
        self._lock = None  # type: Optional[Lock]  # takes the keys; made when they are known
        self._page_address = -1  # F1: AR
        self._options = {}  # type: Dict[str, int]  # registers that a start may be written to, as read

    def feed(self, record: 'Any') -> 'None':
        """Take one of `CONSUMES`."""
        self.revealed = ()
        if isinstance(record, PeripheralAccess):
            # What was held until the family was known may be older than the last reset.
            is_now = record.start >= self._since and record.outcome == OK
            if self.registers.see(record) and is_now:
                self._access(record)
        elif isinstance(record, DeviceIdentified):
            self.registers.identify(record)
        elif isinstance(record, PartFamily):
            self.registers.decide(record)
        elif isinstance(record, CaptureGap) or (isinstance(record, BlindAccess) and record.write):
            self.work = None
            self._forget()
        elif isinstance(record, BlindAccess):
            if self.work is not None and self.work.is_busy:
                self.work = None  # SR may have been read
        elif isinstance(record, Reset) or resets(record):
            self._reset()
            self._since = record.end
        elif record.kind == RESUME:
            self._forget()  # what runs there may use the flash itself

    def _forget(self) -> 'None':
        self.locked = self._lock = None
        self._options = {}
        self._unsure = []
        self._set = self._clear = 0

    def _reset(self) -> 'None':
        self.work = None
        self.locked, self._lock = True, None
        self._unsure = []
        self._set = 0
        self._clear = ALL_BITS

    def _access(self, access: 'PeripheralAccess') -> 'None':
        register = access.register[len(PREFIX) :]
        if self.work is not None and not self._goes_on(self.work):
            self.work = None
        if register == 'SR':
            self._status(access)
        elif register == 'KEYR' and access.write:
            self._key(access)
        elif register == 'AR' and access.write:
            self._page_address = access.value
        elif register in ('CR', 'OPTCR'):
            self._control(register, access)

    def _goes_on(self, work: 'Work') -> 'bool':
        """Tell whether a work may go on, or its status is unread: programming does until PG is cleared."""
        return work.last is None or work.is_busy or work.is_over or work.kind == PROGRAM

    def _status(self, access: 'PeripheralAccess') -> 'None':
        errors = self.registers.mask('SR', 'error_flags')
        if access.write:
            # Cleared by writing 1, on F1, F4, F7, G0 and all later families.
            self._set &= ~access.value
            self._clear |= access.value & errors
            if self.work is not None:
                self.work.raised &= ~access.value
                self.work.old, self.work.clear = self._set, self._clear
            return
        if self.work is not None:
            self.work.read(access, self.registers.mask('SR', 'busy'), errors)
            if self.work.is_busy:
                self._unsure = []
                self.locked = self.locked or False  # it works, so it was open
        self._set = access.value & errors
        self._clear = ~access.value & errors

    def _key(self, access: 'PeripheralAccess') -> 'None':
        keys = self.registers.unlock_keys
        self._unsure = []
        if keys is None:
            self.locked = None
            return
        if self._lock is None:
            self._lock = Lock(keys)
        tried = self._lock.key(access)
        if tried is not None:
            self.locked = not tried[1]  # a wrong key closes it until the next reset

    def _control(self, register: 'str', access: 'PeripheralAccess') -> 'None':
        mask = self.registers.mask
        if register == 'CR':
            self._learn_lock(access)
        if not access.write:
            self._options[register] = access.value
            self._strobe(register, access.value)
            return
        kind = self._kind(register, access.value)
        if kind:
            if kind != PROGRAM or self.work is None or self.work.kind != PROGRAM:
                self._order(access, kind)
        elif self.work is not None and register == 'CR':
            stays = self.work.is_busy and access.value & mask('CR', 'program')
            self.work = self.work if stays else None

    def _order(self, access: 'PeripheralAccess', kind: 'str') -> 'None':
        target = self._target(kind, access.value)
        self.work = Work(access, kind, target, self._set, self._clear, self.locked)
        self.work.erases = kind == MASS_ERASE or self._unprotects(access)
        is_option = kind in (OPTION_PROGRAM, OPTION_ERASE)
        if self.locked is None and not is_option and len(self._unsure) < MOST_UNSURE:
            self._unsure.append(self.work)

    def _unprotects(self, access: 'PeripheralAccess') -> 'bool':
        """Tell whether a start of options may take read-out protection off, which erases the flash (RM0090 3.7.3)."""
        for family in self.registers.families:
            register, _, name = family.options.rdp_field.partition('.')
            if access.register == PREFIX + register:
                layout = {one.name: one for one in family.registers(self.part.device)}[register]
                before = self._options.get(register, -1)
                field = layout.field(name)
                return before < 0 or field.of(before) != field.of(access.value)
        return False

    def _strobe(self, register: 'str', value: 'int') -> 'None':
        """A start bit that reads 0 says as much as BSY that does."""
        work = self.work
        if work is None or work.kind == PROGRAM:
            return
        start = self.registers.mask(register, STARTS.get(work.kind, 'start'))
        if start and not value & start:
            work.see_its_bit_clear()

    def _learn_lock(self, access: 'PeripheralAccess') -> 'None':
        """Learn from CR as read; a write can only lock."""
        lock = self.registers.mask('CR', 'lock')
        if not lock:
            return
        is_set = bool(access.value & lock)
        if not access.write:
            if is_set:
                self.revealed = tuple(self._unsure)
                for work in self._unsure:
                    work.locked = True
            self.locked = is_set
            self._unsure = []
        elif is_set:
            self.locked = True
            self._unsure = []

    def _kind(self, register: 'str', value: 'int') -> 'str':
        mask = self.registers.mask
        if value & (mask(register, 'option_start') | mask(register, 'option_program')):
            return OPTION_PROGRAM
        if value & mask(register, 'start'):
            for role, kind in ROLES:
                if value & mask(register, role):
                    return kind
        return PROGRAM if value & mask(register, 'program') else ''

    def _target(self, kind: 'str', value: 'int') -> 'str':
        if kind != PAGE_ERASE:
            return ''
        number = self.registers.field('CR', 'page_number', value)
        if number >= 0:
            return '{} {}'.format(self.noun, self._unit(number))
        if self._page_address >= 0:
            return 'the page at 0x{:08X}'.format(self._page_address)
        return ''

    @property
    def noun(self) -> 'str':
        """What the part's flash is erased by: 'sector' or 'page'."""
        return 'sector' if 'SNB' in self.registers.names('CR', ALL_BITS) else 'page'

    def _unit(self, number: 'int') -> 'int':
        """Return the sector that a number in CR means."""
        family, device = self.part.family, self.part.device
        if family is None or device is None or not device.dual_bank:
            return number
        jump = family.flash.sector_jump
        return number if jump is None or number < jump[0] else number - jump[0] + jump[1]


CONSUMES = (
    PeripheralAccess, DeviceIdentified, PartFamily, Reset, DebugRequest, CaptureGap, BlindAccess,
)  # fmt: skip


class FlashRule(Rule):
    """A rule about the flash controller: not evaluated where no table fits."""

    consumes = CONSUMES  # type: Tuple[type, ...]

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(FlashRule, self).__init__(context, bus)
        self.controller = Controller(context)

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Follow the controller, then judge."""
        self.controller.feed(record)
        return self.judge(record)

    def judge(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge by the state of the controller after `record`."""
        raise NotImplementedError

    def missing(self) -> 'Tuple[str, ...]':
        """Return 'family' where neither the part nor the user told which table counts."""
        registers = self.controller.registers
        known = registers.is_known or registers.part.family is not None
        return () if known else ('family',)


def status_read(record: 'Any') -> 'bool':
    """Tell whether `record` is a read of SR whose value can be trusted."""
    return (
        isinstance(record, PeripheralAccess)
        and record.register == PREFIX + 'SR'
        and not record.write
        and record.outcome == OK
    )


def lasting(work: 'Work') -> 'str':
    """Return the operation whose longest time counts for this work."""
    return operation_time.MASS_ERASE if work.erases else LASTS[work.kind]


def longest_of(controller: 'Controller', work: 'Work') -> 'Optional[Longest]':
    """Return the longest time of a work in the table of the part; None where that is not known."""
    return operation_time.longest(controller.part, lasting(work), 1)


def stuck_after(controller: 'Controller', work: 'Work') -> 'float':
    """Return the seconds of BSY beyond which the controller hangs."""
    return operation_time.stuck_after(controller.context, controller.part, lasting(work))


def overdue_after(controller: 'Controller', work: 'Work') -> 'Optional[float]':
    """Return the seconds after which BSY should be clear; None where the part is not known."""
    return operation_time.overdue_after(controller.part, lasting(work))
