"""BLP007 bad-data-checksum."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import ACK, NACK, WRITE_MEMORY, Loader

FLASH = 0x08000000
DATA = bytes([0x11, 0x22, 0x44, 0x88])  # XOR 0xFF; with N = 3: 0xFC


def written(checksum: int, final: int = NACK) -> Loader:
    wave = Loader().get_id()
    return wave.write_memory(FLASH, DATA, busy=0, final=final, checksum=checksum)


def test_a_wrong_checksum_is_told_with_the_right_one() -> None:
    wave = written(0x55)
    [found] = findings(wave, 'BLP007')
    frame, answer = wave.transfers[-2:]
    told = (
        'No-Stretch Write Memory (0x32) to 0x08000000 sent 4 bytes with checksum 0x55 where 0xFC'
        ' is due;'
        " the loader's answer: NACK (0x1F)"
    )
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert found.message == told
    source = ' (AN3155, AN4221: XOR of N and all data bytes)'
    assert found.evidence == (Evidence(frame.start, answer.end, told + source),)


def test_a_checksum_without_the_length_byte_is_recognised() -> None:
    [found] = findings(written(0xFF), 'BLP007')
    assert 'where 0xFC is due: the length byte was left out of the XOR;' in found.message


def test_a_checksum_as_of_a_full_block_is_recognised() -> None:
    [found] = findings(written(0x00), 'BLP007')
    assert 'where 0xFC is due: it is that of a block of 256 bytes;' in found.message


def test_it_is_told_even_where_the_loader_takes_it() -> None:
    [found] = findings(written(0x55, ACK), 'BLP007')
    assert found.message.endswith("the loader's answer: ACK (0x79)")


def test_a_frame_that_is_longer_than_announced_is_judged_up_to_its_announced_end() -> None:
    wave = Loader().get_id().command(WRITE_MEMORY).frame(FLASH.to_bytes(4)).status(ACK)
    wave.frame([0x03, *DATA, 0x01, 0x02]).status(NACK)
    [found] = findings(wave, 'BLP007')
    assert 'sent 6 bytes where N announces 4' in found.message


def test_a_right_checksum_that_is_refused_is_another_fault() -> None:
    wave = Loader().get_id().write_memory(FLASH, DATA, busy=0, final=NACK)
    assert result(wave, 'BLP007').state == CLEAN


def test_a_frame_cut_short_is_another_fault() -> None:
    wave = Loader().get_id().write_memory(FLASH, DATA, busy=0, final=NACK, cut=4)
    assert result(wave, 'BLP007').state == CLEAN
