"""SWD001: every request reads 111: nobody answers."""

from __future__ import annotations

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.probe import Probe
from waves.swd import AP, DP, NO_REPLY, WAIT, SwdWave

ADVICE = (
    'Measure VDD at the part itself, and NRST: it must be high unless the host holds it low on'
    ' purpose.',
    'Compare SWCLK, SWDIO and ground with the pin-out of the board, and whether the probe drives'
    ' this level.',
    'Lower the SWCLK frequency, then connect under reset: the program has no time then to sleep or'
    ' to use the pins otherwise.',
    'Try the bootloader as well: a part that answers there is alive, whatever SWD says.',
)
EXPECTED = 'acknowledge 111, which is the pull-up alone; expected 100, OK (IHI 0031 B4.2)'


def attempts(count: int, wave: SwdWave | None = None) -> SwdWave:
    """A line reset and a read of DPIDR, again and again."""
    wave = wave or SwdWave()
    for _ in range(count):
        wave.line_reset().read(DP, 0, ack=NO_REPLY)
    return wave


def told(wave: SwdWave, **settings: object) -> list[tuple[Severity, Confidence, int]]:
    return [
        (one.severity, one.confidence, one.count) for one in findings(wave, 'SWD001', **settings)
    ]


def test_three_requests_without_an_answer_are_told() -> None:
    wave = attempts(3)
    packets = wave.transfers
    length = f'{(packets[2].end - packets[0].start) / wave.rate * 1e6:.4g} us'
    assert findings(wave, 'SWD001') == [
        Finding(
            packets[0].start,
            packets[2].end,
            'swd0',
            'SWD001',
            'no-response',
            Severity.ERROR,
            Confidence.HIGH,
            'wiring',
            '',
            3,
            f'Nobody answers on SWD: all 3 requests over {length} read 111, which is the pull-up'
            ' alone',
            ADVICE,
            tuple(
                Evidence(packet.start, packet.end, f'read of DPIDR: {EXPECTED}')
                for packet in packets
            ),
            (),
            '',
        )
    ]


def test_two_of_them_after_which_something_answers_are_not_told() -> None:
    assert told(attempts(2).line_reset().read(DP, 0, 0x0BC11477)) == []


def test_a_single_one_in_a_good_session_is_not_told() -> None:
    wave = Probe().connect().power_up().line_reset()
    wave.read(DP, 0, ack=NO_REPLY).connect()
    assert told(wave) == []
    assert result(wave, 'SWD001').state == CLEAN


def test_two_are_told_with_less_certainty_where_there_is_nothing_else() -> None:
    wave = SwdWave().jtag_to_swd().read(DP, 0, ack=NO_REPLY).write(DP, 0, 0x1E, ack=NO_REPLY)
    assert told(wave) == [(Severity.ERROR, Confidence.MEDIUM, 2)]


def test_one_alone_tells_nothing() -> None:
    assert told(attempts(1)) == []


def test_line_resets_between_them_do_not_matter_nor_which_requests_they_are() -> None:
    wave = attempts(2).write(DP, 4, 0x50000000, ack=NO_REPLY).read(AP, 0xC, ack=NO_REPLY)
    assert told(wave) == [(Severity.ERROR, Confidence.HIGH, 4)]


def test_a_part_that_answers_at_last_makes_it_a_note() -> None:
    wave = attempts(20).jtag_to_swd().read(DP, 0, 0x0BC11477)
    (found,) = findings(wave, 'SWD001')
    assert (found.severity, found.count, found.advice) == (Severity.NOTE, 20, ())
    assert found.message.startswith('The first 20 requests, over ')
    assert found.message.endswith(' were not answered; later ones were')


def test_wait_is_an_answer() -> None:
    assert told(attempts(2).read(AP, 0xC, ack=WAIT).read(AP, 0xC, ack=NO_REPLY)) == []


def test_a_part_that_had_answered_before_is_another_rules_business() -> None:
    assert told(attempts(50, Probe().connect())) == []


@pytest.mark.parametrize('ack', [0, 5])
def test_other_acknowledges_between_them_break_the_series(ack: int) -> None:
    wave = SwdWave()
    for _ in range(3):
        attempts(2, wave).line_reset().read(DP, 0, ack=ack).line_reset().read(DP, 0, ack=ack)
    assert told(wave) == []


def test_targetsel_is_never_acknowledged_and_does_not_count() -> None:
    wave = SwdWave()
    for instance in range(5):
        wave.line_reset().targetsel(0x01002927 | instance << 28)
    assert told(wave) == []


def test_the_numbers_are_settings() -> None:
    limits = {'SWD001_FEWEST_UNANSWERED': 4, 'SWD001_FEWEST_IN_ALL': 4}
    assert told(attempts(3), limits=limits) == []
    assert told(attempts(4), limits=limits) == [(Severity.ERROR, Confidence.HIGH, 4)]


def test_without_swd_it_is_not_evaluated() -> None:
    assert result(I2cWave().write(0x51, [0]), 'SWD001').state == NOT_EVALUATED
