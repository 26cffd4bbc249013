"""TX and RX become UART words, with the rate and the format they were read with.

Edges are collected in chunks (uart_chunks). A chunk that what is known of its lines explains is read
at once; else a plan is made for it (uart_plan): which rate which part of it has, and which format.
Nothing depends on how the data are cut into blocks, since chunks do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from stm32trace.line.activity import Activity
from stm32trace.line.uart_chunks import Chunk, Chunker
from stm32trace.line.uart_line import Line
from stm32trace.line.uart_plan import Planner
from stm32trace.signal.edges import edges
from stm32trace_core.lines import LineActivity
from stm32trace_core.wire.uart import RX, TX, UartFormat, UartGlitch, UartRate, UartWord

if TYPE_CHECKING:
    from stm32trace.capture.changes import Changes
    from stm32trace.line.columns import Setup, WordColumns


class UartDecoder:
    """Decodes one UART, of which one line may be missing.

    UartWord, UartFormat and UartGlitch come when the chunk that holds them is complete, UartRate
    when the format changes and at `close`, LineActivity at `close`. What is known of rates and
    formats outlives a gap of the capture.
    """

    protocol: ClassVar[str] = 'uart'
    roles: ClassVar[tuple[str, ...]] = (TX, RX)
    produces: ClassVar[tuple[type, ...]] = (
        UartWord,
        UartFormat,
        UartGlitch,
        UartRate,
        LineActivity,
    )

    def __init__(self, setup: Setup) -> None:
        roles = setup.roles or self.roles
        self._lines = [Line(setup, role) for role in roles]
        self._chunker = Chunker(setup.sample_rate)
        self._planner = Planner(setup)
        self._activity = Activity(setup.bus, roles)
        self._state: int | None = None  # None before a run
        self.settled = 0

    def feed(self, block: Changes) -> Iterator[WordColumns]:
        """Return what the chunks that end within the block hold."""
        self._activity.feed(block)
        if self._state is None and len(block.state):
            self._state = int(block.state[0])
            for bit, line in enumerate(self._lines):
                line.start_run(block.start, self._state >> bit & 1)
        self._chunker.feed(edges(block, self._state))
        if len(block.state):
            self._state = int(block.state[-1])
        found: list[WordColumns] = []
        while (chunk := self._chunker.ready(block.stop)) is not None:
            found += self._decode(chunk)
        self.settled = max(self.settled, self._settled(block.stop))
        return iter(found)

    def finish(self, end: int) -> Iterator[WordColumns]:
        """Return what is open at the end of a run."""
        found = self._decode(self._chunker.rest(end), last=True) if self._state is not None else []
        self._activity.finish()
        self._state = None
        self.settled = end
        return iter(found)

    def close(self, end: int) -> Iterator[WordColumns]:
        """Return LineActivity of each line and the rate of the last words."""
        for line in self._lines:
            yield from line.end_stretch(end)
        yield from self._activity.close(end)

    def _decode(self, chunk: Chunk, last: bool = False) -> list[WordColumns]:
        for bit, line in enumerate(self._lines):
            line.take(chunk.edges(bit), chunk.first, chunk.known)
        found = {line.role: line.explained() for line in self._lines}
        open_ = [line for line in self._lines if found[line.role] is None]
        columns: list[WordColumns] = []
        plans = self._planner.plan(open_, [line for line in self._lines if line not in open_])
        for line, parts in zip(open_, plans, strict=True):
            columns += line.parts(parts, last)
        for line in self._lines:
            decoded = found[line.role]
            if decoded is not None:
                columns += line.decoded(decoded, last)
        self._hold(chunk.known)
        return columns

    def _hold(self, known: int) -> None:
        for line in self._lines:
            line.wait_no_more(self._chunker.span)
        if any(line.open_since is not None for line in self._lines):
            self._chunker.hold(known)

    def _settled(self, stop: int) -> int:
        waiting = [line.open_since for line in self._lines] + [self._chunker.first]
        return min((sample for sample in waiting if sample is not None), default=stop)


DECODER = UartDecoder
