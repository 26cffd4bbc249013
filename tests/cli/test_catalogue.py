"""`rules`, `explain` and `formats`: what the program knows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import metadata

import pytest

from cli.conftest import Run
from stm32trace_core.rules import engine


class Entry:
    """An entry point of another distribution."""

    def __init__(self, name: str, value: object) -> None:
        self.name = name
        self.value = f'their_package:{name}'
        self._value = value

    def load(self) -> object:
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


def registered(monkeypatch: pytest.MonkeyPatch, group: str, *entries: Entry) -> None:
    """Let `group` have these entry points, and no group others."""

    def entry_points(**wanted: str) -> Sequence[Entry]:
        return entries if wanted == {'group': group} else ()

    monkeypatch.setattr(metadata, 'entry_points', entry_points)


def test_the_catalogue_lists_every_rule_once(run: Run) -> None:
    result = run('rules')
    ids = [line.split()[0] for line in result.stdout.splitlines() if not line.startswith(' ')]
    assert ids == [rule.info.id for rule in engine.catalogue()]
    assert (result.exit_code, result.stderr) == (0, '')


def test_the_beginning_of_an_id_lists_a_group(run: Run) -> None:
    found = json.loads(run('rules', 'i2c', '--format', 'json').stdout)
    assert {one['id'][:3] for one in found} == {'I2C'}
    assert len(found) > 1


def test_json_of_one_rule_has_its_page(run: Run) -> None:
    found = json.loads(run('rules', 'BLP013', '--format', 'json').stdout)
    assert (found['id'], found['name'], found['severity']) == ('BLP013', 'busy-forever', 'error')
    assert 'Why it matters' in found['page']


@pytest.mark.parametrize('name', ['BLP013', 'blp013', 'busy-forever'])
def test_explain_shows_the_page_of_a_rule(run: Run, name: str) -> None:
    result = run('explain', name)
    lines = result.stdout.splitlines()
    assert lines[0] == 'BLP013 busy-forever'
    assert {
        'What',
        'Why it matters',
        'What to do',
        'False alarms and guards',
        'Example',
        'Source',
    } <= set(lines)
    assert result.exit_code == 0
    assert run('rules', name).stdout == result.stdout


def test_every_rule_has_a_page_that_fits_the_terminal(run: Run) -> None:
    for rule in engine.catalogue():
        result = run('explain', rule.info.id)
        assert result.exit_code == 0
        lines = [line for line in result.stdout.splitlines() if 'http' not in line]
        assert max(map(len, lines)) <= 80, rule.info.id
        for heading in ('What', 'Why it matters', 'What to do', 'Source'):
            assert heading in lines, rule.info.id


@pytest.mark.parametrize('command', ['rules', 'explain'])
def test_an_unknown_rule_is_a_usage_error_with_near_matches(run: Run, command: str) -> None:
    result = run(command, 'BLP103')
    assert (result.exit_code, result.stdout) == (2, '')
    assert 'did you mean BLP013' in result.stderr
    assert result.stderr.count('\n') == 1


def test_explain_wants_one_rule(run: Run) -> None:
    result = run('explain', 'BLP')
    assert result.exit_code == 2
    assert 'BLP001, ' in result.stderr


def test_formats_lists_what_can_be_read_and_written(run: Run) -> None:
    result = run('formats')
    words = {line.split()[0] for line in result.stdout.splitlines() if line.startswith('  ')}
    assert {'sr', 'terminal', 'json', 'text', 'jsonl', 'csv'} <= words
    assert 'not available' not in result.stdout
    assert result.exit_code == 0


def test_a_format_that_cannot_be_loaded_is_listed_with_its_reason(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(
        monkeypatch,
        'stm32trace.report',
        Entry('html', ModuleNotFoundError('no jinja')),
        Entry('odd', 42),
    )
    result = run('formats')
    missing = [line for line in result.stdout.splitlines() if 'not available' in line]
    assert [line.split()[0] for line in missing] == ['their_package:html', 'odd']
    assert 'no jinja' in missing[0]
    assert 'found int' in missing[1]
    assert result.exit_code == 0


def test_a_rule_that_cannot_be_loaded_is_told_and_the_others_are_listed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(
        monkeypatch, 'stm32trace.rules', Entry('ours', SyntaxError('bad')), Entry('odd', int)
    )
    result = run('rules')
    assert 'BLP013' in result.stdout
    assert result.stderr.count('\n') == 2
    assert 'rule odd: expected a class derived from Rule' in result.stderr
    assert result.exit_code == 0


def test_version_is_one_line(run: Run) -> None:
    result = run('--version')
    assert (result.stdout, result.exit_code) == ('stm32trace 0.1.0\n', 0)


@pytest.mark.parametrize(
    'command', ['', 'analyze', 'decode', 'rules', 'explain', 'formats', 'demo']
)
def test_every_command_has_help(run: Run, command: str) -> None:
    result = run(*command.split(), '--help')
    assert result.exit_code == 0
    assert result.stdout.startswith('Usage: stm32trace')
