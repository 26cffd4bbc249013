"""FLS001: the keys that unlock the flash controller were wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.register_traffic import KEY1, KEY2, Traffic, guards, told
from stm32trace_core.adi.records import FAULT
from stm32trace_core.lines import NRST, Reset
from stm32trace_core.rules.engine import NOT_EVALUATED
from stm32trace_core.rules.fls.fls001_wrong_unlock_sequence import (
    ADVICE,
    AGAIN,
    WRONG,
    WrongUnlockSequence,
)
from stm32trace_core.rules.rule import HOST, YES, Confidence, Evidence, Finding, Severity

CR_LOCKED, CR_OPEN = 0xC0000000, 0x40000000
LOCKED = ': the flash controller stays locked until the next reset'
TWICE = f'FLASH_KEYR was given 0x45670123 after 0x45670123; expected 0xCDEF89AB{LOCKED}'


def test_a_wrong_second_key_is_told() -> None:
    traffic = Traffic().read('CR', CR_LOCKED).write('KEYR', KEY1).write('KEYR', KEY1)
    assert traffic.judge(WrongUnlockSequence)[0] == [
        Finding(
            200,
            340,
            'swd0',
            'FLS001',
            'wrong-unlock-sequence',
            Severity.ERROR,
            Confidence.HIGH,
            HOST,
            'wrong',
            1,
            TWICE,
            ADVICE[WRONG],
            (Evidence(200, 340, TWICE),),
            (),
            YES,
        )
    ]


def test_the_two_keys_in_order_are_right() -> None:
    assert told(Traffic().read('CR', CR_LOCKED).unlock(), WrongUnlockSequence) == []


def test_a_wrong_first_key_is_told() -> None:
    traffic = Traffic().read('CR', CR_LOCKED).write('KEYR', KEY2)
    assert told(traffic, WrongUnlockSequence) == [
        f'FLASH_KEYR was given 0xCDEF89AB; expected 0x45670123{LOCKED}'
    ]


def test_a_capture_that_begins_between_the_keys_is_not_judged() -> None:
    assert told(Traffic().write('KEYR', KEY2).read('CR', 0), WrongUnlockSequence) == []


def test_a_write_between_the_keys_is_told_and_a_read_is_not() -> None:
    between = Traffic().read('CR', CR_LOCKED).write('KEYR', KEY1)
    assert told(between.read('SR', 0).write('KEYR', KEY2), WrongUnlockSequence) == []
    between = Traffic().read('CR', CR_LOCKED).write('KEYR', KEY1).write('SR', 0xF0)
    assert told(between, WrongUnlockSequence) == [
        f'FLASH_SR was written between the two keys of FLASH_KEYR{LOCKED}'
    ]


def test_a_second_unlock_is_a_warning() -> None:
    [found] = Traffic().unlock().read('CR', CR_OPEN).unlock().judge(WrongUnlockSequence)[0]
    assert (found.severity, found.key, found.advice) == (Severity.WARNING, 'again', ADVICE[AGAIN])
    assert found.message.startswith('the keys were written to FLASH_KEYR while')


def test_unlocking_again_after_a_lock_or_a_reset_is_right() -> None:
    traffic = Traffic().unlock().write('CR', 1 << 31).unlock().reset().unlock()
    assert told(traffic, WrongUnlockSequence) == []


def test_a_reset_between_the_keys_ends_the_sequence() -> None:
    traffic = Traffic().read('CR', CR_LOCKED).write('KEYR', KEY1).add(Reset, NRST, True, bus='')
    assert told(traffic.unlock(), WrongUnlockSequence) == []


def test_a_key_that_was_not_taken_does_not_count() -> None:
    traffic = Traffic().read('CR', CR_LOCKED).write('KEYR', KEY1)
    assert told(traffic.write('KEYR', 0, FAULT).write('KEYR', KEY2), WrongUnlockSequence) == []


def test_wrong_sequences_are_one_finding() -> None:
    traffic = Traffic().read('CR', CR_LOCKED)
    for _ in range(3):
        traffic.write('KEYR', KEY1).write('KEYR', KEY1)
    assert told(traffic, WrongUnlockSequence) == [f'{TWICE} (the first of 3)']


def test_a_part_without_a_table_is_not_evaluated() -> None:
    rule = WrongUnlockSequence
    assert Traffic(identified=False).result(rule) == (NOT_EVALUATED, ('family',))


def test_the_options_of_an_f1_are_unlocked_twice_by_open_tools() -> None:
    again = Traffic('F1').unlock().unlock()
    assert guards(again, WrongUnlockSequence) == [
        'this family ignores the keys while it is unlocked'
    ]
    assert len(told(Traffic('G0').unlock().unlock(), WrongUnlockSequence)) == 1


@pytest.mark.parametrize('hidden', [Traffic.gap, Traffic.blind])
def test_the_second_key_may_be_where_nothing_is_seen(hidden: Callable[[Traffic], Traffic]) -> None:
    begun = hidden(Traffic().write('KEYR', KEY1))
    assert told(begun.write('CR', 2), WrongUnlockSequence) == []
    assert told(hidden(Traffic().write('CR', 0)).write('KEYR', KEY2), WrongUnlockSequence) == []
    assert len(told(Traffic().write('CR', 0).write('KEYR', KEY2), WrongUnlockSequence)) == 1
