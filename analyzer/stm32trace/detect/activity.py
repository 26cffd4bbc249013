"""What is seen on each channel where nothing tells what it carries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stm32trace.capture import CaptureReader
    from stm32trace.capture.changes import Changes
    from stm32trace.model import Channel


@dataclass(slots=True)
class ChannelActivity:
    """All that one channel did; edges are not counted across a gap of the capture."""

    channel: Channel
    edges: int = 0
    high: int = 0  # samples at which the channel was high
    covered: int = 0  # samples read
    shortest: int | None = None  # samples of the shortest pulse, None with fewer than two edges

    @property
    def idle(self) -> int:
        """Level that the channel has most of the time."""
        return int(2 * self.high >= self.covered)


def survey(reader: CaptureReader) -> tuple[ChannelActivity, ...]:
    """Read the whole capture once more and return the activity of all its channels."""
    channels = reader.info.channels[:64]  # a state has 64 bits
    counters = [_Counter(bit, ChannelActivity(channel)) for bit, channel in enumerate(channels)]
    for block in reader.blocks([channel.index for channel in channels]):
        for counter in counters:
            counter.feed(block)
    return tuple(counter.activity for counter in counters)


def busiest(activities: Iterable[ChannelActivity], number: int) -> Sequence[ChannelActivity]:
    """Return the channels with most edges, at most `number`, those without edges left out."""
    moving = [activity for activity in activities if activity.edges]
    return sorted(moving, key=lambda one: (-one.edges, one.channel.index))[:number]


class _Counter:
    """Counts on one bit of the states."""

    def __init__(self, bit: int, activity: ChannelActivity) -> None:
        self.activity = activity
        self._bit = bit
        self._stop: int | None = None
        self._level = 0
        self._edge: int | None = None  # sample of the last edge

    def feed(self, block: Changes) -> None:
        """Take the next block; one that does not touch the last begins anew."""
        levels = (
            block.state >> block.state.dtype.type(self._bit) & block.state.dtype.type(1)
        ).astype(np.int8)
        joined = block.start == self._stop
        if not joined:
            self._edge = None
            self._level = int(levels[0]) if len(levels) else 0
        before = np.concatenate((np.array([self._level], np.int8), levels[:-1]))
        edges = block.index[levels != before]
        self._count(edges)
        self._measure(block, levels)
        self._stop = block.stop
        if len(levels):
            self._level = int(levels[-1])

    def _count(self, edges: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        if not len(edges):
            return
        self.activity.edges += len(edges)
        known = edges if self._edge is None else np.concatenate((np.array([self._edge]), edges))
        if len(known) > 1:
            shortest = int(np.diff(known).min())
            held = self.activity.shortest
            self.activity.shortest = shortest if held is None else min(held, shortest)
        self._edge = int(edges[-1])

    def _measure(self, block: Changes, levels: np.ndarray[tuple[int], np.dtype[np.int8]]) -> None:
        """Add the samples of `block` at which the channel is high."""
        first = int(block.index[0]) if len(block.index) else block.stop
        lengths = np.diff(block.index, append=block.stop)
        self.activity.high += self._level * (first - block.start) + int(lengths[levels == 1].sum())
        self.activity.covered += block.stop - block.start
