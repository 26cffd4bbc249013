"""SWD002: the target answered, and from some access on it does not."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import AP, DP, NO_REPLY, SwdWave

RAM = 0x20000000
ADVICE = (
    'If the last access had to do with option bytes: do not reset the part and do not cut its'
    ' supply until it is sure that nothing is being written any more.',
    'Look at the last access that succeeded: it is often the cause (sleep or clock register, option'
    ' write, start of the program).',
    'Look at NRST and VDD at that moment; record them as well if they are not captured.',
    'Once nothing can be pending, connect under reset, and read the option and status registers'
    ' first.',
)


def session(**levels: int) -> Probe:
    return Probe(**levels).connect().power_up().mem_write_block(RAM, range(10))  # type: ignore[arg-type]


def silent(wave: Probe, count: int, every: float = 0.0) -> Probe:
    for _ in range(count):
        wave.read(AP, 0xC, ack=NO_REPLY).pause(every)
    return wave


def told(wave: SwdWave, **settings: object) -> list[tuple[Severity, str, str]]:
    found = findings(wave, 'SWD002', **settings)
    return [(one.severity, one.suspect, one.message) for one in found]


def suppressed(wave: SwdWave) -> str:
    assert told(wave) == []
    state = result(wave, 'SWD002')
    assert state.state in (CLEAN, SUPPRESSED)
    return state.by


def test_five_requests_without_an_answer_after_many_with_one_are_told() -> None:
    wave = silent(session(), 5)
    write, _, *lost = wave.transfers[-7:]  # RDBUFF follows the write
    (found,) = findings(wave, 'SWD002')
    length = f'{(lost[4].end - lost[0].start) / wave.rate * 1e6:.4g} us'
    assert found == Finding(
        lost[0].start,
        lost[4].end,
        'swd0',
        'SWD002',
        'response-lost-mid-session',
        Severity.ERROR,
        Confidence.HIGH,
        'target',
        '',
        5,
        'The target stopped answering on SWD after a write of 0x00000009 to 0x20000024: 5 requests'
        f' over {length} read 111, until the capture ends',
        ADVICE,
        (
            Evidence(
                write.start,
                write.end,
                'the last access that succeeded: write of 0x00000009 to 0x20000024',
            ),
            Evidence(
                lost[0].start,
                lost[4].end,
                'read of AP register 0xC: acknowledge 111; expected 100, OK (IHI 0031 B4.2), as'
                ' before',
            ),
        ),
        (),
        '',
    )


def test_four_are_not_enough() -> None:
    assert suppressed(silent(session(), 4)) == ''


def test_a_part_that_hardly_answered_was_never_there() -> None:
    assert suppressed(silent(Probe().connect(), 30)) == ''


def test_line_resets_do_not_break_the_series() -> None:
    wave = session()
    for _ in range(5):
        wave.line_reset().read(DP, 0, ack=NO_REPLY)
    ((severity, _, message),) = told(wave)
    assert severity == Severity.ERROR
    assert '5 requests over' in message


def test_it_names_the_last_access_to_memory() -> None:
    wave = session().mem_write(0x40021004, 0x12345678)
    ((_, _, message),) = told(silent(wave, 5))
    assert ' on SWD after a write of 0x12345678 to 0x40021004: ' in message


def test_a_loss_that_a_new_connection_ends_is_a_warning() -> None:
    wave = silent(session(), 8).connect().power_up()
    ((severity, _, message),) = told(wave)
    assert severity == Severity.WARNING
    assert message.endswith(', and then answered again')


def test_a_board_that_is_exchanged_between_sessions_is_a_note() -> None:
    wave = session().pause(0.01)
    for _ in range(20):
        wave.line_reset().read(DP, 0, ack=NO_REPLY)
    wave.connect().power_up()
    assert [severity for severity, _, _ in told(wave)] == [Severity.NOTE]


def test_a_reset_that_the_host_asked_for_makes_it_a_note() -> None:
    wave = silent(session().sysresetreq(), 8).connect().power_up()
    ((severity, _, message),) = told(wave)
    assert severity == Severity.NOTE
    assert 'a reset request (AIRCR)' in message


def test_within_100_ms_of_that_reset_nothing_is_said() -> None:
    assert suppressed(silent(session().sysresetreq(), 8)) == 'a reset request (AIRCR)'


def test_a_part_that_does_not_come_back_after_it_is_lost() -> None:
    ((severity, _, message),) = told(silent(session().sysresetreq(), 8, every=0.02))
    assert severity == Severity.ERROR
    assert ', and did not come back after it (a reset request (AIRCR))' in message


def test_while_nrst_is_low_nothing_is_said() -> None:
    wave = silent(session(nrst=1).level('nrst', 0), 20)
    assert suppressed(wave) == 'NRST is low'
    back = silent(session(nrst=1).level('nrst', 0), 20).level('nrst', 1).pause(0.01)
    assert [severity for severity, _, _ in told(back.connect())] == [Severity.NOTE]


def test_a_supply_that_falls_is_suspected() -> None:
    ((severity, suspect, message),) = told(silent(session(vdd=1).level('vdd', 0), 8))
    assert (severity, suspect) == (Severity.ERROR, 'supply')
    assert ', while VDD was low: 8 requests' in message


def test_without_a_sample_rate_a_reset_excuses_until_the_next_answer() -> None:
    wave = silent(session().sysresetreq(), 8, every=0.02)
    assert told(wave, sample_rate=None) == []


def test_the_numbers_are_settings() -> None:
    wave = silent(session(), 5)
    assert told(wave, limits={'SWD002_FEWEST_UNANSWERED': 6}) == []
    assert told(wave, limits={'SWD002_FEWEST_OK': 100}) == []
