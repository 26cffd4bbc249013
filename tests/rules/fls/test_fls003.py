"""FLS003: an operation was ordered while the flash controller was locked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.register_traffic import Traffic, guards, told
from stm32trace_core.rules.fls.fls003_start_while_locked import (
    ADVICE,
    OPEN_AFTER_ALL,
    StartWhileLocked,
)
from stm32trace_core.rules.rule import HOST, YES, Confidence, Evidence, Finding, Severity

Change = Callable[[Traffic], Traffic]

LOCK = 1 << 31
CR_LOCKED = 0xC0000000
PER_STRT, PG = 0x10002, 0x1
PAGE = 'FLASH_CR was written 0x00010002 (the erase of page 0) while LOCK was 1: it is ignored'


def test_an_order_while_lock_reads_1_is_told() -> None:
    traffic = Traffic().read('CR', CR_LOCKED).write('CR', PER_STRT).read('SR', 0)
    assert traffic.judge(StartWhileLocked)[0] == [
        Finding(
            200,
            240,
            'swd0',
            'FLS003',
            'start-while-locked',
            Severity.ERROR,
            Confidence.HIGH,
            HOST,
            '',
            1,
            PAGE,
            ADVICE,
            (Evidence(200, 240, PAGE),),
            (),
            YES,
        )
    ]


def test_an_order_after_the_two_keys_is_right() -> None:
    traffic = Traffic().read('CR', CR_LOCKED).unlock().write('CR', PER_STRT).read('SR', 0)
    assert told(traffic, StartWhileLocked) == []


@pytest.mark.parametrize('locked', [Traffic().unlock().write('CR', LOCK), Traffic().reset()])
def test_a_write_of_lock_and_a_reset_lock_it(locked: Traffic) -> None:
    assert told(locked.write('CR', PER_STRT), StartWhileLocked) == [PAGE]


def test_programming_counts_as_well() -> None:
    assert told(Traffic().reset().write('CR', PG).read('SR', 0), StartWhileLocked) == [
        'FLASH_CR was written 0x00000001 (programming) while LOCK was 1: it is ignored'
    ]


def test_where_the_lock_is_not_known_nothing_is_told() -> None:
    assert told(Traffic().write('CR', PER_STRT).read('SR', 0), StartWhileLocked) == []


def test_what_ran_on_the_core_may_have_unlocked_it() -> None:
    traffic = Traffic().reset().resume().write('CR', PER_STRT).read('SR', 0)
    assert told(traffic, StartWhileLocked) == []


def test_a_controller_that_is_busy_was_open_after_all() -> None:
    traffic = Traffic().reset().write('CR', PER_STRT).read('SR', 1 << 16)
    assert guards(traffic, StartWhileLocked) == [OPEN_AFTER_ALL]


def test_the_start_of_options_has_a_lock_of_its_own() -> None:
    assert told(Traffic().reset().write('CR', 1 << 17).read('SR', 0), StartWhileLocked) == []


def test_clearing_bits_is_no_order() -> None:
    assert told(Traffic().reset().write('CR', 0).read('SR', 0), StartWhileLocked) == []


def test_several_orders_are_one_finding() -> None:
    traffic = Traffic().reset()
    for _ in range(4):
        traffic.write('CR', PER_STRT).read('SR', 0)
    assert told(traffic, StartWhileLocked) == [f'{PAGE} (the first of 4)']


def test_lock_that_is_read_as_1_only_afterwards_was_1_at_the_order() -> None:
    traffic = Traffic().write('CR', PER_STRT).read('SR', 0).read('CR', CR_LOCKED)
    assert told(traffic, StartWhileLocked) == [
        'FLASH_CR was written 0x00010002 (the erase of page 0) while LOCK was 1 (as CR showed only'
        ' afterwards): it is ignored'
    ]
    assert told(traffic.read('CR', CR_LOCKED), StartWhileLocked) == told(traffic, StartWhileLocked)


def test_several_orders_before_lock_is_read_are_all_told() -> None:
    traffic = Traffic().write('CR', PER_STRT).read('SR', 0).write('CR', PG).read('SR', 0)
    [message] = told(traffic.read('CR', CR_LOCKED), StartWhileLocked)
    assert message.endswith('(the first of 2)')


@pytest.mark.parametrize(
    'between',
    [
        lambda traffic: traffic.read('CR', 0),
        lambda traffic: traffic.write('CR', LOCK),
        lambda traffic: traffic.write('KEYR', 0x45670123),
        lambda traffic: traffic.reset(),
        lambda traffic: traffic.resume(),
        lambda traffic: traffic.read('SR', 1 << 16).read('SR', 0),
        lambda traffic: traffic.blind(),
        lambda traffic: traffic.gap(),
    ],
)
def test_lock_that_may_have_been_set_after_the_order_says_nothing(between: Change) -> None:
    traffic = between(Traffic().write('CR', PER_STRT)).read('CR', CR_LOCKED)
    assert told(traffic, StartWhileLocked) == []


def test_a_wrong_key_locks_as_well() -> None:
    traffic = Traffic().write('KEYR', 1).write('CR', PER_STRT).read('SR', 0)
    assert told(traffic, StartWhileLocked) == [PAGE]


@pytest.mark.parametrize('hidden', [Traffic.gap, Traffic.blind])
def test_what_is_hidden_may_have_unlocked_it(hidden: Change) -> None:
    traffic = hidden(Traffic().reset()).write('CR', PER_STRT).read('SR', 0)
    assert told(traffic, StartWhileLocked) == []
