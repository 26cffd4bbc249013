"""UART lines in numbers: runs of errors, and the sum of it all.

What rules see of lines that carry words by the million. A word that the end of the data cuts off takes
no part in it: that its stop bit is missing is no fault of the line.
"""

from ..machine import TRANSACTION, Machine
from .uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    ERRORS,
    RUN_MARKS,
    TRUNCATED,
    UartErrors,
    UartGlitch,
    UartStats,
    UartWord,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Union  # novm

    Said = Union[UartErrors, UartStats]


class UartMonitor(Machine):
    """Counts what happens on the lines of one bus."""

    protocols = ('uart',)
    consumes = (UartWord, UartGlitch)
    produces = (UartErrors, UartStats)
    phase = TRANSACTION

    def __init__(self, context: 'Any', bus: 'str' = '') -> 'None':
        super(UartMonitor, self).__init__(context, bus)
        self._lines = {}  # type: Dict[str, _Line]

    def feed(self, record: 'Any') -> 'Iterable[Said]':
        """Return what a word decides: the run of errors that it ends or prolongs."""
        line = self._lines.get(record.line)
        if line is None:
            line = self._lines[record.line] = _Line(self.bus, record.line)
        if type(record) is UartGlitch:
            line.glitches += 1
            return ()
        if not record.flags:
            said = line.end_run() if line.run else ()
            if not line.words:
                line.start = record.start
            line.words += 1
            line.end = record.end
            return said
        return () if record.flags & TRUNCATED else line.wrong(record)

    def finish(self, end: 'int') -> 'Iterable[Said]':
        """End the runs, and sum up each line that had words."""
        said = []  # type: List[Said]
        for name in sorted(self._lines):
            said.extend(self._lines[name].end_run())
            said.extend(self._lines[name].stats())
        return said


class _Line(object):
    """One line; run: start, end, flags, value, count, words before."""

    def __init__(self, bus: 'str', name: 'str') -> 'None':
        self._bus = bus
        self._name = name
        self.start = 0
        self.end = 0
        self.words = 0
        self.glitches = 0
        self.run = []  # type: List[int]
        self._kinds = {BAD_PARITY: 0, BAD_STOP: 0, BREAK: 0}
        self._since_run = 0  # words when the last run ended

    def wrong(self, word: 'UartWord') -> 'List[Said]':
        """Take a word with an error."""
        if not self.words:
            self.start = word.start
        self.words += 1
        self.end = word.end
        for kind in self._kinds:
            if word.flags & kind:
                self._kinds[kind] += 1
        if not self.run:
            before = self.words - 1 - self._since_run
            self.run = [word.start, word.end, 0, word.value, 0, before]
        run = self.run
        run[1] = word.end
        run[2] |= word.flags & ERRORS
        run[4] += 1
        return [self._told(False)] if run[4] in RUN_MARKS else []

    def end_run(self) -> 'List[Said]':
        """Return the run that is over, if there is one."""
        if not self.run:
            return []
        told = self._told(True)
        self._since_run = self.words
        self.run = []
        return [told]

    def stats(self) -> 'List[Said]':
        """Return the sum, none of a line without words."""
        if not self.words:
            return []
        kinds = self._kinds
        return [
            UartStats(
                self.start, self.end, self._bus, self._name, self.words, kinds[BAD_PARITY],
                kinds[BAD_STOP], kinds[BREAK], self.glitches,
            )
        ]  # fmt: skip

    def _told(self, over: 'bool') -> 'UartErrors':
        start, end, flags, value, count, before = self.run
        return UartErrors(
            start, end, self._bus, self._name, flags, value, count, before, over
        )  # fmt: skip


MACHINES = (UartMonitor,)
