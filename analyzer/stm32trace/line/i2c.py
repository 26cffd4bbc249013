"""SCL and SDA become I2C words, long holds, and figures about the bus.

Source: UM10204 rev 7 (I2C-bus specification), 3.1. Edges are read as libsigrokdecode's i2c decoder
reads them, so both find the same bytes at the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.activity import Activity, ClockStatsColumns, Periods
from stm32trace.line.columns import Setup, WordColumns
from stm32trace.line.i2c_holds import Holds
from stm32trace.line.i2c_signals import signals
from stm32trace.line.i2c_words import Words
from stm32trace.signal.glitch import SpikeFilter
from stm32trace_core.lines import ClockStats, LineActivity, LineHold
from stm32trace_core.wire.i2c import I2cByte

if TYPE_CHECKING:
    from stm32trace.capture.changes import Changes

SPIKE_S = 50e-9  # UM10204 table 10, tSP: spikes that the input filter must suppress (Fm, Fm+)


class I2cDecoder:
    """Decodes one bus; bit 0 of a block's state is SCL, bit 1 SDA.

    I2cByte and LineHold come as they end, LineActivity and ClockStats at `close`. LineActivity
    counts the raw edges; all else is without spikes of SPIKE_S or less, where the sample rate is
    high enough to see any.
    """

    protocol: ClassVar[str] = 'i2c'
    roles: ClassVar[tuple[str, ...]] = ('scl', 'sda')
    produces: ClassVar[tuple[type, ...]] = (I2cByte, LineHold, LineActivity, ClockStats)

    def __init__(self, setup: Setup) -> None:
        bus, sample_rate = setup.bus, setup.sample_rate
        self._bus = bus
        limit = int((sample_rate or 0) * SPIKE_S)
        self._filter = SpikeFilter(limit, len(self.roles)) if limit else None
        self._words = Words(bus)
        self._holds = Holds(bus, sample_rate)
        self._activity = Activity(bus, self.roles)
        self._periods = Periods()
        self._simultaneous = 0
        self._start: int | None = None
        self._state: int | None = None  # None before a run
        self.settled = 0

    def feed(self, block: Changes) -> Iterator[WordColumns]:
        """Return the words and holds that end within the block."""
        self._activity.feed(block)
        if self._start is None:
            self._start = block.start
        clean = self._filter.feed(block) if self._filter else block
        self.settled = clean.stop
        return iter(self._decode(clean))

    def finish(self, end: int) -> Iterator[WordColumns]:
        """Return the word and the hold that the end of a run cuts off."""
        found = self._decode(self._filter.finish(end)) if self._filter else []
        words, periods = self._words.finish(end)
        self._periods.add(periods)
        self._activity.finish()
        self._state = None
        self.settled = end
        return iter([*found, words, *self._holds.finish(end)])

    def close(self, end: int) -> Iterator[WordColumns]:
        """Return LineActivity of both lines and ClockStats; nothing if there were no samples."""
        if self._start is None:
            return
        yield from self._activity.close(end)
        yield ClockStatsColumns(
            np.array([self._start]),
            np.array([end]),
            self._bus,
            role='scl',
            periods=self._periods.count,
            median=self._periods.median,
            minimum=self._periods.minimum,
            simultaneous=self._simultaneous,
            spikes=self._filter.spikes if self._filter else 0,
            broken=self._words.broken,
        )

    def _decode(self, block: Changes) -> list[WordColumns]:
        if not len(block.index):
            return []
        if self._state is None:
            self._words.begin(block.start)
        found = signals(block, self._state)
        self._state = int(block.state[-1])
        words, periods = self._words.feed(found)
        self._periods.add(periods)
        self._simultaneous += found.simultaneous
        return [words, *self._holds.feed(found)]


DECODER = I2cDecoder
