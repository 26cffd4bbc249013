"""The board: nets with several drivers, and a time of its own."""

from __future__ import annotations

from stm32trace.simulator.board import PS, Board, picoseconds


def board() -> Board:
    return Board({'sda': 1, 'tx': 0})


def test_a_net_has_the_level_of_its_pull_while_nobody_drives_it() -> None:
    made = board()
    assert (made.level('sda'), made.level('tx')) == (1, 0)


def test_low_wins_among_drivers() -> None:
    made = board()
    made.drive('sda', 'host', 1)
    made.drive('sda', 'target', 0)
    assert made.level('sda') == 0
    made.drive('sda', 'target', None)
    assert made.level('sda') == 1


def test_a_watcher_sees_changes_of_the_level_and_when_they_were() -> None:
    made = board()
    seen: list[tuple[int, int]] = []
    made.watch('sda', lambda level, time: seen.append((level, time)))
    made.at(5, lambda: made.drive('sda', 'host', 0))
    made.at(7, lambda: made.drive('sda', 'target', 0))
    made.at(8, lambda: made.drive('sda', 'host', None))
    made.at(9, lambda: made.drive('sda', 'target', None))
    made.run_until(20)
    assert seen == [(0, 5), (1, 9)]


def test_what_is_due_at_one_time_comes_in_the_order_it_was_asked_for() -> None:
    made = board()
    done: list[str] = []
    made.at(3, lambda: done.append('second'))
    made.at(2, lambda: done.append('first'))
    made.at(3, lambda: done.append('third'))
    made.run_until(3)
    assert done == ['first', 'second', 'third']


def test_what_was_cancelled_does_not_happen() -> None:
    made = board()
    done: list[str] = []
    event = made.after(4, lambda: done.append('never'))
    event.cancel()
    made.run_for(10)
    assert not done
    assert made.now == 10


def test_what_is_due_later_does_not_happen_yet() -> None:
    made = board()
    done: list[int] = []
    made.at(11, lambda: done.append(made.now))
    made.run_until(10)
    assert not done
    made.run_until(12)
    assert done == [11]


def test_the_supply_is_kept_as_a_curve() -> None:
    made = board()
    seen: list[float] = []
    made.watch_supply(lambda volts, time: seen.append(volts))
    made.run_until(picoseconds(0.5))
    made.supply(2.1)
    assert made.supply_curve == [(0, 3.3), (PS // 2, 2.1)]
    assert seen == [2.1]
