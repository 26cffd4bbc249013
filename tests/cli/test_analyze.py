"""What `stm32trace analyze` says, and the exit status it says it with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run

HEADLINE = 'CRITICAL  STM32G07x/G08x is probably locked for good, its option bytes lost'


def report(run: Run, *arguments: str | Path) -> Any:
    """The report as JSON."""
    return json.loads(run('analyze', *arguments, '--format', 'json').stdout)


def test_the_first_line_is_the_verdict(run: Run, brick: Path) -> None:
    result = run('analyze', brick)
    assert result.stdout.splitlines()[0].startswith(HEADLINE)
    assert (result.exit_code, result.stderr) == (1, '')


def test_the_verdict_says_who_is_to_blame_and_whether_the_part_can_be_saved(
    run: Run, brick: Path
) -> None:
    lines = run('analyze', brick).stdout.splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines[:10] if line.startswith('  '))
    assert facts['Suspect'] == 'host (high confidence)'
    assert facts['Recoverable'] == 'unlikely'
    assert 'Next steps' in lines
    assert lines[lines.index('Next steps') + 1].startswith('  1. Do not reset it again')


def test_json_of_the_brick_has_the_fields_that_scripts_rely_on(run: Run, brick: Path) -> None:
    found = report(run, brick)
    assert list(found) == [
        'schema', 'tool', 'capture', 'buses', 'device', 'verdict', 'findings', 'not_evaluated', 'suppressed', 'windows',
        'windows_left_out',
    ]  # fmt: skip
    assert found['schema'] == 'stm32trace/report/1'
    assert found['tool'] == {'name': 'stm32trace', 'version': '0.1.0'}
    assert found['capture']['channels'][0] == {'index': 0, 'name': 'SCL', 'role': 'scl'}
    assert found['buses'][0]['id'] == 'i2c0'
    assert found['buses'][0]['channels'] == {'scl': 'SCL', 'sda': 'SDA'}
    assert found['buses'][0]['options'] == {'address': '0x51'}
    assert {'bytes', 'transactions'} <= set(found['buses'][0]['counts'])
    assert (found['device']['family'], found['device']['dev_id']) == ('G0', '0x460')
    verdict = found['verdict']
    assert (verdict['severity'], verdict['rule'], verdict['suspect']) == (
        'critical',
        'DIA001',
        'host',
    )
    assert (verdict['recoverable'], found['findings'][0]['rule']) == ('unlikely', 'DIA001')
    window = found['windows'][0]
    assert (window['kind'], window['state']) == ('option-programming', 'cut')


def test_json_keeps_findings_that_another_one_explains_after_the_others(
    run: Run, brick: Path
) -> None:
    explained = [one['explained_by'] for one in report(run, brick)['findings']]
    assert explained[0] is None
    assert 'DIA001' in explained
    assert explained == sorted(explained, key=lambda rule: rule is not None)


def test_a_healthy_session_is_told_in_one_sentence_and_ends_with_0(run: Run, healthy: Path) -> None:
    result = run('analyze', healthy)
    assert result.stdout.splitlines()[0] == 'OK  STM32G07x/G08x over I2C: 16 bytes read'
    assert (result.exit_code, result.stderr) == (0, '')


def test_json_of_a_healthy_session_has_a_verdict_without_a_rule(run: Run, healthy: Path) -> None:
    verdict = report(run, healthy)['verdict']
    assert (verdict['severity'], verdict['rule'], verdict['recoverable']) == ('note', None, None)


def test_times_are_null_where_the_sample_rate_is_not_known(run: Run, shared_captures: Path) -> None:
    found = report(run, shared_captures / 'i2c' / 'rtc_ds1307_200khz_no_samplerate.sr')
    assert found['capture']['samplerate_hz'] is None
    assert found['capture']['duration_s'] is None
    finding = found['findings'][0]
    assert (finding['start_s'], finding['end_s']) == (None, None)
    assert finding['end_sample'] > finding['start_sample']


def test_sample_rate_option_gives_the_times_back(run: Run, shared_captures: Path) -> None:
    file = shared_captures / 'i2c' / 'rtc_ds1307_200khz_no_samplerate.sr'
    assert report(run, file, '--samplerate', '200k')['capture']['duration_s'] == 24576 / 200_000


@pytest.mark.parametrize('rate', ['2M', '2 MHz', '2000k', '2e6', '2000000'])
def test_spellings_of_a_sample_rate(run: Run, healthy: Path, rate: str) -> None:
    assert report(run, healthy, '--samplerate', rate)['capture']['samplerate_hz'] == 2_000_000


def test_unnamed_channels_are_no_error_and_the_report_says_what_to_do(
    run: Run, unnamed: Path
) -> None:
    result = run('analyze', unnamed)
    lines = result.stdout.splitlines()
    assert lines[0].startswith('NOTE  No bus was recognised')
    assert '--channel scl=D0 --channel sda=D1' in ' '.join(result.stdout.split())
    assert [line.split()[:2] for line in lines if 'mostly high' in line] == [
        ['0', 'D0'],
        ['1', 'D1'],
    ]
    assert (result.exit_code, result.stderr) == (0, '')


def test_json_says_what_was_seen_on_each_unnamed_channel(run: Run, unnamed: Path) -> None:
    found = report(run, unnamed)
    assert (found['verdict'], found['buses']) == (None, [])
    edges = [channel['edges'] for channel in found['capture']['channels']]
    assert edges[0] > edges[1] > 0
    assert edges[2:] == [0, 0]


def test_channel_option_makes_the_unnamed_capture_the_named_one(
    run: Run, healthy: Path, unnamed: Path
) -> None:
    given = ['scl=D0', 'sda=1', 'nrst=D2', 'boot0=d3']
    options = [word for one in given for word in ('--channel', one)]
    one, other = report(run, unnamed, *options), report(run, healthy)
    assert one['verdict'] == other['verdict']
    assert one['buses'][0]['detected'] is False
    assert one['buses'][0]['counts'] == other['buses'][0]['counts']


def test_a_bus_that_is_not_decoded_yet_is_listed_and_told(run: Run, shared_captures: Path) -> None:
    found = report(run, shared_captures / 'jtag' / 'olimex_stm32-h103_irscan_drscan.sr')
    assert [(bus['id'], bus['decoded']) for bus in found['buses']] == [('jtag0', False)]
    assert 'does not decode' in found['verdict']['headline']


def test_quiet_is_the_verdict_in_one_line(run: Run, brick: Path, healthy: Path) -> None:
    result = run('analyze', brick, '--quiet')
    assert result.stdout.count('\n') == 1
    assert result.stdout.startswith(HEADLINE)
    several = run('analyze', brick, healthy, '--quiet').stdout.splitlines()
    assert [line.split(': ')[0] for line in several] == [str(brick), str(healthy)]


def test_several_files_are_one_object_a_line_and_the_highest_status_wins(
    run: Run, brick: Path, healthy: Path, tmp_path: Path
) -> None:
    result = run('analyze', healthy, tmp_path / 'none.sr', brick, '--format', 'json')
    assert [json.loads(line)['capture']['file'] for line in result.stdout.splitlines()] == [
        str(healthy),
        str(brick),
    ]
    assert result.exit_code == 3
    assert result.stderr.count('\n') == 1
    assert 'none.sr: expected a capture file, found no such file' in result.stderr


@pytest.mark.parametrize(
    ('options', 'status'),
    [
        ((), 1),
        (('--fail-on', 'warning'), 1),
        (('--fail-on', 'critical'), 1),
        (('--fail-on', 'never'), 0),
        (('--select', 'SIG'), 0),
        (('--ignore', 'DIA,BLS,BLP,I2C', '--ignore', 'RST,OPT'), 0),
        (('--severity-min', 'critical'), 1),
    ],
)
def test_exit_status_follows_the_threshold(
    run: Run, brick: Path, options: tuple[str, ...], status: int
) -> None:
    assert run('analyze', brick, *options).exit_code == status


def test_severity_min_shortens_the_list_but_not_the_verdict(run: Run, brick: Path) -> None:
    found = report(run, brick, '--severity-min', 'critical')
    assert {one['severity'] for one in found['findings']} == {'critical'}
    assert found['verdict'] == report(run, brick)['verdict']


def test_select_takes_ids_and_beginnings_in_any_case(run: Run, brick: Path) -> None:
    found = report(run, brick, '--select', 'blp013,I2C')
    assert {one['rule'] for one in found['findings']} == {'BLP013', 'I2C001', 'I2C002'}


@pytest.mark.parametrize('form', ['terminal', 'json'])
def test_the_same_input_gives_the_same_bytes(run: Run, brick: Path, form: str) -> None:
    first, second = (run('analyze', brick, '--format', form).stdout_bytes for _ in range(2))
    assert first == second


@pytest.mark.parametrize('width', [80, 120])
@pytest.mark.parametrize('name', ['brick', 'healthy', 'unnamed'])
def test_no_line_is_wider_than_the_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, name: str, width: int
) -> None:
    monkeypatch.chdir(request.getfixturevalue(name).parent)
    monkeypatch.setenv('COLUMNS', str(width))
    lines = run('analyze', f'{request.getfixturevalue(name).name}').stdout.splitlines()
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line != line.rstrip()]


def test_the_width_is_80_columns_where_nothing_tells_another(run: Run, brick: Path) -> None:
    lines = run('analyze', brick).stdout.splitlines()
    assert 70 < max(map(len, lines)) <= 80


@pytest.mark.parametrize('name', ['terminal', 'json'])
def test_names_from_the_capture_are_only_names(run: Run, hostile: Path, name: str) -> None:
    out = run('analyze', hostile, '--format', name).stdout
    assert '\x1b' not in out
    assert '\u202e' not in out
    assert '[red]SCL[/red]' in out
    assert ('OK  ' in out) == (name == 'terminal')


def test_a_result_in_a_file_is_the_one_on_the_terminal(
    run: Run, brick: Path, tmp_path: Path
) -> None:
    file = tmp_path / 'report.txt'
    result = run('analyze', brick, '-o', file)
    assert (result.exit_code, result.stdout) == (1, '')
    assert file.read_text(encoding='utf-8') == run('analyze', brick).stdout
    assert list(tmp_path.iterdir()) == [file]


def test_an_older_report_is_replaced_and_keeps_its_permissions(
    run: Run, brick: Path, tmp_path: Path
) -> None:
    file = tmp_path / 'report.txt'
    file.write_text('an older one')
    file.chmod(0o640)
    mode = file.stat().st_mode
    run('analyze', brick, '-o', file)
    assert file.read_text(encoding='utf-8').startswith(HEADLINE)
    assert file.stat().st_mode == mode


def test_the_ending_of_the_file_tells_the_format(run: Run, healthy: Path, tmp_path: Path) -> None:
    run('analyze', healthy, '-o', tmp_path / 'out.json')
    assert json.loads((tmp_path / 'out.json').read_text())['schema'] == 'stm32trace/report/1'


def test_nothing_is_written_where_nothing_could_be_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / 'out.txt').write_text('the last good report')
    assert run('analyze', tmp_path / 'none.sr', '-o', tmp_path / 'out.txt').exit_code == 3
    assert (tmp_path / 'out.txt').read_text() == 'the last good report'
    assert list(tmp_path.iterdir()) == [tmp_path / 'out.txt']


def test_a_truncated_capture_is_analysed_and_the_damage_told(
    run: Run, brick: Path, tmp_path: Path
) -> None:
    file = tmp_path / 'cut.sr'
    file.write_bytes(brick.read_bytes()[: brick.stat().st_size * 3 // 4])
    result = run('analyze', file, '--format', 'json')
    assert result.exit_code in (0, 1)
    damage = json.loads(result.stdout)['capture']['damage']
    assert damage
    assert {'kind', 'message', 'start_sample', 'start_s'} <= set(damage[0])
    assert '  damage ' in run('analyze', file).stdout


def test_options_for_protocols_that_the_capture_lacks_are_accepted(run: Run, healthy: Path) -> None:
    plain = run('analyze', healthy).stdout
    assert run('analyze', healthy, '--baud', '115200', '--parity', 'even').stdout == plain
    assert run('analyze', healthy, '--protocol', 'I2C', '--protocol', 'swd').stdout == plain


def test_address_and_family_that_the_user_tells_are_used(run: Run, healthy: Path) -> None:
    found = report(run, healthy, '--address', '81', '--family', 'STM32G071')
    assert found['buses'][0]['options'] == {'address': '0x51'}


def test_demo_is_the_main_job_on_the_capture_that_comes_along(run: Run, demo_capture: Path) -> None:
    result = run('demo')
    assert result.exit_code == 0
    assert result.stdout == run('analyze', demo_capture).stdout
    assert result.stdout.startswith(HEADLINE)
    assert run('demo', '--fail-on', 'error', '--quiet').exit_code == 1
