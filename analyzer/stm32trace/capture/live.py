"""Samples that are still being recorded: one side appends bytes to a file, the other reads them as levels.

The file stands between the two so that a device is never kept waiting by an analysis that takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Condition

from stm32trace.capture.changes import Changes
from stm32trace.capture.dense import DenseSampler
from stm32trace.errors import ChannelError
from stm32trace.model import CaptureInfo, Damage

_MOST_BYTES = 1 << 20  # in one block


class Spool:
    """A file that grows until it is closed. One thread appends, others read. Raises what the file system does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0  # bytes that can be read
        self.closed = False
        self._news = Condition()
        self._file = path.open('wb', buffering=0)

    def append(self, data: bytes) -> None:
        """Add bytes at the end."""
        self._file.write(data)
        with self._news:
            self.size += len(data)
            self._news.notify_all()

    def close(self) -> None:
        """Say that no more bytes will come."""
        self._file.close()
        with self._news:
            self.closed = True
            self._news.notify_all()

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def wait(self, size: int, seconds: float | None = None) -> None:
        """Return when there are more than `size` bytes, when the file is closed, or after some time."""
        with self._news:
            self._news.wait_for(lambda: self.size > size or self.closed, seconds)

    def pieces(self, unit: int) -> Iterator[bytes]:
        """Yield all bytes from the first, in whole units, as they come; a part of a unit at the end is left out."""
        done = 0
        with self.path.open('rb') as file:
            while True:
                self.wait(done + unit - 1)
                whole = min(self.size - done, _MOST_BYTES) // unit * unit
                if not whole:
                    return
                done += whole
                yield file.read(whole)


class LiveReader:
    """A capture of what a spool holds, to its end: reading waits for what is not there yet."""

    def __init__(
        self, spool: Spool, info: CaptureInfo, unit_size: int, bits: Sequence[int]
    ) -> None:
        """unit_size: bytes a sample; channel k is its bit `bits[k]`. `info.length` is None: nobody knows it yet."""
        self._spool = spool
        self._info = info
        self._unit_size = unit_size
        self._bits = bits

    @property
    def info(self) -> CaptureInfo:
        """What the device said of itself."""
        return self._info

    @property
    def damage(self) -> tuple[Damage, ...]:
        """Nothing: what a device drops is not told."""
        return ()

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield the levels of some channels, as they come. Raises ChannelError."""
        known = {channel.index for channel in self._info.channels}
        for channel in channels:
            if channel not in known:
                raise ChannelError(
                    f'expected a channel of the device, found the index {channel}',
                    names=[str(channel)],
                    known=[one.name for one in self._info.channels],
                )
        sampler = DenseSampler(self._unit_size, [self._bits[channel] for channel in channels])
        sample = 0
        for piece in self._spool.pieces(self._unit_size):
            block = sampler.feed(piece, sample)
            sample = block.stop
            yield block
