"""A bar on standard error for captures that take longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stm32trace.report.plain import visible

if TYPE_CHECKING:
    from rich.progress import Progress

    from stm32trace.capture import CaptureReader
    from stm32trace.capture.changes import Changes
    from stm32trace.model import CaptureInfo, Damage

PATIENCE_S = 1.0  # no bar for work that ends sooner


class _Watched:
    """A reader that tells how far it has come."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._progress: Progress | None = None

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
        for block in self._reader.blocks(channels):
            yield block
            if self._progress is None and time.monotonic() - begun > PATIENCE_S:
                self._progress = _progress()
                self._progress.add_task(visible(self.info.path.name), total=self.info.length)
                self._progress.start()
            if self._progress is not None:
                self._progress.update(self._progress.task_ids[0], completed=block.stop)

    def end(self) -> None:
        """Remove the bar, if there is one."""
        if self._progress is not None:
            self._progress.stop()


@contextmanager
def watched(reader: CaptureReader, quiet: bool) -> Iterator[CaptureReader]:
    """Give the reader to read from; where standard error is a terminal, a bar shows how far it is."""
    if quiet or not sys.stderr.isatty():
        yield reader
        return
    source = _Watched(reader)
    try:
        yield source
    finally:
        source.end()


def _progress() -> Progress:
    """Return a bar; it needs escape codes, so none is seen where colours are not wanted."""
    # Here, as most captures are read before any of it could be shown.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn('{task.description}', markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=console.is_dumb_terminal or console.no_color,
    )
