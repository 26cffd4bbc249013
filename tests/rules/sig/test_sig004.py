"""SIG004: a capture without a sample rate."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave


def dialogue() -> I2cWave:
    return I2cWave().write(0x50, [1, 2, 3])


def test_a_capture_without_a_sample_rate_is_told_to_need_one() -> None:
    wave = dialogue()
    assert findings(wave, 'SIG004', sample_rate=None) == [
        Finding(
            0,
            wave.length,
            '',
            'SIG004',
            'unknown-sample-rate',
            Severity.WARNING,
            Confidence.HIGH,
            'capture',
            '',
            1,
            'The capture gives no sample rate, so no duration in it was judged',
            (
                'Say the rate: --samplerate 24M (in Hz, with k, M or G).',
                'If it is not known, take it from the bus: samples per clock period, times the clock that'
                ' the host was set to.',
            ),
            (Evidence(0, wave.length, '480 samples at an unknown rate; expected a rate in Hz'),),
            (),
            '',
        )
    ]


def test_a_rate_of_zero_is_none() -> None:
    assert [one.rule for one in findings(dialogue(), 'SIG004', sample_rate=0.0)] == ['SIG004']


def test_a_capture_with_a_sample_rate_is_silent() -> None:
    assert findings(dialogue(), 'SIG004') == []


def test_rules_that_judge_durations_are_not_evaluated_then() -> None:
    assert result(dialogue(), 'I2C006', sample_rate=None).missing == ('sample_rate',)
