"""Edges of single lines among the entries of a block."""

from __future__ import annotations

import numpy as np

from stm32trace.capture.changes import Changes, from_samples
from stm32trace.signal.edges import edges, from_edges


def block(states: list[int], start: int = 0) -> Changes:
    return from_samples(np.array(states, np.uint8), start, None)


def test_edges_are_positions_of_entries() -> None:
    found = edges(block([0, 0, 1, 1, 3, 0]), None)
    assert found.index.tolist() == [0, 2, 4, 5]
    assert (found.rises(1).tolist(), found.falls(1).tolist()) == ([1], [3])
    assert (found.rises(2).tolist(), found.falls(2).tolist()) == ([2], [3])
    assert found.of(1).tolist() == [1, 3]
    assert found.samples(1).tolist() == [2, 5]


def test_first_entry_of_a_run_is_no_edge() -> None:
    assert edges(block([3]), None).changed.tolist() == [0]


def test_first_entry_of_a_later_block_is_an_edge() -> None:
    assert edges(block([3]), 1).changed.tolist() == [2]


def test_block_without_entries_has_no_edges() -> None:
    empty = Changes(5, 9, np.zeros(0, np.int64), np.zeros(0, np.uint8))
    assert edges(empty, 1).changed.tolist() == []


def test_block_is_put_together_from_the_edges_of_its_lines() -> None:
    made = from_edges(10, 30, 2, [np.array([15, 20]), np.array([20])], initial=True)
    assert (made.start, made.stop) == (10, 30)
    assert made.index.tolist() == [10, 15, 20]
    assert made.state.tolist() == [2, 3, 0]


def test_block_within_a_run_has_no_entry_without_an_edge() -> None:
    nothing = np.zeros(0, np.int64)
    made = from_edges(10, 30, 2, [nothing, nothing], initial=False)
    assert made.index.tolist() == []


def test_edge_at_the_first_sample_makes_the_initial_entry() -> None:
    made = from_edges(10, 30, 0, [np.array([10])], initial=True)
    assert (made.index.tolist(), made.state.tolist()) == ([10], [1])
