"""A row of bits answers for many places what a loop over the places would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.signal.bits import (
    WORD_BITS,
    BitRow,
    first_from,
    matching,
    places_of,
    repeated,
)

runs = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 90)), max_size=12).map(
    lambda parts: [level for level, times in parts for _ in range(times)]
)


def row(bits: list[int]) -> BitRow:
    return BitRow(np.array(bits, np.uint8))


@given(runs)
def test_bits_are_those_of_a_number_and_its_opposite(bits: list[int]) -> None:
    found = row(bits)
    assert [found.ones >> place & 1 for place in range(len(bits) + 1)] == [*bits, 0]
    assert [found.zeros >> place & 1 for place in range(len(bits) + 1)] == [
        *(1 - bit for bit in bits), 0,
    ]  # fmt: skip


@given(runs)
def test_word_holds_the_bits_from_a_place_on_and_zeros_beyond_the_last(bits: list[int]) -> None:
    places = np.arange(len(bits) + 200)
    padded = [*bits, *[0] * 300]
    mask = (1 << WORD_BITS) - 1
    expected = [
        sum(bit << number for number, bit in enumerate(padded[place : place + WORD_BITS]))
        for place in places.tolist()
    ]
    assert [word & mask for word in row(bits).words(places).tolist()] == expected


@given(runs)
def test_next_one_is_the_first_from_each_place_on(bits: list[int]) -> None:
    places = np.arange(len(bits) + 20)
    expected = [
        next((at for at in range(place, len(bits)) if bits[at]), len(bits))
        for place in places.tolist()
    ]
    assert row(bits).next_one(places).tolist() == expected


@given(runs, st.integers(0, 1 << 10), st.integers(1, 10))
def test_matching_places_have_all_bits_of_the_value(
    bits: list[int], value: int, width: int
) -> None:
    wanted = [value >> bit & 1 for bit in range(width)]
    expected = [
        place for place in range(len(bits) - width + 1) if bits[place : place + width] == wanted
    ]
    assert places_of(matching(row(bits), value, width), len(bits)).tolist() == expected


@given(runs, st.sampled_from((1, 2, 3, 50, 64)))
def test_repeated_ones_follow_each_other_so_often(bits: list[int], times: int) -> None:
    expected = [place for place in range(len(bits)) if bits[place : place + times] == [1] * times]
    assert places_of(repeated(row(bits).ones, times), len(bits)).tolist() == expected


@pytest.mark.parametrize(('place', 'expected'), [(0, 2), (2, 2), (3, 5), (6, None)])
def test_first_place_is_none_where_no_one_follows(place: int, expected: int | None) -> None:
    assert first_from(0b100100, place) == expected


def test_row_of_no_bits_has_no_places() -> None:
    empty = row([])
    assert (empty.ones, empty.zeros, matching(empty, 0, 1)) == (0, 0, 0)
    assert empty.next_one(np.array([0, 5])).tolist() == [0, 0]
    assert places_of(empty.ones, 0).tolist() == []
