"""What the flash controller of one bus was asked to do, and what its status said of it.

Source: reference manuals, embedded flash memory: an operation is chosen and started in CR (or by a
write to flash while CR.PG is set), SR tells its progress; a system reset clears both and sets LOCK.
"""

from ...adi.records import OK
from ...bootloader.records import DeviceIdentified
from ...cortex.records import RESET, RESUME, DebugRequest
from ...cortex.registers import AIRCR
from ...flash.records import (
    MASS_ERASE,
    OPTION_ERASE,
    OPTION_PROGRAM,
    PAGE_ERASE,
    PROGRAM,
    PartFamily,
    PeripheralAccess,
)
from ...lines import Reset
from .. import operation_time
from ..flash_registers import PREFIX, FlashRegisters
from ..part import Part
from ..rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..operation_time import Longest
    from ..rule import Finding, Withdrawn

# VECTRESET leaves the flash controller as it is. Source: DDI 0403 B3.2.6.
SYSRESETREQ = AIRCR.field('SYSRESETREQ')

ALL_BITS = 0xFFFFFFFF

# Source: the catalogue of anomalies, FLS009; 33 s is FLASH_MASS_ERASE_TIMEOUT of openocd,
# src/flash/nor/stm32f2x.c, the longest of its drivers.
STUCK_FACTOR = 3.0
STUCK_UNKNOWN_S = 33.0

ROLES = (
    ('option_erase', OPTION_ERASE),
    ('mass_erase', MASS_ERASE),
    ('page_erase', PAGE_ERASE),
)  # type: Tuple[Tuple[str, str], ...]

LASTS = {
    MASS_ERASE: operation_time.MASS_ERASE,
    PAGE_ERASE: operation_time.PAGE_ERASE,
    PROGRAM: operation_time.WRITE,
    OPTION_PROGRAM: operation_time.OPTIONS,
    OPTION_ERASE: operation_time.OPTIONS,
}
NOUNS = {
    MASS_ERASE: 'the mass erase',
    PROGRAM: 'programming',
    OPTION_PROGRAM: 'the programming of the option bytes',
    OPTION_ERASE: 'the erase of the option bytes',
}


class Work(object):
    """One thing that the controller was asked to do.

    start, end: of the write that orders it. control: that value of CR (or OPTCR).
    target: what is erased, in words; '' where that is not known.
    old, clear: error flags in SR before it that were set, and that were not; of others it is not known.
    locked: what was known of CR.LOCK.
    raised: error flags that SR showed since; fresh: those of the last read that the one before did
        not show. status: SR as read last, -1 before the first.
    first, last: the first and last read of SR, None before that.
    pause: longest time between two reads, in samples.
    """

    def __init__(
        self,
        access: 'PeripheralAccess',
        kind: 'str',
        target: 'str',
        old: 'int',
        clear: 'int',
        locked: 'Optional[bool]',
    ) -> 'None':
        self.start = access.start
        self.end = access.end
        self.control = access.value
        self.kind = kind
        self.target = target
        self.old = old
        self.clear = clear
        self.locked = locked
        self.raised = 0
        self.fresh = 0
        self.status = -1
        self.polls = 0
        self.first = None  # type: Optional[PeripheralAccess]
        self.last = None  # type: Optional[PeripheralAccess]
        self.pause = 0
        self.was_busy = False
        self.is_busy = False
        self.busy_from = access.end  # since when it is busy, of programming: as far as seen

    def read(self, access: 'PeripheralAccess', busy: 'int', errors: 'int') -> 'None':
        """Take one read of SR; `busy`, `errors`: the masks."""
        if self.last is None:
            self.first = access
        else:
            self.pause = max(self.pause, access.start - self.last.start)
        self.last = access
        self.polls += 1
        self.status = access.value
        self.fresh = access.value & errors & ~self.raised
        self.raised |= access.value & errors
        is_busy = bool(access.value & busy)
        if is_busy and not self.is_busy and self.kind == PROGRAM:
            self.busy_from = access.start
        self.is_busy = is_busy
        self.was_busy = self.was_busy or self.is_busy

    @property
    def name(self) -> 'str':
        """'the mass erase', 'the erase of sector 3'."""
        if self.kind == PAGE_ERASE:
            return 'the erase of ' + (self.target or 'a page')
        return NOUNS[self.kind]

    @property
    def waited(self) -> 'int':
        """Samples from the end of the order to the last status read."""
        return 0 if self.last is None else max(0, self.last.start - self.end)

    @property
    def busy_for(self) -> 'int':
        """Samples for which BSY has been seen set without a pause."""
        return 0 if self.last is None or not self.is_busy else self.last.start - self.busy_from


def resets(request: 'DebugRequest') -> 'bool':
    """Tell whether the host asks for a reset that reaches the flash controller."""
    return request.kind == RESET and bool(SYSRESETREQ.of(request.value))


class Controller(object):
    """Follows the registers of the flash controller on one bus.

    work: what goes on, or ended with the record fed last; None for nothing.
    locked: CR.LOCK as it must be; None where that is not known.
    """

    def __init__(self, context: 'Context') -> 'None':
        self.context = context
        self.part = Part(context)
        self.registers = FlashRegisters(self.part)
        self.work = None  # type: Optional[Work]
        self.locked = None  # type: Optional[bool]
        self._set = 0  # error flags in SR known to be set
        self._clear = 0  # and known to be clear
        self._since = 0  # end of the last reset
        self._keys = 0  # right keys in a row
        self._page_address = -1  # F1: AR

    def feed(self, record: 'Any') -> 'None':
        """Take one of `CONSUMES`."""
        if isinstance(record, PeripheralAccess):
            # What was held until the family was known may be older than the last reset.
            is_now = record.start >= self._since and record.outcome == OK
            if self.registers.see(record) and is_now:
                self._access(record)
        elif isinstance(record, DeviceIdentified):
            self.registers.identify(record)
        elif isinstance(record, PartFamily):
            self.registers.decide(record)
        elif isinstance(record, Reset) or resets(record):
            self._reset()
            self._since = record.end
        elif record.kind == RESUME:
            # What runs there may use the flash itself.
            self.locked = None
            self._set = self._clear = 0

    def _reset(self) -> 'None':
        self.work = None
        self.locked = True
        self._set = 0
        self._clear = ALL_BITS
        self._keys = 0

    def _access(self, access: 'PeripheralAccess') -> 'None':
        register = access.register[len(PREFIX) :]
        if self.work is not None and not self._goes_on(self.work):
            self.work = None
        if register == 'SR':
            self._status(access)
        elif register == 'KEYR' and access.write:
            self._key(access.value)
        elif register == 'AR' and access.write:
            self._page_address = access.value
        elif register in ('CR', 'OPTCR'):
            self._control(register, access)

    def _goes_on(self, work: 'Work') -> 'bool':
        """Tell whether a work may still be going on: programming does until PG is cleared."""
        return work.last is None or work.is_busy or work.kind == PROGRAM

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
        self._set = access.value & errors
        self._clear = ~access.value & errors

    def _key(self, value: 'int') -> 'None':
        keys = self.registers.unlock_keys
        if keys is None:
            self.locked = None
            return
        first, second = keys
        if value == second and self._keys == 1:
            self.locked = False
        self._keys = 1 if value == first else 0

    def _control(self, register: 'str', access: 'PeripheralAccess') -> 'None':
        mask = self.registers.mask
        if register == 'CR':
            self._lock(access)
        if not access.write:
            return
        kind = self._kind(register, access.value)
        if kind:
            if kind != PROGRAM or self.work is None or self.work.kind != PROGRAM:
                target = self._target(kind, access.value)
                self.work = Work(access, kind, target, self._set, self._clear, self.locked)
        elif self.work is not None and register == 'CR':
            stays = self.work.is_busy and access.value & mask('CR', 'program')
            self.work = self.work if stays else None

    def _lock(self, access: 'PeripheralAccess') -> 'None':
        """Learn from CR as read; a write can only lock."""
        lock = self.registers.mask('CR', 'lock')
        if not lock:
            return
        if not access.write:
            self.locked = bool(access.value & lock)
        elif access.value & lock:
            self.locked = True

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


CONSUMES = (PeripheralAccess, DeviceIdentified, PartFamily, Reset, DebugRequest)


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


def longest_of(controller: 'Controller', work: 'Work') -> 'Optional[Longest]':
    """Return the longest time of a work in the table of the part; None where that is not known."""
    return operation_time.longest(controller.part, LASTS[work.kind], 1)


def stuck_after(controller: 'Controller', work: 'Work') -> 'float':
    """Return the seconds of BSY beyond which the controller hangs."""
    limit = controller.context.limit
    known = longest_of(controller, work)
    family = controller.part.family
    if known is None or family is None:
        return limit('FLS009_UNKNOWN_S', STUCK_UNKNOWN_S)
    timing = family.timing
    tool_s = timing.tool_mass_erase_s if work.kind == MASS_ERASE else timing.tool_page_erase_s
    return max(tool_s or 0.0, limit('FLS009_FACTOR', STUCK_FACTOR) * known.seconds)
