"""What is installed into PulseView: our decoder folders and the core they share, always together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

from stm32trace import __version__
from stm32trace.errors import PluginError

CORE = 'stm32trace_core'
PREFIX = 'stm32_'  # of the names of our decoder folders
PACKED = '_pulseview'  # the same folders inside a wheel


@dataclass(frozen=True, slots=True)
class Shipment:
    """The files to install, by their path below a folder of decoders, and the version they belong to."""

    version: str
    files: dict[PurePosixPath, bytes]

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders at the top, the core's first."""
        names = {path.parts[0] for path in self.files}
        return tuple(sorted(names, key=lambda name: (name != CORE, name)))

    @property
    def decoders(self) -> tuple[str, ...]:
        """The ids of the decoders."""
        return tuple(name for name in self.folders if name != CORE)


def shipment() -> Shipment:
    """Read what this version installs. Raises PluginError where the package is incomplete."""
    source = decoder_folder()
    files = {
        PurePosixPath(path.relative_to(source).as_posix()): path.read_bytes()
        for path in _sources(source)
    }
    return Shipment(__version__, files)


def decoder_folder() -> Path:
    """Return the folder of our decoders: that of the checkout this runs from, else the one in the package.

    A checkout comes first, since an editable install may hold an outdated copy.
    """
    checkout = Path(__file__).parents[3] / 'decoders'
    if (checkout / CORE).is_dir():
        return checkout
    packed = resources.files('stm32trace') / PACKED
    if isinstance(packed, Path) and (packed / CORE).is_dir():
        return packed
    raise PluginError(
        f'decoders for PulseView: expected the folder {PACKED} in the package, found none; install stm32trace again',
        name=PACKED,
    )


def digest(content: bytes) -> str:
    """Return what tells one content of a file from another."""
    return hashlib.sha256(content).hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    """Yield the source files below our folders, in order; caches are none."""
    for top in sorted(folder.iterdir()):
        if top.name == CORE or top.name.startswith(PREFIX):
            yield from (path for path in sorted(top.rglob('*.py')) if path.is_file())
