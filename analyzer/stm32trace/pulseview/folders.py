"""Where libsigrokdecode looks for the decoders of a user.

Sources: libsigrokdecode srd.c (srd_init): `libsigrokdecode/decoders` in GLib's user data folder, which is
`$XDG_DATA_HOME` or `~/.local/share`, on macOS too, and `%LOCALAPPDATA%` on Windows (GLib, g_get_user_data_dir).
Flatpak documentation, "Filesystem": an application's data folder is `~/.var/app/ID/data`. AppImage documentation,
"Portable mode": a folder `NAME.AppImage.home` beside the image is its home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

BELOW_DATA = Path('libsigrokdecode', 'decoders')
SEARCH_VARIABLE = 'SIGROKDECODE_DIR'  # a further folder, searched before all others
FLATPAK = 'org.sigrok.PulseView'  # the application's ID, as its .desktop file has it
APPIMAGES = 'PulseView*.AppImage.home'  # in the folders where such files are usually kept
_KEPT_IN = ('Applications', 'Downloads', 'bin', '.local/bin', '')


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of decoders, whether it exists or not."""

    path: Path
    reader: str  # who looks there


def user_folders(
    platform: str = sys.platform,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> tuple[Folder, ...]:
    """Return the folders that PulseView programs on this machine look into, the usual one first."""
    home = home or Path.home()
    usual = Folder(_data(platform, environment, home) / BELOW_DATA, 'PulseView and sigrok-cli')
    if platform in ('win32', 'darwin'):
        return (usual,)
    return usual, *_packed(home)


def _data(platform: str, environment: Mapping[str, str], home: Path) -> Path:
    """Return GLib's user data folder."""
    named = environment.get('XDG_DATA_HOME', '')
    if platform == 'win32':
        local = environment.get('LOCALAPPDATA', '')
        return Path(local) if local else home / 'AppData' / 'Local'
    if named and Path(named).is_absolute():  # the specification has relative ones ignored
        return Path(named)
    return home / '.local' / 'share'


def _packed(home: Path) -> Iterator[Folder]:
    """Yield the folders of packages that do not see the usual one."""
    flatpak = home / '.var' / 'app' / FLATPAK
    if flatpak.is_dir():
        yield Folder(flatpak / 'data' / BELOW_DATA, f'the Flatpak {FLATPAK}')
    for kept_in in _KEPT_IN:
        for own_home in sorted((home / kept_in).glob(APPIMAGES)):
            if own_home.is_dir():
                path = own_home / '.local' / 'share' / BELOW_DATA
                yield Folder(path, f'the AppImage {own_home.name.removesuffix(".home")}')
