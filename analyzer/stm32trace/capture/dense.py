"""Dense samples, 1 to 8 bytes each with one bit a channel, to `Changes`."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stm32trace.capture.changes import BitPicker, Changes, from_samples, state_type


class DenseSampler:
    """Turns the bytes of consecutive samples into the changes of the selected channels.

    unit_size: bytes a sample, little-endian, bit i = channel i. channels: those to select, in
    order. Bytes of a sample in which no channel is selected are not looked at.
    """

    def __init__(self, unit_size: int, channels: Sequence[int]) -> None:
        assert 1 <= unit_size <= 8, unit_size
        assert all(0 <= channel < 8 * unit_size for channel in channels), channels
        self._unit_size = unit_size
        self._octets = sorted({channel // 8 for channel in channels}) or [0]
        bits = [8 * self._octets.index(channel // 8) + channel % 8 for channel in channels]
        self._type = state_type(8 * len(self._octets))
        self._mask = self._type.type(sum(1 << bit for bit in set(bits)))
        self._picker = BitPicker(bits)
        self._stop: int | None = None
        self._state: int | None = None

    def feed(self, raw: memoryview | bytes, start: int) -> Changes:
        """The changes of the samples in `raw`, whole ones, the first of which is sample `start`."""
        samples = self._words(np.frombuffer(raw, np.uint8))
        block = from_samples(samples, start, self._state if start == self._stop else None)
        if len(samples):
            self._stop, self._state = block.stop, int(samples[-1])
        return replace(block, state=self._picker.pick(block.state))

    def _words(self, raw: NDArray[np.uint8]) -> NDArray[np.unsignedinteger]:
        """(m,) the bytes of interest of each sample as one number, other channels 0."""
        units = raw.reshape(-1, self._unit_size)
        if len(self._octets) == self._unit_size == self._type.itemsize:
            words = raw.view(self._type)
        else:
            padded = np.zeros((len(units), self._type.itemsize), np.uint8)
            for target, source in enumerate(self._octets):
                padded[:, target] = units[:, source]
            words = padded.view(self._type)[:, 0]
        if self._mask == np.iinfo(self._type).max:
            return words
        masked: NDArray[np.unsignedinteger] = words & self._mask
        return masked
