"""BLS007 write-without-erase."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import Loader
from waves.uart_loader import UartLoader

FLASH, RAM = 0x08000000, 0x20004000
DATA = b'\x01\x02\x03\x04\x05\x06\x07\x08'


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_a_write_over_what_was_read_fires() -> None:
    wave = session().read_memory(FLASH, bytes(8)).write_memory(FLASH, DATA)
    [found] = findings(wave, 'BLS007')
    assert (found.severity, found.confidence, found.suspect, found.key) == (
        Severity.WARNING,
        Confidence.MEDIUM,
        HOST,
        '',
    )
    assert found.message == (
        '8 bytes written to 0x08000000 over what was there (0x00) without an erase between'
    )


def test_a_write_over_what_was_written_fires() -> None:
    wave = session().mass_erase().write_memory(FLASH, DATA).write_memory(FLASH, DATA[::-1])
    [found] = findings(wave, 'BLS007')
    assert '(0x01)' in found.message


def test_what_is_then_read_otherwise_is_an_error() -> None:
    wave = (
        session()
        .read_memory(FLASH, bytes(8))
        .write_memory(FLASH, DATA)
        .read_memory(FLASH, bytes(8))
    )
    [found] = findings(wave, 'BLS007')
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.HIGH)
    assert found.message.endswith('; it is read back otherwise')


def test_nothing_known_is_a_note() -> None:
    [found] = findings(session().write_memory(FLASH, DATA), 'BLS007')
    assert (found.severity, found.key) == (Severity.NOTE, 'unknown')
    assert found.message == (
        '8 bytes written from 0x08000000 on without an erase in this capture, and not read back: nothing'
        ' shows that the flash was blank'
    )


def test_nothing_known_and_read_back_otherwise_is_an_error() -> None:
    wave = session().write_memory(FLASH, DATA).read_memory(FLASH, bytes(8))
    [found] = findings(wave, 'BLS007')
    assert found.severity == Severity.ERROR


def test_nothing_known_and_read_back_as_written_is_suppressed() -> None:
    wave = session().write_memory(FLASH, DATA).read_memory(FLASH, DATA)
    assert result(wave, 'BLS007').state == SUPPRESSED


def test_flash_that_was_erased_is_clean() -> None:
    assert result(session().mass_erase().write_memory(FLASH, DATA), 'BLS007').state == CLEAN
    pages = session().erase_pages([0, 1]).write_memory(FLASH + 2048, DATA)
    assert result(pages, 'BLS007').state == CLEAN


def test_another_page_that_was_erased_is_none() -> None:
    assert findings(session().erase_pages([1]).write_memory(FLASH, DATA), 'BLS007')


def test_flash_that_was_read_as_blank_is_clean() -> None:
    wave = session().read_memory(FLASH, b'\xff' * 8).write_memory(FLASH, DATA)
    assert result(wave, 'BLS007').state == CLEAN


def test_writing_what_is_there_is_clean() -> None:
    wave = session().read_memory(FLASH, DATA).write_memory(FLASH, DATA)
    assert result(wave, 'BLS007').state == CLEAN


def test_ram_is_no_flash() -> None:
    assert result(session().write_memory(RAM, DATA), 'BLS007').state == CLEAN


def test_after_go_anything_may_have_been_erased() -> None:
    wave = session().read_memory(FLASH, bytes(8)).go(FLASH).idle(0.1).sync().get_id()
    assert findings(wave.write_memory(FLASH, DATA), 'BLS007') == []


def test_over_i2c_too() -> None:
    wave = Loader().get_id().read_memory(FLASH, bytes(8)).write_memory(FLASH, DATA)
    assert findings(wave, 'BLS007')
