"""Cycles become packets and sequences.

Three modes. IN_STEP: the last item has ended and the next high cycle begins another. SEARCHING: it is
not known where a packet could begin; the first proven one, a line reset or IDLE low cycles tell.
IN_RESET: a line reset goes on. What is neither item nor idle is noise.

A decision looks LOOK_AHEAD cycles ahead, so that many are kept until more come, or a pause or the end
of the run says that none will.

Sources: Arm IHI 0031 (ADIv5.2), B4.3.3 (line reset), B5.2 and B5.3 (SWJ-DP, dormant state).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace.line.swd_columns import sequence, transfers, truncated
from stm32trace.line.swd_cycles import NO_CYCLES, Cycles
from stm32trace.line.swd_links import Links
from stm32trace.line.swd_packets import LOOK_AHEAD
from stm32trace.line.swd_window import FAR, Window
from stm32trace.signal.chain import follow
from stm32trace_core.wire.swd import (
    ACTIVATION_CODES,
    ACTIVATION_GAP,
    BAD_PARITY,
    BAD_REQUEST,
    CONTEXT,
    CTRL_STAT_WRITE,
    DLCR_BANK,
    DPBANKSEL,
    HIGH,
    HIGH_CLOCKS,
    IDLE,
    LEAVE_SWD,
    LINE_RESET,
    NOISE,
    OK,
    ORUNDETECT,
    QUIET,
    REQUEST_BITS,
    REQUEST_FRAME,
    SELECT_WRITE,
    SELECTION_ALERT,
    TURNROUND,
    TURNROUND_SHIFT,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.swd_columns import SwdTransferColumns
    from stm32trace.line.swd_packets import Packets

    Integers = NDArray[np.int64]

IN_STEP, SEARCHING, IN_RESET = 'in step', 'searching', 'in reset'
AT_LEAST, AT_MOST = (
    512,
    32_768,
)  # cycles to look at in one go: fewer do not pay, more leave the cache


class Framing:
    """Frames the cycles of one run after the other."""

    def __init__(self, bus: str) -> None:
        self._bus = bus
        self.broken = 0  # packets that were cut off, or after which the next START was missing
        self.begin(0)

    def begin(self, start: int) -> None:
        """Begin a run at sample `start`."""
        self._run_start: int | None = start  # None once the mode is known
        self._mode = SEARCHING
        self._turnaround = 1
        self._overrun = False  # CTRL/STAT.ORUNDETECT, as far as known
        self._bank = 0  # SELECT.DPBANKSEL
        self._foreign = False  # the bits are no SWD
        self._noise: _Span | None = None
        self._noise_kind = NOISE
        self._reset = _Span(0, 0, 0, 0)
        self._passed = 0  # number of the first cycle kept
        self._begin_piece()

    def _begin_piece(self) -> None:
        self._kept = NO_CYCLES
        self._at = 0  # place among the kept cycles where framing goes on
        self._after_high = False  # a run of high cycles ends here
        self._retry: int | None = None  # place of the last packet after its acknowledge

    @property
    def settled(self) -> int | None:
        """No later record ends before this sample; None: all that was fed is decided."""
        if self._mode == IN_RESET:
            return self._reset.end
        if self._noise is not None:
            return self._noise.end
        return int(self._kept.rise[self._at]) if self._at < len(self._kept) else None

    def feed(self, cycles: Cycles) -> list[WordColumns]:
        """Return the items that are certain."""
        found: list[WordColumns] = []
        for first in range(0, len(cycles), AT_MOST):
            found += self._feed(cycles.slice(first, first + AT_MOST))
        return found

    def _feed(self, cycles: Cycles) -> list[WordColumns]:
        self._kept = self._kept.extended(cycles)
        limit = len(self._kept) - LOOK_AHEAD
        if limit - self._at < AT_LEAST:
            return []
        window = Window(self._kept, last=False, end=0)
        found = list(self._items(window, limit))
        keep_from = max(self._at - CONTEXT, 0)
        self._kept = self._kept.slice(keep_from)
        self._passed += keep_from
        self._at -= keep_from
        if self._retry is not None:
            self._retry -= keep_from
        return found

    def pause(self, cycles: Cycles, end: int) -> list[WordColumns]:
        """Return all items that begin before a pause, which is known to be one at sample `end`."""
        found = self.feed(cycles)
        kept = self._kept
        if len(kept):
            found += self._items(Window(kept, last=True, end=end), len(kept))
        if self._mode == IN_RESET:
            found.append(self._end_reset())
        found += self._end_noise()
        if self._mode == SEARCHING and not self._foreign and self._run_start is None:
            self._mode = IN_STEP
        self._passed += len(kept)
        self._begin_piece()
        return found

    def _items(self, window: Window, limit: int) -> Iterator[WordColumns]:
        """Yield the items that begin before place `limit`."""
        self._begin_in_mode(window)
        links = Links(window, limit)
        while self._at < limit:
            if self._mode == IN_STEP:
                yield from self._in_step(window, links)
            elif self._mode == SEARCHING:
                yield from self._searching(window, links)
            else:
                yield from self._in_reset(window)

    def _begin_in_mode(self, window: Window) -> None:
        if self._run_start is None:
            return
        rise = window.rise
        silence = int(rise[0]) - self._run_start
        if window.length < 2 or silence > QUIET * int(rise[1] - rise[0]):
            self._mode = IN_STEP
        self._run_start = None

    # In step.

    def _in_step(self, window: Window, links: Links) -> Iterator[WordColumns]:
        """The next item, or idle cycles up to the limit."""
        if self._after_high:
            self._after_high = False
            code, kind, bits = window.first_code(self._at)
            if code == self._at:
                yield from self._switch(window, kind, bits)
                return
        place = int(window.next_one[self._at])
        self._at = min(place, links.limit)
        if place >= links.limit:
            return
        if window.in_reset(np.array([place]))[0]:
            self._mode = IN_RESET
            self._reset = _Span(int(window.rise[place]), int(window.rise[place]), 0, 0)
        elif window.legal[place]:
            yield from self._packets(window, links, int(window.rank[place]))
        else:
            yield from self._no_packet(window, links, place)

    def _packets(self, window: Window, links: Links, first: int) -> Iterator[WordColumns]:
        """Packets one after the other, as far as they follow each other and nothing changes."""
        packets = links.packets(self._turnaround)
        chain = follow(links.links(self._turnaround, None), first)
        long = packets.sure
        if not packets.sure[chain[-1]]:
            rest = follow(links.links(self._turnaround, self._overrun), int(chain[-1]))
            chain = np.concatenate((chain[:-1], rest))
            long = packets.long[int(self._overrun)]
        last = int(chain[-1])
        if (cut := links.cut(self._turnaround, last, bool(long[last]))) is not None:
            if len(chain) > 1:
                yield self._whole(packets, chain[:-1], long)
            yield from self._cut_off(packets, last, cut)
            return
        found = self._whole(packets, chain, long)
        self._follow_state(found)
        ends = packets.long_end if long[last] else packets.short_end
        self._at = min(int(ends[last]), window.length)
        self._retry = int(packets.short_end[last])
        yield found

    def _whole(
        self, packets: Packets, chain: Integers, long: NDArray[np.bool_]
    ) -> SwdTransferColumns:
        found = transfers(self._bus, packets, chain, long)
        chosen = (found.request == SELECT_WRITE) & (found.ack == OK)
        selects = np.flatnonzero(chosen & (found.flags & BAD_PARITY == 0))
        if len(selects):
            self._bank = int(found.data[selects[-1]]) & DPBANKSEL
        return found

    def _cut_off(self, packets: Packets, number: int, cut: int) -> Iterator[WordColumns]:
        """A packet that a line reset, a pause or the end of the run breaks off at place `cut`."""
        end = int(packets.window.rise[cut])
        yield truncated(self._bus, packets, number, cut, end)
        self.broken += cut < packets.window.length
        self._at = cut
        self._retry = None

    def _follow_state(self, found: SwdTransferColumns) -> None:
        """Take note of a write that changes the form of what follows; it is the last of `found`."""
        if found.request[-1] != CTRL_STAT_WRITE or found.ack[-1] != OK:
            return
        if found.flags[-1] & BAD_PARITY:
            return
        value = int(found.data[-1])
        if self._bank == DLCR_BANK:
            self._turnaround = (value >> TURNROUND_SHIFT & TURNROUND) + 1
        elif self._bank == 0:
            self._overrun = bool(value & ORUNDETECT)

    def _no_packet(self, window: Window, links: Links, place: int) -> Iterator[WordColumns]:
        """High cycles that are too few for a line reset, or noise."""
        high = window.high_from(place)
        if high >= HIGH_CLOCKS:
            yield self._sequence(window, HIGH, high)
            self._after_high = True
        elif place > window.length - REQUEST_BITS:
            self._at = window.length  # an unfinished request: nothing is known of it
        else:
            self._lose(window, links, place)

    def _lose(self, window: Window, links: Links, place: int) -> None:
        """No START where one should be: look for one, first within the data of the last packet.

        Its length may be wrong by a clock edge too many or too few.
        """
        self.broken += 1
        retry, self._retry = self._retry, None
        if retry is not None and place - retry < CONTEXT:
            packets = links.packets(self._turnaround)
            again = packets.proven[packets.ack[packets.proven] == OK]
            starts = packets.start[again]
            starts = starts[(starts >= retry) & (starts < place)]
            if len(starts):
                self._at = int(starts[0])
                return
        self._mode = SEARCHING
        mask, value = REQUEST_FRAME
        framed = int(window.host_bytes[place]) & mask == value
        self._noise_kind = BAD_REQUEST if framed else NOISE

    # Searching.

    def _searching(self, window: Window, links: Links) -> Iterator[WordColumns]:
        """Noise up to the first place where something is certain."""
        at = self._at
        packets = links.packets(self._turnaround)
        proven = _first(packets.start[packets.proven], at)
        run = int(np.searchsorted(window.reset_stop, at, side='right'))
        reset = max(int(window.reset_start[run]), at) if run < len(window.reset_start) else FAR
        code, kind, bits = window.first_code(at)
        idle = FAR if self._foreign else _first(window.idle, at)
        place = min(proven, reset, code, idle)
        self._add_noise(window, at, min(place, links.limit))
        self._at = min(place, links.limit)
        if place >= links.limit:
            return
        yield from self._end_noise()
        self._mode = IN_STEP
        if place == code:
            yield from self._switch(window, kind, bits)
        elif place == idle:
            self._at += IDLE
        elif place == proven:
            self._foreign = False

    def _add_noise(self, window: Window, start: int, stop: int) -> None:
        high = np.flatnonzero(window.host[start:stop])
        if not len(high) or self._foreign:
            return
        first, last = start + int(high[0]), start + int(high[-1])
        if self._noise is None:
            self._noise = _Span(int(window.rise[first]), 0, self._passed + first, 0)
        self._noise.end = int(window.fall[last])
        self._noise.stop = self._passed + last + 1
        self._noise.high += len(high)

    def _end_noise(self) -> Iterator[WordColumns]:
        noise, self._noise = self._noise, None
        if noise is not None:
            bits = noise.stop - noise.first
            kind = HIGH if HIGH_CLOCKS <= bits == noise.high else self._noise_kind
            yield sequence(self._bus, kind, noise.start, noise.end, bits)
        self._noise_kind = NOISE

    # Sequences.

    def _in_reset(self, window: Window) -> Iterator[WordColumns]:
        """The rest of a line reset."""
        stop = self._at + window.high_from(self._at)
        self._reset.stop += stop - self._at
        self._reset.end = int(window.fall[stop - 1])
        self._at = stop
        if stop < window.length:
            yield self._end_reset()

    def _end_reset(self) -> WordColumns:
        reset = self._reset
        self._mode = IN_STEP
        self._turnaround = 1
        self._bank = 0
        self._foreign = False
        self._after_high = True
        self._retry = None
        return sequence(self._bus, LINE_RESET, reset.start, reset.end, reset.stop)

    def _switch(self, window: Window, kind: str, bits: int) -> Iterator[WordColumns]:
        """A code, and what it does to the mode."""
        yield self._sequence(window, kind, bits)
        if kind == SELECTION_ALERT:
            code = self._at + ACTIVATION_GAP
            for value, width, activated in ACTIVATION_CODES:
                if window.has(code, value, width):
                    self._at = code
                    kind = activated
                    yield self._sequence(window, kind, width)
                    break
        self._foreign = kind in LEAVE_SWD
        self._mode = SEARCHING if self._foreign else IN_STEP

    def _sequence(self, window: Window, kind: str, bits: int) -> WordColumns:
        """Return the sequence of `bits` cycles that begins here; framing goes on after it."""
        start, self._at = self._at, self._at + bits
        self._retry = None
        end = int(window.fall[self._at - 1])
        return sequence(self._bus, kind, int(window.rise[start]), end, bits)


@dataclass(slots=True)
class _Span:
    """Cycles that belong together."""

    start: int  # sample
    end: int  # sample
    first: int  # number of a cycle
    stop: int  # number of a cycle, or of cycles
    high: int = 0  # number of high cycles


def _first(places: Integers, at: int) -> int:
    """Return the first of sorted `places` from `at` on, FAR if there is none."""
    number = int(np.searchsorted(places, at))
    return int(places[number]) if number < len(places) else FAR
