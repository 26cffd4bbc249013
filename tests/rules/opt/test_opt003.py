"""OPT003 option-launch-missing."""

from pathlib import Path

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.lines import CaptureGap
from stm32trace_core.rules.rule import HOST, Severity

OLD, NEW = 0xDFFFE1AA, 0xDEFFE1AA
BSY, OPTVERR = 1 << 16, 1 << 15
OPTSTRT, OBL_LAUNCH, LOCKED = 1 << 17, 1 << 27, 0xC0000000
CHANGE = 'FLASH_OPTR from 0xDFFFE1AA to 0xDEFFE1AA'


def programmed(error: int = 0) -> OptionHost:
    """A G0 whose options were programmed and read back, which shows the old value."""
    host = OptionHost('G0').read('OPTR', OLD).unlock().option_keys().write('OPTR', NEW)
    host.write('CR', OPTSTRT).read('SR', BSY).idle(0.02).read('SR', error).write('CR', LOCKED)
    return host.read('OPTR', OLD)


def test_a_reset_that_loads_nothing_and_the_old_value_are_an_error() -> None:
    [found] = programmed().system_reset().read('OPTR', OLD).findings('OPT003')
    assert (found.severity, found.suspect) == (Severity.ERROR, HOST)
    assert found.message == (
        CHANGE + ' was programmed and never loaded: a reset followed, which loads no options on'
        ' STM32G07x/G08x, but no OBL_LAUNCH or power_on_reset, and FLASH_OPTR still reads the old'
        ' value'
    )
    assert [evidence.text for evidence in found.evidence] == [
        CHANGE,
        'Programmed: no longer busy, no error; options are loaded by OBL_LAUNCH or power_on_reset'
        ' (RM0444 rev 5 section 3.4.2 (p. 90), read protection (p. 93))',
        'Reset (sysresetreq), which loads no options',
        'FLASH_OPTR reads 0xDFFFE1AA: the old value',
    ]


def test_a_session_that_ends_there_is_a_warning() -> None:
    [found] = programmed().idle(1.1).findings('OPT003')
    assert (found.severity, found.message) == (
        Severity.WARNING,
        CHANGE + ' was programmed and never loaded: the session ends with no OBL_LAUNCH or'
        ' power_on_reset; unless the part is power-cycled now, the old options stay in force',
    )


def test_a_capture_that_ends_sooner_cannot_miss_a_launch() -> None:
    assert programmed().idle(0.9).state('OPT003') == (
        'suppressed: the capture ends before a launch can be missed'
    )


def test_samples_that_are_missing_can_hide_a_launch() -> None:
    host = programmed()
    host.add(CaptureGap(host.now, host.now + 10, '', 'lost')).system_reset()
    assert host.read('OPTR', OLD).idle(2).state('OPT003') == CLEAN


def test_the_old_value_long_after_is_an_error_without_a_reset() -> None:
    [found] = programmed().idle(2).read('OPTR', OLD).findings('OPT003')
    assert found.severity == Severity.ERROR
    assert 'no OBL_LAUNCH or power_on_reset followed, and FLASH_OPTR still' in found.message


def test_a_launch_is_clean() -> None:
    host = programmed().unlock().option_keys().write('CR', OBL_LAUNCH).idle(0.01)
    assert host.read('OPTR', NEW).system_reset().read('OPTR', NEW).state('OPT003') == CLEAN


def test_a_power_cycle_is_clean_and_nrst_is_not() -> None:
    assert programmed().pulse('vdd').state('OPT003') == CLEAN
    [found] = programmed().pulse('nrst').read('OPTR', OLD).findings('OPT003')
    assert found.severity == Severity.ERROR


def test_a_late_launch_makes_it_a_note() -> None:
    host = programmed().system_reset().read('OPTR', OLD).write('CR', OBL_LAUNCH)
    [found] = host.findings('OPT003')
    assert (found.severity, found.evidence[-1].text) == (
        Severity.NOTE,
        'Loaded only here (obl_launch)',
    )


def test_the_new_value_shows_that_it_was_loaded() -> None:
    assert programmed().idle(2).read('OPTR', NEW).state('OPT003') == CLEAN


def test_a_programming_that_failed_has_nothing_to_load() -> None:
    assert programmed(error=OPTVERR).system_reset().read('OPTR', OLD).state('OPT003') == CLEAN


def test_families_without_such_an_order_need_none() -> None:
    host = OptionHost('F7').read('OPTCR', 0xC0FFAAFD).option_keys().write('OPTCR', 0xC0FCAAFE)
    assert host.read('SR', 0).system_reset().read('OPTCR', 0xC0FFAAFD).state('OPT003') == CLEAN


def test_a_start_that_changes_nothing_needs_no_launch() -> None:
    host = OptionHost('G0').read('OPTR', OLD).option_keys().write('OPTR', OLD)
    host.write('CR', OPTSTRT).read('SR', 0).system_reset()
    assert host.read('OPTR', OLD).state('OPT003') == CLEAN


def wave() -> OptionWave:
    """The same session as a waveform, up to the end of the programming."""
    started = OptionWave('G0').get('OPTR', OLD).unlock().put('OPTR', NEW).put('CR', OPTSTRT)
    return started.get('SR', BSY).pause(0.02).get('SR', 0).put('CR', LOCKED).get('OPTR', OLD)


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(wave().sysresetreq().get('OPTR', OLD), 'OPT003')
    assert (found.severity, found.bus) == (Severity.ERROR, 'swd0')
    assert found.message.startswith(CHANGE + ' was programmed and never loaded: a reset followed')


def test_a_waveform_with_the_launch_is_clean() -> None:
    launched = wave().unlock().put('CR', OBL_LAUNCH).own_reset().connect().power_up()
    assert result(launched.get('OPTR', NEW), 'OPT003').state == CLEAN


def test_the_recorded_sessions_are_told_apart(simulated_captures: Path) -> None:
    def above_note(name: str) -> list[str]:
        judged = analyze(open_capture(simulated_captures / f'{name}.sr')).findings
        return [one.finding.rule for one in judged if one.finding.severity > Severity.NOTE]

    assert above_note('g0_option_write_no_obl') == ['OPT003']
    assert above_note('g0_option_write_obl_ok') == []


def test_a_start_bit_that_reads_0_is_an_end_as_well() -> None:
    host = OptionHost('G0').read('OPTR', OLD).unlock().option_keys().write('OPTR', NEW)
    host.write('CR', OPTSTRT).read('CR', OPTSTRT).read('CR', 0).system_reset().read('OPTR', OLD)
    assert len(host.findings('OPT003')) == 1
    assert host.write('CR', 1 << 27).findings('OPT003')[0].severity == Severity.NOTE
