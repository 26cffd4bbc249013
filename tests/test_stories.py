"""The stories in captures/: each file is what its dialogue makes, and is told as its README says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from prerequisites import PROJECT
from stm32trace.capture import open_capture
from stm32trace.capture.changes import join
from stm32trace.cli import main
from stm32trace.simulator.scenario import known
from waves.stories import STORIES

CAPTURES = PROJECT / 'captures'

# Verdict and findings of each story: rule, the rule that explains it.
FOUND = {
    'g071-i2c-bricked': [
        ('DIA001', None),
        ('BLP013', 'DIA001'),
        ('BLS001', 'DIA001'),
        ('BLS004', 'DIA001'),
        ('BLS005', 'DIA001'),
        ('I2C001', 'DIA001'),
        ('I2C002', 'DIA001'),
    ],
}


def capture(name: str) -> Path:
    return CAPTURES / name / f'{name}.sr'


def run(*arguments: str, status: int = 0) -> str:
    """Run the program in this process and return its standard output."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == status, result.stderr
    return result.stdout


def without_repeats(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out all but the first and the last of the transfers that repeat the one before them."""

    def said(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(
            row.get(field) for field in ('kind', 'address', 'write', 'data', 'outcome', 'text')
        )

    runs = (list(group) for _, group in groupby(rows, key=said))
    return [row for group in runs for row in ([group[0], group[-1]] if len(group) > 1 else group)]


def test_every_folder_is_a_story() -> None:
    played = [scenario.name for scenario in known()]  # see test_scenario_stories.py
    assert sorted(folder.name for folder in CAPTURES.iterdir()) == sorted([*STORIES, *played])
    assert sorted(STORIES) == sorted(FOUND)
    assert all((folder / 'README.md').is_file() for folder in CAPTURES.iterdir())


@pytest.mark.parametrize('name', STORIES)
def test_the_file_holds_what_the_dialogue_makes(name: str) -> None:
    wave = STORIES[name]()
    reader = open_capture(capture(name))
    read, made = join(list(reader.blocks(range(len(wave.roles))))), wave.changes()
    assert [channel.name.lower() for channel in reader.info.channels] == list(wave.roles)
    assert (read.start, read.stop, reader.info.sample_rate) == (made.start, made.stop, wave.rate)
    np.testing.assert_array_equal(read.index, made.index)
    np.testing.assert_array_equal(read.state, made.state)


@pytest.mark.parametrize('name', STORIES)
def test_the_transactions_are_as_expected(name: str) -> None:
    rows = [
        json.loads(line)
        for line in run(
            'decode', str(capture(name)), '--format', 'jsonl', '--fail-on', 'never'
        ).splitlines()
    ]
    expected = (CAPTURES / name / f'{name}.expect.jsonl').read_text(encoding='utf-8')
    assert without_repeats(rows) == [json.loads(line) for line in expected.splitlines()]


@pytest.mark.parametrize('name', STORIES)
def test_the_findings_are_as_expected(name: str) -> None:
    report = json.loads(run('analyze', str(capture(name)), '--format', 'json', status=1))
    assert report['verdict']['rule'] == FOUND[name][0][0]
    assert sorted((found['rule'], found['explained_by']) for found in report['findings']) == sorted(
        FOUND[name], key=lambda pair: pair[0]
    )
