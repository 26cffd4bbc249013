"""What `analyze` says of the shared I2C captures: those with a loader, and those of other devices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stm32trace.analysis import Analysis
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, cut, join
from stm32trace.capture.sr_writer import write_sr
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import HOST, TARGET, UNLIKELY, Severity

# Rules that find something above note, explained ones too; captures not named here have none.
ABOVE_NOTE = {
    'rtc_ds1307_200khz_no_samplerate': {'SIG004'},
    'i2c_readout_unprotect_ok': {'OPT010'},
    'i2c_reset_during_page_erase': {'RST001'},
    'i2c_g071_endless_busy_brick': {
        'DIA001', 'BLP013', 'BLS001', 'BLS004', 'BLS005', 'I2C001', 'I2C002',
    },
}  # fmt: skip

OTHER_DEVICES = (
    '24aa025uid_bytewrite16_6ms_delay',
    '8564je_nacks',
    'rding_temper_i2c_usb_led_eeprom_and_sensor_snippet',
    'rtc_ds1307_200khz',
    'rtc_ds1307_200khz_no_samplerate',
    'sainsmart_dds120_powerup_scl_analog',
    'samsung_syncmaster203b',
)

LOADERS = (
    'i2c_healthy_get_id',
    'i2c_healthy_mcu_host',
    'i2c_healthy_stm32flash_write_verify',
    'i2c_two_slaves_eeprom',
    'i2c_readout_unprotect_ok',
    'i2c_reset_during_page_erase',
    'i2c_g071_endless_busy_brick',
)


def analysis(file: Path) -> Analysis:
    return analyze(open_capture(file))


def above_note(result: Analysis) -> set[str]:
    found = (judged.finding for judged in result.findings)
    return {finding.rule for finding in found if finding.severity > Severity.NOTE}


@pytest.mark.parametrize('name', OTHER_DEVICES)
def test_other_devices_are_no_bootloader(shared_captures: Path, name: str) -> None:
    result = analysis(shared_captures / 'i2c' / f'{name}.sr')
    assert above_note(result) == ABOVE_NOTE.get(name, set())
    assert result.summary.device is None
    assert not any(counts['commands'] for counts in result.summary.counts.values())
    assert 'none of them with an STM32 bootloader' in result.summary.headline()


@pytest.mark.parametrize('name', LOADERS)
def test_a_session_has_the_findings_it_deserves(simulated_captures: Path, name: str) -> None:
    result = analysis(simulated_captures / f'{name}.sr')
    assert above_note(result) == ABOVE_NOTE.get(name, set())
    assert result.summary.part() == 'STM32G07x/G08x'


@pytest.mark.parametrize(
    ('name', 'headline'),
    [
        ('i2c_healthy_get_id', 'STM32G07x/G08x identified over I2C, flash not touched'),
        (
            'i2c_healthy_mcu_host',
            'STM32G07x/G08x over I2C: 3 pages erased, 1 024 bytes written, 256 of them verified, '
            'started at 0x08000000',
        ),
        (
            'i2c_healthy_stm32flash_write_verify',
            'STM32G07x/G08x over I2C: 4 pages erased, 8 192 bytes written and verified, '
            'started at 0x08000000',
        ),
        (
            'i2c_two_slaves_eeprom',
            'STM32G07x/G08x over I2C: 1 page erased, 128 bytes written and verified',
        ),
    ],
)
def test_a_healthy_session_is_told_by_what_was_done(
    simulated_captures: Path, name: str, headline: str
) -> None:
    verdict = analysis(simulated_captures / f'{name}.sr').verdict
    assert verdict is not None
    assert (verdict.severity, verdict.rule, verdict.headline) == (Severity.NOTE, None, headline)
    assert (verdict.suspect, verdict.recoverable, verdict.next_steps) == (None, None, ())


def test_the_lost_g071_heads_its_report(simulated_captures: Path) -> None:
    result = analysis(simulated_captures / 'i2c_g071_endless_busy_brick.sr')
    verdict = result.verdict
    assert verdict is not None
    assert (verdict.rule, verdict.severity) == ('DIA001', Severity.CRITICAL)
    assert (verdict.suspect, verdict.recoverable) == (HOST, UNLIKELY)
    (head,) = [one.finding for one in result.findings if not one.explained_by]
    told = ' | '.join(evidence.text for evidence in head.evidence)
    for fact in (
        '0x460',
        '0x93',
        '0x79',
        '19565 times',
        '41.5 s',
        '40.1 ms',
        '120 ms',
        '401.9 ms',
        '35 times',
    ):
        assert fact in told, fact
    times = [evidence.start for evidence in head.evidence]
    assert times == sorted(times)


def test_the_other_session_does_not_blame_the_options(simulated_captures: Path) -> None:
    result = analysis(simulated_captures / 'i2c_reset_during_page_erase.sr')
    verdict = result.verdict
    assert verdict is not None
    assert verdict.rule == 'RST001'
    assert not {'BLS004', 'BLS005', 'DIA001'} & {one.finding.rule for one in result.findings}


def test_an_unprotect_that_went_well_warns_that_it_erases(simulated_captures: Path) -> None:
    result = analysis(simulated_captures / 'i2c_readout_unprotect_ok.sr')
    (warning,) = [one.finding for one in result.findings if one.finding.severity > Severity.NOTE]
    assert (warning.rule, warning.severity) == ('OPT010', Severity.WARNING)
    assert warning.suspect in (HOST, TARGET)
    assert 'ERASES' in warning.advice[0]


def piece(file: Path, target: Path, start: int, stop: int) -> Path:
    """Write the samples [start, stop) of a capture as one of its own."""
    reader = open_capture(file)
    channels = range(len(reader.info.channels))
    whole = join(list(reader.blocks(channels)))
    (inside,) = [cut(cut(whole, stop)[0], start)[1]]
    before = int(whole.state[whole.index.searchsorted(start, 'right') - 1])
    index, state = inside.index - start, inside.state
    if not len(index) or index[0] > 0:
        index, state = np.insert(index, 0, 0), np.insert(state, 0, before)
    names = [channel.name for channel in reader.info.channels]
    rate = reader.info.sample_rate
    assert rate is not None
    write_sr(target, [Changes(0, stop - start, index, state)], names, rate)
    return target


@pytest.mark.parametrize(
    ('start', 'stop', 'rule'),
    [(1_000_000, 41_000_000, 'BLP013'), (1_000_000, 43_500_000, 'BLP013')],
)
def test_a_capture_that_begins_inside_the_endless_busy_tells_of_it(
    simulated_captures: Path, tmp_path: Path, start: int, stop: int, rule: str
) -> None:
    file = simulated_captures / 'i2c_g071_endless_busy_brick.sr'
    result = analysis(piece(file, tmp_path / 'piece.sr', start, stop))
    assert result.verdict is not None
    assert result.verdict.rule == rule
    assert 'BUSY' in result.verdict.headline
