"""Packets of the stock decoders become records; what they cannot tell is not made up."""

from __future__ import annotations

from typing import Any

from stm32trace_core.context import bare_context
from stm32trace_core.sigrok.words import I2cPackets, SwdPackets, UartPackets, is_ours, swd_packet
from stm32trace_core.wire.i2c import BYTE, RESTART, START, STOP, I2cByte
from stm32trace_core.wire.swd import (
    DATA_PHASE,
    FAULT,
    LINE_RESET,
    NOISE,
    OK,
    WAIT,
    SwdSequence,
    SwdTransfer,
)
from stm32trace_core.wire.uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    EVEN,
    NO_PARITY,
    ODD,
    RX,
    TX,
    UartFormat,
    UartWord,
)

RATE = 1_000_000
Fed = tuple[int, int, list[Any]]


def fed(packets: Any, said: list[Fed]) -> list[Any]:
    return [record for packet in said for record in packets.feed(*packet)]


# I2C: a clock of 40 samples.


def i2c_byte(
    start: int, value: int, acked: bool, step: int = 40, name: str = 'DATA WRITE'
) -> list[Fed]:
    """A byte and its ACK as the stock decoder says it: bits from the last one on, rises `step` apart."""
    rises = [start + step * number for number in range(8)]
    bits = [[value >> 7 - number & 1, at, at + step] for number, at in enumerate(rises)]
    acked_at = start + 8 * step
    return [
        (start, acked_at, ['BITS', bits[::-1]]),
        (start, acked_at, [name, value]),
        (acked_at, acked_at + step, ['ACK' if acked else 'NACK', None]),
    ]


def i2c(said: list[Fed]) -> list[I2cByte]:
    return fed(I2cPackets('i2c0', bare_context()), said)


def test_i2c_words_are_told_with_the_edges_of_the_wire() -> None:
    said = [(100, 100, ['START', None]), *i2c_byte(140, 0xA2, True), (520, 520, ['STOP', None])]
    start, byte, stop = i2c(said)
    assert start == I2cByte(100, 101, 'i2c0', START, 0, 0, False, 0, 0, 100)
    assert byte == I2cByte(140, 500, 'i2c0', BYTE, 0xA2, 9, True, 20, 1, 160)
    assert (stop.start, stop.end, stop.kind, stop.low) == (520, 521, STOP, 20)


def test_i2c_address_counts_as_it_was_on_the_wire_whatever_the_display() -> None:
    for shown in (0x51, 0xA2):
        (byte,) = i2c(i2c_byte(0, 0xA2, False, name='ADDRESS WRITE')[:1] + [
            (0, 0, ['ADDRESS WRITE', shown]), (320, 360, ['NACK', None]),
        ])  # fmt: skip
        assert (byte.value, byte.acked) == (0xA2, False)


def test_i2c_clock_that_was_held_is_the_longest_low_phase() -> None:
    said = [(0, 0, ['START', None]), *i2c_byte(40, 1, True), *i2c_byte(10_400, 2, True)]
    _, first, second = i2c(said)
    assert (first.low, first.low_bit) == (20, 1)
    assert (second.low, second.low_bit, second.low_start) == (10_020, 0, 380)  # 360 to 10400


def test_i2c_repeated_start_follows_its_low_phase() -> None:
    said = [*i2c_byte(0, 1, True), (5000, 5000, ['START REPEAT', None])]
    _, restart = i2c(said)
    assert (restart.kind, restart.low, restart.low_start) == (RESTART, 4640, 340)


def test_i2c_acknowledge_without_a_byte_is_none() -> None:
    assert i2c([(0, 40, ['ACK', None]), (50, 90, ['DATA READ', 5])]) == []


# UART: 10 samples a bit.


def uart_frame(
    start: int, line: int, value: int, parity: int | None = None, bad: bool = False, stop: int = 1
) -> list[Fed]:
    """A frame as the stock decoder says it; parity: the bit."""
    middles = [start + 5 + 10 * number for number in range(1, 9)]
    bits = [[value >> number & 1, at - 5, at + 5] for number, at in enumerate(middles)]
    said: list[Fed] = [
        (start, start + 10, ['STARTBIT', line, 0]),
        (start + 10, start + 90, ['DATA', line, (value, bits)]),
    ]
    if parity is not None:
        wrong = ['PARITY ERROR', line, (0, 1)]
        said.append((start + 90, start + 100, wrong if bad else ['PARITYBIT', line, parity]))
    if not stop:
        said.append((start + 100, start + 110, ['INVALID STOPBIT', line, 0]))
    said.append((start + 100, start + 110, ['STOPBIT', line, stop]))
    return [*said, (start, start + 110, ['FRAME', line, (value, stop == 1 and not bad)])]


def uart(said: list[Fed], rate: float | None = RATE) -> list[Any]:
    return fed(UartPackets('uart0', bare_context(rate)), said)


def test_uart_words_come_after_the_format_of_their_line() -> None:
    said = [*uart_frame(0, 1, 0x7F, 1), *uart_frame(200, 0, 0x79, 1), *uart_frame(310, 0, 0x1F, 1)]
    assert uart(said) == [
        UartFormat(0, 0, 'uart0', TX, 100_000.0, 8, EVEN, 1.0, False, False, True),
        UartWord(0, 110, 'uart0', TX, 0x7F, 0),
        UartFormat(200, 200, 'uart0', RX, 100_000.0, 8, EVEN, 1.0, False, False, True),
        UartWord(200, 310, 'uart0', RX, 0x79, 0),
        UartWord(310, 420, 'uart0', RX, 0x1F, 0),
    ]


def test_uart_parity_is_what_the_first_parity_bit_makes_it() -> None:
    assert uart(uart_frame(0, 1, 0x7F))[0].parity == NO_PARITY
    assert uart(uart_frame(0, 1, 0x7F, 0))[0].parity == ODD
    assert uart(uart_frame(0, 1, 0x7F, 1))[0].parity == EVEN


def test_uart_rate_is_the_usual_one_within_a_sample() -> None:
    form = uart(uart_frame(0, 1, 0x7F), rate=1_152_000)[0]
    assert form.baud == 115_200
    assert uart(uart_frame(0, 1, 0x7F), rate=None)[0].baud == 0.1  # bits a sample


def test_uart_errors_are_flags_of_their_word_alone() -> None:
    said = [
        *uart_frame(0, 1, 0x7F, 0, bad=True),
        *uart_frame(200, 1, 0x12, 0, stop=0),
        *uart_frame(400, 1, 0x11, 0),
    ]
    words = [one for one in uart(said) if isinstance(one, UartWord)]
    assert [(one.value, one.flags) for one in words] == [
        (0x7F, BAD_PARITY), (0x12, BAD_STOP), (0x11, 0),
    ]  # fmt: skip


def test_uart_break_is_one_word_to_where_the_line_rises() -> None:
    said = [*uart_frame(0, 0, 0, stop=0), (0, 5000, ['BREAK', 0, 0]), *uart_frame(6000, 0, 0x41)]
    words = [one for one in uart(said) if isinstance(one, UartWord)]
    assert words == [
        UartWord(0, 5000, 'uart0', RX, 0, BREAK),
        UartWord(6000, 6100, 'uart0', RX, 0x41, 0),
    ]


def test_uart_zero_without_a_stop_bit_is_no_break_if_the_next_word_follows() -> None:
    words = uart([*uart_frame(0, 0, 0, stop=0), *uart_frame(110, 0, 0x41)])
    assert [one.flags for one in words if isinstance(one, UartWord)] == [BAD_STOP, 0]


def test_uart_start_bit_that_is_none_begins_no_word() -> None:
    spurious: list[Fed] = [
        (0, 5, ['INVALID STARTBIT', 1, 1]),
        (0, 10, ['FRAME', 1, (0x33, False)]),
    ]
    assert uart(spurious) == []
    assert [one.value for one in uart([*spurious, *uart_frame(20, 1, 0x41)])[1:]] == [0x41]


# SWD.


def swd(said: list[Fed]) -> list[Any]:
    return fed(SwdPackets('swd0', bare_context()), said)


def test_swd_packets_are_read_with_their_data_where_these_are_theirs() -> None:
    said: list[Fed] = [
        (0, 45, ['DP_READ', (0, 0x2BA01477, 'OK')]),
        (50, 95, ['AP_WRITE', (0xC, 5, 'OK')]),
        (100, 111, ['AP_READ', (0xC, 5, 'WAIT')]),
        (120, 131, ['DP_WRITE', (8, '', 'FAULT')]),
    ]
    assert swd(said) == [
        SwdTransfer(0, 45, 'swd0', 0xA5, OK, 0x2BA01477, DATA_PHASE),
        SwdTransfer(50, 95, 'swd0', 0xBB, OK, 5, DATA_PHASE),
        SwdTransfer(100, 111, 'swd0', 0x9F, WAIT, 0, 0),
        SwdTransfer(120, 131, 'swd0', 0xB1, FAULT, 0, 0),
    ]


def test_swd_packet_that_a_line_reset_cuts_off_is_left_out() -> None:
    said: list[Fed] = [
        (0, 45, ['DP_READ', (0, 1, 'OK')]),
        (50, 130, ['LINE_RESET', None]),
        (50, 130, ['AP_READ', (0, 1, 'OK')]),  # what was being read when the reset came
        (140, 185, ['DP_READ', (0, '', 'OK')]),
    ]
    assert swd(said) == [
        SwdTransfer(0, 45, 'swd0', 0xA5, OK, 1, DATA_PHASE),
        SwdSequence(50, 130, 'swd0', LINE_RESET, 50),
        SwdTransfer(140, 185, 'swd0', 0xA5, OK, 0, 0),
    ]


def test_swd_requests_that_nobody_answered_may_be_bits_of_a_sequence() -> None:
    assert (
        swd([(0, 11, ['AP_READ', (0xC, 0, 'NOREPLY')]), (20, 31, ['AP_READ', (0, 0, 'ERROR')])])
        == []
    )


def test_our_packets_of_swd_bring_the_record_and_look_like_those_of_the_stock_decoder() -> None:
    packet = SwdTransfer(0, 45, 'swd0', 0xA5, OK, 7, DATA_PHASE)
    noise = SwdSequence(50, 60, 'swd0', NOISE, 9)
    assert swd([(0, 45, list(swd_packet(packet))), (50, 60, list(swd_packet(noise)))]) == [
        packet,
        noise,
    ]
    kind, (address, data, told) = swd_packet(packet)
    assert (kind, address, data, told) == ('DP_READ', 0, 7, 'OK')
    assert swd_packet(noise)[0] == 'NOISE'
    assert is_ours(swd_packet(noise))
    assert not is_ours(['LINE_RESET', None])
