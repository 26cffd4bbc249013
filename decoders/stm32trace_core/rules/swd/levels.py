"""Which level NRST and VDD have now, and had."""

from bisect import bisect_right
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Dict, Optional, Tuple  # novm

    from ...context import Context
    from ...lines import LevelChange

NAMES = {'nrst': 'NRST', 'vdd': 'VDD'}
KEPT = 64  # changes of one line; older ones are forgotten


class Levels(object):
    """The levels of NRST and VDD over time, as far as they are captured. Fed with LevelChange."""

    def __init__(self, context: 'Context') -> 'None':
        self._changes = {}  # type: Dict[str, Deque[Tuple[int, int]]]  # role -> (sample, level)
        for role in NAMES:
            if role in context.initial_levels:
                first = (context.start, context.initial_levels[role])
                self._changes[role] = deque([first], maxlen=KEPT)

    def feed(self, change: 'LevelChange') -> 'None':
        """Take a change of one of the lines."""
        if change.role in NAMES:
            kept = self._changes.setdefault(change.role, deque(maxlen=KEPT))
            kept.append((change.start, change.value))

    def at(self, role: 'str', sample: 'int') -> 'Optional[int]':
        """Return the level at `sample`; None where it is not known."""
        found = self._span(role, sample)
        return None if found is None else found[1]

    def since(self, role: 'str', sample: 'int') -> 'int':
        """Return when the line took the level that it has at `sample`; `sample` where it is not known."""
        found = self._span(role, sample)
        return sample if found is None else found[0]

    def is_low(self, role: 'str', sample: 'int') -> 'bool':
        """Tell whether the line is known to be low at `sample`."""
        return self.at(role, sample) == 0

    def was_low(self, role: 'str', first: 'int', last: 'int') -> 'bool':
        """Tell whether the line is known to have been low at any sample of `[first, last]`."""
        changes = self._changes.get(role, ())
        return self.is_low(role, first) or any(
            first <= sample <= last and not level for sample, level in changes
        )

    def _span(self, role: 'str', sample: 'int') -> 'Optional[Tuple[int, int]]':
        changes = list(self._changes.get(role, ()))
        index = bisect_right([start for start, _ in changes], sample) - 1
        return changes[index] if index >= 0 else None
