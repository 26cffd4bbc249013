"""What is done to flash over a debug port: which part it is, operations, windows, and what cuts them off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import DP, FAULT, LOST, OK, RegisterAccess
from stm32trace_core.bootloader.records import DeviceIdentified
from stm32trace_core.flash.controller import HELD, FlashController
from stm32trace_core.flash.records import (
    BANK_ERASE,
    CLOSED,
    CUT,
    DONE,
    ERASE_PENDING,
    FAILED,
    INTERRUPTED,
    LOCK,
    LOCKED,
    MASS_ERASE,
    OPEN,
    OPTION_LOAD,
    OPTION_PROGRAM,
    OPTION_UNLOCK,
    PAGE_ERASE,
    PROGRAM,
    PROGRAM_PENDING,
    UNKNOWN,
    UNLOCK,
    AreaRefused,
    BlindAccess,
    FlashOperation,
    OptionState,
    PartFamily,
    PeripheralAccess,
    Window,
)
from waves.accesses import (
    BUS,
    DHCSR,
    FINE,
    Session,
    context,
    made,
    only,
    packets,
    recorded,
    sample,
    truth,
)

KEY1, KEY2 = 0x45670123, 0xCDEF89AB
FLASH = 0x08000000

# STM32G0: RM0444, FLASH.
G0_IDCODE = 0x40015800
G0_KEYR, G0_OPTKEYR, G0_SR, G0_CR, G0_OPTR = (
    0x40022008,
    0x4002200C,
    0x40022010,
    0x40022014,
    0x40022020,
)
G0_PG, G0_PER, G0_MER1, G0_MER2, G0_STRT, G0_LOCK = 1, 2, 4, 1 << 15, 1 << 16, 1 << 31
G0_BSY, G0_WRPERR, G0_OPTVERR = 1 << 16, 1 << 4, 1 << 15

# STM32F4 and F7: RM0090, RM0431, FLASH.
IDCODE = 0xE0042000
F4_KEYR, F4_SR, F4_CR, F4_OPTCR = 0x40023C04, 0x40023C0C, 0x40023C10, 0x40023C14
F4_PG, F4_SER, F4_MER, F4_MER2, F4_STRT, F4_LOCK = 1, 2, 4, 1 << 15, 1 << 16, 1 << 31
F4_BSY, F4_WRPERR, F4_BIT_7 = 1 << 16, 1 << 4, 1 << 7

# STM32F1: PM0075.
F1_KEYR, F1_SR, F1_CR, F1_AR = 0x40022004, 0x4002200C, 0x40022010, 0x40022014
F1_PG, F1_PER, F1_MER, F1_STRT, F1_LOCK = 1, 2, 4, 1 << 6, 1 << 7


def told(session: Session, *, finish: bool = False, **known: Any) -> list[Any]:
    return made(FlashController(context(**known), BUS), session, finish)


def on_g0(dev_id: int = 0x460) -> Session:
    return Session().read(G0_IDCODE, 0x20000000 | dev_id)


def on_f4(dev_id: int = 0x419) -> Session:
    return Session().read(IDCODE, 0x10070000 | dev_id)


def on_f1(dev_id: int = 0x410) -> Session:
    return Session().read(IDCODE, 0x20030000 | dev_id)


def operations(session: Session, **more: Any) -> list[FlashOperation]:
    return only(told(session, **more), FlashOperation)


def work(session: Session, **more: Any) -> list[FlashOperation]:
    """Operations other than those of the lock."""
    return [one for one in operations(session, **more) if one.kind not in (UNLOCK, LOCK)]


def windows(session: Session, **more: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.state) for one in only(told(session, **more), Window)]


def operation(start: int, end: int, kind: str, outcome: str, **more: Any) -> FlashOperation:
    made_ = FlashOperation(start, end, BUS, kind, -1, None, None, (), b'', outcome)
    return made_._replace(**more)


# An erase, from the write that starts it to the status that ends it.


def test_a_page_erase_lasts_until_the_status_is_idle() -> None:
    session = Session().write(G0_CR, G0_PER | 5 << 3 | G0_STRT).read(G0_SR, G0_BSY)
    session.wait(0.02).read(G0_SR, 0)
    assert told(session, family='G0') == [
        PeripheralAccess(0, 100, BUS, 'FLASH.CR', G0_CR, True, 0x1002A, -1, OK),
        Window(100, 100, BUS, ERASE_PENDING, OPEN, -1, 'page erase started'),
        PeripheralAccess(100, 200, BUS, 'FLASH.SR', G0_SR, False, G0_BSY, -1, OK),
        PeripheralAccess(20200, 20300, BUS, 'FLASH.SR', G0_SR, False, 0, G0_BSY, OK),
        operation(100, 20300, PAGE_ERASE, DONE, pages=(5,)),
        Window(
            100, 20300, BUS, ERASE_PENDING, CLOSED, -1, 'page erase started; not busy any more'
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('session', 'kind', 'address', 'length', 'pages'),
    [
        (on_g0().write(G0_CR, G0_PER | 5 << 3 | G0_STRT), PAGE_ERASE, FLASH + 0x2800, 2048, (5,)),
        (on_g0().write(G0_CR, G0_MER1 | G0_STRT), MASS_ERASE, FLASH, None, ()),
        (on_g0(0x467).write(G0_CR, G0_MER1 | G0_STRT), BANK_ERASE, None, None, ()),
        (on_g0(0x467).write(G0_CR, G0_MER1 | G0_MER2 | G0_STRT), MASS_ERASE, FLASH, None, ()),
        (
            on_g0(0x467).write(G0_CR, G0_PER | 1 << 13 | 3 << 3 | G0_STRT),
            PAGE_ERASE,
            None,
            2048,
            (3,),
        ),
        (on_f4(0x413).write(F4_CR, F4_MER | F4_STRT), MASS_ERASE, FLASH, None, ()),
        (on_f4().write(F4_CR, F4_MER | F4_STRT), BANK_ERASE, None, None, ()),
        (on_f4().write(F4_CR, F4_MER | F4_MER2 | F4_STRT), MASS_ERASE, FLASH, None, ()),
        (
            on_f4().write(F4_CR, F4_SER | 4 << 3 | F4_STRT),
            PAGE_ERASE,
            0x08010000,
            64 * 1024,
            (4,),
        ),
        # Number 16 is sector 12, the first of the second bank; not on parts with one bank.
        (
            on_f4().write(F4_CR, F4_SER | 16 << 3 | F4_STRT),
            PAGE_ERASE,
            0x08100000,
            16 * 1024,
            (12,),
        ),
        (on_f4(0x463).write(F4_CR, F4_SER | 16 << 3 | F4_STRT), PAGE_ERASE, None, None, (16,)),
        (
            on_f1().write(F1_AR, FLASH + 0x1400).write(F1_CR, F1_PER | F1_STRT),
            PAGE_ERASE,
            FLASH + 0x1400,
            1024,
            (5,),
        ),
        (on_f1().write(F1_CR, F1_MER | F1_STRT), MASS_ERASE, FLASH, None, ()),
    ],
)
def test_what_an_erase_works_on(
    session: Session, kind: str, address: int | None, length: int | None, pages: tuple[int, ...]
) -> None:
    [found] = work(session, finish=True)
    assert (found.kind, found.address, found.length, found.pages) == (kind, address, length, pages)


@pytest.mark.parametrize(
    ('optcr', 'kind', 'length'),
    [(1 << 29 | 0xAAFD, MASS_ERASE, 32 * 1024), (0xAAFD, BANK_ERASE, 16 * 1024)],
    ids=['one bank', 'two banks'],
)
def test_an_f76_is_erased_as_its_bank_option_says(optcr: int, kind: str, length: int) -> None:
    session = on_f4(0x451).read(F4_OPTCR, 0x0FFF0000 | optcr)
    session.write(F4_CR, F4_MER | F4_STRT).read(F4_SR, 0)
    session.write(F4_CR, F4_SER | F4_STRT).read(F4_SR, 0)
    mass, sector = work(session)
    assert (mass.kind, sector.kind, sector.length) == (kind, PAGE_ERASE, length)


def test_each_controller_of_an_xl_density_f1_is_followed() -> None:
    session = on_f1(0x430).write(0x40022050, F1_MER | F1_STRT).read(0x4002204C, 1)
    session.write(F1_CR, F1_MER | F1_STRT).read(F1_SR, 1).read(0x4002204C, 0).read(F1_SR, 0)
    first, second = work(session)
    assert (first.kind, first.address, first.outcome) == (BANK_ERASE, 0x08080000, DONE)
    assert (second.kind, second.address, second.outcome) == (BANK_ERASE, FLASH, DONE)


def test_a_start_without_an_operation_is_none() -> None:
    assert work(on_g0().write(G0_CR, G0_STRT), finish=True) == []


# How it ends.


def test_a_new_error_flag_means_that_it_failed() -> None:
    session = on_f4(0x452).write(F4_CR, F4_MER | F4_STRT).read(F4_SR, F4_WRPERR)
    [found] = work(session)
    assert (found.outcome, found.errors, found.end - found.start) == (FAILED, ('WRPERR',), 100)
    assert windows(session) == [(ERASE_PENDING, OPEN), (ERASE_PENDING, CLOSED)]


def test_bit_7_of_the_status_has_another_name_on_f7() -> None:
    for dev_id, name in ((0x413, 'PGSERR'), (0x452, 'ERSERR')):
        session = on_f4(dev_id).write(F4_CR, F4_SER | F4_STRT).read(F4_SR, F4_BIT_7)
        assert [one.errors for one in work(session)] == [(name,)]


def test_an_error_flag_that_was_set_before_is_not_its_fault() -> None:
    session = on_g0().read(G0_SR, G0_WRPERR).write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, G0_WRPERR)
    assert [(one.outcome, one.errors) for one in work(session)] == [(DONE, ())]


def test_an_error_flag_that_was_cleared_before_is_its_fault() -> None:
    session = on_g0().read(G0_SR, G0_WRPERR).write(G0_SR, G0_WRPERR)
    session.write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, G0_WRPERR)
    assert [(one.outcome, one.errors) for one in work(session)] == [(FAILED, ('WRPERR',))]


def test_what_went_wrong_when_options_were_loaded_is_not_its_fault() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, G0_OPTVERR)
    assert [one.outcome for one in work(session)] == [DONE]


def test_an_erase_started_while_locked_is_refused() -> None:
    session = on_g0().read(G0_CR, G0_LOCK).write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, 0)
    assert [(one.outcome, one.errors) for one in work(session)] == [(FAILED, (LOCKED,))]


def test_a_busy_part_was_not_locked_after_all() -> None:
    session = on_g0().read(G0_CR, G0_LOCK).write(G0_CR, G0_MER1 | G0_STRT)
    session.read(G0_SR, G0_BSY).read(G0_SR, 0)
    assert [one.outcome for one in work(session)] == [DONE]


def test_the_next_operation_ends_one_whose_status_nobody_read() -> None:
    session = on_g0().write(G0_CR, G0_PER | G0_STRT).wait(0.03)
    session.write(G0_CR, G0_PER | 1 << 3 | G0_STRT).read(G0_SR, 0)
    assert [(one.pages, one.outcome) for one in work(session)] == [((0,), UNKNOWN), ((1,), DONE)]


def test_locking_while_busy_does_not_end_it() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, G0_BSY).write(G0_CR, G0_LOCK)
    assert [one.outcome for one in work(session.read(G0_SR, 0))] == [DONE]


# What cuts it off.


def cut(session: Session, by: str) -> Session:
    if by == 'reset':
        return session.system_reset()
    if by == 'launch':
        return session.write(G0_CR, 1 << 27)
    return session.line(by, 0)


CUTS = pytest.mark.parametrize('by', ['reset', 'launch', 'nrst', 'vdd'])


@CUTS
@pytest.mark.parametrize('polls', [0, 1])
def test_a_reset_interrupts_an_erase(by: str, polls: int) -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT)
    for _ in range(polls):
        session.read(G0_SR, G0_BSY)
    erase, *_ = work(cut(session.wait(0.001), by))
    assert (erase.kind, erase.outcome) == (MASS_ERASE, INTERRUPTED)
    assert windows(session)[:2] == [(ERASE_PENDING, OPEN), (ERASE_PENDING, CUT)]


@CUTS
def test_a_reset_long_after_an_erase_that_nobody_looked_at_interrupts_nothing(by: str) -> None:
    session = cut(on_g0().write(G0_CR, G0_MER1 | G0_STRT).wait(1.0), by)
    assert work(session)[0].outcome == UNKNOWN
    assert windows(session)[:2] == [(ERASE_PENDING, OPEN), (ERASE_PENDING, CLOSED)]


def test_an_erase_that_was_busy_to_the_last_is_interrupted_however_long_ago() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, G0_BSY).wait(9.0)
    assert [one.outcome for one in work(session.line('nrst', 0))] == [INTERRUPTED]


def test_without_a_sample_rate_no_erase_is_over_by_time() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).wait(9.0).line('nrst', 0)
    assert [one.outcome for one in work(session, rate=None)] == [INTERRUPTED]


def test_a_reset_after_the_end_interrupts_nothing() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, 0).line('nrst', 0)
    assert [one.outcome for one in work(session)] == [DONE]


def test_an_erase_that_is_on_at_a_gap_or_at_the_end_keeps_its_window_open() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, G0_BSY).wait(0.001)
    at = session.now
    [_, last] = only(told(session, finish=True), Window)
    assert (last.state, last.start, last.end) == (OPEN, 200, at)
    [found] = work(session, finish=True)
    assert (found.outcome, found.end) == (UNKNOWN, 300)
    [_, last] = only(told(session.gap()), Window)
    assert (last.state, last.end) == (OPEN, at)


def test_boot0_and_a_rising_nrst_cut_nothing() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).line('boot0', 0).line('nrst', 1)
    assert [one.outcome for one in work(session.read(G0_SR, 0))] == [DONE]


# Programming.


def programmed(session: Session, words: int = 4, at: int = FLASH) -> Session:
    for number in range(words):
        session.write(at + 4 * number, 0x03020100 + 0x04040404 * number)
    return session


def test_writes_in_a_row_are_one_operation() -> None:
    session = programmed(on_g0().write(G0_CR, G0_PG)).read(G0_SR, 0).write(G0_CR, 0)
    [found] = work(session)
    assert found == operation(
        300, 700, PROGRAM, DONE, address=FLASH, length=16, data=bytes(range(16))
    )
    assert windows(session) == [(PROGRAM_PENDING, OPEN), (PROGRAM_PENDING, CLOSED)]


def test_polls_between_the_writes_do_not_part_them() -> None:
    session = on_f1().write(F1_CR, F1_PG)
    for number in range(3):
        session.write(FLASH + 2 * number, 0xFFFF, size=2).read(F1_SR, 1).read(F1_SR, 0x20)
    [found] = work(session.write(F1_CR, F1_LOCK))
    assert (found.length, found.outcome) == (6, DONE)


def test_a_write_elsewhere_begins_another_operation() -> None:
    session = programmed(programmed(on_g0().write(G0_CR, G0_PG)), at=FLASH + 0x800)
    first, second = work(session.read(G0_SR, 0).write(G0_CR, 0))
    assert (first.address, first.outcome) == (FLASH, UNKNOWN)
    assert (second.address, second.outcome) == (FLASH + 0x800, DONE)


def test_an_error_ends_the_operation_where_it_came_up() -> None:
    session = programmed(on_g0().write(G0_CR, G0_PG), 2).read(G0_SR, 0x88)
    programmed(session, 2, FLASH + 8).read(G0_SR, 0x88).write(G0_CR, 0)
    first, second = work(session)
    assert (first.length, first.outcome, first.errors) == (8, FAILED, ('PROGERR', 'PGSERR'))
    assert (second.address, second.length, second.outcome) == (FLASH + 8, 8, DONE)


def test_writes_to_flash_without_the_bit_program_nothing() -> None:
    assert work(programmed(on_g0().read(G0_CR, 0)), finish=True) == []


def test_where_the_control_register_is_not_known_a_write_to_flash_is_taken_for_programming() -> (
    None
):
    assert [one.length for one in work(programmed(on_g0()), finish=True)] == [16]


def test_a_reset_shortly_after_a_write_interrupts_it() -> None:
    session = programmed(on_g0().write(G0_CR, G0_PG)).line('nrst', 0)
    assert [(one.outcome, one.length) for one in work(session)] == [(INTERRUPTED, 16)]


@pytest.mark.parametrize('seconds', [0.0, 1.0])
def test_a_reset_after_the_last_word_was_seen_done_interrupts_nothing(seconds: float) -> None:
    session = programmed(on_g0().write(G0_CR, G0_PG)).read(G0_SR, 0).wait(seconds)
    assert [one.outcome for one in work(session.line('nrst', 0))] == [DONE]


def test_a_word_is_programmed_long_before_a_second_is_over() -> None:
    session = programmed(on_g0().write(G0_CR, G0_PG)).wait(1.0).line('nrst', 0)
    assert [one.outcome for one in work(session)] == [UNKNOWN]


# The lock.


def test_the_two_keys_unlock() -> None:
    session = Session().write(G0_KEYR, KEY1).write(G0_KEYR, KEY2)
    assert operations(session, family='G0') == [operation(0, 200, UNLOCK, DONE)]


@pytest.mark.parametrize('keys', [(KEY2,), (KEY1, KEY1), (KEY1, 0)])
def test_wrong_keys_do_not_unlock(keys: tuple[int, ...]) -> None:
    session = on_g0().write(G0_CR, 0)
    for key in keys:
        session.write(G0_KEYR, key)
    assert [one.outcome for one in operations(session)] == [FAILED]


def test_a_second_key_alone_may_follow_one_that_was_not_seen() -> None:
    assert operations(on_g0().write(G0_KEYR, KEY2)) == []
    session = on_g0().write(G0_KEYR, KEY1).write(-1, KEY2).write(G0_KEYR, KEY2)
    assert operations(session.write(G0_CR, G0_PG)) == []


def test_after_a_wrong_key_the_right_ones_do_not_help_before_a_reset() -> None:
    session = on_g0().write(G0_KEYR, 0).write(G0_KEYR, KEY1).write(G0_KEYR, KEY2)
    session.system_reset().write(G0_KEYR, KEY1).write(G0_KEYR, KEY2)
    assert [one.outcome for one in operations(session)] == [FAILED, FAILED, DONE]


def test_a_lock_is_told_once() -> None:
    session = on_g0().write(G0_CR, G0_LOCK).write(G0_CR, G0_LOCK)
    assert operations(session) == [operation(100, 200, LOCK, DONE)]


def test_the_register_before_tells_what_is_known_to_have_changed() -> None:
    session = on_g0().read(G0_CR, 0xC0000000).write(G0_KEYR, KEY1).write(G0_KEYR, KEY2)
    session.write(G0_CR, G0_PG).system_reset().read(G0_CR, 0xC0000000)
    before = [
        one.before for one in only(told(session), PeripheralAccess) if one.register == 'FLASH.CR'
    ]
    assert before == [-1, 0x40000000, 0xC0000000]


def test_a_write_does_not_open_the_lock() -> None:
    session = on_g0().read(G0_CR, 0xC0000000).write(G0_CR, G0_PG).write(G0_CR, 0)
    found = [one for one in only(told(session), PeripheralAccess) if one.register == 'FLASH.CR']
    assert [one.before for one in found] == [-1, 0xC0000000, 0xC0000001]


def test_a_program_on_the_part_may_have_changed_everything() -> None:
    session = on_g0().read(G0_CR, G0_LOCK).write(DHCSR, 0xA05F0001)
    session.write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, 0)
    assert [one.outcome for one in work(session)] == [DONE]


# Which part it is.


def identified(session: Session, **more: Any) -> list[Any]:
    return only(told(session, **more), DeviceIdentified, PartFamily)


def test_the_id_register_tells_the_part() -> None:
    assert identified(on_f4()) == [
        DeviceIdentified(0, 100, BUS, 0x419, 'DBGMCU_IDCODE'),
        PartFamily(0, 100, BUS, 'F4', 'DBGMCU_IDCODE 0x419', True),
    ]


def test_the_same_id_read_again_is_no_news() -> None:
    assert len(identified(on_f4().read(IDCODE, 0x10076419))) == 2


@pytest.mark.parametrize('value', [0, 0xFFFFFFFF, 0x0000F000])
def test_an_empty_id_tells_nothing(value: int) -> None:
    assert identified(Session().read(IDCODE, value)) == []


def test_the_id_of_one_family_at_the_address_of_another_tells_nothing() -> None:
    assert identified(Session().read(G0_IDCODE, 0x10076419)) == []


def test_a_part_without_a_table_is_told_and_nothing_is_guessed_about_its_registers() -> None:
    session = Session().write(G0_KEYR, KEY1).read(IDCODE, 0x10076415).write(G0_KEYR, KEY2)
    assert told(session, finish=True) == [
        PeripheralAccess(100, 200, BUS, 'DBGMCU.IDCODE', IDCODE, False, 0x10076415, -1, OK),
        DeviceIdentified(100, 200, BUS, 0x415, 'DBGMCU_IDCODE'),
        PartFamily(100, 200, BUS, '', 'DBGMCU_IDCODE 0x415', True),
    ]


def test_an_early_f4_that_answers_as_an_f2_is_told_by_its_core() -> None:
    session = Session().read(0xE000ED00, 0x410FC241).read(IDCODE, 0x20006411)
    assert [one.dev_id for one in only(told(session), DeviceIdentified)] == [0x413]


def test_the_rom_table_tells_the_part_too() -> None:
    session = Session()
    for offset, value in ((0xFD0, 0x00), (0xFE0, 0x19), (0xFE4, 0x04), (0xFE8, 0x0A)):
        session.read(0xE00FF000 + offset, value)
    assert identified(session) == [
        DeviceIdentified(300, 400, BUS, 0x419, 'ROM table'),
        PartFamily(300, 400, BUS, 'F4', 'ROM table 0x419', True),
    ]


def test_a_rom_table_of_another_maker_tells_nothing() -> None:
    session = Session()
    for offset, value in ((0xFD0, 0x04), (0xFE0, 0x19), (0xFE4, 0xB4), (0xFE8, 0x0B)):
        session.read(0xE00FF000 + offset, value)
    assert identified(session) == []


def test_what_the_user_says_counts_at_once() -> None:
    session = Session().read(F4_SR, F4_BIT_7)
    assert [one.register for one in only(told(session, family='F7'), PeripheralAccess)] == [
        'FLASH.SR'
    ]


def test_what_the_part_says_outweighs_the_user() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT).read(G0_SR, 0)
    assert [one.kind for one in work(session, family='F4')] == [MASS_ERASE]


def test_accesses_before_the_id_are_followed_when_it_is_known() -> None:
    session = Session().write(G0_OPTKEYR, 0).read(0x40015804, 0).write(G0_CR, G0_MER1 | G0_STRT)
    session.read(G0_SR, 0).read(G0_IDCODE, 0x20006460)
    found = told(session)
    assert [type(one) for one in found[:3]] == [PeripheralAccess, DeviceIdentified, PartFamily]
    assert [one.register for one in only(found, PeripheralAccess)] == [
        'DBGMCU.IDCODE', 'FLASH.OPTKEYR', 'DBGMCU.CR', 'FLASH.CR', 'FLASH.SR',
    ]  # fmt: skip
    assert [one.start for one in only(found, FlashOperation)] == [0, 300]


def test_the_use_of_the_registers_alone_tells_g0_from_f1() -> None:
    g0 = Session().read(G0_CR, 0xC0000000)
    f1 = Session().write(F1_KEYR, KEY1)
    assert [one.family for one in identified(g0)] == ['G0']
    assert [(one.family, one.evidence, one.sure) for one in identified(f1)] == [
        ('F1', 'use of the flash registers', False)
    ]


@pytest.mark.parametrize(
    ('cpuid', 'family'), [(0x410FC241, 'F4'), (0x411FC271, 'F7'), (0x410FC231, None)]
)
def test_the_core_tells_f4_from_f7(cpuid: int, family: str | None) -> None:
    session = Session().read(0xE000ED00, cpuid).read(F4_OPTCR, 0x0FFFAAED)
    assert [one.family for one in identified(session)] == ([family] if family else [])


def test_the_debug_port_tells_f4_from_f7() -> None:
    session = Session()
    session.records.append(RegisterAccess(0, 1, BUS, DP, -1, 0, 'DPIDR', False, 0x5BA02477, OK))
    assert [one.family for one in identified(session.read(F4_OPTCR, 0xC0FFAAFD))] == ['F7']


def test_what_fits_several_tables_is_decided_at_the_end_or_when_too_much_is_held() -> None:
    session = Session().read(F4_OPTCR, 0x0FFFAAED)
    assert identified(session) == []
    assert [one.family for one in identified(session, finish=True)] == ['F4']
    for _ in range(HELD - 1):
        session.read(F4_OPTCR, 0x0FFFAAED)
    assert [one.family for one in identified(session)] == ['F4']


def test_a_reset_decides_what_is_held_before_it() -> None:
    session = Session().write(F4_KEYR, KEY1).write(F4_KEYR, KEY2).write(F4_CR, F4_MER | F4_STRT)
    session.read(F4_SR, F4_BSY).line('nrst', 0)
    assert [(one.kind, one.outcome) for one in work(session)] == [(MASS_ERASE, INTERRUPTED)]


def test_a_wrong_guess_is_put_right_by_the_id() -> None:
    session = Session().read(F4_OPTCR, 0x0FFFAAED).line('nrst', 0).read(IDCODE, 0x10006452)
    session.write(F4_CR, F4_SER | F4_STRT).read(F4_SR, F4_BIT_7)
    found = told(session)
    assert [(one.family, one.sure) for one in only(found, PartFamily)] == [
        ('F4', False),
        ('F7', True),
    ]
    assert [one.errors for one in only(found, FlashOperation)] == [('ERSERR',)]


def test_a_part_that_is_no_stm32_gives_nothing() -> None:
    session = Session().read(0xE000ED00, 0x410CC200).read(0x40022000, 1).write(0x4001E504, 1)
    assert told(session, finish=True) == [
        PeripheralAccess(0, 100, BUS, 'SCB.CPUID', 0xE000ED00, False, 0x410CC200, -1, OK)
    ]


# Registers with a name.


def test_a_register_is_told_with_its_value_before() -> None:
    session = on_f4().write(0x40003000, 0xAAAA).read(0x40023874, 0x0E000000)
    session.read(0x40023874, 0, outcome=FAULT).read(DHCSR, 3).write(DHCSR, 0xA05F0003)
    found = [
        (one.register, one.before, one.outcome) for one in only(told(session), PeripheralAccess)
    ]
    assert found[1:] == [
        ('IWDG.KR', -1, OK),
        ('RCC.CSR', -1, OK),
        ('RCC.CSR', 0x0E000000, FAULT),
        ('CoreDebug.DHCSR', -1, OK),
        ('CoreDebug.DHCSR', 3, OK),
    ]


def test_an_access_that_was_not_done_changes_nothing() -> None:
    session = on_g0().write(G0_CR, G0_MER1 | G0_STRT, outcome=FAULT)
    session.write(FLASH, 0, outcome=FAULT).write(G0_KEYR, KEY2, outcome=FAULT)
    assert operations(session, finish=True) == []


# Refused reads.


def refused(session: Session, at: int = FLASH) -> Session:
    """A posted read of flash whose value RDBUFF refuses."""
    session.read(at, 0, outcome=LOST)
    session.records.append(
        RegisterAccess(session.now - 50, session.now, BUS, DP, -1, 12, 'RDBUFF', False, 0, FAULT)
    )
    return session


def test_a_run_of_refused_reads_is_told_at_its_first() -> None:
    session = refused(refused(Session(), FLASH + 64), FLASH + 68)
    assert told(session) == [AreaRefused(0, 100, BUS, FLASH + 64, 1)]


def test_a_read_that_works_ends_the_run() -> None:
    session = refused(refused(Session()).read(FLASH, 1))
    assert len(only(told(session), AreaRefused)) == 2


def test_a_value_that_was_never_fetched_is_not_refused() -> None:
    session = Session().read(FLASH, 0, outcome=LOST).wait(0.001).read(0x20000000, 0, outcome=FAULT)
    assert told(session) == []


# Simulated parts.

KINDS = {
    'flash_unlock': (UNLOCK,),
    'flash_lock': (LOCK,),
    'page_erase': (PAGE_ERASE,),
    'mass_erase': (MASS_ERASE,),
    'program': (PROGRAM,),
    'option_unlock': (OPTION_UNLOCK,),
    'option_program': (OPTION_PROGRAM,),
    'obl_launch': (OPTION_LOAD,),
}
OUTCOMES = {'ok': DONE, 'refused': FAILED}
BY_LOADER = 'done by the RAM loader'
POLLING = sample(0.002)  # the longest pause between two polls of the tools in these captures


def followed(folder: Path, name: str) -> list[Any]:
    adi, flash = AdiMachine(context(FINE), BUS), FlashController(context(FINE), BUS)
    found: list[Any] = []
    for record in packets(folder, name):
        accesses = adi.feed(record) if type(record) in AdiMachine.consumes else [record]
        for access in accesses:
            if type(access) in FlashController.consumes:
                found.extend(flash.feed(access))
    return found


@pytest.mark.parametrize(
    'name',
    [
        'f1_program_verify_ok', 'f4_ram_loader_mass_erase_ok', 'f7_mass_erase_wrperr',
        'f7_rdp_ff_readback', 'g0_connect_ok', 'g0_option_write_no_obl', 'g0_option_write_obl_ok',
        'g0_program_verify_ok', 'wait_single_ok',
    ],
)  # fmt: skip
def test_every_operation_of_a_simulated_part_is_found(shared_captures: Path, name: str) -> None:
    found = [
        one for one in only(followed(shared_captures, name), FlashOperation)
        if one.kind != 'option_lock'
    ]  # fmt: skip
    real = [
        one
        for one in truth(shared_captures, name)['operations']
        if one['op'] in KINDS and one.get('why') != BY_LOADER
    ]
    assert len(found) == len(real)
    for one, happened in zip(found, real, strict=True):
        assert one.kind in KINDS[happened['op']]
        assert one.start <= sample(happened['t0']) + 1 <= one.end + 1
        if one.kind != PROGRAM:  # its last word may still be under way when polling goes on
            assert abs(one.end - sample(happened['t1'])) <= POLLING
        assert one.outcome == OUTCOMES[happened.get('result', 'ok')]
        if one.kind == PROGRAM:
            assert one.address == int(happened['addr'], 16)
            assert one.length == happened['bytes']
            assert sample(happened['t1']) <= one.end <= sample(happened['t1']) + POLLING
        if 'page' in happened:
            assert one.pages == (happened['page'],)


def test_every_flash_register_access_of_a_simulated_part_is_found(shared_captures: Path) -> None:
    name = 'g0_program_verify_ok'
    found = [
        (one.address, one.value, one.write)
        for one in only(followed(shared_captures, name), PeripheralAccess)
        if one.register.startswith('FLASH.')
    ]
    assert found == [
        (int(address, 16), int(value, 16), direction == 'w')
        for _, address, value, direction, *_ in truth(shared_captures, name)[
            'flash_register_accesses'
        ]
    ]


def test_the_part_of_the_f722_case_shows_its_protection(shared_captures: Path) -> None:
    found = followed(shared_captures, 'f7_rdp_ff_readback')
    state = only(found, OptionState)[0]
    assert (state.rdp, state.level, state.protected, state.sectors) == (0xFF, 1, (), 8)
    assert [one.address for one in only(found, AreaRefused)] == [FLASH]
    state = only(followed(shared_captures, 'f7_mass_erase_wrperr'), OptionState)[0]
    assert (state.rdp, state.level, state.protected, state.sectors) == (0xAA, 0, (0, 1), 8)


def test_the_options_of_a_real_f429_are_read(shared_captures: Path) -> None:
    stream, rate = recorded(shared_captures / 'swd' / 'stm32f429zit6_get_option_bytes.sr')
    adi, flash = AdiMachine(context(rate), BUS), FlashController(context(rate), BUS)
    found = [made_ for one in stream for access in adi.feed(one)
             if type(access) in FlashController.consumes for made_ in flash.feed(access)]  # fmt: skip
    assert [one.dev_id for one in only(found, DeviceIdentified)] == [0x419]
    assert [
        (one.register, one.value, one.rdp, one.level, one.protected, one.sectors)
        for one in only(found, OptionState)
    ] == [
        ('FLASH.OPTCR', 0x0FFFAAED, 0xAA, 0, (), 12),
        ('FLASH.OPTCR1', 0x0FFF0000, -1, -1, (), 12),
    ]
    assert only(found, FlashOperation, Window) == []


def test_an_access_whose_address_is_not_known_says_nothing() -> None:
    session = Session().read(-1, 0x10076419).write(-1, KEY1).write(-1, KEY2)
    assert told(session, finish=True) == [
        BlindAccess(0, 100, BUS, False),
        BlindAccess(100, 200, BUS, True),
    ]


# What can be seen only in part.


def families_of(session: Session) -> list[tuple[str, bool, tuple[str, ...]]]:
    found = only(told(session, finish=True), PartFamily)
    return [(one.family, one.sure, one.others) for one in found]


def test_families_whose_controllers_are_alike_are_rivals() -> None:
    assert families_of(Session().write(F4_CR, F4_SER | F4_STRT)) == [('F4', False, ('F7',))]
    named = Session().write(F4_CR, F4_SER | F4_STRT).system_reset().read(IDCODE, 0x10000452)
    assert families_of(named) == [('F4', False, ('F7',)), ('F7', True, ())]


def test_what_rivals_say_differently_is_not_told() -> None:
    session = Session().read(F4_OPTCR, 0xC0FCAAFD).write(F4_CR, F4_MER)
    [state] = only(told(session, finish=True), OptionState)
    assert (state.level, state.protected, state.sectors) == (0, (), 0)
    [sure] = only(told(session, finish=True, family='F7'), OptionState)
    assert (sure.level, sure.protected, sure.sectors) == (0, (0, 1), 8)


def test_families_whose_controllers_differ_are_told_apart_by_the_bits_in_use() -> None:
    assert families_of(Session().write(G0_CR, G0_PG)) == []
    assert families_of(Session().write(G0_CR, G0_PG).read(G0_SR, 0)) == []
    busy = Session().write(G0_CR, G0_PG).read(G0_SR, 0).read(G0_SR, G0_BSY)
    assert families_of(busy)[0][0] == 'G0'


def test_of_several_accesses_in_a_row_whose_address_is_not_known_each_kind_is_told_once() -> None:
    session = on_g0().write(-1, 1).write(-1, 2).read(-1, 0).read(G0_SR, 0).write(-1, 3)
    found = only(told(session), BlindAccess)
    assert [(one.start, one.write) for one in found] == [(100, True), (300, False), (500, True)]


def test_an_access_that_was_refused_is_none_to_nobody_knows_where() -> None:
    assert only(told(on_g0().write(-1, 1, outcome=FAULT)), BlindAccess) == []


def test_a_reset_after_what_could_not_be_seen_does_not_interrupt_for_sure() -> None:
    session = on_g0().write(G0_CR, G0_PER | G0_STRT).read(G0_SR, G0_BSY).read(-1, 0)
    assert [one.outcome for one in work(session.system_reset())] == [UNKNOWN]
    seen = on_g0().write(G0_CR, G0_PER | G0_STRT).read(G0_SR, G0_BSY).system_reset()
    assert [one.outcome for one in work(seen)] == [INTERRUPTED]


def test_a_write_to_nobody_knows_where_may_have_unlocked() -> None:
    session = on_g0().read(G0_CR, G0_LOCK).write(-1, KEY1).write(G0_CR, G0_PER | G0_STRT)
    assert [one.outcome for one in work(session.read(G0_SR, 0))] == [DONE]


@pytest.mark.parametrize(
    ('session', 'control', 'start'),
    [(on_g0(), G0_CR, G0_STRT), (on_f4(), F4_CR, F4_STRT), (on_f1(), F1_CR, F1_STRT)],
)
def test_a_start_bit_that_reads_0_is_an_end(session: Session, control: int, start: int) -> None:
    session.write(control, 2 | start).read(control, 2 | start).wait(0.001).read(control, 2)
    assert [one.outcome for one in work(session.system_reset())] == [DONE]


def test_a_start_bit_that_reads_1_is_none() -> None:
    session = on_g0().write(G0_CR, 2 | G0_STRT).read(G0_CR, 2 | G0_STRT).system_reset()
    assert [one.outcome for one in work(session)] == [INTERRUPTED]


def test_a_lock_that_is_found_closed_was_closed_at_the_order() -> None:
    session = on_g0().write(G0_CR, 2 | G0_STRT).read(G0_CR, G0_LOCK).write(G0_CR, 0)
    [found] = work(session, finish=True)
    assert (found.outcome, found.errors) == (FAILED, (LOCKED,))
