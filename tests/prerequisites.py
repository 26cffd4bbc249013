"""What some tests need from the machine, and what happens where it is missing.

Such a test is skipped, with the reason in pytest's summary. With CI=true in the environment it fails instead, so
that a build server cannot skip it unnoticed.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CAPTURES_VARIABLE = 'STM32TRACE_CAPTURES'
SHARED = PROJECT.parent / 'shared' / 'captures'  # beside the checkout
FETCHED = PROJECT / '.captures'  # where scripts/fetch-captures.py puts them


def unavailable(reason: str) -> NoReturn:
    """Skip the running test because of `reason`; fail it with CI=true."""
    if os.environ.get('CI') == 'true':
        pytest.fail(f'{reason} (with CI=true nothing may be missing)', pytrace=False)
    pytest.skip(reason)


def require_tool(name: str) -> str:
    """Return the path of the program `name`; see `unavailable` where it is not installed."""
    path = shutil.which(name)
    if path is None:
        unavailable(f'{name} is not installed; scripts/install-debian-packages.sh would')
    return path


def captures_folder() -> Path:
    """Return the folder in which the captures of tests/shared-captures.toml belong; it may not exist."""
    named = os.environ.get(CAPTURES_VARIABLE)
    if named:
        return Path(named).resolve()
    return SHARED if SHARED.is_dir() or not FETCHED.is_dir() else FETCHED


def require_captures() -> Path:
    """Return the folder of the shared captures; see `unavailable` where there is none."""
    folder = captures_folder()
    if not folder.is_dir():
        unavailable(
            f'no captures in {folder}; scripts/fetch-captures.py brings the public ones, '
            f'or set {CAPTURES_VARIABLE}'
        )
    return folder
