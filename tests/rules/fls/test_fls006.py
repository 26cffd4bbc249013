"""FLS006: the flash controller refused what was written, and says why."""

from __future__ import annotations

import pytest

from rules.register_traffic import Traffic, guards, told
from stm32trace_core.flash.records import FlashOperation
from stm32trace_core.rules.fls.fls006_programming_error import (
    ERASE_FIRST,
    STEPS,
    ProgrammingError,
)
from stm32trace_core.rules.rule import HOST, YES, Confidence, Evidence, Finding, Severity

PG, LOCK = 0x1, 1 << 31
PROGERR = 0x8
MESSAGE = 'PROGERR during programming: the place was not erased before (SR reads 0x00000008)'


def session(family: str = 'G0') -> Traffic:
    return Traffic(family).reset().unlock()


def test_the_very_bit_is_explained() -> None:
    traffic = session().write('CR', PG).read('SR', PROGERR)
    assert traffic.judge(ProgrammingError)[0] == [
        Finding(
            500,
            640,
            'swd0',
            'FLS006',
            'programming-error',
            Severity.ERROR,
            Confidence.HIGH,
            HOST,
            'program',
            1,
            MESSAGE,
            (ERASE_FIRST,),
            (Evidence(500, 640, MESSAGE),),
            (),
            YES,
        )
    ]


def test_programming_without_an_error_is_none_of_it() -> None:
    traffic = session().write('CR', PG).read('SR', 1 << 16).read('SR', 1).write('CR', LOCK)
    assert told(traffic, ProgrammingError) == []


def test_a_stale_flag_is_left_to_another_rule() -> None:
    traffic = session().read('SR', PROGERR).write('CR', PG).read('SR', PROGERR)
    assert guards(traffic, ProgrammingError) == ['FLS004']


def test_the_same_flag_read_again_is_one_error() -> None:
    traffic = session().write('CR', PG).read('SR', PROGERR).read('SR', PROGERR)
    assert told(traffic, ProgrammingError) == [MESSAGE]


def test_a_flag_that_comes_up_again_after_it_was_cleared_is_another_error() -> None:
    traffic = session().write('CR', PG)
    for _ in range(3):
        traffic.read('SR', PROGERR).write('SR', PROGERR).read('SR', 0)
    assert told(traffic, ProgrammingError) == [f'{MESSAGE} (the first of 3)']


@pytest.mark.parametrize(
    ('family', 'status', 'meaning'),
    [
        ('F1', 0x4, 'PGERR during programming: the place was not erased before'),
        ('F4', 0x20, 'PGAERR during programming: the data cross a boundary of 128 bits'),
        (
            'F4',
            0x80,
            'PGSERR during programming: flash was written while CR was not set up for it',
        ),
        ('G0', 0x20, 'PGAERR during programming: the address is not aligned to the unit of'),
        ('G0', 0x100, 'MISERR during programming: the next data of a fast programming came too'),
        ('G0', 0x200, 'FASTERR during programming: fast programming was broken off'),
        (
            'G0',
            0x88,
            'PGSERR, PROGERR during programming: the steps came in the wrong order, or an error'
            ' flag was still set; the place was not erased before',
        ),
    ],
)
def test_each_family_has_its_own_bits(family: str, status: int, meaning: str) -> None:
    [message] = told(session(family).write('CR', PG).read('SR', status), ProgrammingError)
    assert message.startswith(meaning)


def test_a_wrong_width_is_told_with_the_unit_of_the_part() -> None:
    [found] = session().write('CR', PG).read('SR', 0x40).judge(ProgrammingError)[0]
    assert found.message.endswith('STM32G0 is programmed 8 bytes at a time')
    assert found.advice == (STEPS['SIZERR'],)


def test_bit_7_of_f7_is_no_programming_error() -> None:
    assert told(session('F7').write('CR', 0x1000A).read('SR', 0x80), ProgrammingError) == []


def test_write_protection_is_another_rule() -> None:
    assert told(session().write('CR', PG).read('SR', 0x10), ProgrammingError) == []


def test_the_address_is_added_when_the_operation_is_known() -> None:
    traffic = session().write('CR', PG).read('SR', PROGERR)
    failed = ('program', -1, 0x08000000, 8, (), bytes(8), 'failed')
    traffic.records.append(FlashOperation(500, 640, 'swd0', *failed))
    assert told(traffic, ProgrammingError) == [f'{MESSAGE}; it wrote 8 bytes from 0x08000000']


def test_a_flag_of_which_nothing_was_known_before_is_a_warning() -> None:
    traffic = Traffic().unlock().write('CR', PG).read('SR', PROGERR)
    [found] = traffic.judge(ProgrammingError)[0]
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    assert found.message.endswith('whether the flag was set before is not known')
