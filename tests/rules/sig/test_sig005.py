"""SIG005: one line of a bus never changes while the other one does."""

from __future__ import annotations

import pytest

from rules_harness import findings
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave

LONG = bytes([0x55] * 16)  # more than a hundred edges on both lines


def dead(role: str, level: int, data: bytes = LONG) -> I2cWave:
    wave = I2cWave()
    wave.now = 0
    return wave.hold(role, level).idle(100e-6).write(0x50, data)


def test_sda_that_never_changes_is_dead() -> None:
    wave = dead('sda', 1)
    (found,) = findings(wave, 'SIG005')
    assert found == Finding(
        0,
        wave.length,
        'i2c0',
        'SIG005',
        'dead-channel',
        Severity.ERROR,
        Confidence.HIGH,
        'wiring',
        'sda',
        1,
        'SDA is high all the time while SCL changes 308 times',
        found.advice,
        (
            Evidence(0, wave.length, 'SDA: no edge, always high'),
            Evidence(0, wave.length, 'SCL: 308 edges'),
        ),
        (),
        '',
    )


@pytest.mark.parametrize(
    ('role', 'level', 'message'),
    [
        ('scl', 1, 'SCL is high all the time while SDA changes 134 times'),
        ('sda', 0, 'SDA is low all the time while SCL changes 308 times'),
    ],
)
def test_either_line_at_either_level_is_told(role: str, level: int, message: str) -> None:
    assert [one.message for one in findings(dead(role, level), 'SIG005')] == [message]


def test_a_low_line_is_advised_to_be_measured_and_a_high_one_to_be_looked_for() -> None:
    low, high = (findings(dead('sda', level), 'SIG005')[0].advice for level in (0, 1))
    assert 'shorted' in low[1]
    assert 'threshold' in high[1]


def test_a_line_with_a_single_edge_lives() -> None:
    assert findings(dead('sda', 1).release('sda').level('sda', 0), 'SIG005') == []


def test_a_hundred_edges_of_the_partner_are_not_enough() -> None:
    assert findings(dead('sda', 1, LONG[:4]), 'SIG005') == []


def test_two_quiet_lines_are_an_idle_bus() -> None:
    assert findings(I2cWave().idle(1), 'SIG005') == []


def test_slow_lines_may_stand_still() -> None:
    assert findings(I2cWave(nrst=1, boot0=0, vdd=1).write(0x50, LONG), 'SIG005') == []
