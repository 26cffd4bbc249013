"""UART005: the loader never answers 0x7F."""

from __future__ import annotations

from typing import Any

from rules.uart_talk import Talk, told
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Finding, Severity
from waves.loader import NACK
from waves.uart import UartWave
from waves.uart_loader import SYNC


def mute(count: int = 3, every: float = 0.7, **how: Any) -> Talk:
    wave = Talk(**how)
    for _ in range(count):
        wave.call(1, every)
    return wave


def test_0x7f_that_nobody_answers_is_told() -> None:
    wave = mute()
    (found,) = findings(wave, 'UART005')
    assert found == Finding(
        wave.words[0].start,
        wave.length,
        'uart0',
        'UART005',
        'sync-unanswered',
        Severity.ERROR,
        Confidence.HIGH,
        'target',
        '',
        3,
        '0x7F was sent 3 times at 115200 baud over 2.1 s, and no byte came back',
        found.advice,
        found.evidence,
        (),
        '',
    )
    assert [one.text for one in found.evidence] == [
        '0x7F, and no byte for 700 ms; expected ACK (0x79) within milliseconds (AN3155)'
    ] * 3


def test_an_answered_one_is_not() -> None:
    assert result(Talk().sync().idle(1), 'UART005').state == CLEAN
    assert told(Talk().sync(NACK).idle(1), 'UART005') == []


def test_a_capture_that_ends_too_soon_proves_nothing() -> None:
    assert told(mute(1, every=0.4), 'UART005') == []
    assert told(mute(1, every=0.4), 'UART005', limits={'UART005_WAIT_S': 0.3}) != []


def test_a_host_that_tries_until_the_part_is_reset_is_served() -> None:
    wave = mute(nrst=1).reset().sync().program()
    ((severity, message),) = told(wave, 'UART005')
    assert severity == 'note'
    assert message.endswith('no byte came back; later it was answered')


def test_so_is_one_that_is_answered_without_a_reset() -> None:
    assert told(mute().sync().program(), 'UART005') == []


def test_a_second_session_that_is_mute_after_a_reset_is_told() -> None:
    wave = Talk(nrst=1).sync().program().reset()
    for _ in range(2):
        wave.call(1, 0.7)
    assert told(wave, 'UART005') == [
        ('error', '0x7F was sent 2 times at 115200 baud over 1.4 s, and no byte came back')
    ]


def test_a_loader_in_sync_need_not_answer_a_second_0x7f() -> None:
    assert told(Talk().sync().get().get_id().call(1, 1.0), 'UART005') == []


def test_a_line_that_was_never_high_is_another_trouble() -> None:
    wave = mute()
    wave.wave.set('rx', 0, 0)
    assert told(wave, 'UART005') == []


def test_a_delete_character_of_somebody_who_types_is_none() -> None:
    wave = UartWave(parity='none').tx([SYNC]).idle(1).tx(b'hello\r').idle(1)
    assert told(wave, 'UART005') == []


def test_an_answer_that_comes_after_seconds_is_an_answer() -> None:
    wave = UartWave(parity='none').tx([SYNC]).idle(2).rx(b'login: ').idle(0.1)
    assert told(wave, 'UART005') == []


def test_without_the_loaders_line_nothing_is_said() -> None:
    assert told(mute(lines=('tx',)), 'UART005') == []


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    assert result(mute(), 'UART005', sample_rate=None).state == NOT_EVALUATED
