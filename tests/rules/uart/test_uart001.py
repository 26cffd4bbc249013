"""UART001: the host sends without the even parity bit that the loader wants."""

from __future__ import annotations

from typing import Any

import pytest

from rules.uart_talk import FLASH, Talk, suppressed, told
from rules_harness import above_note, findings, judge, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Evidence, Finding, Severity
from waves.loader import NACK
from waves.uart_loader import GET, GET_ID, GET_VERSION, READ_MEMORY

ADVICE = (
    'Set the host to 8 data bits, even parity, 1 stop bit: `stm32flash -m 8e1`; on an STM32 as the'
    ' host a word length of 9 bits with even parity.',
    'If no erase or option write can be going on in the part: reset it with BOOT0 high, and begin'
    ' with 0x7F again. The part itself has come to no harm.',
)
WRONG = 'The host sends 8N1 at 115200 baud, but the loader wants 8E1 (even parity): it '


def without_parity(**how: Any) -> Talk:
    """The host sends 8N1, the loader 8E1."""
    return Talk(parity='none', **how).use('rx', parity='even')


def test_a_host_at_8n1_is_acknowledged_once_and_then_not_answered() -> None:
    wave = without_parity().sync().command(GET_VERSION, None).idle(0.5)
    (found,) = findings(wave, 'UART001')
    sync, answer, first, last = wave.words
    assert found == Finding(
        sync.start,
        found.end,
        'uart0',
        'UART001',
        'parity-missing',
        Severity.ERROR,
        found.confidence,
        'host',
        '',
        1,
        WRONG + 'did not answer Get Version (0x01), though it had acknowledged 0x7F',
        ADVICE,
        (
            Evidence(
                sync.start,
                found.evidence[0].end,
                '0x7F acknowledged; it has seven ones, so its even parity bit is at the idle level'
                ' anyway',
            ),
            Evidence(
                first.start,
                found.end,
                '01 FE sent 8N1: no answer; expected 8 data bits, even parity, 1 stop bit (AN3155)',
            ),
        ),
        (),
        'yes',
    )
    assert abs(found.end - last.end) <= 1
    assert abs(found.evidence[0].end - answer.end) < 40


def test_it_heads_the_verdict_and_the_part_is_unharmed() -> None:
    verdict = judge(without_parity().sync().command(GET_VERSION, None).idle(0.5)).verdict
    assert verdict is not None
    assert (verdict.rule, verdict.suspect, verdict.recoverable) == ('UART001', 'host', 'yes')
    assert verdict.next_steps == ADVICE


def test_a_refused_command_is_as_good_a_proof() -> None:
    wave = without_parity().sync().refused(GET).refused(GET)
    assert told(wave, 'UART001') == [
        ('error', WRONG + 'refused Get (0x00), though it had acknowledged 0x7F')
    ]


def test_what_follows_from_it_is_folded_under_it() -> None:
    wave = without_parity().sync().refused(GET).refused(GET).sync(NACK)
    explained = {one.finding.rule: one.explained_by for one in judge(wave).findings}
    assert explained['BLP003'] == 'UART001'
    assert explained['UART001'] == ''
    assert suppressed(wave, 'DIA006') == 'UART001'


def test_the_right_parity_is_not_told_of() -> None:
    wave = Talk().sync().program()
    assert told(wave, 'UART001') == []
    assert result(wave, 'UART001').state == CLEAN


def test_a_refusal_at_the_right_parity_has_another_reason() -> None:
    wave = Talk().sync().get().get_id().refused(READ_MEMORY).refused(READ_MEMORY)
    assert told(wave, 'UART001') == []


def test_an_acknowledged_sync_byte_proves_nothing_of_the_parity() -> None:
    assert told(without_parity().sync().idle(0.5), 'UART001') == []


def test_bytes_with_a_pause_and_an_odd_number_of_ones_are_right_by_accident() -> None:
    """01 FE and 02 FD: the idle line stands for their parity bit."""
    wave = without_parity(gap=3).sync().get_version().get_id()
    assert told(wave, 'UART001') == []


def test_a_family_that_takes_bytes_without_parity_gives_a_warning() -> None:
    wave = without_parity().sync().get().get_id().read().read()
    assert told(wave, 'UART001') == [
        (
            'warning',
            WRONG.partition(':')[0] + ', though it acknowledged Get (0x00)',
        )
    ]


def test_a_loader_that_sends_without_parity_too_agrees_with_its_host() -> None:
    wave = Talk(parity='none').sync().get().get_id().write().read()
    assert above_note(wave) == []
    assert suppressed(wave, 'UART001') == 'the loader sends 8N1 as well, and acknowledges'


def test_a_host_that_is_set_right_afterwards_is_told_of_too() -> None:
    wave = without_parity(nrst=1).reset().sync().refused(GET).refused(GET).sync(NACK)
    wave.refused(GET).idle(1.5)
    wave.use('tx', parity='even').reset().sync().get().get_id().read()
    assert [severity for severity, _ in told(wave, 'UART001')] == ['error']


@pytest.mark.xfail(strict=True, reason='the line decoder finds no parity certain in so few words')
def test_odd_parity_is_as_wrong_as_none() -> None:
    wave = Talk(parity='odd').use('rx', parity='even').call(1, 0.01).refused(GET)
    wave.refused(READ_MEMORY).refused(GET)
    ((severity, message),) = told(wave, 'UART001')
    assert severity == 'error'
    assert message.startswith('The host sends 8O1 at 115200 baud, but the loader wants 8E1')


@pytest.mark.xfail(
    strict=True, reason='with a parity given, the line decoder reads 8N1 words of another rate'
)
def test_a_line_that_the_user_wants_read_at_8e1_shows_its_wrong_parity_bits() -> None:
    wave = without_parity(gap=4).sync()
    for _ in range(4):
        wave.refused(GET)
    ((severity, message),) = told(wave, 'UART001', baud=115_200, parity='even')
    assert severity == 'error'
    assert message.startswith('The host sends a wrong parity bit at 115200 baud, but the loader')


def test_single_parity_errors_of_a_session_that_works_are_none_of_its_business() -> None:
    wave = Talk().sync().get().get_id()
    for _ in range(4):
        wave.tx([GET], bad_parity=True).tx([0xFF]).idle(1e-4).rx([NACK]).idle(1e-3).get_id()
    assert told(wave, 'UART001') == []


def test_without_the_loaders_line_it_is_a_warning() -> None:
    wave = without_parity(lines=('tx',)).sync()
    for opcode in (GET, GET_ID, READ_MEMORY):
        wave.command(opcode)
    wave.frame(FLASH.to_bytes(4))
    assert told(wave, 'UART001') == [
        ('warning', WRONG.partition(':')[0] + '; whether it answers is not captured')
    ]


@pytest.mark.parametrize('line', ['rx'])
def test_without_the_hosts_line_it_is_not_evaluated(line: str) -> None:
    one = result(Talk(lines=(line,)).sync().program(), 'UART001')
    assert (one.state, one.missing) == (
        NOT_EVALUATED,
        ("the host's line (tx), with a bootloader session",),
    )


def test_an_answer_that_the_end_of_the_capture_cuts_off_is_not_missing() -> None:
    wave = without_parity().sync().command(GET_VERSION, None).idle(0.02)
    assert told(wave, 'UART001') == []
    assert told(wave, 'UART001', limits={'UART001_ANSWER_S': 0.01}) != []


def test_a_command_that_is_answered_late_at_the_right_parity_is_no_such_thing() -> None:
    assert told(Talk(turn=0.2).sync().get().command(GET).idle(1), 'UART001') == []
