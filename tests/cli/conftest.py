"""Captures for the tests of the command line, and a way to call it inside this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from prerequisites import PROJECT
from stm32trace.capture import open_capture
from stm32trace.capture.sr_writer import write_sr
from stm32trace.cli import main
from waves.loader import READOUT_UNPROTECT_NS, Loader

Run = Callable[..., Result]

FLASH = 0x08000000


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the program with the given arguments."""
    for variable in ('COLUMNS', 'NO_COLOR', 'FORCE_COLOR', 'STM32TRACE_TRACEBACK'):
        monkeypatch.delenv(variable, raising=False)

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return call


@pytest.fixture(scope='session')
def demo_capture() -> Path:
    """The G071 case in full length."""
    return PROJECT / 'captures' / 'g071-i2c-bricked' / 'g071-i2c-bricked.sr'


@pytest.fixture(scope='session')
def brick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The G071 case in short: 3 s of BUSY, polled seldom."""
    path = tmp_path_factory.mktemp('captures') / 'brick.sr'
    wave = Loader(rate=1_000_000, nrst=1, boot0=1).idle(0.02)
    wave.get().get_id().read_memory(FLASH, bytes(16))
    wave.command(READOUT_UNPROTECT_NS).poll_busy(3.0, every=0.05)
    wave.idle(0.2).pulse('nrst', 0.1).idle(0.2).absent(20, every=0.02).idle(0.05).write_sr(path)
    return path


@pytest.fixture(scope='session')
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part that is identified and read over I2C; nothing is wrong."""
    path = tmp_path_factory.mktemp('captures') / 'healthy.sr'
    wave = Loader(rate=2_000_000, nrst=1, boot0=1).idle(0.02)
    wave.get().get_id().read_memory(FLASH, bytes(range(16))).idle(0.02).write_sr(path)
    return path


def renamed(source: Path, target: Path, *names: str) -> Path:
    """A copy of a capture whose channels have other names."""
    reader = open_capture(source)
    write_sr(target, reader.blocks(range(len(names))), names, reader.info.sample_rate)
    return target


@pytest.fixture(scope='session')
def unnamed(healthy: Path) -> Path:
    """The same as `healthy`, with names that tell nothing."""
    return renamed(healthy, healthy.with_name('unnamed.sr'), 'D0', 'D1', 'D2', 'D3')


@pytest.fixture(scope='session')
def hostile(healthy: Path) -> Path:
    """The same as `healthy`, with names that try to be more than names."""
    names = ('[red]SCL[/red]', '\x1b]0;owned\x07\x1b[31m SDA', 'NRST\u202e', '=cmd|x')
    return renamed(healthy, healthy.with_name('hostile.sr'), *names)
