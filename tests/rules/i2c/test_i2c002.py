"""I2C002: a device that answered does not answer any more."""

from __future__ import annotations

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import ACK, ERASE_NS, GET, Loader

FLASH = 0x08000000
REFUSED = 'no acknowledge of the address; expected SDA low at the ninth clock pulse (UM10204 3.1.6)'
ADVICE = (
    'Do not reset the part and do not cut its supply while an erase or option write may be pending.',
    'Look at NRST and VDD between the last answer and the first refusal: a fall there is the cause.',
    'Record the next attempt from before power-up, with NRST, BOOT0 and VDD.',
    'Once nothing can be pending, see whether SWD answers: connect under reset, and only read.',
)


def told(wave: I2cWave, **settings: object) -> list[tuple[str, int, str]]:
    found = findings(wave, 'I2C002', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [(one.key, one.count, one.message) for one in found]


def suppressed(wave: I2cWave, **settings: object) -> str:
    state = result(wave, 'I2C002', **settings)
    assert told(wave, **settings) == []
    assert state.state in (CLEAN, SUPPRESSED)
    return state.by


def eeprom(refused: int, later: float = 0.0) -> I2cWave:
    """A write, then polling; one more attempt after `later` seconds."""
    wave = I2cWave().write(0x50, [1, 2])
    for _ in range(refused):
        wave.write(0x50, ack=False).idle(380e-6)
    return wave.idle(later).write(0x50, ack=False) if later else wave


def restarted(wait: float) -> Loader:
    """The part restarts after Readout Unprotect; three attempts begin `wait` seconds later."""
    return Loader().get_id().readout_unprotect(own_reset=False).idle(wait).absent(3)


def test_three_refused_attempts_on_a_loader_that_answered_are_told() -> None:
    wave = Loader().get_id().read_memory(FLASH, b'abcd').absent(3)
    assert findings(wave, 'I2C002') == [
        Finding(
            3576,
            23706,
            'i2c0',
            'I2C002',
            'target-vanished',
            Severity.ERROR,
            Confidence.HIGH,
            'target',
            '0x51',
            3,
            '0x51 vanished after Read Memory (0x11): 3 attempts over 20.11 ms were refused, from'
            ' 24 us after its last answer until the capture ends',
            ADVICE,
            (
                Evidence(3110, 3576, 'the last transfer that was acknowledged'),
                Evidence(3600, 3706, REFUSED),
                Evidence(13600, 13706, REFUSED),
                Evidence(23600, 23706, REFUSED),
            ),
            (),
            '',
        )
    ]


def test_two_refused_attempts_are_not_enough() -> None:
    assert suppressed(Loader().get_id().absent(2)) == ''


def test_one_more_answer_before_the_end_and_nothing_has_vanished() -> None:
    assert suppressed(Loader().get_id().absent(5).get_id()) == ''


def test_an_address_that_never_answered_has_not_vanished() -> None:
    assert suppressed(Loader().absent(5)) == ''


@pytest.mark.parametrize(
    ('wave', 'words'),
    [
        (
            Loader().get_id().command(ERASE_NS).frame([0, 0]).status(ACK).frame([0, 3]).absent(3),
            'in the middle of No-Stretch Extended Erase (0x45)',
        ),
        (
            Loader(nrst=1).get_id().command(GET).pulse('nrst', 0.01).idle(0.2).absent(3),
            'after a reset in the middle of Get (0x00)',
        ),
        (I2cWave().write(0x50, [1]).idle(0.1), ''),
    ],
)
def test_it_names_what_the_part_was_doing(wave: I2cWave, words: str) -> None:
    if isinstance(wave, Loader):
        assert f'0x51 vanished {words}: ' in told(wave)[0][2]
        return
    for _ in range(3):
        wave.write(0x50, ack=False).idle(0.1)
    assert told(wave)[0][2].startswith('0x50 vanished: 3 attempts')


def test_attempts_in_the_100_ms_after_an_announced_restart_do_not_count() -> None:
    assert suppressed(restarted(0.079)) == 'restart after 0x93'


def test_attempts_after_these_100_ms_do() -> None:
    assert [found.count for found in findings(restarted(0.101), 'I2C002')] == [3]


@pytest.mark.parametrize(
    ('wave', 'by'),
    [
        (Loader(nrst=1).get_id().level('nrst', 0).absent(3), 'NRST is low'),
        (Loader(vdd=1).get_id().level('vdd', 0).absent(3), 'VDD is low'),
        (Loader(nrst=1).get_id().pulse('nrst', 0.01).absent(3), 'NRST had just risen'),
        (Loader(vdd=1).get_id().pulse('vdd', 0.01).absent(3), 'VDD had just risen'),
        (Loader().get_id().go(FLASH).idle(0.2).absent(3), 'Go (0x21) ended the loader'),
    ],
)
def test_attempts_that_nobody_can_answer_do_not_count(wave: Loader, by: str) -> None:
    assert suppressed(wave) == by


def test_go_is_forgotten_with_the_next_reset() -> None:
    wave = Loader(nrst=1).get_id().go(FLASH).pulse('nrst', 0.01).idle(0.2).absent(3)
    assert [count for _, count, _ in told(wave)] == [3]


def test_a_device_that_writes_when_the_capture_ends_has_not_vanished() -> None:
    assert suppressed(eeprom(refused=13)) == ''


def test_a_device_that_stays_away_longer_than_a_write_has() -> None:
    assert told(eeprom(refused=13, later=0.1)) == [
        (
            '0x50',
            14,
            '0x50 vanished: 14 attempts over 106.5 ms were refused, from 4 us after its last answer'
            ' until the capture ends',
        )
    ]


def test_without_a_sample_rate_only_loaders_are_judged() -> None:
    loader = Loader().get_id().absent(3)
    assert [count for _, count, _ in told(loader, sample_rate=None)] == [3]
    gone = eeprom(refused=13, later=0.1)
    assert told(gone, sample_rate=None) == []
    state = result(gone, 'I2C002', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))


def test_without_a_sample_rate_a_restart_excuses_until_the_next_answer() -> None:
    assert suppressed_without_rate(restarted(1.0)) == 'restart after 0x93'
    wave = restarted(1.0).get_id().absent(3)
    assert [count for _, count, _ in told(wave, sample_rate=None)] == [3]


def suppressed_without_rate(wave: Loader) -> str:
    assert told(wave, sample_rate=None) == []
    return result(wave, 'I2C002', sample_rate=None).by


def test_the_number_of_attempts_is_a_setting() -> None:
    wave = Loader().get_id().absent(3)
    assert told(wave, limits={'I2C002_FEWEST_REFUSED': 4}) == []


def test_two_addresses_that_vanish_are_two_findings() -> None:
    wave = Loader().get_id()
    for address in (0x50, 0x50, 0x51):
        wave.write(address)
    for _ in range(3):
        wave.write(0x51, ack=False).write(0x50, ack=False).idle(0.1)
    assert [(key, count) for key, count, _ in told(wave)] == [('0x50', 3), ('0x51', 3)]


@pytest.mark.parametrize('nrst', [1, None])
def test_a_loader_whose_boot0_falls_is_left_on_purpose(nrst: int | None) -> None:
    wave = Loader(nrst=nrst, boot0=1).get_id().level('boot0', 0).idle(0.1)
    wave = (wave.pulse('nrst', 0.05) if nrst else wave).idle(0.3).absent(12, 0.1)
    state = result(wave, 'I2C002')
    assert (state.state, state.by) == (
        SUPPRESSED,
        'BOOT0 is low: the part is meant to start its application',
    )


def test_a_loader_that_answered_with_boot0_low_has_vanished() -> None:
    """Hosts let BOOT0 go once the loader runs: no restart was seen since its last answer."""
    wave = Loader(nrst=1, boot0=1).get_id().level('boot0', 0).idle(0.1).get_id()
    assert len(findings(wave.idle(0.3).absent(12, 0.1), 'I2C002')) == 1


def test_a_restart_that_went_well_may_lead_into_the_application() -> None:
    wave = Loader().get_id().readout_protect().idle(0.3).absent(12, 0.1)
    assert [found.severity for found in findings(wave, 'I2C002')] == [Severity.WARNING]
