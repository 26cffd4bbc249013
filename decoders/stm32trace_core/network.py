"""Carries each record to the machines that consume its type: the loop of the analyzer and of PulseView's decoders."""

from .machine import DIAGNOSIS, REPORT
from .record import CAPTURE
from .scan import scan

RULES = 'stm32trace_core.rules'  # of which there are many, and which the engine finds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set, Tuple, Type  # novm

    from .context import Context
    from .machine import Machine
    from .record import Record


class Network(object):
    """Machines wired by record type.

    A record goes, in the order of phases, to the machines that consume its type: to those of its own bus and
    those of the capture as a whole; a record of the capture as a whole ('') goes to the machines of every bus.
    What a machine returns is published at once, before the next machine sees the record.
    """

    def __init__(self, machines: 'Iterable[Machine]') -> 'None':
        self._machines = sorted(
            machines, key=lambda machine: machine.phase
        )  # stable: keeps the given order
        self._routes = {}  # type: Dict[Tuple[type, str, int], List[Tuple[Any, int]]]  # feed, phase
        self.seen = set()  # type: Set[type]
        check_acyclic(self._machines)

    def publish(self, record: 'Record', origin: 'int' = -1) -> 'None':
        """Feed `record` to its consumers, and what they make of it to theirs.

        origin: the phase of the machine that produced it; -1 for a record from outside.
        """
        kind = type(record)
        self.seen.add(kind)
        route = self._routes.get((kind, record.bus, origin))
        if route is None:
            route = self._route(kind, record.bus, origin)
        for feed, phase in route:
            for product in feed(record):
                self.publish(product, phase)

    def deliver(self, record: 'Record', machines: 'Iterable[Machine]') -> 'None':
        """Do as `publish` does for those of `listeners` that need this record."""
        for machine in machines:
            for product in machine.feed(record):
                self.publish(product, machine.phase)

    def listeners(self, kinds: 'Iterable[type]', bus: 'str', origin: 'int' = -1) -> 'List[Machine]':
        """Return the machines that records of these types go to, in that order."""
        lowest = REPORT if origin == DIAGNOSIS else origin
        return [
            machine
            for machine in self._machines
            if set(kinds).intersection(machine.consumes)
            and machine.phase >= lowest
            and (not machine.per_bus or bus in (CAPTURE, machine.bus))
        ]

    def finish(self, end: 'int') -> 'None':
        """Tell every machine, phase by phase, that the data ends before sample `end`."""
        for machine in self._machines:
            for product in machine.finish(end):
                self.publish(product, machine.phase)

    def _route(self, kind: 'type', bus: 'str', origin: 'int') -> 'List[Tuple[Any, int]]':
        route = [(machine.feed, machine.phase) for machine in self.listeners([kind], bus, origin)]
        self._routes[(kind, bus, origin)] = route
        return route


def leading_to(listeners: 'Iterable[Machine]', machines: 'Iterable[Machine]') -> 'List[Machine]':
    """Return those of `machines` whose records reach one of `listeners`, as they are or through others."""
    machines = list(machines)
    wanted = {kind for listener in listeners for kind in listener.consumes}
    known = 0
    while known < len(wanted):
        known = len(wanted)
        chosen = [machine for machine in machines if wanted.intersection(machine.produces)]
        wanted.update(kind for machine in chosen for kind in machine.consumes)
    return chosen if known else []


def check_acyclic(machines: 'Sequence[Machine]') -> 'None':
    """Assert that no record can come back to the machine it came from.

    Only machines of one phase can form a circle, since records never go to an earlier phase.
    """
    kinds = {type(machine) for machine in machines if machine.phase not in (DIAGNOSIS, REPORT)}
    done = set()  # type: Set[type]

    def visit(kind: 'type', path: 'Tuple[type, ...]') -> 'None':
        assert kind not in path, 'machines in a circle: ' + ' -> '.join(
            k.__name__ for k in path + (kind,)
        )
        if kind in done:
            return
        for other in kinds:
            if other.phase == kind.phase and set(kind.produces) & set(other.consumes):  # type: ignore[attr-defined]
                visit(other, path + (kind,))
        done.add(kind)

    for kind in kinds:
        visit(kind, ())


def machine_types() -> 'List[Type[Machine]]':
    """Return every machine that a module of this core lists in MACHINES, in the order of the modules' names."""
    found = scan('stm32trace_core', 'MACHINES', beside=(RULES,))
    return [kind for kinds in found for kind in kinds]


def machines(context: 'Context', buses: 'Iterable[Tuple[str, str]]') -> 'Iterator[Machine]':
    """Yield the machines of a capture: one for the whole of it, or one for each of its buses that wants one.

    buses: (id, protocol) of each.
    """
    buses = list(buses)
    for kind in machine_types():
        if not kind.per_bus:
            if not kind.protocols or {protocol for _, protocol in buses} & set(kind.protocols):
                yield kind(context)
            continue
        for bus, protocol in buses:
            if protocol in kind.protocols:
                yield kind(context, bus)
