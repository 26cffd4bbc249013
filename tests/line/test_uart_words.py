"""TX and RX -> UartWord: which bytes were said, with which faults, at which samples."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from line.decoding import only, pieces
from line.uart_decoding import decode, formats, said, words
from stm32trace_core.lines import LineActivity
from stm32trace_core.wire.uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    TRUNCATED,
    UartGlitch,
    UartRate,
    UartWord,
)
from waves.i2c import window
from waves.uart import UartWave, dense_uart

TEXT = b'The quick brown fox jumps over the lazy dog 0123456789\r\n'
BINARY = bytes(range(0, 256, 5)) + bytes(range(255, 0, -7))
FORMATS = ('8N1', '8E1', '8O1', '7E1', '7O1', '7N1', '9N1', '8N2', '8E2', '8S1', '6E1', '5N1')
PARITIES = {'N': 'none', 'E': 'even', 'O': 'odd', 'M': 'mark', 'S': 'space'}
BIT = 40  # samples, of a wave at 4 MHz and 100 000 baud


def framed(name: str) -> dict[str, Any]:
    """Arguments of a wave for a format such as 8E1."""
    return {
        'data_bits': int(name[0]),
        'parity': PARITIES[name[1]],
        'stop_bits': float(name[2:]),
    }


def wave(baud: float = 100_000, **how: Any) -> UartWave:
    return UartWave(4_000_000, baud, **how)


# Clean lines.


def test_words_are_those_that_were_said() -> None:
    one = wave().tx([0x7F]).idle(1e-3).rx([0x79]).idle(1e-3).tx([0x00, 0xFF]).idle(1e-3).rx([0x79])
    assert words(one) == one.words


@pytest.mark.parametrize('name', FORMATS)
def test_format_is_found_from_the_data(name: str) -> None:
    how = framed(name)
    mask = (1 << how['data_bits']) - 1
    data = [value & mask for value in (bytes(range(256)) * 2)[:: 1 if mask > 255 else 3]]
    if mask > 255:
        data = [value | (number % 3 == 0) << 8 for number, value in enumerate(data)]
    one = wave(**how).tx(data).idle(1e-3)
    (found,) = formats(one)
    assert (found.data_bits, found.parity, found.stop_bits) == tuple(how.values())
    assert found.certain
    assert found.measured
    assert not found.inverted
    assert said(words(one)) == said(one.words)


@pytest.mark.parametrize('name', ['8N1', '8E1', '8O1', '8N2', '7E1', '8M1', '9E1', '5N1.5'])
def test_parity_that_is_given_is_taken(name: str) -> None:
    how = framed(name)
    data = [value & (1 << how['data_bits']) - 1 for value in BINARY]
    one = wave(**how).tx(data).idle(1e-3)
    (found,) = formats(one, parity=how['parity'])
    assert (found.data_bits, found.parity, found.stop_bits) == tuple(how.values())
    assert said(words(one, parity=how['parity'])) == said(one.words)


@pytest.mark.parametrize('baud', [1200, 9600, 57_600, 115_200, 250_000, 921_600, 3_000_000])
@pytest.mark.parametrize('samples', [3.07, 4.3, 8.68, 34.7])
def test_any_rate_is_measured_to_half_a_percent(baud: float, samples: float) -> None:
    one = UartWave(baud * samples, baud).tx(BINARY).idle(20 / baud)
    (found,) = formats(one)
    assert found.baud == pytest.approx(baud, rel=0.005)
    assert said(words(one)) == said(one.words)


def test_rate_that_is_no_usual_one_is_told_as_it_is() -> None:
    (found,) = formats(wave(106_000).tx(TEXT).idle(1e-3))
    assert found.baud == pytest.approx(106_000, rel=0.002)


def test_inverted_lines_are_told_by_their_idle_level() -> None:
    one = wave(inverted=True).tx(TEXT).idle(1e-3).rx(BINARY).idle(1e-3)
    assert all(found.inverted for found in formats(one))
    assert said(words(one)) == said(one.words)


def test_dense_inverted_line_is_told_by_its_frames() -> None:
    one = wave(inverted=True).tx(BINARY * 4)
    part = window(one.changes(['tx']), 6000, one.length - 500)
    (found,) = formats([part], sample_rate=4e6, roles=('tx',))
    assert (found.inverted, found.data_bits, found.parity) == (True, 8, 'even')


def test_both_lines_may_speak_at_once_and_at_their_own_clocks() -> None:
    one = wave(skew={'tx': 0.01, 'rx': -0.02}).both(TEXT, BINARY).idle(1e-3)
    tx, rx = formats(one)
    assert tx.baud == pytest.approx(101_000, rel=0.005)
    assert rx.baud == pytest.approx(98_000, rel=0.005)
    assert said(words(one)) == said(one.words)


@pytest.mark.parametrize('line', ['tx', 'rx'])
def test_one_line_alone_is_decoded(line: str) -> None:
    one = wave(lines=(line,)).tx(TEXT).idle(1e-3).rx(BINARY).idle(1e-3)
    assert said(words(one)) == said(one.words)
    assert {word.line for word in words(one)} == {line}


def test_both_directions_on_one_wire_are_one_line() -> None:
    one = wave(lines=('tx',))
    for number in range(8):
        host = 1 + 0.01 * (number % 2)  # host and target have clocks of their own
        one.tx(BINARY[number * 5 :][:5], baud=100_000 * host).idle(2e-4)
    assert said(words(one)) == said(one.words)


def test_without_a_sample_rate_the_bit_time_is_told_in_samples() -> None:
    one = wave().tx(TEXT).idle(1e-3)
    (found,) = formats(one, sample_rate=None)
    assert 1 / found.baud == pytest.approx(BIT, rel=0.002)
    assert said(words(one, sample_rate=None)) == said(one.words)


def test_jitter_of_a_tenth_of_a_bit_changes_no_word() -> None:
    one = wave(jitter=0.1).tx(BINARY, gap=0.3).idle(1e-3)
    assert said(words(one)) == said(one.words)


# What is given.


def test_rate_that_is_given_is_taken_and_the_measured_one_is_told_besides() -> None:
    one = wave(skew={'tx': 0.02}).tx(BINARY).idle(1e-3)
    (found,) = formats(one, baud=100_000)
    assert (found.baud, found.measured) == (100_000, False)
    (rate,) = only(UartRate, decode(one, baud=100_000))
    assert rate.baud == 100_000
    assert rate.measured == pytest.approx(102_000, rel=0.002)
    assert rate.samples == pytest.approx(BIT / 1.02, rel=0.002)
    assert (rate.words, rate.errors) == (len(BINARY), 0)
    assert rate.pulses > 100
    assert said(words(one, baud=100_000)) == said(one.words)


def test_wrong_parity_that_is_given_shows_as_errors() -> None:
    one = wave(parity='even').tx(BINARY).idle(1e-3)
    assert all(word.flags == BAD_PARITY for word in words(one, parity='odd'))


# What leaves the format open.


def test_sync_byte_alone_leaves_rate_and_parity_uncertain() -> None:
    one = UartWave().tx([0x7F]).idle(1e-3)
    (found,) = formats(one)
    assert not found.certain
    assert [word.value for word in words(one)] == [0x7F]


def test_what_follows_makes_the_format_certain() -> None:
    one = UartWave().tx([0x7F]).idle(2).tx([0x00, 0xFF, 0x11, 0xEE, 0x02, 0xFD]).idle(1e-3)
    before, after = formats(one)
    assert (before.certain, after.certain) == (False, True)
    assert (after.start, after.data_bits, after.parity) == (one.words[1].start, 8, 'even')


def test_line_with_few_words_has_the_format_of_the_other_line() -> None:
    one = wave(parity='odd').tx(BINARY).idle(1e-3).rx([0x03]).idle(1e-3)
    tx, rx = formats(one)
    assert (rx.data_bits, rx.parity, rx.certain) == (8, 'odd', False)
    assert tx.certain


def test_lines_that_contradict_each_other_have_formats_of_their_own() -> None:
    one = wave().use('tx', parity='none').tx(BINARY).idle(1e-3).rx(BINARY).idle(1e-3)
    assert [(found.line, found.parity) for found in formats(one)] == [
        ('tx', 'none'),
        ('rx', 'even'),
    ]
    assert said(words(one)) == said(one.words)


def test_host_at_8n1_is_told_by_the_distance_of_two_frames() -> None:
    one = UartWave(parity='none').tx([0x7F]).idle(1e-3).rx([0x79], parity='even').idle(1e-3)
    one.tx([0x01, 0xFE]).idle(0.5)
    tx, rx = formats(one)
    assert (tx.line, tx.data_bits, tx.parity, tx.certain) == ('tx', 8, 'none', True)
    assert not rx.certain
    assert said(words(one)) == said(one.words)


def test_line_without_words_has_no_format() -> None:
    assert {found.line for found in formats(wave().tx(TEXT).idle(1e-3))} == {'tx'}


# Several rates.


@pytest.mark.parametrize('order', list(itertools.permutations((9600, 115_200, 57_600))))
def test_every_exchange_is_read_at_its_own_rate(order: tuple[int, ...]) -> None:
    one = UartWave(4_000_000, order[0])
    for baud in order:
        one.use(baud=baud)
        for number in range(4):
            one.tx(BINARY[number * 3 :][:5]).idle(1e-3).rx([0x79, *BINARY[number:][:4]]).idle(2e-3)
    assert said(words(one)) == said(one.words)
    found = formats(one)
    assert [round(known.baud / 1200) for known in found if known.line == 'tx'] == [
        baud // 1200 for baud in order
    ]


def test_parity_may_change_with_the_exchange() -> None:
    one = wave(parity='none').tx(BINARY).idle(0.1).use(parity='even').tx(BINARY).idle(1e-3)
    assert [known.parity for known in formats(one)] == ['none', 'even']
    assert said(words(one)) == said(one.words)


def test_format_is_told_once_and_again_only_where_it_changes() -> None:
    one = dense_uart(8000)  # several chunks
    assert [(known.line, known.certain) for known in formats(one)] == [('tx', True), ('rx', True)]


# Faults.


def test_wrong_parity_bit_is_a_parity_error() -> None:
    one = wave().tx(TEXT).tx([0x42], bad_parity=True).tx(TEXT).idle(1e-3)
    assert said(words(one)) == said(one.words)
    assert [word.value for word in words(one) if word.flags == BAD_PARITY] == [0x42]


def test_missing_stop_bit_is_a_framing_error() -> None:
    one = wave().tx(TEXT).tx([0x42], bad_stop=True).tx(TEXT).idle(1e-3)
    assert said(words(one)) == said(one.words)
    assert [word.value for word in words(one) if word.flags == BAD_STOP] == [0x42]


def test_break_lasts_until_the_line_is_idle_again() -> None:
    one = wave().tx(TEXT).break_('tx', 30).tx(TEXT).idle(1e-3)
    (found,) = [word for word in words(one) if word.flags & BREAK]
    assert found in one.words
    assert found.end - found.start == 30 * BIT
    assert said(words(one)) == said(one.words)


def test_line_that_is_low_for_hours_holds_no_other_line_back() -> None:
    one = wave().tx(TEXT).rx(TEXT).idle(1e-3).level('rx', 0)
    for _ in range(5):
        one.idle(1).tx(TEXT)
    one.level('rx', 1).idle(1e-3)
    found = words(one)
    assert [(word.value, word.flags) for word in found if word.line == 'rx'][-1] == (0, BREAK)
    assert said(word for word in found if word.line == 'tx') == said(
        word for word in one.words if word.line == 'tx'
    )


def test_short_pulse_before_a_byte_is_a_glitch_and_no_start_bit() -> None:
    one = wave().tx(TEXT).idle(1e-3).tx([0x41]).idle(1e-3)
    at = one.words[-1].start - 7 * BIT
    one.glitch('tx', at, BIT // 2 - 3)
    assert only(UartGlitch, decode(one)) == [UartGlitch(at, at + BIT // 2 - 3, 'uart0', 'tx')]
    assert said(words(one)) == said(one.words)


@pytest.mark.parametrize('bit', range(11))
@pytest.mark.parametrize('place', [0.1, 0.48, 0.7])
def test_short_pulse_inside_a_byte_changes_nothing(bit: int, place: float) -> None:
    one = wave().tx(TEXT).idle(1e-3).tx([0x4B]).idle(1e-3)
    one.glitch('tx', one.words[-1].start + round((bit + place) * BIT), 6)
    assert said(words(one)) == said(one.words)


def test_line_that_is_low_before_the_first_word_is_no_word() -> None:
    one = wave().level('rx', 0).idle(5e-3).level('rx', 1).idle(1e-3).tx(TEXT).rx(TEXT).idle(1e-3)
    found = window(one.lines(), 5000, one.length)
    assert [word.value for word in words([found], sample_rate=4e6) if word.line == 'rx'] == list(
        TEXT
    )


# Where the data begin and end.


def test_data_that_begin_inside_a_byte_are_read_from_the_next_one_on() -> None:
    one = wave().tx(BINARY * 3).idle(1e-3)
    for cut in range(one.words[5].start + 10, one.words[6].start, 17):
        block = window(one.changes(['tx']), cut, one.length)
        found = words([block], sample_rate=4e6, roles=('tx',))
        assert said(found)[-100:] == said(one.words)[-100:]
        assert len(found) <= len(one.words)


def test_word_that_the_end_of_the_data_cuts_off_is_truncated() -> None:
    one = wave().tx(TEXT).tx([0x1F]).idle(1e-3)
    start = one.words[-1].start
    block = window(one.changes(['tx']), 0, start + 4 * BIT)
    last = words([block], sample_rate=4e6, roles=('tx',))[-1]
    assert last == UartWord(start, start + 4 * BIT, 'uart0', 'tx', 0x07, TRUNCATED)


def test_word_of_which_only_the_end_of_the_stop_bit_is_missing_is_whole() -> None:
    one = wave().tx(TEXT)
    last = one.words[-1]
    block = window(one.changes(['tx']), 0, last.end - BIT // 4)
    found = words([block], sample_rate=4e6, roles=('tx',))[-1]
    assert found == last._replace(end=last.end - BIT // 4)


def test_break_that_does_not_end_is_truncated() -> None:
    one = wave().tx(TEXT).level('tx', 0).idle(1e-3)
    last = words(one)[-1]
    assert (last.flags, last.end) == (BREAK | TRUNCATED, one.length)


def test_gap_in_the_data_costs_the_word_it_cuts_and_no_other() -> None:
    one = wave().tx(TEXT).idle(1e-3).tx(TEXT).idle(1e-3)
    block, cut = one.changes(['tx']), one.words[60].start + 3 * BIT
    runs = [window(block, 0, cut), window(block, cut + 2 * BIT, block.stop)]
    values = [word.value for word in words(runs, sample_rate=4e6, roles=('tx',)) if not word.flags]
    assert values[:60] == [word.value for word in one.words[:60]]
    assert values[-40:] == [word.value for word in one.words[-40:]]


def test_activity_of_captured_lines_is_told_at_the_end() -> None:
    found = only(LineActivity, decode(wave(lines=('rx',)).tx(TEXT).rx([0x55]).idle(1e-3)))
    assert [(line.role, line.edges) for line in found] == [('rx', 10)]


# Properties.


@st.composite
def sessions(draw: st.DrawFn) -> UartWave:
    """Both lines at one rate and format, with some jitter and clocks that are a little off."""
    samples = draw(st.sampled_from((3.1, 5.3, 8.68, 17.4, 34.7)))
    baud = draw(st.sampled_from((1200, 9600, 115_200, 921_600, 3_000_000, 77_777)))
    name = draw(st.sampled_from(('8N1', '8E1', '8O1', '8N2')))
    skew = {line: draw(st.sampled_from((-0.02, 0.0, 0.013, 0.02))) for line in ('tx', 'rx')}
    one = UartWave(
        samples * baud, baud, **framed(name), skew=skew, jitter=0.08 if samples > 8 else 0.0,
        inverted=draw(st.booleans()), seed=draw(st.integers(0, 999)),
    )  # fmt: skip
    gap = draw(st.sampled_from((0.0, 0.4, 3.0)))
    data = draw(st.binary(min_size=40, max_size=80))
    one.tx([*BINARY[:40], *data], gap=gap).idle(draw(st.sampled_from((20, 300))) / baud)
    one.both(data, [*BINARY[30:70], *data], gap=gap).idle(25 / baud)
    return one


@settings(max_examples=60)
@given(sessions())
def test_any_bytes_are_read_as_they_were_said(one: UartWave) -> None:
    assert said(words(one)) == said(one.words)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 600_000), max_size=60))
def test_chunks_that_are_full_do_not_depend_on_cuts(cuts: list[int]) -> None:
    at = sorted(min(cut, DENSE.stop) for cut in cuts)
    assert decode(pieces(DENSE, at), sample_rate=1e6) == DENSE_RECORDS


DENSE = dense_uart(6000, 1_000_000).lines()
DENSE_RECORDS = decode([DENSE], sample_rate=1e6)


def test_dense_data_fill_several_chunks() -> None:
    assert len(DENSE.index) > 3 * 16_384
