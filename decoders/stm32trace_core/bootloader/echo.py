"""Bytes that appear on the other line of a UART too: an echoing adapter, or one wire on both channels.

A byte of the loader is never the same as one that the host sends at that very time, but its status may equal
the last byte of the host's frame: so bytes that equal a status count as echo only where all bytes before them
came back.
"""

from collections import deque

from ..wire.uart import RX, TX
from .commands import STATUS
from .records import ECHO_MARKS, UART, LocalEcho

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Dict, List  # novm

    from ..wire.uart import UartWord

OTHER_LINE = {TX: RX, RX: TX}
LATEST = 1.25  # word lengths after the byte: a byte that came back begins no later
PROVEN = 3  # so many bytes that came back, and those that look like a status are taken for echo too
SHARE = 0.95  # of a line's bytes that have to come back. Source: rules.md UART007
OPEN = 4  # bytes that may still come back: an adapter is late by one at most
BYTE = 0xFF


class _Line(object):
    """What was said on one line, and how much of it came back on the other."""

    def __init__(self) -> 'None':
        self.open = deque(maxlen=OPEN)  # type: Deque[UartWord]
        self.words = 0
        self.came_back = 0
        self.first = 0  # start of the first byte that came back
        self.last = 0  # end of the last one

    @property
    def is_proven(self) -> 'bool':
        return self.came_back >= PROVEN and self.came_back >= SHARE * (self.words - len(self.open))


class EchoFilter(object):
    """Tells which words of two lines are echo."""

    def __init__(self, bus: 'str') -> 'None':
        self._bus = bus
        self._lines = {}  # type: Dict[str, _Line]

    def is_echo(self, word: 'UartWord') -> 'bool':
        """Take the next word of either line; tell whether it repeats one of the other line."""
        lines = self._lines
        own = lines.get(word.line)
        if own is None:
            own = lines[word.line] = _Line()
        if len(lines) > 1:
            other = lines[OTHER_LINE[word.line]]
            if other.open and self._repeats(word, other):
                return True
        own.words += 1
        own.open.append(word)
        return False

    @staticmethod
    def _repeats(word: 'UartWord', other: '_Line') -> 'bool':
        latest = LATEST * (word.end - word.start)
        while other.open and word.start - other.open[0].start > latest:
            other.open.popleft()
        if not other.open or other.open[0].value != word.value:
            return False
        sent = other.open[0]
        at_once = word.start < sent.end - (sent.end - sent.start) // 2
        if not at_once and word.value & BYTE in STATUS[UART] and not other.is_proven:
            return False
        other.open.popleft()
        other.first = other.first if other.came_back else word.start
        other.came_back += 1
        other.last = word.end
        return True

    def is_marked(self, host: 'str') -> 'bool':
        """Tell whether it is time to tell of the echo of what is said on the line `host`."""
        line = self._lines.get(host)
        return line is not None and line.is_proven and line.came_back in ECHO_MARKS

    def told(self, host: 'str', on: 'str') -> 'List[LocalEcho]':
        """Return what came back on the line `on` of what was said on `host`, if most of it did."""
        line, back = self._lines.get(host), self._lines.get(on)
        if line is None or not line.is_proven:
            return []
        answers = 0 if back is None else back.words
        return [
            LocalEcho(line.first, line.last, self._bus, on, line.words, line.came_back, answers)
        ]
