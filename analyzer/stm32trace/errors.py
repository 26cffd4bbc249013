"""The errors of stm32trace: raised at the borders (file, command line, plug-in) and nowhere else.

    Stm32TraceError              exit status 2
    ├── CaptureError             3   path, offset
    │   ├── FormatError          3   not this format, or damaged beyond reading
    │   ├── TruncatedError       3   ends before its first sample
    │   └── ChannelError         2   names, known
    ├── OptionError              2   option
    ├── PluginError              2   name, cause
    └── ReportError              4   path

The text of an error is one line: what was expected, what was found, what to do. Traffic that is
wrong is no error: it is a record with its outcome. Damage around which reading goes on is a
`model.Damage`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class Stm32TraceError(Exception):
    """Base of all errors; `exit_status` is what the command line answers with."""

    exit_status: ClassVar[int] = 2

    def __init__(self, message: str) -> None:
        super().__init__(' '.join(message.splitlines()))


class CaptureError(Stm32TraceError):
    """Nothing of a capture could be read.

    offset: byte of the file at which it went wrong, None if no single byte is to blame.
    """

    exit_status = 3

    def __init__(
        self, message: str, *, path: Path | str | None = None, offset: int | None = None
    ) -> None:
        super().__init__(_about(path, message))
        self.path = None if path is None else Path(path)
        self.offset = offset


class FormatError(CaptureError):
    """The file is not of this format, or too damaged to be read as such."""


class TruncatedError(CaptureError):
    """The file ends before anything of it can be read."""


class ChannelError(CaptureError):
    """A channel that the capture does not have, or that is asked for twice.

    names: what was asked for; known: the channel names of the capture.
    """

    exit_status = 2

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        names: Sequence[str] = (),
        known: Sequence[str] = (),
    ) -> None:
        super().__init__(message, path=path)
        self.names = tuple(names)
        self.known = tuple(known)


class OptionError(Stm32TraceError):
    """An option out of range; `option` is its name as the user wrote it."""

    def __init__(self, message: str, *, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


class PluginError(Stm32TraceError):
    """A plug-in that cannot be loaded.

    name: its entry point or module; cause: what it raised.
    """

    def __init__(self, message: str, *, name: str, cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.cause = cause


class ReportError(Stm32TraceError):
    """An output that cannot be written."""

    exit_status = 4

    def __init__(self, message: str, *, path: Path | str | None = None) -> None:
        super().__init__(_about(path, message))
        self.path = None if path is None else Path(path)


def _about(path: Path | str | None, message: str) -> str:
    return message if path is None else f'{path}: {message}'
