"""One reading of a UART: which line the host sends on, and what host and loader say to one another.

Source: AN3155 rev 14, "USART bootloader code sequence" and the description of each command.
"""

from .commands import RESYNC, SYNCHRONIZE
from .machine import ANSWER, HOST_FRAME, PAIR, Exchange
from .records import ABANDONED, HOST, OK, RESET, TARGET, TRUNCATED, UART, UNHEARD
from .side import BYTE, NO_BYTE, octets
from .sync import NO_TARGET, Synchronisation
from .turns import (
    COMMAND_BYTES,
    EXPECTED,
    ISOLATED_SYNC_WEIGHT,
    NO_RESTART,
    SEEN,
    SYNC_WEIGHT,
    WEIGHT,
    Turns,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Sequence  # novm

    from ..context import Context
    from ..wire.uart import UartWord
    from .side import Side

# How much evidence is enough.
NEEDS = 3
HOST_ALONE_NEEDS = 4  # where nobody answers
KNOWN_NEEDS = 2  # a loader was here before the part restarted

PAUSE_S = 1.0  # a host that resumes after this begins anew. Source: rules.md BLP009
LATE_S = 0.010  # 0x7F is answered sooner: what comes later answers the command that was given up
FOREVER = 1 << 62
# Word lengths: after 0x7F a host waits for an answer, which has the length of a word.
BACK_TO_BACK = 0.9


class Dialogue(Turns):
    """Host and loader, each on a line of its own; the loader's may be silent, or not captured ('').

    alone: nobody had said anything before this dialogue, or for a while. heard: words of the target before it.
    What is said of a synchronisation: SyncAttempt, BootStatus if there was an answer, BootCommand.
    """

    def __init__(
        self, context: 'Context', bus: 'str', host: 'str', target: 'str', heard: 'int' = 0
    ) -> 'None':
        super(Dialogue, self).__init__(bus, host, target)
        self.alone = False
        self._bus = bus
        self._target.heard = heard
        self._sides = {host: self._host}  # type: Dict[str, Side]
        self._sides.setdefault(target, self._target)
        self._listening = target if target in context.roles or heard else ''
        self._pause = _or_forever(context.samples(PAUSE_S))
        self._late = _or_forever(context.samples(LATE_S))
        self._sync = None  # type: Optional[Synchronisation]
        self._attempts = 0

    @property
    def host(self) -> 'str':
        return self._host.line

    @property
    def target(self) -> 'str':
        """Line of the loader; '' where it is not heard."""
        return self._target.line if self._target.heard else ''

    @property
    def needs(self) -> 'int':
        """How much evidence is enough for this reading; of opcodes alone nothing is."""
        if not self._is_mute:
            return NEEDS
        return HOST_ALONE_NEEDS if self._attempts or self._framed else FOREVER

    @property
    def is_only_syncs(self) -> 'bool':
        """So far the host has sent nothing but 0x7F."""
        return self._host.heard == self._attempts

    def take(self, word: 'UartWord') -> 'Sequence[Any]':
        """Return what a word decides."""
        side = self._sides.get(word.line)
        if side is None or word.flags & NO_BYTE:
            return ()
        words = side.words
        if words and word.start - words[-1].end > self._pause and side is self._host:
            self._mark = len(words)
            side.enough = 1
        words.append(word)
        return () if len(words) < side.enough else self._settle()

    def begin(self, words: 'Sequence[UartWord]', alone: 'bool') -> 'List[Any]':
        """Take the words that gave rise to this reading."""
        self.in_step = self.alone = alone
        return [told for word in words for told in self.take(word)]

    def reset(self, sample: 'int') -> 'List[Any]':
        """The part is reset at `sample`."""
        said = self._stop(RESET, sample, True)
        self.left = self.restarting != EXPECTED
        self.restarting = SEEN
        self.answered, self._attempts = False, 0
        return said

    def cut_off(self, sample: 'int') -> 'List[Any]':
        """The data ends, or has a gap, at `sample`."""
        self._closing = True
        said = list(self._settle())
        self._closing = False
        said += self._stop(TRUNCATED, sample, False)
        self.in_step = False
        return said

    def _stop(self, outcome: 'str', sample: 'int', ended: 'bool') -> 'List[Any]':
        """Close what is open."""
        said = []  # type: List[Any]
        if self._sync is not None:
            self._end_sync(outcome, sample, ended, said)
        if self._exchange is not None:
            self._take_part(said, sample)
            exchange, self._exchange = self._exchange, None
            if self._is_mute:
                said.append(exchange.close(UNHEARD, exchange.end))
            else:
                said.append(exchange.close(outcome, sample))
        doubted = self.doubted
        for side, sender in ((self._host, HOST), (self._target, TARGET)):
            while side.words:
                self._left_over(side, sender, said)
            side.enough = 1
        self.doubted = doubted  # what would have come of these words is not known
        self._owed, self._refused = -1, None
        return said + list(self._leftovers.take())

    def _take_part(self, said: 'List[Any]', sample: 'int') -> 'None':
        """Take the part of a frame or an answer that is there."""
        exchange, host, target = self._exchange, self._host, self._target
        assert exchange is not None
        if exchange.due == HOST_FRAME and host.words:
            over = sample - host.words[-1].end > self._pause
            self._give_frame(len(host.words), whole=over)
        elif exchange.due == ANSWER and target.words:
            self._give_answer(len(target.words), said)

    # What was said so far.

    def _settle(self) -> 'List[Any]':
        """Return what the words so far decide."""
        said = []  # type: List[Any]
        more = True
        while more:
            self._host.enough = self._target.enough = 1
            more = self._step(said)
        return said

    def _step(self, said: 'List[Any]') -> 'bool':
        """Take the next piece, if it is there; tell whether it was."""
        if self._sync is not None:
            return self._synchronising(said)
        if self._exchange is None:
            return self._between(said)
        return self.turn(said)

    # The byte 0x7F.

    def _open_sync(self, said: 'List[Any]') -> 'bool':
        said.extend(self._leftovers.take())
        isolated = self.alone and self.is_only_syncs
        self._attempts += 1
        self._sync = Synchronisation(self._host.pop()[0], self._attempts, self.answered, isolated)
        self._refused = None
        return True

    def _synchronising(self, said: 'List[Any]') -> 'bool':
        """The loader answers 0x7F, or the host goes on without."""
        sync = self._sync
        assert sync is not None
        if self._target.words:
            word = self._target.words[0]
            if self._owed >= 0 and word.start - sync.word.end > self._late:
                said.extend(self._leftovers.add(self._target.pop()[0], TARGET, self._owed))
                self._owed = -1
                return True
            self._target.pop()
            sync.hear(word, word.value & BYTE, self.certain)
            if sync.is_answered:
                self._end_sync(OK, word.end, True, said)
            return True
        if self._host.words:
            self._end_sync(ABANDONED, self._host.words[0].start, True, said)
            return True
        return False

    def _end_sync(self, outcome: 'str', until: 'int', ended: 'bool', said: 'List[Any]') -> 'None':
        sync, self._sync = self._sync, None
        assert sync is not None
        length = sync.word.end - sync.word.start
        if sync.is_answered:
            self.evidence += ISOLATED_SYNC_WEIGHT if sync.isolated else SYNC_WEIGHT
            self.in_step = self.answered = True
            self.restarting = NO_RESTART
            self._owed = -1
            said.append(sync.status())
        elif until - sync.word.end < BACK_TO_BACK * length and outcome == ABANDONED:
            self._doubt()
        said.append(sync.attempt(until, ended, self._listening, self._target.heard, self.certain))
        said.append(sync.close(UNHEARD if self._is_mute and outcome != RESET else outcome))

    # No command is open.

    def _between(self, said: 'List[Any]') -> 'bool':
        """The host begins a command or synchronises; the target has nothing to say."""
        host, target = self._host.words, self._target.words
        if self._refused is not None and host:
            return self._goes_on(said)
        if host and host[0].value & BYTE == SYNCHRONIZE:
            return self._open_sync(said)
        if len(host) < COMMAND_BYTES:
            return bool(target) and self._left_over(self._target, TARGET, said)
        if self._opens(host):
            return self._begin(said)
        if not self.in_step:
            self._host.pop()
            self._doubt()
            return True
        if len(host) > COMMAND_BYTES and self._opens(host[1:]):
            return self._left_over(self._host, HOST, said)
        if len(host) > COMMAND_BYTES or target:
            self._doubt()
            return self._begin(said)  # with a bad complement, as the loader takes it
        return False

    def _begin(self, said: 'List[Any]') -> 'bool':
        said.extend(self._leftovers.take())
        first, second = self._host.pop(COMMAND_BYTES)
        data = octets((first, second))
        self._exchange = Exchange(self._bus, UART, NO_TARGET, first.start, data[0])
        self._exchange.frame(first.start, second.end, data)
        if self._is_mute and data[0] not in (self._last_pair, RESYNC):
            self.evidence += WEIGHT[PAIR]
            if self.alone and self._host.heard == self._attempts + COMMAND_BYTES:
                self.evidence += SYNC_WEIGHT if self._attempts else 0
        self._last_pair = data[0]
        self._owed, self._mark, self._refused, self._odd = -1, -1, None, False
        return True

    def _goes_on(self, said: 'List[Any]') -> 'bool':
        """After NACK: the host may go on with the command all the same."""
        assert self._refused is not None
        opcode, frame = self._refused
        data = octets(self._host.words)
        needed = frame.length(data, 0)
        begins = data[0] == SYNCHRONIZE or self._opens(self._host.words) or self._has_paused()
        if not begins and (needed is None or len(data) < needed):
            self._wait_for(needed)
            return False
        self._refused = None
        if not begins and frame.is_good(data[:needed], 0):
            for word in self._host.pop(needed or 0):
                said.extend(self._leftovers.add(word, HOST, opcode))
        return True

    def _has_paused(self) -> 'bool':
        """Tell whether the host has stopped in the middle of something."""
        last = self._host.words[-1]
        said = self._target.words
        waited = bool(said) and said[-1].start - last.end > last.end - last.start
        return waited or self._mark >= 0


def _or_forever(samples: 'Optional[int]') -> 'int':
    return FOREVER if samples is None else samples
