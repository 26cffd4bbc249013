"""The host's frames in a bootloader command: how long they have to be, and their checksums.

Source: AN3155 and AN4221, the description of each command; the forms are those of
bootloader/commands.py.
"""

from ..bits import big_endian, checksum
from ..bootloader.commands import COMMANDS
from ..bootloader.records import COMMAND, COUNT, LENGTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ..bootloader.commands import Frame
    from ..bootloader.records import BootCommand, Step

CHECKSUM_BYTES = 1
COMMAND_FRAME_BYTES = 2  # opcode and complement
ADDRESS_FRAME_BYTES = 5  # address and checksum


def step_named(command: 'BootCommand', name: 'str') -> 'Optional[Step]':
    """Return the last step of that name, None where the command has none."""
    for step in reversed(command.steps):
        if step.name == name:
            return step
    return None


def has_good_checksum(sent: 'bytes') -> 'bool':
    """Tell whether the last byte of a frame is the checksum of those before it."""
    return len(sent) > CHECKSUM_BYTES and sent[-1] == checksum(sent[:-1])


def announced_bytes(command: 'BootCommand', number: 'int') -> 'Optional[int]':
    """Return how long the frame of step `number` has to be with its checksum, if known."""
    if command.steps[number].name == COMMAND:
        return COMMAND_FRAME_BYTES
    frame = _form(command, number)
    if frame is None:
        return None
    sent = command.steps[number].sent
    if frame.head:
        return _counted_bytes(frame, sent)
    if frame.fixed >= 0:
        return frame.fixed + CHECKSUM_BYTES
    items = _announced_items(command, number)
    return None if items is None else items * frame.unit + CHECKSUM_BYTES


def _form(command: 'BootCommand', number: 'int') -> 'Optional[Frame]':
    """Return the form of a step's frame: that of the same place and name in the command table."""
    row = COMMANDS.get(command.opcode)
    forms = () if row is None else row.steps.get(command.transport, ())
    if number < len(forms) and forms[number].name == command.steps[number].name:
        return forms[number].frame
    return None


def _counted_bytes(frame: 'Frame', sent: 'bytes') -> 'Optional[int]':
    """Return the length of a frame that begins with its own count."""
    if len(sent) < frame.head:
        return None
    count = big_endian(sent[: frame.head])
    items = 0 if count in frame.codes else count + frame.plus
    return frame.head + items * frame.unit + CHECKSUM_BYTES


def _announced_items(command: 'BootCommand', number: 'int') -> 'Optional[int]':
    """Return the number of items that an earlier frame announced for a list (pages, sectors)."""
    for step in reversed(command.steps[:number]):
        if step.name in (COUNT, LENGTH) and len(step.sent) > CHECKSUM_BYTES:
            return big_endian(step.sent[:-CHECKSUM_BYTES]) + 1
    return None
