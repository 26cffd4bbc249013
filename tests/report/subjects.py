"""Reports to be written, made without a capture: a small session that goes wrong, and its variations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from stm32trace.analysis import Analysis
from stm32trace.detect import Assignment, assign
from stm32trace.model import CaptureInfo, Channel, Damage
from stm32trace.report.reporter import Page, ReportFormat, Subject
from stm32trace.settings import Settings
from stm32trace.summary import Summary
from stm32trace.verdict import decide
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.context import Context
from stm32trace_core.flash.records import OPEN, OPTION_PROGRAMMING, Window
from stm32trace_core.lines import NRST, Level, Reset
from stm32trace_core.rules.engine import NOT_EVALUATED, SUPPRESSED, Judged, RuleResult
from stm32trace_core.rules.rule import HOST, TARGET, Confidence, Evidence, Finding, Severity
from stm32trace_core.wire.i2c import ADDRESS_NACK, OK, I2cTransfer

MHZ = 1_000_000
LENGTH = 10 * MHZ  # samples; at 1 MHz, so a sample is a microsecond


def finding(rule: str = 'BLP013', severity: Severity = Severity.ERROR, **fields: Any) -> Finding:
    """A finding of the middle of the session, but for `fields`."""
    usual = Finding(
        start=2 * MHZ,
        end=8 * MHZ,
        bus='i2c0',
        rule=rule,
        name='busy-forever',
        severity=severity,
        confidence=Confidence.HIGH,
        suspect=TARGET,
        key='',
        count=1,
        message='BUSY for 6 s where 40.1 ms are specified',
        advice=('Do not reset the part.', 'Wait for the second acknowledge.'),
        evidence=(Evidence(2 * MHZ, 2 * MHZ + 100, 'the first BUSY (0x76)'),),
        explains=(),
        recoverable='',
    )
    return usual._replace(**fields)


def diagnosis(**fields: Any) -> Finding:
    """The finding that heads the story."""
    return finding(
        'DIA001',
        Severity.CRITICAL,
        **{
            'name': 'option-block-lost',
            'suspect': HOST,
            'message': 'The option bytes were lost while they were being programmed; the part is probably locked',
            'advice': ('Switch the supply off for 10 s.', 'Try SWD while reset is held.'),
            'evidence': (),
            'recoverable': 'unlikely',
            'bus': '',
            **fields,
        },
    )


def judged(*findings: Finding, **explained: str) -> tuple[Judged, ...]:
    """Findings as the engine hands them out; `explained` is rule=the rule that explains it."""
    return tuple(Judged(found, explained.get(found.rule, ''), '') for found in findings)


def transfer(start: int, end: int, outcome: str = OK, bus: str = 'i2c0') -> I2cTransfer:
    acked = (outcome == OK,)
    return I2cTransfer(
        start, end, bus, 0x51, False, True, b'', acked, False, True, outcome, 0, start, 0
    )


def traffic() -> list[Any]:
    """The records of the session: it goes well, then nobody answers."""
    records: list[Any] = [DeviceIdentified(MHZ // 2, MHZ, 'i2c0', 0x460, 'Get ID')]
    records += [transfer(at * MHZ // 4, at * MHZ // 4 + 100_000) for at in range(1, 32)]
    records += [transfer(at * MHZ // 4, at * MHZ // 4 + 100, ADDRESS_NACK) for at in range(34, 39)]
    records += [
        Level(0, 8 * MHZ, '', 'nrst', 1),
        Level(8 * MHZ, 8 * MHZ + 500, '', 'nrst', 0),
        Level(8 * MHZ + 500, LENGTH, '', 'nrst', 1),
        Reset(8 * MHZ, 8 * MHZ + 500, '', NRST, True),
        Window(
            2 * MHZ, 9 * MHZ, 'i2c0', OPTION_PROGRAMMING, OPEN, 0x93, 'Readout Unprotect accepted'
        ),
    ]
    return records


def subject(
    findings: Sequence[Judged] = (),
    *,
    names: Iterable[str] = ('SCL', 'SDA', 'NRST', 'D3'),
    rate: float | None = MHZ,
    records: Iterable[Any] | None = None,
    damage: tuple[Damage, ...] = (),
    results: Sequence[RuleResult] = (),
    path: Path = Path('brick.sr'),
    **fields: Any,
) -> Subject:
    """A session with these findings; `fields` are those of Subject."""
    channels = tuple(Channel(index, name) for index, name in enumerate(names))
    info = CaptureInfo(path, 'sr', channels, rate, LENGTH)
    assignment = assign(channels, Settings())
    context = Context(rate, 0, LENGTH, {}, frozenset({'scl', 'sda', 'nrst'}), None, None, {})
    summary = Summary(context)
    for record in traffic() if records is None else records:
        summary.feed(record)
    analysis = Analysis(
        info=info,
        damage=damage,
        stop=LENGTH,
        assignment=assignment,
        context=context,
        summary=summary,
        findings=tuple(findings),
        results=tuple(results),
        verdict=decide(findings, summary) if assignment.buses else None,
    )
    return Subject(
        **{'file': str(path), 'analysis': analysis, 'decoded': frozenset({'i2c'}), **fields}
    )


def without_bus(shown: Subject) -> Subject:
    """The same subject in which no bus was recognised."""
    return replace(
        shown, analysis=replace(shown.analysis, assignment=Assignment((), ()), verdict=None)
    )


def results() -> list[RuleResult]:
    """One rule of each fate that is told."""
    return [
        RuleResult('RST010', NOT_EVALUATED, ('vdd',), '', 0),
        RuleResult('RST011', NOT_EVALUATED, ('nrst|vdd',), '', 0),
        RuleResult('I2C006', SUPPRESSED, (), 'I2C010', 0),
        RuleResult('I2C001', 'fired', (), '', 7),
    ]


def written(
    form: ReportFormat,
    shown: Subject,
    page: Page | None = None,
    records: Iterable[Any] | None = None,
) -> str:
    """The report as text, after its machines have seen the records."""
    reporter = form.start()
    for machine in reporter.machines:
        for record in traffic() if records is None else records:
            if type(record) in machine.consumes:
                assert not list(machine.feed(record))
    out = StringIO()
    reporter.write(shown, page or Page(), out)
    return out.getvalue()
