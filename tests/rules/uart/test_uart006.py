"""UART006: something comes from the target just before its first ACK."""

from __future__ import annotations

from rules.uart_talk import Talk, told
from rules_harness import above_note, findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.loader import NACK

ZERO = 0x00


def test_a_zero_before_the_ack_is_told_as_a_note() -> None:
    wave = Talk().sync(leading=[ZERO]).program()
    (found,) = findings(wave, 'UART006')
    sync, _, ack = wave.words[:3]
    assert found == Finding(
        sync.start,
        ack.end,
        'uart0',
        'UART006',
        'leading-zero-byte',
        Severity.NOTE,
        Confidence.HIGH,
        'target',
        '',
        1,
        '0x00 came from the target before the answer to 0x7F, ACK (0x79)',
        found.advice,
        (
            Evidence(
                sync.start,
                ack.end,
                '00 came before ACK (0x79); expected the answer alone (AN3155)',
            ),
        ),
        (),
        'yes',
    )


def test_nothing_graver_is_said_of_it() -> None:
    assert above_note(Talk().sync(leading=[ZERO]).program()) == []


def test_it_may_come_before_a_refusal_too() -> None:
    assert told(Talk().sync(NACK, [ZERO]).program(), 'UART006') == [
        ('note', '0x00 came from the target before the answer to 0x7F, NACK (0x1F)')
    ]


def test_an_answer_alone_is_clean() -> None:
    wave = Talk().sync().program()
    assert result(wave, 'UART006').state == CLEAN


def test_other_bytes_before_it_are_something_else() -> None:
    assert told(Talk().sync(leading=[0x55]).program(), 'UART006') == []
