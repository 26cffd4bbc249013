"""BLP005 bad-address-checksum."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import ACK, GO, NACK, READ_MEMORY, Loader

FLASH = 0x08000000


def test_a_wrong_checksum_is_told_with_the_right_one() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(8), address_checksum=0x09)
    [found] = findings(wave, 'BLP005')
    frame, answer = wave.transfers[-2:]
    told = (
        'No-Stretch Write Memory (0x32) sent address 0x08000000 with checksum 0x09 where 0x08 is'
        ' due;'
        " the loader's answer: NACK (0x1F)"
    )
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert found.message == told
    source = ' (AN3155, AN4221: XOR of the four address bytes)'
    assert found.evidence == (Evidence(frame.start, answer.end, told + source),)


def test_it_is_a_fault_of_the_host_even_where_the_loader_takes_it() -> None:
    wave = Loader().get_id().command(GO).frame([8, 0, 0, 0], checksum=0).status(ACK)
    [found] = findings(wave, 'BLP005')
    assert found.message.endswith("the loader's answer: ACK (0x79)")


def test_many_are_one_finding() -> None:
    wave = Loader().get_id()
    for block in range(4):
        wave.write_memory(FLASH + 256 * block, bytes(8), address_checksum=0xFF)
    [found] = findings(wave, 'BLP005')
    assert (found.count, len(found.evidence)) == (4, 3)
    assert found.message.endswith('(the first of 4)')


def test_a_right_checksum_that_is_refused_is_another_fault() -> None:
    wave = Loader().get_id().read_memory(FLASH, b'', address_status=NACK)
    assert result(wave, 'BLP005').state == CLEAN


def test_a_frame_that_is_too_short_has_no_checksum_to_judge() -> None:
    wave = Loader().get_id().command(READ_MEMORY).frame([8, 0, 0, 0], cut=4).status(NACK)
    assert result(wave, 'BLP005').state == CLEAN
