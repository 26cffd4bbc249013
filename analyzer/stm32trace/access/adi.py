"""The twin of AdiMachine: packets by the thousand, with the machine's own state in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.stretch import Stretch
from stm32trace.access.traffic import Traffic, can_begin

if TYPE_CHECKING:
    from stm32trace.access.columns import AccessColumns
    from stm32trace.access.packets import Packets
    from stm32trace_core.adi.machine import AdiMachine

FEWEST = 64  # packets that are worth the effort
FIRST, MOST = 256, 1 << 16  # packets looked at together, at first and in the end
MOST_ALONE = 1024


class AdiTwin:
    """Does for regular packets what `machine` does, which takes all others itself.

    alone: so many packets the machine is to take before columns are tried again. One, where surprises are rare.
    """

    def __init__(self, machine: AdiMachine) -> None:
        self._machine = machine
        self._together = FIRST
        self.alone = 1

    def take(self, packets: Packets) -> tuple[int, AccessColumns | None]:
        """Follow regular packets (`Packets.is_regular`) from the first on, and return how many.

        With them come the accesses that they tell, None where no packet was followed.
        """
        if not can_begin(self._machine):
            self.alone = 1
            return 0, None
        part = packets.rows(slice(0, self._together))
        accepted = np.flatnonzero(~part.is_wait)
        stretch = self._stretch(part.rows(accepted))
        followed = len(part) if len(stretch) == len(accepted) else int(accepted[len(stretch)])
        self._learn(followed, len(part))
        if not followed:
            return 0, None
        accesses = stretch.accesses()
        stretch.leave()
        return followed, accesses

    def _stretch(self, packets: Packets) -> Stretch:
        """Return the longest stretch that can be followed."""
        selection = self._machine.selection
        traffic = Traffic(selection, packets)
        stop = traffic.first_surprise()
        if stop < len(packets):
            packets = packets.rows(slice(0, stop))
            traffic = Traffic(selection, packets)
        stretch = Stretch(self._machine, traffic)
        stop = stretch.first_lesson()
        if stop < len(packets):
            traffic = Traffic(selection, packets.rows(slice(0, stop)))
            stretch = Stretch(self._machine, traffic)
        return stretch

    def _learn(self, followed: int, offered: int) -> None:
        """After a surprise look at fewer packets, for another may be near; where they abound, at none."""
        if followed == offered:
            self._together = min(self._together * 4, MOST)
        else:
            self._together = FIRST
        if followed >= FEWEST:
            self.alone = 1
        else:
            self.alone = min(self.alone * 2, MOST_ALONE)
