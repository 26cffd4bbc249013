"""OPT013 all-sectors-protected."""

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.rule import HOST, Confidence, Severity


def test_all_sectors_under_protection_are_told() -> None:
    [found] = OptionHost('F7').read('OPTCR', 0xC000AAFD).findings('OPT013')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        'FLASH_OPTCR',
    )
    assert found.message == (
        'All 8 sectors of STM32F72x/F73x are write protected (FLASH_OPTCR reads 0xC000AAFD): erasing'
        ' and programming are refused'
    )
    assert found.advice[0].startswith('Taking write protection off changes the option bytes')


def test_all_but_one_are_not() -> None:
    assert OptionHost('F7').read('OPTCR', 0xC001AAFD).state('OPT013') == CLEAN


def test_a_range_that_covers_the_flash_is_told_and_one_page_less_is_not() -> None:
    [found] = OptionHost('G0').read('WRP1AR', 0x003F0000).findings('OPT013')
    assert found.message.startswith('All 64 sectors of STM32G07x/G08x are write protected')
    assert OptionHost('G0').read('WRP1AR', 0x003E0000).state('OPT013') == CLEAN


def test_a_register_that_speaks_of_no_sector_is_clean() -> None:
    assert OptionHost('G0').read('OPTR', 0xDFFFE1AA).state('OPT013') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(OptionWave('F7').get('OPTCR', 0xC000AAFD), 'OPT013')
    assert found.key == 'FLASH_OPTCR'
    assert result(OptionWave('F7').get('OPTCR', 0xC001AAFD), 'OPT013').state == CLEAN


def test_protection_that_is_taken_off_later_makes_it_a_note() -> None:
    host = OptionHost('F7').read('OPTCR', 0xC000AAFD).read('OPTCR', 0xC0FFAAFD)
    [found] = host.findings('OPT013')
    assert (found.severity, found.advice) == (Severity.NOTE, ())
    assert found.message.endswith(
        '; later FLASH_OPTCR reads 0xC0FFAAFD: the protection was taken off'
    )
    again = host.read('OPTCR', 0xC000AAFD).findings('OPT013')
    assert [(one.severity, one.count) for one in again] == [(Severity.ERROR, 2)]


def test_a_register_that_reads_all_zero_is_no_value() -> None:
    assert result(OptionWave('F7').get('OPTCR', 0), 'OPT013').state == CLEAN
