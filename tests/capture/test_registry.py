"""Plug-ins are found where they are; our own must work, those of others may be broken."""

import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from stm32trace.errors import PluginError
from stm32trace.registry import Plugin, entry_points, named, plugins, scan


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an importable package `plugged`."""
    folder = tmp_path / 'plugged'
    (folder / 'group').mkdir(parents=True)
    (folder / '__init__.py').touch()
    (folder / 'group' / '__init__.py').touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition('.')[0] == 'plugged']:
        del sys.modules[name]


def points(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Pretend that other distributions registered these entry points."""
    found = [metadata.EntryPoint(name, value, 'some.group') for name, value in values.items()]
    monkeypatch.setattr(metadata, 'entry_points', lambda group: found)


def test_modules_with_the_attribute_are_found_at_any_depth_in_order(package: Path) -> None:
    (package / 'second.py').write_text('RULE = 2')
    (package / 'first.py').write_text('RULE = 1')
    (package / 'table.py').write_text('OTHER = 0')
    (package / 'group' / 'deep.py').write_text('RULE = 3')
    assert list(scan('plugged', 'RULE')) == [
        Plugin('plugged.first', 1),
        Plugin('plugged.group.deep', 3),
        Plugin('plugged.second', 2),
    ]


def test_a_module_of_ours_that_cannot_be_imported_is_an_error(package: Path) -> None:
    (package / 'broken.py').write_text('import no_such_module\nRULE = 1')
    with pytest.raises(
        PluginError, match="plugged.broken: .* No module named 'no_such_m"
    ) as caught:
        list(scan('plugged', 'RULE'))
    assert caught.value.name == 'plugged.broken'
    assert isinstance(caught.value.cause, ModuleNotFoundError)


def test_a_module_that_is_no_plug_in_is_not_imported(package: Path) -> None:
    (package / 'good.py').write_text('RULE = 1')
    (package / 'other.py').write_text('1 / 0')
    assert list(scan('plugged', 'RULE')) == [Plugin('plugged.good', 1)]


def test_a_module_that_cannot_be_parsed_is_an_error(package: Path) -> None:
    (package / 'broken.py').write_text('RULE =')
    with pytest.raises(PluginError, match='plugged.broken'):
        list(scan('plugged', 'RULE'))


def test_a_broken_plug_in_of_others_is_listed_and_the_rest_is_used(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / 'good.py').write_text('READER = 7')
    (package / 'bad.py').write_text('raise RuntimeError("needs a licence")')
    points(monkeypatch, good='plugged.good:READER', bad='plugged.bad:READER')
    bad, good = entry_points('some.group')
    assert good == Plugin('good', 7)
    assert bad.value is None
    assert bad.error is not None
    assert 'plug-in plugged.bad:READER: expected a module' in str(bad.error)
    assert 'found RuntimeError: needs a licence' in str(bad.error)


def test_ours_come_before_those_of_others(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (package / 'ours.py').write_text('READER = 1')
    points(monkeypatch, alien='plugged.ours:__name__')
    found = list(plugins('plugged', 'READER', 'some.group'))
    assert found == [Plugin('plugged.ours', 1), Plugin('alien', 'plugged.ours')]
    assert list(plugins('plugged', 'READER')) == found[:1]


def test_those_of_others_are_not_looked_for_before_they_are_asked_for(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / 'first.py').write_text('READER = 1')
    (package / 'second.py').write_text('1 / 0')
    points(monkeypatch, alien='plugged.second:READER')
    assert next(plugins('plugged', 'READER', 'some.group')) == Plugin('plugged.first', 1)


def test_a_module_asked_for_by_name_is_found_without_importing_the_others(package: Path) -> None:
    (package / 'wanted.py').write_text('command = 1')
    (package / 'broken.py').write_text('1 / 0')
    assert named('plugged', 'wanted', 'command') == Plugin('plugged.wanted', 1)
    assert named('plugged', 'group', 'command') is None
    assert named('plugged', 'absent', 'command') is None
