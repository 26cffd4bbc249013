"""Posted reads: which packet brings the value of which AP read. The twin of what adi/machine.py keeps in `reading`.

The value comes with the next AP read or RDBUFF, unless a failure is seen before: then it is lost. So of all packets
that matter, each ends the read that is the one before it, if that one is an AP read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

BEFORE = -1  # the position of a read that was asked for before the stretch


@dataclass(frozen=True, slots=True)
class Posted:
    """Reads that end in a stretch, in the order in which they do.

    asked: (k,) position of the packet that asked, BEFORE for one that is older. ended: (k,) of the one that ended it.
    lost: (k,) whether its value is lost. open: position of the read that is still open after the stretch, BEFORE if
    that is the older one, None for none.
    """

    asked: Integers
    ended: Integers
    lost: Flags
    open: int | None


def posted(ap_read: Flags, rdbuff: Flags, failure: Flags, is_open: bool) -> Posted:
    """Match reads and values over (n,) packets; is_open: a read is open before them."""
    matter = np.flatnonzero(ap_read | rdbuff | failure)
    asks = np.concatenate(([is_open], ap_read[matter]))
    asked = np.concatenate(([BEFORE], matter))
    ends = asks[:-1]
    ended = matter[ends]
    return Posted(asked[:-1][ends], ended, failure[ended], int(asked[-1]) if asks[-1] else None)
