"""LineHold: bus lines that are low for more than 10 ms without any edge."""

from __future__ import annotations

import pytest

from line.decoding import decode, only, pieces
from stm32trace_core.lines import LineHold
from waves.i2c import I2cWave, window

BUS = 'i2c0'


def holds(wave: I2cWave) -> list[LineHold]:
    return only(LineHold, decode(wave))


def test_stretch_before_the_ack_bit_is_a_hold_of_the_clock() -> None:
    wave = I2cWave().stretch(0.02).write(0x51)
    # SCL falls after the eighth pulse at 185; SDA is low in that bit and in the ACK.
    assert holds(wave) == [
        LineHold(185, 20190, BUS, 'scl', 0, inside=True, last=False, other=0, bits=8)
    ]


def test_stretch_after_a_byte_counts_all_pulses_since_the_start() -> None:
    wave = I2cWave().stretch(0.02, byte=2, bit=0).write(0x51, [0xFF, 0xFF])
    (hold,) = holds(wave)
    assert (hold.role, hold.bits, hold.other) == ('scl', 18, 1)


def test_pulses_are_counted_from_the_repeated_start() -> None:
    wave = I2cWave().write(0x50, [0], stop=False).stretch(0.02).read(0x50, [1])
    assert [hold.bits for hold in holds(wave)] == [8]


def test_clock_that_is_low_outside_a_transfer_is_not_inside() -> None:
    wave = I2cWave().hold('scl', 0, 0.02).write(0x51)
    assert holds(wave) == [
        LineHold(100, 20100, BUS, 'scl', 0, inside=False, last=False, other=1, bits=-1)
    ]


def test_data_that_stays_low_after_a_read_is_a_hold_of_data() -> None:
    # The host is reset in the third bit of the byte: SCL goes high, the target keeps SDA low.
    wave = I2cWave().start().byte(0xA3).bits('00').hold('sda', 0).idle(5e-6)
    wave.level('scl', 1).idle(0.05)
    (hold,) = holds(wave)
    assert (hold.role, hold.value, hold.other) == ('sda', 0, 1)
    assert (hold.start, hold.last, hold.inside, hold.bits) == (220, True, True, 12)


def test_hold_that_lasts_until_the_end_of_the_data_is_the_last() -> None:
    wave = I2cWave().write(0x51, stop=False).idle(0.02)
    assert holds(wave) == [
        LineHold(195, wave.length, BUS, 'scl', 0, inside=True, last=True, other=0, bits=9)
    ]


def test_line_that_is_low_when_the_capture_begins_is_held_from_there() -> None:
    wave = I2cWave()
    wave.hold('scl', 0).idle(0.127).release('scl').idle(1e-4).write(0x51)
    (hold,) = only(LineHold, decode([window(wave.lines(), 150, wave.length)]))
    assert (hold.start, hold.end, hold.inside) == (150, 127_100, False)


def test_idle_bus_is_no_hold() -> None:
    assert holds(I2cWave().idle(1.0).write(0x51).idle(1.0)) == []


@pytest.mark.parametrize(('seconds', 'number'), [(0.009_995, 0), (0.009_996, 1)])
def test_hold_is_longer_than_10_ms(seconds: float, number: int) -> None:
    wave = I2cWave().stretch(seconds).write(0x51)  # in addition to the usual 5 samples
    assert len(holds(wave)) == number


def test_hold_begins_at_the_last_edge_of_either_line() -> None:
    wave = I2cWave().stretch(0.02).read(0x51)
    # SCL falls at 185; SDA, high for the read bit, takes the ACK at 188.
    assert [(hold.start, hold.end) for hold in holds(wave)] == [(188, 20_190)]


def test_without_a_sample_rate_there_are_no_holds() -> None:
    wave = I2cWave().stretch(0.5).write(0x51)
    assert only(LineHold, decode([wave.lines()], sample_rate=None)) == []


def test_gap_ends_a_hold_as_the_end_of_the_data_does() -> None:
    wave = I2cWave().stretch(0.1).write(0x51)
    runs = [window(wave.lines(), 0, 30_000), window(wave.lines(), 40_000, wave.length)]
    first, second = only(LineHold, decode(runs))
    assert (first.start, first.end, first.last, first.inside) == (185, 30_000, True, True)
    assert (second.start, second.end, second.last, second.inside) == (40_000, 100_190, False, False)


def test_hold_over_many_blocks_is_one() -> None:
    wave = I2cWave().stretch(0.1).write(0x51)
    cut = pieces(wave.lines(), range(0, wave.length, 1000))
    assert only(LineHold, decode(cut)) == holds(wave)
