"""BLP020 nack-ignored."""

from rules_harness import findings
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import ACK as YES
from waves.loader import NACK as NO
from waves.loader import Loader
from waves.uart_loader import UartLoader

FLASH = 0x08000000
ADDRESS = [8, 0, 0, 0, 8]


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_the_next_frame_after_nack_fires() -> None:
    wave = session().refused(0x31).host(ADDRESS).loader([NO]).idle(1e-3).get_id()
    [found] = findings(wave, 'BLP020')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        '0x31',
    )
    assert found.message == (
        'After NACK (0x1F) to Write Memory (0x31) the host went on with it: 08 00 00 00 08'
    )


def test_the_next_frame_without_a_status_fires() -> None:
    wave = session().command(0x31, None).host(ADDRESS).loader([YES])
    [found] = findings(wave, 'BLP020')
    assert found.message.startswith('After no answer to Write Memory (0x31)')


def test_the_same_command_again_is_clean() -> None:
    assert findings(session().refused(0x31).refused(0x31).get_id(), 'BLP020') == []


def test_bytes_that_are_no_frame_of_it_are_clean() -> None:
    wave = session().refused(0x31).host([8, 0, 0, 0, 9]).loader([NO]).idle(1e-3).get_id()
    assert findings(wave, 'BLP020') == []


def test_a_host_that_is_captured_alone_is_clean() -> None:
    wave = UartLoader(lines=('tx',)).sync().get().get_id().write_memory(FLASH, bytes(8)).get_id()
    assert findings(wave, 'BLP020') == []


def test_over_i2c_too() -> None:
    wave = Loader().get_id().refused(0x31).frame(FLASH.to_bytes(4)).status(NO)
    [found] = findings(wave, 'BLP020')
    assert found.key == '0x31@0x51'


def test_over_i2c_a_status_that_is_not_read_is_missing() -> None:
    wave = Loader().get_id().command(0x31, None).frame(FLASH.to_bytes(4)).status(YES)
    assert findings(wave, 'BLP020')
