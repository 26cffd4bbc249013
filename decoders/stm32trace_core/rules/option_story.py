"""A command that changes option bytes, what was known before it, and what came after it."""

from ..bootloader.records import BootCommand, LoaderInfo
from ..lines import POWER, Reset
from ..wire.i2c import I2cTransfer
from .naming import command_text, target_text
from .option_command import OptionCommands
from .protection import OPEN, REFUSED, Protection
from .rule import Evidence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional  # novm

    from ..context import Context
    from .option_command import OptionCommand


class OptionStory(object):
    """What happened to one loader around the last command that changed its part's option bytes.

    before: what is known of its read-out protection when the command came. reset: the first one
    after the command was accepted. first, last, attempts: transfers after the last status that
    nobody acknowledged.
    """

    def __init__(self, context: 'Context', bus: 'str') -> 'None':
        self.bus = bus
        self._begin_of_capture = context.start
        self.options = OptionCommands(context)
        self.part = self.options.part
        self._protection = Protection(self.part)
        self.before = None  # type: Optional[Evidence]
        self.reset = None  # type: Optional[Reset]
        self.first = None  # type: Optional[I2cTransfer]
        self.last = None  # type: Optional[I2cTransfer]
        self.attempts = 0

    def feed(self, record: 'Any') -> 'None':
        """Take the next record of this bus, or a Reset."""
        if isinstance(record, I2cTransfer):
            self._transfer(record)
        elif isinstance(record, Reset):
            self._reset(record)
        elif isinstance(record, LoaderInfo):
            self._protection.tell(record)
        else:
            before = self.options.last
            self.options.feed(record)
            if self.options.last is not before and self.options.last is not None:
                self._begin(self.options.last)
            if isinstance(record, BootCommand):
                self._protection.judge(record)

    def _begin(self, command: 'OptionCommand') -> 'None':
        self.reset = self.first = self.last = None
        self.attempts = 0
        self.before = self._known_before(command)

    def _known_before(self, command: 'OptionCommand') -> 'Evidence':
        protection = self._protection
        if protection.level == OPEN and protection.access is not None:
            access = protection.access
            what = command_text(access.opcode) + target_text(access)
            text = what + ' was acknowledged: the part was not read protected before'
            return Evidence(access.start, access.end, text)
        if protection.level == REFUSED:
            refused = protection.refusals[0]
            text = command_text(refused.opcode) + ' was refused: the part was read protected before'
            return Evidence(refused.start, refused.end, text)
        text = 'No access to the flash came before: whether the part was protected is not known'
        return Evidence(self._begin_of_capture, command.start, text)

    def _reset(self, reset: 'Reset') -> 'None':
        command = self.options.last
        if reset.cause == POWER:
            self._protection.forget()
        if command is not None and self.reset is None and reset.start >= command.accepted_at:
            self.reset = reset

    def _transfer(self, transfer: 'I2cTransfer') -> 'None':
        command = self.options.last
        if command is None or transfer.address != command.target:
            return
        if transfer.answered:
            ended = command.ended
            if ended is not None and transfer.start >= ended.end:
                self.options.forget()  # it lives
        elif transfer.start > command.last_status:
            self.first = self.first or transfer
            self.last = transfer
            self.attempts += 1
