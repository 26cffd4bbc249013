"""Clock cycles, one by one, to SWD packets and sequences: for PulseView, and as the oracle of tests.

The analyzer's column decoder (stm32trace.line.swd) finds the same in the same bits.

The way: swd_spikes (cycles without spikes, if the caller wants to) -> swd_cycles (their bits) -> swd_packets
(what they could be) -> here (what they are).

Sources: Arm IHI 0031 (ADIv5.2), B4.1 and B4.3.3; B5.2 and B5.3 (SWJ-DP, dormant state).
"""

from .swd import (
    BAD_PARITY,
    BAD_REQUEST,
    CONTEXT,
    CUT_OFF,
    DATA_PHASE,
    FAULT,
    HIGH,
    HIGH_CLOCKS,
    IDLE,
    LEAVE_SWD,
    LINE_RESET,
    NO_REPLY,
    NOISE,
    OK,
    QUIET,
    REQUEST_BITS,
    REQUEST_FRAME,
    RESET_CLOCKS,
    TRUNCATED,
    WAIT,
    SwdSequence,
    SwdTransfer,
)
from .swd_cycles import NotYetError
from .swd_packets import SwdPackets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Union  # novm

    from .swd_cycles import Code
    from .swd_packets import Packet

    Item = Union[SwdTransfer, SwdSequence]

IN_STEP, SEARCHING, IN_RESET = 'in step', 'searching', 'in reset'


class SwdFramer(SwdPackets):
    """Clock cycles, one by one, to SwdTransfer and SwdSequence.

    Three modes. IN_STEP: the next high cycle begins an item. SEARCHING: it is not known where a
    packet could begin; the first proven one, a line reset, a code or IDLE low cycles tell. IN_RESET: a
    line reset goes on. What is neither item nor idle is noise.

    A decision that depends on what follows is made when that has come. pause: number of samples
    without a clock edge, more of which end a packet; start: sample at which the run begins.
    """

    def __init__(self, bus: 'str', pause: 'int', start: 'int' = 0) -> 'None':
        SwdPackets.__init__(self)
        self.bus = bus
        self.broken = 0  # packets that were cut off, or after which the next START was missing
        self._pause = pause
        self._start = start
        self._mode = None  # type: Optional[str]
        self._foreign = False  # the bits are no SWD
        self._confirmed = False  # by an answer or a line reset: the turnaround

    def _begin_piece(self) -> 'None':
        SwdPackets._begin_piece(self)
        self._wanted = 0  # number of the cycle that the next decision needs
        self._after_high = False
        self._retry = None  # type: Optional[int]
        self._noise = []  # type: List[int]  # numbers of the high cycles
        self._noise_start = self._noise_end = 0
        self._noise_kind = NOISE
        self._reset_start = self._reset_bits = 0

    def cycle(self, rise: 'int', host: 'int', fall: 'int', target: 'int') -> 'List[Item]':
        """Take a clock cycle: samples of its edges, SWDIO at each; return the items it decides."""
        found = []  # type: List[Item]
        if self._cycles and rise - self._cycles[-1][2] > self._pause:
            found += self._finish(self._cycles[-1][2] + self._pause)
        if fall - rise > self._pause:
            self._cycles.append((rise, host, rise + self._pause, host))
            return found + self._finish(rise + self._pause)
        self._cycles.append((rise, host, fall, target))
        if self._count > self._wanted:
            found += self._items()
            self._forget()
        return found

    def finish(self, end: 'int') -> 'List[Item]':
        """Return what is open where the run ends, before sample `end`."""
        return self._finish(min(end, self._cycles[-1][2] + self._pause) if self._cycles else end)

    def _finish(self, end: 'int') -> 'List[Item]':
        if not self._cycles:
            return []
        self._end = end
        found = self._items()
        if self._mode == IN_RESET:
            found += self._end_reset()
        found += self._end_noise()
        if not self._foreign:
            self._mode = IN_STEP
        self._begin_piece()
        return found

    def _items(self) -> 'List[Item]':
        """Return the items that can be decided."""
        found = []  # type: List[Item]
        try:
            if self._mode is None:
                self._mode = self._first_mode()
            while self._at < self._count:
                if self._mode == IN_STEP:
                    found += self._in_step()
                elif self._mode == SEARCHING:
                    found += self._searching()
                else:
                    found += self._in_reset()
            self._wanted = self._at
        except NotYetError as missing:
            self._wanted = missing.place
        return found

    def _first_mode(self) -> 'str':
        if self._end is not None and self._count < 2:
            return IN_STEP
        first, second = self._rise(0), self._rise(1)
        return IN_STEP if first - self._start > QUIET * (second - first) else SEARCHING

    def _in_step(self) -> 'List[Item]':
        if self._after_high:
            code = self._code(self._at)
            self._after_high = False
            if code:
                return self._switch(code)
        while not self._host(self._at):
            if not self._has(self._at):
                return []
            self._at += 1
        place = self._at
        if self._reset_begin(place) is not None:
            self._mode = IN_RESET
            self._reset_start, self._reset_bits = self._rise(place), 0
            return []
        packet = self._packet_in_step(place)
        if packet is not None:
            return [self._transfer(packet)]
        high = self._high(place, RESET_CLOCKS)
        if high >= HIGH_CLOCKS:
            found = [self._sequence(HIGH, high)]
            self._after_high = True
            return found
        if not self._has(place + REQUEST_BITS - 1):
            self._at = self._count  # an unfinished request: nothing is known of it
            return []
        self._lose(place)
        return []

    def _packet_in_step(self, place: 'int') -> 'Optional[Packet]':
        """Return the packet whose START is at `place`; its turnaround may be another than the one assumed."""
        packet = self._packet(place)
        if packet is None or self._confirmed or packet.ack in (OK, WAIT, FAULT):
            return packet
        other = self._other_turnaround(place)
        if other is None:
            return packet
        self._turnaround = other
        return self._packet(place)

    def _lose(self, place: 'int') -> 'None':
        """No START where one should be: look for one, first within the data of the last packet."""
        if self._retry is not None and place - self._retry < CONTEXT:
            for again in range(self._retry, place):
                packet = self._proven(again)
                if packet is not None and packet.ack == OK:
                    self.broken += 1
                    self._at, self._retry = again, None
                    return
        self._retry = None
        self.broken += 1
        self._mode = SEARCHING
        mask, value = REQUEST_FRAME
        framed = self._word(self._host, place, REQUEST_BITS) & mask == value
        self._noise_kind = BAD_REQUEST if framed else NOISE

    def _transfer(self, packet: 'Packet') -> 'SwdTransfer':
        """Return the packet as a record; framing goes on after it."""
        is_long = self._is_long(packet)
        stop = packet.long_stop if is_long else packet.short_stop
        cut = self._cut(packet, is_long, stop)
        start = self._rise(packet.place)
        if cut is not None:
            end = self._rise(cut)
            ack = packet.ack if packet.short_stop <= cut else CUT_OFF
            self.broken += cut < self._count
            self._at, self._retry = cut, None
            return SwdTransfer(start, end, self.bus, packet.request, ack, 0, TRUNCATED)
        by_host = is_long and not packet.is_read
        end = self._fall(stop - 1) if by_host else self._rise(stop)
        word = self._data(packet) if is_long else 0
        flags = DATA_PHASE if is_long else 0
        if packet.sure and not self._parity_fits(packet):
            flags |= BAD_PARITY
        data = word & 0xFFFFFFFF
        found = SwdTransfer(start, end, self.bus, packet.request, packet.ack, data, flags)
        self._follow(found)
        self._confirmed |= found.ack == OK and not flags & BAD_PARITY
        self._at = packet.long_end if is_long else packet.short_end
        self._retry = packet.short_end
        return found

    def _cut(self, packet: 'Packet', is_long: 'bool', stop: 'int') -> 'Optional[int]':
        """Return where a line reset or the end of the piece breaks the packet off, None: neither."""
        if is_long:
            for place in range(packet.place, stop):
                begin = self._reset_begin(place) if self._has(place) else None
                if begin is not None:
                    enough = stop + RESET_CLOCKS - place  # for its own bits and a line reset
                    own = self._high(place, enough) == enough
                    if own and (not packet.sure or self._parity_fits(packet)):
                        break
                    return max(begin, packet.place + REQUEST_BITS)
        return None if self._has(stop - 1) else self._count

    def _searching(self) -> 'List[Item]':
        """Take one cycle as noise, or find where something is certain."""
        place = self._at
        code = self._code(place)
        idle = not self._foreign and self._is_idle(place)
        if not code and not idle:
            if self._is_start(place):
                self._foreign = False
            elif self._reset_begin(place) is None:
                self._add_noise(place)
                self._at += 1
                return []
        found = self._end_noise()
        self._mode = IN_STEP
        if code:
            found += self._switch(code)
        elif idle:
            self._at += IDLE
        return found

    def _is_start(self, place: 'int') -> 'bool':
        """Tell whether a packet begins here for certain; take note of its turnaround."""
        packet = self._proven(place)
        if packet is not None and packet.ack != NO_REPLY:
            return True
        other = None if self._foreign else self._other_turnaround(place)
        if other is None:
            return packet is not None
        self._turnaround = other  # it explains with answers what else would be none
        return True

    def _add_noise(self, place: 'int') -> 'None':
        if self._host(place) and not self._foreign:
            if not self._noise:
                self._noise_start = self._rise(place)
            self._noise_end = self._fall(place)
            self._noise.append(place)

    def _end_noise(self) -> 'List[Item]':
        noise, self._noise = self._noise, []
        kind, self._noise_kind = self._noise_kind, NOISE
        if not noise:
            return []
        bits = noise[-1] + 1 - noise[0]
        if HIGH_CLOCKS <= bits == len(noise):
            kind = HIGH
        return [SwdSequence(self._noise_start, self._noise_end, self.bus, kind, bits)]

    def _in_reset(self) -> 'List[Item]':
        if self._host(self._at):
            self._reset_bits += 1
            self._at += 1
            return []
        return self._end_reset()

    def _end_reset(self) -> 'List[Item]':
        self._mode = IN_STEP
        self._turnaround = 1
        self._confirmed = True
        self._bank = 0
        self._foreign = False
        self._after_high = True
        self._retry = None
        end = self._fall(self._at - 1)
        return [SwdSequence(self._reset_start, end, self.bus, LINE_RESET, self._reset_bits)]

    def _switch(self, codes: 'List[Code]') -> 'List[Item]':
        """Return codes as records; they change the mode."""
        found = []  # type: List[Item]
        for place, kind, bits in codes:
            self._at = place
            found.append(self._sequence(kind, bits))
            self._foreign = kind in LEAVE_SWD
        self._mode = SEARCHING if self._foreign else IN_STEP
        return found

    def _sequence(self, kind: 'str', bits: 'int') -> 'Item':
        """Return the sequence of `bits` cycles that begins here; framing goes on after it."""
        start, self._at = self._at, self._at + bits
        self._retry = None
        return SwdSequence(self._rise(start), self._fall(self._at - 1), self.bus, kind, bits)
