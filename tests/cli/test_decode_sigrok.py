"""`stm32trace decode --sigrok`: what decoders of sigrok say stands among our own rows."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from prerequisites import require_tool
from waves.loader import Loader


@pytest.fixture(autouse=True)
def _sigrok_cli() -> None:
    require_tool('sigrok-cli')


@pytest.fixture(scope='module')
def eeprom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host that asks a loader for its ID, and writes a byte into an EEPROM."""
    path = tmp_path_factory.mktemp('captures') / 'eeprom.sr'
    wave = Loader(rate=2_000_000, nrst=1).idle(0.001).get_id().idle(0.001)
    wave.write(0x50, [0x10, 0xAB]).idle(0.006).get_id().idle(0.001).write_sr(path)
    return path


def rows(run: Run, *arguments: str | Path) -> list[dict[str, Any]]:
    result = run('decode', *arguments, '--format', 'jsonl', '--fail-on', 'never')
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_annotations_of_the_top_decoder_stand_in_the_order_of_time(run: Run, eeprom: Path) -> None:
    plain = rows(run, eeprom)
    both = rows(run, eeprom, '--sigrok', 'i2c,eeprom24xx')
    added = [row for row in both if row['kind'] == 'sigrok_annotation']
    assert [row for row in both if row not in added] == plain
    spans = [(row['start_sample'], -row['end_sample']) for row in both]
    assert spans == sorted(spans)
    assert {row['decoder'] for row in added} == {'eeprom24xx'}
    write = next(
        row for row in added if row['class'] == 'byte-write' and row['text'].endswith('AB')
    )
    transfer = next(
        row for row in plain if row['kind'] == 'i2c_transfer' and row['address'] == 0x50
    )
    assert write['text'] == 'eeprom24xx: Byte write (addr=10, 1 byte): AB'
    assert (write['bus'], write['outcome']) == ('i2c0', None)
    assert abs(write['start_sample'] - transfer['start_sample']) < 20
    assert write['start_s'] == write['start_sample'] / 2_000_000
    assert list(write) == [
        'bus', 'kind', 'start_s', 'end_s', 'start_sample', 'end_sample', 'outcome', 'text', 'decoder', 'class'
    ]  # fmt: skip


def test_several_stacks_add_up(run: Run, eeprom: Path) -> None:
    found = rows(
        run, eeprom, '--sigrok', 'i2c', '--sigrok', 'i2c,eeprom24xx', '--kind', 'sigrok_annotation'
    )
    assert {row['decoder'] for row in found} == {'i2c', 'eeprom24xx'}
    assert {row['kind'] for row in found} == {'sigrok_annotation'}


def test_our_own_decoders_can_be_asked_as_well(run: Run, eeprom: Path) -> None:
    found = rows(run, eeprom, '--sigrok', 'i2c,stm32_boot_i2c', '--kind', 'sigrok_annotation')
    commands = [row['text'] for row in found if row['class'] == 'command']
    assert [text.startswith('stm32_boot_i2c: Get ID') for text in commands] == [True, True]


def test_text_and_table_have_them_too(run: Run, eeprom: Path) -> None:
    arguments = ('decode', eeprom, '--sigrok', 'i2c,eeprom24xx', '--fail-on', 'never')
    assert 'eeprom24xx: Byte write (addr=10, 1 byte): AB' in run(*arguments).stdout
    table = list(csv.DictReader(StringIO(run(*arguments, '--format', 'csv').stdout)))
    (write,) = (row for row in table if row['text'].endswith('1 byte): AB'))
    assert (write['kind'], write['decoder'], write['class']) == (
        'sigrok_annotation', 'eeprom24xx', 'byte-write'
    )  # fmt: skip


def test_channels_that_the_user_names_are_taken(run: Run, unnamed: Path) -> None:
    arguments = ('decode', unnamed, '--fail-on', 'never', '--kind', 'sigrok_annotation')
    result = run(*arguments, '--sigrok', 'i2c')
    assert result.exit_code == 2
    assert result.stderr == (
        'stm32trace: --sigrok i2c: expected a bus with scl, sda, found none;'
        ' name its channels: i2c:scl=NAME:sda=NAME; the capture has D0, D1, D2, D3\n'
    )
    assert run(*arguments, '--sigrok', 'i2c:scl=D0:sda=D1').stdout.count('Address write: 51') > 2


@pytest.mark.parametrize(
    ('stack', 'told'),
    [
        ('i2x', "found none called 'i2x'; did you mean i2s or i2c?"),
        ('i2c,,', 'expected DECODER[:NAME=VALUE...]'),
        (
            'i2c:speed=9',
            "expected channels or options of i2c (scl, sda, address_format), found 'speed'",
        ),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(
    run: Run, eeprom: Path, stack: str, told: str
) -> None:
    result = run('decode', eeprom, '--sigrok', stack)
    assert (result.exit_code, result.stdout) == (2, '')
    assert told in result.stderr
    assert result.stderr.count('\n') == 1
