"""Where in memory the accesses of one stretch go: CSW and TAR at each of them. The twin of adi/port.py.

TAR is what it was set to last, plus the steps of the accesses to DRW since then. Sets are writes of TAR, reads of it
that bring a value, and failures, after which it is unknown. Source: Arm IHI 0031 (ADIv5.2), C2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stm32trace_core.adi.port import BANK_BLOCK, BANK_OFFSET, WORD, Port
from stm32trace_core.adi.records import UNKNOWN
from stm32trace_core.adi.registers import CSW, DRW, LONGER_BITS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

CSW_FIELDS = sum(
    (1 << field.width) - 1 << field.lsb for field in map(CSW.field, ('Size', 'AddrInc'))
)


@dataclass(frozen=True, slots=True)
class Sets:
    """(k,) values that a register takes, each from a position on; positions strictly increase."""

    position: Integers
    value: Integers

    def last(self, positions: Integers) -> Integers:
        """(m,) index of the last set at or before each of `positions`, -1 for none."""
        return np.searchsorted(self.position, positions, side='right') - 1

    def __len__(self) -> int:
        return len(self.position)


def merged(*sets: Sets) -> Sets:
    """Return all of several, at positions that differ, in order."""
    position = np.concatenate([one.position for one in sets])
    order = np.argsort(position, kind='stable')
    return Sets(position[order], np.concatenate([one.value for one in sets])[order])


@dataclass(frozen=True, slots=True)
class Memory:
    """(m,) accesses to DRW and BD0 to BD3: address (UNKNOWN where it is not known), size and number of items of each,
    and TAR after all of them.
    """

    address: Integers
    size: Integers
    count: Integers
    tar: int


def follow(
    port: Port, tar: Sets, csw: Sets, position: Integers, register: NDArray[np.uint8]
) -> Memory:
    """Follow TAR from what `port` knows before the stretch; `port` itself stays as it is.

    position: (m,) of the accesses to memory, strictly increasing. register: (m,) DRW or BDx, bank included. A set at
    the position of an access comes before it.
    """
    size, step, count = _configured(port, csw, position)
    moves = register == DRW.offset
    steps = np.where(moves & (step != UNKNOWN), step, 0)
    unsure = moves & (step == UNKNOWN)  # after these TAR is not known
    place = _Tar(port, tar, position, steps, unsure)
    value = place.before()
    natural = np.where(value == UNKNOWN, WORD, np.minimum(value & -value, WORD))
    size = np.where(size == 0, np.where(natural == 0, WORD, natural), size)
    address = np.where(value == UNKNOWN, UNKNOWN, value & -size)
    block = np.where(
        value == UNKNOWN, UNKNOWN, value & -BANK_BLOCK | register.astype(np.int64) & BANK_OFFSET
    )
    return Memory(
        np.where(moves, address, block),
        np.where(moves, size, WORD),
        np.where(moves, count, 1),
        place.after(),
    )


def _configured(port: Port, csw: Sets, position: Integers) -> tuple[Integers, Integers, Integers]:
    """(m,) each: size (0 not known), step (UNKNOWN not known) and count as CSW says at each access."""
    words, known = np.unique(csw.value & CSW_FIELDS, return_inverse=True)
    configurations = [_configuration(word) for word in words.tolist()]
    table = np.array([(port.size, port.step, port.count), *configurations], np.int64)
    chosen = np.concatenate(([0], known + 1))[csw.last(position) + 1]
    size, step, count = table[chosen].T
    return size, step, count


def _configuration(csw: int) -> tuple[int, int, int]:
    port = Port(UNKNOWN)
    port.configure(csw)
    return port.size, port.step, port.count


class _Tar:
    """TAR before each access of a stretch.

    steps: (m,) how far each access moves it, where that is known; unsure: (m,) where it is not.
    """

    def __init__(
        self, port: Port, sets: Sets, position: Integers, steps: Integers, unsure: NDArray[np.bool_]
    ) -> None:
        self._bits = port.bits
        self._mask = (1 << (port.bits or LONGER_BITS)) - 1
        self._set = sets.last(position) + 1
        self._base = np.concatenate(([port.tar], sets.value))
        # Sums over all accesses before each, and before each set: their difference counts from that set.
        first = np.concatenate(([0], np.searchsorted(position, sets.position, side='left')))
        self._moved = np.concatenate(([0], np.cumsum(steps)))
        self._lost = np.concatenate(([0], np.cumsum(unsure)))
        self._moved_at, self._lost_at = self._moved[first], self._lost[first]

    def before(self) -> Integers:
        """(m,) its value, UNKNOWN where that is not known."""
        return self._value(self._set, slice(0, -1))

    def after(self) -> int:
        """Return its value when all is done."""
        return int(self._value(np.array([len(self._base) - 1]), slice(-1, None))[0])

    def _value(self, sets: Integers, accesses: slice) -> Integers:
        base = self._base[sets]
        low = (base & self._mask) + self._moved[accesses] - self._moved_at[sets]
        unknown = (base == UNKNOWN) | (self._lost[accesses] > self._lost_at[sets])
        if not self._bits:
            unknown |= low > self._mask  # beyond what every port counts
        return np.where(unknown, UNKNOWN, base & ~self._mask | low & self._mask)
