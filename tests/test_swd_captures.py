"""What `analyze` and `decode` say of the shared SWD and JTAG captures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stm32trace.analysis import Analysis
from stm32trace.capture import open_capture
from stm32trace.cli import main
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Severity

# Rules that find something above note, explained ones too; captures not named here have none.
ABOVE_NOTE = {
    'nrf51_ftdi_init_noreply': {
        'SWD001',
        'DIA005',
    },  # no target: each of its two requests reads 111
    'connect_no_target': {'SWD001', 'DIA005'},
    'g0_option_write_no_obl': {'OPT003'},
    'f7_mass_erase_wrperr': {'FLS005', 'DIA002'},
    'f7_rdp_ff_readback': {'OPT012', 'FLS005', 'DAP007', 'DIA002'},
}

REAL = (
    'nrf51_ftdi_init',
    'nrf51_ftdi_init_noreply',
    'nrf51_ftdi_init_wait_fault',
    'nrf51_ftdi_init_write_0xabbabeeb',
    'nrf51_stlink_init',
    'nrf51_stlink_init_write_0xabbabeeb',
    'nrf51_stlink_wait_retry',
    'stm32f429zit6_connect',
    'stm32f429zit6_connected',
    'stm32f429zit6_connected_long',
    'stm32f429zit6_core_core_reset',
    'stm32f429zit6_core_halt',
    'stm32f429zit6_core_read_core_regs',
    'stm32f429zit6_core_run',
    'stm32f429zit6_core_step',
    'stm32f429zit6_core_system_reset',
    'stm32f429zit6_disconnect',
    'stm32f429zit6_erase_bank1',
    'stm32f429zit6_get_option_bytes',
)
SIMULATED = (
    'connect_no_target',
    'f1_program_verify_ok',
    'f4_ram_loader_mass_erase_ok',
    'f7_mass_erase_wrperr',
    'f7_rdp_ff_readback',
    'g0_connect_ok',
    'g0_option_write_no_obl',
    'g0_option_write_obl_ok',
    'g0_program_verify_ok',
    'wait_single_ok',
)
JTAG = (
    'olimex_stm32-h103_cmd_reset_10s',
    'olimex_stm32-h103_cmd_stm32f1x_options_read_0_10s',
    'olimex_stm32-h103_flash_fancyblink',
    'olimex_stm32-h103_irscan_drscan',
)


def analysis(file: Path) -> Analysis:
    return analyze(open_capture(file))


def above_note(result: Analysis) -> set[str]:
    found = (judged.finding for judged in result.findings)
    return {finding.rule for finding in found if finding.severity > Severity.NOTE}


def rows(file: Path, *kinds: str) -> list[dict[str, Any]]:
    """The rows of `decode`."""
    arguments = ['decode', str(file), '--format', 'jsonl', '--fail-on', 'never']
    result = CliRunner().invoke(main, [*arguments, '--kind', ','.join(kinds)])
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize('name', REAL)
def test_a_real_session_has_the_findings_it_deserves(shared_captures: Path, name: str) -> None:
    result = analysis(shared_captures / 'swd' / f'{name}.sr')
    assert above_note(result) == ABOVE_NOTE.get(name, set())


@pytest.mark.parametrize('name', SIMULATED)
def test_a_simulated_session_has_the_findings_it_deserves(
    simulated_captures: Path, name: str
) -> None:
    result = analysis(simulated_captures / f'{name}.sr')
    assert above_note(result) == ABOVE_NOTE.get(name, set())


@pytest.mark.parametrize('name', JTAG)
def test_jtag_is_named_and_nothing_is_found(shared_captures: Path, name: str) -> None:
    result = analysis(shared_captures / 'jtag' / f'{name}.sr')
    assert [bus.protocol for bus in result.assignment.buses] == ['jtag']
    assert result.verdict is not None
    assert 'Recognised JTAG' in result.verdict.headline
    assert above_note(result) == set()


@pytest.mark.parametrize(
    ('name', 'headline'),
    [
        ('g0_program_verify_ok', '1 page erased, 1 024 bytes written and verified'),
        ('f1_program_verify_ok', '1 page erased, 256 bytes written and verified'),
        ('g0_option_write_obl_ok', 'option bytes changed'),
        ('f4_ram_loader_mass_erase_ok', 'a program run in SRAM for 1.71 s'),
        ('wait_single_ok', 'mass erase'),
    ],
)
def test_a_healthy_session_is_told_by_what_was_done(
    simulated_captures: Path, name: str, headline: str
) -> None:
    verdict = analysis(simulated_captures / f'{name}.sr').verdict
    assert verdict is not None
    assert (verdict.severity, verdict.rule) == (Severity.NOTE, None)
    assert headline in verdict.headline


def test_the_f429_tells_its_id_and_its_options(shared_captures: Path) -> None:
    result = analysis(shared_captures / 'swd' / 'stm32f429zit6_get_option_bytes.sr')
    assert result.summary.device is not None
    assert result.summary.device.dev_id == 0x419
    (state,) = [one for key, one in result.summary.options.items() if key[1] == 'FLASH.OPTCR']
    assert (state.value, state.rdp, state.level, state.protected) == (0x0FFFAAED, 0xAA, 0, ())


def test_the_option_register_is_decoded_by_name_and_field(shared_captures: Path) -> None:
    accesses = rows(shared_captures / 'swd' / 'stm32f429zit6_get_option_bytes.sr', 'memory_access')
    read = next(row for row in accesses if row['register'] == 'FLASH.OPTCR')
    assert (read['address'], read['value'], read['write']) == (0x40023C14, 0x0FFFAAED, False)
    assert read['fields']['RDP'] == 0xAA


@pytest.mark.parametrize(
    'name', ['nrf51_ftdi_init_write_0xabbabeeb', 'nrf51_stlink_init_write_0xabbabeeb']
)
def test_the_twenty_words_are_written(shared_captures: Path, name: str) -> None:
    accesses = rows(shared_captures / 'swd' / f'{name}.sr', 'memory_access')
    written = [row['address'] for row in accesses if row['write'] and row['value'] == 0xABBABEEB]
    assert written == [0x20000000 + 4 * number for number in range(20)]


def test_the_erase_is_a_program_run_in_sram(shared_captures: Path) -> None:
    runs = rows(shared_captures / 'swd' / 'stm32f429zit6_erase_bank1.sr', 'ram_loader_run')
    longest = max(runs, key=lambda row: float(row['duration_s']))
    assert 0x20000000 <= longest['entry'] < 0x20001000
    assert longest['duration_s'] == pytest.approx(8.457, abs=0.01)
    assert longest['outcome'] == 'halted'


@pytest.mark.parametrize('name', [name for name in SIMULATED if name != 'connect_no_target'])
def test_every_flash_register_access_is_decoded(simulated_captures: Path, name: str) -> None:
    truth = json.loads((simulated_captures / f'{name}.truth.json').read_text(encoding='utf-8'))
    accesses = rows(simulated_captures / f'{name}.sr', 'memory_access')
    decoded = [
        (row['address'], row['value'], row['write'], row['start_s'])
        for row in accesses
        if row['outcome'] == 'ok'
    ]
    for at, address, value, direction, *_ in truth['flash_register_accesses']:
        wanted = (int(address, 16), int(value, 16), direction == 'w')
        near = [start for *found, start in decoded if tuple(found) == wanted]
        assert any(abs(start - at) < 100e-6 for start in near), (at, address, value)


def test_the_refused_mass_erase_names_the_protected_sectors(simulated_captures: Path) -> None:
    verdict = analysis(simulated_captures / 'f7_mass_erase_wrperr.sr').verdict
    assert verdict is not None
    assert verdict.rule == 'DIA002'
    assert 'sectors (0, 1)' in verdict.headline


def test_an_rdp_byte_of_0xff_is_explained_as_level_1(simulated_captures: Path) -> None:
    result = analysis(simulated_captures / 'f7_rdp_ff_readback.sr')
    assert result.verdict is not None
    assert result.verdict.rule == 'DIA002'
    (found,) = [one for one in result.findings if one.finding.rule == 'OPT012']
    assert found.explained_by == 'DIA002'
    assert 'level 1' in found.finding.message


def test_options_that_were_never_loaded_are_told(simulated_captures: Path) -> None:
    verdict = analysis(simulated_captures / 'g0_option_write_no_obl.sr').verdict
    assert verdict is not None
    assert (verdict.rule, verdict.severity) == ('OPT003', Severity.ERROR)
