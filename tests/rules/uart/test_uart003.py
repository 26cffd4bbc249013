"""UART003: a stop bit is low."""

from __future__ import annotations

from rules.uart_talk import BUS, Talk, judged, suppressed, told
from rules_harness import findings, result
from stm32trace_core.lines import CaptureGap, LevelChange
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from stm32trace_core.rules.uart.uart003_framing_error import FramingError
from stm32trace_core.wire.uart import BAD_STOP, BREAK, EVEN, RX, TX, UartErrors, UartFormat
from waves.uart import UartWave


def text_with_errors(count: int = 1) -> UartWave:
    """No bootloader: text, and words without a stop bit."""
    wave = UartWave(parity='none').tx(b'Hello World!').idle(2e-3)
    for _ in range(count):
        wave.tx([0x41], bad_stop=True).idle(1e-3).tx(b'Hello World!').idle(2e-3)
    return wave


def errors(start: int, line: str = TX, count: int = 1, before: int = 9) -> UartErrors:
    return UartErrors(start, start + 90, BUS, line, BAD_STOP, 0xFE, count, before, True)


def test_a_low_stop_bit_is_told_with_the_byte_and_the_rate() -> None:
    wave = text_with_errors()
    (found,) = findings(wave, 'UART003')
    bad = wave.words[12]
    assert found == Finding(
        bad.start,
        found.end,
        'uart0',
        'UART003',
        'framing-error',
        Severity.WARNING,
        Confidence.HIGH,
        'wiring',
        'tx',
        1,
        'Framing error on TX: the stop bit of 0x41 is low, at 115200 baud',
        found.advice,
        (
            Evidence(
                bad.start,
                found.end,
                'TX: the stop bit of 0x41 is low; expected high (RM0444, USART framing error)',
            ),
        ),
        (),
        'yes',
    )
    assert abs(found.end - bad.end) <= 1


def test_all_of_a_line_are_one_finding() -> None:
    (found,) = findings(text_with_errors(5), 'UART003')
    assert found.count == 5
    assert found.message.endswith('(the first of 5)')
    assert len(found.evidence) == 3


def test_text_without_errors_is_clean() -> None:
    assert result(text_with_errors(0), 'UART003').state == CLEAN


def test_the_first_words_of_a_line_may_be_those_the_capture_begins_within() -> None:
    assert judged(FramingError, [errors(0, before=0)], end=1000) == (
        [],
        ['the first words of the line, which its sender may begin with'],
    )
    found, _ = judged(FramingError, [errors(0, count=3, before=0)], end=1000)
    assert [one.count for one in found] == [3]


def test_a_dense_line_that_the_capture_joins_takes_some_words_to_be_read_right() -> None:
    known = UartFormat(13, 13, BUS, RX, 115_200, 8, EVEN, 1.0, False, True, True)
    [found], _ = judged(FramingError, [known, errors(1000, RX)], end=9000)
    assert found.severity == Severity.NOTE
    assert found.message.endswith('; the capture may begin within a word')
    [found], _ = judged(FramingError, [known, errors(2000, RX)], end=9000)
    assert found.severity == Severity.WARNING
    gap = CaptureGap(1500, 1600, '', 'samples missing')
    [found], _ = judged(FramingError, [known, gap, errors(2000, RX)], end=9000)
    assert found.severity == Severity.NOTE


def test_a_break_is_none() -> None:
    broken = UartErrors(500, 700, BUS, RX, BREAK, 0, 1, 9, True)
    assert judged(FramingError, [broken], end=1000) == ([], [])


def test_an_adapter_that_is_opened_before_the_session_does_no_harm() -> None:
    wave = Talk().tx([0x55], bad_stop=True).idle(0.05).sync().program()
    assert told(wave, 'UART003') == []


def test_an_adapter_that_is_closed_between_two_sessions_does_no_harm() -> None:
    wave = Talk(nrst=1).reset().sync().program().idle(0.1)
    wave.tx([0x55], bad_stop=True).idle(0.1).reset().sync().program().idle(0.1)
    wave.tx([0x55], bad_stop=True).idle(0.1)
    assert suppressed(wave, 'UART003') == 'no session with the loader is under way'


def test_one_inside_a_session_is_told() -> None:
    wave = Talk().sync().get().get_id().tx([0x55], bad_stop=True).idle(0.02).get_id()
    assert [message[:40] for _, message in told(wave, 'UART003')] == [
        'Framing error on TX: the stop bit of 0x5'
    ]


def test_pins_are_not_driven_in_reset() -> None:
    low = [LevelChange(400, 401, '', 'nrst', 0), LevelChange(900, 901, '', 'nrst', 1)]
    records = [low[0], errors(500, RX), low[1]]
    assert judged(FramingError, records, end=200_000, levels={'nrst': 1}) == (
        [],
        ['NRST is low, or was just before'],
    )
    found, _ = judged(FramingError, [*low, errors(150_000, RX)], end=200_000, levels={'nrst': 1})
    assert len(found) == 1


def test_a_run_of_errors_counts_once_however_often_it_is_told() -> None:
    run = UartErrors(500, 590, BUS, RX, BAD_STOP, 0xFE, 1, 9, False)
    records = [run, run._replace(count=3, end=800), run._replace(count=5, end=1000, over=True)]
    (found,), _ = judged(FramingError, records, end=2000)
    assert (found.count, found.start, found.end) == (5, 500, 1000)
