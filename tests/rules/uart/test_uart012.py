"""UART012: the host sends at a rate that the loader need not understand."""

from __future__ import annotations

import pytest

from rules.uart_talk import Talk, suppressed, told
from rules_harness import above_note, findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Severity
from waves.loader import NACK


def mute(baud: float) -> Talk:
    wave = Talk(rate=max(1e6, 20 * baud), baud=baud)
    return wave.call(1, 0.7).call(1, 0.7)


def test_921600_baud_without_an_answer_is_told() -> None:
    (found,) = findings(mute(921_600), 'UART012')
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.WARNING,
        Confidence.HIGH,
        'host',
        2,
    )
    assert found.message == (
        '0x7F was sent at 921600 baud and not acknowledged; every loader takes 1200 to 115200 baud'
        ' (the first of 2)'
    )


def test_300_baud_is_told_as_well() -> None:
    ((severity, message),) = told(mute(300), 'UART012')
    assert severity == 'warning'
    assert message.startswith('0x7F was sent at 300 baud')


@pytest.mark.parametrize('baud', [1200, 9600, 115_200, 117_000])
def test_rates_that_every_loader_takes_are_clean(baud: float) -> None:
    assert result(mute(baud), 'UART012').state == CLEAN


def test_a_higher_limit_can_be_set() -> None:
    assert told(mute(921_600), 'UART012', limits={'UART012_HIGHEST_BAUD': 1e6}) == []


@pytest.mark.parametrize('baud', [230_400, 921_600, 1_000_000])
def test_a_rate_at_which_the_loader_answers_is_in_its_range(baud: float) -> None:
    wave = Talk(rate=20 * baud, baud=baud).sync().program()
    assert above_note(wave) == []
    assert suppressed(wave, 'UART012').startswith('the loader answers at')


def test_a_loader_in_sync_that_refuses_0x7f_does_answer() -> None:
    wave = Talk(rate=20e6, baud=921_600).call(1, 0.05).sync(NACK).program()
    assert above_note(wave) == []


def test_a_host_that_is_answered_at_that_rate_in_the_end_gives_a_note() -> None:
    wave = Talk(rate=20e6, baud=921_600, nrst=1).call(1, 0.3).call(1, 0.3)
    ((severity, message),) = told(wave.reset().sync().get().get_id(), 'UART012')
    assert severity == 'note'
    assert '; later it was answered at that rate' in message


def test_an_answer_at_a_lower_rate_does_not_take_it_back() -> None:
    wave = Talk(rate=20e6, baud=921_600, nrst=1).call(1, 0.3).call(1, 0.3)
    wave.use(baud=115_200).reset().sync().get().get_id()
    assert [severity for severity, _ in told(wave, 'UART012')] == ['warning']


def test_without_the_loaders_line_nothing_is_known() -> None:
    assert told(Talk(rate=20e6, baud=921_600, lines=('tx',)).call(1, 2), 'UART012') == []


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    assert result(mute(921_600), 'UART012', sample_rate=None).state == NOT_EVALUATED
