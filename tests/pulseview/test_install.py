"""Installing decoders: ours alone are written, changed and removed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from stm32trace.errors import ReportError
from stm32trace.pulseview.install import LIST, Outcome, install, installed, newer, uninstall
from stm32trace.pulseview.shipment import CORE, Shipment, shipment

OLD = Shipment(
    '0.1.0',
    {
        PurePosixPath('stm32trace_core/__init__.py'): b'core',
        PurePosixPath('stm32trace_core/wire/i2c.py'): b'old',
        PurePosixPath('stm32trace_core/wire/gone.py'): b'gone',
        PurePosixPath('stm32_swd/__init__.py'): b'swd',
        PurePosixPath('stm32_given_up/pd.py'): b'given up',
    },
)
NEW = Shipment(
    '0.2.0',
    {
        PurePosixPath('stm32trace_core/__init__.py'): b'core',
        PurePosixPath('stm32trace_core/wire/i2c.py'): b'new',
        PurePosixPath('stm32_swd/__init__.py'): b'swd',
        PurePosixPath('stm32_adi/__init__.py'): b'adi',
    },
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of decoders that does not exist yet."""
    return tmp_path / 'libsigrokdecode' / 'decoders'


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their path in it, our list left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob('*'))
        if path.is_file() and path != folder / LIST
    }


def names(paths: tuple[PurePosixPath, ...]) -> list[str]:
    return sorted(map(str, paths))


def shipped(what: Shipment) -> dict[str, bytes]:
    return {str(path): data for path, data in what.files.items()}


def test_all_files_are_written_and_told(folder: Path) -> None:
    outcome = install(folder, OLD)
    assert content(folder) == shipped(OLD)
    assert outcome == Outcome(written=tuple(OLD.files))
    found = installed(folder)
    assert found is not None
    assert (found.version, found.is_like(OLD), found.changed(), found.missing()) == (
        '0.1.0', True, [], []
    )  # fmt: skip


def test_nothing_lies_at_the_top_but_our_folders(folder: Path) -> None:
    install(folder, OLD)
    assert sorted(os.listdir(folder)) == ['stm32_given_up', 'stm32_swd', 'stm32trace_core']


def test_a_second_installation_writes_nothing(folder: Path) -> None:
    install(folder, OLD)
    assert install(folder, OLD) == Outcome()


def test_a_newer_version_replaces_what_is_different_and_removes_what_is_gone(folder: Path) -> None:
    install(folder, OLD)
    outcome = install(folder, NEW)
    assert content(folder) == shipped(NEW)
    assert names(outcome.written) == ['stm32_adi/__init__.py', 'stm32trace_core/wire/i2c.py']
    assert names(outcome.removed) == ['stm32_given_up/pd.py', 'stm32trace_core/wire/gone.py']
    assert not (folder / 'stm32_given_up').exists()


def test_the_decoders_of_others_are_left_alone(folder: Path) -> None:
    other = folder / 'stm32_theirs' / 'pd.py'
    other.parent.mkdir(parents=True)
    other.write_bytes(b'theirs')
    install(folder, OLD)
    install(folder, NEW)
    uninstall(folder)
    assert content(folder) == {'stm32_theirs/pd.py': b'theirs'}


@pytest.mark.parametrize('make', ['folder', 'file', 'link', 'broken link'])
def test_a_foreign_thing_of_our_name_is_an_error_and_nothing_is_written(
    folder: Path, tmp_path: Path, make: str
) -> None:
    folder.mkdir(parents=True)
    target = folder / 'stm32_swd'
    if make == 'folder':
        target.mkdir()
    elif make == 'file':
        target.write_bytes(b'theirs')
    else:
        elsewhere = tmp_path / 'checkout'
        if make == 'link':
            elsewhere.mkdir()
        target.symlink_to(elsewhere)
    before = content(folder)
    with pytest.raises(ReportError, match=r'stm32_swd: expected no stm32_swd here') as raised:
        install(folder, OLD, force=True)
    assert raised.value.exit_status == 4
    assert content(folder) == before
    assert uninstall(folder, force=True) is None


def test_a_foreign_file_in_one_of_our_folders_is_an_error_where_ours_would_come(
    folder: Path,
) -> None:
    install(folder, OLD)
    (folder / 'stm32_adi').mkdir()
    with pytest.raises(ReportError, match='stm32_adi'):
        install(folder, NEW, force=True)
    (folder / 'stm32_adi').rmdir()
    extra = Shipment('0.2.0', {**OLD.files, PurePosixPath('stm32_swd/mine.py'): b'ours'})
    (folder / 'stm32_swd/mine.py').write_bytes(b'theirs')
    with pytest.raises(ReportError, match=r'mine\.py: expected to make this file'):
        install(folder, extra, force=True)
    assert content(folder) == {**shipped(OLD), 'stm32_swd/mine.py': b'theirs'}


def test_what_was_changed_by_hand_is_neither_overwritten_nor_removed_without_force(
    folder: Path,
) -> None:
    install(folder, OLD)
    (folder / 'stm32trace_core/wire/i2c.py').write_bytes(b'mine')
    found = installed(folder)
    assert found is not None
    assert found.changed() == [PurePosixPath('stm32trace_core/wire/i2c.py')]
    told = r'i2c\.py: expected the file as it was installed'
    with pytest.raises(ReportError, match=told):
        install(folder, NEW)
    with pytest.raises(ReportError, match=told):
        uninstall(folder)
    assert content(folder) == {**shipped(OLD), 'stm32trace_core/wire/i2c.py': b'mine'}
    install(folder, NEW, force=True)
    assert content(folder) == shipped(NEW)


def test_what_is_missing_is_told_and_brought_back(folder: Path) -> None:
    install(folder, OLD)
    (folder / 'stm32_swd/__init__.py').unlink()
    found = installed(folder)
    assert found is not None
    assert found.missing() == [PurePosixPath('stm32_swd/__init__.py')]
    assert names(install(folder, OLD).written) == ['stm32_swd/__init__.py']


def test_removal_takes_caches_with_it_and_leaves_what_is_not_ours(folder: Path) -> None:
    install(folder, OLD)
    cache = folder / 'stm32_swd/__pycache__'
    cache.mkdir()
    (cache / '__init__.cpython-311.pyc').write_bytes(b'compiled')
    (folder / 'stm32trace_core/wire/notes.txt').write_bytes(b'theirs')
    outcome = uninstall(folder)
    assert outcome is not None
    assert names(outcome.removed) == sorted([*shipped(OLD), str(LIST)])
    assert names(outcome.left) == ['stm32trace_core/wire', 'stm32trace_core/wire/notes.txt']
    assert content(folder) == {'stm32trace_core/wire/notes.txt': b'theirs'}
    assert not (folder / 'stm32_swd').exists()
    assert uninstall(folder) is None


def interrupted(steps: int) -> Iterator[None]:
    """Let `steps` files be put in place, then fail."""
    yield from [None] * steps
    raise OSError(28, 'No space left on device')


@pytest.mark.parametrize('steps', range(5))
def test_an_interrupted_installation_is_completed_by_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    install(folder, OLD)
    replace, allowed = os.replace, interrupted(steps)

    def failing(source: Path, target: Path) -> None:
        next(allowed)
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', failing)
        if steps < 4:  # the list, two files, the list again
            with pytest.raises(ReportError, match='No space left on device'):
                install(folder, NEW)
        else:
            install(folder, NEW)
    assert not list(folder.rglob('*.part'))
    install(folder, NEW)
    assert content(folder) == shipped(NEW)
    assert uninstall(folder) is not None
    assert content(folder) == {}


@pytest.mark.parametrize('path', ['../outside.py', '/etc/passwd', 'other/pd.py', 'stm32_swd'])
def test_a_list_that_names_what_cannot_be_ours_is_not_believed(folder: Path, path: str) -> None:
    install(folder, OLD)
    told = json.loads((folder / LIST).read_text())
    told['files'][path] = ['0' * 64]
    (folder / LIST).write_text(json.dumps(told))
    assert installed(folder) is None


@pytest.mark.parametrize('text', ['', '{}', '[]', '{"version": 1, "files": 2}', '\0'])
def test_a_broken_list_is_none(folder: Path, text: str) -> None:
    install(folder, OLD)
    (folder / LIST).write_text(text)
    assert installed(folder) is None


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / 'file').write_bytes(b'')
    with pytest.raises(ReportError, match='expected a folder that can be written'):
        install(tmp_path / 'file' / 'decoders', OLD)


@pytest.mark.parametrize(
    ('one', 'other', 'expected'),
    [('0.2.0', '0.1.9', True), ('0.10.0', '0.9', True), ('0.1', '0.1', False), ('0.1', '1', False)],
)
def test_versions_are_compared_as_numbers(one: str, other: str, expected: bool) -> None:
    assert newer(one, other) is expected


def test_what_is_shipped_are_the_sources_of_all_our_folders_and_nothing_else() -> None:
    found = shipment()
    assert found.folders[0] == CORE
    assert {'stm32_adi', 'stm32_boot_i2c', 'stm32_flash', 'stm32_swd'} <= set(found.decoders)
    for decoder in found.decoders:
        assert PurePosixPath(decoder, 'pd.py') in found.files
    assert {path.suffix for path in found.files} == {'.py'}
