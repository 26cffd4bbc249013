"""When a target on I2C may be absent with nothing wrong.

It is in reset, it starts, Go sent it away, BOOT0 makes it start its application, or samples are
missing.
"""

from ...bootloader.commands import GO
from ...bootloader.records import OK, BootCommand
from ...flash.records import OPEN, RESTART_EXPECTED, Window
from ...lines import CaptureGap, LevelChange
from ..limits import RESTART
from ..naming import command_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union  # novm

    from ...context import Context

    Excusing = Union[LevelChange, Window, BootCommand, CaptureGap]

DOWN = 0
IS_LOW = ' is low'
NAMES = {'nrst': 'NRST', 'vdd': 'VDD'}
BOOT0 = 'boot0'
BOOT0_LOW = 'BOOT0 is low: the part is meant to start its application'
GO_ENDED = command_text(GO) + ' ended the loader'
GO_UNSEEN = 'the command that is not seen whole may be Go'
GAP = 'samples are missing since its last answer'


class Excuses(object):
    """Follows NRST, VDD, BOOT0, restarts that a command announces, Go and gaps, on one bus.

    Fed with the records of CONSUMES. Without a sample rate the end of a restart is not known: it
    excuses until the target answers again.
    """

    CONSUMES = (LevelChange, Window, BootCommand, CaptureGap)

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self._low = [role for role in sorted(NAMES) if context.initial_levels.get(role) == DOWN]
        self._why = ''  # the restart that was last under way
        self._restarted = 0  # when it began
        self._go = None  # type: Optional[int]  # end of Go, where that was the last order
        self._go_text = ''
        self._gap = -1  # end of the last gap in the capture
        self._boot0 = context.initial_levels.get(BOOT0)
        self._boot0_fell = context.start
        self._to_application = -1  # the last start, where BOOT0 was low at it

    def feed(self, record: 'Excusing') -> 'None':
        """Take note of what may keep the target from answering."""
        if isinstance(record, LevelChange):
            self._level(record)
        elif isinstance(record, CaptureGap):
            self._why, self._go, self._gap = '', None, record.end
        elif isinstance(record, BootCommand):
            self._command(record)
        elif record.kind == RESTART_EXPECTED and record.state == OPEN and record.opcode != GO:
            self._why = 'restart after 0x{:02X}'.format(record.opcode)
            self._start(record.start)

    def _command(self, command: 'BootCommand') -> 'None':
        """Go ends the loader; so may a command whose opcode the capture does not show."""
        is_unseen = command.opcode < 0
        is_go = is_unseen or (command.opcode == GO and command.outcome == OK)
        self._go = command.end if is_go else None
        self._go_text = GO_UNSEEN if is_unseen else GO_ENDED

    def at(self, sample: 'int', answered: 'int', is_loader: 'bool') -> 'str':
        """Return why a target may be absent at `sample`, '' if it may not.

        answered: end of the last transfer that it answered, -1 for none. is_loader: it was a loader
        then, so that BOOT0 decides whether it is one after a restart.
        """
        if self._low:
            return ' and '.join(NAMES[role] for role in self._low) + IS_LOW
        if self._why and self._is_restarting(sample, answered):
            return self._why
        if 0 <= answered < self._gap:
            return GAP
        if is_loader and answered >= 0 and self._is_application(answered):
            return BOOT0_LOW
        return self._go_text if self._go is not None and answered <= self._go else ''

    def _is_restarting(self, sample: 'int', answered: 'int') -> 'bool':
        length = self._context.samples(RESTART.of(self._context))
        if length is None:
            return answered <= self._restarted
        return sample < self._restarted + length

    def _is_application(self, answered: 'int') -> 'bool':
        """Tell whether BOOT0 was low at the last start, or fell where a start may be unseen."""
        return answered <= self._to_application or (
            self._boot0 == DOWN and answered <= self._boot0_fell
        )

    def _start(self, sample: 'int') -> 'None':
        self._restarted = sample
        self._to_application = sample if self._boot0 == DOWN else -1

    def _level(self, change: 'LevelChange') -> 'None':
        if change.role == BOOT0:
            self._boot0 = change.value
            if change.value == DOWN:
                self._boot0_fell = change.start
        if change.role not in NAMES:
            return
        self._low = [role for role in self._low if role != change.role]
        if change.value == DOWN:
            self._low.append(change.role)
        else:
            self._go = None
            self._why = NAMES[change.role] + ' had just risen'
            self._start(change.start)
