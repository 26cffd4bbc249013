"""Where a result goes: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from types import TracebackType
from typing import TextIO

from stm32trace.errors import ReportError
from stm32trace.report.reporter import Page

NARROWEST, WIDEST, USUAL = 40, 120, 80  # columns


class Output:
    """A sink for text. Writing to a pipe that nobody reads any more is quiet: the reader has had enough."""

    def __init__(self, path: Path | None, inputs: tuple[Path, ...] = ()) -> None:
        """Check that `path` (None: standard output) can be written, before any work is done.

        inputs: files that must not be overwritten. Raises ReportError.
        """
        self._path = None if path is None or str(path) == '-' else path
        self._part: Path | None = None
        self._file: TextIO | None = None
        self.abandoned = False  # nobody reads standard output any more
        if self._path is not None:
            _check(self._path, inputs)

    @property
    def is_file(self) -> bool:
        """The result goes to a file that the user named."""
        return self._path is not None

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._file is not None:
                self._file.close()  # writes what is still buffered
                self._take_place(error is None)
        except OSError as failure:
            raise _not_written(self._path, failure) from failure
        finally:
            if self._part is not None:
                self._part.unlink(missing_ok=True)  # nothing is left of it where it took its place

    def _take_place(self, whole: bool) -> None:
        """Put the finished part in the place of the file that the user named."""
        if whole and self._part is not None and self._path is not None:
            _replace(self._part, self._path)

    def write(self, text: str | bytes | memoryview) -> None:
        """Add `text`, a string or UTF-8. Raises ReportError where it cannot be written."""
        if self.abandoned:
            return
        try:
            stream = self._stream()
            if self.is_file and not isinstance(text, str):
                stream.flush()
                stream.buffer.write(text)
                return
            stream.write(text if isinstance(text, str) else str(text, 'utf-8'))
            if self._path is None:
                stream.flush()
        except OSError as error:
            if self._path is None and _nobody_reads(error):
                self.abandoned = True
                _discard_standard_output()
                return
            raise _not_written(self._path, error) from error

    def _stream(self) -> TextIO:
        if self._path is None:
            return _lenient(sys.stdout)
        if self._file is None:
            self._file = self._open(self._path)
        return self._file

    def _open(self, path: Path) -> TextIO:
        """Open a file beside `path` that takes its place in the end; a device or pipe is written directly."""
        if path.exists() and not path.is_file():
            return path.open('w', encoding='utf-8', newline='\n')
        target = path.resolve()
        self._part = target.with_name(f'.{target.name}.{os.getpid()}.part')
        return self._part.open('w', encoding='utf-8', newline='\n')


def _replace(part: Path, path: Path) -> None:
    """Put `part` in the place of `path`; a link stays, and what it leads to is replaced."""
    target = path.resolve()
    if target.exists():
        shutil.copymode(target, part)
    os.replace(part, target)


def page(output: Output, *, color: bool, brief: bool, several: bool) -> Page:
    """Return what a report for `output` is written on: width, colours and characters of the terminal."""
    if output.is_file:
        return Page(USUAL, None, True, brief, several)
    from rich.console import Console  # here, as what only writes rows needs nothing of it

    from stm32trace.report.layout import can_draw

    console = Console(file=sys.stdout)
    colors = (
        console.color_system if color and console.is_terminal and not console.no_color else None
    )
    if console.legacy_windows:
        colors = None  # that console does not know escape codes
    return Page(_columns(), colors, can_draw(getattr(sys.stdout, 'encoding', None)), brief, several)


def _columns() -> int:
    """Return the width of the terminal, that in COLUMNS, or the usual one."""
    columns = os.environ.get('COLUMNS', '')
    if columns.isdecimal() and int(columns):
        width = int(columns)
    elif sys.stdout.isatty():
        width = shutil.get_terminal_size((USUAL, 24)).columns
    else:
        width = USUAL
    return min(max(width, NARROWEST), WIDEST)


def _check(path: Path, inputs: tuple[Path, ...]) -> None:
    try:
        if path.is_dir():
            raise ReportError(
                'expected a file to write to, found a folder; name a file in it', path=path
            )
        if not path.parent.is_dir():
            raise ReportError(
                f'expected a folder to write into, found none called {path.parent}; make it first',
                path=path,
            )
        if any(other.exists() and path.exists() and path.samefile(other) for other in inputs):
            raise ReportError(
                'expected a file for the result, found the capture itself; name another one',
                path=path,
            )
    except (OSError, ValueError) as error:
        raise _not_written(path, error) from error


def _not_written(path: Path | None, error: Exception) -> ReportError:
    what = 'standard output' if path is None else 'a file'
    reason = getattr(error, 'strerror', None) or str(error)
    return ReportError(
        f'expected {what} that can be written, found: {reason}; free some space or name another file with -o',
        path=path,
    )


def _lenient(stream: TextIO) -> TextIO:
    """Let a stream replace characters that its encoding lacks, instead of failing."""
    if getattr(stream, 'errors', None) == 'strict' and hasattr(stream, 'reconfigure'):
        stream.reconfigure(errors='replace')
    return stream


def _nobody_reads(error: OSError) -> bool:
    """Tell whether the other end of a pipe is closed, which Windows calls an invalid argument."""
    return isinstance(error, BrokenPipeError) or (
        sys.platform == 'win32' and error.errno == errno.EINVAL
    )


def _discard_standard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not complain when it exits."""
    try:
        number = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
