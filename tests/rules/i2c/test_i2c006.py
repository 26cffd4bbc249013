"""I2C006: a target holds SCL low for long inside a transfer."""

from __future__ import annotations

import pytest

from rules_harness import above_note, findings, result
from stm32trace_core.devices import find_device
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import ACK, ERASE_NS, Loader

FLASH = 0x08000000
ADVICE = (
    'Do not reset the part while it holds SCL: it may be writing flash or option bytes.',
    'Use the no-stretch commands where the loader has them (Get lists 0x32, 0x45, 0x64, 0x74, 0x83,'
    " 0x93), or raise the host's time-out above the longest erase.",
    'Erase page by page if the part holds SCL all the same.',
)


def told(wave: I2cWave, **settings: object) -> list[tuple[str, Severity, int, str]]:
    return [
        (one.key, one.severity, one.count, one.message)
        for one in findings(wave, 'I2C006', **settings)
    ]


def stretched(seconds: float, byte: int = 0, bit: int = 8) -> I2cWave:
    return I2cWave().write(0x50, [1]).stretch(seconds, byte, bit).write(0x50, [1, 2])


def test_scl_low_before_the_ack_for_longer_than_25_ms_is_a_warning() -> None:
    assert findings(stretched(0.03), 'I2C006') == [
        Finding(
            385,
            30390,
            'i2c0',
            'I2C006',
            'clock-stretch-long',
            Severity.WARNING,
            Confidence.HIGH,
            'target',
            '0x50',
            1,
            '0x50 held SCL low for 30 ms; expected at most 25 ms',
            ADVICE,
            (Evidence(385, 30390, 'SCL low for 30 ms; expected at most 25 ms'),),
            (),
            '',
        )
    ]


def test_25_ms_are_within_the_limit() -> None:
    assert told(stretched(0.0249)) == []


def test_above_one_second_it_is_an_error() -> None:
    assert told(stretched(1.1)) == [
        ('0x50', Severity.ERROR, 1, '0x50 held SCL low for 1.1 s; expected at most 25 ms')
    ]


def test_several_stretches_of_one_address_are_one_finding_with_the_longest() -> None:
    wave = stretched(0.03)
    for seconds in (0.04, 0.035, 0.026):
        wave.stretch(seconds, byte=1, bit=0).write(0x50, [1])
    wave.stretch(0.05).write(0x51)
    assert told(wave) == [
        (
            '0x50',
            Severity.WARNING,
            4,
            '0x50 held SCL low for 40 ms; expected at most 25 ms (the longest of 4 times)',
        ),
        ('0x51', Severity.WARNING, 1, '0x51 held SCL low for 50.01 ms; expected at most 25 ms'),
    ]
    assert len(findings(wave, 'I2C006')[0].evidence) == 3


def test_a_host_that_pauses_inside_a_byte_stretches_nothing() -> None:
    wave = I2cWave().write(0x50, [1]).start().byte(0xA0).bits('010').idle(0.1).bits('101011')
    assert told(wave.stop()) == []


def test_scl_low_between_transfers_is_no_stretch() -> None:
    wave = I2cWave().write(0x50, [1]).idle(0.01).hold('scl', 0, 0.127).idle(0.01).write(0x50, [1])
    assert told(wave) == []


# What a loader does by design.


@pytest.mark.parametrize(
    ('wave', 'by'),
    [
        (
            Loader().get_id().erase_pages([1, 2], no_stretch=False, busy=9, poll=1.0),
            'Extended Erase (0x44) holds SCL while it works (AN4221)',
        ),
        (
            Loader().get_id().mass_erase(no_stretch=False, busy=34, poll=1.0),
            'Extended Erase (0x44) holds SCL while it works (AN4221)',
        ),
        (
            Loader().get_id().write_memory(FLASH, bytes(8), no_stretch=False, busy=1, poll=0.9),
            'Write Memory (0x31) holds SCL while it works (AN4221)',
        ),
        (
            Loader().get_id().readout_unprotect(no_stretch=False, busy=34, poll=1.0),
            'Readout Unprotect (0x92) holds SCL while it works (AN4221)',
        ),
    ],
)
def test_a_loader_may_stretch_through_a_command_that_has_no_busy(wave: Loader, by: str) -> None:
    assert told(wave) == []
    state = result(wave, 'I2C006')
    assert (state.state, state.by) == (SUPPRESSED, by)


@pytest.mark.parametrize(
    ('wave', 'message'),
    [
        (
            Loader().get_id().erase_pages([1, 2], no_stretch=False, busy=12, poll=1.0),
            '0x51 held SCL low for 12 s during Extended Erase (0x44); expected at most 10 s',
        ),
        (
            Loader().get_id().mass_erase(no_stretch=False, busy=36, poll=1.0),
            '0x51 held SCL low for 36 s during Extended Erase (0x44); expected at most 35 s',
        ),
        (
            Loader().get_id().write_memory(FLASH, bytes(8), no_stretch=False, busy=1, poll=1.1),
            '0x51 held SCL low for 1.1 s during Write Memory (0x31); expected at most 1 s',
        ),
    ],
)
def test_but_not_longer_than_that_command_may_take(wave: Loader, message: str) -> None:
    assert told(wave) == [('0x51', Severity.ERROR, 1, message)]


def test_a_no_stretch_command_that_stretches_is_told() -> None:
    wave = Loader().get_id().command(ERASE_NS).frame([0, 0]).status(ACK).frame([0, 3])
    wave.stretch(6.5).status(ACK)
    assert told(wave) == [
        (
            '0x51',
            Severity.ERROR,
            1,
            '0x51 held SCL low for 6.5 s during No-Stretch Extended Erase (0x45); expected at most'
            ' 25 ms',
        )
    ]


def test_an_erase_with_stretching_is_a_healthy_session() -> None:
    wave = Loader().get_id().erase_pages([1, 2], no_stretch=False).get_id()
    assert above_note(wave) == []


def test_times_that_were_not_verified_sharpen_no_limit() -> None:
    known = find_device(0x460)
    assert known is not None
    assert not known[0].timing.verified
    assert known[0].timing.mass_erase_s < 1


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    assert told(stretched(2.0), sample_rate=None) == []
    assert result(stretched(2.0), 'I2C006', sample_rate=None).state == NOT_EVALUATED


def test_the_limits_are_settings() -> None:
    assert told(stretched(0.03), limits={'I2C006_STRETCH_S': 0.05}) == []
    found = told(stretched(0.03), limits={'I2C006_STRETCH_ERROR_S': 0.02})
    assert [severity for _, severity, *_ in found] == [Severity.ERROR]


def test_no_stretch_at_all_is_clean() -> None:
    assert result(I2cWave().write(0x50, [1]), 'I2C006').state == CLEAN
