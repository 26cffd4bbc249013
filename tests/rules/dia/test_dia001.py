"""DIA001 option-block-lost-on-g0: the G071 case."""

from pathlib import Path

import pytest

from rules_harness import above_note, findings, judge, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import (
    HOST,
    SUPPLY,
    TARGET,
    UNKNOWN,
    UNLIKELY,
    Confidence,
    Severity,
)
from waves.loader import READ_MEMORY, Loader

FLASH = 0x08000000
POLL_S = 0.05
TOO_LONG = 50  # polls: 2.45 s
AGES = 'still BUSY after 2.45 s'


def session(
    nrst: int | None = 1, boot0: int | None = 1, vdd: int | None = None, known: bool = True
) -> Loader:
    """The begin of a session: Get ID of a G071, or a command that does not tell the part."""
    wave = Loader(nrst=nrst, boot0=boot0, vdd=vdd)
    return wave.get_id(0x460) if known else wave.get_version()


def endless(wave: Loader, final: int | None = None, busy: int = TOO_LONG) -> Loader:
    """Readout Unprotect with BUSY beyond all bounds; the host stops asking."""
    return wave.readout_unprotect(busy=busy, poll=POLL_S, final=final)


def silent(wave: Loader) -> Loader:
    """After 300 ms the host tries 12 times in vain, over 1.1 s."""
    return wave.idle(0.3).absent(12, 0.1)


def bricked(nrst: int | None = 1, **more: bool) -> Loader:
    """The whole story."""
    wave = endless(session(nrst=nrst, **more)).idle(0.4)
    return silent(wave.pulse('nrst', 0.12) if nrst else wave.idle(0.12))


def test_the_story_is_told_in_one_sentence() -> None:
    [found] = findings(bricked(), 'DIA001')
    assert (found.severity, found.confidence, found.suspect, found.recoverable, found.bus) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        UNLIKELY,
        'i2c0',
    )
    assert found.message == (
        'STM32G07x/G08x is probably locked for good, its option bytes lost: NRST went low for'
        f' 120 ms while No-Stretch Readout Unprotect (0x93) was {AGES}, and address 0x51 was never'
        ' acknowledged again; the suspect is the host, or who else pulled NRST'
    )


def test_its_evidence_is_the_story_in_the_order_of_time() -> None:
    wave = bricked()
    [found] = findings(wave, 'DIA001')
    polls = [one for one in wave.transfers if one.data == b'\x76']
    frame, answer = wave.transfers[4:6]
    assert [one.text for one in found.evidence] == [
        'No access to the flash came before: whether the part was protected is not known',
        'Get ID: DEV_ID 0x460, STM32G07x/G08x; a mismatch of its option bytes locks it (RM0444 rev'
        ' 5 section 3.4.2 (p. 90), read protection (p. 93))',
        'No-Stretch Readout Unprotect (0x93) was acknowledged (0x79)',
        'BUSY (0x76) 50 times over 2.45 s; a mass erase takes at most 40.1 ms on STM32G07x/G08x'
        ' (DS12232, flash memory characteristics)',
        'No second ACK and no loading of the option bytes (OBL_LAUNCH or power_on_reset) was seen',
        'NRST low for 120 ms, 449.8 ms after the last status; nothing may cut in before the end'
        ' (RM0444 3.4.2)',
        'Address 0x51 addressed 12 times over 1.1 s, never acknowledged',
    ]
    spans = [(one.start, one.end) for one in found.evidence]
    assert spans == sorted(spans)
    assert spans[0] == (0, frame.start)
    assert spans[2] == (frame.start, answer.end)
    assert spans[3] == (polls[0].start, polls[-1].end)
    assert spans[6] == (wave.transfers[-12].start, wave.transfers[-1].end)


def test_its_advice_does_no_harm_first_and_ends_with_how_to_prevent_it() -> None:
    [found] = findings(bricked(), 'DIA001')
    assert found.advice[0].startswith('Do not reset it again')
    assert found.advice[1].startswith('Power off for more than 10 s, power on with BOOT0 high')
    assert found.advice[2].startswith('If it stays silent, try SWD under reset')
    assert found.advice[3].startswith('If SWD answers, read SR.OPTVERR')
    assert found.advice[4].startswith('If debug never answers either, the part is lost')
    assert all(step.startswith('Prevention: ') for step in found.advice[5:])


def test_it_explains_all_that_belongs_to_the_story_and_heads_the_report() -> None:
    analysis = judge(bricked())
    explained = {one.finding.rule for one in analysis.findings if one.explained_by == 'DIA001'}
    assert {'BLP013', 'BLS001', 'BLS004', 'BLS005', 'I2C001', 'I2C002'} <= explained
    assert [one.finding.rule for one in analysis.findings if not one.explained_by] == ['DIA001']
    assert analysis.verdict is not None
    assert (analysis.verdict.rule, analysis.verdict.recoverable) == ('DIA001', UNLIKELY)


def test_a_part_that_was_readable_before_did_not_need_the_unprotect() -> None:
    wave = endless(session().read_memory(FLASH, bytes(4))).idle(0.4).pulse('nrst', 0.12)
    analysis = judge(silent(wave))
    [found] = [one.finding for one in analysis.findings if one.finding.rule == 'DIA001']
    assert any(
        one.text
        == (
            'Read Memory (0x11) to 0x08000000 was acknowledged: the part was not read protected'
            ' before'
        )
        for one in found.evidence
    )
    assert [one.explained_by for one in analysis.findings if one.finding.rule == 'BLS001'] == [
        'DIA001'
    ]


def test_a_part_that_was_protected_before_is_told_so() -> None:
    wave = endless(session().refused(READ_MEMORY)).idle(0.4).pulse('nrst', 0.12)
    [found] = findings(silent(wave), 'DIA001')
    assert 'Read Memory (0x11) was refused: the part was read protected before' in [
        one.text for one in found.evidence
    ]


def test_without_nrst_the_reset_is_assumed() -> None:
    [found] = findings(bricked(nrst=None), 'DIA001')
    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.MEDIUM)
    assert ': a reset is assumed (NRST was not captured) while No-Stretch' in found.message
    assert 'the suspect is the host, which did not wait for the end' in (found.message)


def test_with_an_nrst_that_stays_high_a_loss_of_supply_is_assumed() -> None:
    [found] = findings(silent(endless(session()).idle(0.5)), 'DIA001')
    assert found.confidence == Confidence.MEDIUM
    assert ': a loss of supply or a restart is assumed (NRST stayed high) while' in found.message


@pytest.mark.parametrize(('width', 'words'), [(25e-6, '25 us'), (1e-3, '1 ms')])
@pytest.mark.parametrize('busy', [1, TOO_LONG])
def test_a_short_pulse_is_the_parts_or_somebody_elses(width: float, words: str, busy: int) -> None:
    [found] = findings(silent(endless(session(), busy=busy).pulse('nrst', width)), 'DIA001')
    assert (found.suspect, found.confidence) == (TARGET, Confidence.MEDIUM)
    pulse = f': NRST had a pulse of {words}, from the part or from outside, while No-Stretch'
    assert pulse in found.message
    assert found.message.endswith('; who pulled NRST is not seen')


@pytest.mark.parametrize('busy', [1, TOO_LONG])
def test_a_part_that_is_back_after_a_short_pulse_is_not_lost(busy: int) -> None:
    wave = endless(session(), busy=busy).pulse('nrst', 1e-3)
    assert result(silent(wave).get_id(), 'DIA001').state == CLEAN


@pytest.mark.parametrize('nrst', [1, None])
@pytest.mark.parametrize('again', [0, 1])
def test_a_part_that_starts_its_application_is_not_lost(nrst: int | None, again: int) -> None:
    """BOOT0 falls, and a reset follows if NRST is captured; later BOOT0 may be high again."""
    wave = endless(session(nrst=nrst)).level('boot0', 0).idle(0.1)
    if nrst:
        wave.pulse('nrst', 0.12).level('boot0', again)
    assert result(silent(wave), 'DIA001').state == CLEAN


def test_a_host_that_gives_up_early_proves_nothing_where_nrst_is_not_captured() -> None:
    wave = silent(endless(session(nrst=None), busy=20))
    assert result(wave, 'DIA001').state == CLEAN
    assert [found.severity for found in findings(wave, 'BLS005')] == [Severity.CRITICAL]


def test_a_captured_loss_of_supply_is_the_suspect() -> None:
    wave = endless(session(nrst=None, vdd=1)).pulse('vdd', 0.5)
    [found] = findings(silent(wave), 'DIA001')
    assert (found.suspect, found.confidence) == (SUPPLY, Confidence.HIGH)
    assert ': the supply went low for 500 ms while No-Stretch' in found.message


def test_a_reset_within_the_ordinary_time_loses_the_option_bytes_too() -> None:
    wave = silent(endless(session(), busy=1).pulse('nrst', 0.12))
    [found] = findings(wave, 'DIA001')
    assert found.severity == Severity.CRITICAL


def test_while_busy_still_lasts_it_says_not_to_reset_now() -> None:
    [found] = findings(endless(session()), 'DIA001')
    assert (found.severity, found.confidence, found.suspect, found.recoverable) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        TARGET,
        UNKNOWN,
    )
    assert found.message == (
        'Do not reset STM32G07x/G08x or cut its power now: No-Stretch Readout Unprotect (0x93) was'
        f' {AGES} when it was last asked, and its option bytes may be half written; no reset was'
        f' seen in this capture'
    )
    assert found.advice[0].startswith('Do not reset the part and do not cut its power now')


def test_where_nrst_is_not_captured_nobody_knows_that_busy_still_lasts() -> None:
    [found] = findings(endless(session(nrst=None)).idle(5), 'DIA001')
    assert (found.confidence, found.recoverable) == (Confidence.MEDIUM, UNKNOWN)


def test_the_family_that_the_user_names_makes_it_less_sure() -> None:
    [found] = findings(bricked(known=False), 'DIA001', family='G0')
    assert found.confidence == Confidence.MEDIUM
    assert found.message.startswith('The STM32G0 is probably locked for good, its option')


def test_an_unknown_part_is_not_judged() -> None:
    state = result(bricked(known=False), 'DIA001')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('part (Get ID or --family)',))


def test_without_boot0_it_is_no_surer_than_its_weakest_evidence() -> None:
    wave = silent(endless(session(boot0=None)).idle(0.4).pulse('nrst', 0.12))
    assert [found.confidence for found in findings(wave, 'DIA001')] == [Confidence.MEDIUM]


@pytest.mark.parametrize('busy', [10, TOO_LONG])
def test_an_unprotect_that_ends_well_is_none_of_this(busy: int) -> None:
    wave = endless(session(), final=0x79, busy=busy).idle(0.2).get_id()
    assert result(wave, 'DIA001').state == CLEAN


def test_a_part_that_answers_once_more_is_not_lost() -> None:
    assert result(bricked().get_id(), 'DIA001').state == CLEAN


def test_a_reset_with_no_attempt_after_it_does_not_show_a_loss() -> None:
    wave = endless(session()).idle(0.4).pulse('nrst', 0.12).idle(2)
    assert result(wave, 'DIA001').state == CLEAN
    assert above_note(wave) != []  # BLS004 and BLP013 speak


def test_a_loader_that_acknowledges_before_it_works_can_be_cut_as_well() -> None:
    wave = session().readout_unprotect(no_stretch=False, busy=0, own_reset=False)
    [found] = findings(silent(wave.idle(0.005).pulse('nrst', 0.12)), 'DIA001')
    assert 'while Readout Unprotect (0x92) was changing the option bytes, and address' in (
        found.message
    )


def test_another_loader_on_the_bus_does_not_hide_the_loss() -> None:
    wave = bricked()
    wave.address = 0x5D
    [found] = findings(wave.get_id(0x467).get_id(0x467), 'DIA001')
    assert found.key == '0x93@0x51'


def test_an_endless_erase_touches_no_option_bytes() -> None:
    wave = session().mass_erase(busy=TOO_LONG, poll=POLL_S, final=None).pulse('nrst', 0.12)
    assert result(silent(wave), 'DIA001').state == CLEAN


def test_what_happened_before_the_command_is_not_explained_by_it() -> None:
    wave = session().pulse('nrst', 0.05).idle(0.2).get_id().refused(0x01)
    wave = silent(endless(wave).idle(0.4).pulse('nrst', 0.12))
    unexplained = {one.finding.rule for one in judge(wave).findings if not one.explained_by}
    assert 'BLP003' in unexplained


def test_the_recorded_case_is_told(simulated_captures: Path) -> None:
    analysis = analyze(open_capture(simulated_captures / 'i2c_g071_endless_busy_brick.sr'))
    assert analysis.verdict is not None
    assert (analysis.verdict.rule, analysis.verdict.severity) == ('DIA001', Severity.CRITICAL)
    assert analysis.verdict.headline == (
        'STM32G07x/G08x is probably locked for good, its option bytes lost: NRST went low for'
        ' 120 ms while No-Stretch Readout Unprotect (0x93) was still BUSY after 41.5 s, and'
        ' address 0x51 was never acknowledged again;'
        ' the suspect is the host, or who else pulled NRST'
    )
    assert [one.finding.rule for one in analysis.findings if not one.explained_by] == ['DIA001']
    texts = [one.text for one in analysis.findings[0].finding.evidence]
    assert 'Address 0x51 addressed 35 times over 1.155 s, never acknowledged' in texts
    assert any(
        text.startswith('NRST low for 120 ms, 401.9 ms after the last status') for text in texts
    )


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('i2c_healthy_get_id', []),
        ('i2c_healthy_mcu_host', []),
        ('i2c_healthy_stm32flash_write_verify', []),
        ('i2c_two_slaves_eeprom', []),
        ('i2c_readout_unprotect_ok', ['OPT010']),
        ('i2c_reset_during_page_erase', ['RST001']),
    ],
)
def test_other_recorded_sessions_are_told_without_it(
    simulated_captures: Path, name: str, expected: list[str]
) -> None:
    analysis = analyze(open_capture(simulated_captures / f'{name}.sr'))
    above = [one.finding.rule for one in analysis.findings if one.finding.severity > Severity.NOTE]
    assert above == expected
