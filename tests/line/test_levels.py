"""A slow line -> LevelChange."""

from __future__ import annotations

from line.decoding import decoded, pieces
from stm32trace.capture.changes import Changes
from stm32trace.line.columns import Setup
from stm32trace.line.levels import LevelDecoder
from stm32trace_core.lines import LevelChange, LineSpikes
from stm32trace_core.record import CAPTURE
from waves.i2c import I2cWave, window

NRST = Setup(CAPTURE, roles=('nrst',))
NRST_24_MHZ = Setup(CAPTURE, 24e6, ('nrst',))


def nrst(wave: I2cWave) -> Changes:
    return wave.changes(('nrst',))


def change(at: int, value: int) -> LevelChange:
    return LevelChange(at, at + 1, '', 'nrst', value)


def test_every_change_is_told_and_the_initial_level_is_none() -> None:
    wave = I2cWave(nrst=1).pulse('nrst', 1e-3).write(0x51).level('nrst', 0)
    (before, after, end) = decoded(LevelDecoder(NRST), [nrst(wave)])
    assert (before, after) == (change(100, 0), change(1100, 1))
    assert end == change(wave.length - 1, 0)


def test_line_that_never_changes_gives_nothing() -> None:
    assert decoded(LevelDecoder(NRST), [nrst(I2cWave(nrst=0).write(0x51))]) == []


def test_any_cut_gives_the_same_changes() -> None:
    wave = I2cWave(nrst=1).pulse('nrst', 1e-3).pulse('nrst', 2e-3)
    block = nrst(wave)
    whole = decoded(LevelDecoder(NRST), [block])
    for at in range(0, block.stop, 50):
        assert decoded(LevelDecoder(NRST), pieces(block, [at, at])) == whole


def test_pulse_that_the_reset_pin_filters_is_no_change_but_is_counted() -> None:
    wave = I2cWave(rate=24_000_000, nrst=1).idle(1e-3).glitch('nrst', 1000, 2)
    wave.glitch('nrst', 2000, 3).idle(1e-4)
    (fall, rise, spikes) = decoded(LevelDecoder(NRST_24_MHZ), [nrst(wave)])
    assert (fall, rise) == (change(2000, 0), change(2003, 1))
    assert spikes == LineSpikes(0, wave.length, '', 'nrst', 1)


def test_filtered_line_is_the_same_however_it_is_cut() -> None:
    wave = I2cWave(rate=24_000_000, nrst=1).idle(1e-4).glitch('nrst', 1000, 2)
    block = nrst(wave.glitch('nrst', 1500, 3).idle(1e-5))
    whole = decoded(LevelDecoder(NRST_24_MHZ), [block])
    for at in range(990, 1510):
        assert decoded(LevelDecoder(NRST_24_MHZ), pieces(block, [at])) == whole


def test_change_within_a_gap_is_told_where_it_is_first_seen() -> None:
    block = nrst(I2cWave(nrst=1).pulse('nrst', 1e-3))
    runs = [window(block, 0, 50), window(block, 500, block.stop)]
    assert decoded(LevelDecoder(NRST), runs) == [change(500, 0), change(1100, 1)]


def test_gap_over_which_the_level_stays_is_no_change() -> None:
    block = nrst(I2cWave(nrst=1).idle(1e-3))
    runs = [window(block, 0, 50), window(block, 500, block.stop)]
    assert decoded(LevelDecoder(NRST), runs) == []
