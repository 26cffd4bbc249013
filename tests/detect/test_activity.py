"""What is seen on channels of which nothing is known, however the capture is cut into blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.capture.changes import BitPicker, Changes, cut, from_samples
from stm32trace.detect.activity import ChannelActivity, busiest, survey
from stm32trace.model import CaptureInfo, Channel, Damage


class Blocks:
    """A capture in memory."""

    damage: tuple[Damage, ...] = ()

    def __init__(self, names: Sequence[str], blocks: Sequence[Changes]) -> None:
        channels = tuple(Channel(index, name) for index, name in enumerate(names))
        self.info = CaptureInfo(Path('memory.sr'), 'sr', channels, 1000, blocks[-1].stop)
        self._blocks = blocks

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        picker = BitPicker(channels)
        for block in self._blocks:
            yield Changes(block.start, block.stop, block.index, picker.pick(block.state))


def changes(samples: Sequence[int], start: int = 0) -> Changes:
    return from_samples(np.array(samples, np.uint8), start, None)


def seen(
    *blocks: Changes, names: Sequence[str] = ('A', 'B')
) -> list[tuple[int, int, int, int | None]]:
    """Edges, samples high, samples covered and shortest pulse of each channel."""
    found = survey(Blocks(names, blocks))
    return [(one.edges, one.high, one.covered, one.shortest) for one in found]


def test_each_channel_is_counted_for_itself() -> None:
    assert seen(changes([0b00, 0b01, 0b11, 0b11, 0b10, 0b10])) == [(2, 3, 6, 3), (1, 4, 6, None)]


def test_a_channel_that_never_changes_has_no_edge() -> None:
    assert seen(changes([1, 1, 1]), names=('A',)) == [(0, 3, 3, None)]


def test_nothing_is_counted_across_a_gap() -> None:
    assert seen(changes([0, 1, 1]), changes([0, 0, 1], start=10), names=('A',)) == [(2, 3, 6, None)]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40), st.lists(st.integers(0, 40), max_size=4)
)
def test_the_cut_into_blocks_does_not_matter(samples: list[int], cuts: list[int]) -> None:
    whole = changes(samples)
    pieces, rest = [], whole
    for at in sorted(cuts):
        if rest.start < at < rest.stop:
            piece, rest = cut(rest, at)
            pieces.append(piece)
    assert seen(*pieces, rest) == seen(whole)


def test_the_busiest_channels_come_first_and_silent_ones_not_at_all() -> None:
    one, two, three = (
        ChannelActivity(Channel(index, 'x'), edges=edges) for index, edges in enumerate((5, 0, 9))
    )
    assert busiest([one, two, three], 2) == [three, one]
    assert busiest([two], 2) == []


def test_the_idle_level_is_the_one_it_has_most_of_the_time() -> None:
    low = ChannelActivity(Channel(0, 'x'), high=1, covered=4)
    high = ChannelActivity(Channel(0, 'x'), high=3, covered=4)
    assert (low.idle, high.idle) == (0, 1)
