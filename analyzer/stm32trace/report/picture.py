"""The whole session on one time axis, as text: activity of each bus, windows, slow lines, resets, findings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from rich.text import Text

from stm32trace.report.clock import Clock
from stm32trace.report.layout import FAINT, PLAIN_STYLES, Glyphs, Sheet
from stm32trace.report.plain import grouped, visible
from stm32trace.report.reporter import Subject
from stm32trace.report.timeline import ANSWERED, BUSY, HIGH, LOW, RESETS, UNANSWERED, Timeline
from stm32trace_core.flash.records import CLOSED, CUT, OPEN, Window

MOST_FINDINGS = 8  # rows of findings
TICK_COLUMNS = 12  # columns from one tick to the next, at least
_UNITS = (('s', 1.0), ('ms', 1e-3), ('us', 1e-6), ('ns', 1e-9))
_WINDOW_NAMES = {'option-programming': 'option write', 'expected-restart': 'restart due'}


class Cell(NamedTuple):
    """One character of the picture."""

    character: str
    style: str = ''
    meaning: str = ''  # for the legend, where it is not obvious


_NOTHING = Cell(' ')
Row = Callable[['Scale'], list[Cell]]


@dataclass(frozen=True, slots=True)
class Scale:
    """Columns of the picture on samples `[start, stop)`."""

    start: int
    stop: int
    columns: int

    def column(self, sample: int) -> int:
        """Return the column that shows `sample`, the nearest one for samples outside."""
        inside = min(max(sample, self.start), self.stop - 1)
        return (inside - self.start) * self.columns // (self.stop - self.start)

    def samples(self, column: int) -> tuple[int, int]:
        """Return the samples `[first, last)` of a column, at least one."""
        length = self.stop - self.start
        first = self.start + column * length // self.columns
        return first, max(first + 1, self.start + (column + 1) * length // self.columns)

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the samples of each column."""
        return (self.samples(column) for column in range(self.columns))


def draw(sheet: Sheet, subject: Subject, timeline: Timeline) -> None:
    """Add the picture, nothing where the capture has no length."""
    analysis = subject.analysis
    start, stop = analysis.context.start, analysis.stop
    if stop <= start:
        return
    rows = list(_rows(subject, timeline, sheet.glyphs))
    if not rows:
        return
    margin = min(max(len(label) for label, _ in rows) + 4, sheet.width // 3)
    scale = Scale(start, stop, sheet.width - margin - 1)
    clock = Clock(analysis.context.sample_rate)
    length = stop - start
    sheet.heading(
        'Timeline', f'{clock.length(length)}, a column is {clock.length(length // scale.columns)}'
    )
    legend: dict[str, None] = {}
    for label, row in rows:
        line = Text(f'  {label[: margin - 3]:<{margin - 2}}')
        for cell in row(scale):
            line.append(cell.character, cell.style)
            if cell.meaning:
                legend.setdefault(f'{cell.character} {cell.meaning}')
        sheet.raw(line)
    for axis in _axis(scale, analysis.context.sample_rate, sheet.glyphs):
        sheet.raw(Text(' ' * margin + axis, FAINT))
    if legend:
        sheet.add(', '.join(legend), indent=margin, style=FAINT)


class _Activity:
    """How busy a bus is; a column in which nobody answered is marked."""

    def __init__(self, timeline: Timeline, bus: str, glyphs: Glyphs) -> None:
        self._timeline, self._bus, self._glyphs = timeline, bus, glyphs

    def __call__(self, scale: Scale) -> list[Cell]:
        return [self._cell(first, last) for first, last in scale.spans()]

    def _cell(self, first: int, last: int) -> Cell:
        amounts = (
            self._timeline.total((what, self._bus), first, last)
            for what in (BUSY, ANSWERED, UNANSWERED)
        )
        busy, answered, unanswered = amounts
        if not busy:
            return _NOTHING
        if unanswered and not answered:
            return Cell(self._glyphs.unanswered, 'red', 'nobody answers')
        covered = self._timeline.covered(first, last)
        levels = self._glyphs.levels
        height = math.isqrt(busy * len(levels) ** 2 // covered)  # the root shows light traffic too
        return Cell(levels[min(height, len(levels) - 1)], 'green')


class _Line:
    """The level of a slow line."""

    def __init__(self, timeline: Timeline, role: str, glyphs: Glyphs) -> None:
        self._timeline, self._role, self._glyphs = timeline, role, glyphs

    def __call__(self, scale: Scale) -> list[Cell]:
        return [self._cell(first, last) for first, last in scale.spans()]

    def _cell(self, first: int, last: int) -> Cell:
        high = self._timeline.total((HIGH, self._role), first, last)
        low = self._timeline.total((LOW, self._role), first, last)
        if high and low:
            return Cell(self._glyphs.pulse, 'cyan', 'edge or pulse')
        return Cell(self._glyphs.high if high else self._glyphs.low if low else ' ', 'cyan')


class _Marks:
    """Spans, each with a character; a later one is drawn over an earlier one."""

    def __init__(self, marks: Iterable[tuple[int, int, Cell]]) -> None:
        self._marks = tuple(marks)

    def __call__(self, scale: Scale) -> list[Cell]:
        cells = [_NOTHING] * scale.columns
        for start, end, cell in self._marks:
            for column in range(scale.column(start), scale.column(max(start, end - 1)) + 1):
                cells[column] = cell
        return cells


class _Resets:
    """Where resets began."""

    def __init__(self, timeline: Timeline, glyphs: Glyphs) -> None:
        self._timeline, self._glyphs = timeline, glyphs

    def __call__(self, scale: Scale) -> list[Cell]:
        causes = [key for key in self._timeline.rows if key[0] == RESETS]
        return [
            Cell(self._glyphs.reset, 'yellow')
            if any(self._timeline.total(key, first, last) for key in causes)
            else _NOTHING
            for first, last in scale.spans()
        ]


def _rows(subject: Subject, timeline: Timeline, glyphs: Glyphs) -> Iterator[tuple[str, Row]]:
    """Yield what the picture shows, from top to bottom: a label, and what draws the rest."""
    assignment, summary = subject.analysis.assignment, subject.analysis.summary
    for bus in assignment.buses:
        if bus.protocol in subject.decoded:
            yield bus.id, _Activity(timeline, bus.id, glyphs)
    for kind in dict.fromkeys(window.kind for window in summary.windows):
        marks = [
            (window.start, window.end, _look(window, glyphs))
            for window in sorted(summary.windows, key=_importance)
            if window.kind == kind
        ]
        yield _WINDOW_NAMES.get(kind, visible(kind)), _Marks(marks)
    for line in assignment.slow:
        yield line.role.upper(), _Line(timeline, line.role, glyphs)
    if summary.resets:
        yield 'resets', _Resets(timeline, glyphs)
    for number, judged in enumerate(subject.listed[:MOST_FINDINGS], 1):
        found = judged.finding
        cell = Cell(glyphs.span, PLAIN_STYLES[str(found.severity)])
        yield f'{number:>2} {visible(found.rule)}', _Marks([(found.start, found.end, cell)])


def _importance(window: Window) -> int:
    """Return a sort key by which what ended badly is drawn over what ended well."""
    return (CLOSED, OPEN, CUT).index(window.state)


def _look(window: Window, glyphs: Glyphs) -> Cell:
    if window.state == CLOSED:
        return Cell(glyphs.closed, 'green', 'ended')
    if window.state == CUT:
        return Cell(glyphs.cut, 'bold red', 'cut off by reset or supply')
    return Cell(glyphs.open, 'yellow', 'no end seen')


def _axis(scale: Scale, sample_rate: float | None, glyphs: Glyphs) -> Iterator[str]:
    """Yield the axis and the line of times below it."""
    step, unit, name = _step(scale, sample_rate)
    axis, labels = [glyphs.axis] * scale.columns, ''
    for number in count(math.ceil(scale.start / step)):
        if number * step >= scale.stop:
            break
        column = scale.column(round(number * step))
        text = f'{grouped(round(number * step / unit))} {name}'.rstrip()
        axis[column] = glyphs.tick
        if len(labels) < max(column, 1) and column + len(text) <= scale.columns:
            labels = labels.ljust(column) + text
    yield ''.join(axis)
    yield labels


def _step(scale: Scale, sample_rate: float | None) -> tuple[float, float, str]:
    """Return the samples from tick to tick, the samples of the unit of time, and that unit's name."""
    rate = sample_rate or 1.0  # without a rate the axis counts samples
    least = (scale.stop - scale.start) * TICK_COLUMNS / scale.columns / rate
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least)
    name, unit = next((one for one in _UNITS if step > 0.99 * one[1]), _UNITS[-1])
    return (step * rate, unit * rate, name) if sample_rate else (step, 1.0, '')
