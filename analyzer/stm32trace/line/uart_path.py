"""The cheapest way to cut the edges of a line into frames of some shapes.

A shortest path over the falling edges, each of which may begin a frame of any shape. It costs what
the frames leave unexplained, and every change from one shape to another.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_frames import Trace, chain, read
from stm32trace.line.uart_shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NEAR = 0.02  # of a rate: as near is the same one
TOGETHER = 0.08  # rates of two lines that differ less are meant to be one

WORD = 6.0  # a frame,
ASTRAY = 5.0  # an edge off the grid,
BAD_STOP = 12.0
BAD_PARITY = 6.0
BREAK = 6.0
GLITCH = 9.0
SKIP = 6.0  # a falling edge before the first frame, where the data begin inside one, and once more,
CHANGE = 8.0  # another shape,
CLOSE = 14.0  # more where it comes without a pause,
ALONE = 8.0  # a frame whose rate is not that of the bus's other line at that time
PAUSE = 20  # bits,
LATER = 4.0  # less after a long one:
LONG_PAUSE = 1000  # bits
TROUBLE = 2.0  # a frame that costs so much more than WORD is not explained
BETWEEN = 2  # frames between two of those that belong to the same trouble
AROUND = 6  # frames before and after it that another shape may explain better, too


def near(one: float, other: float, share: float = NEAR) -> bool:
    """Tell whether two bit times or rates differ by no more than `share`."""
    return abs(one - other) <= share * other


@dataclass(frozen=True, slots=True)
class Start:
    """What comes before the edges that are explained."""

    begin: int | None = None  # first sample of the data, None where other edges came before
    goes_on: bool = False  # the first shape is that of the frames before


@dataclass(frozen=True, slots=True)
class Beside:
    """Bit times of the bus's other line; (n,) each, n > 0."""

    start: NDArray[np.int64]  # samples at which words with another bit time begin, increasing
    end: NDArray[np.int64]  # last edges of these words
    bit: NDArray[np.float64]  # NaN: any

    def differs(self, samples: NDArray[np.int64], bit: float) -> NDArray[np.bool_]:
        """(n,) whether the other line has another rate than that of `bit` at these samples.

        Between words of two rates it may have either.
        """
        other = np.abs(self.bit / bit - 1) > TOGETHER
        before = np.maximum(np.searchsorted(self.start, samples, 'right') - 1, 0)
        after = np.minimum(np.searchsorted(self.end, samples), len(self.bit) - 1)
        both: NDArray[np.bool_] = other[before] & other[after]
        return both


@dataclass(frozen=True, slots=True)
class Piece:
    """Falling edges `first` to `stop` of a trace, which have one shape."""

    first: int
    stop: int
    shape: Shape


class Path:
    """The cheapest explanation of a trace by some shapes."""

    def __init__(
        self,
        trace: Trace,
        shapes: Sequence[Shape],
        start: Start | None = None,
        beside: Beside | None = None,
    ) -> None:
        """start: None where the trace begins with a frame, of any shape."""
        self._trace = trace
        self._shapes = shapes
        self._steps = [_steps(trace, shape, beside) for shape in shapes]
        self._falls = trace.falls
        self.cost = 0.0
        self._start = start or Start()
        self._nodes = self._cheapest(self._entries(self._start))

    def pieces(self) -> list[Piece]:
        """Return what has one shape each, in order."""
        found: list[Piece] = []
        for fall, number in self._nodes:
            shape = self._shapes[number]
            if found and found[-1].shape == shape:
                continue
            if found:
                found[-1] = Piece(found[-1].first, fall, found[-1].shape)
            found.append(Piece(fall, len(self._falls), shape))
        return found

    def troubles(self) -> list[tuple[float, int, int]]:
        """Return (cost, first, stop) of stretches of falling edges that are not explained."""
        found: list[tuple[float, int, int]] = []
        since = BETWEEN + 1
        if self._nodes and self._nodes[0][0]:
            found.append((_skipping(self._nodes[0][0]), 0, self._nodes[0][0]))
            since = 0
        for fall, number in self._nodes:
            following, cost = self._steps[number]
            if cost[fall] - WORD <= TROUBLE:
                since += 1
                continue
            if since <= BETWEEN:
                before, first, _ = found.pop()
                found.append((before + cost[fall] - WORD, first, following[fall]))
            else:
                found.append((cost[fall] - WORD, fall, following[fall]))
            since = 0
        return found

    def around(self, first: int, stop: int) -> tuple[int, int]:
        """Return the falling edges that begin a few frames before `first` and end after `stop`."""
        falls = [fall for fall, _ in self._nodes] + [len(self._falls)]
        before = max(bisect_left(falls, first) - AROUND, 0)
        after = min(bisect_left(falls, stop) + AROUND, len(falls) - 1)
        return min(falls[before], first), falls[after]

    def _entries(self, start: Start) -> list[int]:
        """Return the falling edges at which the first frame may begin.

        The data may begin inside a frame, which is over a frame's length later.
        """
        if start.begin is None:
            return [0]
        frame = max((shape.bits + 2) * shape.bit for shape in self._shapes)
        return list(range(max(1, int(np.searchsorted(self._falls, start.begin + frame)))))

    def _cheapest(self, entries: Sequence[int]) -> list[tuple[int, int]]:
        """Return (falling edge, number of shape) of each step of the cheapest way to the end."""
        end, shapes = len(self._falls), range(len(self._shapes))
        infinite = float('inf')
        best = [[infinite] * (end + 1) for _ in shapes]
        origin: list[list[tuple[int, int]]] = [[(-1, -1)] * (end + 1) for _ in shapes]
        for fall in entries:
            for number in shapes:
                changed = self._start.goes_on and number > 0
                best[number][fall] = _skipping(fall) + (CHANGE - LATER) * changed
        for fall in range(end):
            cheapest = min(shapes, key=lambda number: best[number][fall])
            least = best[cheapest][fall]
            if least == infinite:
                continue
            for number in shapes:
                change = self._change(fall, number, cheapest)
                if best[number][fall] > least + change:
                    best[number][fall] = least + change
                    origin[number][fall] = origin[cheapest][fall]
                following, cost = self._steps[number]
                target, total = following[fall], best[number][fall] + cost[fall]
                if total < best[number][target]:
                    best[number][target] = total
                    origin[number][target] = (fall, number)
        last = min(shapes, key=lambda number: best[number][end])
        self.cost = best[last][end]
        return _back(origin, (end, last))

    def _change(self, fall: int, number: int, before: int) -> float:
        """Return the cost of another rate from a falling edge on."""
        if number == before:
            return 0.0
        place = int(self._trace.low) + 2 * fall
        pause = int(self._trace.at[place] - self._trace.at[place - 1]) if place else 0
        slower = max(self._shapes[number].bit, self._shapes[before].bit)
        return CHANGE + CLOSE * (pause < PAUSE * slower) - LATER * (pause >= LONG_PAUSE * slower)


def _skipping(falls: int) -> float:
    """Return the cost of passing over falling edges before the first frame."""
    return SKIP * (falls + 1) if falls else 0.0


def _back(
    origin: Sequence[Sequence[tuple[int, int]]], node: tuple[int, int]
) -> list[tuple[int, int]]:
    steps: list[tuple[int, int]] = []
    fall, number = node
    while True:
        fall, number = origin[number][fall]
        if fall < 0:
            return steps[::-1]
        steps.append((fall, number))


def _steps(trace: Trace, shape: Shape, beside: Beside | None) -> tuple[list[int], list[float]]:
    """Return, for a frame of this shape at each falling edge: the edge after it, and its cost."""
    links = chain(trace, shape)
    end = len(links.next)
    frames = read(trace, shape, links, np.arange(end), measured=False)
    missing = ~frames.stops(shape)
    wrong = shape.form.bad_parity(frames.values(shape)) & ~missing & (not shape.form.given)
    missing[links.decided :] = wrong[links.decided :] = False
    cost = WORD + ASTRAY * frames.astray + np.where(frames.word == 0, BREAK, BAD_STOP) * missing
    cost += BAD_PARITY * wrong
    if beside is not None:
        cost += ALONE * beside.differs(trace.falls, shape.bit)
    cost[~links.starts] = GLITCH
    return np.minimum(links.next, end).tolist(), cost.tolist()
