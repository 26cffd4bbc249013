"""BLS008 no-verify."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import Loader
from waves.uart_loader import UartLoader

FLASH, RAM = 0x08000000, 0x20004000
DATA = bytes(range(64))


def session(nrst: int | None = None) -> UartLoader:
    return UartLoader(nrst=nrst).sync().get().get_id().mass_erase()


def test_a_write_that_is_not_read_back_before_go_fires() -> None:
    wave = session().write_memory(FLASH, DATA).go(FLASH)
    [found] = findings(wave, 'BLS008')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.NOTE,
        Confidence.HIGH,
        HOST,
    )
    assert found.message == '64 bytes of flash that were written were not read back before Go'


def test_a_part_that_is_not_read_back_fires() -> None:
    wave = session().write_memory(FLASH, DATA).write_memory(FLASH + 64, DATA)
    [found] = findings(wave.read_memory(FLASH, DATA).go(FLASH), 'BLS008')
    assert found.message.startswith('64 bytes of flash, of 128 that were written')


def test_a_reset_ends_a_session() -> None:
    wave = session(nrst=1).write_memory(FLASH, DATA).idle(0.01).pulse('nrst', 0.01).idle(0.01)
    [found] = findings(wave, 'BLS008')
    assert found.message.endswith('before a reset')


def test_so_does_silence() -> None:
    wave = session().write_memory(FLASH, DATA).idle(2.5)
    [found] = findings(wave, 'BLS008')
    assert found.message.endswith('before the host said no more')


def test_a_capture_that_ends_before_says_nothing() -> None:
    assert result(session().write_memory(FLASH, DATA).idle(0.5), 'BLS008').state == CLEAN


def test_what_is_read_back_is_clean() -> None:
    wave = session().write_memory(FLASH, DATA).read_memory(FLASH, DATA).go(FLASH)
    assert result(wave, 'BLS008').state == CLEAN


def test_a_checksum_over_all_of_it_is_enough() -> None:
    wave = session().write_memory(FLASH, DATA).write_memory(FLASH + 64, DATA)
    assert findings(wave.checksum(FLASH, 64, 1).go(FLASH), 'BLS008')
    wave = session().write_memory(FLASH, DATA).write_memory(FLASH + 64, DATA)
    assert findings(wave.checksum(FLASH, 1024, 1).go(FLASH), 'BLS008') == []


def test_ram_need_not_be_read_back() -> None:
    assert result(session().write_memory(RAM, DATA).go(RAM), 'BLS008').state == CLEAN


def test_what_is_erased_again_need_not_be_read_back() -> None:
    wave = session().write_memory(FLASH, DATA).mass_erase().go(FLASH)
    assert result(wave, 'BLS008').state == CLEAN


def test_over_i2c_too() -> None:
    assert findings(Loader().get_id().write_memory(FLASH, DATA).go(FLASH), 'BLS008')
