"""The twin of LinkMonitor: of regular packets it only counts, but for those around a WAIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.packets import Packets, field_of
from stm32trace_core.adi.link import (
    BANKED_READ,
    BANKED_WRITE,
    DPBANKSEL,
    ORUNDETECT,
    SELECT_WRITE,
    LinkMonitor,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stm32trace_core.adi.link import Said


class LinkTwin:
    """Does for regular packets what `monitor` does, which takes all others itself."""

    def __init__(self, monitor: LinkMonitor) -> None:
        self._monitor = monitor

    def take(self, packets: Packets) -> Iterator[tuple[int, Said]]:
        """Yield the row of a packet and what is told because of it; when all are yielded, all packets are counted."""
        own = self._own(packets)
        counted = 0
        for row in own.tolist():
            self._count(packets, counted, row)
            counted = row + 1
            for said in self._monitor.feed(packets.record(row)):
                yield row, said
        self._count(packets, counted, len(packets))
        if not packets.is_wait.any():
            self._watch(packets)

    def _own(self, packets: Packets) -> NDArray[np.intp]:
        """(k,) rows of the packets that the monitor takes itself: WAIT, and what may end a run or change what it tells."""
        wait = packets.is_wait
        own = wait.copy()
        own[1:] |= wait[:-1]
        own[:1] |= self._monitor.has_run
        if wait.any():
            own |= np.isin(packets.request, [SELECT_WRITE, BANKED_READ, BANKED_WRITE])
        return np.flatnonzero(own)

    def _count(self, packets: Packets, start: int, stop: int) -> None:
        if start < stop:
            self._monitor.count(stop - start, int(packets.start[start]), int(packets.end[stop - 1]))

    def _watch(self, packets: Packets) -> None:
        """Follow ORUNDETECT, and the bank that CTRL/STAT is in."""
        monitor, data = self._monitor, packets.data
        selects = np.flatnonzero(packets.request == SELECT_WRITE)
        banks = np.concatenate(([monitor.dp_bank], field_of(DPBANKSEL, data[selects])))
        banked = np.flatnonzero(
            (packets.request == BANKED_READ) | (packets.request == BANKED_WRITE)
        )
        seen = banked[banks[np.searchsorted(selects, banked)] == 0]
        if len(seen):
            monitor.overrun = bool(ORUNDETECT.of(int(data[seen[-1]])))
        monitor.dp_bank = int(banks[-1])
