"""Slow lines: when each had which level, and when NRST or the supply held the part in reset.

    consumes  LevelChange, CaptureGap
    produces  Level when a line leaves a level, Reset when NRST or VDD comes back; both at the end

NRST that is low when the supply goes away is the supply's doing (the part pulls it low as soon as the supply is
under the brown-out threshold, above the level at which a probe sees VDD low): its cause is POWER.

The level at the beginning of the capture comes from the context. Across a gap nothing is said:
spans end where it begins and start again where it ends, at the level that the next change leaves.
"""

from .lines import NRST, POWER, CaptureGap, Level, LevelChange, Reset
from .machine import WIRE, Machine
from .record import CAPTURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Tuple, Union  # novm

    from .context import Context

    Made = Union[Level, Reset]

SLOW_ROLES = ('nrst', 'boot0', 'vdd')
CAUSES = {'nrst': NRST, 'vdd': POWER}  # roles whose low level is a reset


class Resets(Machine):
    """Turns the changes of slow lines into spans."""

    consumes = (LevelChange, CaptureGap)
    produces = (Level, Reset)
    phase = WIRE
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(Resets, self).__init__(context, bus)
        self._open = {}  # type: Dict[str, Tuple[int, int]]  # role -> level and where it began
        self._supply_fell = -1  # where VDD fell last
        for role in SLOW_ROLES:
            if role in context.initial_levels:
                self._open[role] = (context.initial_levels[role], context.start)

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Return the spans that a change or a gap ends."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """End every span with the data; a reset that is still on is not released."""
        return self._close_all(end)

    def _change(self, change: 'LevelChange') -> 'List[Made]':
        made = []  # type: List[Made]
        if change.role == 'vdd' and not change.value:
            self._supply_fell = change.start
        if change.role in self._open:
            made = self._close(change.role, change.start, True)
        self._open[change.role] = (change.value, change.start)
        return made

    def _gap(self, gap: 'CaptureGap') -> 'List[Made]':
        made = self._close_all(gap.start)
        self._open = {role: (value, gap.end) for role, (value, _) in self._open.items()}
        return made

    def _close_all(self, end: 'int') -> 'List[Made]':
        roles = sorted(self._open)
        return [made for role in roles for made in self._close(role, end, False)]

    def _close(self, role: 'str', end: 'int', released: 'bool') -> 'List[Made]':
        value, start = self._open[role]
        if start >= end:
            return []
        made = [Level(start, end, CAPTURE, role, value)]  # type: List[Made]
        if not value and role in CAUSES:
            fell = start <= self._supply_fell < end
            made.append(Reset(start, end, CAPTURE, POWER if fell else CAUSES[role], released))
        return made


_HANDLERS = {
    LevelChange: Resets._change,
    CaptureGap: Resets._gap,
}  # type: Dict[type, Callable[[Resets, Any], List[Made]]]


MACHINES = (Resets,)
