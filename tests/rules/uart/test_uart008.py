"""UART008: 0x7F is sent while the part is in reset, or just after."""

from __future__ import annotations

from rules.uart_talk import Talk, suppressed, told
from rules_harness import above_note, findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity


def early(start_up: float) -> Talk:
    return Talk(nrst=1).idle(0.01).reset(start_up=start_up)


def test_one_200_us_after_the_reset_is_told() -> None:
    wave = early(200e-6).call(1, 0.7).call(1, 0.7)
    (found,) = findings(wave, 'UART008')
    sync = wave.words[0]
    assert found == Finding(
        sync.start,
        found.end,
        'uart0',
        'UART008',
        'sync-too-early',
        Severity.WARNING,
        Confidence.MEDIUM,
        'host',
        '',
        1,
        '0x7F came 200 us after NRST rose, and was not acknowledged',
        found.advice,
        (
            Evidence(
                sync.start,
                found.end,
                '0x7F 200 us after NRST rose: no answer; wait for the start-up time of the loader'
                ' (AN2606)',
            ),
        ),
        (),
        'yes',
    )
    assert abs(found.end - sync.end) < 40, 'the stop bit of an unknown format'


def test_one_while_nrst_is_low_is_told() -> None:
    wave = Talk(nrst=0).idle(0.01).call(1, 0.05).level('nrst', 1).idle(0.1)
    wave.call(1, 1.0)
    assert told(wave, 'UART008') == [
        ('warning', '0x7F came while NRST was low, and was not acknowledged')
    ]


def test_one_after_2_ms_is_in_order() -> None:
    wave = early(2e-3).call(1, 0.7).call(1, 0.7)
    assert told(wave, 'UART008') == []
    assert result(wave, 'UART008').state == CLEAN


def test_a_part_that_acknowledged_was_listening() -> None:
    wave = early(200e-6).sync().program()
    assert above_note(wave) == []
    assert suppressed(wave, 'UART008') == 'acknowledged, though it came 200 us after NRST rose'


def test_a_host_that_goes_on_trying_comes_to_no_harm() -> None:
    wave = early(200e-6).call(1, 0.1).sync().program()
    assert told(wave, 'UART008') == [
        (
            'note',
            '0x7F came 200 us after NRST rose, and was not acknowledged; a later one was answered',
        )
    ]
    assert above_note(wave) == []


def test_the_end_of_the_capture_is_no_missing_answer() -> None:
    assert told(early(200e-6).sync(None).idle(1e-3), 'UART008') == []


def test_without_nrst_it_is_not_evaluated() -> None:
    assert result(Talk().call(1, 0.7), 'UART008').state == NOT_EVALUATED
