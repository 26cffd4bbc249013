"""SIG007: the capture begins or ends in the middle of a transfer or command."""

from __future__ import annotations

import pytest

from rules.sig.gapped import GappedReader
from rules_harness import findings
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import ACK, READOUT_UNPROTECT_NS, Loader

ADVICE = (
    'If what is missing matters, start the recording before the first transfer and stop it some'
    ' seconds after the last.'
)


def told(wave: I2cWave, **settings: object) -> list[tuple[str, str, int, tuple[Evidence, ...]]]:
    found = findings(wave, 'SIG007', **settings)
    assert {one.severity for one in found} <= {Severity.NOTE}
    return [(one.key, one.message, one.count, one.evidence) for one in found]


def begun_in_a_transfer() -> I2cWave:
    """Nine clock pulses and a STOP, then a whole transfer."""
    return I2cWave().bits('1011001100').level('sda', 1).idle(1e-4).write(0x50, [1])


def test_a_transfer_whose_start_is_missing_marks_the_beginning() -> None:
    assert findings(begun_in_a_transfer(), 'SIG007') == [
        Finding(
            105,
            201,
            'i2c0',
            'SIG007',
            'truncated-capture',
            Severity.NOTE,
            Confidence.HIGH,
            'capture',
            'start',
            1,
            'The capture begins inside a transfer whose START is not in the capture',
            (ADVICE,),
            (Evidence(105, 201, 'a transfer whose START is not in the capture'),),
            (),
            '',
        )
    ]


def test_a_transfer_without_stop_marks_the_end() -> None:
    wave = I2cWave().write(0x50, [1]).start().byte(0xA0)
    text = 'a transfer with 0x50 that has no STOP'
    assert told(wave) == [
        ('end', 'The capture ends inside ' + text, 1, (Evidence(300, wave.length, text),))
    ]


def test_a_command_without_status_marks_the_end() -> None:
    wave = Loader().get_id().command(READOUT_UNPROTECT_NS).poll_busy(0.02, 2e-3)
    text = 'No-Stretch Readout Unprotect (0x93), which has no final status'
    assert told(wave) == [
        ('end', 'The capture ends inside ' + text, 1, (Evidence(1250, wave.length, text),))
    ]


def test_transfer_and_command_that_are_cut_are_one_finding() -> None:
    wave = Loader().get_id().command(READOUT_UNPROTECT_NS).poll_busy(0.02, 2e-3)
    wave.start().bits('1010')
    ((key, message, count, evidence),) = told(wave)
    assert (key, count, [one.start for one in evidence]) == ('end', 2, [1250, 21780])
    assert message == (
        'The capture ends inside No-Stretch Readout Unprotect (0x93), which has no final status and'
        ' inside a transfer that has no STOP'
    )


def test_a_command_whose_opcode_is_missing_marks_the_beginning() -> None:
    wave = Loader().status(ACK).frame([8, 0, 0, 0]).status(ACK).get_id()
    text = 'a bootloader command whose opcode is not in the capture'
    assert told(wave, address=0x51) == [
        ('start', 'The capture begins inside ' + text, 1, (Evidence(100, 296, text),))
    ]


def test_a_stray_frame_after_a_command_is_not_the_beginning() -> None:
    assert told(Loader().get_id().frame([8, 0, 0, 0]).status(ACK).get_id(), address=0x51) == []


def test_a_whole_session_is_silent() -> None:
    assert told(Loader().get_id()) == []


def test_the_edge_of_a_gap_is_no_end_of_the_capture() -> None:
    wave = I2cWave().write(0x50, [1]).write(0x50, [2]).write(0x50, [3]).write(0x50, [4])
    found = analyze(GappedReader(wave, 450, 600)).findings
    assert [one.finding.rule for one in found if one.finding.rule == 'SIG007'] == []


@pytest.mark.parametrize('rate', [None, 1e6])
def test_it_needs_no_sample_rate(rate: float | None) -> None:
    assert [key for key, *_ in told(begun_in_a_transfer(), sample_rate=rate)] == ['start']
