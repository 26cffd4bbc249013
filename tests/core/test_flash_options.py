"""Option bytes over a debug port: what is in force, what was asked for, and when the one becomes the other."""

from __future__ import annotations

from typing import Any

import pytest

from stm32trace_core.devices import family_named
from stm32trace_core.flash.controller import FlashController
from stm32trace_core.flash.options import changes, level_of, protection, read_out
from stm32trace_core.flash.records import (
    CLOSED,
    CUT,
    DONE,
    FAILED,
    INTERRUPTED,
    LOCKED,
    OPEN,
    OPTION_ERASE,
    OPTION_LOAD,
    OPTION_LOCK,
    OPTION_PROGRAM,
    OPTION_PROGRAMMING,
    OPTION_UNLOCK,
    RESTART_EXPECTED,
    FlashOperation,
    OptionChange,
    OptionState,
    PeripheralAccess,
    Window,
)
from stm32trace_core.lines import OBL_LAUNCH, Reset
from waves.accesses import BUS, Session, context, made, only

KEYS = (0x08192A3B, 0x4C5D6E7F)

# STM32G0: RM0444, FLASH.
G0_OPTKEYR, G0_SR, G0_CR, G0_OPTR, G0_WRP1AR = (
    0x4002200C, 0x40022010, 0x40022014, 0x40022020, 0x4002202C,
)  # fmt: skip
BSY, OPTSTRT, OBL, OPTLOCK = 1 << 16, 1 << 17, 1 << 27, 1 << 30

# STM32F4 and F7: RM0090, RM0431, FLASH.
F4_OPTKEYR, F4_SR, F4_OPTCR, F4_OPTCR1 = 0x40023C08, 0x40023C0C, 0x40023C14, 0x40023C18
F4_OPTLOCK, F4_OPTSTRT = 1, 2

# STM32F1: PM0075.
F1_OPTKEYR, F1_SR, F1_CR, F1_OBR, F1_WRPR = (
    0x40022008, 0x4002200C, 0x40022010, 0x4002201C, 0x40022020,
)  # fmt: skip
F1_OPTPG, F1_OPTER, F1_STRT = 1 << 4, 1 << 5, 1 << 6

DELIVERED = 0xDFFFE1AA  # OPTR of a G071
BOOT = 0xDEFFE1AA  # the same with nBOOT_SEL = 0


def told(session: Session, family: str, *, finish: bool = False, **known: Any) -> list[Any]:
    """Return what is made of a session but for the accesses themselves."""
    machine = FlashController(context(family=family, **known), BUS)
    found = made(machine, session, finish)
    return [one for one in found if not isinstance(one, PeripheralAccess)]


def operations(found: list[Any]) -> list[tuple[str, str]]:
    return [(one.kind, one.outcome) for one in only(found, FlashOperation)]


def window(start: int, end: int, state: str, why: str = '') -> Window:
    text = 'option programming started' + why
    return Window(start, end, BUS, OPTION_PROGRAMMING, state, -1, text)


# Programming and loading, G0.


def test_options_are_programmed_from_the_start_bit_to_the_idle_status() -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, BOOT).write(G0_CR, OPTSTRT)
    session.read(G0_SR, BSY).wait(0.02).read(G0_SR, 0)
    assert told(session, 'G0') == [
        OptionState(0, 100, BUS, 'FLASH.OPTR', DELIVERED, 0xAA, 0, (), 0),
        window(300, 300, OPEN),
        OptionChange(100, 300, BUS, 'nBOOT_SEL', '1', '0'),
        FlashOperation(300, 20500, BUS, OPTION_PROGRAM, -1, None, None, (), b'', DONE),
        window(300, 20500, CLOSED, '; not busy any more'),
    ]


def test_a_launch_loads_the_options_and_resets_the_part() -> None:
    session = Session().write(G0_CR, OBL)
    assert told(session, 'G0', stop=60_000) == [
        FlashOperation(100, 100, BUS, OPTION_LOAD, -1, None, None, (), b'', DONE),
        Reset(0, 100, BUS, OBL_LAUNCH, True),
        Window(100, 100, BUS, RESTART_EXPECTED, OPEN, -1, 'OBL_LAUNCH was written'),
        Window(100, 60_000, BUS, RESTART_EXPECTED, CLOSED, -1, 'OBL_LAUNCH was written'),
    ]


def test_without_a_sample_rate_the_restart_has_no_end() -> None:
    found = told(Session().write(G0_CR, OBL), 'G0', rate=None)
    assert [(one.state, one.end) for one in only(found, Window)] == [(OPEN, 100)]


def test_a_launch_while_the_option_lock_is_closed_is_ignored_by_the_part() -> None:
    found = told(Session().read(G0_CR, 3 << 30).write(G0_CR, OBL), 'G0')
    assert only(found, FlashOperation, Reset) == []


def test_registers_written_without_a_start_change_nothing() -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, BOOT).system_reset()
    session.write(G0_CR, OPTSTRT)
    assert only(told(session, 'G0'), OptionChange) == []


def test_the_same_value_again_is_no_change() -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, DELIVERED).write(G0_CR, OPTSTRT)
    assert only(told(session, 'G0'), OptionChange) == []


def test_of_an_unknown_value_only_rdp_and_the_register_are_told() -> None:
    session = Session().write(G0_OPTR, 0xDFFFE1BB).write(G0_CR, OPTSTRT)
    assert only(told(session, 'G0'), OptionChange) == [
        OptionChange(0, 200, BUS, 'RDP', '', '0xBB'),
        OptionChange(0, 200, BUS, 'OPTR', '', '0xDFFFE1BB'),
    ]


@pytest.mark.parametrize(('rdp', 'text'), [(0xBB, '0xBB'), (0xCC, '0xCC'), (0x00, '0x00')])
def test_a_change_of_rdp_tells_both_bytes(rdp: int, text: str) -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, DELIVERED & ~0xFF | rdp)
    found = only(told(session.write(G0_CR, OPTSTRT), 'G0'), OptionChange)
    assert [(one.name, one.old, one.new) for one in found] == [('RDP', '0xAA', text)]


def test_protected_pages_are_told_as_a_range() -> None:
    session = Session().read(G0_WRP1AR, 0x3F).write(G0_WRP1AR, 0x00050002).write(G0_CR, OPTSTRT)
    found = only(told(session, 'G0'), OptionChange)
    assert [(one.name, one.old, one.new) for one in found] == [('WRP1AR', 'none', 'pages 2 to 5')]


def test_two_registers_can_be_programmed_by_one_start() -> None:
    session = Session().read(G0_OPTR, DELIVERED).read(G0_WRP1AR, 0x3F)
    session.write(G0_WRP1AR, 0).write(G0_OPTR, BOOT).write(G0_CR, OPTSTRT)
    found = only(told(session, 'G0'), OptionChange)
    assert [(one.name, one.new) for one in found] == [('nBOOT_SEL', '0'), ('WRP1AR', 'pages 0')]


# What a read tells.


def states(session: Session, family: str = 'G0') -> list[tuple[int, int, int]]:
    found = only(told(session, family), OptionState)
    return [(one.value, one.rdp, one.level) for one in found]


def test_a_value_is_told_when_it_is_new() -> None:
    session = Session().read(G0_OPTR, DELIVERED).read(G0_OPTR, DELIVERED).read(G0_OPTR, 0xDFFFE1FF)
    assert states(session) == [(DELIVERED, 0xAA, 0), (0xDFFFE1FF, 0xFF, 1)]


def test_a_value_that_was_only_written_is_not_in_force() -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, BOOT).read(G0_OPTR, BOOT)
    session.write(G0_CR, OPTSTRT)
    assert states(session) == [(DELIVERED, 0xAA, 0)]
    [change] = only(told(session, 'G0'), OptionChange)
    assert (change.old, change.new) == ('1', '0')


def test_after_programming_and_after_a_reset_the_old_value_is_told_again() -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, BOOT).write(G0_CR, OPTSTRT)
    session.read(G0_SR, 0).read(G0_OPTR, DELIVERED).system_reset().read(G0_OPTR, DELIVERED)
    assert [value for value, _, _ in states(session)] == [DELIVERED] * 3


def test_lock_and_start_are_no_options() -> None:
    session = Session().read(F4_OPTCR, 0x0FFFAAED).read(F4_OPTCR, 0x0FFFAAEC)
    assert [value for value, _, _ in states(session, 'F4')] == [0x0FFFAAED]


def test_the_register_with_one_bit_for_the_level_tells_no_byte() -> None:
    session = Session().read(F1_OBR, 0x03FFFFFC).system_reset().read(F1_OBR, 0x03FFFFFE)
    assert states(session, 'F1') == [(0x03FFFFFC, -1, 0), (0x03FFFFFE, -1, 1)]


# F4 and F7: the start bit is beside the options.


def test_an_f4_takes_over_what_it_programs() -> None:
    session = Session().read(F4_OPTCR, 0x0FFFAAED).write(F4_OPTKEYR, KEYS[0])
    session.write(F4_OPTKEYR, KEYS[1]).write(F4_OPTCR, 0x0FFE55EC)
    session.read(F4_OPTCR, 0x0FFE55EC).write(F4_OPTCR, 0x0FFE55EE).read(F4_SR, BSY)
    session.read(F4_SR, 0).write(F4_OPTCR, 0x0FFE55ED).read(F4_OPTCR, 0x0FFE55ED)
    found = told(session, 'STM32F429')
    assert operations(found) == [
        (OPTION_UNLOCK, DONE),
        (OPTION_PROGRAM, DONE),
        (OPTION_LOCK, DONE),
    ]
    assert [(one.name, one.old, one.new) for one in only(found, OptionChange)] == [
        ('WRP', 'none', 'sectors 0'),
        ('RDP', '0xAA', '0x55'),
    ]
    assert [(one.rdp, one.level) for one in only(found, OptionState)] == [(0xAA, 0), (0x55, 1)]


def test_an_f4_that_is_locked_programs_nothing() -> None:
    session = Session().read(F4_OPTCR, 0x0FFFAAED).write(F4_OPTCR, 0x0FFF55EE).read(F4_SR, 0)
    [found] = only(told(session, 'F4'), FlashOperation)
    assert (found.outcome, found.errors) == (FAILED, (LOCKED,))


def test_the_keys_open_the_lock_in_the_register_before() -> None:
    session = Session().read(F4_OPTCR, 0x0FFFAAED)
    session.write(F4_OPTKEYR, KEYS[0]).write(F4_OPTKEYR, KEYS[1]).write(F4_OPTCR, 0x0FFFAAEC)
    machine = FlashController(context(family='F4'), BUS)
    found = only(made(machine, session), PeripheralAccess)
    assert found[-1].before == 0x0FFFAAEC


def test_wrong_option_keys_do_not_unlock() -> None:
    session = Session().write(G0_CR, 0)
    session.write(G0_OPTKEYR, KEYS[1]).write(G0_OPTKEYR, KEYS[0])
    assert operations(told(session, 'G0')) == [(OPTION_UNLOCK, FAILED)]


# F1: half-words in memory.


def test_an_f1_erases_and_writes_half_words() -> None:
    session = Session().write(F1_OPTKEYR, 0x45670123).write(F1_OPTKEYR, 0xCDEF89AB)
    session.write(F1_CR, F1_OPTER).write(F1_CR, F1_OPTER | F1_STRT).read(F1_SR, 1).read(F1_SR, 0)
    session.write(F1_CR, F1_OPTPG).write(0x1FFFF800, 0x5AA5, 2).read(F1_SR, 0)
    session.write(0x1FFFF802, 0x00FF, 2).read(F1_SR, 0).write(F1_CR, 0)
    found = told(session, 'F1')
    assert operations(found) == [
        (OPTION_UNLOCK, DONE),
        (OPTION_ERASE, DONE),
        (OPTION_PROGRAM, DONE),
    ]
    [*_, written] = only(found, FlashOperation)
    assert (written.address, written.length, written.data) == (
        0x1FFFF800, 4, bytes.fromhex('a55aff00'),
    )  # fmt: skip
    assert [(one.name, one.old, one.new) for one in only(found, OptionChange)] == [
        ('RDP', '', '0xA5'),
        ('USER', '', '0xFF'),
    ]
    assert [(one.kind, one.state) for one in only(found, Window)] == [
        (OPTION_PROGRAMMING, OPEN),
        (OPTION_PROGRAMMING, CLOSED),
    ] * 2


def test_a_half_word_written_twice_has_an_old_value() -> None:
    session = Session().write(F1_CR, F1_OPTPG).write(0x1FFFF804, 0xFE01, 2)
    session.write(0x1FFFF804, 0xFF00, 2)
    found = only(told(session, 'F1'), OptionChange)
    assert [(one.name, one.old, one.new) for one in found] == [
        ('DATA0', '', '0x01'),
        ('DATA0', '0x01', '0x00'),
    ]


def test_writes_to_option_memory_without_the_bit_program_nothing() -> None:
    session = Session().write(F1_CR, 0).write(0x1FFFF800, 0x5AA5, 2)
    assert only(told(session, 'F1', finish=True), FlashOperation, OptionChange) == []


# What cuts it off.


@pytest.mark.parametrize('by', ['reset', 'launch', 'nrst', 'vdd'])
def test_a_reset_before_the_idle_status_cuts_option_programming(by: str) -> None:
    session = Session().write(G0_OPTR, BOOT).write(G0_CR, OPTSTRT).wait(0.001)
    if by == 'reset':
        session.system_reset()
    elif by == 'launch':
        session.write(G0_CR, OBL)
    else:
        session.line(by, 0)
    found = told(session, 'G0')
    assert operations(found)[0] == (OPTION_PROGRAM, INTERRUPTED)
    cut = [one for one in only(found, Window) if one.kind == OPTION_PROGRAMMING]
    assert [one.state for one in cut] == [OPEN, CUT]


def test_an_f1_is_cut_in_the_middle_of_its_half_words() -> None:
    session = Session().write(F1_CR, F1_OPTPG).write(0x1FFFF800, 0x5AA5, 2).line('nrst', 0)
    assert operations(told(session, 'F1')) == [(OPTION_PROGRAM, INTERRUPTED)]


def test_a_gap_leaves_the_window_open_and_the_values_unknown() -> None:
    session = Session().read(G0_OPTR, DELIVERED).write(G0_OPTR, BOOT).write(G0_CR, OPTSTRT)
    session.gap().write(G0_OPTR, BOOT).write(G0_CR, OPTSTRT)
    found = told(session, 'G0')
    assert [one.state for one in only(found, Window)] == [OPEN, OPEN, OPEN]
    assert [(one.name, one.old) for one in only(found, OptionChange)] == [
        ('nBOOT_SEL', '1'), ('RDP', ''), ('OPTR', ''),
    ]  # fmt: skip


# The registers as words.


def shown(key: str, dev_id: int | None, register: str, value: int) -> tuple[int, tuple[int, ...]]:
    family = family_named(key)
    assert family is not None
    device = None if dev_id is None else family.device(dev_id)
    [table] = [one for one in family.registers(device) if one.name == register]
    found = protection(family, device, table, value)
    return found.sectors, found.numbers


@pytest.mark.parametrize(
    ('key', 'dev_id', 'register', 'value', 'sectors', 'numbers'),
    [
        ('F7', 0x452, 'OPTCR', 0xC0FCAAFD, 8, (0, 1)),
        ('F7', 0x451, 'OPTCR', 0xFFFEAAFD, 12, (0,)),
        ('F7', 0x451, 'OPTCR', 0xDFFEAAFD, 24, (0, 1)),  # two banks: a bit for two sectors
        ('F7', None, 'OPTCR', 0xC000AAFD, 8, (0, 1, 2, 3, 4, 5, 6, 7)),
        ('F7', None, 'OPTCR', 0xCF00AAFD, 12, (0, 1, 2, 3, 4, 5, 6, 7)),  # an F76x has four more
        ('F4', 0x419, 'OPTCR', 0x0FFFAAED, 12, ()),
        ('F4', 0x419, 'OPTCR1', 0x0FFE0000, 12, (12,)),
        ('F4', 0x413, 'OPTCR1', 0x00000000, 0, ()),
        ('F4', 0x419, 'OPTCR', 0x8001AAED, 12, (0,)),  # SPRMOD: a set bit protects
        ('F4', 0x423, 'OPTCR', 0x0FC0AAED, 6, (0, 1, 2, 3, 4, 5)),
        ('F4', 0x463, 'OPTCR', 0x3FFFAAED, 15, (14,)),
        ('F1', 0x410, 'WRPR', 0xFFFFFFFE, 128, (0, 1, 2, 3)),
        ('F1', 0x414, 'WRPR', 0xFFFFFFFD, 256, (2, 3)),
        ('F1', 0x414, 'WRPR', 0x7FFFFFFF, 256, tuple(range(62, 256))),
        ('F1', None, 'WRPR', 0xFFFFFFFD, 32, (1,)),
        ('G0', 0x460, 'WRP1AR', 0x000000FF, 64, ()),
        ('G0', 0x460, 'WRP1AR', 0x003F0000, 64, tuple(range(64))),
        ('G0', 0x460, 'OPTR', 0x00000000, 0, ()),
    ],
)
def test_write_protection(
    key: str, dev_id: int | None, register: str, value: int, sectors: int, numbers: tuple[int, ...]
) -> None:
    assert shown(key, dev_id, register, value) == (sectors, numbers)


@pytest.mark.parametrize(
    ('key', 'rdp', 'level'),
    [
        ('G0', 0xAA, 0), ('G0', 0xBB, 1), ('G0', 0xCC, 2), ('G0', 0xFF, 1), ('G0', 0x00, 1),
        ('F7', 0xFF, 1), ('F1', 0xA5, 0), ('F1', 0xAA, 1), ('F1', 0xCC, 1),
    ],
)  # fmt: skip
def test_level_1_is_any_byte_but_those_of_the_others(key: str, rdp: int, level: int) -> None:
    family = family_named(key)
    assert family is not None
    assert level_of(family, rdp) == level


def test_a_register_without_the_rdp_byte_tells_neither_byte_nor_level() -> None:
    family = family_named('F4')
    assert family is not None
    [table] = [one for one in family.flash.registers if one.name == 'OPTCR1']
    assert read_out(family, table, 0xFFFFFFFF) == (-1, -1)


def test_a_register_without_fields_changes_as_a_whole() -> None:
    family = family_named('G0')
    assert family is not None
    [table] = [one for one in family.flash.registers if one.name == 'KEYR']
    assert list(changes(family, None, table, 1, 2)) == [('KEYR', '0x00000001', '0x00000002')]
    assert list(changes(family, None, table, 2, 2)) == []


@pytest.mark.parametrize(
    ('name', 'register', 'rdp'), [('F7', F4_OPTCR, 0), ('F1', F1_OBR, -1), ('G0', G0_OPTR, 0)]
)
def test_an_option_register_that_reads_all_zero_tells_no_level(
    name: str, register: int, rdp: int
) -> None:
    [state] = only(told(Session().read(register, 0), name), OptionState)
    assert (state.rdp, state.level, state.protected, state.sectors) == (rdp, -1, (), 0)
