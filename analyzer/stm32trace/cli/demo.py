"""`stm32trace demo`: the main job on a capture that comes with the program."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib import resources
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from stm32trace.cli.options import Options, shared
from stm32trace.cli.run import report
from stm32trace.errors import CaptureError

NAME = 'g071-i2c-bricked'


@click.command(name='demo', short_help='analyze, on a capture that comes with the program')
@shared
@click.pass_context
def command(context: click.Context, /, **given: Any) -> int:
    """Analyse a capture that comes with the program: an STM32G071 lost in its own firmware update.

    The exit status is 0 unless --fail-on is given.
    """
    if context.get_parameter_source('fail_on') == ParameterSource.DEFAULT:
        given['fail_on'] = 'never'
    with _capture() as file:
        return report([file], Options(**given))


def _capture() -> AbstractContextManager[Path]:
    """Return the demo capture: that of the checkout this runs from, else the one in the package.

    A checkout comes first, since an editable install may hold an outdated copy.
    """
    checkout = Path(__file__).parents[3] / 'captures' / NAME / f'{NAME}.sr'
    if checkout.is_file():
        return nullcontext(checkout)
    packed = resources.files('stm32trace') / '_demo' / f'{NAME}.sr'
    if packed.is_file():
        return resources.as_file(packed)
    raise CaptureError(
        'expected the demo capture in the package, found none; install stm32trace again',
        path=checkout,
    )
