"""The report for programs: the fields that scripts rely on."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from report.subjects import (
    LENGTH,
    MHZ,
    diagnosis,
    finding,
    judged,
    results,
    subject,
    without_bus,
    written,
)
from stm32trace.model import Damage
from stm32trace.report.json import REPORTER
from stm32trace.report.reporter import Page, Subject
from stm32trace_core.rules.rule import Severity


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / 'brick.sr'
    path.write_bytes(b'what was read')
    return path


def document(shown: Subject) -> Any:
    return json.loads(written(REPORTER, shown))


def test_the_capture_is_told_with_a_checksum_of_the_file(file: Path) -> None:
    found = document(subject(path=file))['capture']
    assert found == {
        'file': str(file),
        'sha256': hashlib.sha256(b'what was read').hexdigest(),
        'format': 'sr',
        'samplerate_hz': MHZ,
        'samples': LENGTH,
        'duration_s': 10.0,
        'damage': None,
        'channels': [
            {'index': 0, 'name': 'SCL', 'role': 'scl'},
            {'index': 1, 'name': 'SDA', 'role': 'sda'},
            {'index': 2, 'name': 'NRST', 'role': 'nrst'},
            {'index': 3, 'name': 'D3', 'role': None},
        ],
    }


def test_a_finding_is_told_with_all_its_fields(file: Path) -> None:
    (found,) = document(subject(judged(finding(count=3)), path=file))['findings']
    assert found == {
        'rule': 'BLP013',
        'name': 'busy-forever',
        'severity': 'error',
        'confidence': 'high',
        'suspect': 'target',
        'bus': 'i2c0',
        'start_s': 2.0,
        'end_s': 8.0,
        'start_sample': 2 * MHZ,
        'end_sample': 8 * MHZ,
        'count': 3,
        'message': 'BUSY for 6 s where 40.1 ms are specified',
        'advice': ['Do not reset the part.', 'Wait for the second acknowledge.'],
        'evidence': [
            {
                'start_s': 2.0,
                'end_s': 2.0001,
                'start_sample': 2 * MHZ,
                'end_sample': 2 * MHZ + 100,
                'text': 'the first BUSY (0x76)',
            }
        ],
        'explained_by': None,
        'in_doubt': None,
    }


def test_the_verdict_is_the_finding_that_heads_the_story(file: Path) -> None:
    found = document(subject(judged(diagnosis(), finding(), BLP013='DIA001'), path=file))
    assert found['verdict'] == {
        'severity': 'critical',
        'rule': 'DIA001',
        'headline': diagnosis().message,
        'suspect': 'host',
        'recoverable': 'unlikely',
        'next_steps': ['Switch the supply off for 10 s.', 'Try SWD while reset is held.'],
    }
    assert [one['explained_by'] for one in found['findings']] == [None, 'DIA001']


def test_there_is_no_verdict_where_no_bus_was_recognised(file: Path) -> None:
    assert document(without_bus(subject(path=file)))['verdict'] is None


def test_a_window_without_an_end_has_none(file: Path) -> None:
    (window,) = document(subject(path=file))['windows']
    assert (window['kind'], window['state']) == ('option-programming', 'open')
    assert (window['start_s'], window['end_s'], window['end_sample']) == (2.0, None, None)


def test_what_could_not_be_judged_is_told(file: Path) -> None:
    found = document(subject(results=results(), path=file))
    assert found['not_evaluated'] == [
        {'rule': 'RST010', 'missing': ['vdd']},
        {'rule': 'RST011', 'missing': ['nrst|vdd']},
    ]
    assert found['suppressed'] == [{'rule': 'I2C006', 'by': 'I2C010'}]


def test_damage_says_what_and_where(file: Path) -> None:
    damage = Damage('gap', 100, 'a chunk is missing', stop=200)
    (found,) = document(subject(damage=(damage,), path=file))['capture']['damage']
    assert found == {
        'kind': 'gap',
        'message': 'a chunk is missing',
        'start_s': 0.0001,
        'end_s': 0.0002,
        'start_sample': 100,
        'end_sample': 200,
    }


def test_every_time_is_null_where_the_sample_rate_is_not_known(file: Path) -> None:
    damage = Damage('truncated', 100, 'ends early')
    text = written(REPORTER, subject(judged(finding()), rate=None, damage=(damage,), path=file))
    times = [
        line.split(': ')[1].rstrip(',')
        for line in text.splitlines()
        if '_s"' in line or 'rate_hz' in line
    ]
    assert len(times) >= 8
    assert set(times) == {'null'}


def test_the_part_is_told_with_what_proves_it(file: Path) -> None:
    device = document(subject(path=file))['device']
    assert device == {
        'family': 'G0',
        'dev_id': '0x460',
        'name': 'STM32G07x/G08x',
        'evidence': 'Get ID at 0.500000 s',
        'core': 'Cortex-M0+',
    }
    assert document(subject(records=[], path=file))['device'] is None


def test_findings_below_the_wanted_severity_are_left_out(file: Path) -> None:
    shown = subject(
        judged(finding(), finding('SIG007', Severity.NOTE)), path=file, lowest=Severity.ERROR
    )
    assert [one['rule'] for one in document(shown)['findings']] == ['BLP013']


def test_one_capture_is_indented_and_several_are_a_line_each(file: Path) -> None:
    assert written(REPORTER, subject(path=file)).startswith(
        '{\n  "schema": "stm32trace/report/1",\n'
    )
    line = written(REPORTER, subject(path=file), Page(several=True))
    assert (line.count('\n'), line[-1]) == (1, '\n')


def test_the_text_is_ascii_whatever_the_names(file: Path) -> None:
    shown = subject(path=file, names=('SCL µ', 'SDA\x1b', 'a\udcff'))
    text = written(REPORTER, shown)
    assert text.isascii()
    assert '\x1b' not in text
    assert json.loads(text)['capture']['channels'][0]['name'] == 'SCL µ'
