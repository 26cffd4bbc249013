"""Which SWD packets the bits of clock cycles could be, and how well one fits what follows.

Source: Arm IHI 0031 (ADIv5.2), B4.1.
"""

from .swd import (
    ACK_BITS,
    BAD_PARITY,
    CTRL_STAT_WRITE,
    DATA_BITS,
    DEPTH,
    DLCR_BANK,
    DPBANKSEL,
    FAULT,
    IDLE,
    NO_REPLY,
    OK,
    ORUNDETECT,
    REQUEST_BITS,
    REQUEST_RNW,
    REQUESTS,
    SELECT_WRITE,
    TARGETSEL_WRITE,
    TURNAROUNDS,
    TURNROUND,
    TURNROUND_SHIFT,
    WAIT,
)
from .swd_cycles import SwdCycles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, Optional, Union  # novm

    from .swd import SwdTransfer


class Packet(object):
    """A request at `place` (a number of a cycle) and what comes after it."""

    def __init__(self, place: 'int', request: 'int', ack: 'int', turnaround: 'int') -> 'None':
        self.place = place
        self.request = request
        self.ack = ack
        self.turnaround = turnaround
        self.is_read = bool(request & REQUEST_RNW)
        self.sure = ack == OK or request == TARGETSEL_WRITE  # it has a data phase
        # Where the acknowledge ends, and where the next START may be without a data phase. A bit of
        # the target is read at the fall of the cycle before the one at whose rise the host reads it.
        self.short_stop = place + REQUEST_BITS - 1 + turnaround + ACK_BITS
        self.short_end = self.short_stop + 1 + turnaround
        self.data_start = self.short_stop if self.is_read else self.short_end
        self.long_stop = self.data_start + DATA_BITS
        self.long_end = self.short_end + DATA_BITS


class SwdPackets(SwdCycles):
    """The cycles of a piece, read as packets; and what writes before them said of their form."""

    def __init__(self) -> 'None':
        SwdCycles.__init__(self)
        self._turnaround = 1
        self._overrun = False  # CTRL/STAT.ORUNDETECT, as far as known
        self._bank = 0  # SELECT.DPBANKSEL

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

    def _packet(self, place: 'int', turnaround: 'Optional[int]' = None) -> 'Optional[Packet]':
        """Return the packet whose START is at `place`, None if no legal request is there.

        turnaround: in clocks; None: the one that is known.
        """
        if not self._host(place) or not self._has(place + REQUEST_BITS - 1):
            return None
        request = self._word(self._host, place, REQUEST_BITS)
        if request not in REQUESTS:
            return None
        turnaround = turnaround or self._turnaround
        ack = self._word(self._target, place + REQUEST_BITS - 1 + turnaround, ACK_BITS)
        return Packet(place, request, ack, turnaround)

    def _data(self, packet: 'Packet') -> 'int':
        """Return data and parity as one number."""
        bit = self._target if packet.is_read else self._host
        return self._word(bit, packet.data_start, DATA_BITS)

    def _parity_fits(self, packet: 'Packet') -> 'bool':
        return bin(self._data(packet)).count('1') % 2 == 0

    def _good(self, packet: 'Packet') -> 'bool':
        if packet.sure:
            return not self._has(packet.long_stop - 1) or self._parity_fits(packet)
        return not self._has(packet.short_stop - 1) or packet.ack in (WAIT, FAULT, NO_REPLY)

    def _after(self, packet: 'Packet', stop: 'int', end: 'int') -> 'Union[bool, Packet]':
        """Return the packet that follows from `end` on, True: another good end, False: neither."""
        place = end
        while place < end + IDLE and not self._host(place):
            if not self._has(place):
                return stop <= self._count
            place += 1
        if place == end + IDLE or self._reset_begin(place) is not None:
            return True
        return self._packet(place, packet.turnaround) or False

    def _after_long(self, packet: 'Packet') -> 'Union[bool, Packet]':
        return self._after(packet, packet.long_stop, packet.long_end)

    def _after_short(self, packet: 'Packet') -> 'Union[bool, Packet]':
        return self._after(packet, packet.short_stop, packet.short_end)

    def _afters(self, packet: 'Packet') -> 'Iterator[Union[bool, Packet]]':
        yield self._after_long(packet)
        if not packet.sure:
            yield self._after_short(packet)

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

    def _answered(self, packet: 'Packet', depth: 'int') -> 'bool':
        """Tell whether `depth` complete packets begin here that are all answered OK, with the right parity."""
        if packet.ack != OK or not self._has(packet.long_stop - 1) or not self._parity_fits(packet):
            return False
        if depth == 1:
            return True
        after = self._after_long(packet)
        return isinstance(after, Packet) and self._answered(after, depth - 1)

    def _strength(self, after: 'Union[bool, Packet]') -> 'int':
        if isinstance(after, Packet):
            return sum(self._chain(after, depth) for depth in range(1, DEPTH + 1))
        return DEPTH if after else 0

    def _is_long(self, packet: 'Packet') -> 'bool':
        """Tell whether the packet has a data phase; without OK what follows decides."""
        if packet.sure:
            return True
        short = self._strength(self._after_short(packet))
        long_ = 1
        if self._has(packet.long_stop - 1):
            long_ = self._strength(self._after_long(packet))
        return (long_ > 0 or short == 0) if self._overrun else long_ > short

    def _proven(self, place: 'int') -> 'Optional[Packet]':
        """Return the packet at `place` if it is one even where nothing is known of what was before."""
        packet = self._packet(place)
        if packet is None:
            return None
        if packet.ack == OK and self._has(packet.long_stop - 1):
            return packet if self._chain(packet, DEPTH) else None
        return packet if self._unanswered(packet, DEPTH) else None

    def _other_turnaround(self, place: 'int') -> 'Optional[int]':
        """Return another turnaround that is proven by the packets from `place` on, None if none is.

        What was said of it may lie before the capture. DEPTH answers of OK with the right parity are
        asked for, as another turnaround makes WAIT and FAULT of bits that are something else.
        """
        for turnaround in TURNAROUNDS:
            if turnaround != self._turnaround:
                packet = self._packet(place, turnaround)
                if packet is None:
                    return None
                if self._answered(packet, DEPTH):
                    return turnaround
        return None
