"""SCL and SDA -> I2cByte: what is on the wire, word by word, to the sample."""

from __future__ import annotations

import numpy as np
import pytest

from line.decoding import decode, only, pieces, words
from stm32trace.capture.changes import Changes
from stm32trace_core.lines import ClockStats, LineActivity
from stm32trace_core.wire.i2c import BYTE, PARTIAL, RESTART, START, STOP, I2cByte
from waves.i2c import I2cWave, window

BUS = 'i2c0'
# At the builder's default of 10 samples a clock period SCL is low for 5, and the first START is at
# sample 100.


def condition(kind: int, at: int, low: int = 0) -> I2cByte:
    """A START or STOP; the SCL pulse it comes in began 5 samples before."""
    low_start = at - 5 - low if low else at
    return I2cByte(at, at + 1, BUS, kind, 0, 0, False, low, 0, low_start)


def octet(start: int, value: int, acked: bool) -> I2cByte:
    """A byte whose low phases are all of the same length."""
    return I2cByte(start, start + 85, BUS, BYTE, value, 9, acked, 5, 0, start - 5)


def partial(start: int, end: int, value: int, bits: int) -> I2cByte:
    return I2cByte(start, end, BUS, PARTIAL, value, bits, False, 5, 0, start - 5)


def stray(start: int, end: int, bits: int) -> I2cByte:
    """Clock pulses outside a transfer."""
    return I2cByte(start, end, BUS, PARTIAL, 0, bits, False, 0, 0, start)


def kinds(found: list[I2cByte]) -> str:
    """S: START, R: repeated START, P: STOP, B: byte, p: partial byte."""
    letters = {START: 'S', RESTART: 'R', STOP: 'P', BYTE: 'B', PARTIAL: 'p'}
    return ''.join(letters[word.kind] for word in found)


def test_write_is_start_address_data_stop() -> None:
    assert words(I2cWave().write(0x51, [0x0F])) == [
        condition(START, 100),
        octet(110, 0xA2, acked=True),
        octet(200, 0x0F, acked=True),
        condition(STOP, 295, low=5),
    ]


def test_read_ends_with_a_byte_that_the_host_does_not_acknowledge() -> None:
    assert words(I2cWave().read(0x51, [0x79, 0x76])) == [
        condition(START, 100),
        octet(110, 0xA3, acked=True),
        octet(200, 0x79, acked=True),
        octet(290, 0x76, acked=False),
        condition(STOP, 385, low=5),
    ]


def test_start_within_a_transfer_is_repeated() -> None:
    assert words(I2cWave().write(0x50, [], stop=False).read(0x50, [], ack=False)) == [
        condition(START, 100),
        octet(110, 0xA0, acked=True),
        condition(RESTART, 205, low=5),
        octet(215, 0xA1, acked=False),
        condition(STOP, 310, low=5),
    ]


def test_start_after_a_stop_is_not_repeated() -> None:
    assert kinds(words(I2cWave().write(0x50).write(0x50))) == 'SBPSBP'


def test_address_that_nobody_answers_is_a_byte_without_ack() -> None:
    found = words(I2cWave().write(0x51, ack=False))
    assert [word.acked for word in found if word.kind == BYTE] == [False]


@pytest.mark.parametrize('bit', range(9))
def test_longest_low_phase_of_a_byte_is_told_with_its_place(bit: int) -> None:
    wave = I2cWave().stretch(37e-6, byte=1, bit=bit).write(0x51, [0xFF])
    _, _, data, _ = words(wave)
    low_start = 195 + 10 * bit
    assert (data.low, data.low_bit, data.low_start) == (42, bit, low_start)


def test_low_phase_before_a_stop_belongs_to_the_stop() -> None:
    wave = I2cWave().stretch(1e-3, byte=1, bit=0).write(0x51)
    assert words(wave)[-1] == condition(STOP, 1205, low=1005)


def test_low_phase_before_a_repeated_start_belongs_to_it() -> None:
    wave = I2cWave().stretch(1e-3, byte=1, bit=0).write(0x51, stop=False).read(0x51)
    assert words(wave)[2] == condition(RESTART, 1205, low=1005)


@pytest.mark.parametrize('bits', range(1, 9))
def test_byte_that_a_stop_cuts_off_is_partial_without_the_pulse_of_the_stop(bits: int) -> None:
    wave = I2cWave().start().byte(0xA2).bits('10110011'[:bits]).stop()
    end = 205 + 10 * bits
    if bits == 8:  # the pulse of the STOP is the ninth, SDA is low in it: a byte
        assert words(wave)[2:] == [
            I2cByte(200, end, BUS, BYTE, 0b10110011, 9, True, 5, 0, 195),
            condition(STOP, end),
        ]
    else:
        assert words(wave)[2:] == [
            partial(200, end, int('10110011'[:bits], 2), bits),
            condition(STOP, end, low=5),
        ]


def test_byte_that_a_repeated_start_cuts_off_is_partial() -> None:
    wave = I2cWave().start().byte(0xA2).bits('101').start().byte(0xA3).stop()
    assert words(wave)[2:4] == [partial(200, 235, 0b101, 3), condition(RESTART, 235, low=5)]


def test_pulse_of_a_stop_alone_is_no_partial_byte() -> None:
    assert kinds(words(I2cWave().start().stop())) == 'SP'


def test_clock_pulses_before_the_first_start_are_one_partial() -> None:
    wave = I2cWave().bits('1011').write(0x51)
    # The bus idles after the fourth pulse, so SCL stays high until the START comes: three are
    # whole.
    assert words(wave)[:2] == [stray(105, 140, 3), condition(START, 140)]


def test_clock_pulses_between_stop_and_start_are_one_partial() -> None:
    wave = I2cWave().write(0x51).bits('1' * 9).idle(1e-5).write(0x51)
    found = words(wave)
    assert kinds(found) == 'SBPpSBP'
    assert found[3] == stray(215, 310, 8)


def test_capture_that_begins_in_a_transfer_begins_with_its_pulses_as_partial() -> None:
    whole = I2cWave().write(0x51, [0x0F]).idle(1e-5).write(0x51)
    found = words([window(whole.lines(), 147, whole.length)])
    assert found[:2] == [stray(150, 295, 14), condition(STOP, 295)]
    assert kinds(found) == 'pPSBP'


def test_capture_that_ends_in_a_byte_ends_with_it_as_partial() -> None:
    wave = I2cWave().write(0x51, [0x0F])
    found = words([window(wave.lines(), 0, 257)])
    # The sixth pulse of the byte has begun at 250 and ended at 255.
    assert found[-1] == partial(200, 257, 0b000011, 6)


def test_pulse_that_goes_on_when_the_data_ends_is_no_bit_yet() -> None:
    wave = I2cWave().write(0x51, [0x0F])
    assert words([window(wave.lines(), 0, 254)])[-1] == partial(200, 254, 0b00001, 5)


def test_byte_whose_ninth_pulse_goes_on_when_the_data_ends_is_whole() -> None:
    wave = I2cWave().write(0x51, [0x0F])
    found = words([window(wave.lines(), 0, 283)])
    assert found[-1] == I2cByte(200, 283, BUS, BYTE, 0x0F, 9, True, 5, 0, 195)


def test_start_whose_byte_never_begins_is_all_there_is() -> None:
    wave = I2cWave().start()
    assert words(wave) == [condition(START, 100)]


def block(*entries: tuple[int, str], stop: int) -> Changes:
    """A run from (sample, levels): 'cd' both high, 'c' only SCL, 'd' only SDA, '' none."""
    state = [('c' in levels) + 2 * ('d' in levels) for _, levels in entries]
    index = np.array([at for at, _ in entries])
    return Changes(entries[0][0], stop, index, np.array(state, np.uint8))


def test_both_lines_that_change_in_one_sample_are_a_data_bit_or_nothing() -> None:
    both_rise = block(
        (0, 'cd'), (10, 'c'), (20, ''), (30, 'cd'), (40, 'd'), (50, 'c'), (60, ''), stop=70
    )
    assert words([both_rise]) == [
        condition(START, 10),
        # SDA is read after it changed: 1 at sample 30, 0 at sample 50. Neither is a START or STOP.
        I2cByte(30, 70, BUS, PARTIAL, 0b10, 2, False, 10, 0, 20),
    ]


def test_data_that_changes_as_the_clock_falls_is_no_condition() -> None:
    falling = block(
        (0, 'cd'), (10, 'c'), (20, ''), (30, 'c'), (40, 'd'), (50, 'cd'), (60, ''), stop=70
    )
    assert kinds(words([falling])) == 'Sp'
    assert words([falling])[-1].value == 0b01


def test_lines_are_counted_over_the_whole_capture() -> None:
    wave = I2cWave().write(0x51, [0x0F])
    scl, sda = only(LineActivity, decode(wave))
    # 2 bytes of 9 pulses, the STOP; SDA: S 1010001 0 0, 00001111 0, P
    assert scl == LineActivity(0, 300, BUS, 'scl', 38, 1, 1, 300 - 19 * 5)
    assert (sda.edges, sda.first, sda.last) == (10, 1, 1)


def test_clock_is_measured_inside_bytes() -> None:
    wave = I2cWave().stretch(50e-6, byte=1, bit=3).write(0x51, [0x0F]).start().bits('111').stop()
    (stats,) = only(ClockStats, decode(wave))
    assert stats == ClockStats(0, wave.length, BUS, 'scl', 16, 10, 10, 0, 0, broken=1)


def test_samples_with_both_edges_are_counted() -> None:
    both = block((0, 'cd'), (10, 'c'), (20, ''), (30, 'cd'), (40, ''), stop=70)
    (stats,) = only(ClockStats, decode([both]))
    assert stats.simultaneous == 2


def test_nothing_is_said_of_a_capture_without_samples() -> None:
    assert decode([]) == []


def test_gap_ends_the_transfer_and_what_follows_begins_anew() -> None:
    wave = I2cWave().write(0x51, [0x0F]).idle(1e-4).write(0x51)
    lines = wave.lines()
    found = words([window(lines, 0, 257), window(lines, 268, lines.stop)])
    assert kinds(found) == 'SBppPSBP'
    assert found[2:5] == [
        partial(200, 257, 0b000011, 6),
        stray(270, 295, 2),
        condition(STOP, 295),
    ]


def test_blocks_may_be_empty() -> None:
    wave = I2cWave().write(0x51, [0x0F])
    assert words(pieces(wave.lines(), [0, 0, 50, 50, 200, 200, 300])) == words(wave)
