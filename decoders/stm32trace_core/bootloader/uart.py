"""The bootloader on UART: words -> commands, told apart from whatever else is said on the lines.

    consumes  UartWord of one bus; LevelChange (NRST, VDD) and CaptureGap of the capture
    produces  BootStatus as each status byte is read, LoaderInfo and DeviceIdentified with the answer that
              tells, BootCommand when a command or a synchronisation ends; UartLines once it is certain which
              line is the host's; SyncAttempt, UnexpectedBytes, LocalEcho

Names of channels do not tell who sends on them, nor whether a loader is there. So each line is taken for the
host's when it carries 0x7F or a command, with the loader on the other line, on the same one, or silent; the
reading for which there is enough evidence is kept (see `dialogue`), and until then nothing is told but 0x7F on
a line that carries nothing else.
"""

from collections import deque

from ..lines import CaptureGap, LevelChange
from ..machine import TRANSACTION, Machine
from ..wire.uart import RX, TX, UartFormat, UartWord
from .answers import Answers
from .commands import ACK_BYTE, SYNCHRONIZE, is_command_pair
from .dialogue import KNOWN_NEEDS, Dialogue
from .echo import EchoFilter
from .one_wire import OneWire
from .records import (
    NONE,
    OTHER,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
    LocalEcho,
    SyncAttempt,
    UartLines,
    UnexpectedBytes,
)
from .side import BYTE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (  # novm
        Any,
        Callable,
        Deque,
        Dict,
        Iterable,
        List,
        Optional,
        Sequence,
        Set,
        Union,
    )

    from ..context import Context

    Reading = Union[Dialogue, Answers]

RESETTING_ROLES = ('nrst', 'vdd')
OTHER_LINE = {TX: RX, RX: TX}
BYTE_FORMATS = (8, 9)  # data bits; with 9 of them, the ninth is what is the parity bit

ALONE = (SYNCHRONIZE, ACK_BYTE)  # bytes that begin something, and that no other follows closely
PAUSE = 0.9  # word lengths: a host waits for an answer, and a loader for its next command
HELD_RECORDS = 256  # of a reading that is not certain; beyond that the oldest are dropped
ENOUGH_AT_THE_END = 2  # evidence that is enough where nothing speaks against it up to the end
SILENCE_S = 0.050  # nobody said anything for so long: 0x7F is not a byte of something else


class _Candidate(object):
    """A reading that is not certain, and what it would tell."""

    def __init__(self, reading: 'Reading', needs: 'Optional[int]') -> 'None':
        self.reading = reading
        self.held = deque(maxlen=HELD_RECORDS)  # type: Deque[Any]
        self.overflow = 0
        self._needs = needs

    def hold(self, record: 'Any') -> 'None':
        """Keep a record until it is certain."""
        self.overflow += len(self.held) == HELD_RECORDS
        self.held.append(record)

    def is_certain(self, at_the_end: 'bool' = False) -> 'bool':
        """There is enough evidence; at the end, less of it is enough where the loader was heard."""
        reading = self.reading
        needs = reading.needs if self._needs is None else self._needs
        if at_the_end and reading.target:
            needs = min(needs, ENOUGH_AT_THE_END)
        return not reading.doubted and reading.evidence >= needs


class _Past(object):
    """What was said on one line: words in all, words since a new beginning and the last two of them.

    spoilt: since then there were others than 0x7F.
    """

    __slots__ = ('words', 'since', 'last', 'before', 'spoilt')

    def __init__(self) -> 'None':
        self.words = 0
        self.begin_anew()

    def begin_anew(self) -> 'None':
        """The part was reset, or runs something else now."""
        self.since = 0
        self.last = self.before = None  # type: Optional[UartWord]
        self.spoilt = False


class UartBootloader(Machine):
    """Follows the commands of the loader on one bus."""

    protocols = ('uart',)
    consumes = (UartWord, UartFormat, LevelChange, CaptureGap)
    produces = (
        BootCommand, BootStatus, LoaderInfo, DeviceIdentified, UartLines, SyncAttempt, UnexpectedBytes,
        LocalEcho,
    )  # fmt: skip
    phase = TRANSACTION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(UartBootloader, self).__init__(context, bus)
        self.dropped = 0  # records that were lost, since HELD_RECORDS were held back already
        self._reading = None  # type: Optional[Reading]  # the one that is certain
        self._candidates = []  # type: List[_Candidate]
        self._known = None  # type: Optional[Reading]  # was certain before the part restarted
        self._echo = EchoFilter(bus)
        self._lines = ('', '')  # as told in UartLines
        self._unreadable = set()  # type: Set[str]  # lines whose words are not bytes
        self._past = {}  # type: Dict[str, _Past]
        self._reset_at = context.start
        self._gap_end = None  # type: Optional[int]  # of the gap that is the beginning of what is known
        self._silence = context.samples(SILENCE_S)

    def feed(self, record: 'Any') -> 'Sequence[Any]':
        """Return what a word, a slow line or a gap decides."""
        if type(record) is not UartWord:
            return _HANDLERS[type(record)](self, record)
        if record.start < self._reset_at or record.line in self._unreadable:
            return ()
        reading = self._reading
        if reading is None:
            return self._scan(record)
        if self._echo.is_echo(record):
            return self._marked_echo()
        said = reading.take(record)
        if reading.left and not said:  # the host is heard, of whom nothing was known
            self._leave()
            return self._scan(record)
        return self._told(reading, said, record) if said else ()

    def finish(self, end: 'int') -> 'List[Any]':
        """End what is open as TRUNCATED."""
        said = self._stop(lambda reading: reading.cut_off(end), end)
        host, target = self._lines
        return said + self._echo.told(host, OTHER_LINE.get(host, ''))

    def _told(self, reading: 'Reading', said: 'Sequence[Any]', word: 'UartWord') -> 'Sequence[Any]':
        """Return what a certain reading says, after its lines where these changed."""
        if (reading.host, reading.target) != self._lines:
            said = self._tell_lines(reading, word.start, word.end) + list(said)
        if reading.left:
            self._leave()
        return said

    def _tell_lines(self, reading: 'Reading', start: 'int', end: 'int') -> 'List[Any]':
        self._lines = (reading.host, reading.target)
        return [UartLines(start, end, self.bus, reading.host, reading.target)]

    def _marked_echo(self) -> 'List[Any]':
        host, target = self._lines
        return self._echo.told(host, OTHER_LINE[host]) if self._echo.is_marked(host) else []

    # What is not words.

    def _format(self, record: 'UartFormat') -> 'Sequence[Any]':
        self._unreadable.discard(record.line)
        if record.data_bits not in BYTE_FORMATS:
            self._unreadable.add(record.line)
        return ()

    def _level(self, change: 'LevelChange') -> 'Sequence[Any]':
        if change.value or change.role not in RESETTING_ROLES:
            return ()
        self._reset_at = change.start
        return self._stop(lambda reading: reading.reset(change.start), change.start)

    def _gap(self, gap: 'CaptureGap') -> 'Sequence[Any]':
        said = self._stop(lambda reading: reading.cut_off(gap.start), gap.start)
        self._leave()
        for past in self._past.values():
            past.spoilt = True
        self._gap_end = gap.end
        return said

    def _stop(self, ask: 'Callable[[Reading], Sequence[Any]]', sample: 'int') -> 'List[Any]':
        """End what is open; what is not certain by now never was."""
        said = []  # type: List[Any]
        if self._reading is not None:
            said += ask(self._reading)
        for candidate in self._candidates:
            said += self._hold(candidate, ask(candidate.reading))
        for candidate in self._candidates:
            if candidate.is_certain(at_the_end=True):
                said += self._settle_on(candidate, sample)
                break
        if self._reading is None or self._reading.left:
            self._leave()
        return said

    def _leave(self) -> 'None':
        """The part may run something else now: a little evidence is needed again."""
        self._known = self._reading or self._known
        self._reading = None
        self._candidates = []
        self._gap_end = None
        for past in self._past.values():
            past.begin_anew()

    # Nothing is certain.

    def _scan(self, word: 'UartWord') -> 'Sequence[Any]':
        """Look for a host that speaks to a loader, or a loader that answers."""
        past = self._past.get(word.line)
        if past is None:
            past = self._past[word.line] = _Past()
        last = past.before = past.last
        past.last = word
        past.words += 1
        past.since += 1
        value = word.value & BYTE
        past.spoilt = past.spoilt or value != SYNCHRONIZE
        pairs = last is not None and value ^ last.value & BYTE == BYTE
        if not (self._candidates or pairs or value in ALONE):
            return ()
        if self._candidates and self._echo.is_echo(word):
            return ()
        said = self._weigh(word)
        if self._reading is None:
            self._candidates += self._new(word, last)
        return said

    def _weigh(self, word: 'UartWord') -> 'List[Any]':
        """Hand a word to the candidates; one of them may be certain now."""
        said = []  # type: List[Any]
        certain = None  # type: Optional[_Candidate]
        for candidate in self._candidates[:]:
            reading = candidate.reading
            told = reading.take(word)
            if told:
                said += self._hold(candidate, told)
            if reading.doubted:
                self._candidates.remove(candidate)
            elif certain is None and reading.evidence >= KNOWN_NEEDS and candidate.is_certain():
                certain = candidate
        if certain is None:
            return said
        said += self._settle_on(certain, word.end)
        if certain.reading.left:
            self._leave()
        return said

    def _hold(self, candidate: '_Candidate', said: 'Sequence[Any]') -> 'List[Any]':
        """Hold back what a candidate says, but for vain attempts on a line that carries no others."""
        told = []
        for record in said:
            if self._is_vain(candidate.reading, record):
                told.append(record)
            else:
                candidate.hold(record)
        return told

    def _is_vain(self, reading: 'Reading', record: 'Any') -> 'bool':
        return (
            type(record) is SyncAttempt
            and record.answer in (NONE, OTHER)
            and type(reading) is not OneWire
            and not reading.doubted
            and not self._past[record.line].spoilt
        )

    def _settle_on(self, candidate: '_Candidate', end: 'int') -> 'List[Any]':
        """A reading is certain: return what it said so far."""
        reading = self._reading = candidate.reading
        reading.certain = True
        self._known = reading
        self._candidates = []
        self.dropped += candidate.overflow
        held = [
            record._replace(certain=True) if type(record) is SyncAttempt else record
            for record in candidate.held
        ]
        start = min([record.start for record in held] + [end])
        return self._tell_lines(reading, start, end) + held

    def _new(self, word: 'UartWord', last: 'Optional[UartWord]') -> 'List[_Candidate]':
        """Return the readings that a word gives rise to; `last`: the one before it on its line."""
        line, value = word.line, word.value & BYTE
        if value in ALONE and last is not None and not _pauses(last, word):
            return []
        if value == ACK_BYTE and self._is_alone(line) and not self._has(Answers, line):
            return [_Candidate(Answers(self.context, self.bus, line, word), None)]
        if value == SYNCHRONIZE:
            words = [word]
        elif last is not None and is_command_pair(bytes((last.value & BYTE, value))):
            words = [last, word]
        else:
            return []
        if not self._candidates:
            self._echo = EchoFilter(self.bus)
            for one in words:
                self._echo.is_echo(one)
        return [self._begun(reading, words) for reading in self._readings(line)]

    def _begun(self, reading: 'Dialogue', words: 'Sequence[UartWord]') -> '_Candidate':
        """Return a reading that has taken the words that gave rise to it."""
        candidate = _Candidate(reading, None if self._known is None else KNOWN_NEEDS)
        for record in reading.begin(words, self._is_quiet_before(words)):
            candidate.hold(record)
        return candidate

    def _readings(self, line: 'str') -> 'Iterable[Dialogue]':
        """Yield the readings with this line as the host's that are not tried already."""
        known = self._known
        if known is not None and known.host not in ('', line):
            return
        other = OTHER_LINE.get(line, '')
        if not self._has(Dialogue, line) and type(known) is not OneWire:
            yield Dialogue(self.context, self.bus, line, other, self._words_on(other))
        if not self._has(OneWire, line) and type(known) is not Dialogue:
            yield OneWire(self.context, self.bus, line, other)

    def _has(self, kind: 'type', line: 'str') -> 'bool':
        readings = [candidate.reading for candidate in self._candidates]
        return any(type(one) is kind and line == (one.host or one.target) for one in readings)

    def _words_on(self, line: 'str') -> 'int':
        past = self._past.get(line)
        return 0 if past is None else past.words

    def _is_alone(self, line: 'str') -> 'bool':
        """Nothing was ever heard on the other line."""
        return not self._words_on(OTHER_LINE.get(line, ''))

    def _is_quiet_before(self, words: 'Sequence[UartWord]') -> 'bool':
        """Tell whether nothing was said before the last words of a line, or not for a while."""
        first = words[0]
        own, other = self._past[first.line], self._past.get(OTHER_LINE.get(first.line, ''))
        ends = [] if self._gap_end is None else [self._gap_end]
        if other is not None and other.last is not None:
            ends.append(other.last.end)
        if own.since > len(words):
            ends.append(
                first.start if own.before in words or own.before is None else own.before.end
            )
        if not ends:
            return True
        return self._silence is not None and first.start - max(ends) > self._silence


def _pauses(last: 'UartWord', word: 'UartWord') -> 'bool':
    """Tell whether the line was idle between two words for longer than between bytes of one frame."""
    return word.start - last.end > PAUSE * (word.end - word.start)


_HANDLERS = {
    UartFormat: UartBootloader._format,
    LevelChange: UartBootloader._level,
    CaptureGap: UartBootloader._gap,
}  # type: Dict[type, Callable[[UartBootloader, Any], Sequence[Any]]]


MACHINES = (UartBootloader,)
