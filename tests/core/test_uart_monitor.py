"""UART words in numbers: UartErrors, UartStats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stm32trace_core.context import bare_context
from stm32trace_core.wire.uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    TRUNCATED,
    UartErrors,
    UartGlitch,
    UartStats,
    UartWord,
    outcome,
)
from stm32trace_core.wire.uart_monitor import UartMonitor

BUS = 'uart0'


def word(number: int, flags: int = 0, line: str = 'tx') -> UartWord:
    return UartWord(100 * number, 100 * number + 90, BUS, line, number, flags)


def told(records: Iterable[Any]) -> list[Any]:
    monitor = UartMonitor(bare_context(), BUS)
    found = [one for record in records for one in monitor.feed(record)]
    return [*found, *monitor.finish(10_000)]


def stats(words: int, **faults: int) -> UartStats:
    counts = {'parity_errors': 0, 'framing_errors': 0, 'breaks': 0, 'glitches': 0, **faults}
    return UartStats(0, 100 * (words - 1) + 90, BUS, 'tx', words, **counts)


def test_words_without_errors_are_counted_alone() -> None:
    assert told(word(number) for number in range(5)) == [stats(5)]


def test_line_without_words_has_no_sum() -> None:
    assert told([]) == []
    assert told([UartGlitch(5, 7, BUS, 'tx')]) == []


def test_single_error_is_told_at_once_and_when_the_run_is_over() -> None:
    found = told([word(0), word(1), word(2, BAD_PARITY), word(3)])
    error = UartErrors(200, 290, BUS, 'tx', BAD_PARITY, 2, 1, 2, over=False)
    assert found == [error, error._replace(over=True), stats(4, parity_errors=1)]


def test_run_is_told_at_its_marks_and_at_the_end_of_the_data() -> None:
    found = told(word(number, BAD_STOP) for number in range(10))
    assert [(one.count, one.over, one.words_before) for one in found[:-1]] == [
        (1, False, 0),
        (3, False, 0),
        (8, False, 0),
        (10, True, 0),
    ]
    assert found[-1] == stats(10, framing_errors=10)


def test_run_unites_what_was_wrong_with_its_words() -> None:
    found = told([word(0, BAD_STOP | BAD_PARITY), word(1, BREAK), word(2)])
    assert found[-2] == UartErrors(
        0, 190, BUS, 'tx', BAD_STOP | BAD_PARITY | BREAK, 0, 2, 0, over=True
    )
    assert found[-1] == stats(3, parity_errors=1, framing_errors=1, breaks=1)


def test_second_run_counts_the_words_since_the_first_one() -> None:
    found = told([word(0, BAD_STOP), word(1), word(2), word(3, BAD_STOP)])
    assert [(one.start, one.words_before) for one in found[:-1] if not one.over] == [
        (0, 0),
        (300, 2),
    ]


def test_lines_have_runs_and_sums_of_their_own() -> None:
    found = told([word(0, BAD_STOP), word(1, line='rx'), word(2, BAD_STOP)])
    assert [(type(one).__name__, one.line) for one in found] == [
        ('UartErrors', 'tx'),
        ('UartStats', 'rx'),
        ('UartErrors', 'tx'),
        ('UartStats', 'tx'),
    ]


def test_word_that_is_cut_off_is_no_error_and_no_word() -> None:
    assert told([word(0), word(1, TRUNCATED), word(2, TRUNCATED | BREAK)]) == [stats(1)]


def test_glitches_are_counted() -> None:
    assert told([word(0), UartGlitch(95, 97, BUS, 'tx')]) == [stats(1, glitches=1)]


def test_outcome_of_a_word_is_the_worst_of_its_flags() -> None:
    names = {0: 'ok', BAD_PARITY: 'parity_error', BAD_STOP | BAD_PARITY: 'framing_error'}
    names.update({BREAK: 'break', BREAK | TRUNCATED: 'truncated'})
    assert {flags: outcome(flags) for flags in names} == names
    assert word(0, BAD_STOP).outcome == 'framing_error'
