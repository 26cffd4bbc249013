"""The list of public captures is complete, and the captures at hand are the ones it names."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from prerequisites import PROJECT, unavailable

CAPTURES: list[dict[str, str]] = tomllib.loads(
    (PROJECT / 'tests' / 'shared-captures.toml').read_text(encoding='utf-8')
)['capture']
FOLDERS = (
    'i2c',
    'jtag',
    'swd',
    'uart',
)  # what else lies beside them is not from the public repository


@pytest.mark.parametrize('capture', CAPTURES, ids=lambda capture: str(capture['file']))
def test_capture_has_the_listed_content(capture: dict[str, str], shared_captures: Path) -> None:
    file = shared_captures / capture['file']
    if not file.is_file():
        unavailable(f'{file} is missing; scripts/fetch-captures.py fetches it')
    content = file.read_bytes()
    assert hashlib.sha256(content).hexdigest() == capture['sha256']
    assert hashlib.sha1(b'blob %d\0' % len(content) + content).hexdigest() == capture['blob']


def test_every_capture_in_the_public_folders_is_listed(shared_captures: Path) -> None:
    present = {
        file.relative_to(shared_captures).as_posix()
        for folder in FOLDERS
        for file in (shared_captures / folder).glob('*.sr')
    }
    assert present <= {capture['file'] for capture in CAPTURES}


def test_list_names_each_capture_once_and_says_where_it_comes_from() -> None:
    files = [capture['file'] for capture in CAPTURES]
    assert files == sorted(set(files))
    for capture in CAPTURES:
        assert set(capture) - {'file', 'sha256', 'blob'} in ({'path', 'commit'}, {'note'})
