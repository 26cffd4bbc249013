"""SWD004: acknowledges that no target sends: bits arrive shifted or changed."""

from __future__ import annotations

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import DP, SwdWave

ADVICE = (
    'Lower the SWCLK frequency and see whether it stops.',
    'Shorten the leads, put ground beside SWCLK, and 33 to 100 Ohm in series at the probe.',
    'Do not write option bytes over this link before it is clean: a wrong bit can lock the part.',
    'Record with ten samples per SWCLK period or more, to tell a bad link from a bad capture.',
)


def junk(wave: SwdWave, *acks: int) -> SwdWave:
    for ack in acks:
        wave.line_reset().read(DP, 0, ack=ack)
    return wave.line_reset()


def good(wave: SwdWave, count: int) -> SwdWave:
    for _ in range(count):
        wave.read(DP, 0, 0x0BC11477)
    return wave


def told(wave: SwdWave, **settings: object) -> list[str]:
    found = findings(wave, 'SWD004', **settings)
    assert {one.severity for one in found} <= {Severity.WARNING}
    return [one.message for one in found]


def text(bits: str) -> str:
    return (
        f'read of DPIDR: acknowledge {bits} (no valid acknowledge); expected 100, 010 or 001'
        ' (IHI 0031 B4.2)'
    )


def test_three_in_a_row_are_told_whichever_they_are() -> None:
    wave = good(junk(Probe().connect(), 3, 5, 6), 400)
    packets = wave.transfers[1:4]
    assert findings(wave, 'SWD004') == [
        Finding(
            packets[0].start,
            packets[2].end,
            'swd0',
            'SWD004',
            'ack-invalid',
            Severity.WARNING,
            Confidence.HIGH,
            'wiring',
            '',
            3,
            'The acknowledge of 3 of 404 packets is one that no target sends: bits are shifted or'
            ' changed on the way',
            ADVICE,
            tuple(
                Evidence(packet.start, packet.end, text(bits))
                for packet, bits in zip(packets, ('110', '101', '011'), strict=True)
            ),
            (),
            '',
        )
    ]


def test_two_in_a_row_are_not() -> None:
    wave = good(junk(Probe().connect(), 3, 5), 10)
    assert told(wave) == []
    assert result(wave, 'SWD004').state == CLEAN


def test_an_answer_between_them_ends_the_row() -> None:
    wave = Probe().connect()
    for _ in range(3):
        good(junk(wave, 3), 200)
    assert told(wave) == []


def test_more_than_one_in_a_hundred_are_told() -> None:
    wave = Probe().connect()
    for _ in range(4):
        good(junk(wave, 5), 30)
    assert told(wave) == [
        'The acknowledge of 4 of 125 packets is one that no target sends: bits are shifted or'
        ' changed on the way'
    ]


@pytest.mark.parametrize('ack', [0, 2, 4, 7])
def test_acknowledges_with_a_meaning_are_others_business(ack: int) -> None:
    assert told(junk(Probe().connect(), ack, ack, ack, ack)) == []


def test_targetsel_does_not_count() -> None:
    wave = SwdWave()
    for instance in range(5):
        wave.line_reset().targetsel(0x01002927 | instance << 28)
    assert told(wave) == []


def test_the_numbers_are_settings() -> None:
    wave = good(junk(Probe().connect(), 3, 5, 6), 400)
    assert told(wave, limits={'SWD004_FEWEST': 4}) == []
    assert told(wave, limits={'SWD004_FEWEST': 4, 'SWD004_SHARE': 0.001}) == []
