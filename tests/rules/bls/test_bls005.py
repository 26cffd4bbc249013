"""BLS005 lost-after-option-command."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Severity
from waves.loader import Loader


def lost(
    count: int = 12,
    every: float = 0.1,
    boot0: int | None = 1,
    nrst: int | None = 1,
    final: int | None = 0x79,
) -> Loader:
    """Readout Unprotect, the restart, and then `count` attempts in vain."""
    wave = Loader(nrst=nrst, boot0=boot0).get_id().readout_unprotect(final=final)
    return wave.idle(0.2).absent(count, every)


def test_a_loader_that_never_answers_after_an_option_command_is_told() -> None:
    wave = lost()
    [found] = findings(wave, 'BLS005')
    first, last = wave.transfers[-12], wave.transfers[-1]
    frame, answer = wave.transfers[4:6]
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        TARGET,
        12,
    )
    assert (found.start, found.end, found.message) == (
        first.start,
        last.end,
        'After No-Stretch Readout Unprotect (0x93) address 0x51 was not acknowledged in 12'
        ' attempts over 1.1 s',
    )
    assert found.evidence == (
        Evidence(frame.start, answer.end, 'No-Stretch Readout Unprotect (0x93) acknowledged'),
        Evidence(
            first.start,
            last.end,
            '12 attempts, none acknowledged; a loader answers again within 100 ms; BOOT0 is high',
        ),
    )


def test_it_is_told_as_well_where_a_reset_took_the_place_of_the_end() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect(final=None).pulse('nrst', 0.1)
    assert len(findings(wave.idle(0.2).absent(12, 0.1), 'BLS005')) == 1


def test_less_than_a_second_may_be_a_slow_start() -> None:
    assert result(lost(count=9), 'BLS005').state == CLEAN


def test_two_attempts_are_too_few() -> None:
    assert result(lost(count=2, every=2.0), 'BLS005').state == CLEAN


def test_attempts_in_the_time_of_the_restart_do_not_count() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect()
    wave.absent(9, 0.01).idle(2).absent(2, 0.01)
    assert result(wave, 'BLS005').state == CLEAN


def test_attempts_just_after_a_reset_do_not_count() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect().idle(0.2)
    for _ in range(4):
        wave.absent(1).idle(0.3).pulse('nrst', 0.2).idle(0.01).absent(3, 0.01).idle(0.1)
    [found] = findings(wave, 'BLS005')
    assert found.count == 4


def test_a_loader_that_answers_again_is_well() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect().idle(0.2).absent(5, 0.1).get_id()
    assert result(wave, 'BLS005').state == CLEAN


def test_one_that_answers_again_late_makes_it_a_note() -> None:
    [found] = findings(lost().get_id(), 'BLS005')
    assert (found.severity, found.advice) == (Severity.NOTE, ())
    assert found.message.endswith('in 12 attempts over 1.1 s, and then answered again')


def test_a_part_that_is_to_start_its_application_is_not_lost() -> None:
    state = result(lost(boot0=0), 'BLS005')
    assert state.state == SUPPRESSED
    assert state.by == 'BOOT0 is low: the part is meant to start its application'


def test_boot0_counts_as_it_is_when_the_loader_is_addressed() -> None:
    wave = Loader(nrst=1, boot0=0).level('boot0', 1).idle(1e-3).get_id().readout_unprotect()
    assert len(findings(wave.idle(0.2).absent(12, 0.1), 'BLS005')) == 1


def test_a_part_that_was_reset_with_boot0_low_is_not_lost() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect(final=None).level('boot0', 0)
    wave.pulse('nrst', 0.1).level('boot0', 1).idle(0.2).absent(12, 0.1)
    assert result(wave, 'BLS005').state == SUPPRESSED


def test_after_a_final_ack_and_without_boot0_it_is_likely_the_application() -> None:
    [found] = findings(lost(boot0=None), 'BLS005')
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.MEDIUM)


def test_without_boot0_an_application_cannot_be_ruled_out() -> None:
    [found] = findings(lost(boot0=None, final=None), 'BLS005')
    assert (found.severity, found.confidence) == (Severity.CRITICAL, Confidence.MEDIUM)
    assert found.evidence[-1].text.endswith('; BOOT0 was not captured')


def test_attempts_at_another_address_do_not_count() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect().idle(0.2)
    for _ in range(12):
        wave.write(0x50, ack=False).idle(0.1)
    assert result(wave, 'BLS005').state == CLEAN


def test_another_loader_on_the_bus_that_goes_on_answering_changes_nothing() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect().idle(0.2)
    for _ in range(12):
        wave.address = 0x5D
        wave.get_id(0x467)
        wave.address = 0x51
        wave.absent(1, 0.1)
    assert [found.key for found in findings(wave, 'BLS005')] == ['0x51']


def test_a_loader_that_is_lost_after_an_erase_is_another_fault() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().mass_erase(final=None).idle(0.2).absent(12, 0.1)
    assert result(wave, 'BLS005').state == CLEAN


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(lost(), 'BLS005', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))
