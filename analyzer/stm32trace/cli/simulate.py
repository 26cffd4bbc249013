"""`stm32trace simulate`: a virtual STM32, to make captures or to let real host tools talk to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from stm32trace.cli.options import rate_in_hz
from stm32trace.cli.output import Output
from stm32trace.cli.program import complain
from stm32trace.errors import OptionError, ReportError
from stm32trace.simulator.faults import arrange, parse
from stm32trace.simulator.parts.models import MODELS
from stm32trace.simulator.recorder import Probe, Recorder
from stm32trace.simulator.scenario import find, known, play
from stm32trace.simulator.serve.stand import NETS, Stand, stand
from stm32trace.simulator.truth import Truth

SAMPLES_PER_BIT = 4  # the least at which a capture is worth making
USUAL_RATES = {'swd': 8e6, 'uart': 2e6, 'i2c': 2e6}

_force = click.option('--force', is_flag=True, help='Write over a file that is there.')
_fault = click.option(
    '--fault',
    'faults',
    multiple=True,
    metavar='KIND@TIME,...',
    help='What goes wrong, as nrst@1.5s,width=120ms or supply@2s,volts=1.2,width=5ms.',
)


@click.group(
    name='simulate', short_help='a virtual STM32: make captures, or serve one to host tools'
)
def command() -> None:
    """Let things happen to a virtual STM32, and record every wire.

    Nothing here touches a real part.
    """


@command.command(name='list')
def list_scenarios() -> None:
    """List the scenarios that come with the program."""
    scenarios = list(known())
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        click.echo(f'{scenario.name:{width}}  {scenario.title}')


@command.command(name='run')
@click.argument('scenario')
@click.option('-o', '--output', type=click.Path(path_type=Path), required=True, metavar='FILE.sr')
@click.option(
    '--truth',
    type=click.Path(path_type=Path),
    metavar='FILE',
    help='Also what really happened, as JSON lines.',
)
@_fault
@_force
def run_scenario(
    scenario: str, output: Path, truth: Path | None, faults: tuple[str, ...], force: bool
) -> int:
    """Play SCENARIO, a name of `simulate list` or a .toml file, and record it."""
    _check(output, force)
    played = play(find(scenario), [parse(fault) for fault in faults])
    _record(played.recorder, played.probe, output)
    if truth is not None:
        _tell(played.truth, truth)
    return 0


@command.command(name='serve', context_settings={'ignore_unknown_options': True})
@click.argument('bus', type=click.Choice(list(NETS)))
@click.argument('tool', nargs=-1, type=click.UNPROCESSED, metavar='[-- TOOL ARGUMENTS...]')
@click.option(
    '--family', type=click.Choice(list(MODELS)), default='G0', show_default=True, help='Which part.'
)
@click.option(
    '--record', type=click.Path(path_type=Path), metavar='FILE.sr', help='Record the wires.'
)
@click.option(
    '--truth',
    type=click.Path(path_type=Path),
    metavar='FILE',
    help='Also what really happened, as JSON lines.',
)
@click.option('--samplerate', metavar='HZ', help='Of the recording (default: 8M for SWD, else 2M).')
@click.option(
    '--clock', metavar='HZ', help='Of SWCLK or SCL (default: as the tool asks, 100k for I2C).'
)
@_fault
@_force
def serve(
    bus: str, tool: tuple[str, ...], family: str, record: Path | None, truth: Path | None, samplerate: str | None,
    clock: str | None, faults: tuple[str, ...], force: bool,
) -> int:  # fmt: skip
    """Serve a virtual part to a real host tool.

    With a tool after `--` it is run, {port} in its arguments standing for the port, and its exit status is ours;
    else the command to type in another terminal is shown, and Ctrl-C ends the session.
    """
    rate = rate_in_hz(samplerate) if samplerate else USUAL_RATES[bus]
    clock_hz = rate_in_hz(clock, '--clock') if clock else None
    if clock_hz and rate < SAMPLES_PER_BIT * clock_hz:
        raise OptionError(
            f'--samplerate {samplerate or rate}: expected at least {SAMPLES_PER_BIT} samples a clock of {clock},'
            ' found fewer; raise it or lower --clock',
            option='--samplerate',
        )
    if record is not None:
        _check(record, force)
    with stand(bus, family, clock_hz) as served:
        for fault in faults:
            arrange(parse(fault), served.part)
        status = _run(served, tool)
        if record is not None:
            _record(served.recorder, Probe(rate, served.nets), record)
        if truth is not None:
            _tell(served.part.truth, truth)
    return status


def _run(served: Stand, tool: Sequence[str]) -> int:
    if tool:
        return served.run(tool)
    complain(
        f'{served.part.model.name} at {served.port}; type in another terminal, Ctrl-C here ends it:'
    )
    complain(served.example)
    try:
        served.serve(lambda: False)
    except KeyboardInterrupt:
        complain('ended')
    return 0


def _check(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise ReportError(
            'expected a new file, found one that is there; --force writes over it', path=path
        )


def _record(recorder: Recorder, probe: Probe, path: Path) -> None:
    samples = recorder.write_sr(path, probe)
    complain(f'{path}: {samples} samples at {probe.rate:g} Hz, channels {" ".join(probe.channels)}')


def _tell(truth: Truth, path: Path) -> None:
    with Output(path) as output:
        for happened in truth.of():
            output.write(json.dumps(happened.told()) + '\n')
