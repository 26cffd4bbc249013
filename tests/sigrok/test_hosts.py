"""Both hosts run the same decoders with the same result."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prerequisites import PROJECT, require_tool, unavailable
from stm32trace.capture import open_capture
from stm32trace.capture.sr_writer import write_sr
from stm32trace.detect import assign
from stm32trace.errors import PluginError
from stm32trace.registry import Plugin
from stm32trace.settings import Settings
from stm32trace.sigrok import python_host
from stm32trace.sigrok.cli_host import CliHost
from stm32trace.sigrok.host import Annotation, Host
from stm32trace.sigrok.python_host import PythonHost
from stm32trace.sigrok.stack import parse
from stm32trace.sigrok.wiring import wire
from waves.loader import Loader

STOCK = Path('/usr/share/libsigrokdecode/decoders')  # of Debian's libsigrokdecode


def said(host: Host, text: str, file: Path) -> list[Annotation]:
    """All annotations of a stack on a capture."""
    reader = open_capture(file)
    stack = parse(text)
    descriptions = [host.describe(layer.decoder) for layer in stack.layers]
    assignment = assign(reader.info.channels, Settings())
    (wired,) = wire(stack, descriptions, reader.info.channels, assignment, lambda *_: {})
    return sorted(host.run(wired, reader))


@pytest.fixture
def cli() -> CliHost:
    require_tool('sigrok-cli')
    return CliHost(PROJECT / 'decoders')


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch) -> Iterator[PythonHost]:
    """The host in this process, with stock decoders of this machine, which are forgotten afterwards."""
    if not STOCK.is_dir():
        unavailable(f'no decoders in {STOCK}; scripts/install-debian-packages.sh brings them')
    monkeypatch.syspath_prepend(str(STOCK))
    names = ('i2c', 'eeprom24xx', 'uart', 'pwm', 'timing')
    found = [Plugin(name, importlib.import_module(f'{name}.pd').Decoder) for name in names]
    monkeypatch.setattr(python_host, 'entry_points', lambda group: found)
    yield PythonHost()
    for name in [one for one in sys.modules if one.split('.')[0] in (*names, 'common')]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ('text', 'file'),
    [
        ('i2c', 'i2c/rtc_ds1307_200khz.sr'),
        ('i2c:address_format=unshifted,eeprom24xx', 'i2c/24aa025uid_bytewrite16_6ms_delay.sr'),
        ('uart:baudrate=9600', 'uart/hello_world_8n1_9600.sr'),
        ('pwm:data=0', 'uart/hello_world_8n1_9600.sr'),
        ('timing:data=0', 'uart/hello_world_8n1_9600.sr'),
    ],
)
def test_both_hosts_say_the_same(
    cli: CliHost, python: PythonHost, shared_captures: Path, text: str, file: str
) -> None:
    found = said(cli, text, shared_captures / file)
    assert len(found) > 100
    assert said(python, text, shared_captures / file) == found


def test_an_annotation_has_its_samples_class_and_longest_text(
    cli: CliHost, shared_captures: Path
) -> None:
    found = said(cli, 'i2c,eeprom24xx', shared_captures / 'i2c/24aa025uid_bytewrite16_6ms_delay.sr')
    assert found[:3] == [
        Annotation(
            2833665, 2833950, 'eeprom24xx', 'byte-write', 'Byte write (addr=00, 1 byte): 00'
        ),
        Annotation(2833676, 2833716, 'eeprom24xx', 'control-code', 'Control code bits: 1010'),
        Annotation(2833676, 2833756, 'eeprom24xx', 'control-word', 'Control word'),
    ]


def test_our_own_decoders_are_among_those_of_sigrok_cli(cli: CliHost, tmp_path: Path) -> None:
    file = tmp_path / 'x.sr'
    Loader(rate=2_000_000).idle(0.001).get().get_id().idle(0.001).write_sr(file)
    commands = [one.text for one in said(cli, 'i2c,stm32_boot_i2c', file) if one.kind == 'command']
    assert [text.split(' -> ')[0] for text in commands] == ['Get', 'Get ID']


def test_names_of_channels_may_hold_what_sigrok_cli_splits_at(cli: CliHost, tmp_path: Path) -> None:
    plain, odd = tmp_path / 'plain.sr', tmp_path / 'odd.sr'
    Loader(rate=2_000_000).idle(0.001).get_id().idle(0.001).write_sr(plain)
    reader = open_capture(plain)
    write_sr(odd, reader.blocks([0, 1]), ['SCL:=,1', 'SCL:=,1'], reader.info.sample_rate)
    assert said(cli, 'i2c:scl=0:sda=1', odd) == said(cli, 'i2c', plain) != []


def test_a_decoder_that_fails_is_one_clear_error(
    cli: CliHost, python: PythonHost, shared_captures: Path
) -> None:
    no_rate = shared_captures / 'i2c' / 'rtc_ds1307_200khz_no_samplerate.sr'
    hosts: list[Any] = [cli, python]
    for host in hosts:
        with pytest.raises(PluginError, match='[Ss]ample ?rate'):
            said(host, 'uart:rx=0', no_rate)


def test_without_sigrok_cli_there_are_no_decoders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', '/nowhere')
    assert CliHost().decoders() == frozenset()
