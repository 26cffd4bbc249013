"""Flash memory: erasing sets all bits of a sector, programming clears some, an interruption leaves neither."""

from __future__ import annotations

from itertools import accumulate

ERASED = 0xFF


class Cells:
    """The main memory, in sectors.

    base: address of the first byte. sizes: bytes of each sector.
    """

    def __init__(self, base: int, sizes: tuple[int, ...]) -> None:
        self.base = base
        self.starts = (0, *accumulate(sizes))  # offsets; the last one is the size of the memory
        self.data = bytearray([ERASED]) * self.starts[-1]

    def __len__(self) -> int:
        return len(self.data)

    @property
    def sectors(self) -> int:
        """Number of sectors."""
        return len(self.starts) - 1

    def span(self, sector: int) -> tuple[int, int]:
        """Return address and length of a sector."""
        return self.base + self.starts[sector], self.starts[sector + 1] - self.starts[sector]

    def sector_at(self, address: int) -> int:
        """Return the number of the sector that holds an address."""
        offset = address - self.base
        return next(n for n in range(self.sectors) if offset < self.starts[n + 1])

    def erase(self, sector: int) -> None:
        """Erase one sector."""
        first, after = self.starts[sector], self.starts[sector + 1]
        self.data[first:after] = bytes([ERASED]) * (after - first)

    def tear(self, sector: int) -> None:
        """Leave a sector as an erase does that was interrupted: some of its bits are still what they were."""
        first, after = self.starts[sector], self.starts[sector + 1]
        self.data[first:after] = bytes(byte | 0x5A for byte in self.data[first:after])

    def is_blank(self, address: int, length: int) -> bool:
        """Tell whether nothing is programmed there."""
        first = address - self.base
        return self.data[first : first + length].count(ERASED) == length

    def program(self, address: int, data: bytes) -> None:
        """Clear the bits that are 0 in `data`."""
        first = address - self.base
        for place, byte in enumerate(data, first):
            self.data[place] &= byte
