"""Whatever goes wrong is one line on standard error and an exit status, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest

from cli.conftest import Run
from prerequisites import PROJECT, require_tool
from stm32trace.capture import open_capture
from stm32trace.cli import run as run_module
from stm32trace.cli.output import Output
from stm32trace.errors import CaptureError

# Arguments after `analyze`, CAPTURE standing for a good file and FOLDER for an empty folder; the exit status; what
# the line says.
TABLE = [
    (['FOLDER/none.sr'], 3, 'found no such file'),
    (['FOLDER'], 3, 'found a folder'),
    (['FOLDER/empty'], 3, 'found an empty one'),
    (['FOLDER/text'], 3, 'expected a capture in one of the formats sr'),
    (['FOLDER/text', '--input-format', 'sr'], 3, 'FOLDER/text: expected'),
    (['CAPTURE', '--input-format', 'sry'], 2, '--input-format: expected one of sr'),
    (['CAPTURE', '--channel', 'scl=CLOCK'], 2, 'it has SCL, SDA, NRST, BOOT0'),
    (['CAPTURE', '--channel', 'scl=9'], 2, 'found none of that name or index'),
    (['CAPTURE', '--channel', 'scl=0', '--channel', 'sda=SCL'], 2, 'already used for scl'),
    (['CAPTURE', '--channel', 'scl=0', '--channel', 'scl=1'], 2, 'expected each role once'),
    (['CAPTURE', '--channel', 'clock=0'], 2, 'expected a role, one of swclk'),
    (['CAPTURE', '--channel', 'scl'], 2, 'expected ROLE=NAME such as scl=D0'),
    (['CAPTURE', '--channel', 'swdio=BOOT0'], 2, 'add --channel swclk=NAME'),
    (['CAPTURE', '--protocol', 'i3c'], 2, '--protocol: expected one of i2c'),
    (['CAPTURE', '--samplerate', 'fast'], 2, '--samplerate: expected a rate above 0 such as 24M'),
    (['CAPTURE', '--samplerate', '0'], 2, '--samplerate: expected a rate above 0'),
    (['CAPTURE', '--samplerate', '-5'], 2, '--samplerate: expected a rate above 0'),
    (['CAPTURE', '--samplerate', 'nan'], 2, '--samplerate: expected a rate above 0'),
    (['CAPTURE', '--address', '0xA2'], 2, 'it is 0x51'),
    (['CAPTURE', '--address', 'x'], 2, '--address: expected 7 bits such as 0x51'),
    (['CAPTURE', '--family', 'Z9'], 2, '--family: expected one of '),
    (['CAPTURE', '--baud', '0'], 2, '--baud'),
    (['CAPTURE', '--parity', 'odder'], 2, '--parity'),
    (['CAPTURE', '--select', 'BLP103'], 2, 'did you mean BLP013'),
    (['CAPTURE', '--ignore', 'XYZ'], 2, 'see `stm32trace rules`'),
    (['CAPTURE', '--select', ''], 2, '--select: expected the id of a rule'),
    (['CAPTURE', '--fail-on', 'note'], 2, '--fail-on'),
    (['CAPTURE', '--severity-min', 'worst'], 2, '--severity-min'),
    (['CAPTURE', '--format', 'jsn'], 2, 'did you mean json?'),
    (['CAPTURE', '--frobnicate'], 2, 'see `stm32trace analyze --help`'),
    ([], 2, 'see `stm32trace analyze --help`'),
    (['CAPTURE', '-o', 'FOLDER/none/out'], 4, 'found none called FOLDER/none'),
    (['CAPTURE', '-o', 'FOLDER'], 4, 'found a folder'),
    (['CAPTURE', '-o', 'CAPTURE'], 4, 'found the capture itself'),
]


@pytest.mark.parametrize(('arguments', 'status', 'says'), TABLE)
def test_bad_input_is_one_line(
    run: Run, healthy: Path, tmp_path: Path, arguments: list[str], status: int, says: str
) -> None:
    (tmp_path / 'empty').touch()
    (tmp_path / 'text').write_text('hello\n')
    before = healthy.read_bytes()

    def filled(text: str) -> str:
        return text.replace('FOLDER', str(tmp_path)).replace('CAPTURE', str(healthy))

    result = run('analyze', *map(filled, arguments))
    assert (result.exit_code, result.stdout) == (status, '')
    assert result.stderr.startswith('stm32trace: ')
    assert result.stderr.count('\n') == 1
    assert filled(says) in result.stderr
    assert healthy.read_bytes() == before


@pytest.mark.parametrize('command', ['analyze', 'decode'])
@pytest.mark.skipif(sys.platform == 'win32', reason='Windows reads what chmod forbids')
def test_a_file_without_permission_is_one_line(tmp_path: Path, command: str) -> None:
    file = tmp_path / 'secret.sr'
    file.touch(mode=0o000)
    program = [sys.executable, '-m', 'stm32trace', command, str(file)]
    if os.geteuid() == 0:  # root reads everything, unless it gives that up
        given_up = '-dac_override,-dac_read_search'
        program = [require_tool('setpriv'), '--bounding-set', given_up, *program]
    path = os.pathsep.join(str(PROJECT / part) for part in ('analyzer', 'decoders'))
    environment = {**os.environ, 'PYTHONPATH': path}
    result = subprocess.run(program, capture_output=True, text=True, env=environment, check=False)
    assert (result.returncode, result.stderr.count('\n')) == (3, 1), result.stderr
    assert 'no permission' in result.stderr


@pytest.mark.skipif(sys.platform == 'win32', reason='needs a POSIX shell')
@pytest.mark.parametrize('arguments', ['analyze CAPTURE', 'decode CAPTURE', 'rules', 'formats'])
def test_a_closed_output_is_one_line(healthy: Path, arguments: str) -> None:
    path = os.pathsep.join(str(PROJECT / part) for part in ('analyzer', 'decoders'))
    command = f'{sys.executable} -m stm32trace {arguments.replace("CAPTURE", str(healthy))} >&-'
    result = subprocess.run(
        ['sh', '-c', command],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, 'PYTHONPATH': path},
        check=False,
    )
    assert (result.returncode, result.stderr.count('\n')) == (4, 1), result.stderr


def test_control_characters_in_a_path_are_not_obeyed(run: Run) -> None:
    result = run('analyze', 'a\x1b[31mb\nc.sr')
    assert r'a\x1b[31mb' in result.stderr
    assert '\x1b' not in result.stderr
    assert result.stderr.count('\n') == 1


def test_an_unknown_command_is_answered_with_the_nearest(run: Run) -> None:
    result = run('analyse')
    assert result.exit_code == 2
    assert result.stderr == (
        "stm32trace: expected a command, found 'analyse'; did you mean analyze?; see `stm32trace --help`\n"
    )


def test_without_arguments_the_help_goes_to_standard_error(run: Run) -> None:
    result = run()
    assert (result.exit_code, result.stdout) == (2, '')
    assert 'analyze' in result.stderr


def test_a_defect_is_one_line_and_the_other_files_are_still_analysed(
    run: Run, healthy: Path, brick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: Path, **options: object) -> object:
        if path == healthy:
            raise ZeroDivisionError('nobody expects it')
        return open_capture(path)

    monkeypatch.setattr(run_module, 'open_capture', broken)
    result = run('analyze', healthy, brick, '--quiet')
    assert result.exit_code == 3
    assert result.stdout.count('CRITICAL') == 1
    assert result.stderr.count('\n') == 1
    assert 'a defect of this program (ZeroDivisionError: nobody expects it)' in result.stderr


def test_an_interruption_is_quiet_and_has_its_own_status(
    run: Run, healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, **options: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, 'open_capture', interrupted)
    result = run('analyze', healthy)
    assert (result.exit_code, result.stdout, result.stderr.strip()) == (130, '', '')


def test_a_file_is_not_half_written_when_the_work_fails(
    run: Run, healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object, **options: object) -> object:
        raise CaptureError('no')

    monkeypatch.setattr(run_module, 'analyze', fails)
    assert run('decode', healthy, '-o', tmp_path / 'rows.csv').exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_at_the_very_moment_of_opening_leaves_no_file(
    run: Run, healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Output._open

    def interrupted(self: Output, path: Path) -> TextIO:
        opened(self, path).close()
        raise KeyboardInterrupt

    monkeypatch.setattr(Output, '_open', interrupted)
    assert run('analyze', healthy, '-o', tmp_path / 'out.txt').exit_code == 130
    assert list(tmp_path.iterdir()) == []
