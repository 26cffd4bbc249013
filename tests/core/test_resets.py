"""Changes of slow lines become the spans of their levels, and resets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stm32trace_core.context import bare_context
from stm32trace_core.lines import NRST, POWER, CaptureGap, Level, LevelChange, Reset
from stm32trace_core.resets import Resets

STOP = 1000


def change(sample: int, role: str, value: int) -> LevelChange:
    return LevelChange(sample, sample + 1, '', role, value)


def run(
    stream: Iterable[Any], levels: Mapping[str, int], start: int = 0, end: int | None = STOP
) -> list[Any]:
    context = bare_context(1e6)._replace(initial_levels=levels, start=start)
    machine = Resets(context)
    made = [product for record in stream for product in machine.feed(record)]
    return made + (list(machine.finish(end)) if end is not None else [])


def test_a_pulse_is_told_when_the_line_returns() -> None:
    pulse = [change(100, 'nrst', 0), change(220, 'nrst', 1)]
    assert run(pulse, {'nrst': 1}, end=None) == [
        Level(0, 100, '', 'nrst', 1),
        Level(100, 220, '', 'nrst', 0),
        Reset(100, 220, '', NRST, True),
    ]


def test_the_last_level_lasts_until_the_end() -> None:
    assert run([change(100, 'boot0', 1)], {'boot0': 0}) == [
        Level(0, 100, '', 'boot0', 0),
        Level(100, STOP, '', 'boot0', 1),
    ]


def test_a_line_that_never_changes_has_one_level_from_the_captures_start() -> None:
    assert run([], {'nrst': 1}, start=40) == [Level(40, STOP, '', 'nrst', 1)]


def test_a_reset_that_is_on_at_the_start_begins_with_the_capture() -> None:
    assert run([change(100, 'nrst', 1)], {'nrst': 0}, end=None) == [
        Level(0, 100, '', 'nrst', 0),
        Reset(0, 100, '', NRST, True),
    ]


def test_a_reset_that_is_on_at_the_end_is_not_released() -> None:
    assert run([change(100, 'nrst', 0)], {'nrst': 1})[1:] == [
        Level(100, STOP, '', 'nrst', 0),
        Reset(100, STOP, '', NRST, False),
    ]


def test_a_loss_of_supply_is_a_reset_of_its_own() -> None:
    lines = [
        change(100, 'vdd', 0),
        change(150, 'nrst', 0),
        change(300, 'vdd', 1),
        change(310, 'nrst', 1),
    ]
    made = run(lines, {'vdd': 1, 'nrst': 1})
    assert [one for one in made if isinstance(one, Reset)] == [
        Reset(100, 300, '', POWER, True),
        Reset(150, 310, '', NRST, True),
    ]


def test_a_reset_in_which_the_supply_goes_away_is_the_supplys() -> None:
    falls = [
        change(100, 'nrst', 0),
        change(110, 'vdd', 0),
        change(300, 'vdd', 1),
        change(310, 'nrst', 1),
    ]
    resets = [made for made in run(falls, {'nrst': 1, 'vdd': 1}) if isinstance(made, Reset)]
    assert resets == [Reset(110, 300, '', POWER, True), Reset(100, 310, '', POWER, True)]


def test_a_reset_before_the_supply_goes_away_is_not() -> None:
    falls = [change(100, 'nrst', 0), change(105, 'nrst', 1), change(110, 'vdd', 0)]
    resets = [made for made in run(falls, {'nrst': 1, 'vdd': 1}) if isinstance(made, Reset)]
    assert resets == [Reset(100, 105, '', NRST, True), Reset(110, STOP, '', POWER, False)]


def test_boot0_and_the_bus_lines_reset_nothing() -> None:
    made = run([change(100, 'boot0', 0)], {'boot0': 1, 'scl': 0, 'sda': 1})
    assert [type(one) for one in made] == [Level, Level]


def test_spans_end_where_a_gap_begins_and_go_on_after_it() -> None:
    stream = [change(100, 'nrst', 0), CaptureGap(200, 400, '', 'missing'), change(500, 'nrst', 1)]
    assert run(stream, {'nrst': 1}) == [
        Level(0, 100, '', 'nrst', 1),
        Level(100, 200, '', 'nrst', 0),
        Reset(100, 200, '', NRST, False),
        Level(400, 500, '', 'nrst', 0),
        Reset(400, 500, '', NRST, True),
        Level(500, STOP, '', 'nrst', 1),
    ]


def test_a_level_that_changed_in_a_gap_has_no_empty_span() -> None:
    stream = [CaptureGap(200, 400, '', 'missing'), change(400, 'nrst', 0)]
    assert run(stream, {'nrst': 1}) == [
        Level(0, 200, '', 'nrst', 1),
        Level(400, STOP, '', 'nrst', 0),
        Reset(400, STOP, '', NRST, False),
    ]


@given(st.lists(st.integers(1, STOP - 1), unique=True).map(sorted), st.integers(0, 1))
def test_the_levels_of_a_line_cover_the_capture(edges: list[int], first: int) -> None:
    changes = [change(edge, 'nrst', (first + i) % 2) for i, edge in enumerate(edges, start=1)]
    made = run(changes, {'nrst': first})
    levels = [one for one in made if isinstance(one, Level)]
    assert [one.start for one in levels] == [0, *edges]
    assert [one.end for one in levels] == [*edges, STOP]
    assert [(one.start, one.end) for one in made if isinstance(one, Reset)] == [
        (one.start, one.end) for one in levels if one.value == 0
    ]
