"""DIA003 mass-erase-failed-unprotected."""

import pytest

from rules.dia.test_dia002 import (
    LOCKED_OUT,
    MER,
    OPEN,
    OPERR,
    SER,
    STRT,
    WRPERR,
    erased,
    symptom,
    wave,
)
from rules.option_host import BUS, CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace_core.cortex.records import HALTED, RUNNING, TRUNCATED
from stm32trace_core.flash.records import MASS_ERASE, FlashOperation
from stm32trace_core.flash.records import UNKNOWN as NOT_SEEN
from stm32trace_core.rules.rule import HOST, LIKELY, PROBE, TARGET, UNKNOWN, Confidence, Severity

BSY = 1 << 16
UNPROTECTED = (
    'The mass erase of STM32F72x/F73x failed although nothing protects it (RDP 0xAA, level 0; no'
    ' sector write protected): '
)
NO_EVIDENCE = (
    '; the probe or its tool is the suspect, and a message that says "please verify flash'
    ' protection" is no evidence'
)


def unprotected() -> OptionHost:
    return OptionHost('F7').read('OPTCR', OPEN)


def test_a_program_in_ram_that_never_came_back_points_to_the_probe() -> None:
    host = unprotected().run_in_ram(10, RUNNING)
    host.add(symptom('CMX008', host))
    [found] = host.findings('DIA003')
    assert (found.severity, found.confidence, found.suspect, found.recoverable) == (
        Severity.ERROR,
        Confidence.MEDIUM,
        PROBE,
        LIKELY,
    )
    assert found.message == (
        'A program in RAM of STM32F72x/F73x, the way in which probes erase, failed although nothing'
        ' protects it (RDP 0xAA, level 0; no sector write protected): the program that the probe ran in'
        ' RAM for 10 s did not come to its end' + NO_EVIDENCE
    )
    assert found.explains == (('CMX008', 'swd0', ''),)
    assert found.advice[0].startswith('A mass erase ERASES THE WHOLE FLASH')


def test_an_error_flag_is_told_and_sector_erases_that_work() -> None:
    host = erased(unprotected(), OPERR).write('SR', OPERR).write('CR', SER | STRT | 2 << 3)
    [found] = host.read('SR', BSY).idle(1).read('SR', 0).findings('DIA003')
    assert found.message == (
        UNPROTECTED + 'OPERR came back within 150 us, while sector erases succeed' + NO_EVIDENCE
    )


def test_an_erase_that_did_nothing_is_told_in_the_words_of_its_rule() -> None:
    host = erased(unprotected(), 0)
    [found] = host.add(symptom('FLS010', host)).findings('DIA003')
    assert found.message == UNPROTECTED + 'It failed' + NO_EVIDENCE


def test_an_erase_that_was_prepared_and_never_started_is_told() -> None:
    host = unprotected().unlock().write('CR', MER).write('CR', 1 << 31)
    [found] = host.findings('DIA003')
    assert 'the probe made the flash ready for it and never started it' in found.message


def test_an_erase_that_succeeds_is_clean() -> None:
    host = unprotected().unlock().write('CR', MER).write('CR', MER | STRT).read('SR', BSY)
    assert host.idle(8).read('SR', 0).state('DIA003') == CLEAN
    assert unprotected().run_in_ram(8.5, HALTED).state('DIA003') == CLEAN


def test_an_erase_that_the_end_of_the_capture_cuts_is_clean() -> None:
    assert unprotected().run_in_ram(3, TRUNCATED).state('DIA003') == CLEAN
    assert unprotected().write('CR', MER | STRT).read('SR', BSY).state('DIA003') == CLEAN


def test_unlocking_and_locking_alone_is_clean() -> None:
    assert unprotected().unlock().lock().state('DIA003') == CLEAN


def test_a_protected_part_is_not_this_diagnosis() -> None:
    assert erased(OptionHost('F7').read('OPTCR', LOCKED_OUT)).state('DIA003') == CLEAN


def test_options_that_were_not_read_are_what_is_missing() -> None:
    assert erased(OptionHost('F7'), OPERR).state('DIA003') == 'not_evaluated'
    only_rdp = OptionHost('G0').read('OPTR', 0xDFFFE1AA).unlock().write('CR', 1 << 16 | 1 << 2)
    assert only_rdp.read('SR', 1 << 1).state('DIA003') == 'not_evaluated'


@pytest.mark.parametrize('reason', ['FLS001', 'FLS003', 'FLS007'])
def test_a_reason_that_another_rule_tells_comes_first(reason: str) -> None:
    host = erased(unprotected(), OPERR)
    assert host.add(symptom(reason, host)).state('DIA003') == f'suppressed: {reason}'


def test_a_supply_that_falls_comes_first() -> None:
    host = unprotected().unlock().write('CR', MER | STRT).pulse('vdd').read('SR', OPERR)
    assert host.state('DIA003') == (
        'suppressed: the supply fell in this capture: look at that first'
    )


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(wave(OPEN, OPERR), 'DIA003')
    assert 'OPERR came back' in found.message
    assert result(wave(OPEN, BSY).pause(0.1).get('SR', 0), 'DIA003').state == CLEAN
    assert result(wave(LOCKED_OUT, WRPERR), 'DIA003').state == CLEAN


def test_a_program_in_ram_that_is_left_running_is_told_of_a_waveform() -> None:
    session = OptionWave('F7').get('OPTCR', OPEN).halt()
    session.mem_write_block(0x20000000, [0xBE00BE00] * 64).core_write(15, 0x20000000).resume()
    session.poll_halted(200, then_halted=False, every=0.01).halt()
    [found] = findings(session, 'DIA003')
    assert 'the program that the probe ran in RAM for' in found.message


def test_a_part_that_was_busy_all_the_time_is_suspected_itself() -> None:
    host = unprotected().unlock().write('CR', MER | STRT).read('SR', BSY).idle(200).read('SR', BSY)
    erase = (MASS_ERASE, -1, None, None, (), b'', NOT_SEEN)
    host.add(FlashOperation(2000, host.now, BUS, *erase), symptom('FLS009', host))
    [found] = host.findings('DIA003')
    assert (found.severity, found.suspect, found.recoverable) == (Severity.ERROR, TARGET, UNKNOWN)
    assert found.message == (
        UNPROTECTED.replace('failed', 'never ended')
        + 'It failed; the part was busy with it all the'
        ' time: neither protection nor the probe is the cause'
    )
    late = symptom('FLS009', host)._replace(severity=Severity.WARNING)
    host.records[-1] = late
    assert [one.severity for one in host.findings('DIA003')] == [Severity.WARNING]


def test_the_probe_is_not_blamed_where_the_flash_may_have_been_locked() -> None:
    host = unprotected().write('CR', MER | STRT).read('SR', 0)
    [found] = host.add(symptom('FLS010', host)).findings('DIA003')
    assert found.suspect == HOST
    assert found.message.endswith('that alone would explain it, with no fault of part or probe')
    assert found.advice[0].startswith('Unlock first')
    host = erased(unprotected(), 0)
    [found] = host.add(symptom('FLS010', host)).findings('DIA003')
    assert found.suspect == PROBE


def test_a_reason_from_another_time_does_not_count() -> None:
    earlier = unprotected().unlock().write('CR', SER | STRT).read('SR', 0)
    earlier.add(symptom('FLS003', earlier)).idle(0.1)
    assert len(erased(earlier, OPERR).findings('DIA003')) == 1


def test_lock_that_is_read_only_after_the_order_is_the_reason() -> None:
    late = OptionWave('F7').get('OPTCR', OPEN).put('CR', MER | STRT).get('SR', 0).get('CR', 1 << 31)
    told = {one.rule: one.severity for one in findings(late)}
    assert told == {'FLS003': Severity.ERROR, 'FLS010': Severity.NOTE}
    unseen = OptionWave('F7').get('OPTCR', OPEN).put('CR', MER | STRT).get('SR', 0)
    assert [(one.rule, one.suspect) for one in findings(unseen, 'DIA')] == [('DIA003', HOST)]


def test_an_erase_that_goes_on_where_the_data_end_is_told_once_it_is_overdue() -> None:
    def busy(seconds: int) -> list[tuple[str, Severity, str]]:
        wave = OptionWave('F7').get('OPTCR', OPEN).unlock().put('CR', MER, MER | STRT)
        for _ in range(seconds):
            wave.get('SR', BSY).pause(1)
        return [(one.rule, one.severity, one.suspect) for one in findings(wave)]

    assert busy(30) == []
    for seconds, severity in ((50, Severity.WARNING), (120, Severity.ERROR)):
        assert busy(seconds) == [('DIA003', severity, TARGET), ('FLS009', severity, TARGET)]


def test_a_program_in_ram_that_runs_where_the_data_end_is_told_once_it_is_overdue() -> None:
    def running(seconds: int) -> list[tuple[str, Severity]]:
        wave = OptionWave('F7').get('OPTCR', OPEN).halt()
        wave.mem_write_block(0x20000000, [0xBE00BE00] * 64).core_write(0, 1)
        wave.core_write(15, 0x20000000).resume().poll_halted(seconds, False, 1)
        return [(one.rule, one.severity) for one in findings(wave)]

    assert running(30) == []
    for seconds, severity in ((50, Severity.WARNING), (120, Severity.ERROR)):
        assert running(seconds) == [('DIA003', severity), ('CMX008', severity)]
