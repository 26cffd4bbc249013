"""When a target on I2C may be absent with nothing wrong: in reset, starting, or sent away by Go."""

from ...bootloader.commands import GO
from ...bootloader.records import OK, BootCommand
from ...flash.records import OPEN, RESTART_EXPECTED, Window
from ...lines import LevelChange
from ..naming import command_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union  # novm

    from ...context import Context

# How long a part may take from a reset to the first acknowledge of its loader. Source: chrome-ec
# util/stm32mon.c waits 100 ms after a command that resets the part; ST states no maximum for I2C.
RESTART_S = 0.100

DOWN = 0
IS_LOW = ' is low'
NAMES = {'nrst': 'NRST', 'vdd': 'VDD'}
GO_ENDED = command_text(GO) + ' ended the loader'


class Excuses(object):
    """Follows NRST, VDD, restarts that a command announces, and Go, on one bus.

    Fed with the records of CONSUMES. Without a sample rate the end of a restart is not known: it
    excuses until the target answers again.
    """

    CONSUMES = (LevelChange, Window, BootCommand)

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self._low = [role for role in sorted(NAMES) if context.initial_levels.get(role) == DOWN]
        self._why = ''  # the restart that was last under way
        self._restarted = 0  # when it began
        self._go = None  # type: Optional[int]  # end of Go, where that was the last order

    def feed(self, record: 'Union[LevelChange, Window, BootCommand]') -> 'None':
        """Take note of what may keep the target from answering."""
        if isinstance(record, LevelChange):
            self._level(record)
        elif isinstance(record, BootCommand):
            self._go = record.end if record.opcode == GO and record.outcome == OK else None
        elif record.kind == RESTART_EXPECTED and record.state == OPEN and record.opcode != GO:
            self._why = 'restart after 0x{:02X}'.format(record.opcode)
            self._restarted = record.start

    def at(self, sample: 'int', answered: 'int') -> 'str':
        """Return why a target may be absent at `sample`, '' if it may not.

        answered: end of the last transfer that it answered, -1 for none.
        """
        if self._low:
            return ' and '.join(NAMES[role] for role in self._low) + IS_LOW
        if self._why and self._is_restarting(sample, answered):
            return self._why
        return GO_ENDED if self._go is not None and answered <= self._go else ''

    def _is_restarting(self, sample: 'int', answered: 'int') -> 'bool':
        length = self._context.samples(self._context.limit('I2C_RESTART_S', RESTART_S))
        if length is None:
            return answered <= self._restarted
        return sample < self._restarted + length

    def _level(self, change: 'LevelChange') -> 'None':
        if change.role not in NAMES:
            return
        self._low = [role for role in self._low if role != change.role]
        if change.value == DOWN:
            self._low.append(change.role)
        else:
            self._go = None
            self._why = NAMES[change.role] + ' had just risen'
            self._restarted = change.start
