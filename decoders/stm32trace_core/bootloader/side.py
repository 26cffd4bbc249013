"""What one side of a UART said and is not yet understood."""

from ..wire.uart import BREAK
from ..wire.uart import TRUNCATED as CUT_OFF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Sequence  # novm

    from ..wire.uart import UartWord

NO_BYTE = BREAK | CUT_OFF  # words that the loader takes for no byte
BYTE = 0xFF  # of a word of 9 data bits, the ninth is the parity bit


class Side(object):
    """One side; enough: so many words of it may be understood; heard: words that were."""

    __slots__ = ('line', 'words', 'enough', 'heard')

    def __init__(self, line: 'str') -> 'None':
        self.line = line
        self.words = []  # type: List[UartWord]
        self.enough = 1
        self.heard = 0

    def pop(self, count: 'int' = 1) -> 'List[UartWord]':
        """Take the first `count` words."""
        taken = self.words[:count]
        del self.words[:count]
        self.heard += len(taken)
        return taken

    def octets(self, count: 'int' = -1) -> 'bytes':
        """Return the first `count` words as bytes, all for -1."""
        return octets(self.words if count < 0 else self.words[:count])


def octets(words: 'Sequence[UartWord]') -> 'bytes':
    """Return words as bytes."""
    return bytes([word.value & BYTE for word in words])
