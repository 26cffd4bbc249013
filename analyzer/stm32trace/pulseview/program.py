"""Which PulseView is on this machine, what it is made of, and starting it.

Sources: sigrok-util's packages (Windows installer, macOS disk image, AppImage) for where they put the program;
what `pulseview --version` of 0.4.2 prints.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stm32trace.errors import PluginError
from stm32trace.pulseview.folders import SEARCH_VARIABLE

NAME = 'pulseview'
_WINDOWS = r'sigrok\PulseView\pulseview.exe'  # below a folder of programs
_MACOS = 'PulseView.app/Contents/MacOS/pulseview'
_PATIENCE_S = 20  # for the version; an AppImage is unpacked first
_PARTS = {
    'PulseView': re.compile(r'^PulseView (\S+)', re.MULTILINE),
    'libsigrokdecode': re.compile(r'libsigrokdecode (\d[^/\s]*)'),
    'Python': re.compile(r'Python (\d\S*)'),
}


@dataclass(frozen=True, slots=True)
class Program:
    """A PulseView that can be started."""

    path: Path

    def versions(self) -> dict[str, str]:
        """Return what it is made of: PulseView, libsigrokdecode, Python; without what it does not tell."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                **os.environ,
                'QT_QPA_PLATFORM': 'offscreen',  # works without a screen
                'XDG_CONFIG_HOME': folder,  # else it would write the user's settings
            }
            try:
                told = subprocess.run(
                    [self.path, '--version'],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    encoding='utf-8',
                    errors='replace',
                    timeout=_PATIENCE_S,
                    check=False,
                ).stdout
            except (OSError, subprocess.TimeoutExpired):
                return {}
        found = {name: pattern.search(told) for name, pattern in _PARTS.items()}
        return {name: match[1] for name, match in found.items() if match is not None}

    def show(self, capture: Path, decoders: Path | None) -> None:
        """Open a capture with the session file beside it, and wait until the window is closed.

        decoders: a folder of decoders to load besides the installed ones. Raises PluginError if it cannot be
        started, or ends with an error.
        """
        environment = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '1'}
        if decoders is not None:
            environment[SEARCH_VARIABLE] = str(decoders)
        command = [str(self.path), '-c', '-i', str(capture)]
        with tempfile.TemporaryFile() as log:
            try:
                status = subprocess.run(
                    command, env=environment, stdout=log, stderr=log, check=False
                ).returncode
            except OSError as error:
                raise _failed(self.path, error.strerror or str(error)) from error
            if status:
                log.seek(0)
                raise _failed(self.path, _reason(log.read().decode('utf-8', 'replace'), status))


def find(named: Path | None = None) -> Program:
    """Return the PulseView that is named, else the one of this machine. Raises PluginError if there is none."""
    for path in _candidates() if named is None else [named]:
        found = shutil.which(path)
        if found is not None:
            return Program(Path(found))
    where = 'none on the PATH' if named is None else f'no program at {named}'
    raise PluginError(
        f'{NAME}: expected the program PulseView, found {where}; install it from https://sigrok.org/wiki/Downloads'
        ' (Debian: apt install pulseview), or name it with --program',
        name=NAME,
    )


def _candidates(
    platform: str = sys.platform, environment: Mapping[str, str] = os.environ
) -> Iterator[Path]:
    """Yield where the program may be, the likeliest place first."""
    yield Path(NAME)
    if platform == 'win32':
        for variable in ('ProgramFiles', 'ProgramFiles(x86)'):
            if environment.get(variable):
                yield Path(environment[variable], *_WINDOWS.split('\\'))
    elif platform == 'darwin':
        yield Path('/Applications', _MACOS)
        yield Path.home() / 'Applications' / _MACOS


def _failed(program: Path, reason: str) -> PluginError:
    return PluginError(
        f'{program}: expected PulseView to start and to end without an error, found: {reason}',
        name=NAME,
    )


def _reason(log: str, status: int) -> str:
    """Return the line of a log that tells most: the first that speaks of a failure, else how it ended."""
    lines: Sequence[str] = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [
        line for line in lines if re.search(r'could not|cannot|error|fail', line, re.IGNORECASE)
    ]
    return telling[0] if telling else f'exit status {status}'
