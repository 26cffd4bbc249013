"""SWD003: the acknowledge reads 000: something holds SWDIO low."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import DP, SwdWave

ADVICE = (
    'Look at SWDIO at rest: with nothing driving it, its pull-up must hold it high.',
    'Measure VDD at the part: without it, protection diodes pull the line down.',
    'Take level shifters and long leads out of the way, check for a short to ground, and lower the'
    ' SWCLK frequency.',
    'Record with ten samples per SWCLK period or more, to exclude sampling at the wrong moment.',
)


def zeros(wave: SwdWave, count: int) -> SwdWave:
    for _ in range(count):
        wave.read(DP, 0, ack=0)
    return wave


def good(wave: SwdWave, count: int) -> SwdWave:
    for _ in range(count):
        wave.read(DP, 0, 0x0BC11477)
    return wave


def told(wave: SwdWave, **settings: object) -> list[str]:
    found = findings(wave, 'SWD003', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [one.message for one in found]


def test_three_in_a_row_are_told() -> None:
    wave = good(zeros(Probe().connect(), 3), 400)
    packets = wave.transfers[1:4]
    text = 'read of DPIDR: acknowledge 000 (all zero); an open line reads 111, through its pull-up'
    assert findings(wave, 'SWD003') == [
        Finding(
            packets[0].start,
            packets[2].end,
            'swd0',
            'SWD003',
            'ack-all-zero',
            Severity.ERROR,
            Confidence.HIGH,
            'wiring',
            '',
            3,
            'The acknowledge of 3 of 404 packets reads 000: something holds SWDIO low',
            ADVICE,
            (Evidence(packets[0].start, packets[2].end, text + ' (IHI 0031 B4.2)'),),
            (),
            '',
        )
    ]


def test_two_in_a_row_are_not() -> None:
    wave = good(zeros(Probe().connect(), 2), 10)
    assert told(wave) == []
    assert result(wave, 'SWD003').state == CLEAN


def test_two_that_are_all_there_is_are_told() -> None:
    wave = zeros(zeros(SwdWave().line_reset(), 1).line_reset(), 1).line_reset()
    assert told(wave) == ['The acknowledge of 2 of 2 packets reads 000: something holds SWDIO low']


def scattered(count: int, between: int) -> SwdWave:
    wave = Probe().connect()
    for _ in range(count):
        good(zeros(wave, 1), between)
    return wave


def test_more_than_one_in_a_hundred_are_told() -> None:
    assert told(scattered(3, 90)) == [
        'The acknowledge of 3 of 274 packets reads 000: something holds SWDIO low'
    ]


def test_one_in_a_hundred_or_less_are_not() -> None:
    assert told(scattered(3, 110)) == []
    assert told(scattered(2, 20)) == []


def test_they_are_no_silence() -> None:
    assert findings(zeros(SwdWave().line_reset(), 20), 'SWD001') == []


def test_the_numbers_are_settings() -> None:
    wave = good(zeros(Probe().connect(), 3), 400)
    assert told(wave, limits={'SWD003_FEWEST': 4}) == []
    assert len(told(scattered(3, 110), limits={'SWD003_SHARE': 0.001})) == 1
