"""Clock cycles, one by one, to SWD packets and sequences: for PulseView, and as the oracle of tests.

The analyzer's column decoder (stm32trace.line.swd) finds the same in the same bits.

Sources: Arm IHI 0031 (ADIv5.2), B4.1 and B4.3.3; B5.2 and B5.3 (SWJ-DP, dormant state).
"""

from .swd import (
    ACK_BITS,
    ACTIVATION_CODES,
    ACTIVATION_GAP,
    BAD_PARITY,
    BAD_REQUEST,
    CODE_HIGH,
    CODES,
    CONTEXT,
    CTRL_STAT_WRITE,
    CUT_OFF,
    DATA_BITS,
    DATA_PHASE,
    DEPTH,
    DLCR_BANK,
    DPBANKSEL,
    FAULT,
    HIGH,
    HIGH_CLOCKS,
    IDLE,
    LEAVE_SWD,
    LINE_RESET,
    NO_REPLY,
    NOISE,
    OK,
    ORUNDETECT,
    QUIET,
    REQUEST_BITS,
    REQUEST_FRAME,
    REQUEST_RNW,
    REQUESTS,
    RESET_CLOCKS,
    SELECT_WRITE,
    SELECTION_ALERT,
    TARGETSEL_WRITE,
    TRUNCATED,
    TURNROUND,
    TURNROUND_SHIFT,
    WAIT,
    SwdSequence,
    SwdTransfer,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Iterator, List, Optional, Tuple, Union  # novm

    Item = Union[SwdTransfer, SwdSequence]

IN_STEP, SEARCHING, IN_RESET = 'in step', 'searching', 'in reset'


class NotYetError(Exception):
    """A clock cycle that a decision needs has not come yet."""

    def __init__(self, place: 'int') -> 'None':
        Exception.__init__(self, place)
        self.place = place


class Packet(object):
    """A request at `place` (a number of a cycle) and what comes after it."""

    def __init__(self, place: 'int', request: 'int', ack: 'int', turnaround: 'int') -> 'None':
        self.place = place
        self.request = request
        self.ack = ack
        self.is_read = bool(request & REQUEST_RNW)
        self.sure = ack == OK or request == TARGETSEL_WRITE  # it has a data phase
        # Where the acknowledge ends, and where the next START may be without a data phase. A bit of
        # the target is read at the fall of the cycle before the one at whose rise the host reads it.
        self.short_stop = place + REQUEST_BITS - 1 + turnaround + ACK_BITS
        self.short_end = self.short_stop + 1 + turnaround
        self.data_start = self.short_stop if self.is_read else self.short_end
        self.long_stop = self.data_start + DATA_BITS
        self.long_end = self.short_end + DATA_BITS


class SwdFramer(object):
    """Clock cycles, one by one, to SwdTransfer and SwdSequence.

    Three modes. IN_STEP: the next high cycle begins an item. SEARCHING: it is not known where a
    packet could begin; the first proven one, a line reset, a code or IDLE low cycles tell. IN_RESET: a
    line reset goes on. What is neither item nor idle is noise.

    A decision that depends on what follows is made when that has come. pause: number of samples
    without a clock edge, more of which end a packet; start: sample at which the run begins.
    """

    def __init__(self, bus: 'str', pause: 'int', start: 'int' = 0) -> 'None':
        self.bus = bus
        self.broken = 0  # packets that were cut off, or after which the next START was missing
        self._pause = pause
        self._start = start
        self._mode = None  # type: Optional[str]
        self._turnaround = 1
        self._overrun = False  # CTRL/STAT.ORUNDETECT, as far as known
        self._bank = 0  # SELECT.DPBANKSEL
        self._foreign = False  # the bits are no SWD
        self._begin_piece()

    def _begin_piece(self) -> 'None':
        self._cycles = []  # type: List[Tuple[int, int, int, int]]  # rise, host, fall, target
        self._first = 0  # number of the first cycle kept
        self._at = 0  # number of the cycle where framing goes on
        self._wanted = 0  # number of the cycle that the next decision needs
        self._end = None  # type: Optional[int]  # sample at which the piece ends
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

    def _forget(self) -> 'None':
        """Keep what lies ahead, and CONTEXT."""
        extra = self._at - CONTEXT - self._first
        if extra > CONTEXT:
            del self._cycles[:extra]
            self._first += extra

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

    # What the cycles say. Places are numbers of cycles of the piece.

    @property
    def _count(self) -> 'int':
        return self._first + len(self._cycles)

    def _has(self, place: 'int') -> 'bool':
        if place < self._count:
            return True
        if self._end is None:
            raise NotYetError(place)
        return False

    def _rise(self, place: 'int') -> 'int':
        if self._has(place):
            return self._cycles[place - self._first][0]
        assert self._end is not None
        return self._end

    def _host(self, place: 'int') -> 'int':
        return self._cycles[place - self._first][1] if self._has(place) else 0

    def _fall(self, place: 'int') -> 'int':
        return self._cycles[place - self._first][2]

    def _target(self, place: 'int') -> 'int':
        return self._cycles[place - self._first][3] if self._has(place) else 0

    def _word(self, bit: 'Callable[[int], int]', place: 'int', bits: 'int') -> 'int':
        return sum(bit(place + number) << number for number in range(bits))

    def _code(self, place: 'int') -> 'List[Tuple[int, str, int]]':
        """Return (place, kind, bits) of the code at `place`, and of what activates after an alert."""
        high = 0
        while high < CODE_HIGH and place - high > self._first and self._host(place - high - 1):
            high += 1
        for value, bits, kind, least in CODES:
            if high >= least and self._is(place, value, bits):
                alert = kind == SELECTION_ALERT
                found = self._activation(place + bits + ACTIVATION_GAP) if alert else []
                return [(place, kind, bits)] + found
        return []

    def _activation(self, place: 'int') -> 'List[Tuple[int, str, int]]':
        for value, bits, kind in ACTIVATION_CODES:
            if self._is(place, value, bits):
                return [(place, kind, bits)]
        return []

    def _is(self, place: 'int', value: 'int', bits: 'int') -> 'bool':
        for number in range(bits):
            if self._host(place + number) != value >> number & 1 or not self._has(place + number):
                return False
        return True

    def _high(self, place: 'int', most: 'int') -> 'int':
        """Return the number of high cycles from `place` on, at most `most`."""
        high = 0
        while high < most and self._host(place + high):
            high += 1
        return high

    def _reset_begin(self, place: 'int') -> 'Optional[int]':
        """Return where the line reset begins that the cycle `place` is a part of, None: of none."""
        if not self._host(place):
            return None
        begin = place
        while begin > self._first and self._host(begin - 1):
            begin -= 1
        clocks = place - begin + self._high(place, RESET_CLOCKS)
        return begin if clocks >= RESET_CLOCKS else None

    def _packet(self, place: 'int') -> 'Optional[Packet]':
        """Return the packet whose START is at `place`, None if no legal request is there."""
        if not self._host(place) or not self._has(place + REQUEST_BITS - 1):
            return None
        request = self._word(self._host, place, REQUEST_BITS)
        if request not in REQUESTS:
            return None
        ack = self._word(self._target, place + REQUEST_BITS - 1 + self._turnaround, ACK_BITS)
        return Packet(place, request, ack, self._turnaround)

    def _data(self, packet: 'Packet') -> 'int':
        """Return data and parity as one number."""
        bit = self._target if packet.is_read else self._host
        return self._word(bit, packet.data_start, DATA_BITS)

    def _parity_fits(self, packet: 'Packet') -> 'bool':
        return bin(self._data(packet)).count('1') % 2 == 0

    # What fits.

    def _good(self, packet: 'Packet') -> 'bool':
        if packet.sure:
            return not self._has(packet.long_stop - 1) or self._parity_fits(packet)
        return not self._has(packet.short_stop - 1) or packet.ack in (WAIT, FAULT, NO_REPLY)

    def _after(self, stop: 'int', end: 'int') -> 'Union[bool, Packet]':
        """Return the packet that follows from `end` on, True: another good end, False: neither."""
        place = end
        while place < end + IDLE and not self._host(place):
            if not self._has(place):
                return stop <= self._count
            place += 1
        if place == end + IDLE or self._reset_begin(place) is not None:
            return True
        return self._packet(place) or False

    def _afters(self, packet: 'Packet') -> 'Iterator[Union[bool, Packet]]':
        yield self._after(packet.long_stop, packet.long_end)
        if not packet.sure:
            yield self._after(packet.short_stop, packet.short_end)

    def _chain(self, packet: 'Packet', depth: 'int') -> 'bool':
        """Tell whether `depth` good packets begin here, or fewer and then a good end."""
        if not self._good(packet):
            return False
        return depth == 1 or any(
            self._chain(after, depth - 1) if isinstance(after, Packet) else after
            for after in self._afters(packet)
        )

    def _unanswered(self, packet: 'Packet', depth: 'int') -> 'bool':
        """Tell whether `depth` good packets without OK begin here."""
        if packet.sure or not self._good(packet):
            return False
        return depth == 1 or any(
            isinstance(after, Packet) and self._unanswered(after, depth - 1)
            for after in self._afters(packet)
        )

    def _strength(self, after: 'Union[bool, Packet]') -> 'int':
        if isinstance(after, Packet):
            return sum(self._chain(after, depth) for depth in range(1, DEPTH + 1))
        return DEPTH if after else 0

    def _is_long(self, packet: 'Packet') -> 'bool':
        """Tell whether the packet has a data phase; without OK what follows decides."""
        if packet.sure:
            return True
        short = self._strength(self._after(packet.short_stop, packet.short_end))
        if self._has(packet.long_stop - 1):
            long_ = self._strength(self._after(packet.long_stop, packet.long_end))
        else:
            long_ = 1
        return (long_ > 0 or short == 0) if self._overrun else long_ > short

    def _proven(self, place: 'int') -> 'Optional[Packet]':
        """Return the packet at `place` if it is one even where nothing is known of what was before."""
        packet = self._packet(place)
        if packet is None:
            return None
        if packet.ack == OK and self._has(packet.long_stop - 1):
            return packet if self._chain(packet, DEPTH) else None
        return packet if self._unanswered(packet, DEPTH) else None

    # Modes.

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
        packet = self._packet(place)
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

    def _follow(self, found: 'SwdTransfer') -> 'None':
        """Take note of a write that changes the form of what follows."""
        if found.ack != OK or found.flags & BAD_PARITY:
            return
        if found.request == SELECT_WRITE:
            self._bank = found.data & DPBANKSEL
        elif found.request == CTRL_STAT_WRITE and self._bank == DLCR_BANK:
            self._turnaround = (found.data >> TURNROUND_SHIFT & TURNROUND) + 1
        elif found.request == CTRL_STAT_WRITE and self._bank == 0:
            self._overrun = bool(found.data & ORUNDETECT)

    def _searching(self) -> 'List[Item]':
        """Take one cycle as noise, or find where something is certain."""
        place = self._at
        code = self._code(place)
        idle = not self._foreign and self._is_idle(place)
        if not code and not idle:
            if self._proven(place) is not None:
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

    def _is_idle(self, place: 'int') -> 'bool':
        return all(
            not self._host(place + number) and self._has(place + number) for number in range(IDLE)
        )

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
        self._bank = 0
        self._foreign = False
        self._after_high = True
        self._retry = None
        end = self._fall(self._at - 1)
        return [SwdSequence(self._reset_start, end, self.bus, LINE_RESET, self._reset_bits)]

    def _switch(self, codes: 'List[Tuple[int, str, int]]') -> 'List[Item]':
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
