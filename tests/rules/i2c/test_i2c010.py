"""I2C010: SCL is held low for seconds."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import ERASE, MASS_ERASE, Loader

WAIT = (
    'Do not reset the part and do not cut its supply before the slowest erase of its family must be'
    ' over (35 s if the family is not known): an erase or option write may be going on.'
)


def told(wave: I2cWave, **settings: object) -> list[tuple[str, Severity, int, str]]:
    return [
        (one.key, one.severity, one.count, one.message)
        for one in findings(wave, 'I2C010', **settings)
    ]


def held(seconds: float) -> I2cWave:
    """SCL low between two transfers."""
    wave = I2cWave().write(0x50, [1]).idle(1e-3).hold('scl', 0, seconds)
    return wave.idle(1e-3).write(0x50, [1])


def held_until_the_end(seconds: float) -> I2cWave:
    return I2cWave().write(0x50, [1]).idle(1e-3).hold('scl', 0).idle(seconds)


def switched_off(first: str, second: str) -> I2cWave:
    """Both lines fall after the last transfer, one just before the other."""
    wave = I2cWave().write(0x50, [1]).idle(1e-3).hold(first, 0).idle(2e-6)
    return wave.hold(second, 0).idle(3)


def erasing(seconds: float, ends: bool) -> Loader:
    """A mass erase through which the loader holds SCL, until the capture ends or not."""
    wave = Loader().get_id()
    if ends:
        return wave.mass_erase(no_stretch=False, busy=1, poll=seconds)
    wave.command(ERASE).frame(MASS_ERASE.to_bytes(2)).start().bits('1010001')
    wave.hold('scl', 0).idle(seconds)
    return wave


def test_more_than_five_seconds_are_an_error() -> None:
    (found,) = findings(held(6), 'I2C010')
    assert found == Finding(
        1300,
        6001300,
        'i2c0',
        'I2C010',
        'scl-stuck-low',
        Severity.ERROR,
        Confidence.HIGH,
        'target',
        'stuck',
        1,
        'SCL was held low for 6 s',
        found.advice,
        (Evidence(1300, 6001300, 'SCL low for 6 s; expected at most 5 s'),),
        (),
        '',
    )
    assert found.advice[0] == WAIT


def test_four_seconds_are_not() -> None:
    assert told(held(4)) == []


def test_more_than_one_second_until_the_capture_ends_is_an_error() -> None:
    assert told(held_until_the_end(1.2)) == [
        ('stuck', Severity.ERROR, 1, 'SCL was held low for 1.2 s until the capture ends')
    ]
    assert told(held_until_the_end(0.9)) == []


def test_several_holds_are_one_finding() -> None:
    wave = held(6).idle(1e-3).hold('scl', 0, 7).idle(1e-3).write(0x50, [1])
    assert told(wave) == [
        ('stuck', Severity.ERROR, 2, 'SCL was held low for 7 s (the longest of 2 times)')
    ]


def test_a_loader_that_erases_may_hold_it_for_35_seconds() -> None:
    assert told(erasing(34, ends=True)) == [
        ('working', Severity.NOTE, 1, 'SCL was held low during Extended Erase (0x44) for 34 s')
    ]
    assert told(erasing(34, ends=False)) == [
        (
            'working',
            Severity.NOTE,
            1,
            'SCL was held low during Extended Erase (0x44) for 34 s until the capture ends',
        )
    ]


def test_but_not_longer() -> None:
    assert told(erasing(36, ends=False)) == [
        (
            'stuck',
            Severity.ERROR,
            1,
            'SCL was held low inside a transfer for 36 s until the capture ends',
        )
    ]


def test_a_command_that_only_asks_is_no_excuse() -> None:
    wave = Loader().get_id().stretch(6).get_id()
    assert [(key, severity) for key, severity, *_ in told(wave)] == [('stuck', Severity.ERROR)]


def test_a_board_that_is_switched_on_later_is_silent() -> None:
    wave = I2cWave()
    wave.now = 0
    wave.hold('sda', 0).hold('scl', 0).idle(8).release('scl').idle(2e-6).release('sda')
    wave.idle(0.1).write(0x50, [1])
    assert told(wave) == []
    assert result(wave, 'I2C010').by == 'the bus has no supply yet'


def test_a_board_that_is_never_switched_on_is_told() -> None:
    wave = I2cWave()
    wave.now = 0
    assert [(key, severity) for key, severity, *_ in told(wave.hold('scl', 0).idle(8))] == [
        ('stuck', Severity.ERROR)
    ]


def test_both_lines_low_after_the_last_transfer_may_be_a_board_switched_off() -> None:
    for first, second in (('scl', 'sda'), ('sda', 'scl')):
        ((key, severity, _, message),) = told(switched_off(first, second))
        assert (key, severity) == ('off', Severity.WARNING)
        assert message.startswith(
            'SCL was held low together with SDA, after the last transfer for 3 s'
        )


def test_nothing_is_told_while_the_supply_is_off() -> None:
    wave = I2cWave(vdd=1).write(0x50, [1]).level('vdd', 0).idle(1e-3).hold('scl', 0).idle(3)
    assert told(wave) == []
    assert (result(wave, 'I2C010').state, result(wave, 'I2C010').by) == (SUPPRESSED, 'VDD is low')


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    assert told(held(6), sample_rate=None) == []
    assert result(held(6), 'I2C010', sample_rate=None).state == NOT_EVALUATED


def test_the_limits_are_settings() -> None:
    assert told(held(6), limits={'I2C010_SCL_STUCK_S': 7}) == []
    assert told(held_until_the_end(1.2), limits={'I2C010_SCL_STUCK_AT_END_S': 2}) == []
    found = told(erasing(6, ends=True), limits={'MASS_ERASE_S': 5})
    assert [key for key, *_ in found] == ['stuck']
