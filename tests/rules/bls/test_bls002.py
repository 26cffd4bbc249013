"""BLS002 option-launch-missing."""

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Severity
from waves.loader import Loader

OPTIONS = '(RM0444 rev 5 section 3.4.2 (p. 90), read protection (p. 93))'


def unprotected(nrst: int | None = None, wait: float = 0.0) -> Loader:
    """Write protection is removed, the part does not restart, and the host waits."""
    wave = Loader(nrst=nrst).get_id().write_unprotect(own_reset=False)
    return wave.idle(wait)


def test_a_loader_that_goes_on_without_a_gap_did_not_restart() -> None:
    wave = unprotected()
    ack = wave.transfers[-1]
    begin = len(wave.transfers)
    wave.get_id()
    [found] = findings(wave, 'BLS002')
    frame, answer = wave.transfers[begin : begin + 2]
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        '0x74@0x51',
        1,
    )
    assert found.message == (
        'After No-Stretch Write Unprotect (0x74) the part did not restart: it accepted Get ID'
        ' (0x02) 530 us after the final ACK, in the same session; the new option bytes are not'
        ' loaded'
    )
    final, accepted = found.evidence
    assert (final.end, final.text) == (ack.end, 'final ACK of No-Stretch Write Unprotect (0x74)')
    assert accepted == Evidence(
        frame.start,
        answer.end,
        f'Get ID (0x02) accepted; options are loaded by OBL_LAUNCH or power_on_reset {OPTIONS}',
    )


def test_polls_that_are_acknowledged_again_and_again_leave_no_room_for_a_restart() -> None:
    wave = unprotected()
    for _ in range(20):
        wave.write(wave.address).idle(0.5e-3)
    assert [found.confidence for found in findings(wave.get_id(), 'BLS002')] == [Confidence.HIGH]


def test_a_captured_nrst_that_stays_high_is_weaker_evidence() -> None:
    wave = Loader(nrst=1).get_id().write_unprotect().idle(0.15).get_id()
    wave.write_unprotect(own_reset=False).idle(0.05)
    [found] = findings(wave.get_id(), 'BLS002')
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.MEDIUM)
    assert '50.53 ms after the final ACK, with no pulse on NRST between;' in found.message


@pytest.mark.parametrize('width', [0.0, 10e-6, 0.02])
def test_a_part_that_never_drove_nrst_may_restart_without_a_trace(width: float) -> None:
    """NRST may be an input, or buffered by the probe; a pulse of the host's shows nothing."""
    wave = Loader(nrst=1).get_id().write_unprotect(own_reset=False)
    if width:
        wave.idle(1e-4).pulse('nrst', width)
    wave.idle(0.15).get_id().write_unprotect(own_reset=False).idle(0.2).get_id()
    state = result(wave, 'BLS002')
    assert state.state == SUPPRESSED
    assert state.by == 'nothing shows that this part drives NRST: a restart would leave no trace'


def test_a_pause_in_which_a_restart_could_hide_proves_nothing() -> None:
    assert result(unprotected(wait=0.002).get_id(), 'BLS002').state == CLEAN


def test_a_pulse_on_nrst_is_the_restart() -> None:
    wave = Loader(nrst=1).get_id().write_unprotect().idle(0.05).get_id()
    assert result(wave, 'BLS002').state == CLEAN


def test_an_address_that_is_not_acknowledged_at_first_is_the_restart() -> None:
    wave = unprotected(nrst=1).absent(2, 5e-3).get_id()
    assert result(wave, 'BLS002').state == CLEAN


def test_a_loader_that_is_not_asked_again_proves_nothing() -> None:
    assert result(unprotected(nrst=1, wait=3.0), 'BLS002').state == CLEAN


def test_a_command_that_never_ended_has_nothing_to_load() -> None:
    wave = Loader(nrst=1).get_id().write_unprotect(final=None).get_id()
    assert result(wave, 'BLS002').state == CLEAN


def test_a_command_that_changes_no_option_bytes_needs_no_restart() -> None:
    wave = Loader(nrst=1).get_id().mass_erase().get_id()
    assert result(wave, 'BLS002').state == CLEAN


def test_each_time_counts() -> None:
    [found] = findings(unprotected().write_unprotect(own_reset=False).get_id(), 'BLS002')
    assert (found.count, found.message.endswith('(the first of 2)')) == (2, True)


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(unprotected().get_id(), 'BLS002', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))
