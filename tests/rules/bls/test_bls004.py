"""BLS004 reset-during-option-command."""

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import HOST, SUPPLY, TARGET, Confidence, Evidence, Severity
from waves.loader import Loader


def pending(busy: int = 20, nrst: int | None = 1, vdd: int | None = None) -> Loader:
    """Readout Unprotect is accepted and BUSY; the host stops asking."""
    return Loader(nrst=nrst, vdd=vdd).get_id().readout_unprotect(busy=busy, final=None)


def cut(width: float, after: float = 0.4) -> Loader:
    return pending().idle(after).pulse('nrst', width).idle(0.2)


def test_a_reset_before_the_final_ack_is_told_with_its_width_and_distance() -> None:
    wave = cut(0.12)
    [found] = findings(wave, 'BLS004')
    polls = [one for one in wave.transfers if one.data == b'\x76']
    frame, answer = wave.transfers[4:6]
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        '0x93@0x51',
        1,
    )
    assert found.message == (
        'NRST went low for 120 ms while No-Stretch Readout Unprotect (0x93) was changing the'
        ' option bytes: 401.8 ms after the last BUSY, its final ACK had not come'
    )
    accepted, busy, reset = found.evidence
    assert accepted == Evidence(
        frame.start,
        answer.end,
        'No-Stretch Readout Unprotect (0x93) acknowledged; its final ACK is due',
    )
    assert busy == Evidence(
        polls[0].start,
        polls[-1].end,
        'BUSY (0x76) 20 times; ACK (0x79) ends the operation (AN4221)',
    )
    assert reset.end - reset.start == 120_000
    assert reset.text == (
        'NRST went low for 120 ms; no reset and no loss of supply may come here (RM0444 3.4.2)'
    )
    assert (found.start, found.end) == (answer.end, reset.end)


@pytest.mark.parametrize('width', [20e-6, 28e-6, 1.1e-3, 5e-3])
def test_a_pulse_as_the_part_makes_it_is_its_own_restart(width: float) -> None:
    state = result(cut(width, after=0.002), 'BLS004')
    assert state.state == SUPPRESSED
    assert state.by.endswith("the part's own restart")


@pytest.mark.parametrize('width', [5.1e-3, 0.05])
def test_a_longer_pulse_comes_from_outside(width: float) -> None:
    assert len(findings(cut(width, after=0.002), 'BLS004')) == 1


def test_a_shorter_pulse_is_a_glitch() -> None:
    [found] = findings(cut(10e-6), 'BLS004')
    assert found.message.startswith('NRST went low for 10 us while')


def test_after_the_final_ack_a_reset_cuts_nothing() -> None:
    wave = Loader(nrst=1).get_id().readout_unprotect().idle(0.05).pulse('nrst', 0.1).idle(0.2)
    assert result(wave, 'BLS004').state == CLEAN


def test_a_reset_straight_after_the_final_ack_of_a_part_that_had_worked_cuts_nothing() -> None:
    wave = Loader(nrst=1).get_id().readout_unprotect(own_reset=False).pulse('nrst', 0.1).idle(0.2)
    assert result(wave, 'BLS004').state == CLEAN


def test_a_reset_while_pages_are_erased_is_another_fault() -> None:
    wave = Loader(nrst=1).get_id().erase_pages([1, 2], final=None).pulse('nrst', 0.1).idle(0.2)
    assert result(wave, 'BLS004').state == CLEAN


def test_a_refused_command_changes_nothing() -> None:
    wave = Loader(nrst=1).get_id().refused(0x93).pulse('nrst', 0.1).idle(0.2)
    assert result(wave, 'BLS004').state == CLEAN


def test_the_supply_may_not_drop_for_any_time() -> None:
    wave = pending(nrst=None, vdd=1).pulse('vdd', 1e-3).idle(0.2)
    [found] = findings(wave, 'BLS004')
    assert found.suspect == SUPPLY
    assert found.message.startswith('The supply went low for 1 ms while No-Stretch Readout')


def test_a_line_that_stays_low_to_the_end_is_told_so() -> None:
    [found] = findings(pending().idle(0.1).level('nrst', 0).idle(0.3), 'BLS004')
    assert found.message.startswith('NRST went low and stayed low while No-Stretch Readout')


def test_a_short_pulse_after_which_the_part_never_answers_is_told_at_the_end() -> None:
    wave = cut(1e-3, after=0.002).idle(0.1).absent(12, 0.1)
    [found] = findings(wave, 'BLS004')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.CRITICAL,
        Confidence.MEDIUM,
        TARGET,
    )
    assert found.message == (
        'NRST went low for 1 ms while No-Stretch Readout Unprotect (0x93) was changing the option'
        ' bytes: 3.804 ms after the last BUSY, its final ACK had not come; the pulse came from the'
        ' part or from outside, and nobody answered after it'
    )


@pytest.mark.parametrize('attempts', [2, 9])
def test_a_part_that_may_only_be_slow_is_not_gone(attempts: int) -> None:
    wave = cut(1e-3, after=0.002).idle(0.1).absent(attempts, 0.1)
    assert result(wave, 'BLS004').state == SUPPRESSED


def test_a_part_that_answers_late_after_a_short_pulse_had_made_it_itself() -> None:
    wave = cut(1e-3, after=0.002).idle(0.1).absent(12, 0.1).get_id()
    assert result(wave, 'BLS004').state == SUPPRESSED


def test_a_part_that_starts_its_application_after_a_short_pulse_is_not_gone() -> None:
    wave = Loader(nrst=1, boot0=1).get_id().readout_unprotect(final=None)
    wave.level('boot0', 0).pulse('nrst', 1e-3).idle(0.2).absent(12, 0.1)
    assert result(wave, 'BLS004').state == SUPPRESSED


def test_a_loader_that_acknowledges_first_ends_with_its_own_reset() -> None:
    """The order of Open Bootloader: both ACKs at once, the work, a reset of its own."""
    wave = Loader(nrst=1, boot0=1).get_id()
    wave.readout_unprotect(no_stretch=False, busy=0, own_reset=False).idle(0.03)
    assert result(wave.pulse('nrst', 1e-3).idle(0.2).get_id(), 'BLS004').state == SUPPRESSED


def test_a_part_that_never_told_its_name_may_have_options_there_as_well() -> None:
    wave = Loader(nrst=1).get_version().write_memory(0x1FFF7800, bytes(8), busy=5, final=None)
    [found] = findings(wave.pulse('nrst', 0.1).idle(0.2), 'BLS004')
    assert found.key == '0x32@0x51'


def test_a_capture_that_ends_in_a_short_pulse_does_not_show_whose_it_is() -> None:
    assert result(pending().level('nrst', 0).idle(1e-3), 'BLS004').state == SUPPRESSED


def test_a_write_of_option_bytes_is_an_option_command_too() -> None:
    wave = Loader(nrst=1).get_id().write_memory(0x1FFF7800, bytes(8), busy=5, final=None)
    [found] = findings(wave.pulse('nrst', 0.1).idle(0.2), 'BLS004')
    assert found.key == '0x32@0x51'


def test_a_command_without_busy_is_cut_as_well() -> None:
    wave = Loader(nrst=1).get_id().readout_unprotect(no_stretch=False, busy=0, final=None)
    [found] = findings(wave.idle(0.01).pulse('nrst', 0.1).idle(0.2), 'BLS004')
    assert '10.02 ms after the last ACK, its final ACK had not come' in found.message


def test_a_loader_that_acknowledges_first_is_still_at_work_after_its_final_ack() -> None:
    wave = Loader(nrst=1).get_id()
    wave.readout_unprotect(no_stretch=False, busy=0, own_reset=False)
    [found] = findings(wave.idle(0.005).pulse('nrst', 0.1).idle(0.2), 'BLS004')
    assert found.message.endswith('after the last ACK, it was at work after its final ACK')


def test_a_command_of_another_loader_on_the_bus_was_not_cut() -> None:
    wave = Loader(nrst=1).get_id().write_unprotect().idle(0.2)
    wave.address = 0x5D
    wave.get_id(0x467).readout_unprotect(final=None).pulse('nrst', 0.1).idle(0.2)
    assert [found.key for found in findings(wave, 'BLS004')] == ['0x93@0x5D']


def test_each_cut_counts() -> None:
    wave = cut(0.12).get_id().readout_unprotect(final=None).pulse('nrst', 0.03).idle(0.2)
    [found] = findings(wave, 'BLS004')
    assert (found.count, len(found.evidence)) == (2, 4)
    assert found.message.startswith('NRST went low for 120 ms')
    assert found.message.endswith('(the first of 2)')


def test_without_nrst_and_supply_it_is_not_evaluated() -> None:
    state = result(pending(nrst=None).idle(0.5), 'BLS004')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('nrst|vdd',))


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(cut(0.12), 'BLS004', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))
