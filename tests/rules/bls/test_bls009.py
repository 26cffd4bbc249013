"""BLS009 verify-mismatch."""

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, TARGET, Confidence, Severity
from waves.loader import Loader
from waves.uart_loader import UartLoader

FLASH, RAM = 0x08000000, 0x20004000
DATA = b'\x01\x02\x03\x04\x05\x06\x07\x08'


def session() -> UartLoader:
    return UartLoader().sync().get().get_id().mass_erase()


def test_other_bytes_than_were_written_fire() -> None:
    wave = session().write_memory(FLASH, DATA).read_memory(FLASH, b'\x01\x02\x03\x44' + DATA[4:])
    [found] = findings(wave, 'BLS009')
    assert (found.severity, found.confidence, found.suspect) == (
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
    )
    assert found.message == (
        '1 byte of flash differs when read back: from 0x08000003 on 04 05 06 07 08 was written and 44 05 06 07 08 is read'
    )


def test_a_block_that_was_dropped_at_a_bad_address_is_the_hosts() -> None:
    wave = session().write_memory(FLASH + 4, DATA).read_memory(FLASH + 4, b'\xff' * 8)
    [found] = findings(wave, 'BLS009')
    assert found.suspect == HOST
    assert 'BLP008' in found.advice[1]


def test_reads_may_lie_across_writes() -> None:
    wave = session().write_memory(FLASH, DATA).write_memory(FLASH + 8, DATA)
    [found] = findings(wave.read_memory(FLASH + 4, DATA[4:] + b'\x01\x02\x00\x04'), 'BLS009')
    assert 'from 0x0800000A on 03 04 was written and 00 04 is read' in found.message


def test_the_same_bytes_are_clean() -> None:
    wave = session().write_memory(FLASH, DATA).read_memory(FLASH, DATA)
    assert result(wave, 'BLS009').state == CLEAN


def test_what_was_written_again_is_compared_with_the_last_write() -> None:
    wave = session().write_memory(FLASH, bytes(8)).erase_pages([0]).write_memory(FLASH, DATA)
    assert result(wave.read_memory(FLASH, DATA), 'BLS009').state == CLEAN


def test_what_was_erased_since_is_not_compared() -> None:
    wave = session().write_memory(FLASH, DATA).erase_pages([0]).read_memory(FLASH, b'\xff' * 8)
    assert result(wave, 'BLS009').state == CLEAN
    wave = session().write_memory(FLASH, DATA).mass_erase().read_memory(FLASH, b'\xff' * 8)
    assert result(wave, 'BLS009').state == CLEAN


def test_a_refused_write_is_not_compared() -> None:
    wave = session().write_memory(FLASH, DATA, 0x1F, checksum=1).read_memory(FLASH, b'\xff' * 8)
    assert result(wave, 'BLS009').state == CLEAN


def test_ram_changes_by_itself() -> None:
    wave = session().write_memory(RAM, DATA).read_memory(RAM, bytes(8))
    assert result(wave, 'BLS009').state == CLEAN


def test_after_go_nothing_is_compared() -> None:
    wave = session().write_memory(FLASH, DATA).go(FLASH).idle(0.1).sync().get_id()
    assert result(wave.read_memory(FLASH, bytes(8)), 'BLS009').state == CLEAN


def test_further_blocks_are_counted() -> None:
    wave = session()
    for number in range(5):
        wave.write_memory(FLASH + 8 * number, DATA)
    [found] = findings(
        wave.read_memory(FLASH, bytes(16)).read_memory(FLASH + 16, bytes(24)), 'BLS009'
    )
    assert found.count == 2
    assert found.message.startswith('40 bytes of flash')


def test_over_i2c_too() -> None:
    wave = Loader().get_id().write_memory(FLASH, DATA).read_memory(FLASH, bytes(8))
    assert findings(wave, 'BLS009')
