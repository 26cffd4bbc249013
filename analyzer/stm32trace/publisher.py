"""Carries what was merged to the machines: as records, and where it can be as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from stm32trace.access.columns import STEPS
from stm32trace.access.packets import Packets
from stm32trace.access.stream import AccessStream, Item, is_possible
from stm32trace.access.taker import AccessTaker
from stm32trace.line.swd_columns import SwdTransferColumns
from stm32trace_core.record import CAPTURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.merge import Merged, Placed
    from stm32trace_core.machine import Machine
    from stm32trace_core.network import Network
    from stm32trace_core.record import Record

Number = TypeVar('Number', bound=np.integer)

_TOLD = attrgetter('told')

TOGETHER = 1 << 15  # records that make columns worth while


class Publisher:
    """Publishes on a network what several sources bring.

    columnar: numbers of the sources whose columns it takes; one at most, for the records of all others come between
    what is made of these.
    """

    def __init__(
        self, network: Network, buses: Sequence[str], reporters: Sequence[Machine] = ()
    ) -> None:
        """Take the bus of each source, and the machines that may take columns."""
        self._network = network
        self._takers = [
            one for one in reporters if isinstance(one, AccessTaker) and one.takes_accesses
        ]
        possible = [
            number
            for number, bus in enumerate(buses)
            if bus != CAPTURE and is_possible(network, bus)
        ]
        self.columnar = possible[:1]
        self.together = TOGETHER if self.columnar else 1
        self._streams = [
            AccessStream(network, buses[number], self._takers) for number in self.columnar
        ]

    def publish(self, records: Iterable[Record]) -> None:
        """Publish records as they are."""
        for record in records:
            self._network.publish(record)

    def take(self, merged: Merged) -> None:
        """Publish what was merged."""
        if not self._streams:
            self.publish(merged.records)
            return
        for item in self._items(merged):
            for taker in self._takers:
                taker.now = item.told
            if item.machines is None:
                self._network.publish(item.record)
            else:
                self._network.deliver(item.record, item.machines)
        for taker in self._takers:
            taker.now = merged.stop * STEPS

    def _items(self, merged: Merged) -> Iterator[Item]:
        """Return what is to be published, in order."""
        (stream,) = self._streams
        packets = [one for one in merged.columns if isinstance(one.columns, SwdTransferColumns)]
        others = [one for one in merged.columns if not isinstance(one.columns, SwdTransferColumns)]
        rest = [
            Item(place * STEPS, record)
            for one in others
            for place, record in zip(one.places.tolist(), one.columns.records(), strict=True)
        ]
        foreign = map(Item, [place * STEPS for place in merged.places], merged.records)
        return stream.items(_packets(stream.bus, packets), sorted(rest, key=_TOLD), list(foreign))


def _packets(bus: str, placed: Sequence[Placed]) -> Packets:
    """Return the packets of one bus in order."""
    found = [one.columns for one in placed if isinstance(one.columns, SwdTransferColumns)]
    made = Packets(
        bus,
        _joined([one.places for one in placed], np.int64),
        _joined([one.start for one in found], np.int64),
        _joined([one.end for one in found], np.int64),
        _joined([one.request for one in found], np.uint8),
        _joined([one.ack for one in found], np.int8),
        _joined([one.data for one in found], np.uint32),
        _joined([one.flags for one in found], np.uint8),
    )
    return made.rows(np.argsort(made.place))


def _joined(columns: Sequence[NDArray[Any]], kind: type[Number]) -> NDArray[Number]:
    return np.concatenate([np.empty(0, kind), *columns]).astype(kind, copy=False)
