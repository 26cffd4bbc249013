"""One address of an I2C bus: what is said to it as commands of a loader, once it is certain that it is one.

Each step of a command is a transfer of its own (AN4221), so a frame is what one write carries.
Sources: AN4221 rev 13 chapter 2; STMicroelectronics/stm32-mw-openbl Modules/I2C/openbl_i2c_cmd.c.
"""

from collections import deque

from ..wire.i2c import TRUNCATED as CUT_OFF
from ..wire.i2c import I2cTransfer
from .commands import BASIC_COMMANDS, COMMANDS, GO, is_command_pair, offered, status_of
from .contents import has_checksum, names_a_loader
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
    BootStatus,
)
from .stray import Stray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, List, Optional  # novm

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

# So many reads in a row of one byte BUSY, not acknowledged by the host, tell of a command that began
# before the data did; nothing at the address may contradict it. A port expander or a register that
# is polled may stay at that value, but not often at an address that is documented.
DOCUMENTED_SERIES = 16
UNKNOWN_SERIES = 200

HELD_RECORDS = 256  # of an address that is not certain; beyond that the oldest are dropped

COMMAND_BYTES = 2  # opcode and complement


class Party(object):
    """One address, what is going on there, and how certain it is that it is a loader's.

    What is known of the address:

        unsure      evidence below what is needed: records are held, what does not fit is a doubt
        certain     enough of it, or the user's word: records are told, and whatever comes is told

        event                             from      to         evidence   needed
        a status or an answer fits        unsure    certain,   + weight
                                                    if enough
        what does not fit                 unsure    unsure     0          + 1, the first 3 free
        restart, GO, NACK of the address  certain   unsure     0          KNOWN_NEEDS at most
          in a command, gap, end

    What is known of its commands, apart from that:

        _exchange     the command that is open, None between commands
        _synced       a command's end was seen, or a reset: the next transfer begins a command; False
                      at the beginning of the data and after a gap, where it may be in the middle of
                      one; only there a series of BUSY (_polls) is evidence
        _left         within one event: the part is about to run something else; never between events
        _gone         it did so: a lone status is no evidence, even where little is needed, until a
                      command has been seen there
        _last         status of a command that restarts the part and has ended: BUSY may follow it
        _combined     the open command was read after a repeated START, as registers are: its
                      statuses prove nothing, unless the host `_combines` (was seen to read a
                      loader that way)
        _contradicted something at the address was no loader's frame: a series of BUSY is no evidence
    """

    def __init__(self, bus: 'str', address: 'int', needs: 'int', synced: 'bool') -> 'None':
        self._bus = bus
        self._address = address
        self._needs = needs
        self._doubts = -FREE_DOUBTS
        self._contradicted = False
        self._evidence = 0
        self._fitting = 0  # events of the present exchange that fit
        self._polls = 0  # reads of BUSY alone, one after the other
        self._held = deque(maxlen=HELD_RECORDS)  # type: Deque[Said]
        self._overflow = 0  # records that were pushed out of it
        self.dropped = 0  # of these, the ones that prove to be a loader's
        self._exchange = None  # type: Optional[Exchange]
        self._combined = False
        self._combines = False
        self._synced = synced
        self._last = None  # type: Optional[BootStatus]
        self._left = False
        self._gone = False
        self._reset_at = -1

    @property
    def _certain(self) -> 'bool':
        return not self._needs or self._evidence >= self._needs + max(self._doubts, 0)

    def take(self, transfer: 'I2cTransfer') -> 'List[Said]':
        """Return what a transfer with this address decides."""
        if transfer.start < self._reset_at:
            return []
        self._polls = self._polls + 1 if _is_busy_poll(transfer) else 0
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
            self.dropped += self._overflow
            self._empty_hold()
            self._doubts, self._contradicted = -FREE_DOUBTS, False
            self._gone = self._gone and self._left
        else:
            self._overflow += max(len(self._held) + len(said) - HELD_RECORDS, 0)
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

    def _empty_hold(self) -> 'None':
        self._held.clear()
        self._overflow = 0

    def _doubt(self, contradicts: 'bool' = True) -> 'List[Said]':
        """This is no loader's traffic; `contradicts` False: it may be, in the middle of a command."""
        self._doubts = min(self._doubts + 1, MOST_DOUBTS)
        self._contradicted = self._contradicted or contradicts
        self._evidence = 0
        self._empty_hold()
        self._exchange = self._last = None
        return []

    def _open(self, exchange: 'Exchange') -> 'None':
        self._exchange = exchange
        self._fitting = 0
        self._combined = False

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
        exchange = Exchange(self._bus, I2C, self._address, transfer.start, opcode)
        exchange.frame(transfer.start, transfer.end, transfer.data)
        self._open(exchange)
        self._last = None
        return said

    def _stray(self, transfer: 'I2cTransfer') -> 'List[Said]':
        """A frame where none is due."""
        if not self._certain:
            return self._doubt(contradicts=not has_checksum(transfer.data))
        said = self._abandon()
        stray = Stray(self._bus, I2C, self._address, transfer.start)
        stray.frame(transfer.start, transfer.end, transfer.data)
        self._open(stray)
        return said

    # The host reads.

    def _read(self, transfer: 'I2cTransfer') -> 'List[Said]':
        if transfer.restart and not self._combine():
            return self._doubt()
        if self._exchange is None:
            return self._unasked(transfer)
        exchange = self._exchange
        said = exchange.answer(transfer.start, transfer.end, transfer.data)
        events, exchange.events = exchange.events, []
        fits = ODD not in events
        self._combines = self._combines or (self._combined and names_a_loader(said))
        if self._combines or not self._combined:
            self._weigh(events)
        if self._is_busy_series(exchange):
            self._evidence = max(self._evidence, self._needs + max(self._doubts, 0))
        if not self._certain and (UNLIKE in events or not fits):
            return self._doubt()
        if not fits and not self._synced and exchange.opcode >= 0:
            exchange.disown()
            return said + self._end(ABANDONED, exchange.end)
        return self._finished(exchange, said) if exchange.finished else said

    def _combine(self) -> 'bool':
        """Tell whether a loader may be read after a repeated START, as a register is.

        Hosts that hand write and read over together (I2C_RDWR of Linux) do it. Before such a host
        is known, only the commands are followed that tell what answers.
        """
        self._combines = self._combines or self._certain
        opcode = self._exchange.opcode if self._exchange is not None else -1
        self._combined = self._combined or opcode in BASIC_COMMANDS
        return self._combines or self._combined

    def _weigh(self, events: 'List[str]') -> 'None':
        """Add up what happened in an exchange; a refusal tells nothing at just any address."""
        self._evidence += sum(WEIGHT.get(event, 0) for event in events)
        if self._needs <= DOCUMENTED_NEEDS:
            self._evidence += events.count(DENIED)
        self._fitting += len(events)

    def _is_busy_series(self, exchange: 'Exchange') -> 'bool':
        """Tell whether a command that began before the data has answered BUSY often enough."""
        if exchange.opcode >= 0 or self._synced or self._contradicted:
            return False
        documented = self._needs <= DOCUMENTED_NEEDS
        return self._polls >= (DOCUMENTED_SERIES if documented else UNKNOWN_SERIES)

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
        self._open(Stray(self._bus, I2C, self._address, transfer.start))
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


def _is_busy_poll(transfer: 'I2cTransfer') -> 'bool':
    """Tell whether one byte was read that is BUSY, and not acknowledged: AN4221, No-Stretch commands."""
    if transfer.write or transfer.restart or len(transfer.data) != 1:
        return False
    return not transfer.acked[-1] and status_of(I2C, transfer.data[0]) == BUSY
