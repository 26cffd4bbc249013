"""Changes are samples stored where they change, however they are cut, joined or narrowed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.sr_files import dense
from stm32trace.capture.changes import (
    BitPicker,
    Changes,
    cut,
    from_samples,
    join,
    merged,
    select,
    state_type,
    to_samples,
)
from stm32trace.capture.dense import DenseSampler


def changes(start: int, stop: int, *entries: tuple[int, int]) -> Changes:
    index = np.array([sample for sample, _ in entries], np.int64)
    return Changes(start, stop, index, np.array([state for _, state in entries], np.uint8))


def content(block: Changes) -> tuple[int, int, list[tuple[int, int]]]:
    entries = zip(block.index.tolist(), block.state.tolist(), strict=True)
    return block.start, block.stop, list(entries)


def samples(*states: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.array(states, np.uint8)


slow_signals = st.lists(st.tuples(st.integers(0, 255), st.integers(1, 9)), min_size=1).map(
    lambda parts: np.concatenate([np.full(n, state, np.uint8) for state, n in parts])
)


def test_the_first_block_of_a_run_begins_with_its_level() -> None:
    block = from_samples(samples(3, 3, 2, 2, 0), 100, None)
    assert content(block) == (100, 105, [(100, 3), (102, 2), (104, 0)])


def test_a_block_that_continues_holds_true_changes_only() -> None:
    assert content(from_samples(samples(3, 3, 2), 7, 3)) == (7, 10, [(9, 2)])
    assert content(from_samples(samples(3, 3, 2), 7, 1)) == (7, 10, [(7, 3), (9, 2)])
    assert content(from_samples(samples(3, 3), 7, 3)) == (7, 9, [])


def test_no_samples_are_an_empty_block() -> None:
    assert content(from_samples(samples(), 7, None)) == (7, 7, [])


@given(slow_signals, st.integers(0, 1 << 40))
def test_changes_expand_to_the_samples_they_were_made_of(
    signal: np.ndarray[Any, np.dtype[np.uint8]], start: int
) -> None:
    assert to_samples(from_samples(signal, start, None)).tolist() == signal.tolist()


def test_a_block_that_continues_is_expanded_from_the_state_before_it() -> None:
    assert to_samples(changes(5, 9, (7, 2)), 3).tolist() == [3, 3, 2, 2]


@pytest.mark.parametrize('at', range(10, 16))
def test_a_cut_divides_the_entries_and_the_span(at: int) -> None:
    whole = changes(10, 15, (10, 1), (12, 0), (14, 1))
    before, after = cut(whole, at)
    assert (before.start, before.stop, after.start, after.stop) == (10, at, at, 15)
    assert content(join([before, after])) == content(whole)


@pytest.mark.parametrize(('entries', 'samples'), [(2, 100), (100, 5)])
def test_small_blocks_are_merged_but_never_across_a_gap(entries: int, samples: int) -> None:
    parts = [changes(0, 2, (0, 1)), changes(2, 3), changes(3, 6, (4, 0)), changes(6, 7)]
    assert [
        content(block) for block in merged([*parts, changes(9, 10, (9, 0))], entries, samples)
    ] == [
        (0, 6, [(0, 1), (4, 0)]),
        (6, 7, []),
        (9, 10, [(9, 0)]),
    ]


def test_selected_bits_are_packed_in_the_order_asked_for() -> None:
    state = np.array([0b1_00000001, 0b0_00000100, 0b1_11111111], np.uint16)
    picked = BitPicker([8, 2, 0]).pick(state)
    assert picked.tolist() == [0b101, 0b010, 0b111]
    assert picked.dtype == np.uint8


@given(st.lists(st.integers(0, 63), max_size=64, unique=True), st.integers(0, 2**64 - 1))
def test_any_bits_may_be_picked_in_any_order(bits: Sequence[int], state: int) -> None:
    (picked,) = BitPicker(bits).pick(np.array([state], np.uint64)).tolist()
    assert picked == sum((state >> bit & 1) << place for place, bit in enumerate(bits))


@pytest.mark.parametrize(
    ('width', 'size'), [(0, 1), (1, 1), (8, 1), (9, 2), (16, 2), (17, 4), (33, 8), (64, 8)]
)
def test_states_are_as_narrow_as_the_channels_allow(width: int, size: int) -> None:
    assert state_type(width).itemsize == size


def test_a_selection_drops_what_does_not_change_for_it() -> None:
    blocks = [changes(0, 4, (0, 0b01), (2, 0b11)), changes(4, 8, (5, 0b10), (6, 0b11))]
    assert [content(block) for block in select(blocks, [1])] == [
        (0, 4, [(0, 0), (2, 1)]),
        (4, 8, []),
    ]


def test_a_selection_begins_anew_after_a_gap() -> None:
    blocks = [changes(0, 4, (0, 0b01)), changes(9, 12, (9, 0b01))]
    assert [content(block) for block in select(blocks, [0])] == [
        (0, 4, [(0, 1)]),
        (9, 12, [(9, 1)]),
    ]


def test_an_empty_block_does_not_hide_the_first_level() -> None:
    blocks = [changes(0, 0), changes(0, 4, (0, 0))]
    assert [content(block) for block in select(blocks, [0])] == [(0, 0, []), (0, 4, [(0, 0)])]


@given(slow_signals, st.lists(st.integers(0, 7), unique=True), st.data())
def test_any_cut_of_the_blocks_gives_the_same_selection(
    signal: np.ndarray[Any, np.dtype[np.uint8]], bits: Sequence[int], data: st.DataObject
) -> None:
    borders = data.draw(st.lists(st.integers(0, len(signal))).map(sorted))
    rest = from_samples(signal, 0, None)
    blocks = []
    for border in borders:
        before, rest = cut(rest, border)
        blocks.append(before)
    blocks.append(rest)
    narrowed = join(list(select(blocks, bits)))
    expected = [sum((state >> b & 1) << k for k, b in enumerate(bits)) for state in signal.tolist()]
    assert content(narrowed) == content(from_samples(samples(*expected), 0, None))


@given(st.integers(1, 8), st.data())
def test_dense_samples_of_any_size_give_the_levels_of_any_channels(
    unit_size: int, data: st.DataObject
) -> None:
    units = data.draw(st.lists(st.binary(min_size=unit_size, max_size=unit_size), min_size=1))
    channels = data.draw(st.lists(st.integers(0, 8 * unit_size - 1), unique=True))
    border = data.draw(st.integers(0, len(units)))
    sampler = DenseSampler(unit_size, channels)
    blocks = [
        sampler.feed(b''.join(units[:border]), 0),
        sampler.feed(b''.join(units[border:]), border),
    ]
    numbers = [int.from_bytes(unit, 'little') for unit in units]
    expected = [sum((n >> c & 1) << k for k, c in enumerate(channels)) for n in numbers]
    assert dense(blocks) == dict(enumerate(expected))
    assert all(block.state.dtype == state_type(len(channels)) for block in blocks)


def test_samples_after_a_gap_begin_with_their_level() -> None:
    sampler = DenseSampler(1, [0])
    assert content(sampler.feed(b'\x01\x01', 0)) == (0, 2, [(0, 1)])
    assert content(sampler.feed(b'\x01\x01', 2)) == (2, 4, [])
    assert content(sampler.feed(b'\x01\x01', 9)) == (9, 11, [(9, 1)])
