"""The program as a process of its own: statuses, pipes, encodings, colours."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from prerequisites import PROJECT

PROGRAM = [sys.executable, '-m', 'stm32trace']
POSIX = pytest.mark.skipif(sys.platform == 'win32', reason='needs POSIX')


def environment(**variables: str) -> dict[str, str]:
    """The environment in which the checkout is found, and nothing else decides about the output."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ('PATH', 'SYSTEMROOT', 'TEMP', 'HOME')
    }
    path = os.pathsep.join(str(PROJECT / part) for part in ('analyzer', 'decoders'))
    return {**kept, 'PYTHONPATH': path, 'PYTHONIOENCODING': 'utf-8', **variables}


def call(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, env=environment(**variables), timeout=60, check=False
    )


@pytest.mark.parametrize(
    ('arguments', 'status'),
    [
        (['analyze', 'HEALTHY'], 0),
        (['analyze', 'BRICK'], 1),
        (['analyze', 'BRICK', '--fail-on', 'never'], 0),
        (['analyze', 'HEALTHY', 'BRICK'], 1),
        (['analyze', 'BRICK', '--channel', 'scl=none'], 2),
        (['analyze', 'none.sr', 'BRICK'], 3),
        (['analyze', 'BRICK', '-o', 'none/out.txt'], 4),
        (['decode', 'HEALTHY'], 0),
        (['rules', 'NONE'], 2),
        (['--version'], 0),
    ],
)
def test_exit_status(brick: Path, healthy: Path, arguments: list[str], status: int) -> None:
    names = {'BRICK': str(brick), 'HEALTHY': str(healthy)}
    result = call(*(names.get(word, word) for word in arguments))
    assert result.returncode == status
    assert b'Traceback' not in result.stderr


@pytest.mark.parametrize('encoding', ['ascii', 'cp1252', 'utf-8', 'cp437'])
@pytest.mark.parametrize('command', ['analyze', 'decode'])
def test_any_encoding_of_the_terminal_will_do(hostile: Path, command: str, encoding: str) -> None:
    result = call(command, hostile, PYTHONIOENCODING=encoding)
    assert (result.returncode, result.stderr) == (0, b'')
    assert result.stdout.decode(encoding)


def test_json_is_the_same_in_any_encoding(hostile: Path) -> None:
    texts = {
        call('analyze', hostile, '--format', 'json', PYTHONIOENCODING=name).stdout
        for name in ('ascii', 'utf-8')
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ('variables', 'options', 'colored'),
    [
        ({}, [], False),
        ({'FORCE_COLOR': '1', 'TERM': 'xterm'}, [], True),
        ({'FORCE_COLOR': '1', 'TERM': 'xterm', 'NO_COLOR': '1'}, [], False),
        ({'FORCE_COLOR': '1', 'TERM': 'xterm'}, ['--no-color'], False),
        ({'FORCE_COLOR': '1', 'TERM': 'dumb'}, [], False),
    ],
)
def test_escape_codes_are_there_only_where_colours_are_wanted(
    brick: Path, variables: dict[str, str], options: list[str], colored: bool
) -> None:
    result = call('analyze', brick, *options, **variables)
    assert (b'\x1b' in result.stdout) is colored
    assert b'\x1b' not in result.stderr


@POSIX
@pytest.mark.parametrize('command', ['analyze', 'decode', 'rules', 'formats'])
def test_a_reader_that_has_had_enough_is_no_error(brick: Path, command: str) -> None:
    file = [str(brick), '--fail-on', 'never'] if command in ('analyze', 'decode') else []
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [*PROGRAM, command, *file],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (0, b'')


@POSIX
@pytest.mark.skipif(not Path('/dev/full').exists(), reason='needs /dev/full')
def test_a_full_disk_behind_standard_output_is_one_line(brick: Path) -> None:
    with open('/dev/full', 'wb') as full:
        result = subprocess.run(
            [*PROGRAM, 'analyze', str(brick)],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=60,
            check=False,
        )
    assert (result.returncode, result.stderr.count(b'\n')) == (4, 1)
    assert b'standard output' in result.stderr


@POSIX
@pytest.mark.skipif(not Path('/dev/full').exists(), reason='needs /dev/full')
def test_a_full_disk_behind_an_output_file_is_one_line(brick: Path) -> None:
    result = call('analyze', brick, '-o', '/dev/full')
    assert (result.returncode, result.stderr.count(b'\n')) == (4, 1)
    assert b'/dev/full: expected a file that can be written' in result.stderr


@POSIX
def test_a_device_as_output_file_is_written_to_not_replaced(brick: Path) -> None:
    result = call('analyze', brick, '-o', '/dev/null')
    assert (result.returncode, result.stderr) == (1, b'')
    assert not Path('/dev/null').is_file()


@POSIX
def test_an_interruption_leaves_no_file_and_no_traceback(
    demo_capture: Path, tmp_path: Path
) -> None:
    command = [*PROGRAM, 'analyze', *[str(demo_capture)] * 20, '-o', str(tmp_path / 'out.txt')]
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a background job ignores it
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, env=environment(), preexec_fn=heeding
    )
    while process.poll() is None and not list(tmp_path.iterdir()):
        pass
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b'Traceback' not in error
    assert list(tmp_path.iterdir()) == []


def test_a_link_as_output_file_stays_a_link(brick: Path, tmp_path: Path) -> None:
    target, link = tmp_path / 'real.txt', tmp_path / 'link.txt'
    target.write_text('old')
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip('this system lets nobody make links')
    assert call('analyze', brick, '-o', link).returncode == 1
    assert link.is_symlink()
    assert target.read_text(encoding='utf-8').startswith('CRITICAL')


def test_the_demo_of_an_installed_package_is_the_one_inside_it(brick: Path, tmp_path: Path) -> None:
    site = tmp_path / 'lib' / 'python' / 'site-packages'
    for part in ('analyzer/stm32trace', 'decoders/stm32trace_core'):
        shutil.copytree(
            PROJECT / part, site / Path(part).name, ignore=shutil.ignore_patterns('__pycache__')
        )
    missing = call('demo', PYTHONPATH=str(site))
    assert (missing.returncode, missing.stderr.count(b'\n')) == (3, 1)
    packed = site / 'stm32trace' / '_demo' / 'g071-i2c-bricked.sr'
    packed.parent.mkdir()
    shutil.copy(brick, packed)
    result = call('demo', '--format', 'json', PYTHONPATH=str(site))
    assert json.loads(result.stdout)['capture']['file'] == str(packed)
