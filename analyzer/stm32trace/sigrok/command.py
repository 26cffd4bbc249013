"""Finding and running sigrok-cli. Seen with sigrok-cli 0.7.2."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stm32trace.errors import PluginError

NAME = 'sigrok-cli'
_NOISE = re.compile(
    r'^(sr|srd|cli): '
)  # the library's own log; the program's messages begin otherwise


def program() -> str:
    """Return the path of sigrok-cli. Raises PluginError if it is not installed."""
    path = shutil.which(NAME)
    if path is None:
        raise PluginError(
            f'{NAME}: expected the program on the PATH, found none; install it from https://sigrok.org/wiki/Downloads'
            f' (Debian: apt install {NAME})',
            name=NAME,
        )
    return path


def output(arguments: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """Run sigrok-cli to its end and return what it wrote. Raises PluginError where it fails."""
    command = [program(), *map(str, arguments)]
    try:
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding='utf-8',
            errors='replace',
            check=False,
        )
    except OSError as error:
        raise failure(error.strerror or str(error)) from error
    if result.returncode:
        raise failure(reason(result.stderr) or f'exit status {result.returncode}')
    return result.stdout


def failure(found: str) -> PluginError:
    """Return the error for a run that failed."""
    return PluginError(
        f'{NAME}: expected it to do its work, found: {found}; try the same with `{NAME}` itself',
        name=NAME,
    )


def reason(log: str) -> str:
    """Return the line of a log that tells most: the last of the program's own, else the last."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    own = [line for line in lines if not _NOISE.match(line)]
    return (own or lines or [''])[-1]
