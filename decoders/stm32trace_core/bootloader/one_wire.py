"""A UART whose host and loader share one line: who sends a byte follows from what is due."""

from .commands import SYNCHRONIZE, status_of
from .dialogue import Dialogue
from .machine import ANSWER, HOST_FRAME, NOTHING_DUE, STATUS
from .records import OTHER, UART
from .side import BYTE, NO_BYTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence  # novm

    from ..context import Context
    from ..wire.uart import UartWord


class OneWire(Dialogue):
    """Host and loader on one line.

    What is not what the loader may send where it is its turn is the host's: it has given up.
    """

    def __init__(self, context: 'Context', bus: 'str', line: 'str', other: 'str') -> 'None':
        super(OneWire, self).__init__(context, bus, line, line)
        self._listening = line

    @property
    def _is_mute(self) -> 'bool':
        """A line that the host speaks on is heard."""
        return False

    def take(self, word: 'UartWord') -> 'Sequence[Any]':
        """Return what a word decides."""
        if word.line != self._host.line or word.flags & NO_BYTE:
            return ()
        side = self._target if self._is_targets(word) else self._host
        words = side.words
        if words and side is self._host and word.start - words[-1].end > self._pause:
            self._mark = len(words)
            side.enough = 1
        words.append(word)
        return () if len(words) < side.enough else self._settle()

    def _is_targets(self, word: 'UartWord') -> 'bool':
        """Tell whether this word is the loader's."""
        value = word.value & BYTE
        if self._sync is not None:
            if value and status_of(UART, value) == OTHER:
                self._doubt()
            return value != SYNCHRONIZE
        exchange = self._exchange
        due = NOTHING_DUE if exchange is None else exchange.due
        if due == ANSWER:
            begun = self._target.words
            return not begun or word.start - begun[-1].end <= self._pause
        if due == HOST_FRAME:
            early = exchange is not None and exchange.may_be_answered
            return early and not self._host.words and status_of(UART, value) != OTHER
        return due == STATUS and not self._host.words and status_of(UART, value) != OTHER
