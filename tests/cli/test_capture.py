"""`stm32trace capture`: with sigrok-cli's own demo device, and with a stand-in that plays a story."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import Run
from cli.test_process import PROGRAM, environment
from prerequisites import require_tool
from stm32trace.capture import open_capture
from stm32trace.capture.changes import to_samples

POSIX = pytest.mark.skipif(sys.platform == 'win32', reason='needs POSIX')
DEMO = ('--driver', 'demo', '--config', 'samplerate=100k', '--channels', 'D0=SCL,D1=SDA')

# A sigrok-cli that knows one device: what it records is a file, then silence until a key is pressed.
STAND_IN = """#!{python}
import shutil, sys, time
arguments = sys.argv[1:]
with open({log!r}, 'a') as log:
    log.write(' '.join(arguments) + '\\n')
if '--scan' in arguments:
    print('The following devices were found:')
    print('story - A story with 4 channels: SCL SDA NRST BOOT0')
elif '--output-file' in arguments:
    shutil.copy({trial!r}, arguments[arguments.index('--output-file') + 1])
else:
    with open({raw!r}, 'rb') as raw:
        while data := raw.read({piece}):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            time.sleep({pause})
    if {failure!r}:
        sys.exit({failure!r})
    if '--continuous' in arguments:
        sys.stdin.buffer.read(1)
"""


@pytest.fixture
def story(brick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for sigrok-cli that plays the bricked G071; its log."""
    return stand_in(brick, tmp_path, monkeypatch)


def stand_in(
    capture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: str = '',
    piece: int = 1 << 20,
) -> Path:
    raw = tmp_path / 'raw'
    reader = open_capture(capture)
    with raw.open('wb') as file:
        state = None
        for block in reader.blocks(range(4)):
            samples = to_samples(block, state)
            state = int(samples[-1])
            file.write(samples.astype('u1').tobytes())
    folder = tmp_path / 'bin'
    folder.mkdir()
    program = folder / 'sigrok-cli'
    text = STAND_IN.format(
        python=sys.executable, log=str(tmp_path / 'log'), trial=str(capture), raw=str(raw), failure=failure,
        piece=piece, pause=0.01,
    )  # fmt: skip
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv('PATH', f'{folder}{os.pathsep}{os.environ["PATH"]}')
    return tmp_path / 'log'


def levels(capture: Path) -> list[tuple[int, int]]:
    """All changes of a capture of four channels."""
    return [
        change
        for block in open_capture(capture).blocks(range(4))
        for change in zip(block.index.tolist(), block.state.tolist(), strict=True)
    ]


def remains(folder: Path) -> list[str]:
    """Hidden files: what a recording leaves behind."""
    return [path.name for path in folder.iterdir() if path.name.startswith('.')]


def test_devices_are_listed(run: Run) -> None:
    require_tool('sigrok-cli')
    result = run('capture', '--driver', 'demo', '--scan')
    assert result.exit_code == 0
    assert result.stdout.startswith('demo - Demo device with 13 channels: D0 ')
    assert result.stdout.count('\n') == 1


@POSIX
def test_without_a_driver_all_devices_are_listed(run: Run, story: Path) -> None:
    assert run('capture').stdout == 'story - A story with 4 channels: SCL SDA NRST BOOT0\n'
    assert story.read_text() == '--scan\n'


def test_the_demo_device_is_recorded_and_analysed(run: Run, tmp_path: Path) -> None:
    require_tool('sigrok-cli')
    target = tmp_path / 'x.sr'
    result = run(
        'capture',
        *DEMO,
        '--samples',
        '50000',
        '-o',
        target,
        '--format',
        'json',
        '--fail-on',
        'never',
    )
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        f'stm32trace: recording SCL, SDA to {target}',
        f'stm32trace: {target}: 50 000 samples recorded',
    ]
    report = json.loads(result.stdout)
    assert report['capture']['samples'] == 50000
    assert report['capture']['samplerate_hz'] == 100_000
    assert [one['name'] for one in report['capture']['channels']] == ['SCL', 'SDA']
    assert report == json.loads(run('analyze', target, '--format', 'json').stdout)
    assert remains(tmp_path) == []


def test_channels_of_the_demo_device_keep_their_bits(run: Run, tmp_path: Path) -> None:
    """D5 alone: its bit of the samples is the sixth."""
    program = require_tool('sigrok-cli')
    common = ['--config', 'samplerate=100k', '--samples', '20000']
    run('capture', '--driver', 'demo', *common, '--channels', 'D5', '-o', tmp_path / 'x.sr')
    subprocess.run(
        [program, '--driver', 'demo', *common, '--channels', 'D5', '-o', str(tmp_path / 'y.sr')],
        check=True,
    )
    ours, theirs = open_capture(tmp_path / 'x.sr'), open_capture(tmp_path / 'y.sr')
    (index,) = (one.index for one in theirs.info.channels if one.name == 'D5')
    assert [one.name for one in ours.info.channels] == ['D5']
    expected = [(block.index.tolist(), block.state.tolist()) for block in theirs.blocks([index])]
    assert [(block.index.tolist(), block.state.tolist()) for block in ours.blocks([0])] == expected


@POSIX
def test_what_is_recorded_is_what_the_device_sent(
    run: Run, story: Path, brick: Path, tmp_path: Path
) -> None:
    target = tmp_path / 'x.sr'
    result = run(
        'capture', '--driver', 'story', '--config', 'samplerate=1m', '--config', 'a=b', '--triggers', 'SCL=f',
        '--samples', '1g', '-o', target,
    )  # fmt: skip
    assert result.exit_code == 1
    assert levels(target) == levels(brick)
    assert result.stdout == run('analyze', target).stdout
    assert 'CRITICAL' in result.stdout
    common = '--driver story --config samplerate=1m:a=b'
    assert story.read_text().splitlines()[1] == (
        f'{common} --channels SCL,SDA,NRST,BOOT0 --samples 1g --output-format binary --triggers SCL=f --wait-trigger'
    )


@POSIX
def test_watched_findings_are_told_as_they_come_and_the_report_follows(
    run: Run, story: Path, tmp_path: Path
) -> None:
    target = tmp_path / 'x.sr'
    result = run('capture', '--driver', 'story', '--samples', '1g', '--watch', '-o', target)
    assert result.exit_code == 1
    told = [line.removeprefix('stm32trace: ') for line in result.stderr.splitlines()]
    assert told[0].startswith('recording SCL, SDA, NRST, BOOT0 to ')
    assert told[-1].endswith(' samples recorded')
    rules = [line.split(':')[0].split()[-1] for line in told[1:-1]]
    assert rules.index('BLP013') < rules.index('DIA001')
    assert len(rules) == len(set(rules))
    assert result.stdout == run('analyze', target).stdout


@POSIX
def test_recording_stops_at_the_first_critical_finding(
    brick: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(brick, tmp_path, monkeypatch, piece=20_000)
    target = tmp_path / 'x.sr'
    result = run(
        'capture', '--driver', 'story', '--samples', '1g', '--stop-on', 'critical', '-o', target
    )
    assert result.exit_code == 1
    told = result.stderr.splitlines()
    assert 'stm32trace: recording is stopped by --stop-on critical' in told
    (critical,) = (
        number for number, line in enumerate(told) if ' CRITICAL ' in line and 'DIA' not in line
    )
    assert told[critical + 1].endswith('is stopped by --stop-on critical')
    recorded, sent = open_capture(target).info.length, open_capture(brick).info.length
    assert recorded is not None
    assert sent is not None
    assert 2_000_000 < recorded < sent
    assert levels(target) == [one for one in levels(brick) if one[0] < recorded]


@POSIX
def test_ctrl_c_ends_the_recording_and_what_is_there_is_analysed(
    story: Path, brick: Path, tmp_path: Path
) -> None:
    target = tmp_path / 'x.sr'
    command = [*PROGRAM, 'capture', '--driver', 'story', '-o', str(target)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(PATH=os.environ['PATH']),
        text=True,
    ) as process:
        spool = tmp_path / '.x.sr.recording'
        wait_for(
            lambda: spool.exists() and spool.stat().st_size == (tmp_path / 'raw').stat().st_size
        )
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert 'Ctrl-C ends the recording' in errors
    assert out.startswith('CRITICAL')
    assert levels(target) == levels(brick)
    assert remains(tmp_path) == []


@POSIX
def test_a_device_that_fails_on_the_way_is_told_and_what_is_there_is_analysed(
    brick: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(brick, tmp_path, monkeypatch, failure='sr: fx2lafw: Device unplugged.')
    result = run('capture', '--driver', 'story', '-o', tmp_path / 'x.sr')
    assert result.exit_code == 1
    assert (
        'stm32trace: the recording ended early: sr: fx2lafw: Device unplugged.; what there is of it is analysed'
        in result.stderr.splitlines()
    )
    assert levels(tmp_path / 'x.sr') == levels(brick)


@POSIX
def test_a_device_that_sends_nothing_is_an_error(
    brick: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(brick, tmp_path, monkeypatch, failure='Failed to open device.')
    (tmp_path / 'raw').write_bytes(b'')
    result = run('capture', '--driver', 'story', '-o', tmp_path / 'x.sr')
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == (
        'stm32trace: expected samples from the device, found none: Failed to open device.;'
        ' see `stm32trace capture --scan`'
    )
    assert not (tmp_path / 'x.sr').exists()
    assert remains(tmp_path) == []


def test_a_missing_sigrok_cli_is_one_clear_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PATH', os.devnull)
    for arguments in (['--scan'], ['--driver', 'demo', '-o', tmp_path / 'x.sr']):
        result = run('capture', *arguments)
        assert (result.exit_code, result.stdout) == (2, '')
        assert result.stderr == (
            'stm32trace: sigrok-cli: expected the program on the PATH, found none; install it from'
            ' https://sigrok.org/wiki/Downloads (Debian: apt install sigrok-cli)\n'
        )


@pytest.mark.parametrize(
    ('arguments', 'told'),
    [
        (['--driver', 'unheard_of'], 'Driver unheard_of not found.'),
        (
            ['--driver', 'demo', '--config', 'samplerate=xx'],
            "Invalid value: 'xx' for option 'samplerate'",
        ),
        (['--driver', 'fx2lafw'], 'No devices found.'),
    ],
)
def test_what_sigrok_cli_refuses_is_told_in_its_words(
    run: Run, tmp_path: Path, arguments: list[str], told: str
) -> None:
    require_tool('sigrok-cli')
    result = run('capture', *arguments, '-o', tmp_path / 'x.sr')
    assert result.exit_code == 2
    assert result.stderr.count('\n') == 1
    assert told in result.stderr


@pytest.mark.parametrize('name', [None, '-', 'x.csv', 'x'])
def test_a_recording_needs_a_file_of_the_right_kind(run: Run, name: str | None) -> None:
    result = run('capture', '--driver', 'demo', *(() if name is None else ('-o', name)))
    assert result.exit_code == 2
    assert 'expected a file to record to such as capture.sr' in result.stderr


def test_a_recording_is_overwritten_only_with_force(run: Run, tmp_path: Path) -> None:
    require_tool('sigrok-cli')
    target = tmp_path / 'x.sr'
    target.write_bytes(b'mine')
    arguments = ('capture', *DEMO, '--samples', '1000', '-o', target, '--fail-on', 'never')
    result = run(*arguments)
    assert result.exit_code == 4
    assert 'expected a new file to record to, found one' in result.stderr
    assert target.read_bytes() == b'mine'
    assert run(*arguments, '--force').exit_code == 0
    assert open_capture(target).info.length == 1000


def test_a_channel_that_the_device_lacks_is_told_before_anything_is_recorded(
    run: Run, tmp_path: Path
) -> None:
    require_tool('sigrok-cli')
    result = run('capture', '--driver', 'demo', '--channel', 'scl=D77', '-o', tmp_path / 'x.sr')
    assert result.exit_code == 2
    assert 'expected a channel of the capture' in result.stderr
    assert list(tmp_path.iterdir()) == []


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return when `condition` holds."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, 'waited in vain'
        time.sleep(0.02)
