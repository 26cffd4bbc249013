"""I2C009: SDA is held low while SCL is high and nothing moves."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave

ADVICE = (
    'Let the host give up to nine clock pulses until SDA rises, then a STOP: this harms nothing.',
    'If that does not help, switch the targets off and on; not while a part may be erasing or'
    ' writing its option bytes, which that would cut off.',
    'With no target on the bus and SDA still low, look for a short or a missing pull-up.',
)


def told(wave: I2cWave, **settings: object) -> list[tuple[int, str]]:
    found = findings(wave, 'I2C009', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [(one.count, one.message) for one in found]


def held(seconds: float, wave: I2cWave | None = None) -> I2cWave:
    """A transfer, SDA low for `seconds`, another transfer."""
    wave = I2cWave().write(0x50, [1]) if wave is None else wave
    return wave.idle(1e-3).hold('sda', 0, seconds).idle(1e-3).write(0x50, [1])


def left_in_a_read(seconds: float) -> I2cWave:
    """The host is reset while the target sends a 0: SCL goes high and stays."""
    wave = I2cWave().write(0x50, [1]).start().byte(0xA1).bits('0').hold('sda', 0)
    return wave.level('scl', 1).idle(seconds)


def test_sda_low_on_an_idle_bus_is_told() -> None:
    assert findings(held(0.05), 'I2C009') == [
        Finding(
            1300,
            51300,
            'i2c0',
            'I2C009',
            'sda-stuck-low',
            Severity.ERROR,
            Confidence.HIGH,
            'target',
            '',
            1,
            'SDA was held low for 50 ms with SCL high, with no clock pulse: nobody can use the bus',
            ADVICE,
            (
                Evidence(
                    1300,
                    51300,
                    'SDA low and SCL high for 50 ms, with no clock pulse; expected at most 10 ms',
                ),
            ),
            (),
            '',
        )
    ]


def test_ten_milliseconds_are_a_slow_host_between_start_and_clock() -> None:
    assert told(held(0.0095)) == []


def test_a_target_left_in_the_middle_of_a_byte_is_told_at_the_end_of_the_capture() -> None:
    assert told(left_in_a_read(3.2)) == [
        (
            1,
            'SDA was held low for 3.2 s with SCL high, after 10 clock pulses of a transfer until the'
            ' capture ends: nobody can use the bus',
        )
    ]


def test_a_host_held_up_inside_a_transfer_has_100_ms() -> None:
    assert told(left_in_a_read(0.099)) == []
    assert len(told(left_in_a_read(0.101))) == 1


def test_several_holds_are_one_finding_with_the_longest() -> None:
    wave = I2cWave().write(0x50, [1])
    for seconds in (0.02, 0.05, 0.03, 0.02):
        held(seconds, wave)
    ((count, message),) = told(wave)
    assert (count, len(findings(wave, 'I2C009')[0].evidence)) == (4, 3)
    assert message.startswith('SDA was held low for 50 ms (the longest of 4 times) with SCL high')


def test_sda_low_together_with_scl_is_another_matter() -> None:
    wave = I2cWave().write(0x50, [1]).idle(1e-3).hold('scl', 0, 0.05).idle(1e-3)
    assert told(wave.write(0x50, [1])) == []


def test_sda_high_is_an_idle_bus() -> None:
    assert told(I2cWave().write(0x50, [1]).idle(5).write(0x50, [1])) == []


def test_nothing_is_told_while_the_supply_is_off() -> None:
    wave = held(0.05, I2cWave(vdd=1).write(0x50, [1]).level('vdd', 0))
    assert told(wave) == []
    assert (result(wave, 'I2C009').state, result(wave, 'I2C009').by) == (SUPPRESSED, 'VDD is low')
    assert len(told(held(0.05, I2cWave(vdd=0).idle(1e-3).level('vdd', 1)))) == 1


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    assert told(held(0.05), sample_rate=None) == []
    assert result(held(0.05), 'I2C009', sample_rate=None).state == NOT_EVALUATED


def test_the_limits_are_settings() -> None:
    assert told(held(0.05), limits={'I2C009_SDA_STUCK_S': 0.06}) == []
    assert told(left_in_a_read(3.2), limits={'I2C009_SDA_STUCK_INSIDE_S': 4}) == []
