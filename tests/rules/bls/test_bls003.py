"""BLS003 no-resync-after-reset-command."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import Loader


def attempts(count: int = 1, every: float = 5e-3, rest: float = 1.5) -> Loader:
    """Write protection is removed, the part restarts, the host tries `count` times and no more."""
    wave = Loader(nrst=1).get_id().write_unprotect()
    return wave.idle(3e-3).absent(count, every).idle(rest)


def test_a_host_that_tries_once_while_the_part_restarts_and_gives_up_is_told() -> None:
    wave = attempts()
    ack, attempt = wave.transfers[-2:]
    [found] = findings(wave, 'BLS003')
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert found.message == (
        'After the final ACK of No-Stretch Write Unprotect (0x74) the host addressed the loader'
        ' once, 3.149 ms later, while the part restarted, and then no more'
    )
    final, tried = found.evidence
    assert (final.end, final.text) == (ack.end, 'final ACK: a restart follows (AN4221)')
    assert tried == Evidence(
        attempt.start,
        attempt.end,
        'address 0x51 not acknowledged; a loader answers again within 100 ms',
    )


def test_several_attempts_within_the_restart_time_are_no_better() -> None:
    [found] = findings(attempts(5), 'BLS003')
    assert (found.count, 'addressed the loader 5 times,' in found.message) == (5, True)


def test_a_host_that_asks_until_the_loader_answers_does_it_right() -> None:
    wave = Loader(nrst=1).get_id().write_unprotect().absent(8, 5e-3).get_id().idle(2)
    assert result(wave, 'BLS003').state == CLEAN


def test_a_host_that_waits_and_then_asks_does_it_right() -> None:
    wave = Loader(nrst=1).get_id().write_unprotect().idle(0.1).get_id().idle(2)
    assert result(wave, 'BLS003').state == CLEAN


def test_attempts_beyond_the_restart_time_are_left_to_bls005() -> None:
    assert result(attempts(30, 5e-3), 'BLS003').state == CLEAN


def test_a_capture_that_ends_soon_after_the_attempt_proves_nothing() -> None:
    assert result(attempts(rest=0.9), 'BLS003').state == CLEAN


def test_a_reset_from_outside_begins_another_session() -> None:
    wave = attempts(rest=0.3).pulse('nrst', 0.05).idle(2)
    assert result(wave, 'BLS003').state == CLEAN


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(attempts(), 'BLS003', sample_rate=None)
    assert (state.state, state.missing) == (NOT_EVALUATED, ('sample_rate',))
