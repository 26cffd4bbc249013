"""The board: nets that models drive and watch, one supply, and a time of its own.

Time is an integer number of picoseconds, so that clocks which are off by a few parts in a million keep apart
over minutes and a run gives the same edges on every machine. Nothing here knows a protocol.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

PS = 10**12  # picoseconds a second

Watcher = Callable[[int, int], None]  # level, time in picoseconds


def picoseconds(seconds: float) -> int:
    """Return a time in seconds as the board counts it."""
    return round(seconds * PS)


@dataclass(order=True, slots=True)
class Event:
    """Something that will happen; `cancel` it and it does not."""

    time: int
    order: int
    call: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Take it back; nothing happens if it has happened already."""
        self.call = None


class Net:
    """One wire: low if anybody drives it low, else high if anybody drives it high, else its pull."""

    __slots__ = ('_drivers', '_forced', '_watchers', 'level', 'name', 'pull')

    def __init__(self, name: str, pull: int) -> None:
        self.name = name
        self.pull = pull
        self.level = pull
        self._forced: int | None = None
        self._drivers: dict[str, int] = {}
        self._watchers: list[Watcher] = []

    def drive(self, driver: str, level: int | None, time: int) -> None:
        """Let `driver` put `level` on the wire, or release it with None."""
        if level is None:
            self._drivers.pop(driver, None)
        else:
            self._drivers[driver] = level
        self._settle(time)

    def force(self, level: int | None, time: int) -> None:
        """Hold the wire at `level` against everybody, as a short circuit does; None ends that."""
        self._forced = level
        self._settle(time)

    def pull_to(self, level: int, time: int) -> None:
        """Change the level that the wire has while nobody drives it."""
        self.pull = level
        self._settle(time)

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` at each change of the level, in the order in which watchers came."""
        self._watchers.append(watcher)

    def _settle(self, time: int) -> None:
        level = min(self._drivers.values(), default=self.pull)
        if self._forced is not None:
            level = self._forced
        if level != self.level:
            self.level = level
            for watcher in self._watchers:
                watcher(level, time)


class Board:
    """Nets by name, the supply, and the queue of what will happen.

    pulls: name of each net -> the level it has while nobody drives it. volts: the supply at time 0.
    """

    def __init__(self, pulls: Mapping[str, int], volts: float = 3.3) -> None:
        self.now = 0
        self.nets = {name: Net(name, pull) for name, pull in pulls.items()}
        self.volts = volts
        self.supply_curve: list[tuple[int, float]] = [(0, volts)]  # time, volts from then on
        self._supply_watchers: list[Callable[[float, int], None]] = []
        self._queue: list[Event] = []
        self._made = 0

    # Time.

    def at(self, time: int, call: Callable[[], None]) -> Event:
        """Have `call` called at `time`, not before now; what is due together comes in the order it was asked."""
        assert time >= self.now, (time, self.now)
        event = Event(time, self._made, call)
        self._made += 1
        heapq.heappush(self._queue, event)
        return event

    def after(self, delay: int, call: Callable[[], None]) -> Event:
        """Have `call` called `delay` picoseconds from now."""
        return self.at(self.now + delay, call)

    def run_until(self, time: int) -> None:
        """Let everything happen that is due before or at `time`; it is `time` then."""
        while self._queue and self._queue[0].time <= time:
            event = heapq.heappop(self._queue)
            if event.call is not None:
                self.now = event.time
                event.call()
        self.now = max(self.now, time)

    def run_for(self, delay: int) -> None:
        """Let `delay` picoseconds pass."""
        self.run_until(self.now + delay)

    def next_event(self) -> int | None:
        """Return when something is due next, None where nothing is."""
        while self._queue and self._queue[0].call is None:
            heapq.heappop(self._queue)
        return self._queue[0].time if self._queue else None

    # Wires.

    def drive(self, net: str, driver: str, level: int | None) -> None:
        """Let `driver` put `level` on a net from now on; None releases it."""
        self.nets[net].drive(driver, level, self.now)

    def level(self, net: str) -> int:
        """Return the level of a net."""
        return self.nets[net].level

    def watch(self, net: str, watcher: Watcher) -> None:
        """Call `watcher(level, time)` at each change of a net."""
        self.nets[net].watch(watcher)

    # Supply.

    def supply(self, volts: float) -> None:
        """Set the supply from now on."""
        self.volts = volts
        self.supply_curve.append((self.now, volts))
        for watcher in self._supply_watchers:
            watcher(volts, self.now)

    def watch_supply(self, watcher: Callable[[float, int], None]) -> None:
        """Call `watcher(volts, time)` at each change of the supply."""
        self._supply_watchers.append(watcher)
