"""The chain primitive: which frames are reached from the first."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.signal.chain import follow


def test_candidates_inside_a_frame_are_passed_over() -> None:
    assert follow(np.array([2, 3, 5, 4, 5])).tolist() == [0, 2]


def test_chain_begins_anywhere() -> None:
    assert follow(np.array([2, 3, 5, 4, 5]), 1).tolist() == [1, 3, 4]


def test_any_number_from_n_on_ends_the_chain() -> None:
    assert follow(np.array([1, 99, 3])).tolist() == [0, 1]


def test_beginning_at_the_end_reaches_nothing() -> None:
    assert follow(np.array([1, 2]), 2).tolist() == []
    assert follow(np.zeros(0, np.int64)).tolist() == []


def test_list_is_taken_as_it_is() -> None:
    assert follow([1, 2, 3]).tolist() == [0, 1, 2]


@given(st.lists(st.integers(1, 5)))
def test_each_position_is_the_one_that_the_one_before_names(steps: list[int]) -> None:
    links = [place + step for place, step in enumerate(steps)]
    chain = [*follow(np.array(links, np.int64)).tolist(), len(links)]
    assert [min(links[place], len(links)) for place in chain[:-1]] == chain[1:]
