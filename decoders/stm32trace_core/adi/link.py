"""SWD packets in numbers: runs of one acknowledge, parity errors, new beginnings, and the sum of it all.

What rules see of a link that carries packets by the million. Source: Arm IHI 0031 (ADIv5.2), B4.2
(acknowledge, parity) and B4.3 (line reset). Two kinds of packets take no part in what is said of
acknowledges: writes of TARGETSEL, which no target acknowledges (B4.3.4), and packets that are cut off.
Both count as packets. A data phase after WAIT or FAULT (ORUNDETECT) carries nothing, so its parity is
not judged. ORUNDETECT survives a line reset: CTRL/STAT of a public capture still has it right after one.
"""

from ..machine import TRANSACTION, Machine
from ..wire.swd import (
    ALL_ZERO,
    BAD_PARITY,
    BAD_REQUEST,
    DATA_PHASE,
    FAULT,
    HIGH,
    LINE_RESET,
    NO_REPLY,
    NOISE,
    OK,
    TRUNCATED,
    WAIT,
    SwdSequence,
    SwdTransfer,
)
from .records import DP, RUN_MARKS, AckRun, LinkReset, LinkStats, ParityError
from .registers import CTRL_STAT, DP_BANKED, SELECT, TARGETSEL, request_byte

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Union  # novm

    Said = Union[AckRun, ParityError, LinkReset, LinkStats]

TARGETSEL_WRITE = request_byte(DP, False, TARGETSEL.offset)
SELECT_WRITE = request_byte(DP, False, SELECT.offset)
BANKED_WRITE = request_byte(DP, False, DP_BANKED)
BANKED_READ = request_byte(DP, True, DP_BANKED)
WATCHED = frozenset([TARGETSEL_WRITE, SELECT_WRITE, BANKED_WRITE, BANKED_READ])

DPBANKSEL = SELECT.field('DPBANKSEL')
ORUNDETECT = CTRL_STAT.field('ORUNDETECT')

COUNTED = (WAIT, FAULT, NO_REPLY, ALL_ZERO)  # the others are invalid
NO_BEGINNING = (HIGH, BAD_REQUEST, NOISE)  # sequences after which the link goes on as it was
NO_RUN = -1


class LinkMonitor(Machine):
    """Counts what happens on one link."""

    protocols = ('swd',)
    consumes = (SwdTransfer, SwdSequence)
    produces = (AckRun, ParityError, LinkReset, LinkStats)
    phase = TRANSACTION

    def __init__(self, context: 'Any', bus: 'str' = '') -> 'None':
        super(LinkMonitor, self).__init__(context, bus)
        self._first = -1  # start of the first packet, or of what came before it
        self._last = -1  # end of what came last
        self._packets = 0
        self._ok = 0
        self._acks = {}  # type: Dict[int, int]  # acknowledge other than OK -> packets
        self._parity_errors = 0
        self._line_resets = 0
        self._reset_first = False
        self._before = (0, 0)  # packets, and those answered OK, when the host last began anew
        self._ok_at_reset = 0  # packets answered OK before the last line reset
        self.overrun = False  # CTRL/STAT.ORUNDETECT
        self.dp_bank = 0
        self._run_ack = NO_RUN
        self._run = []  # type: List[Any]  # start, end, request, same_request, count, ok, overrun

    def feed(self, record: 'Any') -> 'Iterable[Said]':
        """Return what a packet or a sequence decides."""
        if type(record) is not SwdTransfer:
            return self._sequence(record)
        if not self._packets:
            self._first = record.start
        self._packets += 1
        self._last = record.end
        if record.ack == OK and record.flags == DATA_PHASE and record.request not in WATCHED:
            self._ok += 1
            return () if self._run_ack == NO_RUN else self._end_run()
        return self._rare(record)

    @property
    def has_run(self) -> 'bool':
        """Tell whether a run is open, so that the next packet may have to be told."""
        return self._run_ack != NO_RUN

    def count(self, packets: 'int', start: 'int', end: 'int') -> 'None':
        """Take so many packets answered OK at once, from `start` to `end`, of which nothing is to be told.

        Whoever does so keeps `overrun` and `dp_bank` himself.
        """
        assert not self.has_run
        if not self._packets:
            self._first = start
        self._packets += packets
        self._ok += packets
        self._last = end

    def finish(self, end: 'int') -> 'Iterable[Said]':
        """End the run, and sum up the link; an idle one has no sum."""
        said = self._end_run()
        if self._last >= 0:
            said.append(self._stats())
        return said

    def _rare(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        wrong = [] if packet.ack != OK else self._parity(packet)
        if packet.request == TARGETSEL_WRITE:
            self.dp_bank = 0
            return wrong or self._parity(packet)
        if packet.flags & TRUNCATED:
            return wrong
        if packet.ack != OK:
            return self._not_ok(packet)
        self._ok += 1
        self._watch(packet)
        return self._end_run() + wrong

    def _parity(self, packet: 'SwdTransfer') -> 'List[Said]':
        if not packet.flags & BAD_PARITY:
            return []
        self._parity_errors += 1
        return [ParityError(packet.start, packet.end, self.bus, packet.request, packet.data)]

    def _watch(self, packet: 'SwdTransfer') -> 'None':
        """Follow ORUNDETECT, and the bank that CTRL/STAT is in."""
        if packet.flags != DATA_PHASE:
            return
        if packet.request == SELECT_WRITE:
            self.dp_bank = DPBANKSEL.of(packet.data)
        elif packet.request in (BANKED_READ, BANKED_WRITE) and not self.dp_bank:
            self.overrun = bool(ORUNDETECT.of(packet.data))

    # Runs.

    def _not_ok(self, packet: 'SwdTransfer') -> 'List[Said]':
        ack = packet.ack
        self._acks[ack] = self._acks.get(ack, 0) + 1
        said = [] if ack == self._run_ack else self._end_run()
        if self._run_ack == NO_RUN:
            self._run_ack = ack
            ok_before = self._ok - self._ok_at_reset
            self._run = [packet.start, 0, packet.request, True, 0, ok_before, self.overrun]
        run = self._run
        run[1] = packet.end
        run[3] = run[3] and packet.request == run[2]
        run[4] += 1
        if run[4] in RUN_MARKS:
            said.append(self._told(False))
        return said

    def _end_run(self) -> 'List[Said]':
        if self._run_ack == NO_RUN:
            return []
        told = self._told(True)
        self._run_ack = NO_RUN
        return [told]

    def _told(self, over: 'bool') -> 'AckRun':
        start, end, request, same_request, count, ok_before, overrun = self._run
        return AckRun(
            start, end, self.bus, self._run_ack, request, same_request, count, ok_before, overrun, over
        )  # fmt: skip

    # New beginnings, and the end.

    def _sequence(self, sequence: 'SwdSequence') -> 'List[Said]':
        said = self._end_run()
        if self._first < 0:
            self._first = sequence.start
        self._last = sequence.end
        if sequence.kind in NO_BEGINNING:
            return said
        packets, ok = self._before
        said.append(
            LinkReset(
                sequence.start, sequence.end, self.bus, sequence.kind, self._packets - packets,
                self._ok - ok,
            )
        )  # fmt: skip
        self._before = (self._packets, self._ok)
        if sequence.kind == LINE_RESET:
            self._line_resets += 1
            self._ok_at_reset = self._ok
            self._reset_first = self._reset_first or not self._packets
        return said

    def _stats(self) -> 'LinkStats':
        acks = self._acks
        invalid = sum(count for ack, count in acks.items() if ack not in COUNTED)
        return LinkStats(
            self._first, self._last, self.bus, self._packets, self._ok,
            acks.get(WAIT, 0), acks.get(FAULT, 0), acks.get(NO_REPLY, 0), acks.get(ALL_ZERO, 0),
            invalid, self._parity_errors, self._line_resets, self._reset_first,
        )  # fmt: skip


MACHINES = (LinkMonitor,)
