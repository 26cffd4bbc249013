"""The bar on standard error: for terminals and long captures only, and it changes nothing."""

from __future__ import annotations

from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest

from stm32trace.capture import open_capture
from stm32trace.cli import progress


class Terminal(StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """A terminal that can show colours."""
    monkeypatch.setenv('TERM', 'xterm')
    monkeypatch.delenv('NO_COLOR', raising=False)
    return Terminal()


def starts(file: Path, terminal: StringIO, quiet: bool = False) -> list[int]:
    """Read a capture with `terminal` as standard error."""
    with redirect_stderr(terminal), progress.watched(open_capture(file), quiet) as reader:
        assert reader.info == open_capture(file).info
        found = [block.start for block in reader.blocks([0])]
        assert reader.damage == ()
    return found


def test_a_long_work_is_shown_with_the_name_of_the_file(
    brick: Path, terminal: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = starts(brick, terminal, quiet=True)
    assert terminal.getvalue() == ''
    monkeypatch.setattr(progress, 'PATIENCE_S', -1.0)
    assert starts(brick, terminal) == plain
    assert 'brick.sr' in terminal.getvalue()


def test_a_short_work_is_not_shown(brick: Path, terminal: StringIO) -> None:
    starts(brick, terminal)
    assert 'brick.sr' not in terminal.getvalue()


@pytest.mark.parametrize(('name', 'value'), [('NO_COLOR', '1'), ('TERM', 'dumb')])
def test_nothing_is_shown_where_escape_codes_are_not_wanted(
    brick: Path, terminal: StringIO, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(progress, 'PATIENCE_S', -1.0)
    starts(brick, terminal)
    assert terminal.getvalue() == ''


def test_where_standard_error_is_no_terminal_the_reader_is_handed_on_as_it_is(brick: Path) -> None:
    reader = open_capture(brick)
    with progress.watched(reader, quiet=False) as source:
        assert source is reader
