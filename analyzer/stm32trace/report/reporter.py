"""The contracts of an output format, and what a reporter is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TextIO, runtime_checkable

from stm32trace_core.rules.rule import Severity

if TYPE_CHECKING:
    from stm32trace.analysis import Analysis
    from stm32trace.detect.activity import ChannelActivity
    from stm32trace.report.rows import Row
    from stm32trace_core.machine import Machine
    from stm32trace_core.rules.engine import Judged
    from stm32trace_core.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Subject:
    """One capture and what was found in it."""

    file: str  # as the user named it
    analysis: Analysis
    rules: Mapping[str, type[Rule]] = field(default_factory=dict)  # by id, for their pages
    decoded: frozenset[str] = frozenset()  # protocols that this version decodes
    lowest: Severity = Severity.NOTE  # findings below are not listed
    activity: tuple[ChannelActivity, ...] = ()  # of all channels, where no bus was recognised

    @property
    def listed(self) -> tuple[Judged, ...]:
        """The findings to list, in the order of the report."""
        return tuple(one for one in self.analysis.findings if one.finding.severity >= self.lowest)


@dataclass(frozen=True, slots=True)
class Page:
    """What a report is written on."""

    width: int = 80  # columns
    colors: str | None = None  # rich's name of the colour system; None: no escape codes at all
    unicode: bool = True  # block and line-drawing characters can be shown
    brief: bool = False  # the verdict line only
    several: bool = False  # one of several captures


class Reporter(Protocol):
    """Writes the report of one capture."""

    @property
    def machines(self) -> Sequence[Machine]:
        """Machines of phase REPORT that want to see the records as they come."""

    def write(self, subject: Subject, page: Page, out: TextIO) -> None:
        """Write the report. The same subject and page give the same text."""


@runtime_checkable
class ReportFormat(Protocol):
    """What the module of a format of `analyze` offers as `REPORTER`."""

    name: str  # as given to --format
    description: str  # one line for `stm32trace formats`
    suffixes: tuple[str, ...]  # of output files in this format, lower case, with the dot

    def start(self) -> Reporter:
        """Return a reporter for one capture, before it is read."""


@runtime_checkable
class RowFormat(Protocol):
    """What the module of a format of `decode` offers as `ROWS`."""

    name: str
    description: str
    suffixes: tuple[str, ...]

    def head(self) -> Iterable[str]:
        """Return the lines before the first row."""

    def line(self, row: Row) -> str:
        """Return one row as one line, without its end."""
