"""RST002 unexplained-reset: NRST falls in the middle of a session, unexplained.

What
NRST falls less than 100 ms after the target's last answer, and either cuts a transfer or a command
in two, or the host goes on within another 100 ms as if nothing had happened, with a command that
does not begin a session.

Why it matters
Something resets the part that the host does not know of: the independent watchdog, the brown-out
detector, a supply that dips, a button, the control line of an adapter. The host then talks to a
loader that has forgotten everything, or to the application.

What to do
Look at VDD at the same time, on an analog channel if possible. A pulse of 20 us to 5 ms comes from
the part itself, as after a watchdog or brown-out reset; a longer one is driven from outside.
Resets at even distances are a watchdog: one that option bytes start in hardware also runs in the
loader.

False alarms and guards
A reset is explained, and nothing is reported, where
- no target has answered in the 100 ms before: a way into the bootloader;
- the last thing on the bus was refused: somebody tries to wake a mute target;
- BOOT0 changes within 50 ms before or after: the host chooses what to boot;
- a command announced a restart within 100 ms: the part pulls NRST itself;
- no command is open, and the host then pauses for 100 ms, or falls silent;
- no command is open, and a new session begins (Get, Get Version, Get ID);
- an erase, programming or option write is pending: see RST001 and BLS004.

In public SWD captures all eleven pulses begin 45 us after a system reset request by the debugger
and last 1.09 to 1.10 ms: a part drives its own NRST, and a pulse alone is no sign of trouble.
Limits: RST002_SESSION_S (0.1), RST002_BOOT0_S (0.05), RESTART_S (0.1), OWN_RESET_MAXIMUM_S
(0.005).

Example
In the data of Read Memory NRST falls for 1.1 ms; the next frame is the address of another Read.

Source
Data sheets, NRST pin characteristics (T_NRST_OUT: a reset from inside pulls NRST low for at least
20 us); chrome-ec util/stm32mon.c (100 ms after a command that restarts the part).
[DUMPS] Pulses in healthy captures,
https://github.com/sigrokproject/sigrok-dumps
"""

from ...bootloader.commands import GET, GET_ID, GET_VERSION
from ...bootloader.records import RESET, BootCommand
from ...flash.records import (
    CUT,
    ERASE_PENDING,
    OPEN,
    OPTION_PROGRAMMING,
    PROGRAM_PENDING,
    RESTART_EXPECTED,
    Window,
)
from ...lines import CaptureGap, LevelChange, Reset
from ...record import CAPTURE, NamedTuple
from ...wire.i2c import I2cTransfer
from ..limits import OWN_RESET_MAXIMUM, RESTART
from ..naming import command_text
from ..occurrences import Occurrences
from ..rule import HOST, TARGET, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

SESSION_S = 0.100  # a host that means to go on does not pause longer
BOOT0_S = 0.050  # hosts set BOOT0 and then pulse NRST, or the other way round, within this time

OPENERS = (GET, GET_VERSION, GET_ID)
# Who speaks of a reset inside a window.
OTHERS = {ERASE_PENDING: 'RST001', PROGRAM_PENDING: 'RST001', OPTION_PROGRAMMING: 'BLS004'}

ADVICE = (
    'Look at VDD around this reset, on an analog channel if possible.',
    'Find out what can pull NRST: watchdog, brown-out detector, button, supervisor, adapter'
    ' control line.',
    'Let the host synchronise again after any reset of the part: begin with Get and Get ID.',
)


class _Candidate(
    NamedTuple(
        '_Candidate',
        [
            ('fall', int),
            ('answered', int),  # end of the target's last answer
            ('cut', str),  # what the fall cut in two, '' for nothing
            ('rise', int),  # end of the pulse, -1 while not known
        ],
    )
):
    """A fall of NRST that nothing before it explains."""

    __slots__ = ()


class UnexplainedReset(Rule):
    """Follows all buses: a reset concerns every one of them."""

    info = RuleInfo(
        'RST002',
        'unexplained-reset',
        Severity.WARNING,
        Confidence.HIGH,
        TARGET,
        ('nrst', 'i2c', 'sample_rate'),
        False,
        'the part was reset in the middle of a session, and nothing in the capture says why',
        'data sheets, T_NRST_OUT; chrome-ec util/stm32mon.c; public captures [DUMPS]',
    )
    consumes = (I2cTransfer, BootCommand, Window, LevelChange, Reset, CaptureGap)
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(UnexplainedReset, self).__init__(context, bus)
        self._answered = -1  # end of the last answer of a target
        self._is_mute = False  # the last transfer was refused
        self._windows = {}  # type: Dict[Tuple[str, str, int], Window]
        self._restart = -1  # start of the last restart that a command announced
        self._boot0 = -1  # last change of BOOT0
        self._command = None  # type: Optional[BootCommand]  # the last one that a reset ended
        self._candidate = None  # type: Optional[_Candidate]
        self._seen = Occurrences()
        self._own = True  # all pulses so far are short enough for the part's own

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Take a record; a candidate is decided by what comes after it."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """A reset that cut something is told; one after which nothing came is the host's."""
        candidate, self._candidate = self._candidate, None
        if candidate is not None and candidate.cut:
            yield self._finding(candidate)

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Made]':
        """Tell what was cut before the gap; the session that went on is no longer known."""
        found = list(self.finish(gap.start))
        self._answered = self._restart = self._boot0 = -1
        self._windows.clear()
        self._command = None
        return found

    def _transfer(self, transfer: 'I2cTransfer') -> 'Iterable[Made]':
        candidate = self._candidate
        if candidate is not None and not candidate.cut:
            if transfer.start < candidate.fall:
                self._candidate = candidate._replace(cut='a transfer')
            elif self._is_paused(transfer.start - candidate.fall):
                self._candidate = None
                yield self._explained_by(candidate, 'the host pauses afterwards')
        elif candidate is not None and self._is_past(candidate, transfer.start):
            self._candidate = None
            yield self._finding(candidate)
        self._is_mute = not transfer.answered
        if transfer.answered:
            self._answered = transfer.end

    def _is_paused(self, samples: 'int') -> 'bool':
        return self.context.longer(samples, self.context.limit('RST002_SESSION_S', SESSION_S))

    def _explained_by(self, candidate: '_Candidate', by: 'str') -> 'Withdrawn':
        return self.withdrawn(candidate.fall, candidate.fall + 1, by)

    def _is_past(self, candidate: '_Candidate', sample: 'int') -> 'bool':
        """Tell whether BOOT0 can no longer explain the candidate, and its pulse has ended."""
        late = self.context.longer(
            sample - candidate.fall, self.context.limit('RST002_BOOT0_S', BOOT0_S)
        )
        return late and candidate.rise >= 0

    def _ended(self, command: 'BootCommand') -> 'Iterable[Made]':
        if command.outcome == RESET:
            self._command = command
        candidate = self._candidate
        if candidate is None or candidate.cut or command.start < candidate.fall:
            return
        self._candidate = None
        if command.opcode in OPENERS:
            yield self._explained_by(candidate, 'a new session follows')
        else:
            yield self._finding(candidate)

    def _window(self, window: 'Window') -> 'Iterable[Made]':
        if window.kind == RESTART_EXPECTED:
            self._restart = max(self._restart, window.start)
        elif window.state in (OPEN, CUT):
            self._windows[window.key] = window
        else:
            self._windows.pop(window.key, None)
        return ()

    def _reset(self, reset: 'Reset') -> 'Iterable[Made]':
        if self._candidate is not None and reset.start == self._candidate.fall:
            self._candidate = self._candidate._replace(rise=reset.end)
        return ()

    def _level(self, change: 'LevelChange') -> 'Iterable[Made]':
        if change.role == 'boot0':
            self._boot0 = change.start
            candidate = self._candidate
            if candidate is not None and not self._is_past(candidate, change.start):
                self._candidate = None
                yield self._explained_by(candidate, 'BOOT0 changes')
        elif change.role == 'nrst' and not change.value and self.context.sample_rate:
            for found in self.finish(change.start):
                yield found
            if self._is_idle(change.start):
                return
            explained = self._explained(change.start)
            if explained:
                yield self.withdrawn(change.start, change.end, explained)
            else:
                self._candidate = _Candidate(
                    change.start, self._answered, self._cut(change.start), -1
                )
            self._windows.clear()

    def _is_idle(self, fall: 'int') -> 'bool':
        """Tell whether no target was talking to its host when NRST fell."""
        return self._answered < 0 or self._is_mute or self._is_paused(fall - self._answered)

    def _explained(self, fall: 'int') -> 'str':
        """Return what explains a fall by what came before it, '' for nothing."""
        for window in self._windows.values():
            if window.kind in OTHERS and (window.state == OPEN or window.end >= fall - 1):
                return OTHERS[window.kind]
        if self._is_recent(self._restart, fall, RESTART.of(self.context)):
            return 'a command announced a restart'
        if self._is_recent(self._boot0, fall, self.context.limit('RST002_BOOT0_S', BOOT0_S)):
            return 'BOOT0 changes'
        return ''

    def _is_recent(self, event: 'int', fall: 'int', seconds: 'float') -> 'bool':
        return event >= 0 and not self.context.longer(fall - event, seconds)

    def _cut(self, fall: 'int') -> 'str':
        command = self._command
        if command is None or command.end < fall - 1:
            return ''
        return command_text(command.opcode)

    def _finding(self, candidate: '_Candidate') -> 'Finding':
        rise = max(candidate.rise, candidate.fall + 1)
        width = '' if candidate.rise < 0 else ' for ' + self.time(candidate.rise - candidate.fall)
        self._own = self._own and not self.context.longer(
            rise - candidate.fall, OWN_RESET_MAXIMUM.of(self.context)
        )
        what = 'inside ' + candidate.cut if candidate.cut else 'between two commands of one session'
        text = 'NRST low{}, {} after the last answer, {}; expected it high'.format(
            width, self.time(candidate.fall - candidate.answered), what
        )
        self._seen.add(candidate.fall, rise, text)
        sentence = 'NRST fell{} {}, and nothing in the capture explains it'.format(width, what)
        return self.counted(self._seen, sentence, ADVICE, suspect=TARGET if self._own else HOST)


_HANDLERS = {
    I2cTransfer: UnexplainedReset._transfer,
    BootCommand: UnexplainedReset._ended,
    Window: UnexplainedReset._window,
    LevelChange: UnexplainedReset._level,
    Reset: UnexplainedReset._reset,
    CaptureGap: UnexplainedReset._gap,
}  # type: Dict[type, Callable[[UnexplainedReset, Any], Iterable[Made]]]

RULE = UnexplainedReset
