"""What lies inside a session with the loader, and what only beside one.

An adapter that is opened or closed makes pulses on its line, and so does a part that is reset. They
do no harm between two sessions: a session begins with 0x7F, and ends with its last command.
"""

from collections import deque

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import BootCommand, SyncAttempt
from ...lines import CaptureGap, LevelChange
from ...record import NamedTuple
from ..limits import RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Dict, List, Optional, Tuple, Union  # novm

    from ...context import Context

    Seen = Union[BootCommand, SyncAttempt, LevelChange, CaptureGap]

MOST_HELD = 64  # further events before the next command are counted with the last one
KEPT_RESETS = 8  # of each line; an event is told a little after it happened
NAMES = {'nrst': 'NRST', 'vdd': 'VDD'}


class Event(
    NamedTuple(
        'Event', [('start', int), ('end', int), ('line', str), ('count', int), ('text', str)]
    )
):
    """Something odd on a line; `count`: how often."""

    __slots__ = ()


class Sessions(object):
    """Holds events back until it is known whether they lie inside a session.

    has_begun: a command was seen, so there is a loader on this bus.
    """

    CONSUMES = (BootCommand, SyncAttempt, LevelChange, CaptureGap)

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self._held = []  # type: List[Event]
        self._latest = {}  # type: Dict[str, Event]  # line -> the last event on it
        self._is_inside = {}  # type: Dict[str, bool]  # line -> that event lies inside a session
        self._since = 0  # where the session began that is under way
        self._active = None  # type: Optional[int]  # end of its last command so far; None: no session
        self._low = {  # slow lines that keep the part in reset -> since when
            role: context.start for role in NAMES if context.initial_levels.get(role) == 0
        }  # type: Dict[str, int]
        # [fall, rise) of these lines
        self._resets = deque(maxlen=KEPT_RESETS)  # type: Deque[Tuple[int, int, str]]
        self.has_begun = False

    def hold(self, event: 'Event') -> 'List[Event]':
        """Keep an event until a command, or the lack of one, decides.

        One with the line and start of the latest is that one, which has gone on. Returns what has
        come to it, if that is known already to lie inside a session.
        """
        latest = self._latest.get(event.line)
        if latest is not None and latest.start == event.start:
            return self._goes_on(latest, event)
        self._latest[event.line] = event
        inside = self._active is not None and self._since <= event.start < self._active
        self._is_inside[event.line] = inside
        if inside:
            return [event]
        if len(self._held) < MOST_HELD:
            self._held.append(event)
        else:
            last = self._held[-1]
            self._held[-1] = last._replace(end=event.end, count=last.count + event.count)
        return []

    def _goes_on(self, latest: 'Event', event: 'Event') -> 'List[Event]':
        if latest in self._held:
            self._held[self._held.index(latest)] = event
            self._latest[event.line] = event
            return []
        if not self._is_inside[event.line]:
            return []
        self._latest[event.line] = event
        return [event._replace(start=latest.end, count=event.count - latest.count)]

    def feed(self, record: 'Seen') -> 'List[Event]':
        """Return the events of which `record` shows that they lie inside a session."""
        if isinstance(record, LevelChange):
            self._level(record)
            return []
        if isinstance(record, CaptureGap):
            self._active = None
            return self._take(record.start, False)
        if isinstance(record, SyncAttempt):
            return self._begin(record.start)
        if record.opcode == SYNCHRONIZE:
            return []  # its SyncAttempt tells
        self.has_begun = True
        if self._active is None:
            self._since = self._active = record.start
        self._take(self._active, False)
        inside = self._take(record.end, True)
        self._active = record.end
        return inside

    def rest(self) -> 'List[Event]':
        """Return what is still held at the end of the data: beside every session, if there was one."""
        held, self._held = self._held, []
        return held

    def in_reset(self, event: 'Event') -> 'str':
        """Return the line that kept the part in reset during `event` or just before, '' if none."""
        restart = self._context.samples(RESTART.of(self._context)) or 0
        for role, fell in sorted(self._low.items()):
            if fell <= event.end:
                return NAMES[role]
        for fell, rose, role in self._resets:
            if fell <= event.end and event.start <= rose + restart:
                return NAMES[role]
        return ''

    def _level(self, change: 'LevelChange') -> 'None':
        if change.role not in NAMES:
            return
        if not change.value:
            self._low[change.role] = change.start
            self._active = None
        elif change.role in self._low:
            self._resets.append((self._low.pop(change.role), change.start, change.role))

    def _begin(self, start: 'int') -> 'List[Event]':
        """0x7F: whatever came before it since the last command is beside a session."""
        self._take(start, False)
        self._since = self._active = start
        return []

    def _take(self, before: 'int', inside: 'bool') -> 'List[Event]':
        """Drop the events that began before a sample, or return them if they lie `inside`."""
        taken = [event for event in self._held if event.start < before]
        self._held = [event for event in self._held if event.start >= before]
        for event in taken:
            if self._latest.get(event.line) == event:
                self._is_inside[event.line] = inside
        return taken if inside else []
