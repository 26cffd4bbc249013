"""The rows of `stm32trace decode`: which, with which fields, in which order."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from stm32trace.report.rows import FIELDS, KINDS, LAYERS
from waves.loader import Loader

COMMON = ['bus', 'kind', 'start_s', 'end_s', 'start_sample', 'end_sample', 'outcome', 'text']
FURTHER = {
    'i2c_transfer': ['address', 'write', 'data', 'acked'],
    'boot_command': ['transport', 'command', 'opcode', 'address', 'length', 'data', 'busy_count', 'status', 'pages'],
    'flash_operation': ['operation', 'address', 'length', 'duration_s', 'pages'],
    'option_change': ['name', 'old', 'new'],
    'reset': ['cause', 'width_s'],
    'level': ['role', 'value'],
}  # fmt: skip


def rows(run: Run, *arguments: str | Path) -> list[dict[str, Any]]:
    """The rows as objects."""
    return [
        json.loads(line)
        for line in run('decode', *arguments, '--format', 'jsonl').stdout.splitlines()
    ]


def kinds(run: Run, *arguments: str | Path) -> set[str]:
    return {row['kind'] for row in rows(run, *arguments)}


@pytest.fixture(scope='session')
def unprotected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part whose read-out protection is taken off, to the end."""
    path = tmp_path_factory.mktemp('captures') / 'unprotected.sr'
    Loader(rate=2_000_000, nrst=1).get_id().readout_unprotect().idle(0.2).get_id().write_sr(path)
    return path


def test_an_option_change_is_told_once_it_is_done(run: Run, unprotected: Path, brick: Path) -> None:
    (change,) = rows(run, unprotected, '--kind', 'option_change')
    assert (change['name'], change['old'], change['new']) == ('RDP', None, 'level 0')
    assert rows(run, brick, '--kind', 'option_change') == []


def test_each_kind_has_the_common_fields_and_its_own(
    run: Run, brick: Path, unprotected: Path
) -> None:
    found = rows(run, brick, '--kind', ','.join(FURTHER)) + rows(run, unprotected)
    assert {row['kind'] for row in found} == set(FURTHER)
    for row in found:
        assert list(row) == COMMON + FURTHER[row['kind']]


def test_rows_come_in_order_of_time_and_the_longest_of_those_that_begin_together_first(
    run: Run, brick: Path
) -> None:
    spans = [(row['start_sample'], -row['end_sample']) for row in rows(run, brick)]
    assert spans == sorted(spans)
    assert len(spans) > 100


def test_a_command_is_told_with_what_it_was_answered(run: Run, healthy: Path) -> None:
    get_id = next(row for row in rows(run, healthy) if row.get('command') == 'Get ID')
    assert (get_id['transport'], get_id['opcode'], get_id['data']) == ('i2c', 0x02, '0460')
    assert (get_id['status'], get_id['outcome'], get_id['busy_count']) == ('ack', 'ok', 0)
    assert get_id['bus'] == 'i2c0'


def test_a_transfer_is_told_with_its_address_data_and_acknowledges(run: Run, healthy: Path) -> None:
    first = rows(run, healthy, '--kind', 'i2c_transfer')[0]
    assert (first['address'], first['write'], first['data']) == (0x51, True, '00ff')
    assert first['acked'] == [True, True, True]


def test_pages_are_listed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / 'erase.sr'
    Loader(rate=2_000_000).idle(0.02).get().get_id().erase_pages([0, 1, 2, 3]).write_sr(file)
    erase = next(row for row in rows(run, file) if row.get('opcode') == 0x45)
    assert erase['pages'] == [0, 1, 2, 3]
    table = list(csv.DictReader(StringIO(run('decode', file, '--format', 'csv').stdout)))
    assert next(row for row in table if row['opcode'] == '69')['pages'] == '0 1 2 3'


def test_the_default_leaves_levels_out(run: Run, healthy: Path) -> None:
    assert kinds(run, healthy) == {'i2c_transfer', 'boot_command', 'flash_operation'}
    assert kinds(run, healthy, '--kind', 'level') == {'level'}


def test_level_selects_a_layer_and_adds_to_kind(run: Run, brick: Path) -> None:
    assert kinds(run, brick, '--level', 'transaction') == {'boot_command'}
    assert kinds(run, brick, '--level', 'line') == {'i2c_transfer', 'level'}
    operations = {'flash_operation', 'reset'}
    assert kinds(run, brick, '--level', 'operation', '--kind', 'level') == operations | {'level'}


def test_every_kind_of_the_interface_is_known_though_not_all_are_decoded_yet(
    run: Run, healthy: Path
) -> None:
    assert [kind.name for kind in KINDS if kind.layer not in LAYERS] == []
    result = run('decode', healthy, '--kind', 'uart_byte,swd_transfer,memory_access')
    assert (result.exit_code, result.stdout) == (0, '')


def test_an_unknown_kind_is_a_usage_error(run: Run, healthy: Path) -> None:
    result = run('decode', healthy, '--kind', 'i2c_transfers')
    assert (result.exit_code, result.stdout) == (2, '')
    assert 'did you mean i2c_transfer' in result.stderr


def test_text_is_time_bus_kind_and_words(run: Run, healthy: Path) -> None:
    lines = run('decode', healthy).stdout.splitlines()
    assert lines[0].split()[1:3] == ['i2c0', 'boot_command']
    columns = {line.index('i2c0') for line in lines}
    assert columns == {15}
    assert max(map(len, lines)) < 120


def test_text_gives_the_sample_where_the_time_is_not_known(run: Run, shared_captures: Path) -> None:
    file = shared_captures / 'i2c' / 'rtc_ds1307_200khz_no_samplerate.sr'
    assert run('decode', file).stdout.split()[0].startswith('#')
    row = rows(run, file)[0]
    assert (row['start_s'], row['end_s']) == (None, None)
    assert row['end_sample'] > row['start_sample']


def test_a_table_has_the_same_columns_for_every_kind(run: Run, brick: Path) -> None:
    text = run('decode', brick, '--format', 'csv').stdout
    table = list(csv.reader(StringIO(text)))
    assert table[0] == [*COMMON, *FIELDS]
    assert {len(row) for row in table} == {len(table[0])}
    assert len(table) - 1 == len(rows(run, brick))


def test_a_cell_is_empty_where_the_kind_has_no_such_field(run: Run, healthy: Path) -> None:
    table = list(csv.DictReader(StringIO(run('decode', healthy, '--format', 'csv').stdout)))
    transfer = next(row for row in table if row['kind'] == 'i2c_transfer')
    assert (transfer['acked'], transfer['write'], transfer['command']) == ('111', '1', '')


def test_the_ending_of_the_file_tells_the_format(run: Run, healthy: Path, tmp_path: Path) -> None:
    for ending, form in (('csv', 'csv'), ('jsonl', 'jsonl'), ('log', 'text')):
        file = tmp_path / f'rows.{ending}'
        assert run('decode', healthy, '-o', file).exit_code == 0
        assert file.read_text(encoding='utf-8') == run('decode', healthy, '--format', form).stdout


def test_the_exit_status_is_that_of_analyze_and_standard_error_says_why(
    run: Run, brick: Path
) -> None:
    result = run('decode', brick)
    assert result.exit_code == 1
    assert (
        result.stderr
        == f'stm32trace: 1 finding in this capture; see `stm32trace analyze {brick}`\n'
    )
    result = run('decode', brick, '--fail-on', 'never')
    assert (result.exit_code, result.stderr) == (0, '')


@pytest.mark.parametrize('form', ['text', 'jsonl', 'csv'])
def test_the_same_input_gives_the_same_bytes(run: Run, brick: Path, form: str) -> None:
    first, second = (run('decode', brick, '--format', form).stdout_bytes for _ in range(2))
    assert first == second


def test_a_capture_without_a_bus_has_no_rows(run: Run, unnamed: Path) -> None:
    result = run('decode', unnamed)
    assert (result.exit_code, result.stdout) == (0, '')
