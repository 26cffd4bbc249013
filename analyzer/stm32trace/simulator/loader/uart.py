"""The bootloader on a serial line, bit by bit: 8 data bits, even parity, one stop bit. Source: AN3155 2.

The rate is measured from the first byte, whatever it is: between its first two falling edges lie eight bits if it
is 0x7F, and something else if it is not. What follows is read at that rate, from the middle of each bit.

What the application note leaves open, chosen here: a byte with a wrong parity or stop bit is dropped; bytes that come
while the loader works are read when it is done, the last one of several (there is one data register).
"""

from __future__ import annotations

from stm32trace.simulator.board import Board, Event
from stm32trace.simulator.loader.engine import ACK, Engine
from stm32trace.simulator.parts.part import LOADER, Part

SYNC_BITS = 8  # between the falling edges of the start bit and of bit 7 of 0x7F
FRAME_BITS = 11
DATA_BITS = 8
MOST_WAITING = 1


class UartLoader:
    """Listens on net `tx` (the host's) and answers on net `rx` while the part runs its loader.

    rate_error: how far the part's clock is off: 0.01 is one percent fast.
    """

    DRIVER = 'target'

    def __init__(self, board: Board, part: Part, engine: Engine, rate_error: float = 0.0) -> None:
        self._board = board
        self._engine = engine
        self._factor = 1 / (1 + rate_error)
        self._number = 0  # of the session: what belongs to an earlier one is void
        self._listening = False
        board.watch('tx', self._edge)
        part.on_stop(self._stop)
        part.on_start(self._start)

    def _start(self, mode: str) -> None:
        self._number += 1
        self._listening = mode == LOADER
        if self._listening:
            self._board.drive('rx', self.DRIVER, 1)
            self._fell: int | None = None
            self._bit = 0  # length of one in picoseconds; 0 while it is not known
            self._receiving = False
            self._waiting: list[int] = []
            self._busy = False
            self._send_free = 0  # when the line is free for the next byte
            self._talk = self._engine.conversation()
            next(self._talk)

    def _stop(self) -> None:
        self._number += 1
        self._listening = False
        self._board.drive('rx', self.DRIVER, None)

    def _later(self, delay: int, call: object) -> Event:
        """Do something unless the session has ended by then."""
        assert callable(call)
        number = self._number
        return self._board.after(delay, lambda: call() if number == self._number else None)

    # Receiving.

    def _edge(self, level: int, time: int) -> None:
        if not self._listening or level:
            return
        if not self._bit:
            self._measure(time)
        elif not self._receiving:
            self._receiving = True
            self._bits: list[int] = []
            self._later(self._bit // 2, self._sample)

    def _measure(self, time: int) -> None:
        if self._fell is None:
            self._fell = time
            return
        bit = (time - self._fell) // SYNC_BITS
        self._later(bit * 5 // 2, lambda: self._synchronised(bit))

    def _synchronised(self, bit: int) -> None:
        self._bit = round(bit * self._factor)
        self._send(bytes([ACK]))

    def _sample(self) -> None:
        self._bits.append(self._board.level('tx'))
        if len(self._bits) < FRAME_BITS:
            if self._bits[0]:
                self._receiving = False  # no start bit
            else:
                self._later(self._bit, self._sample)
            return
        self._receiving = False
        data = self._bits[1 : 1 + DATA_BITS]
        parity, stop = self._bits[-2:]
        if stop and parity == sum(data) & 1:
            self._received(sum(one << place for place, one in enumerate(data)))

    def _received(self, byte: int) -> None:
        if self._busy:
            self._waiting = [*self._waiting, byte][-MOST_WAITING:]
        else:
            self._go_on(byte)

    def _go_on(self, byte: int) -> None:
        """Give a byte to the engine, and do what it wants until it wants the next one."""
        self._advance(self._talk.send(byte))

    def _advance(self, wanted: int | bytes | None) -> None:
        while wanted is not None:
            if isinstance(wanted, bytes):
                self._send(wanted)
                wanted = next(self._talk)
            else:
                self._busy = True
                self._later(wanted, self._resume)
                return
        self._busy = False
        if self._waiting:
            self._go_on(self._waiting.pop(0))

    def _resume(self) -> None:
        self._advance(next(self._talk))

    # Sending.

    def _send(self, data: bytes) -> None:
        board = self._board
        begin = max(board.now, self._send_free)
        for byte in data:
            parity = byte.bit_count() & 1
            bits = [0, *(byte >> place & 1 for place in range(DATA_BITS)), parity, 1]
            for place, bit in enumerate(bits):
                self._drive_at(begin + place * self._bit, bit)
            begin += FRAME_BITS * self._bit
        self._send_free = begin

    def _drive_at(self, time: int, bit: int) -> None:
        self._later(time - self._board.now, lambda: self._board.drive('rx', self.DRIVER, bit))
