"""Error flags of SR that an operation raised, one rule for each kind of flag."""

from ...flash.records import PROGRAM, FlashOperation, OptionState
from ..occurrences import Occurrences
from ..rule import Confidence, Severity
from .controller import CONSUMES, FlashRule, status_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .work import Work

    Key = Tuple[str, bool, bool]  # operation; the flag is new; the operation failed for sure

# No erase of a page takes less. Source: data sheets, flash memory characteristics: 20 ms and more on every
# family in the tables; a fifth of it.
SHORTEST_S = 0.004

STALE_BY = 'FLS004'  # the rule that speaks of flags that were never cleared
UNKNOWN_BEFORE = '; whether the flag was set before is not known'


class FlagRule(FlashRule):
    """A rule that fires when SR shows one of `flags` and did not before the operation.

    A flag known to be set before is an old one, and left to FLS004; one of which that is not known is
    told with less confidence. It is a warning then, for an old flag would mislead the host as well; but
    an erase that was over at once did not run, whatever the flag was before.
    """

    flags = ()  # type: Tuple[str, ...]
    consumes = CONSUMES + (OptionState, FlashOperation)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(FlagRule, self).__init__(context, bus)
        self._seen = {}  # type: Dict[Key, Occurrences]
        self._first = {}  # type: Dict[Key, str]
        self._told = None  # type: Optional[Finding]  # last
        self._key = ('', False, False)  # type: Key

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Keep what explains a flag; judge every read of SR."""
        if isinstance(record, OptionState):
            self.option(record)
            return ()
        if isinstance(record, FlashOperation):
            return self.operation(record)
        return super(FlagRule, self).feed(record)

    def judge(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Tell the flags that this read shows for the first time."""
        work = self.controller.work
        if work is None or not status_read(record):
            return ()
        bits = {}  # type: Dict[str, int]
        for name in self.controller.registers.names('SR', work.fresh):
            if name in self.flags:
                bits[name] = self._bit(name, work.fresh)
        new = [name for name in sorted(bits) if not work.old & bits[name]]
        if not new:
            return [self.withdrawn(record.start, record.end, STALE_BY) for _ in list(bits)[:1]]
        return [self._tell(work, new, all(work.clear & bits[name] for name in new))]

    def _bit(self, name: 'str', value: 'int') -> 'int':
        """Return the bit of `value` that has this name."""
        names = self.controller.registers.names
        bits = (1 << number for number in range(value.bit_length()) if value >> number & 1)
        return next(bit for bit in bits if name in names('SR', bit))

    def _did_not_run(self, work: 'Work') -> 'bool':
        """Tell whether an erase was over before any part can have erased anything."""
        waited = self.context.seconds(work.waited)
        is_short = waited is not None and waited < SHORTEST_S
        return work.kind != PROGRAM and not work.was_busy and is_short

    def _tell(self, work: 'Work', names: 'List[str]', is_new: 'bool') -> 'Finding':
        is_sure = is_new or self._did_not_run(work)
        key = (work.kind, is_new, is_sure)
        text = self.describe(work, names) + ('' if is_new else UNKNOWN_BEFORE)
        self._first.setdefault(key, text)
        assert work.last is not None
        seen = self._seen.setdefault(key, Occurrences())
        seen.add(work.start, work.last.end, text)
        self._key = key
        self._told = self.counted(
            seen,
            self._first[key],
            self.advice(work, names),
            key=work.kind + ('' if is_new else '?'),
            severity=None if is_sure else Severity.WARNING,
            confidence=None if is_new else Confidence.MEDIUM,
        )
        return self._told

    def add(self, text: 'str', done: 'FlashOperation') -> 'Iterable[Finding]':
        """Add `text` to what was told first, if that was of the operation `done` and nothing else."""
        told = self._told
        if told is None or told.count > 1 or not done.start <= told.end <= done.end:
            return ()
        self._told = None
        self._first[self._key] += text
        return (told._replace(message=told.message + text),)

    def option(self, state: 'OptionState') -> 'None':
        """Take what an option register said."""

    def operation(self, done: 'FlashOperation') -> 'Iterable[Finding]':
        """Take an operation that has ended."""
        return ()

    def describe(self, work: 'Work', names: 'List[str]') -> 'str':
        """Say in one sentence what the flags `names` mean."""
        raise NotImplementedError

    def advice(self, work: 'Work', names: 'List[str]') -> 'Iterable[str]':
        """Return what to do about it."""
        raise NotImplementedError
