"""How far a recording is, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from stm32trace.report.plain import counted


@contextmanager
def recording_bar(total: int | None, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Give a function to call with the number of samples so far; a bar shows it where there is a terminal.

    total: how many there will be; None where nobody knows, then the bar only moves.
    """
    console = Console(stderr=True)
    if quiet or not console.is_terminal or console.is_dumb_terminal or console.no_color:
        yield lambda samples: None
        return
    progress = Progress(
        TextColumn('recording'),
        BarColumn(),
        TextColumn('{task.description}', markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    task = progress.add_task('', total=total)
    with progress:
        yield lambda samples: progress.update(
            task, completed=samples, description=counted(samples, 'sample')
        )
