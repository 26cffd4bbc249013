"""Bytes on a UART that belong to no command."""

from .records import KEPT_BYTES, UnexpectedBytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional  # novm

    from ..wire.uart import UartWord

BYTE = 0xFF


class Leftovers(object):
    """Collects what one side says out of turn, until something else happens."""

    def __init__(self, bus: 'str') -> 'None':
        self._bus = bus
        self._pending = None  # type: Optional[UnexpectedBytes]

    def add(self, word: 'UartWord', sender: 'str', opcode: 'int') -> 'List[UnexpectedBytes]':
        """Take a byte; return the bytes before it if they are another side's, or after another command."""
        pending = self._pending
        data = bytes((word.value & BYTE,))
        if pending is not None and (pending.sender, pending.opcode) == (sender, opcode):
            self._pending = pending._replace(
                end=word.end, data=(pending.data + data)[:KEPT_BYTES], count=pending.count + 1
            )
            return []
        told = self.take()
        self._pending = UnexpectedBytes(
            word.start, word.end, self._bus, word.line, sender, data, 1, opcode
        )
        return told

    def take(self) -> 'List[UnexpectedBytes]':
        """Return what was collected, and begin anew."""
        pending, self._pending = self._pending, None
        return [] if pending is None else [pending]
