"""Frames and answers that belong to no command that was seen to begin."""

from .commands import is_command_pair, status_of
from .machine import HOST_FRAME, NOTHING_DUE, ODD, STATUS, Exchange
from .records import DATA, NONE, OK, OTHER, REPLY, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List  # novm

    from .machine import Said
    from .records import BootCommand


class Stray(Exchange):
    """Frames and answers outside of any command: it began before the capture, or never."""

    def __init__(self, bus: 'str', transport: 'str', target: 'int', start: 'int') -> 'None':
        super(Stray, self).__init__(bus, transport, target, start, -1)

    @property
    def due(self) -> 'str':
        """Whatever comes."""
        if self.finished:
            return NOTHING_DUE
        return STATUS if self._waiting is not None else HOST_FRAME

    def takes(self, data: 'bytes') -> 'bool':
        """Anything but a command."""
        return not is_command_pair(data)

    def frame(self, start: 'int', end: 'int', data: 'bytes', whole: 'bool' = True) -> 'None':
        """Take any frame."""
        self._store()
        self._waiting = Step(start, end, DATA, data, NONE, -1, b'', end)
        self.end = end

    def answer(self, start: 'int', end: 'int', data: 'bytes') -> 'List[Said]':
        """Take a status if it is one, else an answer."""
        self.end = end
        if status_of(self._place[1], data[0]) == OTHER or len(data) > 1:
            self.reply(start, end, data)
            self.events.append(ODD)
            return []
        return [self._status(start, end, data[0])]

    def reply(self, start: 'int', end: 'int', data: 'bytes') -> 'None':
        """Take bytes that are no status."""
        self._store()
        self._add(Step(start, end, REPLY, b'', NONE, -1, data, self._due_since()))
        self.data = data
        self.end = end

    def _note(self, step: 'Step', status: 'str') -> 'None':
        """A byte that may be a status proves nothing."""

    def _advance(self, status: 'str') -> 'None':
        self._store()
        self.finished = True

    def close(self, outcome: 'str', end: 'int') -> 'BootCommand':
        """Return what was seen; where nothing is due, nothing is missing."""
        return super(Stray, self).close(OK if self._waiting is None else outcome, end)
