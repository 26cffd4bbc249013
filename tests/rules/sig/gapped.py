"""A dialogue of which a piece was not recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules_harness import WaveReader
from stm32trace.capture.changes import Changes, Selector
from stm32trace.model import Damage
from waves.i2c import I2cWave
from waves.swd import SwdWave


class GappedReader(WaveReader):
    """The samples of `wave` but for [start, stop)."""

    def __init__(
        self, wave: I2cWave | SwdWave, start: int, stop: int, damage: Sequence[Damage] = ()
    ) -> None:
        super().__init__(wave, damage=damage)
        first, _, last = wave.blocks([start, stop])
        self._parts = (first, last)

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield what comes before the gap, and what comes after."""
        for part in self._parts:
            yield Selector(list(channels)).select(part)
