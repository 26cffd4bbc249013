"""RST002: NRST falls in the middle of a session, unexplained."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules_harness import findings, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import ACK, READ_MEMORY, READOUT_UNPROTECT_NS, Loader
from waves.probe import Probe

FLASH = 0x08000000
ADVICE = (
    'Look at VDD around this reset, on an analog channel if possible.',
    'Find out what can pull NRST: watchdog, brown-out detector, button, supervisor, adapter control'
    ' line.',
    'Let the host synchronise again after any reset of the part: begin with Get and Get ID.',
)


def told(wave: I2cWave, **settings: object) -> list[tuple[str, int, str]]:
    found = findings(wave, 'RST002', **settings)
    assert {one.severity for one in found} <= {Severity.WARNING}
    return [(one.suspect, one.count, one.message) for one in found]


def explained(wave: I2cWave) -> str:
    """Return what explains the reset; '' if the rule does not even see one."""
    state = result(wave, 'RST002')
    assert told(wave) == []
    assert state.state in (CLEAN, SUPPRESSED)
    return state.by


def session(boot0: int | None = None) -> Loader:
    wave = Loader(nrst=1, boot0=boot0).idle(0.01).pulse('nrst', 0.005).idle(0.05)
    return wave.get_id()


def reading(wave: Loader) -> Loader:
    """In the middle of Read Memory, a millisecond after the last answer."""
    return wave.command(READ_MEMORY).frame([8, 0, 0, 0]).status(ACK).idle(1e-3)


def reset(wave: Loader, width: float = 0.0011, wait: float = 0.02) -> Loader:
    return wave.pulse('nrst', width).idle(wait)


def test_a_reset_inside_a_command_is_told() -> None:
    assert findings(reset(reading(session())).idle(0.1).get_id(), 'RST002') == [
        Finding(
            68580,
            69680,
            '',
            'RST002',
            'unexplained-reset',
            Severity.WARNING,
            Confidence.HIGH,
            'target',
            '',
            1,
            'NRST fell for 1.1 ms inside Read Memory (0x11), and nothing in the capture explains it',
            ADVICE,
            (
                Evidence(
                    68580,
                    69680,
                    'NRST low for 1.1 ms, 1.024 ms after the last answer, inside Read Memory (0x11);'
                    ' expected it high',
                ),
            ),
            (),
            '',
        )
    ]


def test_a_host_that_goes_on_as_if_nothing_had_happened_did_not_reset_the_part() -> None:
    wave = reset(session().read_memory(FLASH, bytes(4)).idle(0.01)).read_memory(FLASH, bytes(4))
    assert [message for *_, message in told(wave)] == [
        'NRST fell for 1.1 ms between two commands of one session, and nothing in the capture'
        ' explains it'
    ]


def test_a_reset_inside_a_transfer_is_told_whoever_answers() -> None:
    wave = I2cWave(nrst=1).write(0x50, [1, 2]).start().byte(0xA0).byte(1).pulse('nrst', 1e-3)
    wave.byte(2).stop().idle(0.2).write(0x50, [1])
    assert [message for *_, message in told(wave)] == [
        'NRST fell for 1 ms inside a transfer, and nothing in the capture explains it'
    ]


def test_a_pulse_longer_than_the_parts_own_comes_from_outside() -> None:
    long = reset(reading(session()), width=0.006).idle(0.1).get_id()
    short = reset(reading(session()), width=0.005).idle(0.1).get_id()
    assert [suspect for suspect, *_ in told(long) + told(short)] == ['host', 'target']


def test_several_are_one_finding() -> None:
    wave = session()
    for _ in range(4):
        reset(reading(wave)).idle(0.1).get_id()
    (found,) = findings(wave, 'RST002')
    assert (found.count, len(found.evidence)) == (4, 3)
    assert found.message.endswith('nothing in the capture explains it (the first of 4)')


def test_one_that_the_capture_ends_with_is_told() -> None:
    wave = reading(session()).level('nrst', 0).idle(0.01)
    assert [message for *_, message in told(wave)] == [
        'NRST fell for 10 ms inside Read Memory (0x11), and nothing in the capture explains it'
    ]


# What explains a reset.


@pytest.mark.parametrize(
    ('wave', 'by'),
    [
        (Loader(nrst=1).idle(0.01).pulse('nrst', 0.005).idle(0.05).get_id(), ''),
        (reset(session().idle(0.11)).get_id(), ''),
        (reset(session().command(READ_MEMORY).idle(0.11)).get_id(), ''),
        (reset(session().command(READ_MEMORY).absent(1)).get_id(), ''),
        (reset(session()).get_id(), 'a new session follows'),
        (reset(session(), wait=0.2).read_memory(FLASH, bytes(4)), 'the host pauses afterwards'),
        (reset(session()), ''),
        (reset(reading(session(1)).level('boot0', 0).idle(0.04)).idle(0.1), 'BOOT0 changes'),
        (reset(reading(session(1))).level('boot0', 0).idle(0.1), 'BOOT0 changes'),
        (session().readout_unprotect().idle(0.2).get_id(), 'a command announced a restart'),
        (reset(session().go(FLASH).idle(0.09)), 'a command announced a restart'),
        (reset(session().command(READOUT_UNPROTECT_NS).poll_busy(0.02, 2e-3)), 'BLS004'),
    ],
    ids=[
        'before the first traffic: the way into the bootloader',
        'more than 100 ms after the last answer: between two sessions',
        'more than 100 ms after the last answer, with a command that was given up',
        'after the target was mute',
        'between two sessions, the second of which begins at once',
        'before a pause: the host waits for the part',
        'at the end of the session',
        'after BOOT0 changed',
        'before BOOT0 changes',
        'the restart of the part itself',
        'after Go',
        'while option bytes are written: another rule tells it',
    ],
)
def test_a_reset_is_explained(wave: Loader, by: str) -> None:
    assert explained(wave) == by


def test_boot0_that_changes_more_than_50_ms_away_explains_nothing() -> None:
    before = reset(reading(session(1).level('boot0', 0).idle(0.06))).idle(0.1).get_id()
    after = reset(reading(session(1)), wait=0.06).level('boot0', 0).idle(0.1).get_id()
    assert [len(told(wave)) for wave in (before, after)] == [1, 1]


def test_a_restart_announced_more_than_100_ms_ago_explains_nothing() -> None:
    wave = session().readout_unprotect().idle(0.1).get_id()
    assert len(told(reset(reading(wave)).idle(0.1).get_id())) == 1


def test_a_session_without_a_reset_is_clean() -> None:
    assert result(Loader(nrst=1).get_id(), 'RST002').state == CLEAN


def test_without_sample_rate_or_nrst_it_is_not_evaluated() -> None:
    wave = reset(reading(session()))
    assert told(wave, sample_rate=None) == []
    assert result(wave, 'RST002', sample_rate=None).missing == ('sample_rate',)
    assert result(Loader().get_id(), 'RST002').missing == ('nrst',)
    assert result(Loader().get_id(), 'RST002').state == NOT_EVALUATED


def test_the_limits_are_settings() -> None:
    assert told(reset(reading(session())), limits={'RST002_SESSION_S': 1e-4}) == []


def test_the_three_resets_of_the_g071_case_are_explained(simulated_captures: Path) -> None:
    found = analyze(open_capture(simulated_captures / 'i2c_g071_endless_busy_brick.sr'))
    assert [one.finding.rule for one in found.findings if one.finding.rule.startswith('RST')] == []


def test_without_an_i2c_bus_it_is_not_evaluated() -> None:
    probe = Probe(nrst=1).connect().power_up().pulse('nrst', 1e-3).connect()
    state = result(probe, 'RST002')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('i2c',))
