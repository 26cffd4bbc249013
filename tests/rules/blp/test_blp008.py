"""BLP008 misaligned-write."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED
from stm32trace_core.rules.rule import HOST, Confidence, Severity
from waves.loader import NACK as NO
from waves.loader import Loader
from waves.uart_loader import UartLoader

FLASH, RAM = 0x08000000, 0x20004000
EIGHT = bytes(range(8))


def session() -> UartLoader:
    return UartLoader().sync().get().get_id()


def test_an_address_that_does_not_fit_the_unit_fires() -> None:
    wave = session().write_memory(FLASH + 4, EIGHT)
    [found] = findings(wave, 'BLP008')
    assert (found.severity, found.confidence, found.suspect, found.key, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        '',
        1,
    )
    assert found.message == (
        'Write Memory (0x31) of 8 bytes to 0x08000004: the address is no multiple of the 8 bytes that'
        " STM32G07x/G08x programs at once; the loader's answer: ACK (0x79)"
    )


def test_a_length_that_does_not_fit_is_a_warning() -> None:
    [found] = findings(session().write_memory(FLASH, bytes(12)), 'BLP008')
    assert (found.severity, found.confidence, found.key) == (
        Severity.WARNING,
        Confidence.MEDIUM,
        'length',
    )
    assert 'the length is no multiple of the 8 bytes' in found.message


def test_a_block_that_fits_is_clean() -> None:
    assert findings(session().write_memory(FLASH + 8, EIGHT), 'BLP008') == []


def test_ram_has_no_unit() -> None:
    assert findings(session().write_memory(RAM + 4, EIGHT), 'BLP008') == []


def test_a_refused_block_counts_too() -> None:
    [found] = findings(session().write_memory(FLASH + 4, EIGHT, NO), 'BLP008')
    assert found.message.endswith("the loader's answer: NACK (0x1F)")


def test_a_wrong_checksum_is_another_matter() -> None:
    assert findings(session().write_memory(FLASH + 4, EIGHT, NO, checksum=1), 'BLP008') == []


def test_an_f1_programs_half_words_and_an_f4_words() -> None:
    f1 = UartLoader().sync().get().get_id(0x410).write_memory(FLASH + 2, bytes(2))
    assert findings(f1, 'BLP008') == []
    f4 = UartLoader().sync().get().get_id(0x413).write_memory(FLASH + 2, bytes(4))
    [found] = findings(f4, 'BLP008')
    assert 'no multiple of the 4 bytes' in found.message


def test_what_is_read_back_as_written_is_a_note() -> None:
    wave = session().erase_pages([0]).write_memory(FLASH + 4, EIGHT)
    [found] = findings(wave.read_memory(FLASH, b'\xff' * 4 + EIGHT), 'BLP008')
    assert found.severity == Severity.NOTE
    assert found.message.endswith('; it was read back as written')


def test_what_is_read_back_in_part_stays() -> None:
    wave = session().erase_pages([0]).write_memory(FLASH + 4, EIGHT)
    [found] = findings(wave.read_memory(FLASH + 4, EIGHT[:4]), 'BLP008')
    assert found.severity == Severity.ERROR


def test_blocks_are_counted() -> None:
    wave = session()
    for number in range(5):
        wave.write_memory(FLASH + 4 + 8 * number, EIGHT)
    [found] = findings(wave, 'BLP008')
    assert (found.count, len(found.evidence)) == (5, 3)


def test_without_the_part_it_is_not_evaluated() -> None:
    wave = UartLoader().sync().get().write_memory(FLASH + 4, EIGHT)
    assert result(wave, 'BLP008').state == NOT_EVALUATED
    assert findings(wave, 'BLP008', family='G0')


def test_over_i2c_too() -> None:
    [found] = findings(Loader().get_id().write_memory(FLASH + 4, EIGHT), 'BLP008')
    assert found.key == '0x51'
