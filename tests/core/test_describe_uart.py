"""UART records in words."""

from __future__ import annotations

from typing import Any

import pytest

from stm32trace_core.context import bare_context
from stm32trace_core.describe import describe
from stm32trace_core.wire.uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    TRUNCATED,
    UartErrors,
    UartFormat,
    UartGlitch,
    UartRate,
    UartStats,
    UartWord,
)

BUS = 'uart0'
CONTEXT = bare_context(1e6)
FORMAT = UartFormat(0, 0, BUS, 'tx', 115_300.0, 8, 'even', 1.0, False, True, True)


def word(value: int, flags: int = 0) -> UartWord:
    return UartWord(0, 500, BUS, 'rx', value, flags)


@pytest.mark.parametrize(
    ('record', 'texts'),
    [
        (word(0x41), ('RX 41', '41', '41')),
        (word(0x179), ('RX 179', '179', '179')),
        (word(0x41, BAD_PARITY), ('RX 41, parity error', '41!', '41')),
        (word(0x41, BAD_PARITY | BAD_STOP), ('RX 41, parity error, framing error', '41!', '41')),
        (word(0x01, TRUNCATED), ('RX 01, cut off', '01!', '01')),
        (word(0, BREAK), ('RX break for 500 us', 'break', 'B')),
        (FORMAT, ('TX is read at 115200 baud 8E1', '115200 baud 8E1', '8E1')),
        (
            FORMAT._replace(baud=106_000.0, inverted=True, certain=False, stop_bits=1.5),
            (
                'TX is read at 106000 baud 8E1.5, inverted, not certain',
                '106000 baud 8E1.5',
                '8E1.5',
            ),
        ),
        (UartGlitch(0, 3, BUS, 'tx'), ('TX pulse of 3 us, no start bit', 'glitch', '!')),
        (
            UartErrors(0, 9, BUS, 'tx', BAD_STOP, 1, 3, 0, True),
            ('TX framing error, 3 words in a row', 'TX framing error', 'framing error'),
        ),
        (
            UartErrors(0, 9, BUS, 'tx', BREAK, 0, 1, 0, True),
            ('TX break, 1 word in a row', 'TX break', 'break'),
        ),
        (
            UartStats(0, 9, BUS, 'tx', 40, 2, 1, 0, 1),
            (
                'TX: 40 words, 2 parity errors, 1 framing error, 1 glitch pulse',
                'TX: 40 words',
                'TX',
            ),
        ),
        (
            UartRate(0, 9, BUS, 'tx', 115_200.0, 113_000.0, 40, 8.85, 40, 0),
            ('TX 115200 baud, 8.85 samples a bit, 40 words', 'TX 115200 baud', 'TX 115200 baud'),
        ),
    ],
)
def test_record_is_told(record: Any, texts: tuple[str, str, str]) -> None:
    assert describe(record, CONTEXT) == texts


def test_rate_is_told_in_samples_where_the_sample_rate_is_not_known() -> None:
    assert describe(FORMAT._replace(baud=1 / 8.68))[1] == '8.68 samples a bit 8E1'
