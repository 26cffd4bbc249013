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
from stm32trace.line.swd_cycles import Cycles
from stm32trace.line.swd_form import Form
from stm32trace.line.swd_links import Links
from stm32trace.line.swd_packets import LOOK_AHEAD
from stm32trace.line.swd_window import FAR, Window
from stm32trace.signal.bits import first_from, places_of
from stm32trace_core.wire.swd import (
    ACTIVATION_CODES,
    ACTIVATION_GAP,
    BAD_REQUEST,
    CONTEXT,
    HIGH,
    HIGH_CLOCKS,
    IDLE,
    LEAVE_SWD,
    LINE_RESET,
    NOISE,
    OK,
    QUIET,
    REQUEST_BITS,
    REQUEST_FRAME,
    SELECTION_ALERT,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.swd_packets import Packets

    Integers = NDArray[np.int64]

IN_STEP, SEARCHING, IN_RESET = 'in step', 'searching', 'in reset'
# Cycles to look at in one go: fewer do not pay, more leave the cache.
AT_LEAST, AT_MOST = 65_536, 131_072


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
        self._form = Form()
        self._foreign = False  # the bits are no SWD
        self._noise: _Span | None = None
        self._noise_kind = NOISE
        self._reset = _Span(0, 0, 0, 0)
        self._passed = 0  # number of the first cycle kept
        self._begin_piece()

    def _begin_piece(self) -> None:
        self._kept: list[Cycles] = []
        self._count = 0  # number of cycles kept
        self._at = 0  # place among them where framing goes on
        self._after_high = False  # a run of high cycles ends here
        self._retry: int | None = None  # place of the last packet after its acknowledge

    @property
    def settled(self) -> int | None:
        """No later record ends before this sample; None: all that was fed is decided."""
        if self._mode == IN_RESET:
            return self._reset.end
        if self._noise is not None:
            return self._noise.end
        place = self._at
        for cycles in self._kept:
            if place < len(cycles):
                return int(cycles.rise[place])
            place -= len(cycles)
        return None

    def feed(self, cycles: Cycles) -> list[WordColumns]:
        """Return the items that are certain."""
        found: list[WordColumns] = []
        for first in range(0, len(cycles), AT_MOST):
            found += self._feed(cycles.slice(first, first + AT_MOST))
        return found

    def _feed(self, cycles: Cycles) -> list[WordColumns]:
        self._kept.append(cycles)
        self._count += len(cycles)
        limit = self._count - LOOK_AHEAD
        if limit - self._at < AT_LEAST:
            return []
        window = Window(self._kept, last=False, end=0)
        found = list(self._items(window, limit))
        keep_from = max(self._at - CONTEXT, 0)
        self._kept = [window.cycles.slice(keep_from)]
        self._count -= keep_from
        self._passed += keep_from
        self._at -= keep_from
        if self._retry is not None:
            self._retry -= keep_from
        return found

    def pause(self, end: int) -> list[WordColumns]:
        """Return what is left of the items before a pause, which is known to be one at sample `end`."""
        found: list[WordColumns] = []
        if self._count:
            found += self._items(Window(self._kept, last=True, end=end), self._count)
        if self._mode == IN_RESET:
            found.append(self._end_reset())
        found += self._end_noise()
        if self._mode == SEARCHING and not self._foreign and self._run_start is None:
            self._mode = IN_STEP
        self._passed += self._count
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
        silence = window.rise(0) - self._run_start
        if window.length < 2 or silence > QUIET * (window.rise(1) - window.rise(0)):
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
        place = window.next_high(self._at)
        self._at = min(place, links.limit)
        if place >= links.limit:
            return
        if window.is_in_reset(place):
            self._mode = IN_RESET
            self._reset = _Span(window.rise(place), window.rise(place), 0, 0)
        elif window.requests >> place & 1:
            yield from self._packets(links, place)
        else:
            yield from self._no_packet(window, links, place)

    def _packets(self, links: Links, place: int) -> Iterator[WordColumns]:
        """Packets one after the other, as far as they follow each other and nothing changes."""
        packets, long, chain = self._form.chain(links, place)
        last = int(chain[-1])
        if (cut := links.cut(packets, last, bool(long[last]))) is not None:
            if len(chain) > 1:
                found = transfers(self._bus, packets, chain[:-1], long)
                self._form.follow(found)
                yield found
            yield from self._cut_off(packets, last, cut)
            return
        found = transfers(self._bus, packets, chain, long)
        self._form.follow(found)
        ends = packets.long_end if long[last] else packets.short_end
        self._at = min(int(ends[last]), links.window.length)
        self._retry = int(packets.short_end[last])
        yield found

    def _cut_off(self, packets: Packets, number: int, cut: int) -> Iterator[WordColumns]:
        """A packet that a line reset, a pause or the end of the run breaks off at place `cut`."""
        yield truncated(self._bus, packets, number, cut)
        self.broken += cut < packets.window.length
        self._at = cut
        self._retry = None

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
            packets = links.packets(self._form.turnaround)
            again = packets.proven[packets.ack[packets.proven] == OK]
            starts = packets.start[again]
            starts = starts[(starts >= retry) & (starts < place)]
            if len(starts):
                self._at = int(starts[0])
                return
        self._mode = SEARCHING
        mask, value = REQUEST_FRAME
        framed = window.host.ones >> place & mask == value
        self._noise_kind = BAD_REQUEST if framed else NOISE

    # Searching.

    def _searching(self, window: Window, links: Links) -> Iterator[WordColumns]:
        """Noise up to the first place where something is certain."""
        at = self._at
        starts = self._form.starts(links, self._foreign)
        proven, turnaround = min(
            ((_first(places, at), turnaround) for places, turnaround in starts),
            key=lambda start: start[0],  # of equal ones the first
        )
        run = int(np.searchsorted(window.reset_stop, at, side='right'))
        reset = max(int(window.reset_start[run]), at) if run < len(window.reset_start) else FAR
        code, kind, bits = window.first_code(at)
        idle = None if self._foreign else first_from(window.idle, at)
        place = min(proven, reset, code, FAR if idle is None else idle)
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
            self._form.turnaround = turnaround

    def _add_noise(self, window: Window, start: int, stop: int) -> None:
        high = places_of(window.host.ones >> start & (1 << stop - start) - 1, stop - start)
        if not len(high) or self._foreign:
            return
        first, last = start + int(high[0]), start + int(high[-1])
        if self._noise is None:
            self._noise = _Span(window.rise(first), 0, self._passed + first, 0)
        self._noise.end = window.fall(last)
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
        self._reset.end = window.fall(stop - 1)
        self._at = stop
        if stop < window.length:
            yield self._end_reset()

    def _end_reset(self) -> WordColumns:
        reset = self._reset
        self._mode = IN_STEP
        self._form.reset()
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
        end = window.fall(self._at - 1)
        return sequence(self._bus, kind, window.rise(start), end, bits)


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
