"""`stm32trace explain ID`: the page of one rule."""

from __future__ import annotations

import click

from stm32trace.cli.catalogue import all_rules
from stm32trace.cli.rules import matching, show
from stm32trace.errors import OptionError


@click.command(name='explain', short_help='the page of one rule')
@click.argument('rule', metavar='ID')
@click.option('--no-color', is_flag=True, help='No colours (as NO_COLOR does).')
def command(rule: str, no_color: bool) -> int:
    """Show the page of one rule: what it sees, why it matters, what to do, when it is silent, its source."""
    found = matching(all_rules(), rule)
    if len(found) > 1:
        ids = ', '.join(one.info.id for one in found)
        raise OptionError(
            f'expected the id of one rule, found {rule!r} for {len(found)}: {ids}; choose one'
        )
    show(found[0], no_color)
    return 0
