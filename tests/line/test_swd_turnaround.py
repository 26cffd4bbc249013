"""Turnarounds that were set where nobody saw it: what proves them, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from line.swd_decoding import items, transfers
from stm32trace.line.swd_cycles import Cycles
from stm32trace.line.swd_links import Links
from stm32trace.line.swd_window import Window
from waves.i2c import window
from waves.swd import AP, DP, FAULT, NO_REPLY, OK, WAIT, SwdWave

ALL_ZERO, INVALID = 0, 3


@pytest.mark.parametrize('clocks', [2, 3, 4])
@pytest.mark.parametrize('gap', [0, 2, 8])
def test_turnaround_that_was_set_before_the_capture_is_found(clocks: int, gap: int) -> None:
    wave = SwdWave(gap=gap).turnaround(clocks).read(AP, 12, 0x12345678).write(AP, 12, 0x87654321)
    wave.read(DP, 12, 0).write(AP, 4, 0xE000ED00, WAIT).write(AP, 4, 0xE000ED00).read(DP, 12, 1)
    wave.read(AP, 12, 3).read(AP, 12, 0, FAULT).write(AP, 0, 0x23000002)
    assert items(wave) == wave.truth
    for start in range(123, wave.transfers[1].start, 13):  # three answers in a row prove it
        assert transfers([window(wave.lines(), start, wave.length)]) == wave.transfers[4:], start


@pytest.mark.parametrize('clocks', [2, 3, 4])
def test_turnaround_is_found_where_the_write_of_it_was_lost(clocks: int) -> None:
    wave = (
        SwdWave().read(DP, 0, 1).write(DP, 8, 1).bits('110' + 43 * '0')
    )  # what was a write of DLCR
    wave.turnaround(clocks)
    for value in (3, 0x12345678, 0x89ABCDEF, 0xFFFFFFFF, 0x00010003):
        wave.read(AP, 12, value)
    assert set(transfers(wave)) >= set(wave.transfers[:2] + wave.transfers[-4:])


def test_line_reset_ends_a_turnaround_that_was_found() -> None:
    wave = SwdWave().turnaround(3).read(AP, 12, 1).read(AP, 12, 2).read(AP, 12, 3)
    wave.line_reset().turnaround(1).read(DP, 0, 1)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('ack', [WAIT, FAULT, NO_REPLY, ALL_ZERO, INVALID])
@pytest.mark.parametrize('gap', [0, 1, 2, 3, 4, 8])
@pytest.mark.parametrize('data', [False, True])
def test_nothing_but_answers_proves_another_turnaround(ack: int, gap: int, data: bool) -> None:
    wave = SwdWave(gap=gap).overrun(data)
    for value in (0, 1, 3, 0xFFFFFFFF, 0x10, 0):
        wave.write(AP, 12, value, ack)
    wave.read(DP, 0, 1)
    assert transfers(wave)[-1] == wave.transfers[-1]
    assert not any(one.ack == OK for one in transfers(wave)[:-1])


def test_noise_proves_no_turnaround() -> None:
    bits = np.random.default_rng(5).integers(0, 2, 100_000).astype(np.uint8)
    cycles = Cycles(np.arange(2 * len(bits)), np.repeat(bits, 2))
    links = Links(Window([cycles], last=True, end=2 * len(bits)), len(bits))
    assert [len(places) for _, places in links.other_turnarounds(1)] == [0, 0, 0]
