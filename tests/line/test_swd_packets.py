"""SWCLK and SWDIO -> packets and sequences: what is on the wire, to the sample."""

from __future__ import annotations

from dataclasses import fields

import pytest

from line.decoding import only
from line.swd_decoding import decode, items, levels, sequences, session, transfers
from stm32trace.capture.changes import Changes
from stm32trace.line.columns import WordColumns
from stm32trace.line.swd_columns import SwdSequenceColumns, SwdTransferColumns
from stm32trace_core.lines import ClockStats, LineActivity
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    BAD_REQUEST,
    CUT_OFF,
    DATA_PHASE,
    HIGH,
    JTAG_TO_SWD,
    LINE_RESET,
    NOISE,
    TRUNCATED,
    SwdTransfer,
)
from waves.i2c import window
from waves.swd import AP, DP, FAULT, NO_REPLY, OK, WAIT, SwdWave, lsb_first

ALL_ZERO, INVALID = 0, 3


@pytest.mark.parametrize('columns', [SwdTransferColumns, SwdSequenceColumns])
def test_columns_are_the_fields_of_the_record_in_its_order(columns: type[WordColumns]) -> None:
    names = tuple(field.name for field in fields(columns))
    assert names == columns.record._fields  # type: ignore[attr-defined]  # it is a NamedTuple


def test_packets_are_those_that_were_said() -> None:
    wave = SwdWave().read(DP, 0, 0x0BC11477).write(DP, 8, 0xF0).read(AP, 12, 0xDEADBEEF)
    wave.write(AP, 4, 0xE000EDF0).write(AP, 12, 0xFFFFFFFF).read(DP, 12, 0)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('gap', [0, 1, 2, 8, 100, 1000])
def test_idle_clocks_between_packets_may_be_any_number(gap: int) -> None:
    wave = SwdWave(gap=gap)
    for value in (0, 1, 0xFFFFFFFF, 0xA5A5A5A5, 0x80000001):
        wave.read(AP, 12, value).write(AP, 12, value)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('ack', [WAIT, FAULT, NO_REPLY, ALL_ZERO, INVALID])
@pytest.mark.parametrize('gap', [0, 2, 8])
def test_without_ok_the_next_packet_follows_the_acknowledge(ack: int, gap: int) -> None:
    wave = SwdWave(gap=gap).read(DP, 0, 0x0BC11477)
    wave.read(AP, 12, ack=ack).write(AP, 4, 0x12345678, ack).write(AP, 4, 0x12345678)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('ack', [WAIT, FAULT])
@pytest.mark.parametrize('gap', [0, 2, 8])
def test_with_orundetect_every_packet_has_a_data_phase(ack: int, gap: int) -> None:
    wave = SwdWave(gap=gap).write(DP, 8, 0).write(DP, 4, 0x50000001).overrun()
    wave.write(AP, 12, 0, ack).read(AP, 12, 0, ack).write(AP, 12, 0x000000A5, ack).read(AP, 12, 5)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('ack', [WAIT, FAULT, NO_REPLY])
def test_host_that_clocks_every_data_phase_is_told_by_what_follows(ack: int) -> None:
    wave = SwdWave().overrun().read(DP, 0, 1).read(AP, 12, 0, ack).write(AP, 4, 0x23456789, ack)
    wave.write(AP, 4, 0x23456789)
    assert items(wave) == wave.truth


def test_orundetect_that_is_cleared_ends_the_data_phases() -> None:
    wave = SwdWave().write(DP, 8, 0).write(DP, 4, 0x50000001).overrun()
    wave.write(AP, 12, 0, WAIT).write(DP, 4, 0x50000000).overrun(False)
    wave.write(AP, 12, 0, WAIT).idle(33).read(AP, 12, 0)
    assert items(wave) == wave.truth


def test_orundetect_is_that_of_ctrl_stat_not_of_dlcr() -> None:
    wave = SwdWave().write(DP, 8, 1).write(DP, 4, 0x1)
    wave.write(AP, 12, 0, WAIT).idle(33).read(AP, 12, 0)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('clocks', [1, 2, 3, 4])
def test_turnaround_follows_dlcr(clocks: int) -> None:
    wave = SwdWave().read(DP, 0, 1).write(DP, 8, 1).write(DP, 4, clocks - 1 << 8)
    wave.turnaround(clocks).write(DP, 8, 0).read(AP, 12, 0x12345678).write(AP, 12, 0x87654321)
    wave.write(AP, 12, 0, WAIT).read(AP, 12, 0, FAULT).write(DP, 8, 1).write(DP, 4, 0)
    wave.turnaround(1).read(DP, 0, 1)
    assert items(wave) == wave.truth


def test_line_reset_brings_the_turnaround_back_to_one() -> None:
    wave = SwdWave().write(DP, 8, 1).write(DP, 4, 2 << 8).turnaround(3).read(DP, 4, 0x200)
    wave.line_reset().turnaround(1).read(DP, 0, 1)
    assert items(wave) == wave.truth


def test_wrong_parity_is_flagged_and_framing_goes_on() -> None:
    wave = SwdWave().read(AP, 12, 7, bad_parity=True).write(AP, 12, 7, bad_parity=True)
    wave.read(AP, 12, 7)
    assert items(wave) == wave.truth
    assert [one.flags for one in transfers(wave)] == [
        DATA_PHASE | BAD_PARITY, DATA_PHASE | BAD_PARITY, DATA_PHASE,
    ]  # fmt: skip


def test_select_with_wrong_parity_changes_no_bank() -> None:
    wave = SwdWave().write(DP, 8, 1, bad_parity=True).write(DP, 4, 3 << 8).read(DP, 0, 1)
    assert items(wave) == wave.truth


def test_targetsel_has_data_whatever_the_acknowledge_reads() -> None:
    wave = SwdWave().line_reset().targetsel(0x01002927).read(DP, 0, 0x0BC12477)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('idle', [0, 1, 2, 8])
def test_line_reset_is_a_sequence_with_its_clocks(idle: int) -> None:
    wave = SwdWave().line_reset(51, max(idle, 1)).read(DP, 0, 1).line_reset(200, 5).read(DP, 0, 1)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('value', [0, 0xFFFFFFFE, 0xFFFFFFFF, 0x7FFFFFFF])
def test_line_reset_directly_after_a_packet_begins_after_it(value: int) -> None:
    wave = SwdWave(gap=0).write(AP, 12, value).line_reset().read(DP, 0, value).line_reset(60)
    wave.read(AP, 12, 0, NO_REPLY).line_reset(60).read(DP, 0, 1)
    assert items(wave) == wave.truth


def test_fewer_high_clocks_are_told_as_such() -> None:
    wave = SwdWave().high(49).idle(1).read(DP, 0, 0, NO_REPLY).high(8).idle(1).read(DP, 0, 1)
    assert items(wave) == wave.truth


VERBS = ('jtag_to_swd', 'swd_to_jtag', 'swd_to_dormant', 'jtag_to_dormant', 'dormant_to_jtag')


@pytest.mark.parametrize('verb', VERBS)
def test_switching_sequences_are_told_apart(verb: str) -> None:
    wave = SwdWave().read(DP, 0, 1)
    getattr(wave, verb)()
    wave.idle(1).dormant_to_swd(50).read(DP, 0, 1)
    assert items(wave) == wave.truth


@pytest.mark.parametrize('code', [0xEDB6, 0xAEAE])
def test_codes_of_older_revisions_are_known(code: int) -> None:
    wave = SwdWave().high(50).bits(lsb_first(code, 16)).line_reset().read(DP, 0, 1)
    assert [kind for kind, _ in sequences(wave)] in (
        [LINE_RESET, 'jtag_to_swd', LINE_RESET],
        [LINE_RESET, 'swd_to_jtag', LINE_RESET],
    )


def test_code_is_known_where_the_capture_begins_in_the_line_reset() -> None:
    wave = SwdWave().jtag_to_swd().read(DP, 0, 1)
    joined = window(wave.lines(), 120 + 6 * 20, wave.length)
    assert sequences([joined]) == [(HIGH, 36), (JTAG_TO_SWD, 16), (LINE_RESET, 56)]


def test_bits_after_leaving_swd_are_no_noise() -> None:
    wave = SwdWave().swd_to_jtag().bits('1101100100111000101').dormant_to_swd(60)
    assert NOISE not in [kind for kind, _ in sequences(wave)]


@pytest.mark.parametrize('at', range(12, 45))
def test_line_reset_within_a_packet_truncates_it(at: int) -> None:
    wave = SwdWave(gap=0).read(DP, 0, 1)
    start = wave.wave.sample(wave.now) + 3
    wave.bits(('11010001' + '1100' + '1' + 33 * '0')[:at] + '0').high(50).idle(2).read(DP, 0, 1)
    end = start + 6 * (at + 1)
    cut = SwdTransfer(start, end, 'swd0', 0x8B, OK, 0, TRUNCATED)
    assert items(wave) == sorted([cut, *wave.truth], key=lambda one: one.end)


def test_line_reset_within_an_acknowledge_makes_it_unanswered() -> None:
    wave = SwdWave(gap=0).read(DP, 0, 1).bits('11010001').high(56).idle(2).read(DP, 0, 1)
    assert [one.ack for one in transfers(wave)] == [OK, NO_REPLY, OK]
    assert sequences(wave) == [(LINE_RESET, 51)]


def test_end_of_the_data_truncates_a_packet() -> None:
    wave = SwdWave(gap=0).read(DP, 0, 1).write(AP, 4, 7)
    for cycles, ack in ((8, CUT_OFF), (10, CUT_OFF), (12, OK), (20, OK), (44, OK)):
        stop = 120 + 6 * (46 + cycles)
        last = transfers([window(wave.lines(), 0, stop)])[-1]
        expected = SwdTransfer(wave.transfers[1].start, stop, 'swd0', 0x8B, ack, 0, TRUNCATED)
        assert last == expected
    assert transfers([window(wave.lines(), 0, stop + 12)]) == wave.transfers


def test_unfinished_request_at_the_end_is_no_record() -> None:
    wave = SwdWave(gap=0).read(DP, 0, 1).write(AP, 4, 7)
    assert items([window(wave.lines(), 0, 120 + 6 * 53)]) == wave.truth[:1]


def test_pause_of_the_clock_within_a_packet_ends_it_after_a_second() -> None:
    wave = SwdWave().read(DP, 0, 1)
    wave.bits('11010001').pause(0.9).bits('1100')  # goes on in time
    wave.pause(1.1).read(DP, 0, 1)
    found = items(wave)
    assert [one.flags for one in found if isinstance(one, SwdTransfer)] == [
        DATA_PHASE, TRUNCATED, DATA_PHASE,
    ]  # fmt: skip
    assert found[-1] == wave.truth[-1]


def test_capture_that_begins_within_a_session_finds_all_packets_from_the_next_on() -> None:
    # One packet may be lost: the first whole one, where it is WAIT, proves nothing by itself.
    wave = session()
    first = wave.transfers[3].start
    for start in range(first, wave.transfers[12].start, 7):
        joined = window(wave.lines(), start, wave.length)
        whole = [one for one in wave.truth if one.start > start]
        found = items([joined])
        assert found[-len(whole) + 1 :] == whole[1:], start
        assert sum(isinstance(one, SwdTransfer) for one in found) <= len(whole), start


def test_longer_spike_costs_no_packet_but_the_one_it_hits() -> None:
    clean = session()
    for number in (6, 10, 15):
        hit = clean.transfers[number]
        for sample in range(hit.start - 6, hit.end, 13):
            wave = session().glitch('swclk', sample, 2)
            found = set(items(wave))
            lost = [one for one in wave.transfers if one not in found]
            assert len(lost) <= 2, (sample, lost)  # it, and one that it makes look wrong
            assert all(abs(one.start - hit.start) < 700 for one in lost), (sample, lost)


def test_short_spikes_are_filtered_where_the_rate_lets_them_be_seen() -> None:
    wave = SwdWave(rate=400e6).read(DP, 0, 1).write(AP, 4, 7).read(DP, 12, 3)
    for sample in range(2110, wave.length, 75):
        wave.glitch('swclk', sample, 2)
    assert items(wave) == wave.truth
    (stats,) = only(ClockStats, decode(wave))
    assert stats.spikes > 50


def test_noise_between_packets_is_a_sequence_and_counts_as_broken() -> None:
    wave = SwdWave().read(DP, 0, 1).bits('1100110').idle(70).read(DP, 0, 1)
    assert [one for one in items(wave) if isinstance(one, SwdTransfer)] == wave.transfers
    assert sequences(wave) == [(NOISE, 6)]
    assert only(ClockStats, decode(wave))[0].broken == 1


def test_noise_ends_at_a_proven_packet() -> None:
    wave = SwdWave().read(DP, 0, 1).bits('1100110').idle(2)
    wave.read(DP, 0, 1).read(DP, 0, 2).read(DP, 0, 3)
    assert sequences(wave) == [(NOISE, 6)]
    assert transfers(wave) == wave.transfers


def test_request_with_wrong_parity_is_told_as_such() -> None:
    wave = SwdWave().read(DP, 0, 1).bits('10100001' + '1111' + '1').idle(70).read(DP, 0, 1)
    assert sequences(wave) == [(BAD_REQUEST, 13)]


def test_all_unanswered_requests_within_a_running_clock_are_found() -> None:
    wave = SwdWave()
    for _ in range(6):
        wave.read(DP, 0, 0, NO_REPLY)
    joined = window(wave.lines(), wave.transfers[0].end, wave.length)
    assert transfers([joined]) == wave.transfers[1:]


def test_idle_clock_yields_nothing() -> None:
    assert items(SwdWave().idle(1000)) == []


def test_lines_without_samples_yield_nothing() -> None:
    assert decode([]) == []


def test_gap_starts_anew() -> None:
    wave = SwdWave(gap=40).read(DP, 0, 1).read(DP, 0, 2).read(DP, 0, 3)
    one, two, three = wave.transfers
    runs = [
        window(wave.lines(), 0, two.start + 60),
        window(wave.lines(), three.start - 200, wave.length),
    ]
    assert transfers(runs) == [
        one,
        two._replace(end=two.start + 60, data=0, ack=CUT_OFF, flags=TRUNCATED),
        three,
    ]


def test_clock_and_lines_are_measured() -> None:
    wave = SwdWave().line_reset().read(DP, 0, 1)
    (stats,) = only(ClockStats, decode(wave))
    assert (stats.role, stats.periods, stats.median, stats.minimum) == ('swclk', 105, 6, 6)
    clock, data = only(LineActivity, decode(wave))
    assert (clock.role, clock.edges, data.role) == ('swclk', 212, 'swdio')


def test_without_a_sample_rate_packets_are_found_all_the_same() -> None:
    wave = session()
    assert items([wave.lines()], None) == wave.truth


def test_jtag_like_traffic_raises_nothing() -> None:
    bits = '11111' + 40 * '0110010100011' + 200 * '0' + 60 * '10' + 99 * '110'
    block: Changes = levels(bits * 5)
    assert all(one.end <= block.stop for one in items([block]))
