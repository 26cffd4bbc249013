"""What `wait` returns on changes is what it returns when every sample is looked at, as pysigrok's own input does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import sigrokdecode
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.capture.changes import Changes, cut, from_samples
from stm32trace.sigrok.samples import Condition, Samples

WIDTH = 2
LETTERS = st.sampled_from('lhrfes')
CONDITION = st.one_of(
    st.dictionaries(st.integers(0, WIDTH - 1), LETTERS, max_size=WIDTH),
    st.fixed_dictionaries({'skip': st.integers(1, 6)}),
)
WAITS = st.lists(st.lists(CONDITION, max_size=3), max_size=6)
SAMPLES = st.lists(st.integers(0, 3), min_size=1, max_size=30)

Stop = tuple[int, tuple[bool, ...], tuple[int, ...]]


def by_sample(samples: Sequence[int], waits: Sequence[Sequence[Condition]]) -> Iterator[Stop]:
    """Look at every sample."""
    now = -1
    for conditions in waits:
        begin = now
        while True:
            now += 1
            if now >= len(samples):
                return
            before = samples[now - 1] if now else samples[0]
            matched = tuple(
                now == begin + int(one['skip'])
                if 'skip' in one
                else bool(sigrokdecode.cond_matches(one, before, samples[now]))
                for one in conditions or [{}]
            )
            if any(matched):
                break
        yield now, matched, tuple(samples[now] >> bit & 1 for bit in range(WIDTH))


def blocks(samples: Sequence[int], cuts: Sequence[int]) -> Iterator[Changes]:
    rest = from_samples(np.array(samples, np.uint8), 0, None)
    for at in sorted(cuts):
        if rest.start <= at <= rest.stop:
            first, rest = cut(rest, at)
            yield first
    yield rest


@given(SAMPLES, WAITS, st.lists(st.integers(0, 30), max_size=3))
def test_waiting_on_changes_is_waiting_on_samples(
    samples: list[int], waits: list[list[Condition]], cuts: list[int]
) -> None:
    source = Samples(blocks(samples, cuts), WIDTH)
    found: list[Stop] = []
    for conditions in waits:
        try:
            levels = source.wait(conditions)
        except EOFError:
            break
        found.append((source.samplenum, source.matched, levels))
    assert found == list(by_sample(samples, waits))


def test_a_skip_of_nothing_stays_where_it_is() -> None:
    source = Samples(blocks([0, 1, 1, 0], []), WIDTH)
    source.wait([{0: 'r'}])
    assert source.wait([{'skip': 0}]) == (1, 0)
    assert source.samplenum == 1


def test_no_samples_end_at_once() -> None:
    with pytest.raises(EOFError):
        Samples(iter(()), WIDTH).wait()
