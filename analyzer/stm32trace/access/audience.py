"""Which accesses become records: those that some machine needs, as its `interests` say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter, is_
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stm32trace.access.needs import Needs, needs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.access.columns import Access, AccessColumns
    from stm32trace_core.interest import Interest
    from stm32trace_core.machine import Machine

    Interests = tuple[Interest, ...] | None

TOGETHER = 2048  # rows for which it is decided at a time, since interests may change


class Wanted(NamedTuple):
    """A record that some machines need."""

    row: int
    done: int  # rows that are done with it
    record: Access
    machines: Sequence[Machine]


class Audience:
    """The machines that consume the accesses of one bus, in the order in which they get each."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.machines = machines
        self._sets: dict[bytes, list[Machine]] = {}

    def interests(self) -> list[Interests]:
        """Return what each machine needs now."""
        return [machine.interests for machine in self.machines]

    def needing(self, chosen: NDArray[np.bool_]) -> list[Machine]:
        """Return the machines for which `chosen`, one flag for each, is True."""
        key = chosen.tobytes()
        if key not in self._sets:
            self._sets[key] = [
                machine for machine, one in zip(self.machines, chosen, strict=True) if one
            ]
        return self._sets[key]


class Selector:
    """Picks records out of the accesses of one stretch, from the first on."""

    def __init__(self, audience: Audience, accesses: AccessColumns) -> None:
        self._audience = audience
        self._accesses = accesses
        self._needs: dict[tuple[Interests, tuple[type, ...]], Needs] = {}
        self._row = 0  # all before are done
        self._begun = -1  # the row of which a part is done
        self._known: list[Interests] = []
        self._stop = 0  # rows before are decided, as long as the interests stay
        self._decided: Iterator[Wanted] = iter(())
        self._next: Wanted | None = None

    def before(self, told: int) -> Iterator[tuple[int, Access, Sequence[Machine]]]:
        """Yield what is needed of what comes before `told`: when it is told, the record, and who needs it.

        Interests may change while a record is out.
        """
        stop = int(np.searchsorted(self._accesses.told, told))
        while self._row < stop and self._audience.machines:
            if self._row >= self._stop or self._has_changed():
                self._decide()
            wanted = self._next
            if wanted is None or wanted.row >= stop:
                self._row = min(stop, self._stop)
                continue
            self._row, self._next = wanted.done, next(self._decided, None)
            self._begun = wanted.row if wanted.done == wanted.row else -1
            yield int(self._accesses.told[wanted.row]), wanted.record, wanted.machines

    def _has_changed(self) -> bool:
        """Tell whether other interests count now; they do from the next row on."""
        return self._row != self._begun and not _same(self._known, self._audience.interests())

    def _decide(self) -> None:
        """Decide for the next rows."""
        self._known = self._audience.interests()
        first = self._row
        self._stop = min(first + TOGETHER, len(self._accesses))
        found = [self._need(machine) for machine in self._audience.machines]
        flags = np.array([need.flags[first : self._stop] for need in found])
        rows = np.flatnonzero(flags.any(axis=0))
        places = (rows + first).tolist()
        single = map(
            Wanted,
            places,
            [place + 1 for place in places],
            self._accesses.rows(rows + first).records(),
            map(self._audience.needing, flags[:, rows].T),
        )
        joined = sorted(self._joined(found), key=attrgetter('row'))  # few
        self._decided = merge(joined, single, key=attrgetter('row')) if joined else single
        self._next = next(self._decided, None)

    def _joined(self, found: Sequence[Needs]) -> Iterator[Wanted]:
        """Yield series of accesses that come as one; in order for each machine."""
        for number, need in enumerate(found):
            machines = self._audience.machines[number : number + 1]
            for series in need.joined:
                for row, record in series.records(self._accesses, self._row, self._stop):
                    yield Wanted(row, row, record, machines)

    def _need(self, machine: Machine) -> Needs:
        key = machine.interests, machine.consumes
        if key not in self._needs:
            self._needs[key] = needs(self._accesses, *key)
        return self._needs[key]


def _same(some: Sequence[object], others: Sequence[object]) -> bool:
    return len(some) == len(others) and all(map(is_, some, others))
