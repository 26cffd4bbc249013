"""A stretch: packets that were all accepted and hold no surprise, and what they access. The twin of adi/machine.py."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.access.asked import (
    BANK_SHIFT,
    FIRST_AP,
    IS_NARROW,
    NO_BANK,
    PLACE_SHIFT,
    SIZE_OF,
    ap_codes,
    dp_codes,
    memory_codes,
)
from stm32trace.access.columns import LOST_CODE, OK_CODE, OWN_STEP, READ_STEP, STEPS, AccessColumns
from stm32trace.access.memory import Memory, Sets, follow, merged
from stm32trace.access.posted import BEFORE, posted
from stm32trace.access.selected import first
from stm32trace_core.adi.port import BYTE_BITS, LANES, MASKS, WORD
from stm32trace_core.adi.records import UNKNOWN
from stm32trace_core.adi.registers import CPUID_ADDRESS, CSW, TAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.access.traffic import Traffic
    from stm32trace_core.adi.machine import AdiMachine, Read

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]

SIZE_MASKS = np.zeros(WORD + 1, np.uint32)
SIZE_MASKS[list(MASKS)] = list(MASKS.values())


class Stretch:
    """(n,) packets without a surprise, and what `machine` knows before them.

    The packet that the machine's open read was asked with stands before them, at position BEFORE.
    """

    def __init__(self, machine: AdiMachine, traffic: Traffic) -> None:
        self._machine = machine
        self._traffic = traffic
        self._packets = traffic.packets
        self._reads = posted(
            traffic.ap_read, traffic.rdbuff, traffic.failure, machine.reading is not None
        )
        self._position = np.flatnonzero(traffic.data)  # (m,) accesses to memory
        self._csw = merged(self._written(CSW.offset), self._delivered(CSW.offset))
        self._memory = self._followed()

    def __len__(self) -> int:
        return len(self._packets)

    def first_lesson(self) -> int:
        """Return the position of the first packet that only the machine itself follows, n for none.

        Packed transfers are several accesses, and a read of CPUID may tell how far TAR counts.
        """
        memory, position = self._memory, self._position
        own = memory.count > 1
        if not self._traffic.port.bits:
            own |= (memory.address == CPUID_ADDRESS) & self._traffic.is_read[position]
        number = first(own)
        return int(position[number]) if number < len(position) else len(self._packets)

    # Registers of the port.

    def _written(self, address: int) -> Sets:
        position = np.flatnonzero(self._traffic.at(address) & self._traffic.ap_write)
        return Sets(position, self._packets.data[position].astype(np.int64))

    def _delivered(self, address: int) -> Sets:
        """Return what reads of the register at `address` bring, unless it may have been written since."""
        reads = self._reads
        wanted = np.flatnonzero(~reads.lost & self._is_read_of(address))
        asked, ended = reads.asked[wanted], reads.ended[wanted]
        writes = np.concatenate(([0, 0], np.cumsum(self._traffic.ap_write)))
        fresh = writes[ended + 2] == writes[asked + 2]
        fresh &= (asked != BEFORE) | (not self._machine.outdated)
        position = ended[fresh]
        return Sets(position, self._packets.data[position].astype(np.int64))

    def _is_read_of(self, address: int) -> Flags:
        """(k,) which of the posted reads are of the port's register at `address`."""
        asked = self._reads.asked
        found: Flags = np.concatenate((self._traffic.at(address), [False]))[asked]
        if self._machine.reading is not None:
            _, _, register, item = self._machine.reading
            found[asked == BEFORE] = item is None and register == address
        return found

    def _followed(self) -> Memory:
        failed = np.flatnonzero(self._traffic.failure)
        tar = merged(
            self._written(TAR.offset),
            self._delivered(TAR.offset),
            Sets(failed, np.full(len(failed), UNKNOWN, np.int64)),
        )
        register = self._traffic.register[self._position].astype(np.uint8)
        return follow(self._traffic.port, tar, self._csw, self._position, register)

    # What is accessed.

    @cached_property
    def _asked(self) -> NDArray[np.uint16]:
        """(n + 1,) what each packet is for, and last, the one BEFORE."""
        traffic, selected = self._traffic, self._traffic.selected
        write, place = (~traffic.is_read).view(np.uint8), self._packets.address
        asked = np.zeros(len(self) + 1, np.uint16)
        asked[:-1] = np.where(
            traffic.is_ap,
            ap_codes(traffic.port.memory, write, selected.bank, place),
            dp_codes(write, selected.dp_bank, place),
        )
        asked[self._position] = memory_codes(write[self._position], self._memory.size)
        if self._machine.reading is not None:
            asked[BEFORE:] = self._asked_before(self._machine.reading)
        return asked

    def _asked_before(self, reading: Read) -> NDArray[np.uint16]:
        _, port, register, item = reading
        none = np.zeros(1, np.uint8)
        if item is not None:
            return memory_codes(none, np.array([item[1]]))
        bank, place = (NO_BANK, ~register) if register < 0 else divmod(register, 1 << BANK_SHIFT)
        return ap_codes(
            port.memory, none, none + np.uint8(bank), none + np.uint8(place >> PLACE_SHIFT)
        )

    @cached_property
    def _address(self) -> Integers:
        """(n + 1,) address in memory of each packet, where it is for memory, and last, of the one BEFORE."""
        address = np.full(len(self._packets) + 1, UNKNOWN, np.int64)
        address[self._position] = self._memory.address
        reading = self._machine.reading
        if reading is not None and reading[3] is not None:
            address[BEFORE] = reading[3][0]
        return address

    def accesses(self) -> AccessColumns:
        """Return what becomes known with these packets."""
        traffic, packets, reads = self._traffic, self._packets, self._reads
        tells = np.zeros((len(self), 2), bool)  # the read that it ends, its own access
        tells[reads.ended, 0] = True
        tells[:, 1] = ~traffic.ap_read
        tells[reads.ended[traffic.rdbuff[reads.ended]], 1] = False  # it only fetches a value
        number = np.flatnonzero(tells)
        packet, ends = number >> 1, np.flatnonzero(number & 1 == 0)
        asked, lost = packet.copy(), np.zeros(len(packet), bool)
        asked[ends], lost[ends] = reads.asked, reads.lost
        codes = self._asked[asked]
        return AccessColumns(
            packets.bus,
            packets.place[packet] * STEPS + np.where(number & 1, OWN_STEP, READ_STEP),
            np.append(packets.start, self._start_before())[asked],
            packets.end[packet],
            codes,
            np.where(codes < FIRST_AP, np.int16(UNKNOWN), np.int16(traffic.port.ap)),
            self._address[asked],
            self._values(packet, asked, codes, lost),
            np.where(lost, np.uint8(LOST_CODE), np.uint8(OK_CODE)),
        )

    def _start_before(self) -> int:
        return 0 if self._machine.reading is None else self._machine.reading[0]

    def _values(
        self, packet: Integers, asked: Integers, codes: NDArray[np.uint16], lost: Flags
    ) -> NDArray[np.uint32]:
        """(m,) values, each right-aligned."""
        values = np.where(lost, np.uint32(0), self._packets.data[packet])
        narrow = np.flatnonzero(IS_NARROW[codes] & (self._address[asked] != UNKNOWN))
        if len(narrow):
            lanes = (self._address[asked[narrow]] & LANES) * BYTE_BITS
            values[narrow] = (
                values[narrow] >> lanes.astype(np.uint32) & SIZE_MASKS[SIZE_OF[codes[narrow]]]
            )
        return values

    # What is known afterwards.

    def leave(self) -> None:
        """Leave the machine as if it had taken every packet itself."""
        traffic, machine = self._traffic, self._machine
        traffic.selected.leave(traffic.failure)
        self._leave_reading()
        if len(self._csw):
            traffic.port.configure(int(self._csw.value[-1]))
        traffic.port.tar = self._memory.tar
        latest = np.flatnonzero(traffic.is_ap)
        if len(latest):
            machine.outdated = not traffic.is_read[latest[-1]]

    def _leave_reading(self) -> None:
        """Leave the read that is still open."""
        traffic, row = self._traffic, self._reads.open
        if row == BEFORE:
            return
        if row is None:
            self._machine.reading = None
            return
        register, item = int(traffic.register[row]), None
        if not traffic.selected.is_known:
            register = ~(int(self._packets.address[row]) << PLACE_SHIFT)
        if traffic.data[row]:
            number = int(np.searchsorted(self._position, row))
            item = (int(self._memory.address[number]), int(self._memory.size[number]), 1)
        self._machine.reading = int(self._packets.start[row]), traffic.port, register, item
