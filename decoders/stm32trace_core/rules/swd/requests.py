"""How many requests the host has sent since a moment, as far as the records of accesses tell."""

from collections import deque

from ...adi.records import MemoryAccess, RegisterAccess
from ...interest import interest
from .naming import ABORT_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Union  # novm

    from ...adi.records import AckRun

# Healthy hosts write ABORT at once, or a few packets later. Source: the catalogue's measurement of
# public captures (https://github.com/sigrokproject/sigrok-dumps).
PATIENCE = 20

CONSUMES = (RegisterAccess, MemoryAccess)
ABORTS = (interest(RegisterAccess, True, names=(ABORT_NAME,)),)


class Requests(object):
    """Counts packets by their accesses. A few are not seen as such, so the number is rather too low."""

    def __init__(self) -> 'None':
        self.count = 0
        self._last = -1

    def add(self, access: 'Union[RegisterAccess, MemoryAccess]') -> 'None':
        """Count an access; several items of one packed transfer are one packet."""
        if access.start != self._last:
            self._last = access.start
            self.count += 1


def is_abort(access: 'Union[RegisterAccess, MemoryAccess]') -> 'bool':
    """Tell whether an access writes ABORT."""
    return isinstance(access, RegisterAccess) and access.write and access.name == ABORT_NAME


class Aborts(object):
    """Writes of ABORT. A run of acknowledges may be told a little before or after the access that ends it."""

    KEPT = 16

    def __init__(self) -> 'None':
        self._total = 0
        self._starts = deque(maxlen=self.KEPT)  # type: Deque[int]

    def feed(self, access: 'Union[RegisterAccess, MemoryAccess]') -> 'None':
        """Count an access, if it writes ABORT."""
        if is_abort(access):
            self._total += 1
            self._starts.append(access.start)

    def before(self, run: 'AckRun') -> 'int':
        """Return how many came before `run`."""
        return self._total - sum(1 for start in self._starts if start > run.start)

    def after(self, run: 'AckRun') -> 'bool':
        """Tell whether one came after `run` already."""
        return bool(self._starts) and self._starts[-1] >= run.end
