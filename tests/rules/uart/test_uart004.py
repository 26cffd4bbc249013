"""UART004: a line stays low for longer than a word, in the middle of a session."""

from __future__ import annotations

from rules.uart_talk import Talk, told
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.loader import NACK
from waves.uart import UartWave
from waves.uart_loader import READ_MEMORY

LOW = 230  # bit times: 2 ms


def test_a_break_between_two_commands_is_told() -> None:
    wave = Talk().sync().get().get_id().break_('tx', LOW).idle(0.01).get_id()
    (found,) = findings(wave, 'UART004')
    broken = max(wave.words, key=lambda word: word.end - word.start)
    low = found.evidence[0].text.split(';')[0]
    assert found == Finding(
        broken.start,
        found.end,
        'uart0',
        'UART004',
        'break-in-session',
        Severity.WARNING,
        Confidence.HIGH,
        'wiring',
        'tx',
        1,
        'TX was low for 1.996 ms in the middle of a session',
        found.advice,
        (
            Evidence(
                broken.start,
                found.end,
                low + '; expected high between two words (RM0444, USART break)',
            ),
        ),
        (),
        'yes',
    )
    assert low == 'TX low for 1.996 ms'


def test_one_on_the_loaders_line_is_told_as_well() -> None:
    wave = Talk().sync().get().get_id().break_('rx', LOW).idle(0.01).get_id()
    assert told(wave, 'UART004') == [
        ('warning', 'RX was low for 1.996 ms in the middle of a session')
    ]


def test_it_is_not_told_as_a_framing_error_too() -> None:
    wave = Talk().sync().get().get_id().break_('tx', LOW).idle(0.01).get_id()
    assert told(wave, 'UART003') == []


def test_a_break_before_the_session_is_the_adapter_that_is_opened() -> None:
    assert told(Talk().break_('tx', LOW).idle(0.02).sync().program(), 'UART004') == []


def test_a_new_0x7f_after_it_begins_another_session() -> None:
    wave = Talk().sync().program().break_('tx', LOW).idle(0.02).sync(NACK).program()
    assert told(wave, 'UART004') == []


def test_a_break_after_the_last_command_is_the_adapter_that_is_closed() -> None:
    assert told(Talk().sync().program().break_('tx', LOW).idle(0.1), 'UART004') == []


def test_a_part_in_reset_does_not_drive_its_line() -> None:
    wave = Talk(nrst=1).sync().get().get_id().level('nrst', 0).break_('rx', LOW)
    wave.level('nrst', 1).idle(0.02).get_id()
    assert told(wave, 'UART004') == []


def test_a_line_that_goes_low_with_the_reset_is_the_resets() -> None:
    wave = Talk(nrst=1).sync().get().get_id().command(READ_MEMORY).idle(1e-3)
    wave.tx([0x08, 0x00]).level('rx', 0).idle(20e-6).level('nrst', 0).idle(2e-3)
    wave.level('rx', 1).level('nrst', 1).idle(0.1).sync().get_id()
    assert told(wave, 'UART004') == []


def test_breaks_of_other_protocols_are_not_evaluated() -> None:
    wave = UartWave(parity='none').tx(b'text').break_('tx').tx(b'\x55more text').idle(1e-3)
    assert told(wave, 'UART004') == []
    assert result(wave, 'UART004').state == NOT_EVALUATED


def test_a_session_without_breaks_is_clean() -> None:
    assert result(Talk().sync().program(), 'UART004').state == CLEAN
