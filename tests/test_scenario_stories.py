"""Every story in captures/ that a scenario made: the file, what the analysis finds, and what `decode` says of the truth.

The truth is what the simulated part did; nothing of it was decoded.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from prerequisites import PROJECT
from stm32trace.analysis import Analysis
from stm32trace.capture import open_capture
from stm32trace.capture.changes import join
from stm32trace.cli import main
from stm32trace.pipeline import analyze
from stm32trace.simulator.scenario import known, play
from stm32trace_core.rules import engine
from stm32trace_core.rules.rule import Severity

CAPTURES = PROJECT / 'captures'
SCENARIOS = {scenario.name: scenario for scenario in known()}
RULES = {rule.info.id for rule in engine.catalogue()}
LATE_S = 0.002  # a host sees the end of an operation when it polls next
POLLED_S = 0.06  # the slowest of them
WRONG = {'swd-g0-wrong-key': 'an order to a controller that stayed locked is told as done'}
OPERATIONS = ('mass_erase', 'page_erase', 'option_program')


def capture(name: str) -> Path:
    return CAPTURES / name / f'{name}.sr'


@cache
def analysed(name: str) -> Analysis:
    return analyze(open_capture(capture(name)))


def truth(name: str, kind: str) -> list[dict[str, Any]]:
    lines = (CAPTURES / name / f'{name}.truth.jsonl').read_text(encoding='utf-8').splitlines()
    return [told for told in map(json.loads, lines) if told['kind'] == kind]


def decoded(name: str, kind: str) -> list[dict[str, Any]]:
    arguments = [
        'decode',
        str(capture(name)),
        '--kind',
        kind,
        '--format',
        'jsonl',
        '--fail-on',
        'never',
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def expectations(what: str) -> list[Any]:
    """Return the stories that expect something of this kind; a rule that does not exist yet is an expected failure."""
    cases = []
    for name, scenario in SCENARIOS.items():
        if what not in scenario.expect:
            continue
        wanted = scenario.expect[what]
        missing = {rule for rule in wanted if rule not in RULES} if what == 'findings' else set()
        reason = f'no rule {", ".join(sorted(missing))} yet'
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if missing else []
        cases.append(pytest.param(name, wanted, id=name, marks=marks))
    return cases


@pytest.mark.parametrize('name', SCENARIOS)
def test_the_file_is_what_the_scenario_makes(name: str) -> None:
    played = play(SCENARIOS[name])
    reader = open_capture(capture(name))
    read, made = (
        join(list(reader.blocks(range(len(played.probe.nets))))),
        played.recorder.changes(played.probe),
    )
    assert [channel.name for channel in reader.info.channels] == list(played.probe.channels)
    assert (read.stop, reader.info.sample_rate) == (made.stop, played.probe.rate)
    np.testing.assert_array_equal(read.index, made.index)
    np.testing.assert_array_equal(read.state, made.state)


@pytest.mark.parametrize(('name', 'healthy'), expectations('healthy'))
def test_nothing_is_wrong_with_a_healthy_story(name: str, healthy: bool) -> None:
    found = [judged.finding for judged in analysed(name).findings]
    assert [one.rule for one in found if one.severity > Severity.NOTE] == []


@pytest.mark.parametrize(('name', 'rules'), expectations('findings'))
def test_what_must_be_found_is(name: str, rules: list[str]) -> None:
    found = {judged.finding.rule for judged in analysed(name).findings}
    assert set(rules) <= found


@pytest.mark.parametrize(('name', 'groups'), expectations('forbidden'))
def test_what_must_not_be_found_is_not(name: str, groups: list[str]) -> None:
    found = [
        judged.finding.rule
        for judged in analysed(name).findings
        if judged.finding.severity > Severity.NOTE
    ]
    assert [rule for rule in found if rule.startswith(tuple(groups))] == []


@pytest.mark.parametrize(('name', 'rule'), expectations('verdict'))
def test_the_verdict_is_headed_by_the_cause(name: str, rule: str) -> None:
    verdict = analysed(name).verdict
    assert verdict is not None
    assert verdict.rule == rule


@pytest.mark.parametrize(('name', 'suspect'), expectations('suspect'))
def test_the_suspect_is_who_did_it(name: str, suspect: str) -> None:
    verdict = analysed(name).verdict
    assert verdict is not None
    assert verdict.suspect == suspect


@pytest.mark.parametrize('name', [name for name in SCENARIOS if truth(name, 'boot_command')])
def test_the_commands_are_those_that_the_loader_took(name: str) -> None:
    told = [(one['opcode'], one['status']) for one in truth(name, 'boot_command')]
    said = [
        (row['opcode'], row['status'])
        for row in decoded(name, 'boot_command')
        if row['command'] != 'Synchronize' and row['outcome'] != 'reset'
    ]
    for (opcode, status), (true_opcode, true_status) in zip(said, told, strict=False):
        assert opcode == true_opcode
        assert status in (true_status, 'timeout', 'none')
    assert len(said) >= len(told)


def flash_stories() -> list[Any]:
    cases = []
    for name, scenario in SCENARIOS.items():
        if scenario.bus == 'swd' and truth(name, 'flash_operation'):
            marks = [pytest.mark.xfail(reason=WRONG[name], strict=True)] if name in WRONG else []
            cases.append(pytest.param(name, marks=marks))
    return cases


@pytest.mark.parametrize('name', flash_stories())
def test_the_operations_are_those_that_the_flash_did(name: str) -> None:
    told = [
        (one['operation'], one['start_s'], one['end_s'])
        for one in truth(name, 'flash_operation')
        if one['operation'] in OPERATIONS and one['outcome'] == 'done'
    ]
    said = [
        (row['operation'], row['start_s'], row['end_s'])
        for row in decoded(name, 'flash_operation')
        if row['operation'] in OPERATIONS and row['outcome'] == 'done'
    ]
    assert [operation for operation, *_ in said] == [operation for operation, *_ in told]
    for (_, begun, ended), (_, true_begin, true_end) in zip(said, told, strict=True):
        assert begun == pytest.approx(true_begin, abs=LATE_S)
        assert true_end - LATE_S < ended < true_end + POLLED_S


@pytest.mark.parametrize(
    'name', [name for name in SCENARIOS if 'nrst' in SCENARIOS[name].record['lines']]
)
def test_the_resets_are_those_that_the_part_saw(name: str) -> None:
    told = [one for one in truth(name, 'reset') if one['cause'] != 'power']
    said = [row for row in decoded(name, 'reset') if row['outcome'] == 'released']
    assert len(said) >= len(told)
    for one in told:
        assert any(row['start_s'] == pytest.approx(one['start_s'], abs=1e-4) for row in said)
