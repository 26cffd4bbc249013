"""A bar on standard error for captures that take longer than a second."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from stm32trace.capture import CaptureReader
from stm32trace.capture.changes import Changes
from stm32trace.model import CaptureInfo, Damage
from stm32trace.report.plain import visible

PATIENCE_S = 1.0  # no bar for work that ends sooner


class _Watched:
    """A reader that tells how far it has come."""

    def __init__(self, reader: CaptureReader, progress: Progress) -> None:
        self._reader = reader
        self._progress = progress
        self._task = progress.add_task(visible(reader.info.path.name), total=reader.info.length)

    @property
    def info(self) -> CaptureInfo:
        """That of the reader."""
        return self._reader.info

    @property
    def damage(self) -> tuple[Damage, ...]:
        """That of the reader."""
        return self._reader.damage

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield the reader's blocks."""
        begun = time.monotonic()
        shown = False
        for block in self._reader.blocks(channels):
            yield block
            if not shown and time.monotonic() - begun > PATIENCE_S:
                self._progress.start()
                shown = True
            self._progress.update(self._task, completed=block.stop)


@contextmanager
def watched(reader: CaptureReader, quiet: bool) -> Iterator[CaptureReader]:
    """Give the reader to read from; where standard error is a terminal, a bar shows how far it is.

    A bar needs escape codes, so there is none where colours are not wanted.
    """
    console = Console(stderr=True)
    if quiet or not console.is_terminal or console.is_dumb_terminal or console.no_color:
        yield reader
        return
    columns = (
        TextColumn('{task.description}', markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    try:
        yield _Watched(reader, progress)
    finally:
        progress.stop()
