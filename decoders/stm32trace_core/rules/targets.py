"""Rules that judge each loader on a bus by itself: what is known of one says nothing of another."""

from ..lines import CaptureGap, LevelChange, Reset
from ..wire.i2c import I2cTransfer
from .naming import sentence, target_key
from .rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple  # novm

    from ..context import Context
    from .rule import Finding


class TargetRule(Rule):
    """A rule with one copy of itself for each target: sub-classes implement `follow` and `end`.

    target: 7-bit I2C address of this copy; -1 on other transports, and of the rule that has them.
    """

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(TargetRule, self).__init__(context, bus)
        self.target = -1
        self.copies = {}  # type: Dict[int, TargetRule]
        # Last record of each slow line, and the last gap.
        self._slow = {}  # type: Dict[Tuple[type, str], Any]

    def follow(self, record: 'Any') -> 'Iterable[Any]':
        """Return what `record`, of this target or of a slow line, decides."""
        raise NotImplementedError

    def end(self, end: 'int') -> 'Iterable[Any]':
        """Return what can only be said now that the data ends before sample `end`."""
        return ()

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Hand `record` to the copies that it concerns."""
        for copy in self._concerned(record):
            for found in copy.follow(record):
                yield found

    def finish(self, end: 'int') -> 'Iterable[Any]':
        """End every target."""
        for target in sorted(self.copies):
            for found in self.copies[target].end(end):
                yield found

    def finding(self, *args: 'Any', **more: 'Any') -> 'Finding':
        """Return a finding whose key tells the target, its message a sentence."""
        found = super(TargetRule, self).finding(*args, **more)
        key = target_key(found.key, self.target)
        return found._replace(key=key, message=sentence(found.message))

    def _concerned(self, record: 'Any') -> 'List[TargetRule]':
        """Return the copies for a record; a transfer alone does not make its address a loader's."""
        if isinstance(record, I2cTransfer):
            copy = self.copies.get(record.address)
            return [] if copy is None else [copy]
        if hasattr(record, 'target'):
            return [self.copies.get(record.target) or self._copy(record.target)]
        if isinstance(record, LevelChange):
            self._slow[LevelChange, record.role] = record
        elif isinstance(record, Reset):
            self._slow[Reset, record.cause] = record
        elif isinstance(record, CaptureGap):
            self._slow[CaptureGap, ''] = record
        return [self.copies[target] for target in sorted(self.copies)]

    def _copy(self, target: 'int') -> 'TargetRule':
        """Return a new copy, which is told how the slow lines are, and of the last gap."""
        copy = type(self)(self.context, self.bus)
        copy.target = target
        self.copies[target] = copy
        for record in sorted(self._slow.values(), key=lambda slow: slow.end):
            assert not list(copy.follow(record)), 'alone these decide nothing'
        return copy
