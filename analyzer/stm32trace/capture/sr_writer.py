"""Writes `Changes` as a sigrok session file, version 2, as libsigrok 0.5.2 lays it out.

Source: libsigrok src/output/srzip.c. The same changes give the same bytes.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stm32trace.capture.changes import Changes, cut, to_samples
from stm32trace.errors import ReportError

CHUNK_BYTES = 4 << 20  # of a `logic-1-N` member, as in srzip.c
_SIGROK_VERSION = '0.5.2'
_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can tell
_UNIX, _MODE = 3, 0o644 << 16
_LEVEL = 1  # of deflate: runs of equal samples are as small as at 9, and done ten times sooner
_UNITS = ((10**9, 'GHz'), (10**6, 'MHz'), (10**3, 'kHz'), (1, 'Hz'))
_TO_ESCAPE = re.compile(r'^ |[\n\t\r\\]')
_ESCAPES = {' ': r'\s', '\n': r'\n', '\t': r'\t', '\r': r'\r', '\\': r'\\'}


def write_sr(
    path: Path | str,
    blocks: Iterable[Changes],
    channels: Sequence[str],
    sample_rate: float | None,
    *,
    chunk_bytes: int = CHUNK_BYTES,
) -> int:
    """Write one run of changes, and return the number of samples written.

    blocks: of any length each; the first sample of the first becomes sample 0. channels: bit k of a
    state is `channels[k]`; 1 to 64. sample_rate: rounded to whole Hz, None if not known.
    The file appears when it is complete. Raises ReportError if it cannot be written, or if there is
    a gap between two blocks, which a session file has no way to tell.
    """
    path = Path(path)
    assert 1 <= len(channels) <= 64, len(channels)
    unfinished = path.with_name(path.name + '.part')
    try:
        samples = _write(unfinished, _continuous(path, blocks), channels, sample_rate, chunk_bytes)
        unfinished.replace(path)
    except OSError as error:
        raise ReportError(
            f'expected to write a capture, found {error.strerror or error};'
            ' check the folder, its free space and its permissions',
            path=path,
        ) from error
    finally:
        with suppress(OSError):  # it was renamed, or could not be made
            unfinished.unlink()
    return samples


def _write(
    path: Path,
    run: Iterable[tuple[Changes, int | None]],
    channels: Sequence[str],
    sample_rate: float | None,
    chunk_bytes: int,
) -> int:
    unit_size = (len(channels) + 7) // 8
    samples = 0
    with zipfile.ZipFile(path, 'w') as archive:
        _add(archive, 'version', b'2')
        _add(archive, 'metadata', _metadata(channels, sample_rate, unit_size).encode())
        for number, chunk in enumerate(_chunks(run, chunk_bytes // unit_size), start=1):
            _add(archive, f'logic-1-{number}', _packed(chunk, unit_size))
            samples += len(chunk)
    return samples


def _chunks(
    run: Iterable[tuple[Changes, int | None]], length: int
) -> Iterator[NDArray[np.unsignedinteger]]:
    """The samples of a run, `length` at a time."""
    waiting: list[NDArray[np.unsignedinteger]] = []
    room = length
    for whole, before in run:
        rest, state = whole, before
        while rest.start < rest.stop:
            piece, rest = cut(rest, min(rest.start + room, rest.stop))
            waiting.append(to_samples(piece, state))
            room -= len(waiting[-1])
            state = int(waiting[-1][-1])
            if not room:
                yield np.concatenate(waiting)
                waiting.clear()
                room = length
    if waiting:
        yield np.concatenate(waiting)


def _continuous(path: Path, blocks: Iterable[Changes]) -> Iterator[tuple[Changes, int | None]]:
    """Each block with the state before it. Raises ReportError at a gap."""
    state: int | None = None
    stop: int | None = None
    for block in blocks:
        if stop not in (None, block.start):
            raise ReportError(
                f'expected samples without a gap, found none from {stop} to {block.start - 1};'
                ' cut the capture before or after it',
                path=path,
            )
        yield block, state
        stop = block.stop
        state = int(block.state[-1]) if len(block.state) else state


def _packed(samples: NDArray[np.unsignedinteger], unit_size: int) -> bytes:
    """Little-endian, `unit_size` bytes a sample."""
    if samples.itemsize < unit_size:
        samples = samples.astype('<u8')
    octets = samples.view(np.uint8).reshape(len(samples), samples.itemsize)
    return octets[:, :unit_size].tobytes()


def _metadata(channels: Sequence[str], sample_rate: float | None, unit_size: int) -> str:
    lines = [
        '[global]',
        f'sigrok version={_SIGROK_VERSION}',
        '',
        '[device 1]',
        'capturefile=logic-1',
        f'total probes={len(channels)}',
        *([] if sample_rate is None else [f'samplerate={_rate_text(round(sample_rate))}']),
        'total analog=0',
        *(f'probe{number}={_escaped(name)}' for number, name in enumerate(channels, start=1)),
        f'unitsize={unit_size}',
    ]
    return '\n'.join(lines) + '\n'


def _rate_text(hertz: int) -> str:
    """A whole number of the largest unit in which it is one."""
    return next(f'{hertz // size} {unit}' for size, unit in _UNITS if hertz % size == 0)


def _escaped(name: str) -> str:
    """A value of a GLib key file."""
    return _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], name)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system, info.external_attr = _UNIX, _MODE
    archive.writestr(info, data, zipfile.ZIP_DEFLATED, _LEVEL)
