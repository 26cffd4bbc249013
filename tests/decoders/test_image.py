"""What was written comes out as bytes, and as S-records that stand for themselves."""

from __future__ import annotations

import pytest

from decoders.stacks import ADI, FLASH, I2C, noted
from stm32trace_core.sigrok.image import s_records
from waves.loader import Loader
from waves.probe import Probe

FLASH_BASE, SRAM = 0x08000000, 0x20000000


def parsed(lines: bytes) -> dict[int, bytes]:
    """Return address -> data of S-records, whose checksums must be right."""
    found = {}
    for line in lines.decode('ascii').splitlines():
        assert line.startswith('S3')
        body = bytes.fromhex(line[2:])
        assert sum(body) & 0xFF == 0xFF
        assert body[0] == len(body) - 1
        found[int.from_bytes(body[1:5], 'big')] = body[5:-1]
    return found


def test_s_record_is_the_one_of_the_format() -> None:
    # count 09, address 08000000, data 01 02 03 04: 0x09 + 0x08 + 0x0A = 0x1B, complement E4
    assert s_records(FLASH_BASE, bytes([1, 2, 3, 4])) == b'S3090800000001020304E4\n'


@pytest.mark.parametrize('length', [1, 32, 33, 256])
def test_s_records_hold_all_data_in_lines_of_32_bytes(length: int) -> None:
    data = bytes(range(length)) if length <= 256 else b''
    found = parsed(s_records(FLASH_BASE, data))
    assert list(found) == list(range(FLASH_BASE, FLASH_BASE + length, 32))
    assert b''.join(found.values()) == data


def test_loader_writes_come_out_once_they_are_acknowledged() -> None:
    data = bytes(range(40))
    notes = noted(
        Loader().get().write_memory(FLASH_BASE, data).write_memory(SRAM, b'\1\2\3\4'), I2C
    )
    image = b''.join(content for name, content in notes.binary if name == 'image')
    records = b''.join(content for name, content in notes.binary if name == 'srec')
    assert image.startswith(data)
    assert b''.join(parsed(records).values()) == image


def test_memory_writes_through_the_debug_port_come_out_with_their_size() -> None:
    wave = Probe().connect().power_up().mem_write_block(SRAM, [0x44332211, 0x88776655])
    wave.mem_write(SRAM + 8, 0xABCD, size=2).mem_read(SRAM, 1).idle(200)
    notes = noted(wave, ADI)
    images = [content for name, content in notes.binary if name == 'image']
    assert images == [b'\x11\x22\x33\x44', b'\x55\x66\x77\x88', b'\xcd\xab']
    assert parsed(notes.binary[1][1]) == {SRAM: b'\x11\x22\x33\x44'}


def test_memory_writes_are_no_programming() -> None:
    wave = Probe().connect().power_up().mem_write(SRAM, 0x44332211).idle(200)
    assert len(noted(wave, ADI).binary) == 2  # image and srec
    assert len(noted(wave, FLASH).binary) == 2  # nothing is added
