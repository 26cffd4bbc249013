"""How many bytes crossed the wire, and how many of the written ones were read back equal."""

from __future__ import annotations

from stm32trace.image import BLOCK, MemoryImage

START = 0x08000000


def test_bytes_read_back_equal_are_verified() -> None:
    image = MemoryImage()
    image.write(START, bytes(range(16)))
    image.read(START, bytes(range(8)))
    assert (image.written, image.seen, image.verified) == (16, 8, 8)


def test_a_byte_read_back_differently_is_not_verified() -> None:
    image = MemoryImage()
    image.write(START, b'\x01\x02')
    image.read(START, b'\x01\xff')
    assert image.verified == 1


def test_writing_again_voids_the_verification() -> None:
    image = MemoryImage()
    image.write(START, b'\x01')
    image.read(START, b'\x01')
    image.write(START, b'\x01')
    assert (image.written, image.verified) == (1, 0)


def test_bytes_only_read_are_seen_not_verified() -> None:
    image = MemoryImage()
    image.read(START + BLOCK - 2, b'abcd')
    assert (image.written, image.seen, image.verified) == (0, 4, 0)


def test_the_last_read_decides() -> None:
    image = MemoryImage()
    image.write(START, b'\x01')
    image.read(START, b'\x01')
    image.read(START, b'\x02')
    assert image.verified == 0
