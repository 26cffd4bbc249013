"""A serial port for host tools: a pseudo-terminal whose other end is answered by a function."""

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
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._theirs)
        os.close(self._ours)

    def serve(self, answer: Callable[[bytes], bytes], until: Callable[[], bool]) -> None:
        """Give what the tool sends to `answer`, and what that returns to the tool, until `until()`."""
        while not until():
            if data := self._receive():
                os.write(self._ours, answer(data))
        while data := self._receive():
            os.write(self._ours, answer(data))

    def _receive(self) -> bytes:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE_S)
        return os.read(self._ours, CHUNK) if ready else b''
