"""The dialogue builder of I2C: what its verbs put on the lines, sample by sample.

Ten samples a clock period, one character each: '#' high, '_' low.
"""

from __future__ import annotations

import pytest

from stm32trace.capture.changes import to_samples
from waves.i2c import I2cWave, window


def line(wave: I2cWave, role: str, start: int = 100) -> str:
    """The levels of a line from the first START on."""
    samples = to_samples(wave.changes((role,)))[start:]
    return ''.join('#' if level else '_' for level in samples)


def periods(*levels: str) -> str:
    """Pieces of five samples."""
    return ''.join(levels)


HIGH, LOW = '#####', '_____'


def test_start_is_data_that_falls_before_the_clock() -> None:
    wave = I2cWave().start().idle(5e-6)
    assert line(wave, 'scl') == HIGH + LOW
    assert line(wave, 'sda') == LOW + LOW


def test_bit_is_data_that_is_steady_while_the_clock_is_high() -> None:
    wave = I2cWave().start().bits('10')
    assert line(wave, 'scl') == HIGH + 2 * (LOW + HIGH) + '_'
    assert line(wave, 'sda') == LOW + '___##' + HIGH + '###__' + LOW + '_'


def test_stop_is_data_that_rises_after_the_clock() -> None:
    wave = I2cWave().start().stop()
    assert line(wave, 'scl') == HIGH + LOW + HIGH + HIGH
    assert line(wave, 'sda') == LOW + LOW + LOW + HIGH


def test_repeated_start_is_data_that_falls_after_the_clock_rose() -> None:
    wave = I2cWave().start().start().idle(5e-6)
    assert line(wave, 'scl') == HIGH + LOW + HIGH + HIGH + LOW
    assert line(wave, 'sda') == LOW + '___##' + HIGH + LOW + LOW


def test_byte_takes_nine_clock_periods() -> None:
    wave = I2cWave().start()
    before = wave.now
    assert wave.byte(0xA5).now - before == pytest.approx(90e-6)


def test_target_stretches_the_low_phase_before_the_ack() -> None:
    plain = I2cWave().write(0x51)
    stretched = I2cWave().stretch(20e-6).write(0x51)
    assert stretched.length - plain.length == 20
    # SCL falls after the eighth bit at sample 85 of the transfer.
    assert line(stretched, 'scl')[84:111] == '#' + 25 * '_' + '#'


def test_stretch_concerns_the_next_transfer_only() -> None:
    wave = I2cWave().stretch(1e-3).write(0x51).write(0x51)
    assert [transfer.stretch for transfer in wave.transfers] == [1005, 5]


def test_slow_lines_are_there_when_they_have_an_initial_level() -> None:
    assert I2cWave().roles == ('scl', 'sda')
    assert I2cWave(nrst=1, boot0=0).roles == ('scl', 'sda', 'nrst', 'boot0')


def test_pulse_takes_its_time() -> None:
    wave = I2cWave(nrst=1).pulse('nrst', 5e-6).idle(2e-6)
    assert line(wave, 'nrst') == LOW + '##'


def test_held_line_ignores_the_dialogue_until_it_is_released() -> None:
    wave = I2cWave().hold('sda', 0).bits('11').release('sda').idle(5e-6)
    assert line(wave, 'scl') == 2 * (LOW + HIGH) + HIGH
    assert line(wave, 'sda') == 4 * LOW + HIGH


def test_pulses_outside_a_transfer_leave_the_clock_high() -> None:
    wave = I2cWave().bits('11')
    assert line(wave, 'scl') == 2 * (LOW + HIGH)


def test_glitch_is_where_it_was_asked_for() -> None:
    wave = I2cWave().start().bits('1').glitch('scl', 107)
    assert line(wave, 'scl') == HIGH + '__#__' + HIGH + '_'


def test_truth_of_a_write_tells_the_samples_of_its_start_and_stop() -> None:
    (said,) = I2cWave().write(0x51, [0x02, 0xFD]).transfers
    assert (said.start, said.end) == (100, 386)
    assert (said.address, said.data, said.acked) == (0x51, b'\x02\xfd', (True, True, True))


def test_host_stops_after_a_byte_that_is_not_acknowledged() -> None:
    (said,) = I2cWave().write(0x51, [1, 2, 3], nack_at=1).transfers
    assert (said.data, said.acked) == (b'\x01\x02', (True, True, False))


def test_open_transfer_is_truncated_in_the_truth() -> None:
    wave = I2cWave().write(0x51, stop=False)
    (said,) = wave.transfers
    assert (said.outcome, said.end) == ('truncated', wave.length)


def test_rate_and_clock_scale_the_samples() -> None:
    assert I2cWave(24e6, 400e3).write(0x51).transfers[0].start == 600


def test_window_is_a_run_of_its_own() -> None:
    block = I2cWave().write(0x51).lines()
    part = window(block, 107, 130)
    assert (part.start, part.stop, int(part.index[0])) == (107, 130, 107)
    assert to_samples(part).tolist() == to_samples(block)[107:130].tolist()


def test_empty_window_has_no_entry() -> None:
    part = window(I2cWave().write(0x51).lines(), 107, 107)
    assert (part.start, part.stop, len(part.index)) == (107, 107, 0)
