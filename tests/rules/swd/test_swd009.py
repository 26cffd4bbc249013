"""SWD009: the first SWD packet does not follow a line reset."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import DP, NO_REPLY, SwdWave

EARLIER = 'Start the capture before the host connects.'


def test_a_capture_that_begins_in_the_middle_gets_a_note() -> None:
    wave = Probe().power_up().mem_read(0x20000000)
    start = wave.transfers[0].start
    assert findings(wave, 'SWD009') == [
        Finding(
            start,
            start + 1,
            'swd0',
            'SWD009',
            'no-line-reset',
            Severity.NOTE,
            Confidence.HIGH,
            'capture',
            '',
            1,
            'The capture begins in the middle of an SWD session: what the host had set up before is'
            ' not known',
            (EARLIER,),
            (
                Evidence(
                    start,
                    start + 1,
                    'the first packet; expected a line reset before it (IHI 0031 B4.3.3)',
                ),
            ),
            (),
            '',
        )
    ]


def test_a_line_reset_before_the_first_packet_and_nothing_is_said() -> None:
    wave = Probe().connect().power_up()
    assert findings(wave, 'SWD009') == []
    assert result(wave, 'SWD009').state == CLEAN


def silent(wave: SwdWave, count: int) -> SwdWave:
    for _ in range(count):
        wave.read(DP, 0, ack=NO_REPLY)
    return wave


def test_it_is_a_warning_where_nobody_answers() -> None:
    (found,) = findings(silent(SwdWave(), 5), 'SWD009')
    assert (found.severity, found.suspect, found.advice[0]) == (Severity.WARNING, 'host', EARLIER)
    assert found.message.startswith('No line reset before the first request, and nobody answers')


def test_one_answer_and_it_is_a_note_again() -> None:
    wave = silent(SwdWave(), 5).line_reset().read(DP, 0, 0x0BC11477)
    assert [one.severity for one in findings(wave, 'SWD009')] == [Severity.NOTE]
