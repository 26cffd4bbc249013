"""Where decoders of a user live, on each platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from stm32trace.pulseview.folders import user_folders


def paths(platform: str, home: Path, **environment: str) -> list[str]:
    """The folders, relative to the home where they lie in it."""
    found = user_folders(platform, environment, home)
    return [
        str(one.path.relative_to(home)) if one.path.is_relative_to(home) else str(one.path)
        for one in found
    ]


@pytest.mark.parametrize('platform', ['linux', 'darwin', 'freebsd14'])
def test_on_unix_it_is_the_xdg_data_folder(platform: str, tmp_path: Path) -> None:
    usual = '.local/share/libsigrokdecode/decoders'
    assert paths(platform, tmp_path) == [usual]
    assert paths(platform, tmp_path, XDG_DATA_HOME='') == [usual]
    assert paths(platform, tmp_path, XDG_DATA_HOME='relative') == [usual]
    assert paths(platform, tmp_path, XDG_DATA_HOME='/data') == ['/data/libsigrokdecode/decoders']


def test_on_windows_it_is_the_local_application_data(tmp_path: Path) -> None:
    assert paths('win32', tmp_path) == ['AppData/Local/libsigrokdecode/decoders']
    local = str(tmp_path / 'Elsewhere')
    assert paths('win32', tmp_path, LOCALAPPDATA=local) == ['Elsewhere/libsigrokdecode/decoders']


def test_a_flatpak_that_was_started_once_has_its_own(tmp_path: Path) -> None:
    (tmp_path / '.var/app/org.sigrok.PulseView').mkdir(parents=True)
    assert paths('linux', tmp_path)[1:] == [
        '.var/app/org.sigrok.PulseView/data/libsigrokdecode/decoders'
    ]
    assert len(paths('darwin', tmp_path)) == 1


def test_an_appimage_with_a_portable_home_has_its_own(tmp_path: Path) -> None:
    home = 'Applications/PulseView-0.4.2-x86_64.AppImage.home'
    (tmp_path / home).mkdir(parents=True)
    (tmp_path / 'Applications/Other.AppImage.home').mkdir()
    assert paths('linux', tmp_path)[1:] == [f'{home}/.local/share/libsigrokdecode/decoders']
