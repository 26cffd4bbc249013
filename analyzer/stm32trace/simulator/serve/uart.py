"""A serial port with a virtual part behind it, for stm32flash and stm32loader.

Rate and parity on the wire are those that the tool sets on its port, told by the library of standin.py. The tool's own pace is not that of the wire:
what it sends follows THINKING after what it got, and while it waits for an answer the model's time leaps to it. Only
where the part has nothing to say does the time that the tool waits pass as it is, so that its time-outs are seen.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.hosts.uart import UartHost
from stm32trace.simulator.serve.pseudo_terminal import PseudoTerminal
from stm32trace.simulator.serve.standin import Events

THINKING = 300 * PS // 10**6  # between an answer and what the tool sends next
LONGEST_LEAP = PS  # before the tool is looked at again
QUIET = 20 * PS // 1000  # without an edge: the part has said what it had to say
PATIENCE_S = 0.005  # how long the tool is given before time leaps to the next event


class UartPort:
    """Carries bytes between a tool on a pseudo-terminal and net `tx` and `rx` of a board."""

    def __init__(self, board: Board, terminal: PseudoTerminal, events: Events) -> None:
        self._board = board
        self._terminal = terminal
        self._events = events
        self._host = UartHost(board)

    def serve(self, until: Callable[[], bool]) -> None:
        """Carry bytes until `until()`, and what is on its way then."""
        while not until():
            if not self._exchange():
                self._pass_time()
        self._exchange()

    def _exchange(self) -> bool:
        """Send what the tool sent, and give it what came; tell whether there was anything."""
        data = self._terminal.receive(PATIENCE_S)
        if data:
            self._configure()
            self._board.run_for(THINKING)
            self._host.send(data)
        got = self._host.received()
        if got:
            self._terminal.send(got)
        return bool(data or got)

    def _pass_time(self) -> None:
        """Let the part say what it has to say; where it has nothing, as much time passes as the tool waits."""
        board, deadline = self._board, self._board.now + LONGEST_LEAP
        due = board.next_event()
        if due is None:
            begun = time.monotonic()
            select.select([self._terminal.ours], [], [], PATIENCE_S)
            board.run_for(round((time.monotonic() - begun + PATIENCE_S) * PS))
        while due is not None and due < deadline:
            if self._host.has_received and due > board.now + QUIET:
                return
            board.run_until(due)
            due = board.next_event()

    def _configure(self) -> None:
        """Follow what the tool has set on its port."""
        for kind, *values in self._events.lines():
            if kind == 'port':
                self._host.configure(int(values[0]), values[1])
