"""OPT009 rdp-level-2."""

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.rules.rule import HOST, NO, YES, Confidence, Severity
from waves.loader import Loader

OLD, FOR_EVER, LEVEL_1 = 0xDFFFE1AA, 0xDFFFE1CC, 0xDFFFE1BB
OPTSTRT = 1 << 17
OPTIONS = 0x1FFF7800
SET = (
    'The RDP byte of STM32G07x/G08x is set to 0xCC, read-out protection level 2, which can never be'
    ' undone'
)


def test_the_value_of_level_2_is_told_as_soon_as_it_is_written() -> None:
    host = OptionHost('G0').read('OPTR', OLD).unlock().option_keys().write('OPTR', FOR_EVER)
    [found] = host.findings('OPT009')
    assert (found.severity, found.confidence, found.suspect, found.recoverable) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        YES,
    )
    assert found.message == SET + '; it was not started (OPTSTRT) yet'
    [found] = host.write('CR', OPTSTRT).findings('OPT009')
    assert (found.message, found.recoverable) == (SET, NO)


def test_the_start_may_come_with_the_value_itself() -> None:
    host = OptionHost('F7').read('OPTCR', 0xC0FFAAFD).write('OPTCR', 0xC0FFCCFE)
    assert [found.recoverable for found in host.findings('OPT009')] == [NO]


def test_the_bootloader_can_write_it_as_well() -> None:
    wave = Loader(nrst=1).get_id(0x460).write_memory(OPTIONS, bytes([0xCC, 0xFE, 0xFF, 0xDF]))
    [found] = findings(wave, 'OPT009')
    assert (found.message, found.key) == (SET, '0x51')


def test_another_level_is_not_this_rule() -> None:
    host = OptionHost('G0').read('OPTR', OLD).write('OPTR', LEVEL_1).write('CR', OPTSTRT)
    assert host.state('OPT009') == CLEAN
    wave = Loader(nrst=1).get_id(0x460).write_memory(OPTIONS, bytes([0xBB, 0xFE, 0xFF, 0xDF]))
    assert result(wave, 'OPT009').state == CLEAN


def test_a_family_without_level_2_has_no_such_value() -> None:
    assert OptionHost('F1').half_word(0x1FFFF800, 0xCC).state('OPT009') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', FOR_EVER).put('CR', OPTSTRT)
    assert [found.message for found in findings(wave, 'OPT009')] == [SET]
    wave = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', LEVEL_1).put('CR', OPTSTRT)
    assert result(wave, 'OPT009').state == CLEAN
