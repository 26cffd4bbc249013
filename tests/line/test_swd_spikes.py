"""Pulses of SWCLK that are none of its clock, and pulses that are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from line.decoding import only
from line.swd_decoding import decode, items, session
from stm32trace.capture.changes import Changes
from stm32trace_core.lines import ClockStats


def test_spike_of_one_sample_costs_nothing_and_is_counted() -> None:
    clean = session()
    edges = set(clean.lines().index.tolist())
    for sample in range(clean.transfers[6].start, clean.transfers[8].end, 7):
        if not edges.isdisjoint((sample, sample + 1)):
            continue  # beside an edge it only moves that
        wave = session().glitch('swclk', sample)
        assert items(wave) == clean.truth, sample
        assert only(ClockStats, decode(wave))[0].spikes == 1, sample


def clocked(phases: Sequence[int]) -> ClockStats:
    """Figures of a clock whose edges are so many samples apart, with SWDIO low."""
    index = 100 + np.cumsum([0, *phases])
    state = np.arange(1, len(index) + 1) % 2
    block = Changes(0, int(index[-1]) + 50, np.array([0, *index]), np.array([0, *state], np.uint8))
    return only(ClockStats, decode([block]))[0]


@pytest.mark.parametrize(
    ('phases', 'spikes'),
    [
        ([6, 6] * 4 + [3, 1, 2] + [6, 6] * 4, 1),  # high for a moment while low
        ([6, 6] * 4 + [6, 3, 2, 1] + [6, 6] * 4, 1),  # low for a moment while high
        ([6, 6] * 4 + [2, 3, 2] + [6, 6] * 4, 0),  # too long: half of the others
        ([6, 6] * 4 + [6, 6, 1, 6] + [6, 6] * 4, 0),  # a thin pulse in its place
        ([1, 9] * 9, 0),  # a clock of thin pulses
        ([60, 60] * 4 + [6, 6] * 4, 0),  # a clock that becomes faster
        ([6, 6] * 4 + [60, 60] * 4, 0),  # slower
        ([6, 6] * 4 + [6, 900, 1, 900] + [6, 6] * 4, 0),  # in a pause: it splits none of the clock
        ([6, 6] * 4 + [6, 1, 1, 1, 1, 2] + [6, 6] * 4, 0),  # a burst: nothing tells what it is
        ([6, 6] * 2 + [3, 1, 2], 0),  # too near to the end to be told
    ],
)
def test_spike_is_a_third_of_the_phases_around_and_splits_one_of_them(
    phases: list[int], spikes: int
) -> None:
    found = clocked(phases)
    assert found.spikes == spikes
    rises = (len(phases) + 2) // 2
    assert found.periods == rises - 1 - spikes
