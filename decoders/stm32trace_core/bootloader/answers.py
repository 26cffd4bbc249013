"""A UART of which only the loader is heard: the answers tell some of the commands.

The loader speaks only when it is asked, so bytes without a pause are one answer, and the host's frame lies in
the pause before it. The list of Get and the product ID of Get ID show which command they answer, and that it
is a loader. Source: AN3155, Get, Get Version and Get ID commands.
"""

from ..bits import big_endian
from ..devices import find_device
from .commands import ACK_BYTE, BASIC_COMMANDS, GET, GET_ID, GET_VERSION, STATUS
from .leftovers import Leftovers
from .machine import Exchange
from .records import OK, TARGET, UART
from .side import NO_BYTE, octets
from .stray import Stray
from .sync import NO_TARGET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Sequence  # novm

    from ..context import Context
    from ..wire.uart import UartWord

PAUSE = 2  # word lengths: the shortest frame of a host has two bytes
MOST_BYTES = 512  # of one answer; what says more without a pause is no loader
WHOLE = 5  # bytes of the answers to Get Version and Get ID, with both ACKs
WEIGHT = {GET: 3, GET_ID: 2, GET_VERSION: 1}
NEEDS = 3
VERSIONS = range(0x10, 0x50)  # of the protocol, major in the upper four bits. Source: AN2606
OPTION_BYTES = b'\0\0'  # of Get Version. Source: AN3155, 3.2


class Answers(object):
    """The loader on its line, and nobody on the other one. The attributes are those of Dialogue."""

    def __init__(self, context: 'Context', bus: 'str', line: 'str', first: 'UartWord') -> 'None':
        self.certain = self.doubted = self.left = False
        self.evidence = 0
        self.needs = NEEDS
        self.host = ''
        self.target = line
        self.is_only_syncs = False
        self._bus = bus
        self._words = [first]  # of the answer that goes on
        self._overlong = False
        self._leftovers = Leftovers(bus)

    def take(self, word: 'UartWord') -> 'Sequence[Any]':
        """Return what a word decides: the answer before the pause that it ends."""
        if word.line != self.target:
            self.doubted, self.left = True, self.certain
            return ()
        if word.flags & NO_BYTE:
            return ()
        words = self._words
        said = ()  # type: Sequence[Any]
        if words and word.start - words[-1].end > PAUSE * (word.end - word.start):
            said = self._tell()
        if len(self._words) < MOST_BYTES:
            self._words.append(word)
        else:
            self._words[-1] = word
            self._overlong = True
        return said

    def reset(self, sample: 'int') -> 'List[Any]':
        """The part is reset at `sample`."""
        self.left = True
        return self.cut_off(sample)

    def cut_off(self, sample: 'int') -> 'List[Any]':
        """The data ends, or has a gap, at `sample`."""
        return self._tell() + list(self._leftovers.take())

    def _tell(self) -> 'List[Any]':
        """Return what the last bytes without a pause are."""
        words, self._words = self._words, []
        overlong, self._overlong = self._overlong, False
        if not words:
            return []
        data = octets(words)
        if overlong or data[0] not in STATUS[UART]:
            self.doubted = not self.certain
            return [told for word in words for told in self._leftovers.add(word, TARGET, NO_TARGET)]
        opcode = _command_of(data)
        said = list(self._leftovers.take())  # type: List[Any]
        if opcode < 0:
            return said + self._stray(words, data)
        self.evidence += WEIGHT[opcode]
        return said + self._command(opcode, words, data)

    def _command(self, opcode: 'int', words: 'List[UartWord]', data: 'bytes') -> 'List[Any]':
        """The answer to a command that is known by it."""
        first, last = words[0], words[-1]
        exchange = Exchange(self._bus, UART, NO_TARGET, first.start, opcode)
        exchange.frame(first.start, first.start, b'', whole=False)  # it was not heard
        said = list(exchange.answer(first.start, first.end, data[:1]))
        said += exchange.answer(words[1].start, words[-2].end, data[1:-1])
        said += exchange.answer(last.start, last.end, data[-1:])
        return said + [exchange.close(OK, last.end)]

    def _stray(self, words: 'List[UartWord]', data: 'bytes') -> 'List[Any]':
        """A status, and what may follow it, of a command that is not known."""
        stray = Stray(self._bus, UART, NO_TARGET, words[0].start)
        said = list(stray.answer(words[0].start, words[0].end, data[:1]))
        if len(data) > 1:
            stray.reply(words[1].start, words[-1].end, data[1:])
        return said + [stray.close(OK, words[-1].end)]


def _command_of(data: 'bytes') -> 'int':
    """Return the opcode of the command that is answered so, -1 where the answer does not tell."""
    if data[0] != ACK_BYTE or data[-1] != ACK_BYTE or len(data) < WHOLE:
        return -1
    if len(data) == data[1] + 4 and BASIC_COMMANDS.issubset(data[3:-1]):
        return GET
    if len(data) != WHOLE:
        return -1
    if data[1] == 1 and find_device(big_endian(data[2:4])) is not None:
        return GET_ID
    return GET_VERSION if data[1] in VERSIONS and data[2:4] == OPTION_BYTES else -1
