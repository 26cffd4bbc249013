"""Fixtures for all tests, and what the head of pytest's output says about this machine."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from prerequisites import captures_folder, require_captures, unavailable

# No deadline: how long an example takes is the machine's business, not a property of the code.
settings.register_profile('stm32trace', deadline=None)
settings.load_profile('stm32trace')


def pytest_report_header() -> list[str]:
    """Say which prerequisites are there before the first test runs."""
    folder = captures_folder()
    state = 'found' if folder.is_dir() else 'NOT FOUND, tests that need them are skipped'
    tool = shutil.which('sigrok-cli') or 'NOT INSTALLED, tests that need it are skipped'
    return [f'shared captures: {folder}: {state}', f'sigrok-cli: {tool}']


@pytest.fixture(scope='session')
def shared_captures() -> Path:
    """The folder of the captures listed in shared-captures.toml: swd/, jtag/, uart/, i2c/."""
    return require_captures()


@pytest.fixture(scope='session')
def simulated_captures(shared_captures: Path) -> Path:
    """Captures of host tools on a simulated part, each with its truth.

    They are not public: `STM32TRACE_PUBLIC_ONLY=1` says that they are not expected here, even with CI=true.
    """
    folder = shared_captures / 'simulated'
    if not folder.is_dir():
        reason = f'no simulated captures in {folder}; they are not public'
        if os.environ.get('STM32TRACE_PUBLIC_ONLY') == '1':
            pytest.skip(reason)
        unavailable(reason)
    return folder
