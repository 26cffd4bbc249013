"""What the bootloader's commands did to the part, and the windows in which something is pending.

    consumes  BootStatus, BootCommand and DeviceIdentified of one bus; LevelChange, CaptureGap
    produces  FlashOperation, OptionChange at the end of a command; Window when it opens and ends

An erase or a write is pending from the end of the frame that orders it to the final status. Option
bytes count as being programmed from the ACK of the opcode: from there on nothing may reset the part
or drop its supply (RM0444 3.4.2). Order of events: AN3155 and AN4221 (work, final ACK, system
reset); Open Bootloader acknowledges Readout Unprotect twice before the work
(STMicroelectronics/stm32-mw-openbl Modules/I2C/openbl_i2c_cmd.c).
"""

from ..bootloader.commands import GO, command_named
from ..bootloader.records import (
    ACK,
    BAD_CHECKSUM,
    BUSY,
    COMMAND,
    INCOMPLETE,
    OK,
    REFUSED,
    RESET,
    UNHEARD,
    BootCommand,
    BootStatus,
    DeviceIdentified,
)
from ..devices import family_named, find_device
from ..lines import CaptureGap, LevelChange
from ..machine import OPERATION, Machine
from .orders import (
    CHANGES,
    OWN_RESET_S,
    RESTART_S,
    UNPROTECTING,
    begun,
    change_of,
    flash_range,
    operations_of,
    option_ranges,
    window_of,
)
from .records import (
    CLOSED,
    CUT,
    DONE,
    FAILED,
    INTERRUPTED,
    OPEN,
    OPTION_PROGRAMMING,
    RESTART_EXPECTED,
    UNKNOWN,
    FlashOperation,
    OptionChange,
    Window,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ..context import Context

    Made = Union[FlashOperation, OptionChange, Window]

# Erasing takes longer on every family, so a final ACK that comes sooner was sent before the work.
# Source: data sheets, flash memory characteristics: 3.2 ms a page on L0 and L1, 20 ms and more
# elsewhere.
WORK_BEFORE_ACK_S = 0.003

OUTCOMES = {OK: DONE, REFUSED: FAILED, RESET: INTERRUPTED}

# How a command's outcome ends its window; the others leave it open.
ENDINGS = {
    OK: (CLOSED, '; final ACK'),
    REFUSED: (CLOSED, '; refused'),
    BAD_CHECKSUM: (CLOSED, '; bad checksum'),
    INCOMPLETE: (CLOSED, '; frame incomplete'),
    RESET: (CUT, '; the part was reset'),
}

NRST_ROLE = 'nrst'
CUTTING = {NRST_ROLE: '; NRST fell', 'vdd': '; the supply fell'}


class _Pending(object):
    """A window, and what its end depends on."""

    def __init__(self, window: 'Window', target: 'int', command_start: 'int') -> 'None':
        self.window = window
        self.target = target
        self.command_start = command_start
        self.acked = False  # the final ACK was seen: a restart is the normal end
        self.fell = -1  # where NRST fell after that
        self._opened = window.text

    @property
    def is_open(self) -> 'bool':
        return self.window.state == OPEN

    def end(self, state: 'str', end: 'int', why: 'str') -> 'Window':
        """Return the window with another end."""
        end = max(end, self.window.start)
        self.window = self.window._replace(state=state, end=end, text=self._opened + why)
        return self.window


class BootOperations(Machine):
    """Follows what the loaders of one bus do to their parts."""

    protocols = ('i2c', 'uart')
    consumes = (BootCommand, BootStatus, DeviceIdentified, LevelChange, CaptureGap)
    produces = (FlashOperation, OptionChange, Window)
    phase = OPERATION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(BootOperations, self).__init__(context, bus)
        self._pending = []  # type: List[_Pending]
        self._options = {}  # type: Dict[Tuple[int, str], str]  # (target, name) -> value asked for
        self._ranges = option_ranges(context.family)
        self._flash = flash_range(family_named(context.family) if context.family else None)

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Return what a command, a status or a slow line decides."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """Emit the windows that are still open, with their true end."""
        return self._stop(end)

    def _stop(self, end: 'int') -> 'List[Made]':
        pending, self._pending = self._pending, []
        return [one.end(OPEN, end, '') for one in pending if one.is_open]

    def _gap(self, gap: 'CaptureGap') -> 'List[Made]':
        return self._stop(gap.start)

    def _device(self, device: 'DeviceIdentified') -> 'List[Made]':
        known = find_device(device.dev_id)
        if known is not None:
            self._ranges = known[0].options.memory_ranges
            self._flash = flash_range(*known)
        return []

    # Statuses open windows before their command has ended.

    def _status(self, status: 'BootStatus') -> 'List[Made]':
        if status.status == BUSY and status.step != COMMAND:
            return self._busy(status)
        if status.step == COMMAND and status.status == ACK and status.opcode in CHANGES:
            text = command_named(status.opcode) + ' accepted'
            window = self._open(status.opcode, OPTION_PROGRAMMING, status.end, text)
            return self._add(_Pending(window, status.target, status.command_start))
        return []

    def _busy(self, status: 'BootStatus') -> 'List[Made]':
        found = self._of(status.target, status.command_start)
        if found is not None:
            if found.is_open:
                return []
            return [found.end(OPEN, status.end, '; BUSY after the final ACK')]
        kind = window_of(status.opcode, status.address, self._ranges, self._flash)
        if not kind:
            return []
        text = command_named(status.opcode) + ' ordered'
        window = self._open(status.opcode, kind, status.due, text)
        return self._add(_Pending(window, status.target, status.command_start))

    def _open(self, opcode: 'int', kind: 'str', start: 'int', text: 'str') -> 'Window':
        return Window(start, start, self.bus, kind, OPEN, opcode, text)

    def _add(self, one: '_Pending') -> 'List[Made]':
        """Return a new window, after the ends of those before it on the same target."""
        name = command_named(one.window.opcode)
        made = self._retire(one.target, one.command_start, name + ' was accepted')
        self._pending.append(one)
        return made + [one.window]

    def _retire(self, target: 'int', command_start: 'int', by: 'str') -> 'List[Made]':
        """End what is pending from earlier commands: a loader does one thing at a time."""
        earlier = [
            one
            for one in self._pending
            if one.target == target and one.command_start < command_start
        ]
        self._pending = [one for one in self._pending if one not in earlier]
        return [one.end(CLOSED, command_start, '; then ' + by) for one in earlier if one.is_open]

    def _of(self, target: 'int', command_start: 'int') -> 'Optional[_Pending]':
        for one in self._pending:
            if one.target == target and one.command_start == command_start:
                return one
        return None

    # A command has ended.

    def _command(self, command: 'BootCommand') -> 'List[Made]':
        made = self._served(command)
        start = begun(command)
        if start >= 0:
            made += self._operations(command, start)
        made += self._windows(command, start)
        if command.opcode == GO and command.outcome == OK:
            made += self._restart(command)
        return made

    def _served(self, command: 'BootCommand') -> 'List[Made]':
        """A loader that serves another command to the end has nothing pending from earlier ones."""
        if command.outcome != OK or command.opcode < 0:
            return []
        return self._retire(command.target, command.start, command.name + ' was served')

    def _operations(self, command: 'BootCommand', start: 'int') -> 'List[Made]':
        outcome = OUTCOMES.get(command.outcome, UNKNOWN)
        made = [
            FlashOperation(
                start, command.end, self.bus, kind, command.opcode, command.address,
                command.length, command.pages, command.data, outcome,
            )
            for kind in operations_of(command, self._ranges)
        ]  # type: List[Made]  # fmt: skip
        change = change_of(command, self._ranges)
        if change is not None and outcome == DONE:
            name, new = change
            old = self._options.get((command.target, name), '')
            self._options[command.target, name] = new
            made.append(OptionChange(command.start, command.end, self.bus, name, old, new))
        return made

    def _windows(self, command: 'BootCommand', start: 'int') -> 'List[Made]':
        """Open the command's window if no status did, and end it if the command tells its end."""
        made = []  # type: List[Made]
        if command.outcome == UNHEARD:
            return made  # it may have ended well long ago
        found = self._of(command.target, command.start)
        if found is None:
            kind = window_of(command.opcode, command.address, self._ranges, self._flash)
            if command.opcode in CHANGES:
                start = command.accepted_at if command.accepted else -1
            if not kind or start < 0:
                return []
            window = self._open(command.opcode, kind, start, command.name + ' ordered')
            found = _Pending(window, command.target, command.start)
            made = self._add(found)
        if command.outcome == OK and found.window.kind == OPTION_PROGRAMMING:
            return made + self._acknowledged(found, command)
        if command.outcome in ENDINGS:
            self._pending.remove(found)
            state, why = ENDINGS[command.outcome]
            made.append(found.end(state, command.end, why))
        return made

    def _acknowledged(self, one: '_Pending', command: 'BootCommand') -> 'List[Made]':
        """The final ACK of an option command: the part's own reset is the normal end."""
        one.acked = True
        made = []  # type: List[Made]
        if not self._answers_first(command):
            made.append(one.end(CLOSED, command.end, '; final ACK'))
        return made + self._restart(command)

    def _answers_first(self, command: 'BootCommand') -> 'bool':
        """Tell whether the final ACK came before the work, as from Open Bootloader."""
        if command.opcode not in UNPROTECTING or command.busy_count or not self.context.sample_rate:
            return False
        return not self.context.longer(command.end - command.accepted_at, WORK_BEFORE_ACK_S)

    def _restart(self, command: 'BootCommand') -> 'List[Made]':
        """Return the window of an expected restart; its end is known beforehand where times are."""
        text = 'final ACK of ' + command.name
        window = self._open(command.opcode, RESTART_EXPECTED, command.end, text)
        length = self.context.samples(self.context.limit('RESTART_S', RESTART_S))
        if length is None:
            self._pending.append(_Pending(window, command.target, command.start))
            return [window]
        end = command.end + length
        if self.context.stop is not None:
            end = max(command.end, min(end, self.context.stop))
        return [window, window._replace(end=end, state=CLOSED)]

    # Slow lines.

    def _level(self, change: 'LevelChange') -> 'List[Made]':
        if change.role not in CUTTING:
            return []
        if change.value:
            return self._rose(change.start) if change.role == NRST_ROLE else []
        made = []  # type: List[Made]
        for one in [one for one in self._pending if one.window.kind != RESTART_EXPECTED]:
            if one.acked and change.role == NRST_ROLE and self._is_near(one, change.start):
                one.fell = change.start  # its width will show whose reset this is
            else:
                self._pending.remove(one)
            if one.is_open:
                made.append(one.end(CUT, change.start, CUTTING[change.role]))
        return made

    def _is_near(self, one: '_Pending', sample: 'int') -> 'bool':
        restart_s = self.context.limit('RESTART_S', RESTART_S)
        return one.is_open or not self.context.longer(sample - one.window.end, restart_s)

    def _rose(self, sample: 'int') -> 'List[Made]':
        """NRST rises: a pulse of the part's own width, after the final ACK, is the normal end."""
        made = []  # type: List[Made]
        for one in [one for one in self._pending if one.fell >= 0]:
            self._pending.remove(one)
            width = self.context.seconds(sample - one.fell)
            if width is None or self._is_own(width):
                made.append(one.end(CLOSED, sample, '; the part restarted'))
        return made

    def _is_own(self, width: 'float') -> 'bool':
        """Tell whether a part that resets itself pulls NRST low for so many seconds."""
        limit = self.context.limit
        shortest = limit('OWN_RESET_MINIMUM_S', OWN_RESET_S[0])
        return shortest <= width <= limit('OWN_RESET_MAXIMUM_S', OWN_RESET_S[1])


_HANDLERS = {
    BootStatus: BootOperations._status,
    BootCommand: BootOperations._command,
    DeviceIdentified: BootOperations._device,
    LevelChange: BootOperations._level,
    CaptureGap: BootOperations._gap,
}  # type: Dict[type, Callable[[BootOperations, Any], List[Made]]]


MACHINES = (BootOperations,)
