"""Records of several sources come out in the order in which they became known, however they went in."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from stm32trace.merge import WatermarkMerge


class Word(NamedTuple):
    start: int
    end: int
    bus: str


def words(ends: list[int], bus: str) -> list[Word]:
    return [Word(end - 1, end, bus) for end in sorted(ends)]


def test_a_record_waits_until_no_source_can_produce_an_earlier_one() -> None:
    merge = WatermarkMerge(2)
    merge.push(0, words([3, 8], 'a'), 10)
    assert list(merge.ready()) == []
    merge.push(1, words([5], 'b'), 6)
    assert [word.end for word in merge.ready()] == [3, 5]
    assert [word.end for word in merge.drain()] == [8]


def test_a_record_that_ends_at_the_watermark_waits_for_its_equals() -> None:
    merge = WatermarkMerge(2)
    merge.push(0, words([], 'a'), 5)
    merge.push(1, words([5], 'b'), 5)
    assert list(merge.ready()) == []
    merge.push(0, words([5], 'a'), 9)
    merge.push(1, [], 9)
    assert [word.bus for word in merge.ready()] == ['a', 'b']


ENDS = st.lists(st.integers(1, 60), max_size=12)


@given(ENDS, ENDS, st.sets(st.integers(1, 61), max_size=6))
def test_any_cut_into_blocks_gives_the_same_order(
    one: list[int], two: list[int], cuts: set[int]
) -> None:
    sources = [words(one, 'a'), words(two, 'b')]
    merge, merged, last = WatermarkMerge(2), [], 0
    for cut in [*sorted(cuts), 62]:
        for number, source in enumerate(sources):
            merge.push(number, [word for word in source if last < word.end <= cut], cut)
        merged += list(merge.ready())
        last = cut
    merged += list(merge.drain())
    assert merged == sorted(sources[0] + sources[1], key=lambda word: (word.end, word.bus))
