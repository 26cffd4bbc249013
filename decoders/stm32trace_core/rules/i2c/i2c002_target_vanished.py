"""I2C002 target-vanished: a device that answered does not answer any more.

What
An address was acknowledged at least once. Later at least three attempts in a row on it are
refused, and none succeeds before the capture ends.

Why it matters
The wires worked, and something happened to the part: it was reset, lost its supply, crashed, left
the bootloader, or its option bytes now forbid to boot it. What it was doing when it last answered
tells which; the finding names that command.

What to do
Look at what was under way at the last answer, and at NRST and VDD from then on. If an erase or an
option command was pending, do not reset the part again and do not cut its supply while anything
may still be written: on a G0 an interrupted option write can lock the part for good.

False alarms and guards
Attempts while NRST or VDD is low, or in the 100 ms after one of them rose or after a command that
restarts the part, do not count, nor do any after Go, which ends the loader by order. Nor do those
on a loader whose BOOT0 was low at the last restart, or fell after its last answer: the part starts
its application. Where BOOT0 is not captured, and the last command ended well and restarts the part,
that may be so as well, and this is a warning only. A device that is no bootloader must stay away
for 100 ms: EEPROMs refuse their address for 5 to 10 ms while they write, and a capture may end just
then. A device that answers once more has not vanished; nor has one with a gap in the capture
between its last answer and the attempts. Limits: I2C002_FEWEST_REFUSED (3), I2C002_ABSENCE_S (0.1),
RESTART_S (0.1).

Example
The host polls BUSY for 41 s, the board is reset, and all 30 attempts from 300 ms after the reset
on are refused: the G071 case.

Source
UM10204 rev 7, 3.1.6; AN4221 (between commands the loader waits for its address without end);
RM0444 3.4.2 for options on G0; chrome-ec util/stm32mon.c (100 ms after a restart).
[G071] The G071 case,
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
[F723] Target resets in an erase,
https://community.st.com/t5/stm32-mcus-embedded-software/stm32f723-i2c-bootloader-no-stretch-erase-command-leads-to-long/m-p/169952/highlight/true
"""

from ...bootloader.commands import COMMANDS
from ...bootloader.records import ABANDONED, OK, RESET, VANISHED, BootCommand
from ...record import CAPTURE
from ..naming import command_text
from ..rule import TARGET, Confidence, Evidence, Rule, RuleInfo, Severity
from .addresses import AddressBook
from .excuses import BOOT0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .addresses import Attempts

FEWEST_REFUSED = 3  # in a row
# A device that is no loader must stay away longer than an EEPROM writes. Source: data sheets of
# 24xx EEPROMs, write cycle time at most 10 ms.
ABSENCE_S = 0.100

# By the outcome of the last command.
DOINGS = {
    RESET: ' after a reset in the middle of {}',
    VANISHED: ' in the middle of {}',
    ABANDONED: ' after {}, which the host gave up',
}

ADVICE = (
    'Do not reset the part and do not cut its supply while an erase or option write may be'
    ' pending.',
    'Look at NRST and VDD between the last answer and the first refusal: a fall there is the'
    ' cause.',
    'Record the next attempt from before power-up, with NRST, BOOT0 and VDD.',
    'Once nothing can be pending, see whether SWD answers: connect under reset, and only read.',
)


class TargetVanished(Rule):
    """Keeps the attempts on each address of one bus; what came of them is known at the end only."""

    info = RuleInfo(
        'I2C002',
        'target-vanished',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('i2c',),
        False,
        'an address that answered is refused from some time on, until the capture ends',
        'UM10204 rev 7, 3.1.6; AN4221; [G071], [F723]',
    )
    consumes = AddressBook.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(TargetVanished, self).__init__(context, bus)
        self._book = AddressBook(context)
        self._commands = {}  # type: Dict[int, BootCommand]  # address -> its last command

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Keep the record in the book."""
        if isinstance(record, BootCommand):
            self._commands[record.target] = record
        self._book.feed(record)
        return ()

    def finish(self, end: 'int') -> 'Iterator[Union[Finding, Withdrawn]]':
        """Judge the addresses that answered once."""
        for attempts in self._book.answering():
            if attempts.since.count >= self.context.limit('I2C002_FEWEST_REFUSED', FEWEST_REFUSED):
                if self._is_lasting(attempts):
                    yield self._vanished(attempts)
            elif attempts.excuse:
                seen = attempts.unanswered
                yield self.withdrawn(seen.start, seen.end, attempts.excuse)

    def missing(self) -> 'Tuple[str, ...]':
        """Without a sample rate a device that is no loader cannot be told from one that writes."""
        return () if self.context.sample_rate else ('sample_rate',)

    def _is_lasting(self, attempts: 'Attempts') -> 'bool':
        if self._book.is_loader(attempts):
            return True
        away = attempts.since.end - attempts.since.start
        return self.context.longer(away, self.context.limit('I2C002_ABSENCE_S', ABSENCE_S))

    def _vanished(self, attempts: 'Attempts') -> 'Finding':
        last, refused = attempts.last_answer, attempts.since
        assert last is not None
        answer = Evidence(last.start, last.end, 'the last transfer that was acknowledged')
        return self.finding(
            last.end,
            refused.end,
            '{} vanished{}: {} attempts over {} were refused, from {} after its last answer until'
            ' {}'.format(
                attempts.name,
                self._doing(attempts),
                refused.count,
                self.time(refused.end - refused.start),
                self.time(refused.start - last.end),
                'samples are missing' if refused.end <= self._book.gap else 'the capture ends',
            ),
            [answer] + refused.examples,
            ADVICE,
            key=attempts.name,
            count=refused.count,
            severity=Severity.WARNING if self._may_run_application(attempts) else None,
        )

    def _may_run_application(self, attempts: 'Attempts') -> 'bool':
        """Tell whether the last command ended well in a restart, of which BOOT0 decides."""
        command = self._commands.get(attempts.address)
        if attempts.ten_bit or command is None or BOOT0 in self.context.initial_levels:
            return False
        row = COMMANDS.get(command.opcode)
        return row is not None and row.restarts_part and command.outcome == OK

    def _doing(self, attempts: 'Attempts') -> 'str':
        """Say what the part was doing when it last answered."""
        command = None if attempts.ten_bit else self._commands.get(attempts.address)
        if command is None:
            return ''
        return DOINGS.get(command.outcome, ' after {}').format(command_text(command.opcode))


RULE = TargetVanished
