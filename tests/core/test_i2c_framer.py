"""I2cFramer: words -> transfers."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from line.decoding import decode, framed, transfers
from stm32trace_core.context import bare_context
from stm32trace_core.lines import CaptureGap
from stm32trace_core.wire.i2c import (
    ADDRESS_NACK,
    BROKEN,
    BYTE,
    EMPTY,
    ENDLESS,
    MOST_WORDS,
    NO_START,
    OK,
    PARTIAL,
    RESTART,
    START,
    STOP,
    TRUNCATED,
    I2cByte,
    I2cFramer,
    I2cTransfer,
)
from waves.i2c import I2cWave, window

BUS = 'i2c0'

# Words 10 samples apart, as an adapter of PulseView makes them: no low phases.
SHORT = {'S': START, 'R': RESTART, 'P': STOP}


def words(text: str) -> list[I2cByte]:
    """Words from text: S, R, P; 'A2+' a byte with ACK, 'A2-' one without; '5p' five bits."""
    found = []
    for number, word in enumerate(text.split()):
        at = 10 * number
        if word in SHORT:
            found.append(I2cByte(at, at + 1, BUS, SHORT[word], 0, 0, False, 0, 0, at))
        elif word.endswith('p'):
            found.append(I2cByte(at, at + 9, BUS, PARTIAL, 0, int(word[:-1]), False, 0, 0, at))
        else:
            value, acked = int(word[:-1], 16), word.endswith('+')
            found.append(I2cByte(at, at + 9, BUS, BYTE, value, 9, acked, 0, 0, at))
    return found


def frame(text: str, end: int = 1000) -> list[I2cTransfer]:
    return framed(words(text), end)


def transfer(start: int, end: int, **fields: Any) -> I2cTransfer:
    """A write of nothing to 0x51, closed by STOP, but for `fields`."""
    plain = I2cTransfer(
        start, end, BUS, 0x51, False, True, b'', (True,), False, True, OK, 0, start, 0
    )
    return plain._replace(**fields)


def test_write_is_address_and_data() -> None:
    found = frame('S A2+ 02+ FD- P')
    assert found == [transfer(0, 41, data=b'\x02\xfd', acked=(True, True, False))]


def test_read_is_told_from_a_write_by_the_last_bit_of_the_address_byte() -> None:
    assert frame('S A3+ 79- P') == [transfer(0, 31, write=False, data=b'\x79', acked=(True, False))]


def test_transfer_is_known_at_its_stop() -> None:
    framer = I2cFramer(bare_context(), BUS)
    counts = [len(list(framer.feed(word))) for word in words('S A2+ P')]
    assert counts == [0, 0, 1]


def test_address_without_ack_is_address_nack() -> None:
    (found,) = frame('S A2- P')
    assert found == transfer(0, 21, acked=(False,), outcome=ADDRESS_NACK)
    assert not found.answered


def test_repeated_start_closes_a_transfer_and_opens_the_next() -> None:
    assert frame('S A0+ 10+ R A1+ 55- P') == [
        transfer(0, 30, address=0x50, data=b'\x10', acked=(True, True), stopped=False),
        transfer(
            30, 61, address=0x50, write=False, data=b'\x55', acked=(True, False), restart=True
        ),
    ]


def test_10_bit_write_has_two_address_bytes() -> None:
    (found,) = frame('S F4+ A5+ 01+ P')
    assert found == transfer(
        0, 41, address=0x2A5, ten_bit=True, data=b'\x01', acked=(True, True, True)
    )
    assert found.answered


def test_10_bit_read_takes_the_lower_bits_from_the_write_before() -> None:
    write, read = frame('S F4+ A5+ R F5+ 77- P')
    assert (write.address, write.write, write.stopped) == (0x2A5, True, False)
    assert read == transfer(
        30, 61, address=0x2A5, ten_bit=True, write=False, data=b'\x77', acked=(True, False),
        restart=True,
    )  # fmt: skip
    assert read.answered


def test_10_bit_read_without_its_write_has_an_unknown_address() -> None:
    (found,) = frame('S F5+ 77- P')
    assert (found.address, found.ten_bit, found.outcome) == (-1, True, EMPTY)
    assert not found.answered


def test_10_bit_read_after_a_stop_has_an_unknown_address() -> None:
    _, read = frame('S F4+ A5+ P S F5+ 77- P')
    assert read.address == -1


def test_10_bit_address_that_nobody_answers_is_unknown() -> None:
    (found,) = frame('S F4- P')
    assert (found.address, found.acked, found.outcome) == (-1, (False,), ADDRESS_NACK)


def test_10_bit_address_is_answered_by_both_acks() -> None:
    (found,) = frame('S F4+ A5- P')
    assert (found.address, found.outcome, found.answered) == (0x2A5, ADDRESS_NACK, False)


@pytest.mark.parametrize(('bits', 'outcome'), [(1, OK), (2, OK), (3, BROKEN), (8, BROKEN)])
def test_transfer_with_more_than_two_stray_bits_is_broken(bits: int, outcome: str) -> None:
    (found,) = frame(f'S A2+ 02+ {bits}p P')
    assert found == transfer(
        0, 41, data=b'\x02', acked=(True, True), outcome=outcome, stray_bits=bits
    )


def test_broken_address_byte_leaves_the_address_unknown() -> None:
    (found,) = frame('S 5p P')
    assert (found.address, found.outcome, found.stray_bits) == (-1, BROKEN, 5)


def test_start_and_stop_with_nothing_between_is_empty() -> None:
    (found,) = frame('S P')
    assert (found.address, found.data, found.outcome) == (-1, b'', EMPTY)


def test_pulses_before_the_first_start_are_a_transfer_without_start() -> None:
    lost, whole = frame('14p P S A2+ P')
    assert lost == transfer(
        0, 11, address=-1, write=False, acked=(), outcome=NO_START, stray_bits=14
    )
    assert whole.start == 20


def test_leading_transfer_may_end_with_a_start() -> None:
    lost, _ = frame('14p S A2+ P')
    assert (lost.end, lost.stopped, lost.outcome) == (10, False, NO_START)


def test_stop_before_the_first_start_is_no_transfer() -> None:
    assert [found.start for found in frame('P S A2+ P')] == [10]


def test_pulses_between_stop_and_start_are_no_transfer() -> None:
    assert [found.start for found in frame('S A2+ P 9p S A2+ P')] == [0, 40]


def test_transfer_that_is_open_at_the_end_of_the_data_is_truncated() -> None:
    assert frame('S A2+ 02+', end=500) == [
        transfer(0, 500, data=b'\x02', acked=(True, True), stopped=False, outcome=TRUNCATED)
    ]


def test_truncated_byte_is_told_in_stray_bits() -> None:
    (found,) = frame('S A2+ 7p', end=500)
    assert (found.outcome, found.stray_bits) == (TRUNCATED, 7)


def test_nothing_is_open_after_a_stop() -> None:
    framer = I2cFramer(bare_context(), BUS)
    for word in words('S A2+ P'):
        framer.feed(word)
    assert list(framer.finish(1000)) == []


def test_gap_truncates_what_is_open_and_pulses_after_it_have_no_start() -> None:
    framer = I2cFramer(bare_context(), BUS)
    found: list[I2cTransfer] = []
    for word in words('S A2+ 3p'):
        found += framer.feed(word)
    found += framer.feed(CaptureGap(29, 1000, '', 'samples missing'))
    for word in words('6p P'):
        found += framer.feed(word)
    assert [transfer.outcome for transfer in found] == [TRUNCATED, NO_START]
    assert found[0].end == 29


# Endless clocks: another protocol on the channels.

MOST_DATA = MOST_WORDS - 2  # of a transfer with START and a 7-bit address


def clocked(number: int, start: int = 0) -> Iterator[I2cByte]:
    for at in range(start, start + 10 * number, 10):
        yield I2cByte(at, at + 9, BUS, BYTE, at % 251, 9, True, 0, 0, at)


def endless(data: int, then: str = '') -> list[I2cTransfer]:
    """A write of `data` bytes to 0x51, and the words `then`."""
    sent = [*words('S A2+'), *clocked(data, 20)]
    moved = [word._replace(start=word.start + 20 + 10 * data) for word in words(then)]
    return framed(sent + moved, 10**9)


def test_longest_transfer_is_whole() -> None:
    (found,) = endless(MOST_DATA, 'P')
    assert (len(found.data), found.outcome, found.stopped) == (MOST_DATA, OK, True)


@pytest.mark.parametrize('more', [1, 1000])
@pytest.mark.parametrize('then', ['P S A3+ 79- P', 'R A3+ 79- P'], ids=['STOP', 'restart'])
def test_endless_transfer_is_cut_and_the_next_one_is_found(more: int, then: str) -> None:
    cut, whole = endless(MOST_DATA + more, then)
    assert (cut.address, cut.outcome, cut.stopped) == (0x51, ENDLESS, False)
    assert (cut.start, cut.end, len(cut.data)) == (0, 10 * MOST_WORDS - 1, MOST_DATA)
    assert len(cut.acked) == MOST_DATA + 1
    assert (whole.outcome, whole.data, whole.restart) == (OK, b'\x79', then.startswith('R'))


def test_endless_transfer_is_known_before_it_ends() -> None:
    framer = I2cFramer(bare_context(), BUS)
    stream = [*words('S A2+'), *clocked(MOST_DATA + 5, 20)]
    found = [len(list(framer.feed(word))) for word in stream]
    assert (found.index(1), sum(found)) == (MOST_WORDS, 1)
    assert list(framer.finish(10**9)) == []


def test_gap_in_an_endless_transfer_leaves_pulses_without_start() -> None:
    framer = I2cFramer(bare_context(), BUS)
    for word in [*words('S A2+'), *clocked(MOST_DATA + 5, 20)]:
        framer.feed(word)
    assert list(framer.feed(CaptureGap(10**7, 10**8, '', 'samples missing'))) == []
    found = [one for word in words('6p P') for one in framer.feed(word)]
    assert [transfer.outcome for transfer in found] == [NO_START]


def test_endless_clock_before_the_first_start_is_one_transfer_without_start() -> None:
    stream = [*clocked(MOST_WORDS + 1000), *words('S A2+ P')]
    lost, whole = framed(stream, 10**9)
    assert (lost.outcome, len(lost.data), lost.stopped) == (NO_START, MOST_WORDS, False)
    assert whole.outcome == OK


def test_endless_clock_takes_no_more_memory_than_the_longest_transfer() -> None:
    framer = I2cFramer(bare_context(), BUS)
    for word in words('S A2+'):
        framer.feed(word)
    tracemalloc.start()
    try:
        for word in clocked(3 * MOST_WORDS, 20):
            framer.feed(word)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000
    assert most < 50_000_000


# The longest low phase that the target can have held, from the waveform.


def stretch(wave: I2cWave) -> tuple[int, int]:
    found = transfers(wave)[-1]
    return found.stretch, found.stretch_start


def test_low_phase_before_the_ack_bit_can_be_the_target_s() -> None:
    assert stretch(I2cWave().stretch(1e-3).write(0x51)) == (1005, 185)


def test_low_phase_after_the_ack_bit_can_be_the_target_s() -> None:
    assert stretch(I2cWave().stretch(1e-3, byte=1, bit=0).write(0x51, [1])) == (1005, 195)


def test_low_phase_before_the_stop_can_be_the_target_s() -> None:
    assert stretch(I2cWave().stretch(1e-3, byte=2, bit=0).write(0x51, [1])) == (1005, 285)


def test_low_phase_after_the_start_is_the_host_s() -> None:
    assert stretch(I2cWave().stretch(1e-3, byte=0, bit=0).write(0x51)) == (5, 1195)


def test_low_phase_within_a_byte_is_the_host_s() -> None:
    assert stretch(I2cWave().stretch(1e-3, byte=1, bit=4).write(0x51, [1])) == (5, 1285)


def test_low_phase_of_a_byte_that_is_cut_off_can_be_the_target_s() -> None:
    wave = I2cWave().stretch(1e-3, byte=1, bit=0).start().byte(0xA2).bits('1011').stop()
    assert stretch(wave) == (1005, 195)


DIALOGUES = {
    'write': I2cWave().write(0x51, b'\x31\xce'),
    'read': I2cWave().read(0x51, b'\x79'),
    'host acknowledges the last byte': I2cWave().read(0x50, b'\x01\x02', last_nack=False),
    'nobody answers': I2cWave().write(0x51, ack=False).read(0x51, b'', ack=False),
    'data is not acknowledged': I2cWave().write(0x51, b'\x01\x02\x03', nack_at=1),
    'repeated start': I2cWave().write(0x50, b'\x00', stop=False).read(0x50, b'abc'),
    '10-bit': I2cWave().write(0x2A5, b'\x01').read(0x2A5, b'\x02').read(0x3FF, ack=False),
    '10-bit, by one write': I2cWave().write(0x12, b'', ten_bit=True).write(0x12, b'\x01'),
    'stretching': I2cWave()
    .stretch(0.03)
    .write(0x51, b'\x01')
    .stretch(0.02, 1, 0)
    .read(0x51, b'\x02'),
    'broken': I2cWave().start().byte(0xA2).bits('1101').stop().write(0x51, b'\x01'),
    'broken by a start': I2cWave().start().bits('1101').start().byte(0xA3).stop(),
    'stray bits': I2cWave().start().byte(0xA2, ack=False).bits('11').start().byte(0xA2).stop(),
    'empty': I2cWave().start().stop(),
    'truncated': I2cWave().write(0x51, b'\x01', stop=False),
    'truncated in a byte': I2cWave().write(0x51, b'\x01', stop=False).bits('110'),
    '400 kHz at 24 MHz': I2cWave(24e6, 400e3).write(0x51, b'\x31\xce').read(0x51, b'\x79'),
    '3 samples a period': I2cWave(300e3, 100e3).write(0x51, b'\x31\xce').read(0x51, b'\x79'),
    'free clocks': I2cWave().write(0x51).bits('1' * 9).write(0x51),
}


@pytest.mark.parametrize('wave', DIALOGUES.values(), ids=DIALOGUES.keys())
def test_transfers_of_a_dialogue_are_what_was_said(wave: I2cWave) -> None:
    assert transfers(wave) == wave.transfers


def test_capture_joined_in_mid_transfer_finds_the_next_start() -> None:
    wave = I2cWave().write(0x51, b'\x31\xce').idle(1e-4).read(0x51, b'\x79')
    for start in range(101, wave.transfers[0].end, 7):
        found = framed(decode([window(wave.lines(), start, wave.length)]), wave.length)
        assert found[-1] == wave.transfers[1]
        assert [transfer.outcome for transfer in found[:-1]] in ([], [NO_START])


def test_capture_that_ends_in_mid_transfer_tells_the_bytes_until_then() -> None:
    wave = I2cWave().write(0x51, b'\x31\xce')
    for stop in range(102, wave.transfers[0].end, 7):
        (found,) = framed(decode([window(wave.lines(), 0, stop)]), stop)
        assert found.outcome == TRUNCATED
        assert (found.start, found.end) == (100, stop)
        assert b'\x31\xce'.startswith(found.data)
