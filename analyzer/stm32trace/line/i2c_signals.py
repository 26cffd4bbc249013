"""SCL edges, START and STOP conditions among the entries of a block.

Source: UM10204 rev 7, 3.1.1 to 3.1.4. SDA is read in the sample in which SCL rises. SDA that falls
(START) or rises (STOP) counts while SCL is high before and after: where both lines change in one
sample, it is data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.signal.edges import Edges, edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.capture.changes import Changes

SCL, SDA = 1, 2  # bits of a state
BOTH = SCL | SDA


@dataclass(frozen=True, slots=True)
class I2cSignals:
    """What the entries of a block mean; positions are those of entries."""

    edges: Edges
    rises: NDArray[np.int64]  # (r,) positions at which SCL rises
    falls: NDArray[np.int64]  # (f,) positions at which SCL falls
    conditions: NDArray[np.int64]  # (c,) positions of START and STOP
    starts: NDArray[np.bool_]  # (c,) True: START, False: STOP

    @property
    def simultaneous(self) -> int:
        """Number of entries at which both lines change."""
        return int(np.count_nonzero(self.edges.changed == BOTH))


def signals(block: Changes, before: int | None) -> I2cSignals:
    """Return the signals of a block; `before`: state ahead of it, None at the begin of a run."""
    found = edges(block, before)
    conditions = np.flatnonzero((found.changed == SDA) & (found.state & SCL))
    return I2cSignals(
        found,
        found.rises(SCL),
        found.falls(SCL),
        conditions,
        (found.state[conditions] & SDA) == 0,
    )
