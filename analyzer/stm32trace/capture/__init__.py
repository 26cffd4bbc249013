"""First station: a capture file becomes a `CaptureReader`, whatever its format.

open_capture()   finds the format
reader.py        the contracts CaptureReader and CaptureFormat
changes.py       Changes, the currency that all formats are turned into
dense.py         samples of a fixed size to Changes
sr.py            sigrok session files; parts: zip_members.py, sr_metadata.py, sr_chunks.py
sr_writer.py     the way back
"""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from stm32trace.capture.reader import CaptureFormat, CaptureReader
from stm32trace.errors import CaptureError, FormatError, OptionError, PluginError
from stm32trace.registry import Plugin, plugins

__all__ = ['CaptureFormat', 'CaptureReader', 'formats', 'open_capture', 'unavailable_formats']

_HEAD = 4096  # bytes of a file that formats are recognized by


def open_capture(
    path: Path | str, *, input_format: str | None = None, sample_rate: float | None = None
) -> CaptureReader:
    """Open a capture of any known format.

    input_format: name of the format, found by the content when None. sample_rate: in Hz, overrides
    what the file says. Raises CaptureError if nothing can be read, OptionError for a wrong option.
    """
    path = Path(path)
    if sample_rate is not None and not (math.isfinite(sample_rate) and sample_rate > 0):
        raise OptionError(
            f'--samplerate: expected a rate above 0, found {sample_rate}; give one such as 24M',
            option='--samplerate',
        )
    named = None if input_format is None else _by_name(input_format)
    head = _head(path)
    return (named or _by_content(path, head)).open(path, sample_rate=sample_rate)


def formats() -> tuple[CaptureFormat, ...]:
    """The formats that can be read, in-tree ones first."""
    return tuple(_formats())


def _formats() -> Iterator[CaptureFormat]:
    """The same, one by one: those after the one that is wanted need not be imported."""
    found = (plugin.value for plugin in _plugins())
    return (value for value in found if isinstance(value, CaptureFormat))


def unavailable_formats() -> tuple[PluginError, ...]:
    """Why registered formats of other distributions cannot be used."""
    return tuple(
        plugin.error or _not_a_format(plugin)
        for plugin in _plugins()
        if not isinstance(plugin.value, CaptureFormat)
    )


def _plugins() -> Iterator[Plugin]:
    return plugins('stm32trace.capture', 'READER', 'stm32trace.capture')


def _not_a_format(plugin: Plugin) -> PluginError:
    return PluginError(
        f'input format {plugin.name}: expected an object with name, description, suffixes,'
        f' recognizes and open, found {type(plugin.value).__name__};'
        ' install a version made for this program',
        name=plugin.name,
    )


def _by_name(name: str) -> CaptureFormat:
    for candidate in _formats():
        if candidate.name == name:
            return candidate
    raise OptionError(
        f'--input-format: expected one of {_names(formats())}, found {name!r};'
        ' see `stm32trace formats`',
        option='--input-format',
    )


def _by_content(path: Path, head: bytes) -> CaptureFormat:
    """The format of a file; where the content tells none, its name says who words the error."""
    for candidate in _formats():
        if candidate.recognizes(head):
            return candidate
    known = formats()
    for candidate in known:
        if path.suffix.lower() in candidate.suffixes:
            return candidate
    raise FormatError(
        f'expected a capture in one of the formats {_names(known)}, found a file that begins with'
        f' {head[:8]!r}; export it as .sr, or name its format with --input-format',
        path=path,
    )


def _names(known: Iterable[CaptureFormat]) -> str:
    return ', '.join(candidate.name for candidate in known)


def _head(path: Path) -> bytes:
    """The first bytes of a file, after all that can be wrong with a file of any format."""
    try:
        if path.is_dir():
            raise CaptureError(
                'expected a capture file, found a folder; name a file in it', path=path
            )
        if path.exists() and not path.is_file():
            raise CaptureError(
                'expected a capture file, found a pipe or device; save it to a file first',
                path=path,
            )
        with path.open('rb') as file:
            head = file.read(_HEAD)
    except FileNotFoundError as error:
        raise CaptureError(
            'expected a capture file, found no such file; check the path', path=path
        ) from error
    except PermissionError as error:
        raise CaptureError(
            'expected a capture file, found no permission to read it; change its mode or owner',
            path=path,
        ) from error
    except (OSError, ValueError) as error:
        raise CaptureError(
            f'expected a capture file, found one that cannot be read ({error});'
            ' check the disk and the path',
            path=path,
        ) from error
    if not head:
        raise CaptureError(
            'expected a capture file, found an empty one; record or copy it again', path=path
        )
    return head
