"""`stm32trace formats`: what can be read and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from stm32trace.capture import formats as input_formats
from stm32trace.capture import unavailable_formats as unavailable_inputs
from stm32trace.cli.catalogue import report_formats, row_formats, unavailable_formats
from stm32trace.cli.output import Output
from stm32trace.errors import PluginError
from stm32trace.report.plain import visible


@click.command(name='formats', short_help='what can be read and written')
def command() -> int:
    """List the formats of captures and of results, with what is missing for those that cannot be used."""
    output = Output(None)
    for line in _lines():
        output.write(line.rstrip() + '\n')
    return 0


def _lines() -> Iterator[str]:
    yield 'Captures (--input-format NAME; found by the content where not given)'
    for read in input_formats():
        yield _line(read.name, read.description, read.suffixes)
    yield from _missing(unavailable_inputs())
    yield ''
    yield 'Results of analyze (--format NAME, or by the ending of -o FILE)'
    for report in report_formats().values():
        yield _line(report.name, report.description, report.suffixes)
    yield ''
    yield 'Results of decode (--format NAME, or by the ending of -o FILE)'
    for rows in row_formats().values():
        yield _line(rows.name, rows.description, rows.suffixes)
    yield from _missing(unavailable_formats())


def _line(name: str, description: str, suffixes: tuple[str, ...]) -> str:
    return f'  {visible(name):<10} {visible(description)} ({visible(", ".join(suffixes) or "no usual ending")})'


def _missing(errors: Iterable[PluginError]) -> Iterator[str]:
    for error in errors:
        yield f'  {visible(error.name):<10} not available: {visible(str(error))}'
