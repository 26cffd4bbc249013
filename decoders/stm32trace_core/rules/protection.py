"""What the loader's answers tell of read-out protection.

While the part is read protected (RDP level 1), the loader refuses every command that touches the
memory with NACK to the opcode; Get, Get Version, Get ID and Readout Unprotect it answers.
Source: AN3155 and AN4221, note on read protection; bootloader/commands.py says which are gated.
"""

from ..bootloader.commands import (
    COMMANDS,
    ERASE,
    EXTENDED_ERASE,
    NS_EXTENDED_ERASE,
    NS_READOUT_UNPROTECT,
    NS_WRITE_MEMORY,
    READ_MEMORY,
    READOUT_UNPROTECT,
    RESYNC,
    WRITE_MEMORY,
)
from ..bootloader.records import ACK, ADDRESS, BAD_COMPLEMENT, COMMAND, NACK, UART
from .frames import step_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Tuple  # novm

    from ..bootloader.records import BootCommand, BootStatus, LoaderInfo
    from .part import Part

# What is known of the level.
UNKNOWN = 'unknown'
OPEN = 'open'  # an access to flash was acknowledged: level 0
REFUSED = 'refused'  # a gated command was refused at its opcode

ENOUGH_REFUSALS = 2  # one alone can be noise. Source: rules.md BLP004, guard
KEPT_REFUSALS = 3

ACCESSES = (READ_MEMORY, WRITE_MEMORY, NS_WRITE_MEMORY)
ERASES = (ERASE, EXTENDED_ERASE, NS_EXTENDED_ERASE)
UNPROTECTS = (READOUT_UNPROTECT, NS_READOUT_UNPROTECT)


def is_refused(command: 'BootCommand') -> 'bool':
    """Tell whether a valid command was answered NACK at once; 0xFF, sent to get one, is none."""
    return (
        bool(command.steps)
        and command.steps[0].name == COMMAND
        and command.steps[0].status == NACK
        and command.outcome != BAD_COMPLEMENT
        and command.opcode != RESYNC
    )


def is_gated(opcode: 'int') -> 'bool':
    """Tell whether read-out protection makes the loader refuse this command."""
    return opcode in COMMANDS and COMMANDS[opcode].gated_by_rdp


def begins_unprotect(status: 'BootStatus') -> 'bool':
    """Tell whether this status accepts Readout Unprotect: from here on the part erases itself."""
    return status.opcode in UNPROTECTS and status.step == COMMAND and status.status == ACK


class Protection(object):
    """What is known of the read-out protection of one part.

    offered: opcodes that Get lists. level: UNKNOWN, OPEN or REFUSED. access: the last command that
    proves OPEN. refusals, refused: the first few commands that were refused in a row, and how many.
    """

    def __init__(self, part: 'Part') -> 'None':
        self._part = part
        self.offered = ()  # type: Tuple[int, ...]
        self.in_step = False  # a command that is always allowed was acknowledged
        self.level = UNKNOWN
        self.access = None  # type: Optional[BootCommand]
        self.refusals = []  # type: List[BootCommand]
        self.refused = 0

    @property
    def is_shown(self) -> 'bool':
        """The loader is in step and refuses what protection forbids."""
        return self.in_step and self.refused >= ENOUGH_REFUSALS

    @property
    def is_likely(self) -> 'bool':
        """One refusal of a command that Get lists: over UART each byte has its parity bit against noise."""
        return (
            self.in_step
            and self.refused == 1
            and bool(self.offered)
            and self.refusals[0].transport == UART
        )

    def tell(self, info: 'LoaderInfo') -> 'None':
        """Learn which commands the loader offers: the refusal of another one says nothing."""
        self.offered = info.commands or self.offered

    def forget(self) -> 'None':
        """The level may have changed: options rewritten, power off, or a gap in the capture."""
        self.level = UNKNOWN
        self.access = None
        self.refusals = []
        self.refused = 0

    def judge(self, command: 'BootCommand') -> 'None':
        """Learn from a command and its answers."""
        if is_refused(command):
            if is_gated(command.opcode) and self.offers(command.opcode):
                self._refuse(command)
        elif command.accepted:
            self._accept(command)

    def offers(self, opcode: 'int') -> 'bool':
        """Tell whether Get lists the command; True where Get was not seen."""
        return not self.offered or opcode in self.offered

    def _refuse(self, command: 'BootCommand') -> 'None':
        self.level = REFUSED
        self.access = None
        self.refused += 1
        if len(self.refusals) < KEPT_REFUSALS:
            self.refusals.append(command)

    def _accept(self, command: 'BootCommand') -> 'None':
        if not is_gated(command.opcode):
            self.in_step = True
        elif self.level == REFUSED:
            self.forget()
        if command.opcode in COMMANDS and COMMANDS[command.opcode].changes_options:
            self.forget()
        elif self._touches_flash(command):
            self.level, self.access = OPEN, command

    def _touches_flash(self, command: 'BootCommand') -> 'bool':
        """Tell whether the loader let the host at the flash, and not at RAM only."""
        if command.opcode in ERASES:
            return any(step.status == ACK for step in command.steps[1:])
        address = step_named(command, ADDRESS)
        return (
            command.opcode in ACCESSES
            and address is not None
            and address.status == ACK
            and command.address is not None
            and self._part.has_in_flash(command.address)
        )
