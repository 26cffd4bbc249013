"""Which packet follows which, as `follow` takes it.

A chain ends where something is to be looked at: no START follows, a line reset follows or breaks
into the packet, the packet is a write of CTRL/STAT or DLCR, or the limit is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.swd_packets import Packets
from stm32trace.line.swd_window import FAR, Window
from stm32trace_core.wire.swd import CTRL_STAT_WRITE, OK, REQUEST_BITS, RESET_CLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


class Links:
    """Links among the candidates that begin before place `limit` of a window."""

    def __init__(self, window: Window, limit: int) -> None:
        self.window = window
        self.limit = limit
        self._packets: dict[int, Packets] = {}
        self._links: dict[tuple[int, bool | None], list[int]] = {}

    def packets(self, turnaround: int) -> Packets:
        """Return the candidates as packets with this turnaround."""
        if turnaround not in self._packets:
            self._packets[turnaround] = Packets(self.window, turnaround)
        return self._packets[turnaround]

    def links(self, turnaround: int, overrun: bool | None) -> list[int]:
        """(m,) for each candidate the next one; m ends the chain.

        overrun: ORUNDETECT; None: chains end with a packet that may or may not have a data phase.
        """
        key = turnaround, overrun
        if key not in self._links:
            self._links[key] = self._make(self.packets(turnaround), overrun)
        return self._links[key]

    def _make(self, packets: Packets, overrun: bool | None) -> list[int]:
        links = packets.after_long[0].copy()
        if overrun is None:
            long = packets.sure
            links[~long] = -1
        else:
            long = packets.long[int(overrun)]
            short = ~long[packets.odd]
            links[packets.odd[short]] = packets.after_short[0][short]
        end = int(np.searchsorted(packets.start, self.limit))
        stops = (packets.request == CTRL_STAT_WRITE) & (packets.ack == OK)
        stops |= (links < 0) | (links >= end) | self._broken(packets, long)
        links[stops] = end
        chained: list[int] = links[:end].tolist()
        return chained

    def cut(self, turnaround: int, number: int, long: bool) -> int | None:
        """Return the place at which a line reset or the end breaks a packet off, None if neither."""
        packets, window = self.packets(turnaround), self.window
        flags = np.zeros(len(packets.start), np.bool_)
        flags[number] = long
        if not self._broken(packets, flags)[number]:
            return None
        start = int(packets.start[number])
        run = int(np.searchsorted(window.reset_stop, start, side='right'))
        resets: list[int] = [*window.reset_start.tolist(), window.length]
        return min(max(resets[run], start + REQUEST_BITS), window.length)

    def _broken(self, packets: Packets, long: Flags) -> Flags:
        """(n,) which packets do not come to their end.

        One that a line reset begins in does if enough high cycles are left for that without it.
        """
        window = self.window
        stop = np.where(long, packets.long_stop, packets.short_stop)
        broken: Flags = (stop > window.length) & window.last
        if len(window.reset_start):
            run = np.searchsorted(window.reset_stop, packets.start, side='right')
            begin = np.append(window.reset_start, FAR)[run]
            over = np.append(window.reset_stop, FAR)[run]
            mine = (stop + RESET_CLOCKS <= over) & (packets.parity_fits | ~packets.sure)
            broken |= long & (begin < stop) & ~mine
        return broken
