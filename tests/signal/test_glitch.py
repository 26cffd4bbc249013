"""SpikeFilter: a level counts once the line has kept it for longer than the limit."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.capture.changes import Changes, cut, from_samples, join, to_samples
from stm32trace.signal.glitch import SpikeFilter

LIMIT = 3


def run(text: str, start: int = 0) -> Changes:
    """A run of one line, a character a sample."""
    return from_samples(np.frombuffer(text.encode(), np.uint8) - ord('0'), start, None)


def filtered(*blocks: Changes, limit: int = LIMIT, lines: int = 1) -> Changes:
    """What comes out of the filter over a whole run, as one block."""
    spikes = SpikeFilter(limit, lines)
    out = [spikes.feed(block) for block in blocks]
    out.append(spikes.finish(blocks[-1].stop))
    return join([block for block in out if block.start < block.stop])


def text(block: Changes) -> str:
    return ''.join(map(str, to_samples(block)))


def plain(levels: list[int], limit: int) -> list[int]:
    """The same filter, run by run: the levels of one line."""
    runs = [(level, len(list(same))) for level, same in groupby(levels)]
    out: list[int] = []
    for number, (level, length) in enumerate(runs):
        stable = length > limit or number in (0, len(runs) - 1)
        out += [level if stable else out[-1]] * length
    return out


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ('0000011111', '0000011111'),
        ('0000000100', '0000000000'),  # a spike
        ('1111110001', '1111111111'),  # of the longest length that does not count
        ('11111000011', '11111000011'),  # one sample longer
        ('000000101111', '000000001111'),  # a slow edge that crosses the threshold thrice
        ('000101010111', '000000000111'),
        ('11101010000000', '11111110000000'),
    ],
)
def test_pulse_of_up_to_the_limit_is_dropped(given: str, expected: str) -> None:
    assert text(filtered(run(given))) == expected


def test_borders_of_a_run_are_stable_levels() -> None:
    assert text(filtered(run('10000000001'))) == '10000000001'


def test_both_lines_are_filtered_each_for_itself() -> None:
    # Line 0 has a spike at sample 5, line 1 an edge at the same sample.
    both = from_samples(np.array([0] * 5 + [3] + [2] * 6, np.uint8), 0, None)
    assert text(filtered(both, lines=2)) == '000002222222'


def test_spikes_are_counted() -> None:
    spikes = SpikeFilter(LIMIT, 1)
    spikes.feed(run('000010000011000000'))
    spikes.finish(18)
    assert spikes.spikes == 2


def test_what_is_certain_comes_out_at_once() -> None:
    spikes = SpikeFilter(LIMIT, 1)
    out = spikes.feed(run('0000011111'))
    assert (out.start, out.stop, text(out)) == (0, 7, '0000011')
    rest = spikes.finish(10)
    assert (rest.start, rest.stop, len(rest.index)) == (7, 10, 0)


def test_run_after_a_gap_begins_with_its_own_level() -> None:
    spikes = SpikeFilter(LIMIT, 1)
    spikes.feed(run('0000001'))
    spikes.finish(7)
    out = spikes.feed(run('1111110000', start=20))
    assert (out.start, out.stop, text(out)) == (20, 27, '1111110')


@st.composite
def two_lines(draw: st.DrawFn) -> Changes:
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=60))
    states = draw(st.lists(st.integers(0, 3), min_size=len(lengths), max_size=len(lengths)))
    return from_samples(np.repeat(np.array(states, np.uint8), lengths), 100, None)


@given(two_lines(), st.integers(1, 6), st.lists(st.integers(0, 500), max_size=12))
def test_any_cut_gives_what_a_plain_filter_gives(block: Changes, limit: int, at: list[int]) -> None:
    blocks, rest = [], block
    for sample in sorted(min(block.start + offset, block.stop) for offset in at):
        piece, rest = cut(rest, sample)
        blocks.append(piece)
    out = to_samples(filtered(*blocks, rest, limit=limit, lines=2))
    samples = to_samples(block)
    for bit in (0, 1):
        levels = [int(level) for level in samples >> bit & 1]
        assert [int(level) for level in out >> bit & 1] == plain(levels, limit)


@given(two_lines(), st.integers(1, 6))
def test_output_holds_true_changes_only(block: Changes, limit: int) -> None:
    out = filtered(block, limit=limit, lines=2)
    assert (np.diff(out.index) > 0).all()
    assert (np.diff(out.state.astype(int)) != 0).all()
    assert out.index[0] == block.start
