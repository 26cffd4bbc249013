"""FLS005: the flash refused an operation because of write protection."""

from __future__ import annotations

import pytest

from rules.register_traffic import Traffic, guards, told
from stm32trace_core.rules.fls.fls005_write_protect_error import (
    LEVEL_0,
    ONE_BY_ONE,
    READ_OPTIONS,
    WriteProtectError,
    numbers_text,
)
from stm32trace_core.rules.rule import LIKELY, TARGET, Confidence, Evidence, Finding, Severity

OPTCR = 0xC0FCAAFD  # sectors 0 and 1 are protected
MER, MER_STRT, SER_2_STRT = 0x4, 0x10004, 0x10012
WRPERR = 0x10
MESSAGE = (
    'WRPERR: the mass erase was refused 100 us after its start; sectors 0 and 1 are write protected'
    ' (FLASH_OPTCR reads 0xC0FCAAFD), and on STM32F7 one protected sector refuses a mass erase'
)


def session(family: str = 'F7') -> Traffic:
    """Reset, which clears SR; options; unlocked."""
    return Traffic(family).reset().options('OPTCR', OPTCR, 0xAA, 0, 0, 1).unlock()


def refused(traffic: Traffic) -> Traffic:
    return traffic.write('CR', MER).write('CR', MER_STRT).read('SR', WRPERR)


def test_a_mass_erase_that_is_refused_names_the_protected_sectors() -> None:
    found, _ = refused(session()).judge(WriteProtectError)
    assert found == [
        Finding(
            700,
            840,
            'swd0',
            'FLS005',
            'write-protect-error',
            Severity.ERROR,
            Confidence.HIGH,
            TARGET,
            'mass_erase',
            1,
            MESSAGE,
            (
                ONE_BY_ONE,
                'This changes option bytes: take the write protection off sectors 0 and 1, at a'
                ' stable supply and with no reset before the write has ended; load the options, read'
                ' them back, then repeat the operation.',
            ),
            (Evidence(700, 840, MESSAGE),),
            (),
            LIKELY,
        )
    ]


def test_a_mass_erase_that_ends_well_is_none_of_it() -> None:
    assert told(session().write('CR', MER_STRT).busy(0.01).read('SR', 1), WriteProtectError) == []


def test_a_flag_that_was_set_before_is_left_to_the_rule_on_stale_flags() -> None:
    traffic = session().read('SR', WRPERR).write('CR', MER_STRT).read('SR', WRPERR)
    assert guards(traffic, WriteProtectError) == ['FLS004']


def test_a_flag_that_was_cleared_by_writing_one_is_new() -> None:
    traffic = Traffic('F7').unlock().write('SR', 0xF2).write('CR', MER_STRT).read('SR', WRPERR)
    [found] = traffic.judge(WriteProtectError)[0]
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.HIGH)
    assert found.message.endswith('; which protection it is was not read in this capture')
    assert found.advice == (READ_OPTIONS,)


def test_a_flag_of_which_nothing_was_known_before_is_told_with_less_confidence() -> None:
    traffic = Traffic('F7').unlock().write('CR', MER_STRT).read('SR', WRPERR)
    [found] = traffic.judge(WriteProtectError)[0]
    assert (found.severity, found.confidence, found.key) == (
        Severity.ERROR,
        Confidence.MEDIUM,
        'mass_erase?',
    )
    assert found.message.endswith('whether the flag was set before is not known')


def test_such_a_flag_is_a_warning_where_the_erase_may_have_run() -> None:
    late = Traffic('F7').unlock().write('CR', MER_STRT).wait(0.01).read('SR', WRPERR)
    assert [one.severity for one in late.judge(WriteProtectError)[0]] == [Severity.WARNING]


def test_a_flag_that_was_not_there_while_busy_is_new() -> None:
    traffic = Traffic('F7').unlock().write('CR', MER_STRT).read('SR', 1 << 16).read('SR', WRPERR)
    [found] = traffic.judge(WriteProtectError)[0]
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.HIGH)


def test_a_flag_without_an_operation_is_none_of_it() -> None:
    assert told(session().read('SR', WRPERR), WriteProtectError) == []


def test_a_page_erase_that_is_refused_on_another_family() -> None:
    traffic = Traffic('G0').reset().options('WRP1AR', 0x00030003, -1, -1, 3, sectors=64).unlock()
    traffic.write('CR', 3 << 3 | 0x10002).read('SR', WRPERR)
    assert told(traffic, WriteProtectError) == [
        'WRPERR: the erase of page 3 was refused 100 us after its start; page 3 is write protected'
        ' (FLASH_WRP1AR reads 0x00030003)'
    ]


def test_the_flag_of_f1_has_another_name() -> None:
    traffic = Traffic('F1').reset().unlock().write('AR', 0x08000000).write('CR', 0x42)
    assert told(traffic.read('SR', WRPERR), WriteProtectError) == [
        'WRPRTERR: the erase of the page at 0x08000000 was refused 100 us after its start; which'
        ' protection it is was not read in this capture'
    ]


def test_read_out_protection_is_named_where_no_sector_is_protected() -> None:
    traffic = Traffic('F7').reset().options('OPTCR', 0xC0FFFFFD, 0xFF, 1).unlock()
    [found] = refused(traffic).judge(WriteProtectError)[0]
    assert found.message.endswith(
        '; the part is at read-out protection level 1 (RDP is 0xFF; FLASH_OPTCR reads 0xC0FFFFFD)'
    )
    assert found.advice == (LEVEL_0,)


def test_both_protections_are_named_where_both_are_on() -> None:
    traffic = Traffic('F7').reset().options('OPTCR', 0xC0FCFFFD, 0xFF, 1, 0, 1).unlock()
    [found] = refused(traffic).judge(WriteProtectError)[0]
    assert 'sectors 0 and 1 are write protected' in found.message
    assert '; the part is at read-out protection level 1 (RDP is 0xFF;' in found.message
    assert [found.advice[0], found.advice[2]] == [ONE_BY_ONE, LEVEL_0]


def test_options_without_any_protection_are_named_too() -> None:
    traffic = Traffic('F7').reset().options('OPTCR', 0xC0FFAAFD, 0xAA, 0).unlock()
    [message] = told(refused(traffic), WriteProtectError)
    assert message.endswith(
        'no sector is write protected (FLASH_OPTCR reads 0xC0FFAAFD): PCROP or a secured area may'
        ' cover it'
    )


def test_refusals_of_one_kind_are_one_finding() -> None:
    traffic = session()
    for _ in range(5):
        refused(traffic).write('SR', WRPERR)
    traffic.write('CR', SER_2_STRT).read('SR', WRPERR)
    found = traffic.judge(WriteProtectError)[0]
    assert [(one.key, one.count, len(one.evidence)) for one in found] == [
        ('mass_erase', 5, 3),
        ('page_erase', 1, 1),
    ]


def test_a_part_that_did_not_tell_which_it_is_is_judged_by_what_the_families_share() -> None:
    traffic = Traffic('F7', identified=False).reset().options('OPTCR', OPTCR, 0xAA, 0, 0, 1)
    [message] = told(refused(traffic.unlock()), WriteProtectError)
    assert message.endswith('and on STM32F4 and STM32F7 one protected sector refuses a mass erase')


@pytest.mark.parametrize(
    ('numbers', 'text'),
    [
        ((4,), '4'),
        ((0, 1), '0 and 1'),
        ((3, 1, 0), '0, 1 and 3'),
        (range(8), '0 to 7'),
        ((0, 1, 2, 5, 7, 8), '0 to 2, 5, 7 and 8'),
    ],
)
def test_numbers_are_told_in_order(numbers: tuple[int, ...], text: str) -> None:
    assert numbers_text(numbers) == text
