"""Which bootloader command is under way on one I2C bus."""

from ...bootloader.records import RESET, VANISHED, BootCommand, BootStatus
from ...lines import CaptureGap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union  # novm


class Progress(object):
    """The command that is open, and the one that ended last; fed with the records of CONSUMES.

    A command counts as open from the first status that was read in it; a gap in the capture may
    hide its end.
    """

    CONSUMES = (BootStatus, BootCommand, CaptureGap)

    def __init__(self) -> 'None':
        self._open = None  # type: Optional[BootStatus]
        self.ended = None  # type: Optional[BootCommand]

    def feed(self, record: 'Union[BootStatus, BootCommand, CaptureGap]') -> 'None':
        """Take note of a status, of the end of a command, or of missing samples."""
        if isinstance(record, CaptureGap):
            self.ended = self._open = None
        elif isinstance(record, BootCommand):
            self.ended, self._open = record, None
        elif self.ended is None or record.command_start != self.ended.start:
            self._open = record

    def at(self, sample: 'int', target: 'int') -> 'int':
        """Return the opcode of the command that `target` had not ended by `sample`, -1 for none.

        A command that a reset cut off is over; one whose target vanished is not.
        """
        if self._open is not None and self._open.command_start <= sample:
            return self._open.opcode if self._open.target == target else -1
        ended = self.ended
        if ended is None or ended.target != target or sample < ended.start:
            return -1
        is_inside = sample < ended.end or ended.outcome == VANISHED
        return ended.opcode if is_inside and ended.outcome != RESET else -1
