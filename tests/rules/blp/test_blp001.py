"""BLP001 bad-command-complement."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.i2c import I2cWave
from waves.loader import ACK, GET_ID, NACK, Loader

TOLD = (
    "Get ID (0x02) was sent with 0xFC where its complement 0xFD is due; the loader's answer: NACK"
    ' (0x1F)'
)


def test_a_wrong_second_byte_is_told_with_the_one_that_is_due() -> None:
    wave = Loader().get_id().command(GET_ID, NACK, complement=0xFC)
    [found] = findings(wave, 'BLP001')
    frame, answer = wave.transfers[-2:]
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
    )
    assert (found.start, found.end, found.count, found.message) == (
        frame.start,
        answer.end,
        1,
        TOLD,
    )
    source = ' (AN3155, AN4221: opcode and complement)'
    assert found.evidence == (Evidence(frame.start, answer.end, TOLD + source),)


def test_many_are_one_finding_with_the_first_three_as_evidence() -> None:
    wave = Loader().get_id()
    for _ in range(5):
        wave.command(GET_ID, NACK, complement=0xFC)
    [found] = findings(wave, 'BLP001')
    assert (found.count, len(found.evidence)) == (5, 3)
    assert found.message == TOLD + ' (the first of 5)'
    assert (found.start, found.end) == (wave.transfers[-10].start, wave.transfers[-1].end)


def test_the_pair_that_asks_for_a_nack_is_a_valid_one() -> None:
    assert findings(Loader().get_id().command(0xFF, NACK).get_id(), 'BLP001') == []


def test_a_right_pair_is_clean() -> None:
    assert result(Loader().get_id().command(GET_ID, ACK), 'BLP001').state == CLEAN


def test_without_a_bootloader_there_is_nothing_to_judge() -> None:
    wave = I2cWave().write(0x50, [0x02, 0xFC]).write(0x50, [0x02, 0x10])
    assert result(wave, 'BLP001').state == NOT_EVALUATED
