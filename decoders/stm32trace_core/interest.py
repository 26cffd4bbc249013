"""Which of the accesses to registers and memory a machine needs to be fed.

Of these there are millions, and a machine that follows, say, CTRL/STAT needs few of them. It may say which: see
`Machine.interests`. Whoever feeds machines may then leave out what none of a machine's interests covers, for `feed`
would return nothing, and change nothing that is told later. A machine may change its interests with any record that
it is fed. Nothing is left out around a packet that is not answered OK or WAIT, or not whole: what is told there
reaches every machine that consumes it.
"""

from .record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import FrozenSet, Optional, Tuple  # novm


class Interest(
    NamedTuple(
        'Interest',
        [
            ('record', type),  # RegisterAccess or MemoryAccess
            ('write', 'Optional[bool]'),  # None: both directions
            ('names', 'FrozenSet[str]'),  # of registers; empty: all
            ('ranges', 'Tuple[Tuple[int, int], ...]'),  # (first, last) address of memory; (): all
            ('bits', int),  # values with one of these bits; 0: all
            # 0: each of them; n: the n latest before each other access that the machine needs, and before
            # what is not regular
            ('latest', int),
            # of several that go on where the one before ended, the first may come as it is, and the rest as
            # one that has the size and the value (little-endian) of them all: at the last one's place, and
            # before another access that the machine needs. Where interests change in the middle, some may
            # come twice.
            ('joined', bool),
        ],
    )
):
    """Some of the accesses."""

    __slots__ = ()


def interest(
    record: 'type',
    write: 'Optional[bool]' = None,
    names: 'Tuple[str, ...]' = (),
    ranges: 'Tuple[Tuple[int, int], ...]' = (),
    bits: 'int' = 0,
    latest: 'int' = 0,
    joined: 'bool' = False,
) -> 'Interest':
    """Return an interest in all accesses of a kind, but for what is given."""
    return Interest(record, write, frozenset(names), ranges, bits, latest, joined)
