"""A bootloader command over UART: whose turn it is, and what it takes what that side says for.

Nothing marks where a frame begins or ends: the command tells how many bytes are due, and from whom. Words are
kept until these are there. Sources: AN3155 rev 14, description of each command; STMicroelectronics/
stm32-mw-openbl Modules/USART/openbl_usart_cmd.c.
"""

from ..wire.uart import BAD_STOP
from .commands import GO, RESYNC, SYNCHRONIZE, is_command_pair, offered, status_of
from .contents import leaves_loader
from .leftovers import Leftovers
from .machine import ANSWER, ANSWERED, DENIED, ENDED, HOST_FRAME, ODD, PAIR, STATUS, TOLD, UNLIKE
from .records import ABANDONED, HOST, OK, OTHER, REFUSED, TARGET, UART, UNHEARD
from .side import BYTE, Side, octets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple  # novm

    from ..wire.uart import UartWord
    from .commands import Frame
    from .machine import Exchange

COMMAND_BYTES = 2

# How much what was seen weighs as evidence that a loader is spoken to here, or answers.
WEIGHT = {PAIR: 1, ANSWERED: 1, ENDED: 1, TOLD: 2}
REFUSED_WEIGHT = dict(WEIGHT)
REFUSED_WEIGHT.update({DENIED: 1, UNLIKE: 1})  # after 0x7F was acknowledged
SYNC_WEIGHT = 1
ISOLATED_SYNC_WEIGHT = 2  # answered, and nobody had said anything before

NO_RESTART, EXPECTED, SEEN = range(3)  # of the part, after a command that changes its options

MOST_UNSURE = 1100  # bytes of a frame before it is certain; a list of 512 pages has 1027


class Turns(object):
    """The command that is open between two sides.

    evidence, doubted: what speaks for there being a loader, and whether something speaks against it; nothing
    does once `certain` is set. in_step: what comes from the host begins a command, or is 0x7F. answered: a
    loader has answered since the data began or a reset. left: the part is about to run something else.
    restarting: it was told to change its options, so that it is reset and may run something else.
        NO_RESTART, EXPECTED or SEEN.
    """

    def __init__(self, bus: 'str', host: 'str', target: 'str') -> 'None':
        self.certain = self.doubted = self.left = False
        self.in_step = self.answered = False
        self.restarting = NO_RESTART
        self.evidence = 0
        self._host = Side(host)
        self._target = Side(target)
        self._exchange = None  # type: Optional[Exchange]
        self._mark = -1  # number of host words that came before a pause; -1: none did
        self._closing = False  # nothing comes after the words that are there
        self._framed = False  # a frame of more than two bytes added up
        self._odd = False  # a byte that is no status was read for the one that is due
        self._owed = -1  # opcode of the command that was given up while its status was due
        self._refused = None  # type: Optional[Tuple[int, Frame]]  # opcode, and what came next in it
        self._last_pair = -1
        self._leftovers = Leftovers(bus)

    @property
    def _is_mute(self) -> 'bool':
        """Nothing was ever heard of the target."""
        return not self._target.heard and not self._target.words

    def turn(self, said: 'List[Any]') -> 'bool':
        """Take the next piece of the open command, if it is there; tell whether it was."""
        assert self._exchange is not None
        return _TURNS[self._exchange.due](self, said)

    def _opens(self, words: 'Sequence[UartWord]') -> 'bool':
        """Tell whether the first two words are a command."""
        data = octets(words[:COMMAND_BYTES])
        if not is_command_pair(data):
            return False
        return (self.certain and self.in_step) or offered(data[0], UART) or data[0] == RESYNC

    def _doubt(self) -> 'None':
        self.doubted = self.doubted or not self.certain

    def _left_over(self, side: 'Side', sender: 'str', said: 'List[Any]') -> 'bool':
        """Take a word that belongs to nothing; of a part that restarts anything may come."""
        if self.restarting:
            side.pop()
            return True
        opcode = self._exchange.opcode if self._exchange is not None else self._owed
        said.extend(self._leftovers.add(side.pop()[0], sender, opcode))
        self._doubt()
        return True

    def _frame_due(self, said: 'List[Any]') -> 'bool':
        """The host sends a frame."""
        exchange, words = self._exchange, self._host.words
        assert exchange is not None
        if self._target.words:
            return self._early(said)
        if not words:
            return False
        if self._mark >= 0 and self._resumes():
            return self._break_off(said)
        data = octets(words)
        needed = exchange.needed(data)
        if needed is None or len(data) < needed:
            self._wait_for(needed if self._mark < 0 else None)
            return False
        if self._waits_for_more(exchange, needed):
            return False
        self._give_frame(needed)
        return True

    def _wait_for(self, needed: 'Optional[int]') -> 'None':
        """Nothing can be said before the host has sent so many bytes; None: one more."""
        self._host.enough = needed or len(self._host.words) + 1
        if self._host.enough > MOST_UNSURE:
            self._doubt()

    def _early(self, said: 'List[Any]') -> 'bool':
        """The target speaks although a frame of the host is due, or is not whole."""
        assert self._exchange is not None
        if self._host.words:
            self._give_frame(len(self._host.words))
            return True
        if self._exchange.may_be_answered:
            return self._status(said)
        return self._left_over(self._target, TARGET, said)

    def _waits_for_more(self, exchange: 'Exchange', needed: 'int') -> 'bool':
        """Tell whether a frame that does not add up may hold words that the loader did not take.

        Words with a framing error may be none for it: without these the frame may be still to come.
        """
        words = self._host.words
        if exchange.is_good(octets(words[:needed])):
            return False
        sound = [word for word in words if not word.flags & BAD_STOP]
        if len(sound) == len(words):
            return False
        if len(sound) < needed:
            return True
        if exchange.is_good(octets(sound[:needed])):
            self._host.words[:] = sound
        return False

    def _resumes(self) -> 'bool':
        """Tell whether the host begins anew after a pause inside a frame; False: it goes on with it."""
        after = self._host.words[self._mark :]
        if not after:
            return False
        begins = after[0].value & BYTE == SYNCHRONIZE
        begins = begins or (len(after) >= COMMAND_BYTES and self._opens(after))
        if not begins and len(after) >= COMMAND_BYTES:
            self._mark = -1
        return begins

    def _break_off(self, said: 'List[Any]') -> 'bool':
        """The host began a frame, paused, and begins something else."""
        words, mark = self._host.words, self._mark
        if mark:
            self._give_frame(mark, whole=mark < len(words))
        self._mark = -1
        return self._abandon(said, words[0].start if words else -1)

    def _give_frame(self, count: 'int', whole: 'bool' = True) -> 'None':
        words = self._host.pop(count)
        data = octets(words)
        assert self._exchange is not None
        if self._is_mute and whole:
            if self._exchange.is_good(data):
                self.evidence += WEIGHT[ANSWERED]
                self._last_pair = -1
                self._framed = True
            else:
                self._doubt()
        self._exchange.frame(words[0].start, words[-1].end, data, whole)
        self._odd = False

    def _status_due(self, said: 'List[Any]') -> 'bool':
        """The target answers, or the host goes on without."""
        if self._target.words:
            return self._status(said)
        return bool(self._host.words) and self._hurries(said)

    def _status(self, said: 'List[Any]') -> 'bool':
        exchange = self._exchange
        assert exchange is not None
        value = self._target.words[0].value & BYTE
        if self._odd and status_of(UART, value) == OTHER:
            return self._left_over(self._target, TARGET, said)
        following, opcode = exchange.next_frame, exchange.opcode
        self._odd = status_of(UART, value) == OTHER
        self._give_answer(1, said)
        refused = self._exchange is None and said[-1].outcome == REFUSED
        self._refused = (opcode, following) if refused and following is not None else None
        return True

    def _hurries(self, said: 'List[Any]') -> 'bool':
        """The host goes on while a status is due: the next frame of the command, or something else.

        Where the target is not heard, a block or a list of pages may begin like a command; an address does not.
        """
        exchange, words = self._exchange, self._host.words
        assert exchange is not None
        data, frame = octets(words), exchange.next_frame
        begins = data[0] == SYNCHRONIZE or self._opens(words)
        if begins and (frame is None or frame.fixed > 1 or not self._is_mute):
            return self._abandon(said)
        if len(data) < COMMAND_BYTES and not begins:
            return False
        needed = 1 if frame is None else frame.length(data, exchange.announced)
        is_over = self._mark >= 0 or self._closing
        if frame is not None and not is_over and (needed is None or len(data) < needed):
            self._wait_for(needed)
            return False
        if exchange.is_good(data[:needed]):
            self._give_frame(needed or 1)
            return True
        if begins:
            return self._abandon(said)
        if self._is_mute and frame is not None and needed is not None and len(data) >= needed:
            self._give_frame(needed)  # with a wrong checksum: whatever comes is another command
            return self._abandon(said)
        if self._mark > 0 and frame is not None:
            return self._break_off(said)
        return self._left_over(self._host, HOST, said)

    def _answer_due(self, said: 'List[Any]') -> 'bool':
        """The target sends an answer, or the host goes on without."""
        exchange, words = self._exchange, self._target.words
        assert exchange is not None
        if words:
            data = octets(words)
            needed = exchange.needed(data)
            if needed is not None and len(data) >= needed:
                self._give_answer(needed, said)
                return True
            self._target.enough = needed or len(data) + 1
        host = self._host.words
        if not host:
            return False
        if host[0].value & BYTE == SYNCHRONIZE or self._opens(host):
            if words:
                self._give_answer(len(words), said)
            return self._abandon(said)
        return len(host) >= COMMAND_BYTES and self._left_over(self._host, HOST, said)

    def _give_answer(self, count: 'int', said: 'List[Any]') -> 'None':
        """Hand bytes of the target to the command."""
        exchange = self._exchange
        assert exchange is not None
        words = self._target.pop(count)
        said.extend(exchange.answer(words[0].start, words[-1].end, octets(words)))
        self._weigh(exchange)
        if exchange.finished:
            self._exchange = None
            self.in_step = self.answered = True
            command = exchange.close(OK, exchange.end)
            if leaves_loader(command):
                self.left = command.opcode == GO
                self.restarting, self.in_step = NO_RESTART if self.left else EXPECTED, False
            said.append(command)

    def _weigh(self, exchange: 'Exchange') -> 'None':
        """Add up what happened."""
        events, exchange.events = exchange.events, []
        if PAIR in events:
            self.answered, self.restarting = True, NO_RESTART
        if self.certain:
            return
        # A host with the wrong parity is acknowledged its 0x7F and refused its first command.
        known = self.evidence >= ISOLATED_SYNC_WEIGHT
        if ODD in events or (UNLIKE in events and not known):
            self._doubt()
        weights = REFUSED_WEIGHT if known else WEIGHT
        self.evidence += sum(weights.get(event, 0) for event in events)

    def _abandon(self, said: 'List[Any]', end: 'int' = -1) -> 'bool':
        """Close the open command, since the host begins something else."""
        exchange, self._exchange = self._exchange, None
        assert exchange is not None
        if not self._is_mute and self.evidence < ISOLATED_SYNC_WEIGHT:
            self._doubt()
        self._owed = exchange.opcode if exchange.due == STATUS and not self._is_mute else -1
        outcome = UNHEARD if self._is_mute else ABANDONED
        said.append(exchange.close(outcome, max(end, exchange.end)))
        return True


_TURNS = {
    HOST_FRAME: Turns._frame_due,
    STATUS: Turns._status_due,
    ANSWER: Turns._answer_due,
}  # type: Dict[str, Callable[[Turns, List[Any]], bool]]
