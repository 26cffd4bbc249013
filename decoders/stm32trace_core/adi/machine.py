"""SWD packets to accesses: what the host did to the debug port, to access ports, and through them.

Which register a packet is for depends on SELECT, and what an access to DRW is for on CSW and TAR, so
these are followed (selection.py, port.py). The rules, of Arm IHI 0031 (ADIv5.2):

- The value of an AP read comes with the next AP read or with RDBUFF; the one that comes with the first
  read is nobody's (B2.2.7, B4.2.2). RESEND brings it once more (B2.2.8). A RDBUFF read that only fetches
  the value of an AP read is part of that access and no record of its own.
- WAIT: the packet did nothing; the host repeats it or gives up. FAULT: nothing either, and the access
  accepted last failed, or a sticky flag was set before (B4.2.4). A read is told as LOST then. A write
  is told when the port takes it, and OK means that: whether it worked shows in what follows.
- A line reset does not reset SELECT before DPv3 (B2.2.9), so after one SELECT is as unknown as where
  the data begins. selection.py says what is concluded then. Until it is clear, accesses through an AP are
  told as registers ('AP 0x?C').
- What spoils the knowledge of TAR or SELECT (a bad parity bit, no answer, a gap, a sequence, an abort)
  makes addresses UNKNOWN until they are written again. A wrong address is never told for a known one.
"""

from ..lines import CaptureGap
from ..machine import TRANSACTION, Machine
from ..wire import swd
from ..wire.swd import DATA_PHASE, HIGH, NOISE, WAIT, SwdSequence, SwdTransfer
from .port import memory_accesses
from .records import (
    AP,
    BAD_PARITY,
    DP,
    FAULT,
    LOST,
    NO_REPLY,
    OK,
    TRUNCATED,
    UNKNOWN,
    MemoryAccess,
    RegisterAccess,
)
from .registers import (
    ABORT,
    BANKED_DATA,
    CTRL_STAT,
    DRW,
    NORMAL,
    RDBUFF,
    RESEND,
    SELECT,
    TARGETSEL,
    ap_name,
    ap_name_in_any_bank,
    dp_name,
    request_byte,
)
from .selection import Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from .port import Item, Port

    Said = Union[MemoryAccess, RegisterAccess]
    Read = Tuple[int, Port, int, Optional[Item]]  # start, port, register, None or what memory

DAPABORT = ABORT.field('DAPABORT')
STICKYERR = CTRL_STAT.field('STICKYERR')
TRNMODE = CTRL_STAT.field('TRNMODE')
POWER = CTRL_STAT.field('CDBGPWRUPREQ')

TARGETSEL_WRITE = request_byte(DP, False, TARGETSEL.offset)
RDBUFF_READ = request_byte(DP, True, RDBUFF.offset)
RESEND_READ = request_byte(DP, True, RESEND.offset)

# Registers through which memory is accessed, and the names of all others, by address with the bank.
DATA = frozenset([DRW.offset] + [register.offset for register in BANKED_DATA])
AP_SPACE = range(0, 0x100, 4)
NAMES = {True: {}, False: {}}  # type: Dict[bool, Dict[int, str]]  # a MEM-AP or not -> names
for _address in AP_SPACE:
    NAMES[True][_address] = ap_name(_address)
    NAMES[False][_address] = ap_name(_address, False)
# While the bank is not known, a register is called by the complement of A[3:2].
for _address in range(0, 0x10, 4):
    NAMES[True][~_address] = NAMES[False][~_address] = ap_name_in_any_bank(_address)

PACKET_CLOCKS = 46  # of an accepted packet: fewer clocks of noise cannot hide one


class AdiMachine(Machine):
    """Follows one debug port and its access ports.

    selection, reading, outdated, suspect, pushed: all that is known between two packets. A twin that follows many
    packets at once begins with these and leaves them as `feed` would.
    """

    protocols = ('swd',)
    consumes = (SwdTransfer, SwdSequence, CaptureGap)
    produces = (RegisterAccess, MemoryAccess)
    phase = TRANSACTION

    def __init__(self, context: 'Any', bus: 'str' = '') -> 'None':
        super(AdiMachine, self).__init__(context, bus)
        self.selection = Selection()
        self.reading = None  # type: Optional[Read]  # an AP read whose value has not come
        self.outdated = False  # its register was written since, perhaps
        self.suspect = None  # type: Optional[Tuple[Read, SwdTransfer]]  # came with bad parity
        self.pushed = False  # TRNMODE: writes to DRW compare instead

    def feed(self, record: 'Any') -> 'Iterable[Said]':
        """Return the accesses that a packet, a sequence or a gap decides."""
        if type(record) is not SwdTransfer:
            return self._interrupted(record)
        if record.ack == swd.OK and record.flags == DATA_PHASE and self.suspect is None:
            return _ACCEPTED[record.request](self, record)
        return self._odd(record)

    def finish(self, end: 'int') -> 'Iterable[Said]':
        """End the read whose value has not come as TRUNCATED."""
        return self._settle(None) + self._lose(end, TRUNCATED)

    # Packets answered OK.

    def _ap_read(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        said = self._deliver(packet) if self.reading is not None else ()
        register = self.selection.accessed(packet)
        port = self.selection.port
        item = port.take(register) if register in DATA and port.memory else None
        self.reading = (packet.start, port, register, item)
        self.outdated = False
        return said

    def _ap_write(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        register = self.selection.accessed(packet)
        port = self.selection.port
        self.outdated = True
        if register in DATA and port.memory:
            item = port.take(register)
            if not self.pushed:
                return self._memory(packet.start, packet.end, port, item, True, packet.data, OK)
        port.write(register, packet.data)
        return (self._ap_access(packet, register, OK),)

    def _deliver(self, packet: 'SwdTransfer') -> 'List[Said]':
        """Give the value in `packet` to the read that asked for it."""
        reading = self.reading
        assert reading is not None
        self.reading = None
        if packet.flags & swd.BAD_PARITY:
            self.suspect = (reading, packet)
            return []
        return self._told(reading, packet.end, packet.data, OK)

    def _told(self, reading: 'Read', end: 'int', value: 'int', outcome: 'str') -> 'List[Said]':
        start, port, register, item = reading
        if item is not None:
            if outcome == OK:
                port.learn_memory(item, value)
            return self._memory(start, end, port, item, False, value, outcome)
        if outcome == OK and not self.outdated:
            port.learn(register, value)
        return [self._ap_record(start, end, port, register, False, value, outcome)]

    def _dp_read(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        said = []  # type: List[Said]
        access = self._dp_access(packet, OK)
        if access.name == CTRL_STAT.name and STICKYERR.of(packet.data):
            said = self._failed(packet)
        said.append(access)
        return said

    def _rdbuff(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        if self.reading is not None:
            return self._deliver(packet)
        return (self._dp_access(packet, OK),)

    def _select(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        self.selection.select(packet.data)
        return (self._dp_access(packet, OK),)

    def _abort(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        said = self._failed(packet) if DAPABORT.of(packet.data) else []
        said.append(self._dp_access(packet, OK))
        return said

    def _dp_write(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        access = self._dp_access(packet, OK)
        if access.name == CTRL_STAT.name:
            self.pushed = TRNMODE.of(packet.data) != NORMAL
            if not POWER.of(packet.data):
                self.selection.forget_ports()
        return (access,)

    def _targetsel(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        """Another debug port answers from now on, or none. Never acknowledged."""
        said = self._lose(packet.start, LOST)
        self.selection.forget()
        if packet.flags & DATA_PHASE:
            said.append(self._dp_access(packet, OK))
        return said

    # Anything else.

    def _odd(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        if packet.request == TARGETSEL_WRITE:
            return self._settle(None) + list(self._targetsel(packet))
        if packet.ack == WAIT:
            return ()
        said = self._settle(packet)
        if packet.ack == swd.FAULT:
            undone = self._undone(packet, FAULT)  # before TAR is forgotten
            return said + self._failed(packet) + undone
        whole = packet.flags & DATA_PHASE and not packet.flags & swd.TRUNCATED
        if packet.ack != swd.OK or not whole:
            return said + self._unanswered(packet)
        if packet.flags & swd.BAD_PARITY:
            return said + list(self._corrupted(packet))
        if packet.request != RESEND_READ or not said:
            said += _ACCEPTED[packet.request](self, packet)
        return said

    def _settle(self, packet: 'Optional[SwdTransfer]') -> 'List[Said]':
        """Tell a value that came with bad parity, or as RESEND brings it once more."""
        if self.suspect is None:
            return []
        (reading, last), self.suspect = self.suspect, None
        again = packet is not None and packet.request == RESEND_READ and packet.ack == swd.OK
        if packet is not None and again and packet.flags == DATA_PHASE:
            return self._told(reading, packet.end, packet.data, OK)
        return self._told(reading, last.end, last.data, BAD_PARITY)

    def _failed(self, packet: 'SwdTransfer') -> 'List[Said]':
        """The access accepted last did not come to its end."""
        said = self._lose(packet.end, LOST)
        self.selection.failed()
        return said

    def _lose(self, end: 'int', outcome: 'str') -> 'List[Said]':
        """The value of the AP read will not come."""
        reading, self.reading = self.reading, None
        if reading is None:
            return []
        reading[1].moved()
        return self._told(reading, end, 0, outcome)

    def _unanswered(self, packet: 'SwdTransfer') -> 'List[Said]':
        """Nobody knows whether the target took this packet."""
        cut = packet.flags & swd.TRUNCATED or packet.ack == swd.OK
        undone = self._undone(packet, TRUNCATED if cut else NO_REPLY)
        self.selection.spoiled(packet)
        return self._lose(packet.end, LOST) + undone

    def _corrupted(self, packet: 'SwdTransfer') -> 'Iterable[Said]':
        """Answered OK, with a wrong parity bit: what was written is not known, nor whether it was."""
        if packet.is_read and packet.is_ap or packet.request == RDBUFF_READ and self.reading:
            return _ACCEPTED[packet.request](self, packet)
        said = self._undone(packet, BAD_PARITY)
        if not packet.is_read:
            self.selection.spoiled(packet)
        return said

    def _interrupted(self, record: 'Union[SwdSequence, CaptureGap]') -> 'Iterable[Said]':
        """Packets may be missing, or the host begins anew."""
        if type(record) is SwdSequence and hides_nothing(record):
            return ()
        said = self._settle(None) + self._lose(record.start, LOST)
        self.selection.forget()
        return said

    # Records.

    def _undone(self, packet: 'SwdTransfer', outcome: 'str') -> 'List[Said]':
        """Return the access that `packet` asked for, and did not get for certain."""
        if not packet.is_ap:
            return [self._dp_access(packet, outcome)]
        register, port = self.selection.asked(packet), self.selection.port
        if register not in DATA or not port.memory:
            return [self._ap_access(packet, register, outcome)]
        item = port.next(register)
        write = not packet.is_read
        data = packet.data if write else 0
        return self._memory(packet.start, packet.end, port, item, write, data, outcome)

    def _memory(
        self, start: 'int', end: 'int', port: 'Port', item: 'Item', write: 'bool', data: 'int',
        outcome: 'str',
    ) -> 'List[Said]':  # fmt: skip
        return list(memory_accesses((start, end, self.bus), port.ap, item, write, data, outcome))

    def _ap_access(
        self, packet: 'SwdTransfer', register: 'int', outcome: 'str'
    ) -> 'RegisterAccess':
        write = not packet.is_read
        value = packet.data if write else 0
        return self._ap_record(
            packet.start, packet.end, self.selection.port, register, write, value, outcome
        )

    def _ap_record(
        self, start: 'int', end: 'int', port: 'Port', register: 'int', write: 'bool', value: 'int',
        outcome: 'str',
    ) -> 'RegisterAccess':  # fmt: skip
        address = register if register >= 0 else ~register
        name = NAMES[port.memory][register]
        return RegisterAccess(
            start, end, self.bus, AP, port.ap, address, name, write, value, outcome
        )

    def _dp_access(self, packet: 'SwdTransfer', outcome: 'str') -> 'RegisterAccess':
        address = self.selection.dp_address(packet)
        write = not packet.is_read
        return RegisterAccess(
            packet.start, packet.end, self.bus, DP, UNKNOWN, address, dp_name(address, write),
            write, packet.data, outcome,
        )  # fmt: skip


def hides_nothing(sequence: 'SwdSequence') -> 'bool':
    """Tell whether no packet can have been accepted among these bits: they are all high, or too few."""
    return sequence.kind == HIGH or sequence.kind == NOISE and sequence.bits < PACKET_CLOCKS


def _accepted() -> 'Dict[int, Callable[[AdiMachine, SwdTransfer], Iterable[Said]]]':
    """Return what each request means when it is answered OK."""
    table = {}  # type: Dict[int, Callable[[AdiMachine, SwdTransfer], Iterable[Said]]]
    for address in range(0, 16, 4):
        table[request_byte(AP, True, address)] = AdiMachine._ap_read
        table[request_byte(AP, False, address)] = AdiMachine._ap_write
        table[request_byte(DP, True, address)] = AdiMachine._dp_read
        table[request_byte(DP, False, address)] = AdiMachine._dp_write
    table[RDBUFF_READ] = AdiMachine._rdbuff
    table[TARGETSEL_WRITE] = AdiMachine._targetsel
    table[request_byte(DP, False, SELECT.offset)] = AdiMachine._select
    table[request_byte(DP, False, ABORT.offset)] = AdiMachine._abort
    return table


_ACCEPTED = _accepted()

MACHINES = (AdiMachine,)
