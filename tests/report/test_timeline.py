"""The picture's memory is constant, and what it holds adds up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stm32trace.report.timeline import BINS, BUSY, Timeline
from stm32trace_core.adi.records import AckRun, MemoryAccess, RegisterAccess

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


def test_accesses_of_a_debug_port_are_traffic_that_was_answered() -> None:
    timeline = Timeline()
    timeline.feed(MemoryAccess(10, 20, 'swd0', 0, 0x20000000, 4, True, 1, 'ok'))
    timeline.feed(RegisterAccess(30, 40, 'swd0', 'dp', -1, 4, 'CTRL/STAT', False, 0, 'ok'))
    assert sum(timeline.rows['busy', 'swd0']) == 20
    assert sum(timeline.rows['answered', 'swd0']) == 2


def test_requests_that_nobody_answered_are_told_once_their_run_is_over() -> None:
    timeline = Timeline()
    run = AckRun(10, 90, 'swd0', 7, 0xA5, True, 3, 0, False, False)
    timeline.feed(run)
    assert ('unanswered', 'swd0') not in timeline.rows
    timeline.feed(run._replace(over=True))
    assert sum(timeline.rows['unanswered', 'swd0']) == 1
