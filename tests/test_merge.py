"""Records of several sources come out in the order in which they became known, however they went in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.line.columns import WordColumns
from stm32trace.merge import WatermarkMerge


class Word(NamedTuple):
    start: int
    end: int
    bus: str


@dataclass(frozen=True, slots=True)
class Words(WordColumns):
    """Words with no field but those of all."""

    record: ClassVar[type] = Word


def words(ends: Iterable[int], bus: str) -> list[WordColumns]:
    """Return words that end there as one piece of columns."""
    end = np.array(sorted(ends), np.int64)
    return [Words(end - 1, end, bus)]


def test_a_record_waits_until_no_source_can_produce_an_earlier_one() -> None:
    merge = WatermarkMerge(2)
    merge.push(0, words([3, 8], 'a'), 10)
    assert merge.ready().records == []
    merge.push(1, words([5], 'b'), 6)
    assert [word.end for word in merge.ready().records] == [3, 5]
    assert [word.end for word in merge.drain().records] == [8]


def test_a_record_that_ends_at_the_watermark_waits_for_its_equals() -> None:
    merge = WatermarkMerge(2)
    merge.push(0, words([], 'a'), 5)
    merge.push(1, words([5], 'b'), 5)
    assert merge.ready().records == []
    merge.push(0, words([5], 'a'), 9)
    merge.push(1, [], 9)
    assert [word.bus for word in merge.ready().records] == ['a', 'b']


def test_what_stays_columns_has_its_places_among_the_records() -> None:
    merge = WatermarkMerge(2, columnar=[1])
    merge.push(0, words([3, 8], 'a'), 10)
    merge.push(1, words([5, 7], 'b'), 10)
    merged = merge.ready()
    assert [word.end for word in merged.records] == [3, 8]
    assert merged.places == [0, 3]
    assert [(placed.source, placed.places.tolist()) for placed in merged.columns] == [(1, [1, 2])]


ENDS = st.lists(st.integers(1, 60), max_size=12)


@given(ENDS, ENDS, st.sets(st.integers(1, 61), max_size=6))
def test_any_cut_into_blocks_gives_the_same_order(
    one: list[int], two: list[int], cuts: set[int]
) -> None:
    merge, merged, last = WatermarkMerge(2), [], 0
    for cut in [*sorted(cuts), 62]:
        for number, (ends, bus) in enumerate(((one, 'a'), (two, 'b'))):
            merge.push(number, words((end for end in ends if last < end <= cut), bus), cut)
        merged += merge.ready().records
        last = cut
    merged += merge.drain().records
    both = [Word(end - 1, end, 'a') for end in one] + [Word(end - 1, end, 'b') for end in two]
    assert merged == sorted(both, key=lambda word: (word.end, word.bus))
