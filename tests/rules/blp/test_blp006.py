"""BLP006 address-nack."""

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import HOST, Confidence, Evidence, Severity
from waves.loader import NACK, READ_MEMORY, Loader


def test_a_refused_address_is_told_with_where_it_lies() -> None:
    wave = Loader().get_id(0x460).read_memory(0x08020000, b'', address_status=NACK)
    [found] = findings(wave, 'BLP006')
    frame, answer = wave.transfers[-2:]
    told = (
        'Read Memory (0x11): address 0x08020000 was refused with NACK (0x1F); it lies outside its'
        ' flash, option bytes and RAM on STM32G07x/G08x'
    )
    assert (found.severity, found.confidence, found.suspect, found.count) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        1,
    )
    assert found.message == told
    source = ' (AN3155, AN4221: ACK for a valid address)'
    assert found.evidence == (Evidence(frame.start, answer.end, told + source),)


@pytest.mark.parametrize(
    ('address', 'place'),
    [
        (0x0801FFFC, 'in main flash on STM32G07x/G08x'),
        (0x1FFF7800, 'in the option bytes on STM32G07x/G08x'),
        (0x1FFF0000, 'in the memory of the bootloader on STM32G07x/G08x'),
        (0x20000000, 'in RAM on STM32G07x/G08x'),
    ],
)
def test_the_table_of_the_part_tells_where_an_address_lies(address: int, place: str) -> None:
    wave = Loader().get_id(0x460).read_memory(address, b'', address_status=NACK)
    [found] = findings(wave, 'BLP006')
    assert found.message.endswith(f'it lies {place}')


def test_of_an_unknown_part_only_flash_and_ram_are_told() -> None:
    wave = Loader().get_version().read_memory(0x1FFF7800, b'', address_status=NACK)
    [found] = findings(wave, 'BLP006')
    assert found.message.endswith('it lies outside main flash and RAM on the part')


def test_a_wrong_checksum_is_another_fault() -> None:
    wave = Loader().get_id().write_memory(0x08000000, bytes(8), address_checksum=0x09)
    assert result(wave, 'BLP006').state == CLEAN


def test_a_refused_command_has_no_address() -> None:
    assert result(Loader().get_id().refused(READ_MEMORY), 'BLP006').state == CLEAN


def test_an_accepted_address_is_clean() -> None:
    wave = Loader().get_id().read_memory(0x08000000, bytes(16))
    assert result(wave, 'BLP006').state == CLEAN
