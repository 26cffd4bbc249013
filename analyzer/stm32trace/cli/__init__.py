"""The command line: `main` finds its sub-commands by a scan of this package.

program.py    one-line errors and exit statuses, for whatever happens
options.py    the options that analyze, decode and demo share
output.py     where results go: standard output, or a file that appears whole or not at all
progress.py   a bar for captures that take their time
run.py        captures in, reports out
analyze.py  decode.py  rules.py  explain.py  formats.py  demo.py   one command each
"""

from __future__ import annotations

import click

from stm32trace import __version__
from stm32trace.cli.program import Program

__all__ = ['main']


@click.group(
    cls=Program, name='stm32trace', context_settings={'help_option_names': ['-h', '--help']}
)
@click.version_option(__version__, prog_name='stm32trace', message='%(prog)s %(version)s')
def main() -> None:
    """Read a logic-analyzer capture of STM32 programming: what happened, what is wrong, who is to blame, what to do.

    Exit status: 0 nothing found, 1 findings, 2 usage, 3 nothing of a capture could be read, 4 an output could
    not be written.
    """
