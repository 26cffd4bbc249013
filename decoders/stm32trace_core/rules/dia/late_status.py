"""Statuses over UART that came when nobody waited for them any more."""

from ...bootloader.commands import ACK_BYTE, SYNCHRONIZE
from ...bootloader.records import (
    ACK,
    NACK,
    TARGET,
    TIMEOUT,
    UART,
    BootCommand,
    SyncAttempt,
    UnexpectedBytes,
)
from ...lines import CaptureGap, LevelChange
from ...record import NamedTuple
from ..limits import MASS_ERASE, PAGE_ERASE, STATUS
from ..operation_time import MASS_ERASE as WHOLE
from ..operation_time import PAGE_ERASE as PAGES
from ..operation_time import deed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Union  # novm

    from ...bootloader.records import Step
    from ...context import Context

    Heard = Union[BootCommand, SyncAttempt, UnexpectedBytes, LevelChange, CaptureGap]

RESETTING = ('nrst', 'vdd')


class Late(
    NamedTuple(
        'Late',
        [
            ('command', BootCommand),
            ('due', int),  # from here on the host waited
            ('gave_up', int),  # what it did instead began here; -1 where only its silence tells
            ('start', int),  # of the status
            ('end', int),
            ('limit_s', float),  # how long hosts wait for this
        ],
    )
):
    """An ACK that came too late for the host."""

    __slots__ = ()


class LateStatus(object):
    """Follows one bus. `found`: what is certain, by opcode.

    A host shows that it has given up by sending something before the status comes, or 0x7F next after
    a status later than its limit, or nothing at all any more.
    """

    CONSUMES = (BootCommand, SyncAttempt, UnexpectedBytes, LevelChange, CaptureGap)

    def __init__(self, context: 'Context', quiet_s: 'float', answer_s: 'float') -> 'None':
        self._context = context
        self._quiet_s = quiet_s  # a host that has not given up goes on within this time
        self._answer_s = (
            answer_s  # nobody waits for less; an answer to 0x7F that comes later is none
        )
        self._late = None  # type: Optional[Late]  # the last ACK that came after the limit
        self._open = None  # type: Optional[Late]  # a status that the host did not wait for
        self.found = {}  # type: Dict[int, Late]

    def feed(self, record: 'Heard') -> 'None':
        """Take what the host does next, or what the loader says unasked."""
        _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'None':
        """Judge a host that says nothing any more."""
        late, self._late = self._late, None
        if late is not None and self._context.longer(end - late.end, self._quiet_s):
            self._add(late)

    def _add(self, late: 'Late') -> 'None':
        """Keep what is certain; a host that did not wait at all did not give up."""
        if late.gave_up < 0 or self._context.longer(late.gave_up - late.due, self._answer_s):
            self.found.setdefault(late.command.opcode, late)

    def _command(self, command: 'BootCommand') -> 'None':
        if command.transport != UART or command.opcode == SYNCHRONIZE or not command.steps:
            return
        if self._open is not None:
            if self._open.gave_up < 0:
                self._open = self._open._replace(gave_up=command.start)
            if command.accepted:
                self._open = None  # the loader was free: there is nothing to come
        self._late = None
        if command.status == TIMEOUT:
            due = _due(command.steps[-1])
            self._open = Late(command, due, -1, -1, -1, self._limit(command))
            return
        last = command.steps[-1]
        if command.status == ACK and last.status == ACK and last.due >= 0:
            limit = self._limit(command)
            if self._context.longer(last.end - last.due, limit):
                self._late = Late(command, last.due, -1, last.end - 1, last.end, limit)

    def _limit(self, command: 'BootCommand') -> 'float':
        """Return how long hosts wait for the last status of a command, in seconds."""
        what = deed(command.opcode, command.special, len(command.pages))
        if what == WHOLE:
            return MASS_ERASE.of(self._context)
        if what == PAGES:
            return len(command.pages) * PAGE_ERASE.of(self._context)
        return STATUS.of(self._context)

    def _sync(self, attempt: 'SyncAttempt') -> 'None':
        late, self._late = self._late, None
        if late is not None and attempt.start >= late.end:
            self._add(late._replace(gave_up=attempt.start))
        waiting = self._open
        if waiting is None or attempt.start < waiting.due:
            return
        if waiting.gave_up < 0:
            self._open = waiting = waiting._replace(gave_up=attempt.start)
        if attempt.answer == NACK:
            self._open = None
        elif attempt.answer == ACK:
            self._open = None
            if self._context.longer(attempt.answered_at - attempt.start, self._answer_s):
                self._add(waiting._replace(start=attempt.answered_at, end=attempt.end))

    def _unasked(self, odd: 'UnexpectedBytes') -> 'None':
        waiting = self._open
        if waiting is None or odd.start < waiting.due:
            return
        if odd.sender != TARGET:
            if waiting.gave_up < 0:
                self._open = waiting._replace(gave_up=odd.start)
            return
        if odd.data[0] == ACK_BYTE and waiting.gave_up >= 0:
            self._add(waiting._replace(start=odd.start, end=odd.end))
        self._open = None

    def _level(self, change: 'LevelChange') -> 'None':
        if change.role in RESETTING and not change.value:
            self._late = self._open = None

    def _gap(self, gap: 'CaptureGap') -> 'None':
        self._late = self._open = None


def _due(step: 'Step') -> 'int':
    """Return from where on the status that is missing was due."""
    return step.end if step.status == ACK else step.due


_HANDLERS = {
    BootCommand: LateStatus._command,
    SyncAttempt: LateStatus._sync,
    UnexpectedBytes: LateStatus._unasked,
    LevelChange: LateStatus._level,
    CaptureGap: LateStatus._gap,
}  # type: Dict[type, Callable[[LateStatus, Any], None]]
