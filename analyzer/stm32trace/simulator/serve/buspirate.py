"""A Bus Pirate in raw two-wire mode, as OpenOCD's driver of that name uses it for SWD.

Source: the bytes that OpenOCD 0.12.0 sends; the Bus Pirate's manual, chapters on binary and raw two-wire mode.
That driver repeats nothing that was answered WAIT, so time passes before a request until the part can answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from stm32trace.simulator.board import PS
from stm32trace.simulator.parts.part import Part

BINARY_MODE, RAW_WIRE = b'BBIO1', b'RAW1'
DONE = b'\x01'
SPEEDS_HZ = (5_000, 50_000, 100_000, 400_000)  # of 0x60 to 0x63
NRST_BIT = 0x02  # of the pin command 0x4x: AUX, low while the driver asserts the reset line


class BusPirate:
    """Turns the bytes of the driver into clocks on a board, and back.

    clock_hz: of SWCLK; None follows the driver, which knows nothing above 400 kHz.
    """

    DRIVER = 'probe'

    def __init__(self, part: Part, clock_hz: float | None = None) -> None:
        self._part = part
        self._board = part.board
        self._fixed = clock_hz
        self._half = self._half_of(clock_hz or SPEEDS_HZ[-1])
        self._raw = False
        self._data: int | None = None  # what it drives on SWDIO
        self._expected = 0  # bytes of a bulk write that are still to come
        self._has_reset = (
            False  # the driver has let NRST go; what it sets before that is no reset of its own
        )
        self._board.drive('swclk', self.DRIVER, 0)

    def answer(self, data: bytes) -> bytes:
        """Return what the device answers to these bytes of the driver."""
        return b''.join(self._answers(data))

    def _answers(self, data: bytes) -> Iterator[bytes]:
        for byte in data:
            if self._expected:
                self._expected -= 1
                self._send(byte)
                yield DONE
            else:
                yield self._command(byte)

    def _command(self, byte: int) -> bytes:
        if byte == 0x00:
            self._raw = False
            return BINARY_MODE
        if byte == 0x05 and not self._raw:
            self._raw = True
            return RAW_WIRE
        if byte == 0x0F:
            return DONE
        kind, low = byte & 0xF0, byte & 0x0F
        if byte == 0x06:
            return bytes([sum(self._read() << place for place in range(8))])
        if byte == 0x07:
            return bytes([self._read()])
        if kind == 0x10:
            self._wait_for_part(low)
            self._expected = low + 1
        elif kind == 0x20:
            for _ in range(low + 1):
                self._clock()
        elif kind == 0x40:
            self._pins(low)
        elif kind == 0x60:
            self._half = self._half_of(self._fixed or SPEEDS_HZ[low & 3])
        return DONE

    def _wait_for_part(self, count: int) -> None:
        """Before a request, let the access under way come to its end."""
        ready = self._part.debug_port.ready_at
        if not count and ready > self._board.now:
            self._board.run_until(ready)

    def _pins(self, low: int) -> None:
        self._has_reset = self._has_reset or bool(low & NRST_BIT)
        asserted = self._has_reset and not low & NRST_BIT
        self._board.drive('nrst', self.DRIVER, 0 if asserted else None)

    # Bits.

    def _send(self, byte: int) -> None:
        for place in range(8):
            self._data = byte >> place & 1
            self._clock()

    def _read(self) -> int:
        self._data = None
        return self._clock()

    def _clock(self) -> int:
        """One clock cycle; return SWDIO while the clock is high."""
        board = self._board
        board.drive('swclk', self.DRIVER, 0)
        board.drive('swdio', self.DRIVER, self._data)
        board.run_for(self._half)
        board.drive('swclk', self.DRIVER, 1)
        board.run_for(self._half)
        return board.level('swdio')

    @staticmethod
    def _half_of(clock_hz: float) -> int:
        return round(PS / clock_hz / 2)
