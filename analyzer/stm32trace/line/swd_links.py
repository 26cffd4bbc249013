"""Which packet follows which, as `follow` takes it.

A chain ends where something is to be looked at: no START follows, a line reset follows or breaks
into the packet, the packet is a write of CTRL/STAT or DLCR, or the limit is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.swd_packets import Packets
from stm32trace.line.swd_window import FAR, Window
from stm32trace.signal.chain import follow
from stm32trace_core.wire.swd import CTRL_STAT_WRITE, OK, REQUEST_BITS, RESET_CLOCKS, TURNAROUNDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]
    Numbers = NDArray[np.int32]


class Links:
    """Links among the candidates that begin before place `limit` of a window.

    Most packets are answered OK. They are the `answered` candidates, few of which are none, and how
    long they are is no question; so the others are looked at only where there is one.
    """

    def __init__(self, window: Window, limit: int) -> None:
        self.window = window
        self.limit = limit
        self._packets: dict[tuple[int, bool], Packets] = {}
        self._links: dict[tuple[int, bool | None], list[int]] = {}

    def answered(self, turnaround: int) -> Packets:
        """Return the candidates that have a data phase beyond doubt."""
        key = turnaround, True
        if key not in self._packets:
            window = self.window
            sure = window.targetsel | window.ok >> REQUEST_BITS - 1 + turnaround
            self._packets[key] = Packets(window, turnaround, window.requests & sure)
        return self._packets[key]

    def packets(self, turnaround: int) -> Packets:
        """Return all candidates as packets with this turnaround."""
        key = turnaround, False
        if key not in self._packets:
            self._packets[key] = Packets(self.window, turnaround, self.window.requests)
        return self._packets[key]

    def answered_from(self, turnaround: int, number: int) -> Integers:
        """Return the numbers of the `answered` candidates that follow each other from one of them on."""
        key = turnaround, None
        if key not in self._links:
            packets = self.answered(turnaround)
            long = np.ones(len(packets.start), np.bool_)
            self._links[key] = self._stopped(packets, packets.next_long, long)
        return follow(self._links[key], number)

    def packets_from(self, turnaround: int, overrun: bool, number: int) -> Integers:
        """Return the numbers of the `packets` that follow each other from one of them on.

        overrun: CTRL/STAT.ORUNDETECT is set.
        """
        key = turnaround, overrun
        if key not in self._links:
            packets = self.packets(turnaround)
            long = packets.long[int(overrun)]
            links = packets.after_long[0].copy()
            short = ~long[packets.odd]
            links[packets.odd[short]] = packets.after_short[0][short]
            self._links[key] = self._stopped(packets, links, long)
        return follow(self._links[key], number)

    def _stopped(self, packets: Packets, links: Numbers, long: Flags) -> list[int]:
        """Return links that end the chain where it has to; long: (n,) which have a data phase."""
        end = int(np.searchsorted(packets.start, self.limit))
        links = links[:end]
        stops = (packets.request[:end] == CTRL_STAT_WRITE) & (packets.ack[:end] == OK)
        stops |= (links < 0) | (links >= end) | self._broken(packets, slice(end), long[:end])
        stopped: list[int] = np.where(stops, end, links).tolist()
        return stopped

    def other_turnarounds(self, turnaround: int) -> list[tuple[int, Integers]]:
        """Return (another turnaround, places from which on packets prove it).

        What was said of the turnaround may lie before the capture. Only answers of OK prove another one:
        it makes WAIT and FAULT of bits that are something else.
        """
        others = [other for other in TURNAROUNDS if other != turnaround]
        return [(other, self.answered(other).begin_answers) for other in others]

    def cut(self, packets: Packets, number: int, long: bool) -> int | None:
        """Return the place at which a line reset or the end breaks a packet off, None if neither."""
        window = self.window
        if not self._broken(packets, slice(number, number + 1), np.array([long]))[0]:
            return None
        start = int(packets.start[number])
        run = int(np.searchsorted(window.reset_stop, start, side='right'))
        resets: list[int] = [*window.reset_start.tolist(), window.length]
        return min(max(resets[run], start + REQUEST_BITS), window.length)

    def _broken(self, packets: Packets, chosen: slice, long: Flags) -> Flags:
        """(m,) which of the chosen packets do not come to their end; long: which have a data phase.

        One that a line reset begins in does if enough high cycles are left for that without it.
        """
        window = self.window
        stop = np.where(long, packets.long_stop[chosen], packets.short_stop[chosen])
        broken: Flags = (stop > window.length) & window.last
        if len(window.reset_start):
            run = np.searchsorted(window.reset_stop, packets.start[chosen], side='right')
            begin = np.append(window.reset_start, FAR)[run]
            over = np.append(window.reset_stop, FAR)[run]
            fits = packets.parity_fits[chosen] | ~packets.sure[chosen]
            mine = (stop + RESET_CLOCKS <= over) & fits
            broken |= long & (begin < stop) & ~mine
        return broken
