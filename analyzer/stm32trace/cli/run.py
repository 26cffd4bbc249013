"""Captures in, reports out: what `analyze` and `demo` do, and what `decode` shares with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TypeVar

from stm32trace.analysis import Analysis
from stm32trace.capture import CaptureReader, open_capture
from stm32trace.cli.catalogue import all_rules, extra_rules, report_formats
from stm32trace.cli.options import Options
from stm32trace.cli.output import Output, page
from stm32trace.cli.program import did_you_mean, tell
from stm32trace.cli.progress import watched
from stm32trace.detect.activity import survey
from stm32trace.errors import ChannelError, OptionError
from stm32trace.line import decoders
from stm32trace.pipeline import analyze, trace
from stm32trace.report.reporter import Page, Reporter, ReportFormat, RowFormat, Subject
from stm32trace.settings import Settings
from stm32trace_core.machine import Machine
from stm32trace_core.rules.engine import Judged, counts_for_exit
from stm32trace_core.rules.rule import Rule

FINDINGS = 1  # exit status

Format = TypeVar('Format', ReportFormat, RowFormat)


def report(files: Sequence[Path], options: Options) -> int:
    """Analyse each file and write its report; return the exit status, the highest of all files."""
    rules = all_rules()
    settings = options.settings(rules.values())
    chosen = choose(report_formats(), options, 'terminal')
    status = 0
    with Output(options.output, tuple(files)) as output:
        paper = page(
            output, color=not options.no_color, brief=options.quiet, several=len(files) > 1
        )
        for file in files:
            try:
                subject, reporter = _judge(file, options, settings, rules, chosen)
                text = _written(reporter, subject, paper)
            except Exception as error:  # whatever it is, the other files are still analysed
                status = max(status, tell(error))
                continue
            output.write(text)
            status = max(status, exit_status(subject.analysis.findings, options))
    return status


def choose(known: Mapping[str, Format], options: Options, usual: str) -> Format:
    """Return the format that is named, else the one of the output's ending, else the usual one."""
    if options.format is not None:
        if options.format not in known:
            raise OptionError(
                f'--format: expected one of {", ".join(known)}, found {options.format!r}'
                f'{did_you_mean(options.format, known)}',
                option='--format',
            )
        return known[options.format]
    suffix = '' if options.output is None else options.output.suffix.lower()
    return next((one for one in known.values() if suffix in one.suffixes), known[usual])


def opened(file: Path, options: Options) -> CaptureReader:
    """Open one capture. Raises CaptureError, OptionError."""
    return open_capture(file, input_format=options.input_format, sample_rate=options.sample_rate)


def read(
    reader: CaptureReader, options: Options, settings: Settings, reporters: Sequence[Machine]
) -> Analysis:
    """Read one capture, with a bar where it takes long. Raises CaptureError, OptionError."""
    with _watched(reader, options) as source:
        return analyze(source, settings, reporters=reporters, extra_rules=extra_rules())


def follow(
    reader: CaptureReader, options: Options, settings: Settings, reporters: Sequence[Machine]
) -> None:
    """Read one capture as `read` does, for `reporters` alone: nothing is judged."""
    with _watched(reader, options) as source:
        trace(source, settings, reporters=reporters)


@contextmanager
def _watched(reader: CaptureReader, options: Options) -> Iterator[CaptureReader]:
    """Give the reader with its bar; an error about its channels that comes up tells the file's name."""
    try:
        with watched(reader, options.quiet or options.no_color) as source:
            yield source
    except ChannelError as error:
        if error.path is not None:
            raise
        path = reader.info.path
        raise ChannelError(str(error), path=path, names=error.names, known=error.known) from error


def exit_status(findings: Iterable[Judged], options: Options) -> int:
    """Return 1 where a finding that counts is as severe as --fail-on says."""
    return FINDINGS if failing(findings, options) else 0


def failing(findings: Iterable[Judged], options: Options) -> list[Judged]:
    """Return the findings that make the exit status 1."""
    limit = options.failing
    if limit is None:
        return []
    return [one for one in findings if one.finding.severity >= limit and counts_for_exit(one)]


def _judge(
    file: Path,
    options: Options,
    settings: Settings,
    rules: Mapping[str, type[Rule]],
    chosen: ReportFormat,
) -> tuple[Subject, Reporter]:
    reporter = chosen.start()
    reader = opened(file, options)
    analysis = read(reader, options, settings, reporter.machines)
    subject = Subject(
        file=str(file),
        analysis=analysis,
        rules=rules,
        decoded=frozenset(decoders()),
        lowest=options.lowest,
        activity=() if analysis.assignment.buses else survey(reader),
    )
    return subject, reporter


def _written(reporter: Reporter, subject: Subject, paper: Page) -> str:
    text = StringIO()
    reporter.write(subject, paper, text)
    return text.getvalue()
