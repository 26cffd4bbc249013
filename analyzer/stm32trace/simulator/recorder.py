"""What a logic analyzer on the board records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.capture.sr_writer import write_sr
from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.wave import Wave

if TYPE_CHECKING:
    from collections.abc import Callable

    from stm32trace.capture.changes import Changes


@dataclass(frozen=True, slots=True)
class Probe:
    """How the analyzer is clipped on.

    nets: those it sees, in the order of its channels. names: of the channels; default the nets' in capitals.
    skew_s: net -> how much later that channel sees its edges. jitter_s: standard deviation of each edge.
    """

    rate: float  # samples a second
    nets: tuple[str, ...]
    names: tuple[str, ...] = ()
    skew_s: Mapping[str, float] = field(default_factory=dict)
    jitter_s: float = 0.0
    seed: int = 1

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.names or tuple(net.upper() for net in self.nets)


class Recorder:
    """Keeps every edge of the nets from its making on."""

    def __init__(self, board: Board, nets: Sequence[str]) -> None:
        self._board = board
        self._start = board.now
        self._initial = {net: board.level(net) for net in nets}
        self._edges: dict[str, list[int]] = {net: [] for net in nets}
        for net in nets:
            board.watch(net, self._keeper(net))

    def wave(self, probe: Probe) -> Wave:
        """Return what was recorded so far as the analyzer samples it."""
        random = np.random.default_rng(probe.seed)
        wave = Wave(probe.rate, {net: self._initial[net] for net in probe.nets})
        for net in probe.nets:
            times = np.array(self._edges[net], np.int64) - self._start
            seconds = times / PS + probe.skew_s.get(net, 0.0)
            if probe.jitter_s:
                seconds = np.maximum.accumulate(
                    seconds + random.normal(0.0, probe.jitter_s, len(seconds))
                )
            wave.toggle(net, np.maximum(seconds, 0.0))
        return wave

    def changes(self, probe: Probe) -> Changes:
        """Return the recording up to now as one block."""
        return self.wave(probe).changes(stop=self._samples(probe))

    def write_sr(self, path: Path, probe: Probe) -> int:
        """Write the recording up to now; return its number of samples. Raises ReportError where it cannot."""
        return write_sr(path, [self.changes(probe)], list(probe.channels), probe.rate)

    def _samples(self, probe: Probe) -> int:
        return max(1, round((self._board.now - self._start) / PS * probe.rate))

    def _keeper(self, net: str) -> Callable[[int, int], None]:
        keep = self._edges[net].append
        return lambda level, time: keep(time)
