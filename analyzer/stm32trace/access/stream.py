"""One SWD bus: its wire records come in as columns, and go out as accesses, or as records where something is odd."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stm32trace.access.adi import FEWEST, AdiTwin
from stm32trace.access.audience import Audience, Selector
from stm32trace.access.columns import STEPS
from stm32trace.access.link import LinkTwin
from stm32trace.access.sticky import StickyTwin
from stm32trace_core.adi.link import LinkMonitor
from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import AckRun, MemoryAccess, RegisterAccess
from stm32trace_core.machine import TRANSACTION
from stm32trace_core.rules.dap.dap004_sticky_error import StickyError
from stm32trace_core.wire.swd import SwdTransfer

if TYPE_CHECKING:
    from stm32trace.access.columns import AccessColumns
    from stm32trace.access.packets import Packets
    from stm32trace.access.taker import AccessTaker
    from stm32trace_core.machine import Machine
    from stm32trace_core.network import Network
    from stm32trace_core.record import Record

TWINNED = (AdiMachine, LinkMonitor)
ACCESSES = (RegisterAccess, MemoryAccess)
LINK_STEP = 1  # of what is told of a packet before its accesses are
LINK_RECORDS = (AckRun,)  # all that the twin of LinkMonitor tells
END = 1 << 62  # later than all


class Item(NamedTuple):
    """Something to be published."""

    told: int  # when, as AccessColumns has it
    record: Record
    machines: Sequence[Machine] | None = None  # that need it; None: whoever consumes it


class Between:
    """Records of other buses, which come in between those of this one: in order."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._next = 0

    def __bool__(self) -> bool:
        return self._next < len(self._items)

    def before(self, told: int) -> Iterator[Item]:
        """Yield those that are left and come before `told`."""
        while self and self._items[self._next].told < told:
            self._next += 1
            yield self._items[self._next - 1]


def is_possible(network: Network, bus: str) -> bool:
    """Tell whether columns can be used: nobody but machines that have twins needs the packets of this bus."""
    kinds = {type(machine) for machine in network.listeners([SwdTransfer], bus)}
    return AdiMachine in kinds and kinds.issubset(TWINNED)


class AccessStream:
    """Follows one bus; takers: machines of the network that take regular accesses as columns."""

    def __init__(self, network: Network, bus: str, takers: Sequence[AccessTaker] = ()) -> None:
        self.bus = bus
        self._takers = takers
        twins = {type(machine): machine for machine in network.listeners([SwdTransfer], bus)}
        adi, monitor = twins[AdiMachine], twins.get(LinkMonitor)
        assert isinstance(adi, AdiMachine)
        self._adi = AdiTwin(adi)
        self._link = LinkTwin(monitor) if isinstance(monitor, LinkMonitor) else None
        self._link_audience = network.listeners(LINK_RECORDS, bus, TRANSACTION)
        consumers = network.listeners(ACCESSES, bus, TRANSACTION)
        self._consumers = [one for one in consumers if one not in takers]
        self._twins = [StickyTwin(one) for one in consumers if isinstance(one, StickyError)]
        self._seen = network.seen

    def items(
        self, packets: Packets, others: Sequence[Item] = (), foreign: Sequence[Item] = ()
    ) -> Iterator[Item]:
        """Yield what is to be published, in order.

        others: records of this bus that are no packets; foreign: records of other buses; both in order. Each item
        must be published before the next is asked for: what comes next depends on what the machines know by then.
        """
        between = Between(foreign)
        told = [item.told for item in others]
        done = first = 0
        for start, stop in _regular_runs(packets, told):
            last = bisect_left(told, int(packets.place[start]) * STEPS)
            odd = packets.rows(slice(done, start))
            yield from _as_records(odd, others[first:last], between)
            yield from self._regular(packets.rows(slice(start, stop)), between)
            done, first = stop, last
        yield from _as_records(packets.rows(slice(done, None)), others[first:], between)
        yield from between.before(END)

    def _regular(self, packets: Packets, between: Between) -> Iterator[Item]:
        """Yield what becomes of regular packets."""
        while len(packets) >= FEWEST:
            followed, accesses = self._adi.take(packets)
            if accesses is not None:
                yield from self._told(packets.rows(slice(0, followed)), accesses, between)
            alone = followed + self._adi.alone
            yield from _as_records(packets.rows(slice(followed, alone)), (), between)
            packets = packets.rows(slice(alone, None))
        yield from _as_records(packets, (), between)

    def _told(self, packets: Packets, accesses: AccessColumns, between: Between) -> Iterator[Item]:
        """Yield what is needed of a stretch, and give all of it to the takers."""
        self._seen.update((SwdTransfer, *ACCESSES))
        due = [twin for twin in self._twins if twin.is_due]
        served = [twin.machine for twin in due]
        audience = Audience([one for one in self._consumers if one not in served])
        selector = Selector(audience, accesses)
        for row, record in self._link.take(packets) if self._link else ():
            link = Item(int(packets.place[row]) * STEPS + LINK_STEP, record, self._link_audience)
            yield from self._until(link.told, selector, between)
            yield link
        yield from self._until(int(packets.place[-1] + 1) * STEPS, selector, between)
        told = int(accesses.told[-1]) if len(accesses) else 0
        for twin in due:
            yield from (Item(told, finding) for finding in twin.take(accesses))
        for taker in self._takers:
            taker.take(accesses)

    def _until(self, told: int, selector: Selector, between: Between) -> Iterator[Item]:
        """Yield what comes before `told`."""
        for foreign in between.before(told):
            yield from self._needed(foreign.told, selector)
            yield foreign
        yield from self._needed(told, selector)

    def _needed(self, told: int, selector: Selector) -> Iterator[Item]:
        for when, record, machines in selector.before(told):
            named = self._takers if type(record) is MemoryAccess else ()
            yield Item(when, record, [*machines, *named])


def _regular_runs(packets: Packets, told: Sequence[int]) -> list[tuple[int, int]]:
    """Return rows [start, stop) of each run of regular packets that is worth the effort; told: what cuts runs in two."""
    odd = np.flatnonzero(~packets.is_regular)
    cuts = np.searchsorted(packets.place * STEPS, told)
    starts = np.sort(np.concatenate(([0], odd + 1, cuts)))
    stops = np.sort(np.concatenate((odd, cuts, [len(packets)])))
    long = stops - starts >= FEWEST
    return list(zip(starts[long].tolist(), stops[long].tolist(), strict=True))


def _as_records(packets: Packets, others: Sequence[Item], between: Between) -> Iterator[Item]:
    """Yield packets as the records that machines take, and others among them."""
    told = (packets.place * STEPS).tolist()
    own: Iterator[Item] = map(Item, told, packets.records())
    for item in merge(own, others, key=attrgetter('told')) if others else own:
        yield from between.before(item.told)
        yield item
