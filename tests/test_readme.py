"""The README tells the truth: its screen is what the program prints, its commands exist."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from prerequisites import PROJECT
from stm32trace.cli import main

README = (PROJECT / 'README.md').read_text(encoding='utf-8')
DEMO = PROJECT / 'captures' / 'g071-i2c-bricked' / 'g071-i2c-bricked.sr'


def test_the_screen_is_what_the_demo_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    (screen,) = re.findall(r'```text\n(.*?)```', README, re.DOTALL)
    monkeypatch.setenv('COLUMNS', '80')
    monkeypatch.setenv('NO_COLOR', '1')
    result = CliRunner().invoke(main, ['analyze', str(DEMO), '--fail-on', 'never'])
    printed = '\n'.join(line.rstrip() for line in result.stdout.splitlines())
    assert printed.startswith(screen.rstrip())
    assert len(screen.splitlines()) > 30


def test_its_commands_exist() -> None:
    named = set(re.findall(r'^ +stm32trace ([a-z]+)', README, re.MULTILINE))
    assert {'analyze', 'decode', 'rules', 'explain', 'formats', 'demo'} <= named
    for name in named:
        assert CliRunner().invoke(main, [name, '--help']).exit_code == 0, name
