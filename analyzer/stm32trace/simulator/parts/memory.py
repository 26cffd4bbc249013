"""Who answers at an address."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from stm32trace.simulator.debug.dap import BusFaultError


class Device(Protocol):
    """Something with an address range; `offset` counts from its begin."""

    def read(self, offset: int, size: int, by: str) -> int:
        """Return `size` bytes as a number. Raises BusFaultError."""

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write them. Raises BusFaultError."""


class Window(NamedTuple):
    """Where a device answers."""

    base: int
    size: int
    device: Device


class MemoryMap:
    """The address space of a part. `by` says who asks: 'debug', 'core' or 'loader'."""

    def __init__(self) -> None:
        self._windows: list[Window] = []

    def place(self, base: int, size: int, device: Device) -> None:
        """Let `device` answer there, before all that was placed earlier."""
        self._windows.insert(0, Window(base, size, device))

    def read(self, address: int, size: int, by: str) -> int:
        """Return what is read there. Raises BusFaultError where nothing answers."""
        window = self._at(address, size)
        return window.device.read(address - window.base, size, by)

    def write(self, address: int, size: int, value: int, by: str) -> None:
        """Write there. Raises BusFaultError where nothing answers."""
        window = self._at(address, size)
        window.device.write(address - window.base, size, value, by)

    def _at(self, address: int, size: int) -> Window:
        if address % size:
            raise BusFaultError(f'0x{address:08X} is not aligned to {size}')
        for window in self._windows:
            if window.base <= address <= window.base + window.size - size:
                return window
        raise BusFaultError(f'nothing answers at 0x{address:08X}')


class Ram:
    """Bytes that are read and written, and lost with the supply."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)

    def read(self, offset: int, size: int, by: str) -> int:
        """Return `size` bytes, the lowest first."""
        return int.from_bytes(self.data[offset : offset + size], 'little')

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Write them."""
        self.data[offset : offset + size] = value.to_bytes(size, 'little')


class Rom:
    """Bytes that writes do not change."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, offset: int, size: int, by: str) -> int:
        """Return `size` bytes, the lowest first."""
        return int.from_bytes(self.data[offset : offset + size], 'little')

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Raise BusFaultError."""
        raise BusFaultError('read-only memory')


class Registers:
    """Words that keep what is written and do nothing else, 0 at first: peripherals that need no model."""

    def __init__(self, initial: dict[int, int] | None = None) -> None:
        self.words = dict(initial or {})

    def read(self, offset: int, size: int, by: str) -> int:
        """Return the word, or a part of it."""
        return self.words.get(offset & ~3, 0) >> 8 * (offset & 3) & (1 << 8 * size) - 1

    def write(self, offset: int, size: int, value: int, by: str) -> None:
        """Keep the word."""
        shift, mask = 8 * (offset & 3), (1 << 8 * size) - 1
        kept = self.words.get(offset & ~3, 0) & ~(mask << shift)
        self.words[offset & ~3] = kept | (value & mask) << shift
