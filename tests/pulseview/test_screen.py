"""What a user sees: the real PulseView, on a virtual screen, with the session that `pulseview open` writes.

Each capture is shown twice: as it was written, and without markers and with all rows hidden. Where the two pictures
differ must be exactly what the session asks for: a flag and a line at each finding, and the rows of our decoders with
something on them wherever sigrok-cli has an annotation of theirs.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from prerequisites import PROJECT
from pulseview.screen import HEIGHT, WIDTH, Picture, Seen, install, show
from pulseview.sessions import brick, locked_erase, markers, parsed, seconds
from stm32trace.capture import open_capture
from stm32trace.cli import main
from stm32trace.sigrok.cli_host import CliHost
from stm32trace.sigrok.host import Wired
from stm32trace.sigrok.stack import parse

FLAG = (0x73, 0xD2, 0x16)  # PulseView's colour of a flag: pv/views/trace/flag.cpp
TITLE = 240  # pixels at the left of a row that its name may take
DARK = 90  # letters are darker
HALF_A_ROW = 12  # pixels from the middle of a row to where nothing is painted
OFF_AXIS = 4  # pixels: in the middle of the first row PulseView draws a line
END = 8  # pixels about the ends of an annotation, where its shape narrows
INSTANT = (
    40  # pixels about an annotation without a length, which is drawn as a bubble about its text
)
RULER = 30  # pixels above the traces

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """A capture, the stack that its session sets up, and the channels of that."""

    make: Callable[[Path], Path]
    stack: str
    channels: tuple[str, str]
    rows_hidden: tuple[str, ...] = ()


CASES = {
    'i2c': Case(brick, 'i2c,stm32_boot_i2c', ('scl', 'sda'), ('bits',)),
    'swd': Case(locked_erase, 'stm32_swd,stm32_adi,stm32_flash', ('swclk', 'swdio')),
}


@dataclass(frozen=True)
class Shown:
    """The two pictures of one case, and what its session asks for."""

    case: Case
    capture: Path
    session: dict[str, dict[str, str]]
    seen: Seen
    bare: Picture

    @property
    def different(self) -> NDArray[np.bool_]:
        """(height, width) whether the pictures differ there."""
        differ: NDArray[np.bool_] = (self.seen.picture != self.bare).any(axis=2)
        return differ

    def pixel(self, time: float | Fraction) -> float:
        """How far right of the view's left edge a time is drawn."""
        offset = seconds(self.session['view0']['offset'])
        return float(Fraction(time) - offset) / float(self.session['view0']['scale'])

    def lines(self) -> list[int]:
        """The columns that differ over almost all of the view: the markers' lines."""
        count = self.different[HEIGHT // 4 :].sum(axis=0)
        return np.flatnonzero(count > 0.95 * (HEIGHT - HEIGHT // 4 - 2 * RULER)).tolist()

    def left(self) -> float:
        """The left edge of the view, as the first marker tells it."""
        return self.lines()[0] - min(self.pixel(time) for time, _ in markers(self.session))


@pytest.fixture(scope='module', params=CASES)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Both pictures of a case."""
    case = CASES[request.param]
    home = tmp_path_factory.mktemp('home')
    install(home)
    capture = case.make(tmp_path_factory.mktemp('captures') / 'story.sr')
    result = CliRunner().invoke(main, ['pulseview', 'open', str(capture), '--write-only'])
    assert result.exit_code == 0
    text = capture.with_suffix('.pvs').read_text()
    samples = open_capture(capture).info.length
    assert samples is not None
    seen = show(capture, home, samples)
    capture.with_suffix('.pvs').write_text(without_marks(text))
    bare = show(capture, home, samples).picture
    return Shown(case, capture, parsed(text), seen, bare)


def without_marks(text: str) -> str:
    """The session without markers, all rows hidden."""
    text = re.sub(r'^meta_objs=\d+', 'meta_objs=0', text, flags=re.MULTILINE)
    return re.sub(r'^(decoder\d+\\visible)=true', r'\1=false', text, flags=re.MULTILINE)


def test_our_installed_decoders_decode_and_nothing_fails(shown: Shown) -> None:
    assert shown.seen.decoders() == set(shown.case.stack.split(','))
    assert [line for line in shown.seen.failures() if 'stm32trace_core' not in line] == []


def test_a_line_and_a_flag_stand_at_each_finding_and_nowhere_else(shown: Shown) -> None:
    left = shown.left()
    assert 50 < left < WIDTH / 4
    expected = {round(left + shown.pixel(time)) for time, _ in markers(shown.session)}
    found = shown.lines()
    assert [x for x in found if not expected & {x - 1, x, x + 1}] == []
    assert [x for x in expected if not set(found) & {x - 1, x, x + 1}] == []
    for x in found:
        top = int(np.flatnonzero(shown.different[:, x])[0])
        above = shown.seen.picture[top : top + RULER, max(x - 20, 0) : x + 20]
        assert (above == FLAG).all(axis=2).sum() > 100
        assert (shown.bare[top : top + RULER, max(x - 20, 0) : x + 20] != FLAG).any(axis=2).all()


def test_each_row_of_our_decoders_shows_what_sigrok_cli_has_on_it(shown: Shown) -> None:
    left = shown.left()
    bands = row_bands(shown, left)
    rows = rows_in_view(shown, left)
    assert len(bands) == len(rows)
    for (top, bottom), (name, spans) in zip(bands, rows.items(), strict=True):
        painted = painted_columns(shown.seen.picture, (top + bottom) // 2)
        for start, end in spans:
            if start > left + TITLE and end - start > 2 * END:
                assert painted[round(start) + END : round(end) - END].all(), (name, start, end)
        for start, end in gaps(spans, left + TITLE, WIDTH - RULER):
            lines = {x + near for x in shown.lines() for near in (-1, 0, 1)}
            there = set((np.flatnonzero(painted[start:end]) + start).tolist())
            assert there <= lines, (name, start, end)


def row_bands(shown: Shown, left: float) -> list[tuple[int, int]]:
    """(first, last) line of each row that is shown, found by the names that PulseView writes at its left."""
    columns = slice(round(left) + 12, round(left) + 100)
    dark = (shown.seen.picture < DARK).all(axis=2) & shown.different
    lines = np.flatnonzero(dark[HEIGHT // 4 :, columns].sum(axis=1) > 0) + HEIGHT // 4
    cuts = np.flatnonzero(np.diff(lines) > 4) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(lines, cuts) if len(part)]


def painted_columns(picture: Picture, middle: int) -> NDArray[np.bool_]:
    """(width,) whether something is painted on a row, the colour below it being that of the background."""
    colours, counts = np.unique(picture[middle + HALF_A_ROW], axis=0, return_counts=True)
    background = colours[counts.argmax()]
    painted: NDArray[np.bool_] = (picture[middle + OFF_AXIS] != background).any(axis=1)
    return painted


def rows_in_view(shown: Shown, left: float) -> dict[str, list[tuple[float, float]]]:
    """The rows that have annotations in the view, from the top, with the columns of each, from sigrok-cli."""
    right = WIDTH - left
    rows: dict[str, list[tuple[float, float]]] = {}
    decoders = shown.case.stack.split(',')
    for number, decoder in enumerate(decoders):
        kinds = annotated(shown, ','.join(decoders[: number + 1]))
        for row, members in annotation_rows(decoder):
            spans = [
                (left + shown.pixel(start), left + shown.pixel(end))
                for kind, start, end in kinds
                if kind in members
            ]
            visible = [(start, end) for start, end in spans if end > left and start < left + right]
            if visible and row not in shown.case.rows_hidden:
                rows[f'{decoder} {row}'] = visible
    return rows


def annotated(shown: Shown, text: str) -> list[tuple[str, Fraction, Fraction]]:
    """(class, start, end in seconds) of all annotations of the last decoder in `text`."""
    reader = open_capture(shown.capture)
    rate = Fraction(reader.info.sample_rate or 1)
    stack = parse(text)
    names = [channel.name.casefold() for channel in reader.info.channels]
    pins = {name: names.index(name) for name in shown.case.channels}
    none: list[dict[str, Any]] = [{} for _ in stack.layers[1:]]
    wired = Wired(stack, None, (pins, *none), ({}, *none))
    host = CliHost(PROJECT / 'decoders')
    return [
        (said.kind, Fraction(said.start) / rate, Fraction(said.end) / rate)
        for said in host.run(wired, reader)
    ]


def annotation_rows(decoder: str) -> list[tuple[str, list[str]]]:
    """(id, ids of classes) of each annotation row of a decoder."""
    if not (PROJECT / 'decoders' / decoder).is_dir():
        return STOCK_ROWS[decoder]
    made = importlib.import_module(f'{decoder}.pd').Decoder
    kinds = [kind[0] for kind in made.annotations]
    return [(row[0], [kinds[number] for number in row[2]]) for row in made.annotation_rows]


STOCK_ROWS = {
    'i2c': [
        ('bits', ['bit']),
        (
            'addr-data',
            'start repeat-start stop ack nack address-read address-write data-read data-write'.split(),
        ),
        ('warnings', ['warnings']),
    ]
}


def gaps(spans: list[tuple[float, float]], first: float, last: float) -> list[tuple[int, int]]:
    """The columns between `first` and `last` that are clear of all spans."""
    found, at = [], first
    for start, end in [*sorted(spans), (last, last)]:
        margin = END if end > start else INSTANT
        if start - margin > at:
            found.append((round(at), round(min(start, last) - margin)))
        at = max(at, end + margin)
    return [(start, end) for start, end in found if end > start]
