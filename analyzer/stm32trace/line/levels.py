"""Slow lines: every change of NRST, BOOT0 or VDD becomes a `LevelChange`.

Source: data sheets of STM32, NRST pin characteristics: VF(NRST), pulses that the input filter suppresses, 100 ns or
less on all families.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import Setup, WordColumns
from stm32trace.signal.glitch import SpikeFilter
from stm32trace_core.lines import LevelChange, LineSpikes
from stm32trace_core.record import CAPTURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.capture.changes import Changes


@dataclass(frozen=True, slots=True)
class LevelChangeColumns(WordColumns):
    """LevelChange of one role."""

    record: ClassVar[type] = LevelChange
    role: str
    value: NDArray[np.unsignedinteger]


FILTERED_S = {'nrst': 100e-9}  # pulses on these roles that do not count: no reset is made of them


@dataclass(frozen=True, slots=True)
class LineSpikesColumns(WordColumns):
    """LineSpikes of one role, in one row."""

    record: ClassVar[type] = LineSpikes
    role: str
    count: int


class LevelDecoder:
    """Decodes one slow line, the only channel of its blocks.

    The initial level is no change. A level that changed while samples were missing changes at the
    first sample after the gap, where it is first seen.
    """

    protocol: ClassVar[str] = ''  # none: a line of the capture as a whole
    roles: ClassVar[tuple[str, ...]] = ()  # any
    produces: ClassVar[tuple[type, ...]] = (LevelChange, LineSpikes)

    def __init__(self, setup: Setup) -> None:
        (role,) = setup.roles
        self._role = role
        limit = int((setup.sample_rate or 0) * FILTERED_S.get(role, 0))
        self._filter = SpikeFilter(limit, 1) if limit else None
        self._level: int | None = None
        self._start: int | None = None
        self.settled = 0

    def feed(self, block: Changes) -> Iterator[WordColumns]:
        """Return the changes within the block."""
        if self._start is None:
            self._start = block.start
        clean = self._filter.feed(block) if self._filter else block
        self.settled = clean.stop
        return self._decode(clean)

    def _decode(self, block: Changes) -> Iterator[WordColumns]:
        if not len(block.state):
            return iter(())
        before = int(block.state[0]) if self._level is None else self._level
        changed = np.flatnonzero(np.diff(block.state.astype(np.int8), prepend=np.int8(before)))
        self._level = int(block.state[-1])
        start = block.index[changed]
        return iter(
            [LevelChangeColumns(start, start + 1, CAPTURE, self._role, block.state[changed])]
        )

    def finish(self, end: int) -> Iterator[WordColumns]:
        """Return the changes that the filter held back."""
        self.settled = end
        return self._decode(self._filter.finish(end)) if self._filter else iter(())

    def close(self, end: int) -> Iterator[WordColumns]:
        """Return how many pulses were too short to count, if any were."""
        spikes = self._filter.spikes if self._filter else 0
        if spikes and self._start is not None:
            first, last = np.array([self._start]), np.array([end])
            yield LineSpikesColumns(first, last, CAPTURE, self._role, spikes)
