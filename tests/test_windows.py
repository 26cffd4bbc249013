"""Which windows a report keeps when there are more than it can show."""

from __future__ import annotations

from stm32trace.windows import MOST, Windows
from stm32trace_core.flash.records import (
    CLOSED,
    CUT,
    OPEN,
    OPTION_PROGRAMMING,
    PROGRAM_PENDING,
    Window,
)


def window(start: int, kind: str = PROGRAM_PENDING, state: str = CLOSED) -> Window:
    return Window(start, start + 1, 'i2c0', kind, state, 0x32, '')


def test_what_became_of_a_window_replaces_it() -> None:
    windows = Windows()
    windows.add(window(5, state=OPEN))
    windows.add(window(5))
    assert list(windows) == [window(5)]


def test_ordinary_ones_beyond_the_limit_are_counted() -> None:
    windows = Windows()
    for start in range(MOST + 3):
        windows.add(window(start, state=OPEN))
        windows.add(window(start))
    assert len(windows) == MOST
    assert windows.left_out == {PROGRAM_PENDING: 3}


def test_what_matters_is_kept_however_late_it_comes() -> None:
    windows = Windows()
    for start in range(MOST + 3):
        windows.add(window(start))
    late = [
        window(MOST + 10, state=CUT),
        window(MOST + 11, state=OPEN),
        window(MOST + 12, OPTION_PROGRAMMING),
    ]
    for one in late:
        windows.add(one)
    assert list(windows)[-3:] == late


def test_they_come_in_the_order_of_time() -> None:
    windows = Windows()
    for start in (9, 3, 5):
        windows.add(window(start))
    assert [one.start for one in windows] == [3, 5, 9]


def test_a_window_that_closes_twice_counts_once() -> None:
    windows = Windows()
    for _ in range(2):
        windows.add(window(1))
    for start in range(2, MOST + 1):
        windows.add(window(start))
    assert not windows.left_out
