"""Consecutive SWCLK cycles, and what can be said of each place without knowing the turnaround."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.swd_cycles import Cycles, joined
from stm32trace.signal.bits import BitRow, first_from, matching, places_of, repeated
from stm32trace_core.wire.swd import (
    ACK_BITS,
    CODES,
    IDLE,
    OK,
    REQUEST_BITS,
    RESET_CLOCKS,
    TARGETSEL_WRITE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

FAR = np.iinfo(np.int64).max


class Window:
    """A place is the number of a cycle. Several places are a number, as in `signal.bits`, or an array.

    last: a pause or the end of the run follows; end: the sample at which that is.
    """

    def __init__(self, parts: Sequence[Cycles], last: bool, end: int) -> None:
        after = Cycles(np.array([end, end]), np.zeros(2, np.uint8))
        self._padded = joined([*parts, after])
        self.last = last
        self.length = len(self._padded) - 1
        self.cycles = self._padded.slice(0, self.length)
        self.host = BitRow(self.cycles.host)
        self.target = BitRow(self.cycles.target)
        self.requests = legal_requests(self.host)
        self.reset_start, self.reset_stop = self._resets()

    @property
    def edge(self) -> Integers:
        """(2 * length + 2,) sample of each edge of SWCLK: a rise, a fall, ...; the last two: `end`."""
        return self._padded.sample

    def rise(self, place: int) -> int:
        """Return the sample at which SWCLK rises, `end` after the last cycle."""
        return int(self._padded.sample[2 * place])

    def fall(self, place: int) -> int:
        """Return the sample at which SWCLK falls, `end` after the last cycle."""
        return int(self._padded.sample[2 * place + 1])

    @cached_property
    def targetsel(self) -> int:
        """Places of requests that are a write of TARGETSEL."""
        return matching(self.host, TARGETSEL_WRITE, REQUEST_BITS)

    @cached_property
    def ok(self) -> int:
        """Places of an acknowledge that is OK."""
        return matching(self.target, OK, ACK_BITS)

    def ack(self, place: int, turnaround: int) -> int:
        """Return the acknowledge of a request at `place`."""
        return self.target.ones >> place + REQUEST_BITS - 1 + turnaround & (1 << ACK_BITS) - 1

    @cached_property
    def idle(self) -> int:
        """Places from which on IDLE cycles or more are low."""
        return repeated(self.host.zeros, IDLE)

    def next_high(self, place: int) -> int:
        """Return the first high cycle from `place` on, `length` if there is none."""
        high = first_from(self.host.ones, place)
        return self.length if high is None else high

    def high_from(self, place: int) -> int:
        """Return how many cycles in a row are high from `place` on."""
        low = first_from(self.host.zeros, place)
        return (self.length if low is None else low) - place

    def is_in_reset(self, place: int) -> bool:
        """Tell whether a place lies in a line reset."""
        return bool(len(self.reset_start)) and bool(self.in_reset(np.array([place]))[0])

    def in_reset(self, places: Integers) -> Flags:
        """Tell which places lie in a line reset."""
        if not len(self.reset_start):
            return np.zeros(len(places), np.bool_)
        run = np.searchsorted(self.reset_stop, places, side='right')
        start = np.append(self.reset_start, FAR)
        inside: Flags = start[run] <= places
        return inside

    def _resets(self) -> tuple[Integers, Integers]:
        """(r,) begin and end of the runs of at least RESET_CLOCKS high cycles, as places."""
        full = repeated(self.host.ones, RESET_CLOCKS)
        begin = places_of(full & ~(full << 1), self.length)
        last = places_of(full & ~(full >> 1), self.length)
        return begin, last + RESET_CLOCKS

    def has(self, place: int, value: int, bits: int) -> bool:
        """Tell whether these bits, the first one least significant, are at `place`."""
        return self._levels[place : place + bits] == _wire(value, bits)

    def first_code(self, place: int) -> tuple[int, str, int]:
        """Return (place, kind, number of bits) of the first of CODES from `place` on; FAR: none."""
        found = [(at, kind, bits) for at, kind, bits in self._codes if at >= place]
        return min(found, default=(FAR, '', 0))

    @cached_property
    def _levels(self) -> bytes:
        """Levels that the host drives, an octet each."""
        return self.cycles.host.tobytes()

    @cached_property
    def _codes(self) -> list[tuple[int, str, int]]:
        found = []
        for value, bits, kind, high in CODES:
            wanted = b'\1' * high + _wire(value, bits)
            at = self._levels.find(wanted)
            while at >= 0:
                found.append((at + high, kind, bits))
                at = self._levels.find(wanted, at + high)
        return found


def legal_requests(row: BitRow) -> int:
    """Return the places at which one of the 16 legal requests begins.

    START and PARK are one, STOP is zero, and the parity bit makes the number of ones even among
    APnDP, RnW, A[3:2] and itself. Source: Arm IHI 0031 (ADIv5.2), B4.1.1.
    """
    ones = row.ones
    odd = ones >> 1 ^ ones >> 2 ^ ones >> 3 ^ ones >> 4 ^ ones >> 5
    return ones & ones >> 7 & ~(odd | ones >> 6)


def _wire(value: int, bits: int) -> bytes:
    """One byte for each bit, in the order of the wire."""
    return bytes(value >> bit & 1 for bit in range(bits))
