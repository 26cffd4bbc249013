"""Slow lines: every change of NRST, BOOT0 or VDD becomes a `LevelChange`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace_core.lines import LevelChange
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


class LevelDecoder:
    """Decodes one slow line, the only channel of its blocks.

    The initial level is no change. A level that changed while samples were missing changes at the
    first sample after the gap, where it is first seen.
    """

    protocol: ClassVar[str] = ''  # none: a line of the capture as a whole
    roles: ClassVar[tuple[str, ...]] = ()  # any
    produces: ClassVar[tuple[type, ...]] = (LevelChange,)

    def __init__(self, role: str, sample_rate: float | None = None) -> None:
        self._role = role
        self._level: int | None = None
        self.settled = 0

    def feed(self, block: Changes) -> Iterator[WordColumns]:
        """Return the changes within the block."""
        self.settled = block.stop
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
        """Nothing is open at the end of a run."""
        return iter(())

    def close(self, end: int) -> Iterator[WordColumns]:
        """Nothing is to be said of the capture as a whole."""
        return iter(())
