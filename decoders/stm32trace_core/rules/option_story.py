"""A command that changes option bytes, what was known before it, and what came after it."""

from ..bootloader.records import BootCommand, LoaderInfo
from ..lines import POWER, CaptureGap, LevelChange, Reset
from ..wire.i2c import I2cTransfer
from .absence import Absence
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
    nobody acknowledged. is_cut_short: samples are missing after all this. A gap in the capture ends
    a story: what follows belongs to `sequel`.
    """

    def __init__(self, context: 'Context', bus: 'str') -> 'None':
        self.bus = bus
        self._context = context
        self._begin = context.start  # of what is known, without a gap
        self._absence = Absence(context)  # for what BOOT0 says
        self.is_cut_short = False
        self.options = OptionCommands(context)
        self.part = self.options.part
        self._protection = Protection(self.part)
        self.before = None  # type: Optional[Evidence]
        self.reset = None  # type: Optional[Reset]
        self.first = None  # type: Optional[I2cTransfer]
        self.last = None  # type: Optional[I2cTransfer]
        self.attempts = 0

    def feed(self, record: 'Any') -> 'None':
        """Take the next record of this bus, a Reset or a LevelChange."""
        if isinstance(record, I2cTransfer):
            self._transfer(record)
        elif isinstance(record, LevelChange):
            self._absence.feed(record)
        elif isinstance(record, Reset):
            self._absence.feed(record)
            self._reset(record)
        elif isinstance(record, LoaderInfo):
            self._protection.tell(record)
        else:
            before = self.options.last
            self.options.feed(record)
            if self.options.last is not before and self.options.last is not None:
                self._tell_before(self.options.last)
            if isinstance(record, BootCommand):
                self._protection.judge(record)

    @property
    def is_to_application(self) -> 'bool':
        """BOOT0 makes the part start its application: its silence means nothing."""
        return self._absence.is_to_application

    def sequel(self, gap: 'CaptureGap') -> 'OptionStory':
        """Return the story after a gap: of the same part, of which nothing else is known."""
        story = OptionStory(self._context, self.bus)
        story._begin = gap.end
        story._absence = self._absence
        if self.part.identified is not None:
            story.part.identify(self.part.identified)
        return story

    def _tell_before(self, command: 'OptionCommand') -> 'None':
        self.reset = self.first = self.last = None
        self.attempts = 0
        self._absence.begin()
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
        return Evidence(self._begin, command.start, text)

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
