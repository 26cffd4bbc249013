"""The outermost layer: whatever happens becomes one line on standard error and an exit status."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

from stm32trace.errors import ReportError, Stm32TraceError
from stm32trace.registry import named, scan
from stm32trace.report.plain import visible

USAGE = 2
DEFECT = 3  # ours; for the caller it is as if the capture could not be read
INTERRUPTED = 130  # 128 + SIGINT, as shells count

GARBAGE = 100_000  # objects between two searches for cycles, of which there are next to none

TRACEBACK = 'STM32TRACE_TRACEBACK'  # environment variable: show where a defect lies


class Program(click.Group):
    """A group whose commands are the modules of this package that have `command`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where nothing is given: to standard error, since it is not a result."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None for an unknown one; the usual one is found without importing the others."""
        found = named('stm32trace.cli', cmd_name, 'command')
        command = None if found is None else found.value
        if isinstance(command, click.Command) and command.name == cmd_name:
            return command
        return _commands().get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with what it may have been meant to be."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(
                f'expected a command, found {args[0]!r}{did_you_mean(args[0], _commands())}', ctx
            )
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run and exit; nothing but SystemExit leaves this function."""
        if sys.stdout is None:  # the shell's >&-
            complain('expected a standard output to write to, found it closed; send it to a file')
            sys.exit(ReportError.exit_status)
        _start_quickly()
        try:
            status = super().main(
                args,
                prog_name or 'stm32trace',
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except (KeyboardInterrupt, click.Abort):
            status = INTERRUPTED
        except Exception as error:
            status = tell(error)
        sys.exit(status if isinstance(status, int) else 0)


def _start_quickly() -> None:
    """Spare what takes a tenth of a second and is of no use here."""
    gc.set_threshold(GARBAGE)
    # Nothing here multiplies matrices: numpy need not start threads for that when it is loaded.
    os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')


def tell(error: Exception) -> int:
    """Say in one line what went wrong; return the exit status that goes with it."""
    if isinstance(error, Stm32TraceError):
        complain(str(error))
        return error.exit_status
    if isinstance(error, click.ClickException):
        return _usage(error)
    if os.environ.get(TRACEBACK):
        import traceback  # here, as it is not used otherwise

        traceback.print_exception(error)
    where = f'{type(error).__name__}: {error}'
    complain(
        f'expected to finish, found a defect of this program ({where}); please report it, with what {TRACEBACK}=1 shows'
    )
    return DEFECT


def complain(message: str) -> None:
    """Write one line to standard error, whatever `message` holds."""
    try:
        click.echo(f'stm32trace: {visible(" ".join(message.splitlines()))}', err=True)
    except OSError:
        return  # nobody is left to be told; the exit status still says it


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return '; did you mean ...?', '' where nothing known is near."""
    import difflib  # here, as it is only used where something is wrong

    spellings = {one.lower(): one for one in known}
    near = difflib.get_close_matches(word.lower(), spellings, n=3, cutoff=0.6)
    return f'; did you mean {" or ".join(spellings[one] for one in near)}?' if near else ''


def _usage(error: click.ClickException) -> int:
    context = getattr(error, 'ctx', None)
    path = context.command_path if context is not None else 'stm32trace'
    complain(f'{error.format_message().rstrip(".")}; see `{path} --help`')
    return USAGE


def _commands() -> dict[str, click.Command]:
    found = (plugin.value for plugin in scan('stm32trace.cli', 'command'))
    return {value.name: value for value in found if isinstance(value, click.Command) and value.name}
