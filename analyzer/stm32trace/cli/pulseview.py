"""`stm32trace pulseview`: our decoders into PulseView, and a capture into it with everything set up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from stm32trace.capture import open_capture
from stm32trace.cli.catalogue import all_rules
from stm32trace.cli.options import Options
from stm32trace.cli.output import Output
from stm32trace.cli.program import complain
from stm32trace.cli.run import opened, read
from stm32trace.cli.some_options import completed, some
from stm32trace.errors import OptionError, ReportError
from stm32trace.pulseview.folders import SEARCH_VARIABLE, Folder, user_folders
from stm32trace.pulseview.install import Installed, Outcome, install, installed, newer, uninstall
from stm32trace.pulseview.program import Program, find
from stm32trace.pulseview.session import Session, is_untouched, session
from stm32trace.pulseview.shipment import Shipment, decoder_folder, shipment
from stm32trace.report.plain import counted, visible
from stm32trace.sigrok.decoder_options import Facts, Formats

SUFFIX = '.pvs'  # PulseView looks for the session of NAME.sr in NAME.pvs

_directory = click.option(
    '--dir',
    'directory',
    type=click.Path(path_type=Path),
    metavar='DIR',
    help="This folder of decoders (default: the user's own, of every PulseView that is known here).",
)
_force = click.option('--force', is_flag=True, help='Also what was changed by hand since.')
_program = click.option(
    '--program',
    type=click.Path(path_type=Path),
    metavar='FILE',
    help='The PulseView to use (default: the one that is installed).',
)


@click.group(
    name='pulseview', short_help='decoders into PulseView; a capture with everything set up'
)
def command() -> None:
    """Install our decoders into PulseView, and open captures there with everything set up."""


@command.command(name='install')
@_directory
@_force
def install_command(directory: Path | None, force: bool) -> int:
    """Put the decoders where PulseView and sigrok-cli find them, in the place of an older version.

    What is not ours is never overwritten.
    """
    output = Output(None)
    shipped = shipment()
    for folder in _folders(directory):
        outcome = install(folder.path, shipped, force=force)
        for line in _told(folder.path, outcome):
            output.write(line)
        output.write(
            f'{visible(str(folder.path))}: stm32trace {shipped.version} is installed, '
            f'{", ".join(shipped.decoders)}; for {folder.reader}, from their next start on\n'
        )
    return 0


@command.command(name='uninstall')
@_directory
@_force
def uninstall_command(directory: Path | None, force: bool) -> int:
    """Take away what `install` wrote, and nothing else."""
    output = Output(None)
    for folder in _folders(directory):
        outcome = uninstall(folder.path, force=force)
        for line in _told(folder.path, outcome or Outcome()):
            output.write(line)
        state = 'nothing of stm32trace is installed' if outcome is None else 'removed'
        output.write(f'{visible(str(folder.path))}: {state}\n')
    return 0


@command.command(name='status')
@_directory
@_program
def status_command(directory: Path | None, program: Path | None) -> int:
    """Say which version is installed where, and which PulseView there is."""
    output = Output(None)
    shipped = shipment()
    for folder in _folders(directory):
        state = _state(installed(folder.path), shipped)
        output.write(f'{visible(str(folder.path))} (of {folder.reader}): {state}\n')
    named = os.environ.get(SEARCH_VARIABLE)
    if named:
        output.write(f'{visible(named)} (named by {SEARCH_VARIABLE}): searched before these\n')
    output.write(f'{_found(program)}\n')
    return 0


@command.command(name='open')
@click.argument('file', metavar='FILE', type=click.Path(readable=False, path_type=Path))
@click.option('--write-only', is_flag=True, help='Write the session file, start nothing.')
@click.option('--force', is_flag=True, help="Overwrite a session file that is the user's own.")
@_program
@some(
    'channel', 'protocol', 'baud', 'parity', 'address', 'family', 'samplerate', 'select', 'ignore',
    'severity_min', 'quiet', 'no_color',
)  # fmt: skip
def open_command(
    file: Path, write_only: bool, force: bool, program: Path | None, **given: Any
) -> int:
    """Analyse FILE, a sigrok session (.sr), and open it in PulseView.

    Channels are named by role, our decoders set up on the buses that were found, a marker stands at each
    finding, and the view shows the worst one. That is written into a session file beside the capture.
    """
    options = completed(given)
    viewer = None if write_only else find(program)
    target = file.with_suffix(SUFFIX)
    made = _session(file, options)
    _check(target, force)
    for problem in made.problems:
        complain(problem)
    with Output(target, (file,)) as output:
        output.write(made.text)
    Output(None).write(f'{visible(str(target))}: written\n')
    if viewer is not None:
        viewer.show(file, _own_decoders())
    return 0


def _folders(directory: Path | None) -> tuple[Folder, ...]:
    if directory is None:
        return user_folders()
    return (Folder(directory, 'whoever is told to look there'),)


def _told(folder: Path, outcome: Outcome) -> Iterator[str]:
    """Yield one line for each file that was touched, or left where it was."""
    for what, paths in (
        ('wrote', outcome.written),
        ('removed', outcome.removed),
        ('left, not ours', outcome.left),
    ):
        yield from (f'{what}: {visible(str(folder / path))}\n' for path in paths)


def _state(found: Installed | None, shipped: Shipment) -> str:
    """Return in words what is installed, beside what this version would install."""
    if found is None:
        return 'not installed; `stm32trace pulseview install` does'
    version = f'stm32trace {found.version} is installed'
    changed, missing = found.changed(), found.missing()
    if changed:
        version += (
            f', modified: {counted(len(changed), "file")} changed by hand, first {changed[0]}'
        )
    if missing:
        version += f', incomplete: {counted(len(missing), "file")} missing'
    if newer(found.version, shipped.version):
        return f'{version}; newer than this program, which is {shipped.version}'
    if newer(shipped.version, found.version):
        return f'{version}; older than this program, which is {shipped.version}: install again'
    if not found.is_like(shipped):
        return f'{version}; not what this program would install: install again'
    return version if changed or missing else f'{version}, up to date'


def _found(program: Path | None) -> str:
    """Return which PulseView there is, or that there is none."""
    try:
        viewer: Program = find(program)
    except Exception as error:  # none is an answer too
        return str(error)
    versions = ', '.join(f'{name} {number}' for name, number in viewer.versions().items())
    return (
        f'{visible(str(viewer.path))}: {versions or "a PulseView that does not tell its version"}'
    )


def _session(file: Path, options: Options) -> Session:
    """Analyse a capture and make its session. The times are those of the file, whatever rate the user gave."""
    reader = opened(file, options)
    if reader.info.format != 'sr':
        raise OptionError(
            f'{file}: expected a sigrok session (.sr), found {reader.info.format};'
            ' save it as .sr first, since PulseView may name the channels of other formats differently'
        )
    formats = Formats()
    analysis = read(reader, options, options.settings(all_rules().values()), [formats])
    facts = Facts(analysis.context, options.sample_rate, formats.found)
    return session(replace(analysis, info=open_capture(file).info), facts, options.lowest)


def _check(target: Path, force: bool) -> None:
    """Raise ReportError if the session file is somebody's work."""
    try:
        text = target.read_text(encoding='latin-1')
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReportError(
            f'expected a session file that can be read, found: {error.strerror or error}',
            path=target,
        ) from error
    if not force and not is_untouched(text):
        raise ReportError(
            'expected no session file here, or one written by this program, found one saved by PulseView'
            ' or changed by hand; move it away, or overwrite it with --force',
            path=target,
        )


def _own_decoders() -> Path | None:
    """Return the folder of decoders to name to PulseView, None where the right ones are installed or named."""
    shipped = shipment()
    found = [installed(folder.path) for folder in user_folders()]
    current = [one for one in found if one is not None and one.is_like(shipped)]
    if os.environ.get(SEARCH_VARIABLE) or (current and not current[0].changed()):
        return None
    return decoder_folder()
