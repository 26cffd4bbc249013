"""Records reach the machines that consume their type, in the order of phases and buses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest

from stm32trace_core.context import bare_context
from stm32trace_core.machine import DIAGNOSIS, OPERATION, REPORT, RULE, TRANSACTION, WIRE, Machine
from stm32trace_core.network import Network, leading_to


class Word(NamedTuple):
    start: int
    end: int
    bus: str


class Sentence(NamedTuple):
    start: int
    end: int
    bus: str


class Verdict(NamedTuple):
    start: int
    end: int
    bus: str


class Log(Machine):
    """Writes down what it is fed; a subclass says what it makes of it."""

    makes: tuple[type, ...] = ()

    def __init__(self, log: list[tuple[str, Any]], bus: str = '') -> None:
        super().__init__(bare_context(), bus)
        self.log = log

    def feed(self, record: Any) -> Iterable[Any]:
        self.log.append((type(self).__name__ + self.bus, record))
        return [make(record.start, record.end, record.bus) for make in self.makes]


class Speller(Log):
    consumes, produces, makes, phase = (Word,), (Sentence,), (Sentence,), TRANSACTION


class Reader(Log):
    consumes, phase = (Word, Sentence), OPERATION


class Judge(Log):
    consumes, produces, makes, phase = (Sentence,), (Verdict,), (Verdict,), RULE


class Cause(Log):
    consumes, produces, makes, phase = (Verdict,), (Verdict,), (Verdict,), DIAGNOSIS
    per_bus = False


class Clerk(Log):
    consumes, phase, per_bus = (Verdict, Word), REPORT, False


def test_a_product_is_published_before_the_next_machine_sees_the_record() -> None:
    log: list[tuple[str, Any]] = []
    Network([Reader(log, 'a'), Speller(log, 'a')]).publish(Word(0, 1, 'a'))
    assert log == [
        ('Spellera', Word(0, 1, 'a')),
        ('Readera', Sentence(0, 1, 'a')),
        ('Readera', Word(0, 1, 'a')),
    ]


def test_a_bus_sees_its_own_records_and_those_of_the_capture() -> None:
    log: list[tuple[str, Any]] = []
    network = Network([Reader(log, 'a'), Reader(log, 'b')])
    network.publish(Word(0, 1, 'a'))
    network.publish(Word(2, 3, ''))
    assert log == [
        ('Readera', Word(0, 1, 'a')),
        ('Readera', Word(2, 3, '')),
        ('Readerb', Word(2, 3, '')),
    ]


def test_what_a_diagnosis_finds_goes_to_reporters_only() -> None:
    log: list[tuple[str, Any]] = []
    Network([Cause(log), Clerk(log)]).publish(Verdict(0, 1, 'a'), RULE)
    assert [name for name, _ in log] == ['Cause', 'Clerk', 'Clerk']


def test_records_seen_are_remembered_by_type() -> None:
    network = Network([Speller([], 'a')])
    network.publish(Word(0, 1, 'a'))
    assert network.seen == {Word, Sentence}


def test_the_end_is_told_in_the_order_of_phases() -> None:
    order: list[int] = []

    class Last(Log):
        def finish(self, end: int) -> Iterable[Any]:
            order.append(self.phase)
            return ()

    Network(
        [
            type(f'Last{phase}', (Last,), {'phase': phase})([])
            for phase in (RULE, WIRE, REPORT, DIAGNOSIS)
        ]
    ).finish(9)
    assert order == [WIRE, RULE, DIAGNOSIS, REPORT]


def test_machines_in_a_circle_are_refused() -> None:
    class Echo(Log):
        consumes, produces, phase = (Sentence,), (Word,), TRANSACTION

    with pytest.raises(AssertionError, match='machines in a circle'):
        Network([Speller([], 'a'), Echo([], 'a')])


def test_only_machines_that_lead_to_a_listener_are_needed_in_the_order_given() -> None:
    log: list[tuple[str, Any]] = []
    judge, speller, reader = Judge(log), Speller(log), Reader(log)

    class Listener(Log):
        consumes, phase = (Verdict,), REPORT

    class Deaf(Log):
        phase = REPORT

    assert leading_to([Listener(log)], [reader, judge, speller]) == [judge, speller]
    assert leading_to([Deaf(log)], [reader, judge, speller]) == []
