"""The chain primitive: frames whose beginning depends on where the frame before ended.

A line decoder classifies every place at which a frame could begin, all at once, and says for each
which one comes next if this one is real. What is real is then found by following those links.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def follow(next_candidate: Sequence[int] | NDArray[np.int64], first: int = 0) -> NDArray[np.int64]:
    """Positions of the frames reached from `first` by following `next_candidate`.

    next_candidate: (n,) for candidate i, the first candidate not inside frame i; > i; n, or more,
    ends the chain. A list spares the conversion where several chains are followed in one.
    Returns (m,) strictly increasing positions, m <= n.
    """
    links = next_candidate.tolist() if isinstance(next_candidate, np.ndarray) else next_candidate
    reached = []
    position, end = first, len(links)
    while position < end:
        reached.append(position)
        position = links[position]
    return np.array(reached, np.int64)
