"""OPT012 rdp-undefined-value."""

import pytest

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.rule import HOST, SUPPLY, Confidence, Evidence, Severity


def optcr(rdp: int) -> int:
    """FLASH_OPTCR of an F722 with this RDP byte."""
    return 0xC0FF00FD | rdp << 8


def test_0xff_is_told_as_level_1_and_as_an_erased_byte() -> None:
    host = OptionHost('F7').read('OPTCR', optcr(0xFF)).read('OPTCR', optcr(0xFF))
    start = host.records[1].start
    [found] = host.findings('OPT012')
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        SUPPLY,
        '0xFF',
        2,
    )
    assert found.message == (
        'The RDP byte of STM32F72x/F73x reads 0xFF, which is read-out protection level 1 (0xAA is'
        ' level 0, 0xCC level 2); 0xFF is also the value of an erased option byte, which points to'
        ' an interrupted option write or a supply dip (the first of 2)'
    )
    assert found.evidence[0] == Evidence(
        start,
        start + 50,
        'FLASH_OPTCR reads 0xC0FFFFFD: RDP 0xFF; 0xAA is level 0, 0xCC level 2',
    )
    assert found.advice[0].startswith('The way back to level 0 ERASES THE WHOLE FLASH')


@pytest.mark.parametrize('rdp', [0xAA, 0xCC, 0xBB])
def test_the_values_that_have_a_meaning_are_clean(rdp: int) -> None:
    assert OptionHost('F7').read('OPTCR', optcr(rdp)).state('OPT012') == CLEAN


def test_what_st_writes_for_level_1_on_these_parts_is_a_note() -> None:
    [found] = OptionHost('F7').read('OPTCR', optcr(0x55)).findings('OPT012')
    assert (found.severity, found.suspect) == (Severity.NOTE, HOST)


def test_a_value_that_the_capture_writes_itself_is_a_warning() -> None:
    host = OptionHost('F7').read('OPTCR', optcr(0xAA)).write('OPTCR', optcr(0x00) ^ 3)
    [found] = host.read('SR', 0).pulse('nrst').read('OPTCR', optcr(0x00)).findings('OPT012')
    assert (found.severity, found.suspect) == (Severity.WARNING, HOST)
    [found] = OptionHost('F7').read('OPTCR', optcr(0x00)).findings('OPT012')
    assert found.severity == Severity.ERROR


def test_on_f1_the_register_holds_no_byte_to_judge() -> None:
    assert OptionHost('F1').read('OBR', 0x03FFFFFE).state('OPT012') == CLEAN


def test_a_register_that_reads_zero_is_no_value() -> None:
    assert OptionHost('F7').read('OPTCR', 0).state('OPT012') == (
        'suppressed: the whole register reads 0: a refused read, or options erased to zero'
    )


def test_a_read_while_the_part_is_held_in_reset_is_no_value() -> None:
    host = OptionHost('F7').pulse('nrst')
    host.add(host.records[1]._replace(start=host.now, end=host.now + 1))
    assert host.read('OPTCR', optcr(0xFF)).state('OPT012') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(OptionWave('F7').get('OPTCR', optcr(0xFF)), 'OPT012')
    assert found.key == '0xFF'
    assert result(OptionWave('F7').get('OPTCR', optcr(0xBB)), 'OPT012').state == CLEAN
