"""The report for people: the verdict first, then the picture, the findings, and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from stm32trace.report import facts, sections
from stm32trace.report.layout import HEADING, Sheet
from stm32trace.report.picture import draw
from stm32trace.report.reporter import Page, Subject
from stm32trace.report.timeline import Timeline
from stm32trace_core.machine import Machine


class TerminalReporter:
    """Writes one capture's report as text."""

    def __init__(self) -> None:
        self._timeline = Timeline()

    @property
    def machines(self) -> Sequence[Machine]:
        """What listens while the capture is read."""
        return (self._timeline,)

    def write(self, subject: Subject, page: Page, out: TextIO) -> None:
        """Write the report, or its first line only."""
        sheet = Sheet(page)
        if page.brief:
            sections.brief(sheet, subject)
        else:
            self._full(sheet, subject)
        sheet.write(out)

    def _full(self, sheet: Sheet, subject: Subject) -> None:
        analysis = subject.analysis
        if sheet.page.several:
            sheet.add(subject.file, style=HEADING)
        sections.verdict(sheet, subject)
        draw(sheet, subject, self._timeline)
        sections.findings(sheet, subject)
        facts.capture(sheet, subject)
        if analysis.assignment.buses or analysis.assignment.slow:
            facts.channels(sheet, subject)
        facts.session(sheet, subject)
        if analysis.verdict is not None:
            facts.unjudged(sheet, subject)
        if sheet.page.several:
            sheet.blank()


class TerminalFormat:
    """What `stm32trace analyze` shows."""

    name = 'terminal'
    description = 'verdict, picture and findings, for people'
    suffixes: tuple[str, ...] = ('.txt',)

    def start(self) -> TerminalReporter:
        """Return a reporter for one capture."""
        return TerminalReporter()


REPORTER = TerminalFormat()
