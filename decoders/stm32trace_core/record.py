"""Immutable typed records that also work on Python 3.4.

A type checker sees `typing.NamedTuple`; at run time it is `collections.namedtuple`, since PulseView's
Windows builds ship Python 3.4, which has neither `typing` nor variable annotations. A record is declared as

    class Reset(NamedTuple('Reset', [('start', int), ('end', int), ('bus', str)])):
        __slots__ = ()

Every record begins with `start, end, bus`: a half-open span `[start, end)` of sample numbers, and the bus
it was seen on ('' for what belongs to the whole capture: slow lines, resets, the file itself).
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # novm: seen by type checkers only
    from typing import Protocol  # novm

    class Record(Protocol):
        """What all records have in common."""

        @property
        def start(self) -> int: ...
        @property
        def end(self) -> int: ...
        @property
        def bus(self) -> str: ...

else:

    def NamedTuple(name, fields):
        """Return a `namedtuple` class with the names in `fields`, a list of (name, type)."""
        return namedtuple(name, [field for field, _ in fields])


CAPTURE = ''  # the `bus` of records that belong to no bus
