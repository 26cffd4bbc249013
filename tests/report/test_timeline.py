"""The picture's memory is constant, and what it holds adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stm32trace.report.timeline import BINS, BUSY, Timeline

KEY = (BUSY, 'i2c0')

spans = st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10**5)), min_size=1, max_size=30)


def timeline(given_spans: list[tuple[int, int]]) -> Timeline:
    result = Timeline()
    for start, length in given_spans:
        result.spread(KEY, start, start + length)
    return result


@given(spans)
def test_samples_add_up_however_often_the_bins_grew(given_spans: list[tuple[int, int]]) -> None:
    result = timeline(given_spans)
    assert sum(result.rows[KEY]) == sum(length for _, length in given_spans)
    assert len(result.rows[KEY]) == BINS


@given(spans)
def test_the_order_of_arrival_does_not_matter(given_spans: list[tuple[int, int]]) -> None:
    assert timeline(given_spans).rows == timeline(given_spans[::-1]).rows


def test_a_span_lies_in_the_bins_it_covers() -> None:
    result = timeline([(0, 1), (4 * BINS - 3, 2)])
    assert result.bin_width == 4
    assert result.rows[KEY][0] == 1
    assert result.rows[KEY][-2:] == [0, 2]
    assert result.total(KEY, 0, 4) == 1


def test_columns_that_touch_share_no_bin() -> None:
    result = timeline([(0, 1), (4 * BINS - 1, 1), (5, 1)])
    columns = [(0, 3), (3, 6), (6, 10)]
    assert [result.total(KEY, *column) for column in columns] == [1, 1, 0]
    assert [result.covered(*column) for column in columns] == [4, 4, 4]


def test_a_record_without_length_is_still_seen() -> None:
    assert sum(timeline([(7, 0)]).rows[KEY]) == 1
