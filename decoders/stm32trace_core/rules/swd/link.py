"""What rules on SWD follow: how many packets were answered before, and which access was the last to succeed."""

from collections import deque

from ...adi.records import BAD_PARITY, LOST, OK, MemoryAccess, RegisterAccess
from ...flash.records import PeripheralAccess
from ...interest import interest
from ...wire.swd import LINE_RESET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Optional, Union  # novm

    from ...adi.records import AckRun, LinkReset, LinkStats
    from ...context import Context

    Access = Union[RegisterAccess, MemoryAccess, PeripheralAccess]

# A single 111 occurs in good captures too (1 packet in 2118 of the public ones), three in a row do
# not. Two are enough where the whole capture holds nothing else.
FEWEST_UNANSWERED = 3
FEWEST_IN_ALL = 2

# Outcomes of an access that the target took.
TAKEN = (OK, BAD_PARITY, LOST)
KEPT = 8  # accesses; runs of acknowledges are told a little after they begin


def fewest_unanswered(context: 'Context') -> 'float':
    """Packets without an answer from which on SWD001 speaks."""
    return context.limit('SWD001_FEWEST_UNANSWERED', FEWEST_UNANSWERED)


def is_silent(stats: 'LinkStats', context: 'Context') -> 'bool':
    """Tell whether nothing was answered in a whole capture, and most of it not acknowledged at all."""
    if stats.ok + stats.wait + stats.fault:
        return False
    fewest = context.limit('SWD001_FEWEST_IN_ALL', FEWEST_IN_ALL)
    return stats.no_reply >= fewest and 2 * stats.no_reply > stats.packets


class OkCount(object):
    """How many packets of one bus were answered OK, counted over line resets. Fed with LinkReset."""

    def __init__(self) -> 'None':
        self._sum = 0
        self._at_line_reset = 0  # AckRun.ok_before counts from the last one

    def feed(self, record: 'LinkReset') -> 'None':
        """Count the packets before a new beginning."""
        self._sum += record.ok
        if record.kind == LINE_RESET:
            self._at_line_reset = self._sum

    def before(self, run: 'AckRun') -> 'int':
        """Return the number of packets answered OK before `run`."""
        return self._at_line_reset + run.ok_before


class LastTaken(object):
    """The accesses that the target took last. Fed with the records of CONSUMES."""

    CONSUMES = (RegisterAccess, MemoryAccess, PeripheralAccess)
    INTERESTS = (interest(RegisterAccess, latest=KEPT), interest(MemoryAccess, latest=KEPT))

    def __init__(self) -> 'None':
        self._memory = deque(maxlen=KEPT)  # type: Deque[Access]
        self._register = deque(maxlen=KEPT)  # type: Deque[Access]

    def feed(self, record: 'Access') -> 'None':
        """Keep an access that succeeded."""
        if record.outcome in TAKEN:
            is_register = isinstance(record, RegisterAccess)
            (self._register if is_register else self._memory).append(record)

    def before(self, sample: 'int') -> 'Optional[Access]':
        """Return the last one that began before `sample`.

        Accesses to memory go first, since those to registers of the ports serve them; of two records
        of one access the one with the register's name.
        """
        for kept in (self._memory, self._register):
            found = None  # type: Optional[Access]
            for access in kept:
                if access.start < sample and _is_better(access, found):
                    found = access
            if found is not None:
                return found
        return None


def _is_better(access: 'Access', known: 'Optional[Access]') -> 'bool':
    if known is None or access.start != known.start:
        return known is None or access.start > known.start
    return isinstance(access, PeripheralAccess)
