"""The form of the packets, which is not the same all the time: turnaround, and data phases without OK.

Writes of DLCR and CTRL/STAT change it, and a line reset. What was written before the capture, or was lost
in noise, is told by the packets themselves.

Source: Arm IHI 0031 (ADIv5.2), chapters B2 (DLCR, CTRL/STAT, SELECT) and B4 (turnaround, overrun detection).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.swd_links import Links
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    CTRL_STAT_WRITE,
    DLCR_BANK,
    DPBANKSEL,
    FAULT,
    NO_REPLY,
    OK,
    ORUNDETECT,
    SELECT_WRITE,
    TURNROUND,
    TURNROUND_SHIFT,
    WAIT,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.swd_columns import SwdTransferColumns
    from stm32trace.line.swd_packets import Packets

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

ANSWERS = OK, WAIT, FAULT


class Form:
    """What is known of it, as far as the packets were read."""

    def __init__(self) -> None:
        self.turnaround = 1  # in clocks
        self._confirmed = False  # by an answer or a line reset: the turnaround
        self._overrun = False  # CTRL/STAT.ORUNDETECT
        self._bank = 0  # SELECT.DPBANKSEL

    def reset(self) -> None:
        """Take note of a line reset."""
        self.turnaround = 1
        self._confirmed = True
        self._bank = 0

    def chain(self, links: Links, place: int) -> tuple[Packets, Flags, Integers]:
        """Read what follows the START at `place`.

        Return (candidates, which have a data phase, numbers of those that follow each other and have
        the same form).
        """
        if not self._confirmed:
            self.turnaround = self._better_turnaround(links, place)
        packets, long, chain = self._chain(links, place)
        if not self._confirmed:
            chain = chain[: self._undoubted(links, packets, chain)]
        return packets, long, chain

    def _chain(self, links: Links, place: int) -> tuple[Packets, Flags, Integers]:
        packets = links.answered(self.turnaround)
        number = int(packets.number[place])
        if number >= 0:
            return packets, packets.sure, links.answered_from(self.turnaround, number)
        packets = links.packets(self.turnaround)
        number = int(packets.number[place])
        chain = links.packets_from(self.turnaround, self._overrun, number)
        return packets, packets.long[int(self._overrun)], chain

    def _better_turnaround(self, links: Links, place: int) -> int:
        """Return that of the packet at `place`: it may be another than the one assumed."""
        if links.window.ack(place, self.turnaround) not in ANSWERS:
            for other, places in links.other_turnarounds(self.turnaround):
                if place in places:
                    return other
        return self.turnaround

    def _undoubted(self, links: Links, packets: Packets, chain: Integers) -> int:
        """Return how many packets of a chain, one at least, no other turnaround explains better."""
        start, ack = packets.start[chain[1:]], packets.ack[chain[1:]]
        others = [places for _, places in links.other_turnarounds(self.turnaround)]
        doubt = np.isin(start, np.concatenate(others)) & ~np.isin(ack, ANSWERS)
        confirmed = (packets.ack[chain] == OK) & packets.parity_fits[chain]
        counts = np.flatnonzero(doubt & ~np.logical_or.accumulate(confirmed[:-1])) + 1
        return int(counts[0]) if len(counts) else len(chain)

    def follow(self, found: SwdTransferColumns) -> None:
        """Take note of packets of a chain; the last one may change the form of what follows."""
        good = (found.ack == OK) & (found.flags & BAD_PARITY == 0)
        selects = np.flatnonzero(good & (found.request == SELECT_WRITE))
        if len(selects):
            self._bank = int(found.data[selects[-1]]) & DPBANKSEL
        self._confirmed = self._confirmed or bool(good.any())
        if not good[-1] or found.request[-1] != CTRL_STAT_WRITE:
            return
        value = int(found.data[-1])
        if self._bank == DLCR_BANK:
            self.turnaround = (value >> TURNROUND_SHIFT & TURNROUND) + 1
        elif self._bank == 0:
            self._overrun = bool(value & ORUNDETECT)

    def starts(self, links: Links, foreign: bool) -> list[tuple[Integers, int]]:
        """Return (places where a packet begins for certain, its turnaround), the better reason first.

        Another turnaround counts where with the one assumed there is no answer. foreign: the bits are
        no SWD, as far as is known.
        """
        packets = links.packets(self.turnaround)
        starts, acks = packets.start[packets.proven], packets.ack[packets.proven]
        answers = [(starts[acks != NO_REPLY], self.turnaround)]
        others = [] if foreign else links.other_turnarounds(self.turnaround)
        return [*answers, *((places, other) for other, places in others), (starts, self.turnaround)]
