"""A host on an I2C bus, with verbs. Sources: UM10204 rev 7 section 3.1; AN4221."""

from __future__ import annotations

from functools import reduce
from operator import xor

from stm32trace.simulator.board import PS, Board

ACK, NACK, BUSY = 0x79, 0x1F, 0x76
BYTE_BITS = 8


class BusStuckError(Exception):
    """SCL stays low."""


class I2cHost:
    """A master on nets `scl` and `sda`; board time passes while it works.

    stretch_s: how long it waits for SCL to rise before it gives up.
    """

    DRIVER = 'host'

    def __init__(
        self, board: Board, address: int = 0x51, clock_hz: float = 100e3, stretch_s: float = 60.0
    ) -> None:
        self._board = board
        self.address = address
        self._quarter = round(PS / clock_hz / 4)
        self._stretch = round(stretch_s * PS)

    # The wire.

    def _set(self, net: str, level: int) -> None:
        self._board.drive(net, self.DRIVER, None if level else 0)

    def _pass(self, quarters: int = 1) -> None:
        self._board.run_for(quarters * self._quarter)

    def _raise_clock(self) -> None:
        """Let SCL go and wait until it is high. Raises BusStuckError."""
        board = self._board
        self._set('scl', 1)
        deadline = board.now + self._stretch
        while not board.level('scl'):
            due = board.next_event()
            if due is None or due > deadline:
                board.run_until(deadline)
                raise BusStuckError
            board.run_until(due)

    def _start(self) -> None:
        self._set('sda', 1)
        self._pass()
        self._raise_clock()
        self._pass()
        self._set('sda', 0)
        self._pass()
        self._set('scl', 0)

    def _stop(self) -> None:
        self._set('sda', 0)
        self._pass()
        self._raise_clock()
        self._pass()
        self._set('sda', 1)
        self._pass(2)

    def _bit(self, level: int) -> int:
        self._pass()
        self._set('sda', level)
        self._pass()
        self._raise_clock()
        self._pass()
        seen = self._board.level('sda')
        self._pass()
        self._set('scl', 0)
        return seen

    def _write_byte(self, byte: int) -> bool:
        for place in reversed(range(BYTE_BITS)):
            self._bit(byte >> place & 1)
        return not self._bit(1)

    def _read_byte(self, acknowledge: bool) -> int:
        byte = 0
        for _ in range(BYTE_BITS):
            byte = byte << 1 | self._bit(1)
        self._bit(0 if acknowledge else 1)
        return byte

    # Transfers.

    def write(self, data: bytes) -> int:
        """Write bytes; return how many were acknowledged, -1 where the address was not."""
        self._start()
        taken = -1
        if self._write_byte(self.address << 1):
            taken = 0
            for byte in data:
                if not self._write_byte(byte):
                    break
                taken += 1
        self._stop()
        return taken

    def read(self, count: int = 1) -> bytes | None:
        """Read bytes; None where the address was not acknowledged."""
        self._start()
        data: bytes | None = None
        if self._write_byte(self.address << 1 | 1):
            data = bytes(self._read_byte(place + 1 < count) for place in range(count))
        self._stop()
        return data

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        self._board.run_for(round(seconds * PS))

    # Commands.

    def status(self) -> int | None:
        """Read one status byte; None where the loader does not acknowledge its address."""
        answer = self.read()
        return answer[0] if answer else None

    def ask(self, data: bytes) -> int | None:
        """Write a frame; return the status after it."""
        return self.status() if self.write(data) == len(data) else None

    def command(self, opcode: int) -> int | None:
        """Send a command and its complement; return the status."""
        return self.ask(bytes([opcode, opcode ^ 0xFF]))

    def frame(self, data: bytes) -> int | None:
        """Send a frame with its checksum; return the status."""
        checksum = data[0] ^ 0xFF if len(data) == 1 else reduce(xor, data)
        return self.ask(data + bytes([checksum]))

    def wait_while_busy(self, every_s: float, most: int) -> int | None:
        """Read the status again and again while it is BUSY, `most` times at most; return the last one."""
        status = self.status()
        for _ in range(most):
            if status != BUSY:
                break
            self.pause(every_s)
            status = self.status()
        return status

    def get_id(self) -> bytes | None:
        """Return the product's identity, two bytes."""
        if self.command(0x02) != ACK:
            return None
        answer = self.read(3)
        self.status()
        return answer[1:] if answer else None

    def read_memory(self, address: int, length: int) -> bytes | None:
        """Read Memory, up to 256 bytes; None where it is refused."""
        if self.command(0x11) != ACK or self.frame(address.to_bytes(4, 'big')) != ACK:
            return None
        return self.read(length) if self.frame(bytes([length - 1])) == ACK else None

    def write_memory(self, address: int, data: bytes, opcode: int = 0x31) -> int | None:
        """Write Memory, up to 256 bytes; return the last status."""
        status = self.command(opcode)
        if status == ACK:
            status = self.frame(address.to_bytes(4, 'big'))
        if status == ACK:
            status = self.frame(bytes([len(data) - 1]) + data)
        return status
