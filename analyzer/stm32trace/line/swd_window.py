"""Consecutive SWCLK cycles, and what can be said of each place without knowing the turnaround."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stm32trace_core.wire.swd import CODES, IDLE, REQUEST_BITS, REQUESTS, RESET_CLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.swd_cycles import Cycles

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Octets = NDArray[np.uint8]

LONGEST_PACKET = 52  # cycles, with a turnaround of four
PADDING = LONGEST_PACKET + 16
FAR = np.iinfo(np.int64).max

LEGAL = np.zeros(256, np.bool_)
LEGAL[list(REQUESTS)] = True


class Window:
    """A place is the number of a cycle; columns go on for PADDING places after the last one.

    last: a pause or the end of the run follows; end: the sample at which that is.
    """

    def __init__(self, cycles: Cycles, last: bool, end: int) -> None:
        self.cycles = cycles
        self.last = last
        self.length = n = len(cycles)
        self.host = np.concatenate((cycles.host, np.zeros(PADDING, np.uint8)))
        self.target = np.concatenate((cycles.target, np.zeros(PADDING, np.uint8)))
        self.rise = np.concatenate((cycles.rise, np.full(PADDING, end)))
        self.fall = np.concatenate((cycles.fall, np.full(PADDING, end)))
        self.host_bytes = _bytes(self.host)
        self.legal = np.zeros(n + PADDING, np.bool_)
        whole = max(n - REQUEST_BITS + 1, 0)
        self.legal[:whole] = LEGAL[self.host_bytes[:whole]]
        self.candidates = np.flatnonzero(self.legal)
        self.rank = np.cumsum(self.legal, dtype=np.int32) - 1  # of the candidate at a place
        self.reset_start, self.reset_stop = _high_runs(self.host[:n], self.host_bytes)

    @cached_property
    def target_bytes(self) -> Octets:
        """(n,) eight bits of the target from each place on, the first one least significant."""
        return _bytes(self.target)

    @cached_property
    def next_one(self) -> NDArray[np.int32]:
        """(n,) first cycle with SWDIO high from each place on; the window's length for none."""
        places = np.arange(len(self.host), dtype=np.int32)
        places[self.host == 0] = self.length
        np.minimum.accumulate(places[::-1], out=places[::-1])
        return places

    @cached_property
    def host_parity(self) -> Octets:
        """(n,) parity of all bits of the host before each place."""
        return _running_parity(self.host)

    @cached_property
    def target_parity(self) -> Octets:
        """(n,) parity of all bits of the target before each place."""
        return _running_parity(self.target)

    def in_reset(self, places: Integers) -> Flags:
        """Tell which places lie in a line reset."""
        if not len(self.reset_start):
            return np.zeros(len(places), np.bool_)
        run = np.searchsorted(self.reset_stop, places, side='right')
        start = np.append(self.reset_start, self.length + PADDING)
        inside: Flags = start[run] <= places
        return inside

    @cached_property
    def idle(self) -> Integers:
        """(i,) places at which IDLE low cycles or more begin."""
        low = self.next_one[: self.length] - np.arange(self.length)
        return np.flatnonzero(low >= IDLE)

    def high_from(self, place: int) -> int:
        """Return how many cycles in a row are high from `place` on."""
        low = self.host[place : self.length].tobytes().find(0)
        return low if low >= 0 else self.length - place

    def has(self, place: int, value: int, bits: int) -> bool:
        """Tell whether these bits, the first one least significant, are at `place`."""
        there = self.host[place : min(place + bits, self.length)].tobytes()
        return there == _wire(value, bits)

    def first_code(self, place: int) -> tuple[int, str, int]:
        """Return (place, kind, number of bits) of the first of CODES from `place` on; FAR: none."""
        found = [(at, kind, bits) for at, kind, bits in self._codes if at >= place]
        return min(found, default=(FAR, '', 0))

    @cached_property
    def _codes(self) -> list[tuple[int, str, int]]:
        octets = self.host[: self.length].tobytes()
        found = []
        for value, bits, kind, high in CODES:
            wanted = b'\1' * high + _wire(value, bits)
            at = octets.find(wanted)
            while at >= 0:
                found.append((at + high, kind, bits))
                at = octets.find(wanted, at + high)
        return found


def _wire(value: int, bits: int) -> bytes:
    """One byte for each bit, in the order of the wire."""
    return bytes(value >> bit & 1 for bit in range(bits))


def _bytes(bits: Octets) -> Octets:
    """(n,) eight bits from each place on, the first one least significant; zeros follow the last."""
    value = bits.copy()
    for shift in (1, 2, 4):
        value[:-shift] |= value[shift:] << shift
    return value


def _running_parity(bits: Octets) -> Octets:
    parity = np.zeros(len(bits) + 1, np.uint8)
    np.bitwise_xor.accumulate(bits, out=parity[1:])
    return parity


def _high_runs(host: Octets, host_bytes: Octets) -> tuple[Integers, Integers]:
    """(r,) begin and end of the runs of at least RESET_CLOCKS high cycles, as places."""
    full = host_bytes[: len(host)] == 0xFF
    nearly = full[:-32] & full[8:-24] & full[16:-16] & full[24:-8]  # 32 high cycles or more
    if len(host) < RESET_CLOCKS or not nearly.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low = np.flatnonzero(np.concatenate(([0], host, [0])) == 0) - 1
    run = np.flatnonzero(np.diff(low) > RESET_CLOCKS)
    return low[run] + 1, low[run + 1]
