"""UART002: host and loader do not send at the same rate."""

from __future__ import annotations

from rules.uart_talk import Talk, told
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Severity
from waves.loader import NACK
from waves.uart_loader import GET, GET_ID


def off(part: float) -> Talk:
    """The loader sends so much faster than the host; nothing is carried out."""
    wave = Talk(rate=8_000_000, skew={'rx': part}).sync()
    for _ in range(4):
        wave.refused(GET)
    return wave


def test_a_difference_of_five_percent_is_an_error() -> None:
    (found,) = findings(off(-0.05), 'UART002')
    assert (found.severity, found.suspect, found.recoverable) == (Severity.ERROR, 'target', 'yes')
    assert found.message.startswith('The loader sends at 109')
    assert ' slower than the host, whose bytes are at 115' in found.message


def test_a_difference_of_three_percent_is_a_warning() -> None:
    ((severity, message),) = told(off(0.033), 'UART002')
    assert severity == 'warning'
    assert '% faster than the host' in message


def test_clocks_that_differ_by_less_are_in_order() -> None:
    for part in (-0.02, -0.01, 0.0, 0.01, 0.02):
        assert told(off(part), 'UART002') == []


def test_a_session_that_works_all_the_same_gives_a_warning() -> None:
    wave = Talk(rate=8_000_000, skew={'rx': -0.045}).sync().program()
    assert [severity for severity, _ in told(wave, 'UART002')] == ['warning']


def test_a_rate_that_changes_on_both_sides_is_no_difference() -> None:
    wave = Talk().sync().get().get_id().idle(0.05)
    wave.use(baud=9600).sync(NACK).get().get_id().idle(0.05)
    wave.use(baud=115200).sync(NACK).get().get_id()
    assert told(wave, 'UART002') == []


def test_a_loader_that_falls_to_another_rate_is_told() -> None:
    wave = Talk().sync().get().use('rx', baud=9600)
    for _ in range(6):
        wave.refused(GET_ID).idle(2e-3)
    ((severity, message),) = told(wave, 'UART002')
    assert message.startswith('The loader sends at 9')
    assert severity == 'error'


def test_a_host_whose_rate_is_no_usual_one_is_the_suspect() -> None:
    wave = Talk(rate=8_000_000, skew={'tx': 0.06}).sync()
    for _ in range(4):
        wave.refused(GET)
    (found,) = findings(wave, 'UART002')
    assert found.suspect == 'host'


def test_a_rate_that_the_user_gives_does_not_hide_the_measured_ones() -> None:
    assert len(told(off(-0.03), 'UART002', baud=115200)) == 1


def test_without_the_loaders_line_it_is_not_evaluated() -> None:
    one = result(Talk(lines=('tx',)).sync().program(), 'UART002')
    assert one.state == NOT_EVALUATED
    assert one.missing == ("the rates of a command and of the loader's answer",)


def test_one_answer_is_not_enough() -> None:
    wave = Talk(rate=8_000_000, skew={'rx': -0.05}).sync()
    assert told(wave, 'UART002') == []


def test_equal_rates_are_clean() -> None:
    wave = Talk().sync().program()
    assert result(wave, 'UART002').state == CLEAN
