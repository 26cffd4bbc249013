"""OPT001 option-unlock-wrong."""

from rules.option_host import BUS, CLEAN, OptionHost, told
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.adi.records import FAULT
from stm32trace_core.flash.records import BlindAccess
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity

LOCKED_CR = 0xC0000000  # LOCK, OPTLOCK
WRONG = (
    'FLASH_OPTKEYR was written with 0x45670123 where the first option key 0x08192A3B is due: the'
    ' option registers of STM32G07x/G08x stay locked'
)


def test_a_wrong_key_is_told_with_the_one_that_is_due() -> None:
    host = OptionHost('G0').unlock().option_keys(0x45670123)
    start = host.records[-1].start
    [found] = host.findings('OPT001')
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        'wrong-key',
        1,
    )
    assert (found.start, found.end, found.message) == (start, start + 50, WRONG)
    assert found.evidence == (Evidence(start, start + 50, WRONG + ' (RM0444 3.4.2)'),)


def test_the_second_key_can_be_wrong_as_well() -> None:
    [found] = OptionHost('G0').unlock().option_keys(0x08192A3B, 0xCDEF89AB).findings('OPT001')
    assert 'where the second option key 0x4C5D6E7F is due' in found.message


def test_the_right_keys_in_order_are_clean() -> None:
    assert OptionHost('G0').unlock().option_keys().state('OPT001') == CLEAN


def test_the_keys_of_the_family_decide() -> None:
    flash_keys = (0x45670123, 0xCDEF89AB)
    host = OptionHost('F1').unlock().option_keys(*flash_keys)
    assert host.state('OPT001') == CLEAN
    assert len(OptionHost('F1').unlock().option_keys().findings('OPT001')) == 1


def test_right_keys_while_the_flash_is_locked_are_told() -> None:
    host = OptionHost('G0').read('CR', LOCKED_CR).option_keys()
    assert [told(found) for found in host.findings('OPT001')] == [
        (
            Severity.ERROR,
            'FLASH_OPTKEYR got its keys while FLASH_CR.LOCK is set: the option registers of'
            ' STM32G07x/G08x stay locked',
        )
    ]


def test_on_a_part_whose_lock_does_not_guard_the_options_they_are_enough() -> None:
    assert OptionHost('F7').read('CR', 1 << 31).option_keys().state('OPT001') == CLEAN


def test_a_reset_locks_again() -> None:
    host = OptionHost('G0').unlock().option_keys().system_reset()
    assert len(host.option_keys().findings('OPT001')) == 1
    assert host.unlock().option_keys().findings('OPT001')[0].count == 1


def test_a_second_key_at_the_begin_of_the_capture_proves_nothing() -> None:
    assert OptionHost('G0').option_keys(0x4C5D6E7F).state('OPT001') == CLEAN


def test_a_key_that_did_not_arrive_is_not_judged() -> None:
    host = OptionHost('G0').unlock().write('OPTKEYR', 0x1234, FAULT)
    assert host.state('OPT001') == CLEAN


def test_it_is_told_of_a_waveform() -> None:
    wave = OptionWave('G0').put('KEYR', 0x45670123, 0xCDEF89AB)
    [found] = findings(wave.put('OPTKEYR', 0x45670123), 'OPT001')
    assert found.message == WRONG
    assert result(OptionWave('G0').unlock(), 'OPT001').state == CLEAN


def test_a_second_key_after_what_could_not_be_seen_is_no_wrong_one() -> None:
    host = OptionHost('G0').unlock()
    host.add(BlindAccess(host.now, host.now + 1, BUS, True))
    assert host.option_keys(0x4C5D6E7F).state('OPT001') == CLEAN
    assert len(OptionHost('G0').unlock().option_keys(0x4C5D6E7F).findings('OPT001')) == 1
