"""SIG001: a bus clock with too few samples per period."""

from __future__ import annotations

import pytest

from rules_harness import findings
from stm32trace_core.rules.rule import Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.uart import UartWave

# At this many samples per second a 100 kHz clock still decodes, or does not.
ALL_WORDS_CLOSE = 300_000
SOME_WORDS_BREAK = 150_000
MANY_WORDS_BREAK = 170_000


def dialogue(rate: float) -> I2cWave:
    wave = I2cWave(rate=rate)
    for pointer in range(20):
        wave.write(0x50, [0x55, 0xAA, pointer]).read(0x50, [1, 2, 3, 0xFF])
    return wave


def told(rate: float, **settings: object) -> list[tuple[Severity, str]]:
    return [(one.severity, one.message) for one in findings(dialogue(rate), 'SIG001', **settings)]


def test_a_coarse_clock_with_broken_words_is_a_warning() -> None:
    wave = dialogue(SOME_WORDS_BREAK)
    (found,) = findings(wave, 'SIG001')
    assert found == Finding(
        0,
        wave.length,
        'i2c0',
        'SIG001',
        'sample-rate-too-low',
        Severity.WARNING,
        found.confidence,
        'capture',
        '',
        1,
        'SCL has only 3 samples per clock period (median of 24), and 50 words broke off in mid-byte',
        (
            'Record again at 500 kHz or more: 10 samples per period of a 50 kHz clock.',
            'If the rate is at its limit, record fewer channels.',
        ),
        (
            Evidence(
                0,
                wave.length,
                'median 3, minimum 3 samples per SCL period, and 50 words broke off in mid-byte;'
                ' expected at least 10',
            ),
        ),
        (),
        '',
    )


def test_two_samples_per_period_with_broken_words_are_an_error() -> None:
    assert told(MANY_WORDS_BREAK) == [
        (
            Severity.ERROR,
            'SCL has only 2 samples per clock period (median of 336), and 33 words broke off in mid-byte',
        )
    ]


def test_a_coarse_clock_of_which_every_word_closed_is_a_note() -> None:
    assert told(ALL_WORDS_CLOSE) == [
        (
            Severity.NOTE,
            'SCL has only 3 samples per clock period (median of 1440), and yet every word closed',
        )
    ]


def test_four_samples_per_period_are_enough() -> None:
    assert told(400_000) == []


def test_one_short_period_among_long_ones_is_silent_since_the_median_counts() -> None:
    wave = dialogue(1_000_000)
    wave.period = 2.5e-6
    wave.write(0x50, [1])
    assert findings(wave, 'SIG001') == []


def test_less_than_one_byte_is_not_judged() -> None:
    assert findings(I2cWave(rate=ALL_WORDS_CLOSE).start().bits('10100').stop(), 'SIG001') == []


def test_without_a_sample_rate_the_advice_is_a_factor() -> None:
    (found,) = findings(dialogue(ALL_WORDS_CLOSE), 'SIG001', sample_rate=None)
    assert found.advice[0] == 'Record again at 3.3 times this sample rate or more.'


@pytest.mark.parametrize(
    ('limits', 'severity'),
    [({'SIG001_PERIOD_LOST': 3}, Severity.ERROR), ({'SIG001_PERIOD_DOUBTFUL': 3}, None)],
)
def test_the_limits_are_settings(limits: dict[str, float], severity: Severity | None) -> None:
    found = told(SOME_WORDS_BREAK, limits=limits)
    assert [one for one, _ in found] == ([] if severity is None else [severity])


# A UART.


def uart(samples: float, noise: bool = False) -> UartWave:
    """Text at so many samples a bit; with `noise`, some stop bits are missing."""
    wave = UartWave(100_000 * samples, 100_000, 'none')
    for number in range(20):
        wave.tx(b'The quick brown fox').tx(b'!', bad_stop=noise and number % 5 == 0).idle(1e-3)
    return wave


def test_coarse_bits_of_a_uart_with_errors_are_a_warning() -> None:
    wave = uart(4.3, noise=True)
    (found,) = findings(wave, 'SIG001')
    assert found.severity == Severity.WARNING
    assert found.message == 'TX has only 4.3 samples per bit, and 4 words have an error'
    assert found.advice[0] == 'Record again at 1 MHz or more: 10 samples per bit at 100 kBd.'


def test_coarse_bits_of_a_uart_without_errors_are_a_note() -> None:
    (found,) = findings(uart(4.3), 'SIG001')
    assert (found.severity, found.message) == (
        Severity.NOTE,
        'TX has only 4.3 samples per bit, and yet no word has an error',
    )


def test_bits_of_less_than_three_samples_with_errors_are_an_error() -> None:
    (found,) = findings(uart(2.7, noise=True), 'SIG001')
    assert found.severity == Severity.ERROR


def test_six_samples_per_bit_are_enough() -> None:
    assert findings(uart(6.1, noise=True), 'SIG001') == []


def test_two_words_of_a_uart_are_not_judged() -> None:
    wave = UartWave(400_000, 100_000, 'none').tx(b'OK').idle(1e-3)
    assert findings(wave, 'SIG001') == []
