"""`stm32trace decode FILE`: the records themselves, one line each, in the order of time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from stm32trace.cli.catalogue import all_rules, row_formats
from stm32trace.cli.options import Options, shared
from stm32trace.cli.output import Output
from stm32trace.cli.program import complain, did_you_mean
from stm32trace.cli.run import choose, exit_status, failing, follow, opened, read
from stm32trace.cli.sigrok_rows import SigrokRows, sigrok_option
from stm32trace.errors import OptionError
from stm32trace.report.listing import Listing
from stm32trace.report.order import TimeOrder
from stm32trace.report.plain import counted
from stm32trace.report.reporter import RowFormat
from stm32trace.report.rows import KINDS, LAYERS, select
from stm32trace_core.context import bare_context
from stm32trace_core.rules.engine import Judged


@click.command(name='decode', short_help='the traffic, one line a record')
@click.argument('file', metavar='FILE', type=click.Path(readable=False, path_type=Path))
@click.option(
    '--kind',
    multiple=True,
    metavar='K[,K]',
    help=f'Only these: {", ".join(kind.name for kind in KINDS)}.',
)
@click.option('--level', multiple=True, type=click.Choice(LAYERS), help='Everything of this layer.')
@sigrok_option
@shared
def command(
    file: Path, kind: tuple[str, ...], level: tuple[str, ...], sigrok: tuple[str, ...], **given: Any
) -> int:
    """Write the decoded traffic of FILE, one line a record, in the order of time.

    Formats: text (default), jsonl, csv. --kind and --level add up. The exit status is that of
    `analyze`: use --fail-on never where findings do not matter.
    """
    options = Options(**given)
    kinds = select(_kinds(kind), level)
    form = choose(row_formats(), options, 'text')
    judging = options.failing is not None
    rules = all_rules().values() if judging or options.select or options.ignore else ()
    settings = options.settings(rules)
    others = SigrokRows(sigrok)
    reader = opened(file, options)
    with Output(options.output, (file,)) as output, TimeOrder() as order:
        context = bare_context(reader.info.sample_rate)._replace(family=options.family)
        rows = Listing(context, kinds, form, order)
        findings: tuple[Judged, ...] = ()
        if judging:
            findings = read(reader, options, settings, [rows, *others.machines]).findings
        else:
            follow(reader, options, settings, [rows, *others.machines])
        for row in others.rows(reader, settings):
            order.add(row.start, row.end, form.line(row))
        _write(output, form, order)
    bad = failing(findings, options)
    if bad and not options.quiet and not output.abandoned:
        complain(f'{counted(len(bad), "finding")} in this capture; see `stm32trace analyze {file}`')
    return exit_status(findings, options)


def _write(output: Output, form: RowFormat, order: TimeOrder) -> None:
    output.write(''.join(f'{line}\n' for line in form.head()))
    for piece in order.text():
        output.write(piece)


def _kinds(values: Iterable[str]) -> list[str]:
    names = [name.strip().lower() for value in values for name in value.split(',')]
    known = [kind.name for kind in KINDS]
    for name in names:
        if name not in known:
            raise OptionError(
                f'--kind: expected some of {", ".join(known)}, found {name!r}{did_you_mean(name, known)}',
                option='--kind',
            )
    return names
