"""Real OpenOCD, stm32flash and stm32loader on virtual parts: how they end, what they print, what the wire shows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from prerequisites import require_tool, unavailable
from stm32trace.analysis import Analysis
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace.simulator.parts.part import Part
from stm32trace.simulator.recorder import Probe
from stm32trace.simulator.serve.stand import stand
from stm32trace_core.rules.rule import Severity

BASE = 0x0800_0000
IMAGE = bytes(range(256)) * 2
TARGETS = {'G0': 'stm32g0x', 'F1': 'stm32f1x', 'F4': 'stm32f4x', 'F7': 'stm32f7x'}
RATES = {'swd': 4e6, 'uart': 2e6, 'i2c': 4e6}


class Session(NamedTuple):
    """What came of a tool's session."""

    status: int
    printed: str
    part: Part
    analysis: Analysis

    @property
    def programmed(self) -> bytes:
        """The begin of the part's memory."""
        return bytes(self.part.flash.cells.data[: len(IMAGE)])


@pytest.fixture
def image(tmp_path: Path) -> Path:
    file = tmp_path / 'image.bin'
    file.write_bytes(IMAGE)
    return file


def session(folder: Path, bus: str, family: str, command: Sequence[str]) -> Session:
    """Run a tool on a part, record it, and analyse the recording."""
    require_tool('cc')
    printed, recording = folder / 'printed', folder / 'session.sr'
    with stand(bus, family) as served:
        with printed.open('w') as output:
            status = served.run(command, output)
        served.recorder.write_sr(recording, Probe(RATES[bus], served.nets))
        part = served.part
    print(printed.read_text())  # pytest shows it where a test fails
    return Session(status, printed.read_text(), part, analyze(open_capture(recording)))


def openocd(folder: Path, family: str, *commands: str) -> Session:
    tool = require_tool('openocd')
    pytest.importorskip('unicorn')
    setup = 'adapter driver buspirate; buspirate port {port}; transport select swd'
    script = '; '.join(['init', 'reset halt', *commands, 'shutdown'])
    return session(
        folder,
        'swd',
        family,
        [tool, '-c', setup, '-f', f'target/{TARGETS[family]}.cfg', '-c', script],
    )


def loader_tool(name: str) -> str:
    """Return the path of a tool that is a Python package of the development extras."""
    path = Path(sys.executable).with_name(name)
    if not path.is_file():
        unavailable(f'{name} is not installed; make test would')
    return str(path)


def above_note(done: Session) -> list[str]:
    return [
        found.finding.rule
        for found in done.analysis.findings
        if found.finding.severity > Severity.NOTE
    ]


@pytest.mark.parametrize('family', TARGETS)
def test_openocd_programs_and_verifies(tmp_path: Path, image: Path, family: str) -> None:
    done = openocd(
        tmp_path,
        family,
        f'flash write_image erase {image} 0x{BASE:x}',
        f'verify_image {image} 0x{BASE:x}',
    )
    assert (done.status, done.programmed) == (0, IMAGE)
    assert 'flash size = ' in done.printed or 'Bank 2048 kiB' in done.printed
    assert above_note(done) == []


def test_openocd_writes_options_of_a_g0_and_loads_them(tmp_path: Path) -> None:
    done = openocd(
        tmp_path,
        'G0',
        'stm32l4x option_write 0 0x20 0 0x01000000',
        'stm32l4x option_load 0',
        'sleep 20',
    )
    assert done.status == 0
    assert done.part.flash.read(0x20, 4, 'debug') == 0xDEFF_E1AA
    assert above_note(done) == []


def test_openocd_locks_an_f1_and_unlocking_it_erases(tmp_path: Path, image: Path) -> None:
    done = openocd(
        tmp_path, 'F1', f'flash write_image erase {image} 0x{BASE:x}', 'stm32f1x lock 0', 'reset halt',
        'stm32f1x unlock 0', 'reset halt',
    )  # fmt: skip
    assert done.status == 0
    assert (done.part.level, done.programmed) == (0, b'\xff' * len(IMAGE))


def test_stm32flash_writes_and_verifies_over_uart(tmp_path: Path, image: Path) -> None:
    tool = require_tool('stm32flash')
    done = session(tmp_path, 'uart', 'G0', [tool, '-b', '115200', '-w', str(image), '-v', '{port}'])
    assert (done.status, done.programmed) == (0, IMAGE)
    assert 'Device ID    : 0x0460' in done.printed
    assert above_note(done) == []


def test_stm32flash_without_parity_fails_as_on_a_real_part(tmp_path: Path) -> None:
    tool = require_tool('stm32flash')
    done = session(tmp_path, 'uart', 'G0', [tool, '-b', '115200', '-m', '8n1', '{port}'])
    assert done.status != 0
    assert done.analysis.verdict is not None
    assert done.analysis.verdict.rule == 'UART001'


def test_stm32flash_takes_read_protection_away(tmp_path: Path) -> None:
    tool = require_tool('stm32flash')
    done = session(tmp_path, 'uart', 'G0', [tool, '-b', '57600', '-k', '{port}'])
    assert done.status == 0
    assert 'Read-UnProtecting flash' in done.printed
    assert [one.fields['operation'] for one in done.part.truth.of('flash_operation')] == [
        'option_program'
    ]


def test_stm32loader_erases_writes_and_verifies(tmp_path: Path, image: Path) -> None:
    tool = loader_tool('stm32loader')
    done = session(
        tmp_path, 'uart', 'G0', [tool, '-p', '{port}', '-e', '-w', '-v', '-f', 'G0', str(image)]
    )
    assert (done.status, done.programmed) == (0, IMAGE)
    assert 'Verification OK' in done.printed
    assert above_note(done) == []


def test_stm32flash_writes_and_verifies_over_i2c(tmp_path: Path, image: Path) -> None:
    tool = require_tool('stm32flash')
    done = session(tmp_path, 'i2c', 'G0', [tool, '-a', '0x51', '-w', str(image), '-v', '{port}'])
    assert (done.status, done.programmed) == (0, IMAGE)
    assert 'Device ID    : 0x0460' in done.printed
    assert above_note(done) == []


def test_stm32flash_finds_nobody_at_another_address(tmp_path: Path) -> None:
    tool = require_tool('stm32flash')
    done = session(tmp_path, 'i2c', 'G0', [tool, '-a', '0x50', '{port}'])
    assert done.status != 0
    assert above_note(done) == []
