"""The last command to a loader that changes option bytes: accepted, at work, done.

From the ACK of its opcode on, nothing may reset the part or drop its supply (RM0444 3.4.2). After
the final ACK the part restarts itself (AN3155 and AN4221, Write Protect to Readout Unprotect).
"""

from ..bootloader.commands import COMMANDS, NS_WRITE_MEMORY, WRITE_MEMORY
from ..bootloader.records import (
    ACK,
    ADDRESS,
    BUSY,
    COMMAND,
    OK,
    BootCommand,
    BootStatus,
    DeviceIdentified,
)
from ..lines import CaptureGap
from .part import Part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional  # novm

    from ..context import Context

WRITES = (WRITE_MEMORY, NS_WRITE_MEMORY)


class OptionCommand(object):
    """One command that changes option bytes, from the ACK of its opcode on."""

    def __init__(self, status: 'BootStatus') -> 'None':
        self.opcode = status.opcode
        self.target = status.target
        self.start = status.command_start
        self.accepted_at = status.end
        self.last_status = status.end  # end of the last status that was read
        self.busy_count = 0
        self.busy_start = 0
        self.busy_end = 0
        self.ended = None  # type: Optional[BootCommand]

    @property
    def is_done(self) -> 'bool':
        """The final ACK came, and no BUSY after it."""
        return (
            self.ended is not None and self.ended.outcome == OK and self.busy_end <= self.ended.end
        )

    def hear(self, status: 'BootStatus') -> 'None':
        """Take note of a status of this command."""
        self.last_status = status.end
        if status.status == BUSY:
            self.busy_count = status.busy_count
            self.busy_start = status.busy_start
            self.busy_end = status.end


class OptionCommands(object):
    """Follows the commands to one loader; `last`: the last one that changes option bytes.

    A gap in the capture may hide the end of the command, so it is forgotten there.
    """

    def __init__(self, context: 'Context') -> 'None':
        self.part = Part(context)
        self.last = None  # type: Optional[OptionCommand]

    def feed(self, record: 'Any') -> 'None':
        """Take a BootStatus, BootCommand, DeviceIdentified or CaptureGap, and pass over others."""
        if isinstance(record, BootStatus):
            if self._begins(record):
                self.last = OptionCommand(record)
            elif self.last is not None and record.command_start == self.last.start:
                self.last.hear(record)
        elif isinstance(record, BootCommand):
            if self.last is not None and record.start == self.last.start:
                self.last.ended = record
        elif isinstance(record, DeviceIdentified):
            self.part.identify(record)
        elif isinstance(record, CaptureGap):
            self.forget()

    def forget(self) -> 'None':
        """The last command no longer matters: its target lives, or what became of it is hidden."""
        self.last = None

    def _begins(self, status: 'BootStatus') -> 'bool':
        if status.status != ACK:
            return False
        if status.step == COMMAND:
            return status.opcode in COMMANDS and COMMANDS[status.opcode].changes_options
        return (
            status.step == ADDRESS
            and status.opcode in WRITES
            and status.address is not None
            and self.part.has_in_options(status.address)
        )
