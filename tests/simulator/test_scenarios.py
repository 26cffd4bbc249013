"""Scenarios: written as TOML, played on a board, always with the same result."""

from __future__ import annotations

import pytest

from stm32trace.errors import OptionError
from stm32trace.simulator.faults import Fault, parse
from stm32trace.simulator.scenario import Scenario, known, play, read

SCENARIOS = {scenario.name: scenario for scenario in known()}
SMALL = """
title = "A small one"
part = "G0"
bus = "uart"
[record]
rate = 1e6
lines = ["rx", "tx"]
names = ["D4", "D2"]
[[step]]
do = "sync"
"""


def small(**changes: str) -> Scenario:
    text = SMALL
    for old, new in changes.items():
        text = text.replace(old, new)
    return read('small', text)


@pytest.mark.parametrize('name', SCENARIOS)
def test_a_scenario_plays_the_same_twice(name: str) -> None:
    first, again = play(SCENARIOS[name]), play(SCENARIOS[name])
    assert [one.told() for one in first.truth.of()] == [one.told() for one in again.truth.of()]
    made, repeated = first.recorder.changes(first.probe), again.recorder.changes(again.probe)
    assert (made.index == repeated.index).all()
    assert (made.state == repeated.state).all()


def test_lines_are_recorded_in_the_order_and_under_the_names_given() -> None:
    played = play(small())
    assert (played.probe.nets, played.probe.channels) == (('rx', 'tx'), ('D4', 'D2'))


def test_a_fault_from_the_command_line_happens_at_its_time() -> None:
    played = play(small(), [parse('nrst@5ms,width=2ms')])
    (reset,) = played.truth.of('reset')
    assert (reset.fields['cause'], reset.end - reset.start) == ('nrst', 2 * 10**9)


@pytest.mark.parametrize(
    ('text', 'fault'),
    [
        ('nrst@1.5s,width=120ms', Fault('nrst', 1.5, width=0.12)),
        ('supply@2,volts=1.2,width=10ms', Fault('supply', 2.0, volts=1.2, width=0.01)),
        ('glitch@500us,net=SCL,width=200ns', Fault('glitch', 500e-6, net='scl', width=200e-9)),
        ('slow@0s,operation=mass_erase,times=3', Fault('slow', 0, operation='mass_erase', times=3)),
    ],
)
def test_faults_are_read_as_they_are_written(text: str, fault: Fault) -> None:
    assert parse(text) == fault


@pytest.mark.parametrize(
    'text', ['nrst', 'nrst@', 'nrst@soon', 'fire@1s', 'nrst@1s,colour=red', 'nrst@1s,width=x']
)
def test_what_is_no_fault_gets_one_line(text: str) -> None:
    with pytest.raises(OptionError, match=r'^--fault .*: expected KIND@TIME'):
        parse(text)


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ('part = "G0"', 'part = "Z9"', 'expected part to be one of G0'),
        ('bus = "uart"', '', "expected an entry 'bus'"),
        ('do = "sync"', 'do = "dance"', "expected a step of .*, found 'dance'"),
        ('do = "sync"', 'do = "get"\nspeed = 3', 'step get: .*speed'),
        ('title', '= title', 'expected TOML'),
    ],
)
def test_what_is_no_scenario_gets_one_line(old: str, new: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        play(small(**{old: new}))


def test_a_line_that_the_board_has_not_gets_one_line() -> None:
    with pytest.raises(OptionError, match="expected a line of this board .* found 'scl'"):
        play(small(), [parse('stuck@1ms,net=scl')])
