"""`stm32trace capture`: record with a logic analyzer through sigrok-cli, then analyse."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import click

from stm32trace.capture.sr_writer import write_sr
from stm32trace.cli.catalogue import all_rules, extra_rules
from stm32trace.cli.options import Options
from stm32trace.cli.output import Output
from stm32trace.cli.program import complain
from stm32trace.cli.program import tell as tell_error
from stm32trace.cli.recording_bar import recording_bar
from stm32trace.cli.run import report
from stm32trace.cli.some_options import completed, some
from stm32trace.cli.watcher import Watcher
from stm32trace.detect import assign
from stm32trace.errors import OptionError, ReportError
from stm32trace.model import Timebase, parse_sample_rate
from stm32trace.pipeline import analyze
from stm32trace.report.plain import counted, visible
from stm32trace.settings import Settings
from stm32trace.sigrok.device import Device, Offer, scan
from stm32trace.sigrok.recorder import Recording, spooled
from stm32trace_core.rules.rule import Severity

SUFFIX = '.sr'
_TICK_S = 0.1  # between two looks at how far a recording is
_TIMES = {'ms': 1e-3, 's': 1.0, 'm': 60.0, 'h': 3600.0}
_TIME = re.compile(r'(\d+)\s*(ms|s|m|h)?')  # as sigrok-cli reads it; alone it is milliseconds


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to record, until when, and where to."""

    device: Device
    samples: str | None
    time: str | None
    watched: bool
    stop_at: Severity | None
    target: Path


@click.command(name='capture', short_help='record through sigrok-cli, then analyse')
@click.option('--driver', metavar='NAME', help='The driver of the device: fx2lafw, demo, ...')
@click.option(
    '--config', multiple=True, metavar='KEY=VALUE', help='A setting of it: samplerate=24m.'
)
@click.option(
    '--channels', metavar='LIST', help='Which of its channels, and how to call them: D0=SCL,D1=SDA.'
)
@click.option('--triggers', metavar='LIST', help='Wait for this before recording: D0=f.')
@click.option('--samples', metavar='N', help='Stop after so many samples: 10m.')
@click.option('--time', metavar='T', help='Stop after so long: 10s, 500ms.')
@click.option('--scan', 'only_scan', is_flag=True, help='List the devices that are found.')
@click.option(
    '--watch', is_flag=True, help='Analyse while recording, and tell findings as they come.'
)
@click.option(
    '--stop-on',
    type=click.Choice(['warning', 'error', 'critical']),
    help='Stop recording at the first finding this severe (with --watch).',
)
@click.option(
    '-o',
    '--output',
    'target',
    type=click.Path(path_type=Path),
    metavar='FILE',
    help='The capture to write, a .sr file.',
)
@click.option('--force', is_flag=True, help='Overwrite a capture of that name.')
@some(
    'channel', 'protocol', 'baud', 'parity', 'address', 'family', 'format', 'select', 'ignore',
    'severity_min', 'fail_on', 'quiet', 'no_color',
)  # fmt: skip
def command(
    driver: str | None,
    config: tuple[str, ...],
    channels: str | None,
    triggers: str | None,
    samples: str | None,
    time: str | None,
    only_scan: bool,
    watch: bool,
    stop_on: str | None,
    target: Path | None,
    force: bool,
    **given: Any,
) -> int:
    """Record with a device that sigrok-cli knows, and analyse what was recorded.

    Without --driver, or with --scan, the devices that are found are listed. Recording ends at --samples or
    --time, or with Ctrl-C; what is there by then is analysed as `stm32trace analyze` would.
    """
    if driver is None or only_scan:
        return _list(driver)
    options = completed(given)
    plan = _Plan(
        device=Device(driver, config, channels, triggers),
        samples=samples,
        time=time,
        watched=watch or stop_on is not None,
        stop_at=None if stop_on is None else Severity[stop_on.upper()],
        target=_target(target, force),
    )
    _record(plan, options)
    return report([plan.target], options)


def _record(plan: _Plan, options: Options) -> None:
    """Record what is planned, and write it. What is wrong with --channel is told before that."""
    settings = options.settings(all_rules().values())
    offer = plan.device.offer()
    assign(offer.channels, settings)
    limits = _limits(plan)
    spool = spooled(plan.target)
    try:
        with Recording(plan.device.logic_only(offer), limits, offer, spool) as recording:
            complain(_announced(plan.target, offer, bool(limits)))
            if plan.watched:
                _watch(recording, settings, plan.stop_at)
            _wait(recording, _total(offer, plan), options)
            recording.check_not_empty()
            _warn(recording)
            _save(recording, offer, plan.target)
    finally:
        spool.remove()


def _list(driver: str | None) -> int:
    """Write the devices that are found, one a line."""
    found = scan(driver)
    Output(None).write(''.join(f'{visible(line)}\n' for line in found))
    if not found:
        complain(
            'expected a device, found none; plug one in, and see that its firmware is installed and that you may access it'
        )
    return 0


def _target(target: Path | None, force: bool) -> Path:
    """Return the file to record to. Raises OptionError or ReportError for what cannot be one."""
    if target is None or str(target) == '-' or target.suffix.lower() != SUFFIX:
        found = 'none' if target is None else repr(str(target))
        raise OptionError(
            f'-o: expected a file to record to such as capture{SUFFIX}, found {found}', option='-o'
        )
    Output(target)  # what cannot be written is told before anything is recorded
    if target.exists() and not force:
        raise ReportError(
            'expected a new file to record to, found one; name another, or overwrite it with --force',
            path=target,
        )
    return target


def _limits(plan: _Plan) -> list[str]:
    limits = []
    for option, value in (('--samples', plan.samples), ('--time', plan.time)):
        if value is not None:
            limits += [option, value]
    return limits


def _total(offer: Offer, plan: _Plan) -> int | None:
    """Return how many samples there will be, None where nobody knows."""
    if plan.samples is not None:
        try:
            number = parse_sample_rate(plan.samples)  # the same way to write a number
        except ValueError:
            return None
        return None if number is None else int(number)
    match = _TIME.fullmatch(plan.time or '')
    if match is None or not offer.sample_rate:
        return None
    return Timebase(offer.sample_rate).samples(int(match[1]) * _TIMES[match[2] or 'ms'])


def _announced(target: Path, offer: Offer, limited: bool) -> str:
    names = ', '.join(offer.names)
    ending = '' if limited else '; Ctrl-C ends the recording'
    return f'recording {names} to {target}{ending}'


def _wait(recording: Recording, total: int | None, options: Options) -> None:
    """Return when the recording has ended; Ctrl-C ends it."""
    with (
        _interrupted(recording.stop),
        recording_bar(total, options.quiet or options.no_color) as show,
    ):
        while recording.running:
            recording.wait(_TICK_S)
            show(recording.samples)


def _watch(recording: Recording, settings: Settings, stop_at: Severity | None) -> None:
    """Analyse until the recording has ended, and tell findings as they come; Ctrl-C ends it, and so may a finding."""
    reader = recording.reader()

    def tell(line: str, severity: Severity) -> None:
        complain(line)
        if stop_at is not None and severity >= stop_at and recording.running:
            complain(f'recording is stopped by --stop-on {stop_at}')
            recording.stop()

    watcher = Watcher(reader.info.sample_rate, tell)
    with _interrupted(recording.stop):
        try:
            analyze(reader, settings, reporters=[watcher], extra_rules=extra_rules())
        except Exception as error:  # whatever it is, the recording is not lost for it
            tell_error(error)


@contextmanager
def _interrupted(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` at the first Ctrl-C; a second one interrupts the program."""
    usual = signal.getsignal(signal.SIGINT)

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, usual)
        stop()

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _warn(recording: Recording) -> None:
    wrong = recording.complaint()
    if wrong is not None:
        complain(f'the recording ended early: {wrong}; what there is of it is analysed')


def _save(recording: Recording, offer: Offer, target: Path) -> None:
    """Make the session file of what was recorded."""
    channels = range(len(offer.names))
    samples = write_sr(target, recording.reader().blocks(channels), offer.names, offer.sample_rate)
    complain(f'{target}: {counted(samples, "sample")} recorded')
