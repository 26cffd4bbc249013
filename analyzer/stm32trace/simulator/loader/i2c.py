"""The bootloader as an I2C slave, bit by bit. Sources: UM10204 rev 7 section 3.1; AN4221.

Where the loader has nothing to send yet, it holds SCL low; while a no-stretch command is at work, it sends BUSY.

What the application note leaves open, chosen here: a host that reads on when everything was sent gets 0xFF; what is
written while the loader works is not acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from stm32trace.simulator.board import Board
from stm32trace.simulator.loader.engine import BUSY, Engine, Work
from stm32trace.simulator.parts.part import LOADER, Part

FILLER = 0xFF
HOLD = 300 * 1000  # picoseconds after a falling edge of SCL at which SDA changes: 300 ns
BYTE_BITS = 8

STRETCH = -1
# Yields the level to put on SDA, None to release it or STRETCH to hold SCL low; is sent the level in that clock cycle.
Bits = Generator[int | None, int, None]


class I2cLoader:
    """Answers at `address` on nets `scl` and `sda` while the part runs its loader."""

    DRIVER = 'target'

    def __init__(self, board: Board, part: Part, engine: Engine, address: int = 0x51) -> None:
        self._board = board
        self._engine = engine
        self._address = address
        self._number = 0
        self._listening = False
        board.watch('scl', self._clock)
        board.watch('sda', self._data)
        part.on_stop(self._stop)
        part.on_start(self._start)

    def _start(self, mode: str) -> None:
        self._number += 1
        self._listening = mode == LOADER
        self._bits: Bits | None = None
        self._begun = False  # the first clock cycle after START has come
        self._sampled = 1
        self._queue: list[int] = []
        self._working = self._thinking = False
        self._starved = False  # SCL is held low until there is something to send
        self._talk = self._engine.conversation()
        next(self._talk)

    def _stop(self) -> None:
        self._number += 1
        self._listening = False
        self._bits = None
        for net in ('scl', 'sda'):
            self._board.drive(net, self.DRIVER, None)

    def _later(self, delay: int, call: Callable[[], None]) -> None:
        """Do something unless the session has ended by then."""
        number = self._number
        self._board.after(delay, lambda: call() if number == self._number else None)

    # The wire.

    def _data(self, level: int, time: int) -> None:
        """START and STOP."""
        if self._listening and self._board.level('scl'):
            self._board.drive('sda', self.DRIVER, None)
            self._bits = None if level else self._transfer()
            self._begun = False

    def _clock(self, level: int, time: int) -> None:
        if level:
            self._sampled = self._board.level('sda')
        elif self._listening and self._bits is not None:
            self._step()

    def _step(self) -> None:
        """SCL has fallen: put out what is for the next clock cycle."""
        assert self._bits is not None
        try:
            wanted = self._bits.send(self._sampled) if self._begun else next(self._bits)
        except StopIteration:
            wanted, self._bits = None, None
        self._begun = True
        self._starved = wanted == STRETCH
        if self._starved:
            self._board.drive('scl', self.DRIVER, 0)
        else:
            self._later(HOLD, lambda: self._put(wanted))

    def _put(self, wanted: int | None) -> None:
        self._board.drive('sda', self.DRIVER, 0 if wanted == 0 else None)
        self._later(HOLD, lambda: self._board.drive('scl', self.DRIVER, None))

    def _transfer(self) -> Bits:
        """One transfer from its START on."""
        header = yield from _receive()
        if header >> 1 != self._address:
            return
        if not header & 1 and self._working:
            return
        yield 0  # acknowledge
        if header & 1:
            yield from self._send()
        while True:
            byte = yield from _receive()
            if self._working:
                return
            yield 0
            self._advance(self._talk.send(byte))

    def _send(self) -> Bits:
        acknowledged = True
        while acknowledged:
            while self._thinking and not self._queue and not self._working:
                yield STRETCH
            byte = self._next()
            for place in reversed(range(BYTE_BITS)):
                yield byte >> place & 1
            acknowledged = not (yield None)

    def _next(self) -> int:
        if self._queue:
            return self._queue.pop(0)
        return BUSY if self._working else FILLER

    # The engine.

    def _advance(self, wanted: int | bytes | None) -> None:
        while wanted is not None:
            if isinstance(wanted, bytes):
                self._queue += wanted
                wanted = next(self._talk)
            else:
                self._thinking = True
                self._working = isinstance(wanted, Work) and not self._engine.stretches
                self._later(wanted, self._resume)
                return
        self._thinking = self._working = False
        self._feed()

    def _feed(self) -> None:
        """Where SCL was held low for want of something to send, go on."""
        if self._starved:
            self._step()

    def _resume(self) -> None:
        self._thinking = self._working = False
        self._advance(next(self._talk))


def _receive() -> Generator[int | None, int, int]:
    byte = 0
    for _ in range(BYTE_BITS):
        bit = yield None
        byte = byte << 1 | bit
    return byte
