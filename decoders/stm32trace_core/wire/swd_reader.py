"""Clock cycles, many at a time, to SWD packets and sequences: `SwdFramer` at the speed that PulseView needs.

Nearly all that is clocked on SWD are whole packets, one after the other, in step. These are read here
as slices of the levels; whatever is not as plain as that is left to the framer, with the cycles before.
A property test holds the two to each other.

Sources: Arm IHI 0031 (ADIv5.2), B4.1 and B4.3.3.
"""

from .swd import (
    ACK_BITS,
    CONTEXT,
    CTRL_STAT_WRITE,
    DATA_BITS,
    DATA_PHASE,
    DEPTH,
    FAULT,
    IDLE,
    NO_REPLY,
    OK,
    REQUEST_BITS,
    REQUEST_RNW,
    REQUESTS,
    RESET_CLOCKS,
    SELECT_WRITE,
    TARGETSEL_WRITE,
    WAIT,
    SwdTransfer,
)
from .swd_framer import IN_STEP, SwdFramer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional, Tuple  # novm

    from .swd_framer import Item

TURNAROUND = 1  # clocks; with any other the framer reads

# Where the parts of a packet are, in cycles from its START. A bit of the target is read at the fall of
# the cycle before the one at whose rise the host reads it.
ACK_PLACE = REQUEST_BITS - 1 + TURNAROUND
SHORT_STOP = ACK_PLACE + ACK_BITS  # the packet ends here without a data phase
SHORT_END = SHORT_STOP + 1 + TURNAROUND  # the next may begin here
READ_STOP = SHORT_STOP + DATA_BITS
WRITE_STOP = SHORT_END + DATA_BITS
END = WRITE_STOP  # after either, the next may begin here

# A request has a low bit, its STOP. So a line reset that shares a cycle with a packet reaches at least so
# far before its START, or so far behind it.
STOP_PLACE = 6
RESET_BEFORE = RESET_CLOCKS - STOP_PLACE
RESET_BEHIND = STOP_PLACE + 1 + RESET_CLOCKS

PAUSE_S = 1.0  # a clock that stops for longer ends a packet
PAUSE_SAMPLES = 10000000  # the same where the sample rate is not known

WORD = (1 << DATA_BITS - 1) - 1
KEPT = 2 * CONTEXT  # cycles kept behind the place where framing goes on
MOST_KEPT = 4096  # cycles, before those that are not needed are dropped
DIGITS = bytes(bytearray([ord('0'), ord('1')] + [ord('?')] * 254))  # levels -> digits
FOLLOWED = (SELECT_WRITE, CTRL_STAT_WRITE)
NO_DATA = (WAIT, FAULT, NO_REPLY)


def pause_of(sample_rate: 'Optional[float]') -> 'int':
    """Return how many samples without an edge of the clock end a packet."""
    return int(sample_rate * PAUSE_S) if sample_rate else PAUSE_SAMPLES


def _levels(value: 'int', bits: 'int') -> 'bytes':
    """Return the bits of `value`, the least significant first, as bytes of 0 and 1."""
    return bytes(bytearray(value >> bit & 1 for bit in range(bits)))


REQUEST_OF = {_levels(request, REQUEST_BITS): request for request in REQUESTS}
ACK_OF = {_levels(ack, ACK_BITS): ack for ack in range(1 << ACK_BITS)}


class _Framer(SwdFramer):
    """A framer that can be put aside while packets follow each other."""

    @property
    def is_plain(self) -> 'bool':
        """Packets of the usual form may follow from here on."""
        return (
            self._mode == IN_STEP
            and self._turnaround == TURNAROUND
            and self._confirmed
            and not (self._after_high or self._foreign or self._noise)
        )

    @property
    def overrun(self) -> 'bool':
        """CTRL/STAT.ORUNDETECT: WAIT and FAULT are followed by data."""
        return self._overrun

    @property
    def places(self) -> 'Tuple[int, int, Optional[int]]':
        """Cycles of this piece; the number of the one to go on at, and where to look again if lost there."""
        return self._count, self._at, self._retry

    def resume(
        self,
        cycles: 'List[Tuple[int, int, int, int]]',
        at: 'int',
        retry: 'Optional[int]',
    ) -> 'List[Item]':
        """Go on in step at number `at` of `cycles`; return the items that they decide."""
        self._begin_piece()
        self._cycles = cycles
        self._at = at
        self._retry = retry
        found = self._items()
        self._forget()
        return found

    def stop(self) -> 'List[Item]':
        """Return what is open where a pause begins."""
        return self._finish(self._cycles[-1][2] + self._pause) if self._cycles else []

    def follow(self, packet: 'SwdTransfer') -> 'None':
        """Take note of a packet that was read elsewhere."""
        self._follow(packet)


class NeedMoreError(Exception):
    """So many cycles are needed that have not come yet.

    pending: for something that is complete, but for what follows.
    """

    def __init__(self, count: 'int', pending: 'bool' = False) -> 'None':
        Exception.__init__(self, count)
        self.count = count
        self.pending = pending


class SwdReader(object):
    """Clock cycles to SwdTransfer and SwdSequence, as by `SwdFramer`.

    The caller appends `wanted` cycles to `rises`, `hosts`, `falls` and `targets` (samples of the edges,
    SWDIO at each as 0 or 1), and then asks for `items`. The lists stay the same objects. A clock that stops
    decides something during the last of these cycles, and while `pending` during any: see `stop`.
    bus, pause, start: as of SwdFramer.
    """

    def __init__(self, bus: 'str', pause: 'int', start: 'int' = 0) -> 'None':
        self.rises = []  # type: List[int]
        self.hosts = bytearray()
        self.falls = []  # type: List[int]
        self.targets = bytearray()
        self.wanted = 1
        self.pending = False
        self._bus = bus
        self._pause = pause
        self._framer = _Framer(bus, pause, start)
        self._plain = False  # packets are read here, else by the framer
        self._known = 0  # so many of the cycles were looked at
        self._at = 0  # place where reading goes on
        self._retry = None  # type: Optional[int]
        self._begin = 0  # place of the first cycle after a pause
        self._stuck = -1  # place at which reading here was given up

    def items(self) -> 'List[Item]':
        """Return what the cycles decide that came since the last call."""
        found = []  # type: List[Item]
        if self._plain and self._has_pause():
            self._give_up(self._known, found)
            self._plain = False
        try:
            while True:
                if not self._plain:
                    self._feed(found)
                elif not self._packet(found):
                    self._give_up(len(self.rises), found)
        except NeedMoreError as missing:
            self._known = len(self.rises)
            self.wanted = missing.count - self._known
            self.pending = missing.pending or not self._plain
        if self._known > MOST_KEPT:
            self._drop()
        return found

    def stop(self) -> 'List[Item]':
        """Return what is decided by the clock having stopped for longer than a pause.

        What was asked for so far must have been taken; a clock that stopped high has a cycle without a fall,
        which is given as one that falls after the pause.
        """
        found = self.items()
        if self._plain:
            self._give_up(len(self.rises), found)
        found += self._framer.stop()
        self._look()
        self.wanted, self.pending = 1, False
        return found

    def finish(self, end: 'int') -> 'List[Item]':
        """Return what is open where the run ends, before sample `end`."""
        found = self.items()
        if self._plain:
            self._give_up(len(self.rises), found)
        return found + self._framer.finish(end)

    def _has_pause(self) -> 'bool':
        """Tell whether a clock phase since the last look may be a pause."""
        return self.falls[-1] - self.falls[max(self._known - 1, 0)] > self._pause

    def _drop(self) -> 'None':
        """Forget cycles that are far behind."""
        extra = min(self._at, self._known) - KEPT
        if extra <= 0:
            return
        for kept in (self.rises, self.hosts, self.falls, self.targets):
            del kept[:extra]
        self._known -= extra
        self._at -= extra
        self._begin -= extra
        self._stuck -= extra
        if self._retry is not None:
            self._retry -= extra

    # The framer reads.

    def _feed(self, found: 'List[Item]') -> 'None':
        """Give the framer the next cycle."""
        number = self._known
        self._need(number + 1)
        found += self._framer.cycle(
            self.rises[number], self.hosts[number], self.falls[number], self.targets[number]
        )
        self._known += 1
        self._look()

    def _look(self) -> 'None':
        """See where the framer is, and go on there if packets may follow each other."""
        count, at, retry = self._framer.places
        self._begin = self._known - count
        self._at = self._begin + at
        self._retry = None if retry is None else self._begin + retry
        self._plain = self._at > self._stuck and self._framer.is_plain

    def _give_up(self, known: 'int', found: 'List[Item]') -> 'None':
        """Let the framer go on with the first `known` cycles."""
        first = max(self._at - KEPT, self._begin, 0)
        cycles = list(
            zip(
                self.rises[first:known], self.hosts[first:known], self.falls[first:known],
                self.targets[first:known],
            )
        )  # fmt: skip
        retry = None if self._retry is None or self._retry < first else self._retry - first
        self._stuck = self._at
        self._known = known
        found += self._framer.resume(cycles, self._at - first, retry)
        self._look()

    # Packets are read here.

    def _need(self, count: 'int', pending: 'bool' = False) -> 'None':
        if len(self.rises) < count:
            raise NeedMoreError(count, pending)

    def _packet(self, found: 'List[Item]') -> 'bool':
        """Read the packet that comes next; False: what comes is for the framer."""
        hosts = self.hosts
        place = hosts.find(1, self._at)
        if place < 0:
            self._at = max(self._at, len(hosts))
            raise NeedMoreError(self._at + REQUEST_BITS)
        self._at = place
        self._need(place + REQUEST_BITS)
        request = self._request(place)
        before = max(place - RESET_BEFORE, 0)
        if request == TARGETSEL_WRITE or (place and hosts.rfind(0, before, place) < 0):
            return False
        self._need(place + SHORT_STOP)
        ack = self._ack(place)
        if ack == OK:
            return self._with_data(found, place, request)
        self._need(place + SHORT_STOP + 1)
        if ack not in NO_DATA or self._framer.overrun or not self._is_short(place):
            return False
        end = self.rises[place + SHORT_STOP]
        found.append(SwdTransfer(self.rises[place], end, self._bus, request, ack, 0, 0))
        self._at = self._retry = place + SHORT_END
        return True

    def _with_data(self, found: 'List[Item]', place: 'int', request: 'int') -> 'bool':
        """Read a packet with the acknowledge OK."""
        if request & REQUEST_RNW:
            stop = place + READ_STOP
            self._need(stop)
            self._need(stop + 1)
            end = self.rises[stop]
        else:
            stop = place + WRITE_STOP
            self._need(stop)
            end = self.falls[stop - 1]
        bits = self._data(place, request)
        if bits.count(1) & 1 or self._may_be_reset(place, stop):
            return False
        data = int(bits[::-1].translate(DIGITS), 2) & WORD
        packet = SwdTransfer(self.rises[place], end, self._bus, request, OK, data, DATA_PHASE)
        found.append(packet)
        self._at = place + END
        self._retry = place + SHORT_END
        if request in FOLLOWED:
            self._framer.follow(packet)
            return self._framer.is_plain
        return True

    def _request(self, place: 'int') -> 'int':
        """Return the request at `place`; TARGETSEL_WRITE, which is for the framer, where none is legal."""
        return REQUEST_OF.get(bytes(self.hosts[place : place + REQUEST_BITS]), TARGETSEL_WRITE)

    def _ack(self, place: 'int') -> 'int':
        return ACK_OF[bytes(self.targets[place + ACK_PLACE : place + SHORT_STOP])]

    def _data(self, place: 'int', request: 'int') -> 'bytearray':
        """Return the levels of data and parity."""
        if request & REQUEST_RNW:
            return self.targets[place + SHORT_STOP : place + READ_STOP]
        return self.hosts[place + SHORT_END : place + WRITE_STOP]

    def _may_be_reset(self, place: 'int', stop: 'int') -> 'bool':
        """Tell whether the packet's last cycles may be the first ones of a line reset."""
        hosts = self.hosts
        if not hosts[stop - 1] or hosts.find(0, stop, place + RESET_BEHIND) >= 0:
            return False
        self._need(min(len(hosts) + 1, place + RESET_BEHIND), True)
        return True

    def _is_short(self, place: 'int') -> 'bool':
        """Tell whether the packet at `place`, without OK, is certain to have no data phase.

        It has none if nothing can follow a data phase, or if enough follows the acknowledge.
        """
        start = self.hosts.find(1, place + END, place + END + IDLE)
        self._need(place + END + IDLE if start < 0 else start + REQUEST_BITS, True)
        if start >= 0 and self._is_nothing(start):
            return True
        return self._is_followed(place + SHORT_END)

    def _is_nothing(self, start: 'int') -> 'bool':
        """Tell whether neither a packet nor a line reset can be where a high cycle follows idle ones."""
        stop = start + REQUEST_BITS
        if bytes(self.hosts[start:stop]) in REQUEST_OF:
            return False
        hosts = self.hosts
        return (
            hosts.find(0, start, stop) >= 0
            and hosts.rfind(0, max(stop - RESET_CLOCKS, 0), start) >= 0
        )

    def _is_followed(self, at: 'int') -> 'bool':
        """Tell whether so much follows from `at` on that proves that a packet ends there."""
        for _ in range(DEPTH):
            start = self.hosts.find(1, at, at + IDLE)
            if start < 0:
                self._need(at + IDLE, True)
                return True
            at = self._good_end(start)
            if not at:
                return False
        return True

    def _good_end(self, start: 'int') -> 'int':
        """Return where the next packet may begin after the one at `start`, 0 where none is good."""
        self._need(start + REQUEST_BITS, True)
        request = self._request(start)
        if request == TARGETSEL_WRITE:
            return 0
        self._need(start + SHORT_STOP, True)
        ack = self._ack(start)
        if ack != OK:
            return start + SHORT_END if ack in NO_DATA else 0
        self._need(start + (READ_STOP if request & REQUEST_RNW else WRITE_STOP), True)
        return 0 if self._data(start, request).count(1) & 1 else start + END
