"""What the analyzer makes of the lines that a stack of decoders sees, in the form of the decoders' annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from stm32trace.capture import CaptureReader, open_capture
from stm32trace.capture.changes import Changes
from stm32trace.detect import Assignment, Bus, assign
from stm32trace.model import CaptureInfo, Damage
from stm32trace.pipeline import analyze
from stm32trace.report.naming import Naming
from stm32trace.report.rows import KINDS, make_row
from stm32trace.settings import Settings
from stm32trace_core.context import Context, bare_context
from stm32trace_core.describe import describe
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.rules.rule import Finding
from stm32trace_core.sigrok.screen import Announcer
from stm32trace_core.wire.uart import UartFormat


class Shown(NamedTuple):
    """A row of `decode`, or a finding, as it may be shown."""

    start: int
    end: int
    text: str


class Ending:
    """A reader that knows whether its last block was taken."""

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self.ended = False

    @property
    def info(self) -> CaptureInfo:
        return self._reader.info

    @property
    def damage(self) -> tuple[Damage, ...]:
        return self._reader.damage

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        yield from self._reader.blocks(channels)
        self.ended = True


@dataclass(frozen=True)
class Told:
    """Rows of one kind, or findings: those that came before the data ended, and those that came then."""

    before: list[Shown]
    after: list[Shown]

    @property
    def all(self) -> list[Shown]:
        return [*self.before, *self.after]


NOTHING = Told([], [])


class Everything:
    """All rules are shown."""

    def __contains__(self, rule: object) -> bool:
        return True


class Collector(Machine):
    """Collects rows as `decode` makes them, findings as a decoder would announce them, and formats of UARTs."""

    phase = REPORT
    per_bus = False

    def __init__(self, context: Context, reader: Ending) -> None:
        super().__init__(context)
        self._reader = reader
        self._kinds = {kind.record: kind for kind in KINDS if kind.record is not None}
        self._naming = Naming(context)
        self._announcer = Announcer(Everything())
        self.rows: dict[str, Told] = {}
        self.findings: dict[str, set[str]] = {'before': set(), 'after': set()}  # ids of rules
        self.formats: list[UartFormat] = []
        self.consumes = (*self._kinds, *Naming.consumes, Finding, UartFormat)

    def feed(self, record: Any) -> Iterable[Any]:
        if isinstance(record, Naming.consumes):
            self._naming.take(record)
        elif isinstance(record, UartFormat):
            self.formats.append(record)
        elif isinstance(record, Finding):
            self._find(record)
        else:
            row = make_row(self._kinds[type(record)], record, self.context, self._naming)
            named = row.kind == 'memory_access' and row.fields['register']
            self._add('field' if named else row.kind, Shown(row.start, row.end, row.text))
        return ()

    def _find(self, finding: Finding) -> None:
        self.findings['after' if self._reader.ended else 'before'].add(finding.rule)
        if self._announcer.is_news(finding):
            text = describe(finding, self.context)[0]
            self._add('finding', Shown(finding.start, finding.end, text))

    def _add(self, kind: str, shown: Shown) -> None:
        told = self.rows.setdefault(kind, Told([], []))
        (told.after if self._reader.ended else told.before).append(shown)


def assigned(path: Path) -> Assignment:
    """Return the roles that the analyzer sees in a capture."""
    return assign(open_capture(path).info.channels, Settings())


def told_by_the_analyzer(path: Path, assignment: Assignment) -> Collector:
    """Return what the analyzer tells of these lines of a capture."""
    reader = Ending(open_capture(path))
    context = bare_context(reader.info.sample_rate)
    collector = Collector(context, reader)
    analyze(reader, Settings(), reporters=[collector], assignment=assignment)
    return collector


def one_bus(assignment: Assignment, bus: Bus) -> Assignment:
    """Return an assignment of this bus, and nothing else."""
    return replace(assignment, buses=(bus,), slow=())
