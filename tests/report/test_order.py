"""Rows come out by start, whatever the order they arrive in and however little memory there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stm32trace.report.order import MOST_FILES, TimeOrder

Span = tuple[int, int]


def lines(order: TimeOrder) -> list[str]:
    return b''.join(order.text()).decode().splitlines()


def ordered(spans: list[Span], batch: int = 100_000) -> list[str]:
    with TimeOrder(batch) as order:
        for number, (start, end) in enumerate(spans):
            order.add(start, end, f'row {number}, {start} to {end}')
        return lines(order)


def test_rows_are_sorted_by_start_and_the_longest_first() -> None:
    spans = [(5, 6), (1, 2), (1, 9), (0, 3), (1, 2)]
    expected = ['row 3, 0 to 3', 'row 2, 1 to 9', 'row 1, 1 to 2', 'row 4, 1 to 2', 'row 0, 5 to 6']
    assert ordered(spans) == expected


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20))), st.integers(1, 7))
def test_spilling_to_files_changes_nothing(spans: list[Span], batch: int) -> None:
    assert ordered(spans, batch) == ordered(spans)


def test_more_batches_than_files_may_be_open() -> None:
    spans = [(MOST_FILES * 3 - at, MOST_FILES * 3) for at in range(MOST_FILES * 3)]
    assert ordered(spans, batch=1) == ordered(spans)


def test_text_beyond_ascii_survives_the_files() -> None:
    with TimeOrder(batch=1) as order:
        order.add(0, 1, '– µs 中')
        assert lines(order) == ['– µs 中']
