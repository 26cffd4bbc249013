"""UART013 control-line-reset: the serial driver's DTR or RTS resets the part in mid-session.

What
NRST or BOOT0 changes within 5 ms of an edge of DTR or RTS, after the first ACK of a session, and
the session has not ended: a command is cut off, or commands follow without a 0x7F before them.

Why it matters
Operating systems set DTR and RTS when a port is opened or closed, or when another program asks for
its state. Where these lines lead to NRST and BOOT0, the part is reset in the middle of what it
does.

What to do
Turn the toggling off (`stty -hupcl`, flow control off in the tool), or take DTR and RTS off NRST
and BOOT0 and let the host ask for a reset in another way. If an erase or an option write was cut
off, do not reset the part again: see RST001 and BLS004.

False alarms and guards
At the beginning and the end of a session such a reset is what tools want: only one inside a session
is told. Where a 0x7F comes next, or nothing, the session had ended. Without DTR or RTS on a channel
the rule is not evaluated. Limit: UART013_NEAR_S (5e-3).

Example
  host    31 CE       loader  79
  DTR     falls; NRST falls 40 us later
Told as: "NRST fell 40 us from an edge of DTR, in the middle of a session".

Source
termios(3), HUPCL: modem lines are lowered when a port is closed.
No answer until reset is pressed [L57], https://github.com/florisla/stm32loader/issues/57
Lines for reset and boot in a loader tool [L33], https://github.com/florisla/stm32loader/pull/33
RM0444, chapter "Boot configuration": BOOT0 is taken over when NRST rises.
"""

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import ACK, NACK, RESET, UART, BootCommand, SyncAttempt
from ...lines import CaptureGap, LevelChange
from ..occurrences import Occurrences
from ..rule import HOST, LIKELY, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

NEAR_S = 5e-3
MODEM = ('dtr', 'rts')
BOOT = ('nrst', 'boot0')
DIRECTIONS = ('fell', 'rose')

TEXT = '{} {} {} from an edge of {}; expected no change inside a session'
SENTENCE = '{} {} {} from an edge of {}, in the middle of a session'
ADVICE = (
    'If an erase or an option write was cut off here: do not reset the part again before you have'
    ' read RST001 and BLS004.',
    'Turn the toggling of DTR and RTS off when the port is opened or closed (`stty -hupcl`, no'
    ' hardware flow control).',
    'Or take DTR and RTS off NRST and BOOT0.',
)


class ControlLineReset(Rule):
    """Compares edges of NRST and BOOT0 with those of DTR and RTS."""

    info = RuleInfo(
        'UART013',
        'control-line-reset',
        Severity.WARNING,
        Confidence.MEDIUM,
        HOST,
        ('uart', 'nrst|boot0', 'dtr|rts', 'sample_rate'),
        True,
        "the serial driver's DTR or RTS resets the part in mid-session",
        'termios(3): HUPCL; RM0444: boot configuration; [L57], [L33]',
        LIKELY,
    )
    consumes = (BootCommand, SyncAttempt, LevelChange, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ControlLineReset, self).__init__(context, bus)
        self._modem = None  # type: Optional[LevelChange]  # last edge of DTR or RTS
        self._boot = None  # type: Optional[LevelChange]  # last edge of NRST or BOOT0 in a session
        self._pair = None  # type: Optional[Tuple[LevelChange, LevelChange]]  # near each other
        self._is_active = False  # the loader has answered
        self._cut_at = -1  # where a command was cut off by a reset
        self._seen = Occurrences()
        self._first = ''

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Follow the session and the lines."""
        if isinstance(record, LevelChange):
            return self._level(record)
        if isinstance(record, BootCommand):
            return self._command(record)
        self._pair = None
        if isinstance(record, CaptureGap):
            self._modem = self._boot = None
            self._is_active = False
        else:
            self._is_active = record.answer in (ACK, NACK)
        return ()

    def _command(self, command: 'BootCommand') -> 'Iterable[Finding]':
        if command.transport != UART:
            return ()
        if command.outcome == RESET:
            self._cut_at = command.end
        if command.opcode == SYNCHRONIZE:
            return ()  # its SyncAttempt tells
        found = self._tell()
        self._is_active = self._is_active or command.accepted
        return found

    def _level(self, change: 'LevelChange') -> 'Iterable[Finding]':
        if change.role in MODEM:
            self._modem = change
        elif change.role in BOOT and self._is_active:
            self._boot = change
        else:
            return ()
        modem, boot = self._modem, self._boot
        if modem is None or boot is None or not self._is_near(boot, modem):
            return ()
        if self._pair is None:
            self._pair = (boot, modem)
        return self._tell() if boot.start == self._cut_at else ()

    def _is_near(self, one: 'LevelChange', other: 'LevelChange') -> 'bool':
        limit = self.context.limit('UART013_NEAR_S', NEAR_S)
        apart = abs(one.start - other.start)
        return self.context.sample_rate is not None and not self.context.longer(apart, limit)

    def _tell(self) -> 'Iterable[Finding]':
        if self._pair is None:
            return ()
        boot, modem = self._pair
        self._pair = self._boot = None
        said = (
            boot.role.upper(),
            DIRECTIONS[boot.value],
            self.time(abs(boot.start - modem.start)),
            modem.role.upper(),
        )
        start, end = min(boot.start, modem.start), max(boot.end, modem.end)
        self._seen.add(start, end, TEXT.format(*said))
        self._first = self._first or SENTENCE.format(*said)
        return (self.counted(self._seen, self._first, ADVICE),)


RULE = ControlLineReset
