"""The memory contents that crossed the wire: what was written last, and what was read back."""

from __future__ import annotations

from typing import NamedTuple

BLOCK = 1024  # bytes; contents are kept in aligned blocks, so gaps cost nothing

_WRITTEN, _READ, _EQUAL = 1, 2, 4


class _Block(NamedTuple):
    content: bytearray  # last value written, or read where never written
    flags: bytearray  # _WRITTEN | _READ | _EQUAL of each byte


class MemoryImage:
    """Bytes by address, with how many were written, seen and verified."""

    def __init__(self) -> None:
        self._blocks: dict[int, _Block] = {}

    def write(self, address: int, data: bytes) -> None:
        """Note that `data` was written from `address` on; an earlier verification of these bytes is void."""
        for offset, block, value in self._bytes(address, data):
            block.content[offset] = value
            block.flags[offset] = _WRITTEN

    def read(self, address: int, data: bytes) -> None:
        """Note that `data` was read from `address` on."""
        for offset, block, value in self._bytes(address, data):
            if not block.flags[offset] & _WRITTEN:
                block.content[offset] = value
            same = _EQUAL if block.content[offset] == value else 0
            block.flags[offset] = block.flags[offset] & ~_EQUAL | _READ | same

    @property
    def written(self) -> int:
        """Number of distinct bytes written."""
        return self._count(_WRITTEN)

    @property
    def seen(self) -> int:
        """Number of distinct bytes read."""
        return self._count(_READ)

    @property
    def verified(self) -> int:
        """Number of written bytes that were read back equal after the last write."""
        return self._count(_WRITTEN | _READ | _EQUAL)

    def _bytes(self, address: int, data: bytes) -> list[tuple[int, _Block, int]]:
        return [
            ((address + i) % BLOCK, self._block((address + i) // BLOCK), value)
            for i, value in enumerate(data)
        ]

    def _block(self, number: int) -> _Block:
        if number not in self._blocks:
            self._blocks[number] = _Block(bytearray(BLOCK), bytearray(BLOCK))
        return self._blocks[number]

    def _count(self, flags: int) -> int:
        return sum(flag & flags == flags for block in self._blocks.values() for flag in block.flags)
