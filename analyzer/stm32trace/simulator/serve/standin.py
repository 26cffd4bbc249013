"""The library that stands in for what a virtual part lacks, built for a host tool to be preloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib import resources
from pathlib import Path

from stm32trace.errors import OptionError

COMPILERS = ('cc', 'gcc', 'clang')


def build(folder: Path) -> Path:
    """Compile the library into `folder`. Raises OptionError where that cannot be done."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise OptionError(
            'a host tool on a virtual part: expected a C compiler, found none of '
            f'{", ".join(COMPILERS)}; install one (on Debian: apt-get install gcc)'
        )
    library = folder / 'standin.so'
    source = resources.files('stm32trace.simulator.serve') / 'standin.c'
    with resources.as_file(source) as file:
        command = [compiler, '-shared', '-fPIC', '-O1', '-o', str(library), str(file), '-ldl']
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OptionError(
            f'a host tool on a virtual part: expected {compiler} to build a library, found'
            f' {done.stderr.strip().splitlines()[-1:]}; is it complete?'
        )
    return library


class Events:
    """The pipe on which the library tells what the tool does beside sending bytes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / 'events'
        os.mkfifo(self.path)
        self._file = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self._rest = ''

    def lines(self) -> list[list[str]]:
        """Return the words of each message that has come."""
        try:
            self._rest += os.read(self._file, 65536).decode()
        except BlockingIOError:
            return []
        *whole, self._rest = self._rest.split('\n')
        return [line.split() for line in whole]

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._file)
