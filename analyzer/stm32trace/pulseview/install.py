"""Puts our decoders where PulseView looks, takes them away again, and says what is there.

A list of what was written lies among the installed files, with a checksum of each: so that nothing of anybody
else is overwritten or removed, and what was changed by hand is told. It lies inside the core's folder, since
libsigrokdecode tries to load every entry of a folder of decoders as a decoder.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stm32trace.errors import ReportError
from stm32trace.pulseview.shipment import CORE, PREFIX, Shipment, digest

LIST = PurePosixPath(CORE, 'installed.json')
_CACHES = '__pycache__'  # Python makes them beside what PulseView loads
_SCHEMA = 'stm32trace/pulseview/1'

Digests = dict[PurePosixPath, tuple[str, ...]]  # more than one only while an installation runs


@dataclass(frozen=True, slots=True)
class Installed:
    """What is installed in a folder of decoders."""

    folder: Path
    version: str
    files: Digests

    def changed(self) -> list[PurePosixPath]:
        """Return the files whose content is not what was installed."""
        return [path for path in self.files if self._is_changed(path)]

    def missing(self) -> list[PurePosixPath]:
        """Return the files that are gone."""
        return [path for path in self.files if not os.path.lexists(self.folder / path)]

    def is_like(self, shipped: Shipment) -> bool:
        """Tell whether exactly what is in `shipped` was installed."""
        return self.version == shipped.version and self.files == _digests(shipped)

    def _is_changed(self, path: PurePosixPath) -> bool:
        target = self.folder / path
        return os.path.lexists(target) and _content(target) not in self.files[path]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an installation or removal did, as paths below the folder."""

    written: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()
    left: tuple[PurePosixPath, ...] = ()  # in our folders, but not ours


def installed(folder: Path) -> Installed | None:
    """Return what is installed in `folder`, None if nothing is."""
    try:
        told = json.loads((folder / LIST).read_text(encoding='utf-8'))
        files = {PurePosixPath(path): tuple(digests) for path, digests in told['files'].items()}
        version = str(told['version'])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Installed(folder, version, files) if all(map(_is_ours, files)) else None


def install(folder: Path, shipped: Shipment, *, force: bool = False) -> Outcome:
    """Put the decoders into `folder`, in the place of an older version.

    force: also overwrite what was changed by hand since it was installed. Raises ReportError for a file that
    is not ours, and where nothing can be written; then nothing was changed, or a new run completes it.
    """
    before = installed(folder)
    known: Digests = {} if before is None else before.files
    _refuse_foreign(folder, shipped, known)
    if before is not None and not force:
        _refuse_changed(before, 'overwrite')
    with_both = {
        path: tuple(dict.fromkeys((*known.get(path, ()), *_digests(shipped).get(path, ()))))
        for path in {**known, **_digests(shipped)}
    }
    stale = [path for path in known if path not in shipped.files]
    pending = [
        path for path, data in shipped.files.items() if _content(folder / path) != digest(data)
    ]
    with _writing(folder):
        _write_list(folder, shipped.version, with_both)
        for path in pending:
            _write(folder / path, shipped.files[path])
        removed = _remove(folder, stale)
        _write_list(folder, shipped.version, _digests(shipped))
    return Outcome(tuple(pending), removed)


def uninstall(folder: Path, *, force: bool = False) -> Outcome | None:
    """Take away what `install` put into `folder`; return None if nothing of it is there.

    force: also remove what was changed by hand. Raises ReportError.
    """
    before = installed(folder)
    if before is None:
        return None
    if not force:
        _refuse_changed(before, 'remove')
    with _writing(folder):
        removed = _remove(folder, [*before.files, LIST])
    tops = {path.parts[0] for path in before.files}
    left = [path for top in sorted(tops) for path in sorted((folder / top).rglob('*'))]
    return Outcome(
        removed=removed,
        left=tuple(PurePosixPath(path.relative_to(folder).as_posix()) for path in left),
    )


def newer(one: str, other: str) -> bool:
    """Tell whether version `one` is newer than `other`."""
    return _numbers(one) > _numbers(other)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a ReportError."""
    try:
        yield
    except OSError as error:
        raise ReportError(
            f'expected a folder that can be written, found: {error.strerror or error};'
            ' name another one with --dir',
            path=error.filename or folder,
        ) from error


def _refuse_foreign(folder: Path, shipped: Shipment, known: Digests) -> None:
    """Raise ReportError if something that is not ours is in the way."""
    ours = {path.parts[0] for path in known}
    for top in shipped.folders:
        path = folder / top
        if os.path.lexists(path) and (path.is_symlink() or not path.is_dir() or top not in ours):
            what = 'a link' if path.is_symlink() else 'one that was not installed by this program'
            raise ReportError(
                f'expected no {top} here, or the one installed before, found {what}; move it away first',
                path=path,
            )
    for name, data in shipped.files.items():
        if name not in known and _content(folder / name) not in (None, digest(data)):
            raise ReportError(
                'expected to make this file, found one that was not installed by this program; move it away first',
                path=folder / name,
            )


def _refuse_changed(before: Installed, verb: str) -> None:
    changed = before.changed()
    if changed:
        more = f' and {len(changed) - 1} more' if len(changed) > 1 else ''
        raise ReportError(
            f'expected the file as it was installed, found it changed{more};'
            f' save what you need of it, then {verb} it with --force',
            path=before.folder / changed[0],
        )


def _write_list(folder: Path, version: str, files: Mapping[PurePosixPath, tuple[str, ...]]) -> None:
    told = {
        'schema': _SCHEMA,
        'version': version,
        'files': {str(path): list(digests) for path, digests in sorted(files.items())},
    }
    _write(folder / LIST, (json.dumps(told, indent=1) + '\n').encode('ascii'))


def _write(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _remove(folder: Path, paths: list[PurePosixPath]) -> tuple[PurePosixPath, ...]:
    """Remove files, the caches made of them, and the folders that this leaves empty; return the files removed."""
    removed = []
    for path in paths:
        for cache in (folder / path.parent / _CACHES).glob(f'{path.stem}.*.pyc'):
            cache.unlink()
        if os.path.lexists(folder / path):
            (folder / path).unlink()
            removed.append(path)
    parents = {parent for path in paths for parent in path.parents if parent.parts}
    for parent in sorted(parents, key=lambda one: len(one.parts), reverse=True):
        _remove_empty(folder / parent / _CACHES)
        _remove_empty(folder / parent)
    return tuple(removed)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def _digests(shipped: Shipment) -> Digests:
    return {path: (digest(data),) for path, data in shipped.files.items()}


def _content(path: Path) -> str | None:
    """Return the checksum of a file, None if there is none; '' for what cannot be read as one."""
    if not os.path.lexists(path):
        return None
    try:
        return digest(path.read_bytes())
    except OSError:
        return ''


def _is_ours(path: PurePosixPath) -> bool:
    """Tell whether a path lies in one of our folders."""
    inside = len(path.parts) > 1 and not path.is_absolute() and '..' not in path.parts
    return inside and (path.parts[0] == CORE or path.parts[0].startswith(PREFIX))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r'\d+', version)]
