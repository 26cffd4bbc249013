"""A serial port for host tools: a pseudo-terminal."""

from __future__ import annotations

import os
import select
import tty
from collections.abc import Callable
from types import TracebackType

CHUNK = 65536
PATIENCE_S = 0.05  # how often `serve` looks whether it shall end


class PseudoTerminal:
    """Open while in a `with` block; `path` is what the tool opens. Raises OSError where there are none."""

    def __enter__(self) -> PseudoTerminal:
        self.ours, self.theirs = os.openpty()
        tty.setraw(self.theirs)
        self.path = os.ttyname(self.theirs)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self.theirs)
        os.close(self.ours)

    def receive(self, patience_s: float) -> bytes:
        """Return what the tool sent; b'' where nothing comes for `patience_s` seconds."""
        ready, _, _ = select.select([self.ours], [], [], patience_s)
        return os.read(self.ours, CHUNK) if ready else b''

    def send(self, data: bytes) -> None:
        """Give bytes to the tool."""
        while data:
            data = data[os.write(self.ours, data) :]

    def serve(self, answer: Callable[[bytes], bytes], until: Callable[[], bool]) -> None:
        """Give what the tool sends to `answer`, and what that returns to the tool, until `until()`."""
        while not until():
            self._answer(answer)
        while self._answer(answer):
            pass

    def _answer(self, answer: Callable[[bytes], bytes]) -> bool:
        data = self.receive(PATIENCE_S)
        if data:
            self.send(answer(data))
        return bool(data)
