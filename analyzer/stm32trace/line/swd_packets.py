"""Every place at which an SWD packet could begin, classified at once.

A candidate is a clock cycle with which one of the 16 legal request bytes begins. Positions are
numbers of cycles in a window, i that of the START bit, T the turnaround in clocks:

    request         i ... i + 7, read at rises
    acknowledge     i + 7 + T, three bits, read at falls
    read data       i + 10 + T, 32 bits and parity, read at falls
    write data      i + 11 + 2T, 32 bits and parity, read at rises
    next START      from i + 11 + 2T on without a data phase, from i + 44 + 2T on with one

Whether a packet that is not answered OK has a data phase is decided by what follows, where that
decides it: see `Packets.long`.

Source: Arm IHI 0031 (ADIv5.2), B4.1.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.swd_window import Window
from stm32trace.signal.bits import places_of
from stm32trace_core.wire.swd import (
    ACK_BITS,
    DATA_BITS,
    DEPTH,
    FAULT,
    IDLE,
    NO_REPLY,
    OK,
    REQUEST_BITS,
    REQUEST_RNW,
    TARGETSEL_WRITE,
    WAIT,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Numbers = NDArray[np.int32]
    Flags = NDArray[np.bool_]
    Octets = NDArray[np.uint8]
    Words = NDArray[np.uint64]

LONGEST_PACKET = 52  # cycles, with a turnaround of four
LOOK_AHEAD = 512  # cycles that a decision looks at: > (DEPTH + 1) * (LONGEST_PACKET + IDLE)
ANSWERS = np.zeros(8, np.bool_)  # what a target says other than OK, or nobody
ANSWERS[[WAIT, FAULT, NO_REPLY]] = True
ACK_MASK, DATA_MASK = np.uint64((1 << ACK_BITS) - 1), np.uint64((1 << DATA_BITS) - 1)


class Packets:
    """Candidates of a window, for one turnaround, at places in ascending order."""

    def __init__(self, window: Window, turnaround: int, places: int) -> None:
        """places: those of legal requests that are candidates, as a number."""
        self.window = window
        self.turnaround = turnaround
        self.start = start = places_of(places, window.length)
        at = start + (REQUEST_BITS - 1 + turnaround)
        self._from_request = window.host.words(start)
        self._from_ack = window.target.words(at)
        self.request = self._from_request.astype(np.uint8)
        self.ack = (self._from_ack & ACK_MASK).astype(np.uint8)
        self.read = (self.request & REQUEST_RNW) > 0
        self.short_stop = at + ACK_BITS  # what belongs to the packet ends here,
        # and the next START may be here: a bit of the target is read within the cycle before it
        self.short_end = self.short_stop + (1 + turnaround)
        self.long_end = self.short_end + DATA_BITS
        self.number = np.full(window.length + 1, -1, np.int32)  # of the candidate at a place, or -1
        self.number[start] = np.arange(len(start), dtype=np.int32)

    @cached_property
    def sure(self) -> Flags:
        """(n,) which candidates have a data phase beyond doubt: TARGETSEL has, whatever the answer."""
        sure: Flags = (self.ack == OK) | (self.request == TARGETSEL_WRITE)
        return sure

    @cached_property
    def data(self) -> Words:
        """(n,) 32 bits of data and their parity, if there are any, the first one least significant."""
        by_host = np.uint64(REQUEST_BITS + ACK_BITS + 2 * self.turnaround)
        words = np.where(
            self.read, self._from_ack >> np.uint64(ACK_BITS), self._from_request >> by_host
        )
        words &= DATA_MASK
        return words

    @cached_property
    def long_stop(self) -> Integers:
        """(n,) where a packet ends that has a data phase."""
        return self.long_end - np.where(self.read, 1 + self.turnaround, 0)

    @cached_property
    def odd(self) -> Integers:
        """Numbers of the candidates that may or may not have a data phase."""
        return np.flatnonzero(~self.sure)

    @cached_property
    def next_long(self) -> Numbers:
        """(n,) number of the candidate that the next high cycle after a data phase begins, or -1."""
        return self._number_at(self.window.host.next_one(self.long_end))

    def _number_at(self, places: Integers) -> Numbers:
        """(m,) number of the candidate at each place; -1 for none, and in a line reset."""
        number = self.number.take(places)
        if len(self.window.reset_start):
            number[self.window.in_reset(places)] = -1
        return number

    @cached_property
    def after_long(self) -> tuple[Numbers, Flags]:
        """What follows a data phase: see `_after`."""
        return self._after(self.long_stop, self.long_end)

    @cached_property
    def after_short(self) -> tuple[Numbers, Flags]:
        """What follows the acknowledge of the `odd` candidates where there is no data phase."""
        return self._after(self.short_stop[self.odd], self.short_end[self.odd])

    def _after(self, stops: Integers, ends: Integers) -> tuple[Numbers, Flags]:
        """Return (number of the candidate that the next high cycle begins or -1, another good end).

        A good end is a line reset, IDLE low cycles, or the end of the window's last cycle.
        """
        window = self.window
        place = window.host.next_one(ends)
        free = place - ends >= IDLE
        free |= window.in_reset(place)
        if window.last:
            free |= (place == window.length) & (stops <= window.length)
        return self._number_at(place), free

    @cached_property
    def parity_fits(self) -> Flags:
        """(n,) whether data and parity bit, if there are any, have an even number of ones."""
        fits: Flags = np.bitwise_count(self.data) & 1 == 0
        return fits

    @cached_property
    def cut_off(self) -> Flags:
        """(n,) whether the window ends before the packet with its data phase does."""
        return self.long_stop > self.window.length

    @cached_property
    def _chains(self) -> tuple[list[Flags], list[Flags]]:
        """For 1 to DEPTH: candidates with which so many good packets in a row begin.

        First those of any kind, where a good end stands for all that could follow; second those
        that are all unanswered, WAIT or FAULT. The element after the last one is False.
        """
        good = np.where(self.sure, self.parity_fits, ANSWERS[self.ack])
        if self.window.last:
            good |= self.cut_off & (self.sure | (self.short_stop > self.window.length))
        any_kind, unanswered = [np.append(good, False)], [np.append(good & ~self.sure, False)]
        for _ in range(DEPTH - 1):
            any_kind.append(any_kind[0] & np.append(self._continued(any_kind[-1], True), False))
            unanswered.append(
                unanswered[0] & np.append(self._continued(unanswered[-1], False), False)
            )
        return any_kind, unanswered

    def _continued(self, chain: Flags, free_counts: bool) -> Flags:
        """Tell which candidates one of `chain` follows, or, where that counts, a good end."""
        number, free = self.after_long
        found = np.where(free, free_counts, chain[number])
        number, free = self.after_short
        found[self.odd] |= np.where(free, free_counts, chain[number])
        return found

    @cached_property
    def long(self) -> tuple[Flags, Flags]:
        """(n,) which candidates have a data phase: without ORUNDETECT; with it.

        It is there after OK and for TARGETSEL. Otherwise both lengths are tried, and the length
        counts by the number of good packets that follow it, DEPTH at most. With ORUNDETECT the
        packet is long unless nothing fits that and something fits the short one. Without, or where
        that is not known, it is long if that fits better (hosts that clock all data phases).
        """
        long_, short = self._strength()
        with_overrun, without = self.sure.copy(), self.sure.copy()
        with_overrun[self.odd] = (long_ > 0) | (short == 0)
        without[self.odd] = long_ > short
        return without, with_overrun

    def _strength(self) -> tuple[Integers, Integers]:
        """(number of odd,) each: how well what follows fits a long packet, and a short one."""
        chains, _ = self._chains
        good = np.sum(chains, axis=0)
        number, free = (column[self.odd] for column in self.after_long)
        long_ = np.where(free, DEPTH, good[number])
        if self.window.last:
            long_ = np.where(self.cut_off[self.odd], 1, long_)
        number, free = self.after_short
        return long_, np.where(free, DEPTH, good[number])

    @cached_property
    def begin_answers(self) -> Integers:
        """Places at which DEPTH complete packets begin that are all answered OK, with the right parity."""
        good = (self.ack == OK) & self.parity_fits & ~self.cut_off
        number, free = self.after_long
        chain = good
        for _ in range(DEPTH - 1):
            chain = good & ~free & np.append(chain, False)[number]
        places: Integers = self.start[chain]
        return places

    @cached_property
    def proven(self) -> Integers:
        """Numbers of the candidates that are packets even where nothing is known of what was before.

        They are answered OK with the right parity and continue well, or begin DEPTH packets without
        OK.
        """
        any_kind, unanswered = self._chains
        answered = any_kind[-1][:-1] & (self.ack == OK) & ~self.cut_off
        return np.flatnonzero(answered | unanswered[-1][:-1])
