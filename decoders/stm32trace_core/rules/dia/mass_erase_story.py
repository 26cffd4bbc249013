"""What is known of one bus where a mass erase over SWD did not do what it should."""

from ...bootloader.records import DeviceIdentified
from ...cortex.records import RamLoaderRun
from ...flash.records import (
    BANK_ERASE,
    DONE,
    FAILED,
    LOCK,
    MASS_ERASE,
    PAGE_ERASE,
    UNLOCK,
    AreaRefused,
    BlindAccess,
    FlashOperation,
    OptionState,
    PartFamily,
    PeripheralAccess,
)
from ..flash_registers import register_text
from ..opt.flash_roles import ERROR_FLAGS, START, FlashRoles
from ..opt.flash_roles import LOCK as LOCK_BITS
from ..opt.flash_roles import MASS_ERASE as MASS_ERASE_BITS
from ..part import Part
from ..rule import Evidence, duration_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

# Flags by which a part says that protection refused the operation; WRPRTERR is F1's name.
PROTECTION_FLAGS = frozenset(('WRPERR', 'WRPRTERR'))

RUN_FAILED = 'CMX008'
NOT_BLANK = 'FLS013'
NO_OP = 'FLS010'
GAVE_UP = 'FLS011'
STUCK = 'FLS009'
OPERATION_ERROR = 'FLS008'

MOST_SECTORS = 8  # listed by number
ERASED_RDP = 0xFF  # what an erased option byte holds


class Attempt(object):
    """One attempt at a mass erase: by registers, by a program run in RAM, or prepared and never begun.

    flags: error flags that it raised. found: the finding that says that it failed. unlocked: the controller
    was seen to be open when it was ordered; False: whether it was is not known.
    """

    def __init__(self, start: 'int', end: 'int', run: 'Optional[RamLoaderRun]' = None) -> 'None':
        self.start = start
        self.end = end
        self.run = run
        self.flags = ()  # type: Tuple[str, ...]
        self.answer = None  # type: Optional[PeripheralAccess]  # the status that showed them
        self.issued = True
        self.unlocked = False
        self.outcome = ''
        self.found = None  # type: Optional[Finding]

    @property
    def is_refused(self) -> 'bool':
        """The part itself says that protection refused it."""
        return bool(PROTECTION_FLAGS.intersection(self.flags))

    @property
    def is_stuck(self) -> 'bool':
        """The part was busy with it for far too long."""
        return self.found is not None and self.found.rule == STUCK

    @property
    def went_on(self) -> 'bool':
        """The part was busy with it, so it was not refused."""
        return self.found is not None and self.found.rule in (GAVE_UP, STUCK)


class MassEraseStory(object):
    """Collects the records and findings of one bus."""

    CONSUMES = (
        AreaRefused, BlindAccess, DeviceIdentified, FlashOperation, OptionState, PartFamily,
        PeripheralAccess, RamLoaderRun,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str') -> 'None':
        self.bus = bus
        self.context = context
        self.part = Part(context)
        self._states = []  # type: List[OptionState]  # all reads, in order of time
        self._until = None  # type: Optional[int]  # end of the attempt that is judged
        self.refused = None  # type: Optional[AreaRefused]  # first reads of flash that ended in FAULT
        self.sectors_done = []  # type: List[FlashOperation]
        self.sectors_failed = []  # type: List[FlashOperation]
        self.findings = {}  # type: Dict[Tuple[str, str, str], Finding]
        self._attempts = []  # type: List[Attempt]
        self._prepared = None  # type: Optional[Attempt]  # the mass erase bit set, not started
        self._abandoned = None  # type: Optional[Attempt]  # and cleared without a start
        self._unlocked = None  # type: Optional[Attempt]  # and nothing ordered since
        self._idle = None  # type: Optional[Attempt]  # and locked again
        self._is_unlocked = self._was_unlocked = (
            False  # seen to be, now and when an erase was ordered
        )
        self._flags = ()  # type: Tuple[str, ...]  # error flags as last seen
        self._stale = ()  # type: Tuple[str, ...]  # those that were set before the erase began
        self._status = None  # type: Optional[PeripheralAccess]  # last read of it
        self._roles = FlashRoles(self.part)

    def feed(self, record: 'Any') -> 'None':
        """Take a record of CONSUMES."""
        if isinstance(record, PeripheralAccess):
            self._access(record)
        elif isinstance(record, FlashOperation):
            self._operation(record)
        elif isinstance(record, OptionState):
            self._states.append(record)
        elif isinstance(record, RamLoaderRun):
            self._run(record)
        elif isinstance(record, AreaRefused):
            self.refused = self.refused or record
        elif isinstance(record, (DeviceIdentified, PartFamily)):
            self._roles.identify(record)
        elif record.write:
            self.forget()

    def forget(self) -> 'None':
        """Samples or addresses are missing: what was begun may have been done there."""
        self._prepared = self._unlocked = None
        self._is_unlocked = False

    def failure(self) -> 'Optional[Attempt]':
        """Return the first attempt that failed, or one that was prepared and never issued; else None.

        The options are then those that were read last before its end.
        """
        for attempt in self._attempts:
            attempt.found = self._told_of(attempt)
            if attempt.outcome == FAILED or attempt.found is not None:
                self._until = attempt.end
                return attempt
        return None if self._attempts else self._abandoned

    def success_after(self, attempt: 'Attempt') -> 'Optional[Attempt]':
        """Return a later mass erase by registers that was done; None for none."""
        for other in self._attempts:
            if other.outcome == DONE and other.start >= attempt.end and not self._told_of(other):
                return other
        return None

    def idle_unlock(self) -> 'Optional[Attempt]':
        """Return the unlocking of a flash to which nothing was ordered until it was locked; else None."""
        return None if self._attempts else self._idle

    @property
    def level(self) -> 'int':
        """Level of read-out protection as last read, -1 where it was not."""
        levels = [state.level for state in self._in_order() if state.level >= 0]
        return levels[-1] if levels else -1

    @property
    def rdp(self) -> 'int':
        """RDP byte as last read, -1 where it was not."""
        values = [state.rdp for state in self._in_order() if state.rdp >= 0]
        return values[-1] if values else -1

    @property
    def protected(self) -> 'Tuple[OptionState, ...]':
        """The option registers that protect any sector."""
        return tuple(state for state in self._in_order() if state.sectors and state.protected)

    @property
    def is_open(self) -> 'bool':
        """The options were read, and nothing is protected."""
        tells = any(state.sectors for state in self._in_order())
        return self.level == 0 and tells and not self.protected

    @property
    def is_unread(self) -> 'bool':
        """The options were not read far enough to tell whether anything is protected."""
        return self.level <= 0 and not self.protected and not self.is_open

    def longest(self) -> 'str':
        """'a mass erase takes at most 32 s (DS11853)'; '' where the part is not known."""
        family = self.part.family
        if family is None:
            return ''
        timing = family.timing
        text = 'a mass erase takes at most {} ({})'
        return text.format(duration_text(timing.mass_erase_s, 0), timing.source)

    def options_evidence(self) -> 'List[Evidence]':
        """Return what the option registers said, each once."""
        return [
            Evidence(state.start, state.end, _state_text(state))
            for state in self._in_order()
            if state.level >= 0 or state.sectors
        ]

    def attempt_evidence(self, attempt: 'Attempt') -> 'List[Evidence]':
        """Return what was ordered, what came back, and how sector erases did."""
        told = [Evidence(attempt.start, attempt.end, self._ordered(attempt))]
        if attempt.answer is not None:
            answer = attempt.answer
            text = '{} reads 0x{:08X}: {}; expected: none of them'
            name = register_text(answer.register)
            text = text.format(name, answer.value, ', '.join(attempt.flags))
            told.append(Evidence(answer.start, answer.end, text))
        for operations, how in ((self.sectors_done, 'done'), (self.sectors_failed, 'refused')):
            if operations:
                first = operations[0]
                text = '{} sector erase{} {}'.format(
                    len(operations), 's' if len(operations) > 1 else '', how
                )
                told.append(Evidence(first.start, first.end, text))
        return told

    def of(self, rules: 'Tuple[str, ...]') -> 'List[Finding]':
        """Return the findings of these rules on this bus."""
        return [found for _, found in sorted(self.findings.items()) if found.rule in rules]

    def _in_order(self) -> 'List[OptionState]':
        """Return the last state of each register before the end of the attempt; else its first one."""
        last = {}  # type: Dict[str, OptionState]
        for state in self._states:
            if self._until is None or state.start <= self._until:
                last[state.register] = state
            else:
                last.setdefault(state.register, state)
        return sorted(last.values(), key=lambda state: state.start)

    def _access(self, access: 'PeripheralAccess') -> 'None':
        roles = self._roles
        if not roles.see(access):
            return
        if not access.write:
            if roles.concerns(access, LOCK_BITS):
                self._is_unlocked = not roles.is_set(access, LOCK_BITS)
            if roles.concerns(access, ERROR_FLAGS):
                self._flags = roles.set_names(access, ERROR_FLAGS)
                self._status = access
            return
        cleared = roles.set_names(access, ERROR_FLAGS)  # by writing 1
        self._flags = tuple(flag for flag in self._flags if flag not in cleared)
        if roles.is_set(access, MASS_ERASE_BITS):
            if roles.is_set(access, START):
                self._prepared, self._stale = None, self._flags
                self._was_unlocked = self._is_unlocked
            elif self._prepared is None:
                self._prepared = self._not_issued(access)
        elif roles.concerns(access, MASS_ERASE_BITS) and self._prepared is not None:
            self._abandoned, self._prepared = self._prepared, None

    def _answer(self, attempt: 'Attempt') -> 'None':
        """Attach the status that ended an erase, if it shows errors that were not there before."""
        status = self._status
        if status is None or not attempt.start <= status.start <= attempt.end:
            return
        attempt.flags = tuple(flag for flag in self._flags if flag not in self._stale)
        attempt.answer = status if attempt.flags else None

    def _operation(self, operation: 'FlashOperation') -> 'None':
        if operation.opcode >= 0:
            return
        if operation.kind in (MASS_ERASE, BANK_ERASE):
            attempt = Attempt(operation.start, operation.end)
            attempt.outcome, attempt.unlocked = operation.outcome, self._was_unlocked
            self._attempts.append(attempt)
            self._answer(attempt)
        elif operation.kind == PAGE_ERASE:
            if operation.outcome == DONE:
                self.sectors_done.append(operation)
            elif operation.outcome == FAILED:
                self.sectors_failed.append(operation)
        if operation.kind == UNLOCK:
            self._unlocked = self._unlocked or self._not_issued(operation)
            self._is_unlocked = operation.outcome == DONE
        else:
            self._is_unlocked = self._is_unlocked and operation.kind != LOCK
            if operation.kind == LOCK and self._unlocked is not None:
                self._idle = self._unlocked
            self._unlocked = None

    def _run(self, run: 'RamLoaderRun') -> 'None':
        self._attempts.append(Attempt(run.start, run.end, run))
        self._unlocked = None

    def _told_of(self, attempt: 'Attempt') -> 'Optional[Finding]':
        """Return the finding that says that this attempt failed."""
        rules = (RUN_FAILED, NOT_BLANK) if attempt.run else (NO_OP, GAVE_UP, STUCK, OPERATION_ERROR)
        for found in self.of(rules):
            if found.start <= attempt.end and found.end >= attempt.start:
                return found
        return None

    @staticmethod
    def _not_issued(record: 'Any') -> 'Attempt':
        attempt = Attempt(record.start, record.end)
        attempt.issued = False
        return attempt

    def _ordered(self, attempt: 'Attempt') -> 'str':
        """Say what the host did, in words."""
        if not attempt.issued:
            return 'The flash is made ready for an erase, and none was ever started'
        lasted = duration_text(
            self.context.seconds(attempt.end - attempt.start), attempt.end - attempt.start
        )
        if attempt.run is not None:
            text = 'A program was run in RAM from 0x{:08X} for {}, {} reads of DHCSR; last {}'
            status = attempt.run.last_status
            last = 'none' if status < 0 else '0x{:08X}'.format(status)
            text = text.format(attempt.run.entry, lasted, attempt.run.polls, last)
        else:
            text = 'Mass erase started by register writes; it ended after ' + lasted
        longest = self.longest()
        return text + ('; ' + longest if longest else '')


def sectors_text(state: 'OptionState') -> 'str':
    """'2 of 8 sectors (0, 1)'."""
    count = len(state.protected)
    if count == state.sectors:
        return 'all {} sectors'.format(count)
    shown = ', '.join(str(number) for number in state.protected[:MOST_SECTORS])
    more = ', ...' if count > MOST_SECTORS else ''
    return '{} of {} sectors ({}{})'.format(count, state.sectors, shown, more)


def _state_text(state: 'OptionState') -> 'str':
    parts = []
    if state.rdp >= 0:
        parts.append('RDP 0x{:02X}'.format(state.rdp))
    if state.level >= 0:
        parts.append('read-out protection level {}'.format(state.level))
    if state.sectors:
        protected = sectors_text(state) if state.protected else 'no sector'
        parts.append('write protected: ' + protected)
    name = register_text(state.register)
    return '{} reads 0x{:08X}: {}'.format(name, state.value, ', '.join(parts))
