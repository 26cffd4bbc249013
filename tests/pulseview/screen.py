"""The real PulseView on a virtual screen, and what is to be seen on it."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prerequisites import PROJECT, require_tool
from stm32trace.pulseview.ini import IniFile

Picture = NDArray[np.uint8]  # (height, width, 3)

WIDTH, HEIGHT = 1080, 720
PATIENCE_S = 180.0
STEADY_S = 1.2  # PulseView draws new annotations once a second
_FED = re.compile(r' OUTPUT_PYTHON on oid .* to instance (\S+)-\d+\.$', re.MULTILINE)
_FIRST = re.compile(r'^srd: Decoding: .*, instance (\S+)-\d+\.$', re.MULTILINE)
_FAILED = re.compile(r'^srd: .*(?:exception|error|fail).*$', re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What PulseView showed and said."""

    picture: Picture
    log: str

    def decoders(self) -> set[str]:
        """The decoders that were given something to decode."""
        return {match[1] for pattern in (_FIRST, _FED) for match in pattern.finditer(self.log)}

    def failures(self) -> list[str]:
        """What libsigrokdecode said of things that went wrong."""
        return [match[0] for match in _FAILED.finditer(self.log)]


def show(capture: Path, home: Path, samples: int, *, loud: bool = True) -> Seen:
    """Open a capture with the session file beside it, wait until all is decoded and drawn, and take a picture.

    home: the user's folder, whose data folder may hold decoders. samples: of the capture, on which one stack runs.
    loud: have every annotation logged.
    """
    screen = {'DISPLAY': ''}
    with (
        _screen() as screen['DISPLAY'],
        _pulseview(capture, home, screen, '5' if loud else '4') as log,
    ):
        done = f'Done, handled all samples (abs cur {samples} / abs end {samples})'
        _until(lambda: done in _text(log), 'the decoders to finish', log)
        picture = _steady(screen)
    return Seen(picture, _text(log))


def install(home: Path) -> None:
    """Install our decoders for the user of `home`, by the command that users have."""
    command = [sys.executable, '-m', 'stm32trace', 'pulseview', 'install']
    subprocess.run(command, env=environment(home), check=True, capture_output=True)


def environment(home: Path) -> dict[str, str]:
    """The environment of a user whose folders all lie in `home`."""
    kept = {name: os.environ[name] for name in ('PATH', 'SYSTEMROOT', 'TEMP') if name in os.environ}
    return {
        **kept,
        'HOME': str(home),
        'XDG_CONFIG_HOME': str(home / '.config'),
        'XDG_DATA_HOME': str(home / '.local' / 'share'),
        'XDG_RUNTIME_DIR': str(home),
        'LC_ALL': 'C.UTF-8',
        'PYTHONDONTWRITEBYTECODE': '1',
        'PYTHONPATH': os.pathsep.join(str(PROJECT / part) for part in ('analyzer', 'decoders')),
    }


def save(picture: Picture, path: Path) -> None:
    """Write a picture in the format that its name tells."""
    height, width, _ = picture.shape
    command = [
        require_tool('convert'), '-size', f'{width}x{height}', '-depth', '8', 'rgb:-', '-strip', '-define',
        'png:exclude-chunks=date,time', str(path),
    ]  # fmt: skip
    subprocess.run(command, input=picture.tobytes(), check=True)


@contextmanager
def _screen() -> Iterator[str]:
    """A virtual screen; its name."""
    read, write = os.pipe()
    command = [
        require_tool('Xvfb'), '-displayfd', str(write), '-screen', '0', f'{WIDTH}x{HEIGHT}x24', '-nolisten', 'tcp'
    ]  # fmt: skip
    with (
        os.fdopen(read) as told,
        subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server,
    ):
        os.close(write)
        try:
            yield f':{told.readline().strip()}'
        finally:
            server.terminate()


@contextmanager
def _pulseview(capture: Path, home: Path, screen: dict[str, str], level: str) -> Iterator[Path]:
    """PulseView with one capture, filling the screen; the file to which it logs."""
    _fill_the_screen(home)
    log = home / 'pulseview.log'
    command = [require_tool('pulseview'), '-l', level, '-D', '-c', '-i', str(capture)]
    with (
        log.open('wb') as out,
        subprocess.Popen(
            command, env={**environment(home), **screen}, stdout=out, stderr=out
        ) as program,
    ):
        try:
            yield log
        finally:
            program.terminate()


def _fill_the_screen(home: Path) -> None:
    """Give PulseView's window the size of the screen, in the way it remembers it (Qt 5, QWidget::saveGeometry)."""
    area = struct.pack('>4i', 0, 0, WIDTH - 1, HEIGHT - 1)
    state = struct.pack(
        '>iBBi', 0, False, False, WIDTH
    )  # screen, maximized, full screen, its width
    settings = IniFile()
    magic = struct.pack('>IHH', 0x1D9D0CB, 3, 0)
    settings.put(('MainWindow',), 'geometry', magic + area + area + state + area)
    settings.put(('MainWindow',), 'state', b'')
    folder = home / '.config' / 'sigrok'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'PulseView.conf').write_text(settings.text())


def _text(log: Path) -> str:
    return log.read_text(errors='replace')


def _until(done: Callable[[], bool], what: str, log: Path) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > limit:
            tail = '\n'.join(_text(log).splitlines()[-20:])
            raise AssertionError(f'waited {PATIENCE_S} s for {what}; PulseView said last:\n{tail}')
        time.sleep(0.2)


def _steady(screen: dict[str, str]) -> Picture:
    """The picture when it no longer changes."""
    limit = time.monotonic() + PATIENCE_S
    before = _picture(screen)
    while time.monotonic() < limit:
        time.sleep(STEADY_S)
        now = _picture(screen)
        if np.array_equal(before, now):
            return now
        before = now
    raise AssertionError(f'the picture still changes after {PATIENCE_S} s')


def _picture(screen: dict[str, str]) -> Picture:
    command = [require_tool('import'), '-window', 'root', '-depth', '8', 'rgb:-']
    raw = subprocess.run(
        command, env={**os.environ, **screen}, capture_output=True, check=True
    ).stdout
    return np.frombuffer(raw, np.uint8).reshape(HEIGHT, WIDTH, 3)
