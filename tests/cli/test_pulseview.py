"""`stm32trace pulseview`: what it writes where, what it prints, and what it leaves alone."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from cli.conftest import Run, renamed
from prerequisites import require_tool
from stm32trace import __version__
from stm32trace.pulseview.install import LIST
from stm32trace.pulseview.shipment import shipment

POSIX = pytest.mark.skipif(sys.platform == 'win32', reason='needs POSIX')
FAKE = """#!{python}
import json, os, sys
with open({log!r}, 'w') as log:
    json.dump([sys.argv[1:], os.environ.get('SIGROKDECODE_DIR')], log)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user whose folders are all empty."""
    folder = tmp_path / 'home'
    folder.mkdir()
    for name in ('SIGROKDECODE_DIR', 'LOCALAPPDATA'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('HOME', str(folder))
    monkeypatch.setenv('XDG_DATA_HOME', str(folder / 'data'))
    return folder


@pytest.fixture
def usual(home: Path) -> Path:
    """The folder of decoders of that user."""
    return home / 'data' / 'libsigrokdecode' / 'decoders'


@pytest.fixture
def viewer(tmp_path: Path) -> Path:
    """A program that takes PulseView's place and notes how it was called."""
    program = tmp_path / 'viewer'
    program.write_text(FAKE.format(python=sys.executable, log=str(tmp_path / 'called')))
    program.chmod(0o755)
    return program


def called(viewer: Path) -> tuple[list[str], str | None]:
    """The arguments of the last call, and the folder of decoders that was named."""
    arguments, decoders = json.loads(viewer.with_name('called').read_text())
    return arguments, decoders


def test_installation_tells_every_file_and_says_for_whom(run: Run, usual: Path) -> None:
    result = run('pulseview', 'install')
    assert result.exit_code == 0
    *files, last = result.stdout.splitlines()
    assert files == [f'wrote: {usual / path}' for path in shipment().files]
    assert all((usual / path).is_file() for path in shipment().files)
    assert last == (
        f'{usual}: stm32trace {__version__} is installed, {", ".join(shipment().decoders)};'
        ' for PulseView and sigrok-cli, from their next start on'
    )
    assert not list(usual.rglob('__pycache__'))


def test_installation_into_a_folder_that_is_named_leaves_the_usual_one_alone(
    run: Run, usual: Path, tmp_path: Path
) -> None:
    result = run('pulseview', 'install', '--dir', tmp_path / 'mine')
    assert result.exit_code == 0
    assert (tmp_path / 'mine' / LIST).is_file()
    assert not usual.exists()


def test_a_foreign_folder_is_one_clear_line_and_exit_4(run: Run, usual: Path) -> None:
    (usual / 'stm32_swd').mkdir(parents=True)
    result = run('pulseview', 'install')
    assert result.exit_code == 4
    assert result.stdout == ''
    assert result.stderr == (
        f'stm32trace: {usual / "stm32_swd"}: expected no stm32_swd here, or the one installed before, found one that'
        ' was not installed by this program; move it away first\n'
    )


def test_what_was_installed_is_removed_and_told(run: Run, usual: Path) -> None:
    run('pulseview', 'install')
    result = run('pulseview', 'uninstall')
    assert result.exit_code == 0
    assert sorted(result.stdout.splitlines()[:-1]) == sorted(
        f'removed: {usual / path}' for path in [*shipment().files, LIST]
    )
    assert result.stdout.splitlines()[-1] == f'{usual}: removed'
    assert list(usual.iterdir()) == []
    assert run('pulseview', 'uninstall').stdout == f'{usual}: nothing of stm32trace is installed\n'


def status(run: Run, viewer: Path) -> str:
    result = run('pulseview', 'status', '--program', viewer)
    assert result.exit_code == 0
    return result.stdout.splitlines()[0].partition('): ')[2]


@POSIX
def test_status_tells_the_version_and_what_became_of_it(
    run: Run, usual: Path, viewer: Path
) -> None:
    assert status(run, viewer) == 'not installed; `stm32trace pulseview install` does'
    run('pulseview', 'install')
    here = f'stm32trace {__version__} is installed'
    assert status(run, viewer) == f'{here}, up to date'
    (usual / 'stm32_swd' / 'pd.py').write_text('mine')
    assert status(run, viewer) == f'{here}, modified: 1 file changed by hand, first stm32_swd/pd.py'
    (usual / 'stm32_adi' / 'pd.py').unlink()
    assert 'incomplete: 1 file missing' in status(run, viewer)


@POSIX
@pytest.mark.parametrize(
    ('version', 'told'), [('0.0.9', 'older than this program'), ('99.1', 'newer than this program')]
)
def test_status_compares_versions(
    run: Run, usual: Path, viewer: Path, version: str, told: str
) -> None:
    run('pulseview', 'install')
    text = (usual / LIST).read_text()
    (usual / LIST).write_text(
        text.replace(f'"version": "{__version__}"', f'"version": "{version}"')
    )
    assert f'stm32trace {version} is installed; {told}' in status(run, viewer)


def test_status_finds_out_which_pulseview_there_is(run: Run) -> None:
    program = require_tool('pulseview')
    last = run('pulseview', 'status').stdout.splitlines()[-1]
    assert last.startswith(f'{program}: PulseView 0.')
    assert ', libsigrokdecode 0.' in last
    assert ', Python 3.' in last


def test_status_says_where_there_is_no_pulseview(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', os.devnull)
    result = run('pulseview', 'status')
    assert result.exit_code == 0
    assert 'expected the program PulseView, found none on the PATH; install it' in result.stdout


def test_a_session_is_written_beside_the_capture_and_nothing_started(
    run: Run, brick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PATH', os.devnull)
    capture = renamed(brick, tmp_path / 'x.y.sr', 'SCL', 'SDA', 'NRST', 'BOOT0')
    result = run('pulseview', 'open', capture, '--write-only')
    assert (result.exit_code, result.stderr) == (0, '')
    assert result.stdout == f'{tmp_path / "x.y.pvs"}: written\n'
    assert 'stm32_boot_i2c' in (tmp_path / 'x.y.pvs').read_text()


def test_our_own_session_is_overwritten_that_of_somebody_else_only_with_force(
    run: Run, brick: Path, tmp_path: Path
) -> None:
    capture = renamed(brick, tmp_path / 'x.sr', 'SCL', 'SDA', 'NRST', 'BOOT0')
    session = tmp_path / 'x.pvs'
    arguments = ('pulseview', 'open', capture, '--write-only')
    assert run(*arguments).exit_code == 0
    first = session.read_text()
    assert run(*arguments).exit_code == 0
    assert session.read_text() == first
    session.write_text('[General]\ndecode_signals=0\n')
    result = run(*arguments)
    assert result.exit_code == 4
    assert result.stderr == (
        f'stm32trace: {session}: expected no session file here, or one written by this program, found one saved by'
        ' PulseView or changed by hand; move it away, or overwrite it with --force\n'
    )
    assert session.read_text() == '[General]\ndecode_signals=0\n'
    assert run(*arguments, '--force').exit_code == 0
    assert session.read_text() == first


@POSIX
def test_pulseview_is_started_on_the_capture_with_our_decoders(
    run: Run, brick: Path, tmp_path: Path, viewer: Path
) -> None:
    capture = renamed(brick, tmp_path / 'x.sr', 'SCL', 'SDA', 'NRST', 'BOOT0')
    assert run('pulseview', 'open', capture, '--program', viewer).exit_code == 0
    arguments, decoders = called(viewer)
    assert arguments == ['-c', '-i', str(capture)]
    assert decoders is not None
    assert Path(decoders, 'stm32trace_core').is_dir()
    run('pulseview', 'install')
    assert run('pulseview', 'open', capture, '--program', viewer).exit_code == 0
    assert called(viewer)[1] is None  # the installed ones are as good


@POSIX
def test_a_pulseview_that_fails_is_one_clear_line(run: Run, brick: Path, tmp_path: Path) -> None:
    capture = renamed(brick, tmp_path / 'x.sr', 'SCL', 'SDA', 'NRST', 'BOOT0')
    program = tmp_path / 'viewer'
    program.write_text('#!/bin/sh\necho qt.qpa.xcb: could not connect to display >&2\nexit 134\n')
    program.chmod(0o755)
    result = run('pulseview', 'open', capture, '--program', program)
    assert result.exit_code == 2
    assert result.stderr == (
        f'stm32trace: {program}: expected PulseView to start and to end without an error, found: qt.qpa.xcb: could not'
        ' connect to display\n'
    )


def test_a_missing_pulseview_is_one_clear_line_before_any_work(
    run: Run, brick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PATH', os.devnull)
    capture = renamed(brick, tmp_path / 'x.sr', 'SCL', 'SDA', 'NRST', 'BOOT0')
    result = run('pulseview', 'open', capture)
    assert result.exit_code == 2
    assert result.stdout == ''
    assert result.stderr.startswith(
        'stm32trace: pulseview: expected the program PulseView, found none on the PATH; install it'
    )
    assert not (tmp_path / 'x.pvs').exists()


def test_channels_that_the_user_names_are_used(run: Run, unnamed: Path) -> None:
    arguments = ('--channel', 'scl=D0', '--channel', 'sda=D1')
    assert run('pulseview', 'open', unnamed, '--write-only', *arguments).exit_code == 0
    text = unnamed.with_suffix('.pvs').read_text()
    assert '[D0]\nname="SCL (D0)"\n' in text
    assert r'channel0\assigned_signal_name="SCL (D0)"' in text


def test_hostile_names_stay_names(run: Run, hostile: Path) -> None:
    arguments = ('--channel', 'scl=0', '--channel', 'sda=1')
    assert run('pulseview', 'open', hostile, '--write-only', *arguments).exit_code == 0
    text = hostile.with_suffix('.pvs').read_text()
    assert '\x1b' not in text
    assert text.isascii()
