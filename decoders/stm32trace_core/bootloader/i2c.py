"""The bootloader on I2C: transfers -> commands, told apart from whatever else is on the bus.

    consumes  I2cTransfer of one bus; LevelChange (NRST, VDD) and CaptureGap of the capture
    produces  BootStatus as each status byte is read, LoaderInfo and DeviceIdentified with the
              answer that tells, BootCommand when a command ends

Each step of a command is a transfer of its own (AN4221), so a frame is what one write carries.
The loader's address is not fixed: any address whose traffic keeps to the framing becomes a
loader's. Until it is certain its records are held back; what does not fit empties the hold.
Sources: AN4221 rev 13 chapter 2; STMicroelectronics/stm32-mw-openbl Modules/I2C/openbl_i2c_cmd.c.
"""

from collections import deque

from ..devices import family_named, loader_addresses
from ..lines import CaptureGap, LevelChange
from ..machine import TRANSACTION, Machine
from ..wire.i2c import TRUNCATED as CUT_OFF
from ..wire.i2c import I2cTransfer
from .commands import COMMANDS, GO, is_command_pair, offered, status_of
from .machine import (
    ANSWERED,
    DENIED,
    ENDED,
    HOST_FRAME,
    ODD,
    PAIR,
    TOLD,
    UNLIKE,
    WAITED,
    Exchange,
    Stray,
)
from .records import (
    ABANDONED,
    ACK,
    BUSY,
    FINAL,
    I2C,
    OK,
    OTHER,
    RESET,
    TRUNCATED,
    VANISHED,
    BootCommand,
    BootStatus,
    DeviceIdentified,
    LoaderInfo,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Deque, Dict, Iterable, List, Optional  # novm

    from ..context import Context
    from .machine import Said

# How much what was seen weighs as evidence that a loader answers at an address.
WEIGHT = {PAIR: 1, ANSWERED: 1, WAITED: 1, ENDED: 1, TOLD: 2}

# How much evidence is enough. An EEPROM that is read byte by byte gives one point when the pointer
# happens to be an opcode pair and the byte there ACK or NACK: its next transfer is no step of that
# command.
UNKNOWN_NEEDS = 3
DOCUMENTED_NEEDS = 2  # an address at which AN2606 puts the loader of some part
KNOWN_NEEDS = 1  # that of the user's family; or a loader answered there before the part restarted
NAMED_NEEDS = 0  # the user's word

# Each transfer that does not fit asks for a point more, but for the first few: the capture may begin
# in the middle of a command.
FREE_DOUBTS = 3
MOST_DOUBTS = 6

FITTING_BY_CHANCE = 2  # so many events of a command are needed before it may be left open

HELD_RECORDS = 256  # of an address that is not certain; beyond that the oldest are dropped

COMMAND_BYTES = 2  # opcode and complement

RESETTING_ROLES = ('nrst', 'vdd')


class I2cBootloader(Machine):
    """Follows the commands of every loader on one bus."""

    protocols = ('i2c',)
    consumes = (I2cTransfer, LevelChange, CaptureGap)
    produces = (BootCommand, BootStatus, LoaderInfo, DeviceIdentified)
    phase = TRANSACTION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(I2cBootloader, self).__init__(context, bus)
        self._parties = {}  # type: Dict[int, _Party]
        self._needs = _needs(context)

    def feed(self, record: 'Any') -> 'Iterable[Said]':
        """Return what a transfer, a slow line or a gap decides."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Said]':
        """End what is open as TRUNCATED."""
        return self._all(lambda party: party.cut_off(end))

    def _transfer(self, transfer: 'I2cTransfer') -> 'Iterable[Said]':
        if transfer.ten_bit or transfer.address < 0:
            return ()
        address = transfer.address
        if address not in self._parties:
            needs = self._needs.get(address, UNKNOWN_NEEDS)
            self._parties[address] = _Party(self.bus, address, needs)
        return self._parties[address].take(transfer)

    def _level(self, change: 'LevelChange') -> 'Iterable[Said]':
        if change.value or change.role not in RESETTING_ROLES:
            return ()
        return self._all(lambda party: party.reset(change.start))

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Said]':
        return self._all(lambda party: party.cut_off(gap.start))

    def _all(self, ask: 'Callable[[_Party], List[Said]]') -> 'List[Said]':
        parties = [self._parties[address] for address in sorted(self._parties)]
        return [record for party in parties for record in ask(party)]


_HANDLERS = {
    I2cTransfer: I2cBootloader._transfer,
    LevelChange: I2cBootloader._level,
    CaptureGap: I2cBootloader._gap,
}  # type: Dict[type, Callable[[I2cBootloader, Any], Iterable[Said]]]


def _needs(context: 'Context') -> 'Dict[int, int]':
    """Return how much evidence the addresses need that are not just any address."""
    needs = dict.fromkeys(loader_addresses(), DOCUMENTED_NEEDS)
    family = family_named(context.family) if context.family else None
    for device in family.devices if family else ():
        if device.i2c_address is not None:
            needs[device.i2c_address] = KNOWN_NEEDS
    if context.address is not None:
        needs[context.address] = NAMED_NEEDS
    return needs


class _Party(object):
    """One address, what is going on there, and how certain it is that it is a loader's."""

    def __init__(self, bus: 'str', address: 'int', needs: 'int') -> 'None':
        self._bus = bus
        self._address = address
        self._needs = needs
        self._doubts = -FREE_DOUBTS
        self._evidence = 0
        self._fitting = 0  # events of the present exchange that fit
        self._held = deque(maxlen=HELD_RECORDS)  # type: Deque[Said]
        self._exchange = None  # type: Optional[Exchange]
        self._synced = False  # what comes next is the beginning of a command, not the middle of one
        self._last = None  # type: Optional[BootStatus]  # of a command that restarts the part
        self._left = False  # the part is about to run something else
        self._gone = False  # it did: what looks like a status may be anything
        self._reset_at = -1

    @property
    def _certain(self) -> 'bool':
        return not self._needs or self._evidence >= self._needs + max(self._doubts, 0)

    def take(self, transfer: 'I2cTransfer') -> 'List[Said]':
        """Return what a transfer with this address decides."""
        if transfer.start < self._reset_at:
            return []
        if not transfer.answered:
            return self._settle(self._unanswered(transfer))
        if not transfer.data:
            return []
        judge = self._written if transfer.write else self._read
        return self._settle(judge(transfer))

    def reset(self, sample: 'int') -> 'List[Said]':
        """The part is reset at `sample`."""
        self._reset_at = sample
        self._last = None
        self._gone = True
        return self._conclude(self._end(RESET, sample), True)

    def cut_off(self, sample: 'int') -> 'List[Said]':
        """The data ends, or has a gap, at `sample`."""
        return self._conclude(self._end(TRUNCATED, sample), False)

    def _conclude(self, said: 'List[Said]', synced: 'bool') -> 'List[Said]':
        """What is held may stay without a sequel: documented addresses are believed then."""
        if self._evidence and self._needs <= DOCUMENTED_NEEDS and self._doubts <= 0:
            self._evidence = max(self._evidence, self._needs)
        self._left = True
        said = self._settle(said)
        self._synced = synced
        return said

    def _settle(self, said: 'List[Said]') -> 'List[Said]':
        """Hold `said` back, or return it with what was held."""
        if self._certain:
            said = list(self._held) + said
            self._held.clear()
            self._doubts = -FREE_DOUBTS
            self._gone = self._gone and self._left
        else:
            self._held.extend(said)
            said = []
        if self._left:
            self._restarted()
        return said

    def _restarted(self) -> 'None':
        """The part may run something else now: a little evidence is needed again."""
        if self._certain:
            self._needs = min(self._needs, KNOWN_NEEDS)
            self._evidence = 0
        self._left, self._synced = False, True

    def _doubt(self) -> 'List[Said]':
        """This is no loader's traffic."""
        self._doubts = min(self._doubts + 1, MOST_DOUBTS)
        self._evidence = 0
        self._held.clear()
        self._exchange = self._last = None
        return []

    def _end(self, outcome: 'str', end: 'int') -> 'List[Said]':
        """Close the open command."""
        exchange, self._exchange = self._exchange, None
        return [] if exchange is None else [exchange.close(outcome, end)]

    def _abandon(self) -> 'List[Said]':
        """Close the open command, since the host begins another one."""
        exchange = self._exchange
        if exchange is None:
            return []
        by_chance = exchange.opcode >= 0 and self._fitting < FITTING_BY_CHANCE
        if by_chance and not self._certain:
            return self._doubt()
        return self._end(ABANDONED, exchange.end)

    # The host writes.

    def _unanswered(self, transfer: 'I2cTransfer') -> 'List[Said]':
        if self._exchange is None:
            return []
        if not self._certain and not self._fitting:
            return self._doubt()
        self._left = True
        self._last = None
        return self._end(VANISHED, transfer.end)

    def _written(self, transfer: 'I2cTransfer') -> 'List[Said]':
        exchange, data = self._exchange, transfer.data
        if exchange is not None and exchange.takes(data):
            exchange.frame(transfer.start, transfer.end, data)
            return []
        frame_due = exchange is not None and exchange.due == HOST_FRAME
        if is_command_pair(data) or (len(data) == COMMAND_BYTES and not frame_due):
            return self._begin(transfer)
        whole = transfer.outcome != CUT_OFF
        if exchange is not None and frame_due:
            exchange.frame(transfer.start, transfer.end, data, whole)
            return []
        return self._stray(transfer) if whole else []

    def _begin(self, transfer: 'I2cTransfer') -> 'List[Said]':
        """A command frame, with a good complement or not."""
        said = self._abandon()
        opcode = transfer.data[0]
        self._exchange = Exchange(self._bus, I2C, self._address, transfer.start, opcode)
        self._exchange.frame(transfer.start, transfer.end, transfer.data)
        self._fitting = 0
        self._last = None
        return said

    def _stray(self, transfer: 'I2cTransfer') -> 'List[Said]':
        """A frame where none is due."""
        if not self._certain:
            return self._doubt()
        said = self._abandon()
        self._exchange = Stray(self._bus, I2C, self._address, transfer.start)
        self._exchange.frame(transfer.start, transfer.end, transfer.data)
        return said

    # The host reads.

    def _read(self, transfer: 'I2cTransfer') -> 'List[Said]':
        if transfer.restart and not self._certain:
            return self._doubt()
        if self._exchange is None:
            return self._unasked(transfer)
        exchange = self._exchange
        said = exchange.answer(transfer.start, transfer.end, transfer.data)
        events, exchange.events = exchange.events, []
        fits = ODD not in events
        self._weigh(events)
        if not self._certain and (UNLIKE in events or not fits):
            return self._doubt()
        if not fits and not self._synced and exchange.opcode >= 0:
            exchange.disown()
            return said + self._end(ABANDONED, exchange.end)
        return self._finished(exchange, said) if exchange.finished else said

    def _weigh(self, events: 'List[str]') -> 'None':
        """Add up what happened in an exchange; a refusal tells nothing at just any address."""
        self._evidence += sum(WEIGHT.get(event, 0) for event in events)
        if self._needs <= DOCUMENTED_NEEDS:
            self._evidence += events.count(DENIED)
        self._fitting += len(events)

    def _finished(self, exchange: 'Exchange', said: 'List[Said]') -> 'List[Said]':
        """A command came to its end."""
        opcode = exchange.opcode
        if offered(opcode, I2C):
            self._synced = True
            leaves = opcode == GO or COMMANDS[opcode].restarts_part
        else:
            leaves = False
            if exchange.accepted and not self._synced:
                exchange.disown()
        self._exchange = None
        command = exchange.close(OK, exchange.end)
        if leaves and command.outcome == OK:
            self._left = True
            self._gone = opcode == GO
            self._last = exchange.latest
        said.append(command)
        return said

    def _unasked(self, transfer: 'I2cTransfer') -> 'List[Said]':
        """A read while no command is open."""
        status = status_of(I2C, transfer.data[0])
        if status == OTHER or len(transfer.data) > 1:
            if not self._certain:
                return self._doubt()
        elif self._needs <= KNOWN_NEEDS and not self._gone:
            self._evidence += WEIGHT[WAITED]
        if self._last is not None and status != OTHER:
            return self._trailing(self._last, transfer, status)
        self._exchange = Stray(self._bus, I2C, self._address, transfer.start)
        self._fitting = 0
        return self._read(transfer)

    def _trailing(self, last: 'BootStatus', transfer: 'I2cTransfer', status: 'str') -> 'List[Said]':
        """A status after the final ACK: Open Bootloader acknowledges first and then works."""
        count, first = last.busy_count, last.busy_start
        if status == BUSY:
            count, first = count + 1, first if count else transfer.start
        self._last = last._replace(
            start=transfer.start, end=transfer.end, status=status, value=transfer.data[0],
            step=FINAL, busy_count=count, busy_start=first, due=last.end,
        )  # fmt: skip
        return [self._last]


MACHINES = (I2cBootloader,)
