"""The bar on standard error: for terminals and long captures only, and it changes nothing."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from stm32trace.capture import open_capture
from stm32trace.cli import progress


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """A standard error that is a terminal; what is written to it."""
    shown = StringIO()
    console = Console(
        file=shown, force_terminal=True, width=80, color_system='standard', no_color=False
    )
    monkeypatch.setenv('TERM', 'xterm')
    monkeypatch.setattr(progress, 'Console', lambda stderr: console)
    return shown


def starts(file: Path, quiet: bool = False) -> list[int]:
    with progress.watched(open_capture(file), quiet) as reader:
        assert reader.info == open_capture(file).info
        found = [block.start for block in reader.blocks([0])]
        assert reader.damage == ()
    return found


def test_a_long_work_is_shown_with_the_name_of_the_file(
    brick: Path, terminal: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = starts(brick, quiet=True)
    assert terminal.getvalue() == ''
    monkeypatch.setattr(progress, 'PATIENCE_S', -1.0)
    assert starts(brick) == plain
    assert 'brick.sr' in terminal.getvalue()


def test_a_short_work_is_not_shown(brick: Path, terminal: StringIO) -> None:
    starts(brick)
    assert 'brick.sr' not in terminal.getvalue()


def test_where_standard_error_is_no_terminal_the_reader_is_handed_on_as_it_is(brick: Path) -> None:
    reader = open_capture(brick)
    with progress.watched(reader, quiet=False) as source:
        assert source is reader
