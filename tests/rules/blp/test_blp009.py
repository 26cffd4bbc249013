"""BLP009 incomplete-frame."""

from rules_harness import findings, result
from stm32trace_core.bootloader.commands import EXTENDED_ERASE
from stm32trace_core.bootloader.records import (
    ACK,
    COMMAND,
    DATA,
    INCOMPLETE,
    NONE,
    UART,
    BootCommand,
    Step,
)
from stm32trace_core.context import bare_context
from stm32trace_core.rules.blp.blp009_incomplete_frame import IncompleteFrame
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Finding, Severity
from waves.loader import ACK as ACK_BYTE
from waves.loader import ERASE_NS, NACK, READ_MEMORY, Loader

FLASH = 0x08000000
RATE = 1000  # samples per second of the records made here


def test_a_block_shorter_than_announced_is_told_with_both_numbers() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(16), busy=0, final=None, cut=10).idle(1.5)
    [found] = findings(wave, 'BLP009')
    frame = wave.transfers[-1]
    told = (
        "No-Stretch Write Memory (0x32) sent 10 of the 18 bytes of its frame 'data';"
        " the loader's answer: no answer"
    )
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert found.message == told
    source = ' (AN3155, AN4221: frames of each command)'
    assert found.evidence == (Evidence(frame.start, frame.end, told + source),)


def test_a_page_list_shorter_than_its_count_is_told() -> None:
    wave = Loader().get_id().command(ERASE_NS).frame([0, 2]).status(ACK_BYTE)
    wave.frame([0, 1, 0, 2]).status(NACK)
    [found] = findings(wave, 'BLP009')
    assert found.message == (
        "No-Stretch Extended Erase (0x45) sent 5 of the 7 bytes of its frame 'data';"
        " the loader's answer: NACK (0x1F)"
    )


def test_an_address_without_its_checksum_is_told() -> None:
    wave = Loader().get_id().command(READ_MEMORY).frame([8, 0, 0, 0], cut=4).status(NACK)
    [found] = findings(wave, 'BLP009')
    assert "sent 4 of the 5 bytes of its frame 'address'" in found.message


def test_over_i2c_the_stop_ends_a_frame_however_soon_the_host_goes_on() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(16), busy=0, final=None, cut=10).get_id()
    assert len(findings(wave, 'BLP009')) == 1


def test_a_frame_that_the_capture_cuts_off_is_not_short() -> None:
    wave = Loader().get_id().command(READ_MEMORY).start().byte(0x51 << 1).byte(8).byte(0)
    assert result(wave, 'BLP009').state == CLEAN


def test_a_whole_frame_that_is_refused_is_another_fault() -> None:
    wave = Loader().get_id().write_memory(FLASH, bytes(16), busy=0, final=NACK)
    assert result(wave, 'BLP009').state == CLEAN


def uart_erase(pause: int) -> list[Finding]:
    """What is said of an erase that lacks two bytes, `pause` samples after them."""
    steps = (
        Step(0, 10, COMMAND, b'\x44\xbb', ACK, 0x79, b'', 9),
        Step(10, 20, DATA, b'\x00\x01\x00\x00\x00', NONE, -1, b'', 20),
    )
    command = BootCommand(
        0, 20 + pause, 'uart0', UART, -1, EXTENDED_ERASE, 'Extended Erase', steps,
        None, None, b'', (), None, 0, 0, 0, NONE, INCOMPLETE,
    )  # fmt: skip
    rule = IncompleteFrame(bare_context(RATE), 'uart0')
    return list(rule.feed(command))


def test_over_uart_a_pause_of_more_than_a_second_ends_a_frame() -> None:
    [found] = uart_erase(pause=1001)
    assert found.message == (
        "Extended Erase (0x44) sent 5 of the 7 bytes of its frame 'data';"
        " the loader's answer: no answer"
    )


def test_over_uart_a_slow_host_is_none_of_this() -> None:
    assert uart_erase(pause=1000) == []
