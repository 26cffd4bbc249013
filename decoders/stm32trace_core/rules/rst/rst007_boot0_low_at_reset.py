"""RST007 boot0-low-at-reset: the bootloader is called, but BOOT0 was low when NRST rose.

What
BOOT0 is low at a rise of NRST, and until the next reset the host calls a bootloader that never
answers: 0x7F or commands over UART, the loader's address over I2C.

Why it matters
The part takes BOOT0 over when NRST rises. Low means that it starts what is in its flash; the
bootloader does not run, and nobody listens to the host. Nothing is wrong with the part.

What to do
Set BOOT0 high, keep it there for some milliseconds before and after NRST rises, and call again. If
the host drives BOOT0 through a modem line, look at the line's polarity. If an erase or an option
write can be going on in the part, wait for its end before it is reset.

False alarms and guards
An answer shows that the loader runs, whatever the pin says (a blank flash, an empty check, an
option): then nothing is told. Families whose option bytes choose in place of the pin (nBOOT_SEL,
nSWBOOT0) may ignore it: a note. Without the family the confidence is medium. A host that calls
until somebody resets the part with BOOT0 high is served in the end: a note. Over I2C only an
address counts that was given with --address or that a loader had in this capture, and three
attempts. Limits: RST007_ANSWER_S (0.1; how long the end of the capture must be away to count as no
answer), RST007_I2C_ATTEMPTS (3).

Example
  BOOT0   low
  NRST    rises
  host    7F  7F  7F          loader  -
Told as: "BOOT0 was low when NRST rose, and the loader did not answer 3 calls after it: the part
starts its flash, not the bootloader".

Source
RM0444 2.5, RM0090 2.4 (boot configuration): BOOT0 is sampled when NRST rises; AN2606, boot
patterns. No answer until reset is pressed [L57], https://github.com/florisla/stm32loader/issues/57
The loader is not entered any more [EF170], http://efton.sk/STM32/gotcha/g170.html
"""

from ...bootloader.records import (
    ACK,
    I2C,
    NACK,
    NONE,
    TIMEOUT,
    UART,
    BootCommand,
    DeviceIdentified,
    SyncAttempt,
)
from ...lines import CaptureGap, LevelChange
from ...record import CAPTURE
from ...wire.i2c import I2cTransfer
from ..naming import command_text
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from ..uart.attempts import ANSWER_S, is_unanswered
from .boot_pin import NRST, BootPin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Set, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

I2C_ATTEMPTS = 3

LOW = 'BOOT0 low as NRST rises: main flash is chosen; expected high for the bootloader (AN2606)'
CALLED = '{}: no answer of a bootloader'
SENTENCE = (
    'BOOT0 was low when NRST rose, and the loader did not answer {} after it: the part starts its'
    ' flash, not the bootloader'
)
UNLESS = ', unless its option bytes choose instead of the pin ({})'
SOME_FAMILIES = 'some families have such a bit'
LATER = '; later it was reached'
ADVICE = (
    'Set BOOT0 high before NRST rises, hold it for 10 ms more, and call the loader again: wait first'
    ' if an erase or option write can be going on in the part.',
    'If BOOT0 hangs on DTR or RTS: look at the polarity, and at who sets it when the port is opened.',
    'If the part ignores the pin (nBOOT_SEL and the like in its option bytes), read the option bytes'
    ' over SWD.',
)


class Boot0LowAtReset(Rule):
    """Counts calls and answers since the last rise of NRST, on all buses together."""

    info = RuleInfo(
        'RST007',
        'boot0-low-at-reset',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('boot0', 'nrst', 'uart|i2c'),
        False,
        'the bootloader is called, but BOOT0 was low when NRST rose',
        'RM0444 2.5, RM0090 2.4: boot configuration; AN2606; [L57], [EF170]',
        YES,
    )
    consumes = (BootCommand, CaptureGap, DeviceIdentified, I2cTransfer, LevelChange, SyncAttempt)
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(Boot0LowAtReset, self).__init__(context, bus)
        self._pin = BootPin(context)
        self._loaders = set()  # type: Set[Tuple[str, int]]  # buses and I2C addresses
        self._calls = Occurrences()  # since NRST rose
        self._refused = {}  # type: Dict[Tuple[str, int], int]  # of these, I2C addresses
        self._is_answered = False
        self._told = []  # type: List[Tuple[int, Occurrences]]  # (rise of NRST, calls in vain)
        self._served = -1  # last answer

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Count a call, or begin anew with NRST."""
        _HANDLERS[type(record)](self, record)
        return ()

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Tell of all resets after which nobody answered."""
        self._close()
        return [self._tell()] if self._told else []

    def _level(self, change: 'LevelChange') -> 'None':
        if change.role == NRST:
            self._close()
        self._pin.feed(change)

    def _gap(self, gap: 'CaptureGap') -> 'None':
        self._close()
        self._pin.rise = -1

    def _close(self) -> 'None':
        """Judge the time since NRST rose."""
        enough = self.context.limit('RST007_I2C_ATTEMPTS', I2C_ATTEMPTS)
        called = self._calls.count > sum(self._refused.values()) or any(
            count >= enough for count in self._refused.values()
        )
        if called and not self._is_answered:
            self._told.append((self._pin.rise, self._calls))
        self._calls, self._refused, self._is_answered = Occurrences(), {}, False

    def _attempt(self, attempt: 'SyncAttempt') -> 'None':
        if attempt.answer in (ACK, NACK):
            self._answer(attempt.end)
        elif attempt.listening and is_unanswered(self.context, attempt, self._answer_s):
            self._call(attempt.start, attempt.end, '0x7F')

    @property
    def _answer_s(self) -> 'float':
        return self.context.limit('RST007_ANSWER_S', ANSWER_S)

    def _command(self, command: 'BootCommand') -> 'None':
        if command.transport == I2C:
            self._loaders.add((command.bus, command.target))
        if command.accepted or any(step.status != NONE for step in command.steps):
            self._answer(command.end)
        elif command.steps and self._is_unanswered(command):
            self._call(command.start, command.end, command_text(command.opcode))

    def _is_unanswered(self, command: 'BootCommand') -> 'bool':
        """Tell whether a command over UART would have been answered by now, and that be seen."""
        if command.transport != UART or not self.context.roles.issuperset(('tx', 'rx')):
            return False
        waited = command.end - command.steps[-1].due
        return command.status == TIMEOUT or self.context.longer(waited, self._answer_s)

    def _transfer(self, transfer: 'I2cTransfer') -> 'None':
        place = (transfer.bus, transfer.address)
        if transfer.ten_bit or transfer.address < 0:
            return
        if place not in self._loaders and transfer.address != self.context.address:
            return
        if transfer.answered:
            self._answer(transfer.end)
        elif self._call(transfer.start, transfer.end, '0x{:02X}'.format(transfer.address)):
            self._refused[place] = self._refused.get(place, 0) + 1

    def _call(self, start: 'int', end: 'int', what: 'str') -> 'bool':
        """Count a call after a rise of NRST with BOOT0 low."""
        if self._pin.at_rise != 0 or start < self._pin.rise:
            return False
        self._calls.add(start, end, CALLED.format(what))
        return True

    def _answer(self, sample: 'int') -> 'None':
        self._is_answered = True
        self._served = sample

    def _tell(self) -> 'Finding':
        calls = sum(seen.count for _, seen in self._told)
        rise, seen = self._told[-1]
        chooser = self._pin.chooser
        is_later = self._served > seen.end
        sentence = SENTENCE.format('the only call' if calls == 1 else '{} calls'.format(calls))
        if chooser or self._pin.family is None:
            sentence += UNLESS.format(chooser or SOME_FAMILIES)
        evidence = []  # type: List[Evidence]
        for rise, seen in self._told[:2]:
            evidence.append(Evidence(rise, rise + 1, LOW))
            evidence += seen.examples[:2]
        return self.finding(
            self._told[0][0],
            self._told[-1][1].end,
            sentence + (LATER if is_later else ''),
            evidence,
            ADVICE,
            count=len(self._told),
            severity=Severity.NOTE if chooser or is_later else None,
            confidence=Confidence.MEDIUM if self._pin.family is None else None,
        )


_HANDLERS = {
    BootCommand: Boot0LowAtReset._command,
    CaptureGap: Boot0LowAtReset._gap,
    DeviceIdentified: lambda rule, record: rule._pin.identify(record),
    I2cTransfer: Boot0LowAtReset._transfer,
    LevelChange: Boot0LowAtReset._level,
    SyncAttempt: Boot0LowAtReset._attempt,
}  # type: Dict[type, Callable[[Boot0LowAtReset, Any], None]]

RULE = Boot0LowAtReset
