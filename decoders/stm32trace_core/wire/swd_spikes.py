"""Drops pulses of SWCLK that are too short to be any of its clock.

What a spike is can only be told from the clock around it. A phase of the clock, from one edge to the
next, is one where

- it is no longer than the part 1 / SPIKE_SHARE of the phases of its level before and after it, and
- the phase that it splits, all three parts together, is no longer than SPLIT of those of its level before
  and after that.

So where the other phases are regular, a short pulse among them stays: it splits none.
"""

from .swd import SPIKE_SHARE, SPLIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Tuple  # novm

    Cycle = Tuple[int, int, int, int]  # rise, SWDIO, fall, SWDIO

AROUND = 3  # phases on either side that have a say
UNDECIDED = AROUND + 1  # edges at the end of what is known


class ClockSpikes(object):
    """Clock cycles, one by one, to those without spikes: for whoever feeds SwdFramer.

    pause: as of SwdFramer; what is on the other side of one has no say. count: spikes dropped so far.
    """

    def __init__(self, pause: 'int') -> 'None':
        self.count = 0
        self._pause = pause
        self._begin()

    def _begin(self) -> 'None':
        self._edges = []  # type: List[Tuple[int, int]]  # sample, level of SWDIO
        self._next = 0  # number of the first edge that is not decided
        self._rise = None  # type: Optional[Tuple[int, int]]  # decided, its fall is not

    def cycle(self, rise: 'int', host: 'int', fall: 'int', target: 'int') -> 'List[Cycle]':
        """Take a clock cycle: samples of its edges, SWDIO at each; return those that it decides."""
        found = []  # type: List[Cycle]
        if self._edges and rise - self._edges[-1][0] > self._pause:
            found += self.finish()
        self._edges += [(rise, host), (fall, target)]
        if fall - rise > self._pause:
            return found + self.finish()
        found += self._decided(len(self._edges) - UNDECIDED)
        extra = self._next - UNDECIDED
        if extra > 0:
            del self._edges[:extra]
            self._next -= extra
        return found

    def finish(self) -> 'List[Cycle]':
        """Return what is left where the clock stops, or the run ends."""
        found = self._decided(len(self._edges))
        self._begin()
        return found

    def _decided(self, stop: 'int') -> 'List[Cycle]':
        """Return the cycles whose falls are edges before number `stop`."""
        found = []  # type: List[Cycle]
        while self._next < stop:
            if self._is_spike(self._next):
                self.count += 1
                self._next += 2
                continue
            edge = self._edges[self._next]
            self._next += 1
            if self._rise is None:
                self._rise = edge
            else:
                found.append(self._rise + edge)
                self._rise = None
        return found

    def _is_spike(self, number: 'int') -> 'bool':
        """Tell whether the phase that begins with this edge is one."""
        if number < AROUND or number + AROUND + 1 >= len(self._edges):
            return False
        samples = [sample for sample, _ in self._edges[number - 3 : number + 5]]
        phases = [min(b - a, self._pause) for a, b in zip(samples, samples[1:])]
        short = SPIKE_SHARE * phases[3] <= min(phases[1], phases[5])
        whole = sum(phases[2:5])
        return short and whole <= min(SPLIT * phases[0], SPLIT * phases[6], self._pause)
