"""UART009: 0x7F is sent to a loader that is in sync already."""

from __future__ import annotations

from rules.uart_talk import Talk, told
from rules_harness import above_note, findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.loader import NACK

SAID = '0x7F was sent to a loader in sync already (NACK (0x1F)); commands work after it'


def test_a_refused_one_before_commands_that_work_is_a_note() -> None:
    wave = Talk().sync(NACK).program()
    (found,) = findings(wave, 'UART009')
    sync, answer = wave.words[:2]
    assert found == Finding(
        sync.start,
        answer.end,
        'uart0',
        'UART009',
        'second-sync',
        Severity.NOTE,
        Confidence.HIGH,
        'host',
        '',
        1,
        SAID,
        (),
        (
            Evidence(
                sync.start,
                answer.end,
                '0x7F: NACK (0x1F); a loader in sync takes it for one half of a command (AN3155)',
            ),
        ),
        (),
        'yes',
    )


def test_nothing_graver_is_said_of_a_tool_that_attaches() -> None:
    assert above_note(Talk().sync(NACK).program()) == []
    assert above_note(Talk().sync().program().idle(0.5).call(1, 0.05).sync(NACK).program()) == []


def test_one_without_an_answer_after_a_session_is_the_same() -> None:
    wave = Talk().sync().get().get_id().idle(0.1).call(1, 0.1).sync(NACK).get_id()
    assert [severity for severity, _ in told(wave, 'UART009')] == ['note']


def test_without_a_command_that_works_nothing_is_said() -> None:
    assert told(Talk().sync().get().get_id().sync(NACK).idle(0.1), 'UART009') == []


def test_a_first_one_that_is_acknowledged_is_clean() -> None:
    assert result(Talk().sync().program(), 'UART009').state == CLEAN


def test_without_a_loader_it_is_not_evaluated() -> None:
    assert result(Talk().tx(b'some text').idle(0.1), 'UART009').state == NOT_EVALUATED
