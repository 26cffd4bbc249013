"""`stm32trace rules [ID]`: the catalogue of rules, or the page of one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import click
from rich.text import Text

from stm32trace.cli.catalogue import all_rules, unavailable_rules
from stm32trace.cli.output import Output
from stm32trace.cli.output import page as paper
from stm32trace.cli.program import complain, did_you_mean
from stm32trace.errors import OptionError
from stm32trace.report.layout import HEADING, PLAIN_STYLES, STRONG, Sheet
from stm32trace.report.pages import page, sections
from stm32trace.report.plain import visible
from stm32trace_core.rules.rule import Rule

FORMATS = ('terminal', 'json')
LINKS = ('https://', 'http://')


@click.command(name='rules', short_help='the catalogue of rules')
@click.argument('rule', required=False, metavar='[ID]')
@click.option(
    '--format',
    'form',
    type=click.Choice(FORMATS),
    default='terminal',
    help='For people or for programs.',
)
@click.option('--no-color', is_flag=True, help='No colours (as NO_COLOR does).')
def command(rule: str | None, form: str, no_color: bool) -> int:
    """List the rules, those whose ID begins as given, or show the page of the one called ID."""
    known = all_rules()
    found = matching(known, rule or '')
    single = rule is not None and len(found) == 1
    if form == 'json':
        objects = [_object(one, with_page=single) for one in found]
        Output(None).write(json.dumps(objects[0] if single else objects, indent=2) + '\n')
    elif single:
        show(found[0], no_color)
    else:
        _table(found, no_color)
    for error in unavailable_rules():
        complain(str(error))
    return 0


def matching(known: Mapping[str, type[Rule]], text: str) -> Sequence[type[Rule]]:
    """Return the rule with that id or name, else those whose id begins so. Raises OptionError for none."""
    exact = [one for one in known.values() if text.lower() in (one.info.id.lower(), one.info.slug)]
    found = exact or [one for one in known.values() if one.info.id.startswith(text.upper())]
    if not found:
        names = [name for one in known.values() for name in (one.info.id, one.info.slug)]
        hint = did_you_mean(text, names) or '; see `stm32trace rules`'
        raise OptionError(f'expected the id or name of a rule, found {text!r}{hint}')
    return found


def show(rule: type[Rule], no_color: bool) -> None:
    """Write the page of one rule."""
    output = Output(None)
    sheet = Sheet(paper(output, color=not no_color, brief=False, several=False))
    info = rule.info
    sheet.add(Text(visible(f'{info.id} {info.slug}'), HEADING))
    severity = Text(str(info.severity), PLAIN_STYLES[str(info.severity)])
    sheet.fact('severity', Text.assemble(severity, f', {info.confidence} confidence'))
    sheet.fact('suspect', info.suspect)
    sheet.fact('needs', ', '.join(need.replace('|', ' or ') for need in info.needs) or 'nothing')
    for heading, paragraphs in sections(rule).items():
        if heading:
            sheet.heading(heading)
        for paragraph in paragraphs:
            if paragraph.text.lstrip().startswith(LINKS):
                sheet.raw(
                    Text(visible(paragraph.text))
                )  # one that is cut in two cannot be followed
            elif paragraph.fixed:
                sheet.add(
                    paragraph.text.strip(),
                    indent=len(paragraph.text) - len(paragraph.text.lstrip()),
                )
            elif heading:
                sheet.add(paragraph.text)
            else:
                sheet.fact('finds', info.summary)
    _write(output, sheet)


def _table(rules: Sequence[type[Rule]], no_color: bool) -> None:
    output = Output(None)
    sheet = Sheet(paper(output, color=not no_color, brief=False, several=False))
    width = max(len(one.info.slug) for one in rules)
    for one in rules:
        info = one.info
        label = Text.assemble(
            (f'{visible(info.id):<8}', STRONG),
            (f'{info.severity!s:<10}', PLAIN_STYLES[str(info.severity)]),
            f'{visible(info.slug):<{width + 2}}',
        )
        sheet.add(info.summary, label=label)
    _write(output, sheet)


def _write(output: Output, sheet: Sheet) -> None:
    text = StringIO()
    sheet.write(text)
    output.write(text.getvalue())


def _object(rule: type[Rule], with_page: bool) -> dict[str, Any]:
    info = rule.info
    found = {
        'id': info.id,
        'name': info.slug,
        'severity': str(info.severity),
        'confidence': str(info.confidence),
        'suspect': info.suspect,
        'needs': list(info.needs),
        'timing': info.timing,
        'summary': info.summary,
        'source': info.source,
    }
    return {**found, 'page': page(rule)} if with_page else found
