"""A row of bits, asked about many places at once.

A place is the number of a bit. Two forms, for two kinds of question:

a number   bit i of an int is the bit at place i. `ones & ones >> 1` tells of every place whether two
           ones follow each other there; 64 places and more cost as much as one.
words      the bits from each of some places on, read as little-endian numbers.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Words = NDArray[np.uint64]

WORD_BITS = 57  # that many bits of a word are sure to be there: it begins within an octet
_OCTET = 8
_WORD = np.dtype('<u8')


class BitRow:
    """Bits at the places [0, length); wherever else is asked for, they are 0."""

    def __init__(self, levels: NDArray[np.uint8]) -> None:
        """levels: (length,) 0 or 1 each."""
        self.length = len(levels)
        self._octets = np.packbits(np.ascontiguousarray(levels), bitorder='little')

    @cached_property
    def ones(self) -> int:
        """Return the places of ones, as a number."""
        return int.from_bytes(self._octets.tobytes(), 'little')

    @cached_property
    def zeros(self) -> int:
        """Return the places of zeros, as a number."""
        return self.ones ^ (1 << self.length) - 1

    def words(self, places: Places) -> Words:
        """(n,) the bits from each place on, WORD_BITS of them or more; places: (n,) >= 0."""
        words = self._words.take(places >> 3, mode='clip')
        words >>= (places & 7).view(np.uint64)
        return words

    @cached_property
    def _words(self) -> Words:
        """(o,) the word that begins with each octet; the last one is 0."""
        octets = np.zeros(len(self._octets) + 2 * _OCTET, np.uint8)
        octets[: len(self._octets)] = self._octets
        return np.ndarray(len(self._octets) + _OCTET, _WORD, octets, strides=(1,)).copy()

    def next_one(self, places: Places) -> Places:
        """(n,) the first place with a one from each place on; `length` where there is none."""
        words = self.words(places)
        below = (words & -words) - np.uint64(1)  # ones where there are zeros below the first one
        found: Places = places + np.bitwise_count(below)
        none = np.flatnonzero(words == 0)
        if len(none):
            found[none] = self._next_octet(places[none] >> 3)
        return found

    def _next_octet(self, numbers: Places) -> Places:
        """(n,) the first place with a one in an octet after each of these."""
        used = np.searchsorted(self._used, numbers, side='right')
        beyond = used == len(self._used)
        if beyond.all():
            return np.full(len(numbers), self.length)
        octet = self._used[np.where(beyond, 0, used)]
        value = self._octets[octet]
        place = octet * _OCTET + np.bitwise_count((value & -value) - np.uint8(1))
        return np.where(beyond, self.length, place)

    @cached_property
    def _used(self) -> Places:
        """(u,) numbers of the octets that are not 0."""
        return np.flatnonzero(self._octets)


def matching(row: BitRow, value: int, bits: int) -> int:
    """Return the places from which on the row has these bits, the first one least significant."""
    found = (1 << max(row.length - bits + 1, 0)) - 1
    for bit in range(bits):
        found &= (row.ones if value >> bit & 1 else row.zeros) >> bit
    return found


def repeated(ones: int, times: int) -> int:
    """Return the places from which on so many ones follow each other."""
    known = 1
    while known < times and ones:
        more = min(known, times - known)
        ones &= ones >> more
        known += more
    return ones


def first_from(ones: int, place: int) -> int | None:
    """Return the first place of a one from `place` on, None if there is none."""
    rest = ones >> place
    return place + (rest & -rest).bit_length() - 1 if rest else None


def places_of(ones: int, length: int) -> Places:
    """(n,) the places of ones, all of them below `length`."""
    octets = np.frombuffer(ones.to_bytes((length + 7) // 8, 'little'), np.uint8)
    return np.flatnonzero(np.unpackbits(octets, bitorder='little').view(np.bool_))
