"""A host on a serial line, with verbs. Source: AN3155."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import xor

from stm32trace.simulator.board import PS, Board

ACK, NACK, SYNC = 0x79, 0x1F, 0x7F
DATA_BITS = 8


class UartHost:
    """Drives net `tx` and reads net `rx`; board time passes while it works.

    parity: 'even', 'odd' or 'none'. rate_error: how far its clock is off. timeout: seconds it waits for an answer.
    """

    DRIVER = 'host'

    def __init__(
        self,
        board: Board,
        baud: float = 115200,
        parity: str = 'even',
        rate_error: float = 0.0,
        gap_s: float = 0.0,
        timeout_s: float = 1.0,
    ) -> None:
        self._board = board
        self._rate_error = rate_error
        self._gap = round(gap_s * PS)
        self.timeout_s = timeout_s
        self._received: list[int] = []
        board.drive('tx', self.DRIVER, 1)
        self._receiver = Receiver(board, 'rx', self._received.append)
        self.configure(baud, parity)

    def configure(self, baud: float, parity: str) -> None:
        """Use another rate or parity from now on."""
        self._bit = PS / (baud * (1 + self._rate_error))
        self._parity = parity
        self._receiver.configure(self._bit, parity)

    @property
    def frame_bits(self) -> int:
        """Bits of a frame."""
        return 1 + DATA_BITS + (self._parity != 'none') + 1

    # Bytes.

    def send(self, data: bytes) -> None:
        """Send bytes one after the other."""
        for byte in data:
            self._frame(byte)

    def _frame(self, byte: int) -> None:
        bits = [0, *(byte >> place & 1 for place in range(DATA_BITS))]
        if self._parity != 'none':
            bits.append((byte.bit_count() + (self._parity == 'odd')) & 1)
        begin = self._board.now
        for place, bit in enumerate([*bits, 1]):
            self._board.run_until(begin + round(place * self._bit))
            self._board.drive('tx', self.DRIVER, bit)
        self._board.run_until(begin + round(self.frame_bits * self._bit) + self._gap)

    @property
    def has_received(self) -> bool:
        """Something has come that was not taken yet."""
        return bool(self._received)

    def received(self) -> bytes:
        """Return what has come so far."""
        got = bytes(self._received)
        self._received.clear()
        return got

    def receive(self, count: int = 1) -> bytes:
        """Return what comes, fewer bytes where none comes for `timeout_s`."""
        step = round(self._bit)
        while len(self._received) < count:
            deadline = self._board.now + round(self.timeout_s * PS)
            have = len(self._received)
            while len(self._received) == have and self._board.now < deadline:
                self._board.run_for(step)
            if len(self._received) == have:
                break
        got, self._received[:] = bytes(self._received[:count]), self._received[count:]
        return got

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        self._board.run_for(round(seconds * PS))

    # Commands.

    def sync(self) -> int | None:
        """Send 0x7F; return the answer, None for none."""
        return self.ask(bytes([SYNC]))

    def ask(self, data: bytes) -> int | None:
        """Send bytes; return the byte that answers, None for none."""
        self.send(data)
        answer = self.receive()
        return answer[0] if answer else None

    def command(self, opcode: int) -> int | None:
        """Send a command and its complement; return the status."""
        return self.ask(bytes([opcode, opcode ^ 0xFF]))

    def frame(self, data: bytes) -> int | None:
        """Send a frame with its checksum; return the status."""
        checksum = data[0] ^ 0xFF if len(data) == 1 else reduce(xor, data)
        return self.ask(data + bytes([checksum]))

    def get(self) -> bytes:
        """Return what Get answers: version and opcodes."""
        return self._answer(0x00)

    def get_id(self) -> bytes:
        """Return the product's identity, two bytes."""
        return self._answer(0x02)

    def _answer(self, opcode: int) -> bytes:
        if self.command(opcode) != ACK:
            return b''
        count = self.receive()[0]
        data = self.receive(count + 1)
        self.receive()
        return data

    def read(self, address: int, length: int) -> bytes | None:
        """Read Memory, up to 256 bytes; None where it is refused."""
        if self.command(0x11) != ACK or self.frame(address.to_bytes(4, 'big')) != ACK:
            return None
        if self.frame(bytes([length - 1])) != ACK:
            return None
        return self.receive(length)

    def write(self, address: int, data: bytes) -> int | None:
        """Write Memory, up to 256 bytes; return the last status."""
        status = self.command(0x31)
        if status == ACK:
            status = self.frame(address.to_bytes(4, 'big'))
        if status == ACK:
            status = self.frame(bytes([len(data) - 1]) + data)
        return status

    def erase_all(self) -> int | None:
        """Extended Erase of everything; return the last status."""
        status = self.command(0x44)
        return self.frame(b'\xff\xff') if status == ACK else status

    def erase_pages(self, pages: list[int]) -> int | None:
        """Extended Erase of some pages; return the last status."""
        status = self.command(0x44)
        if status != ACK:
            return status
        numbers = b''.join(page.to_bytes(2, 'big') for page in pages)
        return self.frame((len(pages) - 1).to_bytes(2, 'big') + numbers)

    def erase_old(self, pages: list[int]) -> int | None:
        """Erase of some pages with the command of the first loaders; return the last status."""
        status = self.command(0x43)
        return self.frame(bytes([len(pages) - 1, *pages])) if status == ACK else status

    def go(self, address: int) -> int | None:
        """Go; return the last status."""
        status = self.command(0x21)
        return self.frame(address.to_bytes(4, 'big')) if status == ACK else status


class Receiver:
    """Reads frames on a net and hands each byte on; frames with a wrong stop bit are dropped."""

    def __init__(self, board: Board, net: str, take: Callable[[int], None]) -> None:
        self._board = board
        self._net = net
        self._take = take
        self._busy = False
        board.watch(net, self._edge)

    def configure(self, bit: float, parity: str) -> None:
        """Read bits of this many picoseconds from now on."""
        self._bit = bit
        self._length = 1 + DATA_BITS + (parity != 'none') + 1

    def _edge(self, level: int, time: int) -> None:
        if level or self._busy:
            return
        self._busy = True
        self._bits: list[int] = []
        for place in range(self._length):
            self._board.at(time + round((place + 0.5) * self._bit), self._sample)

    def _sample(self) -> None:
        self._bits.append(self._board.level(self._net))
        if len(self._bits) == self._length:
            self._busy = False
            if self._bits[-1] and not self._bits[0]:
                self._take(
                    sum(bit << place for place, bit in enumerate(self._bits[1 : 1 + DATA_BITS]))
                )
