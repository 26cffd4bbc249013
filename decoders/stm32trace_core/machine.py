"""The one shape of everything that turns records into records.

A machine never sees samples, files or a user interface. It is fed records in the order in which they
became known (by `end`), and returns what it makes of them as soon as that is decided: inside PulseView
there is no call at the end of the data, so what waits for `finish` is never shown there.
"""

from .record import CAPTURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from .context import Context
    from .interest import Interest
    from .record import Record

# Phases. What a machine produces goes to machines of its own and of later phases only; what a diagnosis
# produces goes to reporters only. So publishing a record depth first ends.
WIRE, TRANSACTION, OPERATION, RULE, DIAGNOSIS, REPORT = range(6)


class Machine(object):
    """A consumer of records that may produce others.

    consumes: record types that `feed` accepts.
    produces: record types that `feed` and `finish` return.
    phase: WIRE ... REPORT. A reporter produces nothing.
    per_bus: one instance per bus, fed with the records of its bus and of the capture as a whole ('');
        otherwise one instance that is fed with all.
    protocols: the buses that get one, for machines that a module lists in MACHINES; of a machine that is
        not per bus: () for one in every capture.
    """

    consumes = ()  # type: Tuple[type, ...]
    produces = ()  # type: Tuple[type, ...]
    phase = WIRE
    per_bus = True
    protocols = ()  # type: Tuple[str, ...]

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        self.context = context
        self.bus = bus

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """Which of the accesses to registers and memory it needs now, of those it consumes; None: all."""
        return None

    def feed(self, record: 'Any') -> 'Iterable[Record]':
        """Return the records that `record`, one of `consumes`, decides."""
        raise NotImplementedError

    def finish(self, end: 'int') -> 'Iterable[Record]':
        """Return what can only be said now that the data ends before sample `end`.

        What is still open is closed with an outcome that says so; the capture's border proves nothing else.
        """
        return ()
