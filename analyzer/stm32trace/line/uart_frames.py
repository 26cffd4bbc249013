"""The frames of one line, for a bit time and a number of bits that are taken as given.

A frame begins with a falling edge after which the line is low for half a bit, spikes left aside, and
each of its bits is read in its middle, which may lie between two samples. Frames with edges out of
place are read again: there a bit is what the line is over most of the middle half of it. The next
frame begins with the first falling edge after the middle of the (first) stop bit. Idle is 1 here;
whoever calls turns inverted lines round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_shapes import Shape
from stm32trace.signal.baud import Slope
from stm32trace.signal.chain import follow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

MOST_EDGES = 64  # in a frame that is looked at; one with more is noise or another rate
LOW = 0.75  # share of the first three quarters of a start bit that is low,
JUDGED = 0.75  # where a spike seems to end it
SPIKE = 0.3  # bits: the edges of a shorter pulse count as one


@dataclass(frozen=True, slots=True)
class Trace:
    """All edges of a line over a stretch of samples."""

    at: Integers  # (n,) samples, strictly increasing
    low: bool  # the level before at[0] is low, so that at[0] rises
    known: int  # first sample of which nothing is known

    @property
    def falls(self) -> Integers:
        """(m,) the falling edges."""
        return self.at[int(self.low) :: 2]

    def until(self, edges: int) -> Trace:
        """Return the trace up to so many edges."""
        if len(self.at) <= edges:
            return self
        return Trace(self.at[:edges], self.low, int(self.at[edges]))

    def high(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for how long the line is high from at[0] up to each place, of any shape, in samples."""
        levels = (np.arange(len(self.at)) + self.low) % 2  # after each edge
        before = np.concatenate(([0], np.cumsum(np.diff(self.at) * levels[:-1])))
        last = np.searchsorted(self.at, place, 'right') - 1
        high: NDArray[np.float64] = before[last] + (place - self.at[last]) * levels[last]
        return high

    def between(self, first: int, stop: int) -> Trace:
        """Return the trace from falling edge `first` on, as if the line were idle from edge `stop` on."""
        begin, end = (int(self.low) + 2 * number for number in (first, stop))
        return Trace(self.at[begin:end], False, self.known)


@dataclass(frozen=True, slots=True)
class Chain:
    """Where frames may begin, and where the one after each then does; (m,) for each falling edge."""

    next: Integers  # number of the falling edge at which the next frame may begin
    starts: Flags  # low for half a bit; False: a glitch, and `next` is the very next edge
    edges: Integers  # number of edges up to the middle of the stop bit, the first one included
    decided: int  # falling edges before this one are known up to there

    def frames(self, to_the_end: bool = False) -> tuple[Integers, Integers]:
        """Return (frames, glitches) as numbers of falling edges, beginning with the first one.

        A frame that is not known to its end is left out, but for `to_the_end`.
        """
        reached = follow(self.next if to_the_end else self.next[: self.decided])
        starts = self.starts[reached]
        return reached[starts], reached[~starts]


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames that were read; (n,) each, in the order of `start`."""

    fall: Integers  # number of the falling edge it begins with
    start: Integers  # sample of that edge
    word: Integers  # bit 0 is the start bit, then the bits in the order of time, then the stop bit
    astray: (
        Integers  # edges that are no whole number of bits from the start and each other, and spikes
    )
    edges: Integers  # edges up to the middle of the stop bit
    slope: Slope  # the bit time they have

    def __len__(self) -> int:
        return len(self.fall)

    def stops(self, shape: Shape) -> Flags:
        """(n,) the stop bit is there."""
        return self.word >> shape.bits + 1 > 0

    def values(self, shape: Shape) -> Integers:
        """(n,) data bits, and above them the parity bit."""
        values: Integers = self.word >> 1 & (1 << shape.bits) - 1
        return values

    def those(self, chosen: Flags) -> Frames:
        """Return some of the frames; `slope` stays that of all."""
        columns = {
            name: getattr(self, name)[chosen] for name in Frames.__slots__ if name != 'slope'
        }
        return replace(self, **columns)


def chain(trace: Trace, shape: Shape) -> Chain:
    """Return what each falling edge would begin."""
    at, falls, parity = trace.at, trace.falls, int(trace.low)
    rises = np.append(at, trace.known)[parity + 1 :: 2][: len(falls)]
    starts = rises > falls + shape.bit / 2
    early = np.flatnonzero(~starts)
    if len(early):
        starts[early] = _is_start(trace, falls[early], JUDGED * shape.bit)
    middle = falls + shape.stop
    first = np.arange(len(falls))
    after = np.searchsorted(at, middle, 'right')
    following = np.where(starts, (after - parity + 1) // 2, first + 1)
    decided = int(np.searchsorted(middle, trace.known))
    # The last falling edge may be a glitch whose end is not known.
    return Chain(following, starts, after - 2 * first - parity, decided)


def _is_start(trace: Trace, falls: Integers, judged: float) -> Flags:
    """Tell of falling edges whose low level ends early whether that is a spike within a start bit."""
    begin = falls.astype(np.float64)
    high = trace.high(begin + judged) - trace.high(begin)
    result: Flags = high <= (1 - LOW) * judged
    return result


def read(
    trace: Trace, shape: Shape, chosen: Chain, frames: Integers, measured: bool = True
) -> Frames:
    """Return the frames that begin at the falling edges `frames`, of which each is decided.

    measured: with their slope, else with one of no edges.
    """
    edges = np.minimum(chosen.edges[frames], MOST_EDGES)
    first = int(trace.low) + 2 * frames
    start = trace.at[first]
    begins = np.cumsum(edges) - edges
    place = np.arange(int(edges.sum())) + np.repeat(first - begins, edges)
    since = trace.at[place] - np.repeat(start, edges)
    position = since / shape.bit
    number = np.ceil(position - 0.5)  # of the first bit after the edge
    masks = _masks(shape.bits)[number.astype(np.int8)]
    astray = np.abs(position - number) > shape.slack
    twice = number[1:] == number[:-1]
    twice[begins[1:] - 1] = False
    astray[1:] |= twice
    word = shape.whole ^ _by_frame(np.bitwise_xor, masks, begins)
    strange = chosen.edges[frames] - edges
    if astray.any():
        spikes = _alone(twice & (position[1:] - position[:-1] < SPIKE))
        strange += _by_frame(np.add, astray.astype(np.int64), begins)
        strange -= _by_frame(
            np.add, np.append(spikes & astray[:-1], False).astype(np.int64), begins
        )
    spiky = np.flatnonzero(strange)
    if len(spiky):
        word[spiky] = _majority(trace, shape, start[spiky])
    slope = _slope(number, since, begins, astray) if measured else Slope()
    return Frames(frames, start, word, strange, chosen.edges[frames], slope)


def _alone(flags: Flags) -> Flags:
    """(n,) which of the flags are set while those beside them are not."""
    alone = flags.copy()
    alone[1:] &= ~flags[:-1]
    alone[:-1] &= ~flags[1:]
    return alone


def _majority(trace: Trace, shape: Shape, start: Integers) -> Integers:
    """Return the words that begin at samples `start`, (n,), by what each bit is most of the time."""
    bits = np.arange(shape.bits + 2)
    middle = start[:, np.newaxis] + (bits + 0.5) * shape.bit
    around = shape.bit / 4
    high = trace.high(middle + around) - trace.high(middle - around)
    word: Integers = (high > around) @ (1 << bits)
    return word


def _by_frame(function: np.ufunc, values: Integers, begins: Integers) -> Integers:
    if not len(begins):
        return np.zeros(0, np.int64)
    result: Integers = function.reduceat(values, begins)
    return result


def _slope(number: NDArray[np.float64], since: Integers, begins: Integers, astray: Flags) -> Slope:
    later = np.ones(len(number), np.bool_)
    later[begins] = False
    used = later & ~astray & (number > 0)
    single = used[1:] & ~astray[:-1] & (number[1:] - number[:-1] == 1)
    place = np.arange(len(number)) - np.repeat(begins, np.diff(begins, append=len(number)))
    rises = place[used] % 2 == 1
    return Slope.of(number[used], since[used].astype(float), rises, int(np.count_nonzero(single)))


@cache
def _masks(bits: int) -> Integers:
    """(bits + 3,) what an edge in front of bit k turns round: that bit and all after it."""
    whole = (1 << bits + 2) - 1
    return np.array([whole & ~((1 << bit) - 1) for bit in range(bits + 3)], np.int64)
