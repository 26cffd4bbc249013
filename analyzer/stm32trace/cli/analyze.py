"""`stm32trace analyze FILE...`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stm32trace.cli.options import Options, shared
from stm32trace.cli.run import report


@click.command(
    name='analyze', short_help='what happened, what is wrong, who is to blame, what to do'
)
@click.argument(
    'files',
    nargs=-1,
    required=True,
    metavar='FILE...',
    type=click.Path(readable=False, path_type=Path),
)
@shared
def command(files: tuple[Path, ...], **given: Any) -> int:
    """Tell what happened in each FILE, what is wrong, who is to blame, and what to do.

    The first line is the verdict. With --format json: the same for programs.
    """
    return report(files, Options(**given))
