"""An I2C bus with a virtual part behind it, for tools that use the kernel's device file, such as stm32flash.

The library of standin.py carries each transfer here, and the time for which the tool sleeps; both take as long on
the board as they would on a real one, and none at all for the user.
"""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.hosts.i2c import BusStuckError, I2cHost

DEVICE = '/dev/i2c-stm32trace'
PATIENCE_S = 0.05
REQUEST = struct.Struct('<cI')
ANSWER = struct.Struct('<qi')
REFUSED = -1
THINKING = 200 * PS // 10**6  # between two transfers of the tool
MICROSECOND = PS // 10**6


class I2cPort:
    """Carries transfers between a tool and nets `scl` and `sda` of a board.

    Open while in a `with` block; `environment` is what the tool needs beside the library.
    """

    def __init__(self, board: Board, folder: Path, clock_hz: float = 100e3) -> None:
        self._board = board
        self._host = I2cHost(board, clock_hz=clock_hz)
        self._path = folder / 'i2c'
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._path))
        self._listener.listen(1)
        self._tool: socket.socket | None = None
        self.environment = {'STM32TRACE_I2C': f'{DEVICE}={self._path}'}

    def __enter__(self) -> I2cPort:
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        if self._tool is not None:
            self._tool.close()

    def serve(self, until: Callable[[], bool]) -> None:
        """Carry transfers until `until()`."""
        while not until():
            waiting = self._tool or self._listener
            ready, _, _ = select.select([waiting], [], [], PATIENCE_S)
            if not ready:
                continue
            if self._tool is None:
                self._tool, _ = self._listener.accept()
            elif not self._answer():
                self._tool.close()
                self._tool = None

    def _answer(self) -> bool:
        """Do one thing for the tool; False when it has closed the bus."""
        assert self._tool is not None
        header = self._receive(REQUEST.size)
        if not header:
            return False
        what, number = REQUEST.unpack(header)
        sent = self._receive(number) if what == b'W' else b''
        length, data = self._do(what, number, sent)
        self._tool.sendall(ANSWER.pack(self._board.now // MICROSECOND, length) + data)
        return True

    def _do(self, what: bytes, number: int, sent: bytes) -> tuple[int, bytes]:
        """Return the length to report, REFUSED for an error, and what was read."""
        if what == b'A':
            self._host.address = number
            return 0, b''
        if what == b'S':
            self._board.run_for(number * MICROSECOND)
            return 0, b''
        self._board.run_for(THINKING)
        try:
            if what == b'W':
                taken = self._host.write(sent)
                return (taken if taken == len(sent) else REFUSED), b''
            data = self._host.read(number)
        except BusStuckError:
            return REFUSED, b''
        return (REFUSED, b'') if data is None else (len(data), data)

    def _receive(self, length: int) -> bytes:
        assert self._tool is not None
        data = b''
        while len(data) < length:
            piece = self._tool.recv(length - len(data))
            if not piece:
                return b''
            data += piece
        return data
