"""The twin of the rule DAP004, for links on which sticky flags come and go all the time.

Once the rule has said what it says, and knows the examples that it shows, all that is left is to count the reads of
CTRL/STAT that show a flag which the read before did not show, or which ABORT cleared since.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.asked import ASKED
from stm32trace.access.packets import field_of
from stm32trace_core.adi.registers import ABORT, CTRL_STAT
from stm32trace_core.rules.dap.dap004_sticky_error import FLAGS, StickyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.access.columns import AccessColumns
    from stm32trace_core.rules.rule import Finding

    Flags = NDArray[np.bool_]

IS_STATUS = np.array([one.name == CTRL_STAT.name and not one.write for one in ASKED])
IS_ABORT = np.array([one.name == ABORT.name and one.write for one in ASKED])

BEFORE = -1  # row of what came before the stretch


class StickyTwin:
    """Does for all accesses of a stretch what `rule` does."""

    def __init__(self, rule: StickyError) -> None:
        self.machine = rule

    @property
    def is_due(self) -> bool:
        """Tell whether all accesses of a stretch can be taken here; the rule must not be fed them then."""
        return self.machine.is_settled

    def take(self, accesses: AccessColumns) -> Iterable[Finding]:
        """Take a stretch; return what the rule tells."""
        reads = np.flatnonzero(IS_STATUS[accesses.asked])
        is_new = np.zeros(len(reads), bool)
        left = []
        for flag, clear in FLAGS:
            known, shown = self._followed(accesses, reads, flag, clear)
            is_new |= shown & ~known[:-1]
            if known[-1]:
                left.append(flag)
        new = reads[is_new]
        end = int(accesses.end[new[-1]]) if len(new) else 0
        return self.machine.shown_again(len(new), end, left)

    def _followed(
        self, accesses: AccessColumns, reads: NDArray[np.intp], flag: str, clear: str
    ) -> tuple[Flags, Flags]:
        """Return (k + 1,) whether a flag is known to be set before each of k reads and after all; (k,) who show it."""
        shown = field_of(CTRL_STAT.field(flag), accesses.value[reads]) != 0
        aborts = np.flatnonzero(IS_ABORT[accesses.asked])
        clears = aborts[field_of(ABORT.field(clear), accesses.value[aborts]) != 0]
        # The last time it was cleared before each read and the end: after the read before that?
        places = np.append(reads, len(accesses))
        last = np.concatenate(([BEFORE], clears))[np.searchsorted(clears, places)]
        since = np.concatenate(([BEFORE], reads))
        was_set = np.concatenate(([flag in self.machine.flags], shown))
        return was_set & (last <= since), shown
