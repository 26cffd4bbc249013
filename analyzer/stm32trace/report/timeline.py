"""Collects what the picture of a session shows, in constant memory.

Time is divided into a fixed number of bins. When the capture grows beyond the last bin, pairs of bins are added
up and each bin is twice as long from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from stm32trace_core.adi.records import AckRun, MemoryAccess, RegisterAccess
from stm32trace_core.context import Context, bare_context
from stm32trace_core.lines import Level, Reset
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.record import CAPTURE
from stm32trace_core.wire.i2c import ADDRESS_NACK, I2cTransfer
from stm32trace_core.wire.swd import NO_REPLY

BINS = 2048

# Rows: (what, of which bus or line).
Key = tuple[str, str]
BUSY, ANSWERED, UNANSWERED = (
    'busy',
    'answered',
    'unanswered',
)  # of a bus; BUSY in samples, the others in transfers
HIGH, LOW = 'high', 'low'  # of a slow line, in samples
RESETS = 'resets'  # number that began


class Timeline(Machine):
    """Amounts by bin: `rows[key][k]` is what lies in samples [k * bin_width, (k + 1) * bin_width)."""

    consumes = (I2cTransfer, RegisterAccess, MemoryAccess, AckRun, Level, Reset)
    phase = REPORT
    per_bus = False

    def __init__(self, context: Context | None = None, bus: str = CAPTURE) -> None:
        super().__init__(context or bare_context(), bus)
        self.bin_width = 1  # samples
        self.rows: dict[Key, list[int]] = {}

    def feed(self, record: Any) -> Iterable[Any]:
        """Add `record` to its bins."""
        _HANDLERS[type(record)](self, record)
        return ()

    def spread(self, key: Key, start: int, end: int) -> None:
        """Add one for each sample of `[start, end)` to the bins it lies in."""
        row = self._row(key, max(start, end - 1))
        width = self.bin_width
        first, last = start // width, max(start, end - 1) // width
        if first == last:
            row[first] += max(1, end - start)
            return
        row[first] += (first + 1) * width - start
        for number in range(first + 1, last):
            row[number] += width
        row[last] += end - last * width

    def count(self, key: Key, sample: int) -> None:
        """Add one to the bin of `sample`."""
        row = self._row(key, sample)
        row[sample // self.bin_width] += 1

    def total(self, key: Key, start: int, end: int) -> int:
        """Return what lies in the bins that begin in `[start, end)`."""
        first, last = self._bins(start, end)
        return sum(self.rows[key][first:last]) if key in self.rows else 0

    def covered(self, start: int, end: int) -> int:
        """Return the samples of the bins that begin in `[start, end)`."""
        first, last = self._bins(start, end)
        return (last - first) * self.bin_width

    def _bins(self, start: int, end: int) -> tuple[int, int]:
        """Return the bins that begin in `[start, end)`, so that spans that touch share none.

        Where none begins in so short a span, it is the one that `start` lies in.
        """
        first, last = -(-start // self.bin_width), -(-end // self.bin_width)
        return (
            (first, last)
            if first < last
            else (start // self.bin_width, start // self.bin_width + 1)
        )

    def _row(self, key: Key, sample: int) -> list[int]:
        """Return the row of `key`, after making room for `sample`."""
        while sample >= BINS * self.bin_width:
            self.bin_width *= 2
            for name, row in self.rows.items():
                pairs = [row[k] + row[k + 1] for k in range(0, BINS, 2)]
                self.rows[name] = pairs + [0] * (BINS // 2)
        return self.rows.setdefault(key, [0] * BINS)

    def _transfer(self, transfer: I2cTransfer) -> None:
        self.spread((BUSY, transfer.bus), transfer.start, transfer.end)
        heard = UNANSWERED if transfer.outcome == ADDRESS_NACK else ANSWERED
        self.count((heard, transfer.bus), transfer.start)

    def _access(self, access: RegisterAccess | MemoryAccess) -> None:
        self.spread((BUSY, access.bus), access.start, access.end)
        self.count((ANSWERED, access.bus), access.start)

    def _run(self, run: AckRun) -> None:
        if run.over and run.ack == NO_REPLY:
            self.spread((BUSY, run.bus), run.start, run.end)
            self.count((UNANSWERED, run.bus), run.start)

    def _level(self, level: Level) -> None:
        if level.end > level.start:
            self.spread((HIGH if level.value else LOW, level.role), level.start, level.end)

    def _reset(self, reset: Reset) -> None:
        self.count((RESETS, reset.cause), reset.start)


_HANDLERS: dict[type, Callable[[Timeline, Any], None]] = {
    I2cTransfer: Timeline._transfer,
    RegisterAccess: Timeline._access,
    MemoryAccess: Timeline._access,
    AckRun: Timeline._run,
    Level: Timeline._level,
    Reset: Timeline._reset,
}
