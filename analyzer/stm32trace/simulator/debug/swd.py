"""The target's end of the serial wire, bit by bit.

The target samples SWDIO at a rising edge of SWCLK and changes what it drives just after one, so what it drives
after one edge is what the host sees at the next. Source: Arm IHI 0031 (ADIv5.2), chapter B4, B5.2 for SWJ-DP.

What the specification leaves open, chosen here:
- After a request that is no request (parity, stop or park bit) nothing is answered until a line reset or a read
  of DPIDR, and the line is looked at bit by bit again.
- The first request after a line reset must be the read of DPIDR; any other is not answered (B4.3.3).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, Protocol

from stm32trace.simulator.board import PS, Board

RESET_CLOCKS = 50  # high cycles of a line reset
JTAG_TO_SWD = 0xE79E  # 16 bits, least significant first, after a line reset
SWD_TO_JTAG = 0xE73C
SWITCH_BITS = 16
DRIVE_DELAY = PS * 8 // 10**9  # SWDIO changes 8 ns after the rising edge of SWCLK

OK, WAIT, FAULT = 0b001, 0b010, 0b100  # as a number whose bit 0 is sent first
WORD_BITS = 32

Conversation = Generator[
    int | None, int, None
]  # yields what to drive, is sent the level at the next edge


class Request(NamedTuple):
    """The eight bits of a request."""

    ap: bool
    read: bool
    address: int  # 0, 4, 8 or 0xC


class Port(Protocol):
    """What answers requests: the DP."""

    def respond(self, request: Request) -> tuple[int, int, bool]:
        """Return acknowledge, the word read (0 for a write), and whether a data phase follows."""

    def written(self, request: Request, word: int, parity_is_right: bool) -> None:
        """Take the word of a write that was acknowledged, and whether its parity bit was right."""

    def line_reset(self) -> None:
        """The line was reset."""

    @property
    def turnaround(self) -> int:
        """Cycles in which nobody drives, 1 to 4."""


class SwdTarget:
    """Listens on SWCLK and SWDIO of a board while the part is powered.

    jtag_first: a SWJ-DP, which takes part only after the sequence that switches it from JTAG.
    """

    DRIVER = 'target'

    def __init__(self, board: Board, port: Port, jtag_first: bool = False) -> None:
        self._board = board
        self._port = port
        self._jtag_first = jtag_first
        self.powered = True
        self.power_on()
        board.watch('swclk', self._clock)

    def power_on(self) -> None:
        """Begin anew."""
        self._selected = not self._jtag_first
        self._ones = 0
        self._since_reset: list[int] | None = (
            None  # the bits after a line reset, while it may be a switch
        )
        self._conversation = self._listen()
        next(self._conversation)
        self._driven: int | None = None

    def _clock(self, level: int, time: int) -> None:
        if not level or not self.powered:
            return
        bit = self._board.level('swdio')
        self._count(bit)
        wanted = self._conversation.send(bit)
        if wanted != self._driven:
            self._driven = wanted
            self._board.after(DRIVE_DELAY, lambda: self._board.drive('swdio', self.DRIVER, wanted))

    def _count(self, bit: int) -> None:
        """Look for line resets and switches in what the host sends."""
        self._ones = self._ones + 1 if bit and self._driven is None else 0
        if self._ones == RESET_CLOCKS:
            self._restart()
            self._since_reset = []
        elif self._ones < RESET_CLOCKS and self._since_reset is not None:
            self._since_reset.append(bit)
            if len(self._since_reset) == SWITCH_BITS:
                self._switch(sum(one << place for place, one in enumerate(self._since_reset)))
                self._since_reset = None

    def _switch(self, code: int) -> None:
        if code == JTAG_TO_SWD and not self._selected:
            self._selected = True
            self._restart()
        elif code == SWD_TO_JTAG and self._jtag_first:
            self._selected = False

    def _restart(self) -> None:
        self._conversation = self._listen()
        next(self._conversation)
        if self._selected:
            self._port.line_reset()

    def _listen(self) -> Conversation:
        """Answer requests, one after the other, until the next line reset."""
        identified = False
        bit = yield None
        while bit:  # the rest of the line reset
            bit = yield None
        while True:
            while not bit:
                bit = yield None
            request = yield from _request()
            asks_identity = request == IDENTITY
            if request is None or not self._selected or not (identified or asks_identity):
                identified = False
            else:
                identified = True
                yield from self._answer(request)
            bit = yield None

    def _answer(self, request: Request) -> Conversation:
        turnaround = self._port.turnaround
        acknowledge, word, data_follows = self._port.respond(request)
        yield from _silence(turnaround)
        yield from _send(acknowledge, 3)
        if not data_follows:
            yield from _silence(turnaround)
        elif request.read:
            yield from _send(word, WORD_BITS)
            yield _parity(word)
            yield from _silence(turnaround)
        else:
            yield from _silence(turnaround)
            word = yield from _receive(WORD_BITS)
            parity = yield None
            if acknowledge == OK:
                self._port.written(request, word, parity == _parity(word))


IDENTITY = Request(ap=False, read=True, address=0)


def _request() -> Generator[int | None, int, Request | None]:
    """Return the request whose start bit was just seen; None if it is none."""
    bits = []
    for _ in range(7):
        bits.append((yield None))
    ap, read, low, high, parity, stop, park = bits
    if parity != (ap + read + low + high) & 1 or stop or not park:
        return None
    return Request(bool(ap), bool(read), low << 2 | high << 3)


def _silence(cycles: int) -> Conversation:
    for _ in range(cycles):
        yield None


def _send(word: int, count: int) -> Conversation:
    for place in range(count):
        yield word >> place & 1


def _receive(count: int) -> Generator[int | None, int, int]:
    word = 0
    for place in range(count):
        bit = yield None
        word |= bit << place
    return word


def _parity(word: int) -> int:
    return word.bit_count() & 1
