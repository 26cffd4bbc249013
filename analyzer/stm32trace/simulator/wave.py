"""The one waveform synthesizer: levels set at times in seconds become `Changes`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.capture.changes import Changes, cut, state_type
from stm32trace.capture.sr_writer import write_sr

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Wave:
    """Levels of several lines over time, sampled at `rate` Hz.

    initial: role -> level before anything is set; its order is that of the channels. A line has one
    level a sample: of several settings that fall on one sample the last one counts, and a pulse
    between two samples is not seen, as on a real logic analyzer.
    """

    def __init__(self, rate: float, initial: Mapping[str, int]) -> None:
        self.rate = rate
        self._initial = dict(initial)
        self._samples: dict[str, list[int]] = {role: [0] for role in initial}
        self._levels: dict[str, list[int]] = {role: [level] for role, level in initial.items()}
        self._inverted: dict[str, list[int]] = {role: [] for role in initial}

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in the order of the channels."""
        return tuple(self._initial)

    def sample(self, seconds: float) -> int:
        """Return the number of the sample nearest to `seconds`."""
        return round(seconds * self.rate)

    def level(self, role: str) -> int:
        """Return the level set last, glitches left aside."""
        return self._levels[role][-1]

    def set(self, role: str, seconds: float, level: int) -> None:
        """Give the line `level` from `seconds` on; the times of one line must not decrease."""
        sample = self.sample(seconds)
        samples = self._samples[role]
        assert sample >= samples[-1], (role, sample, samples[-1])
        samples.append(sample)
        self._levels[role].append(level)

    def toggle(self, role: str, seconds: NDArray[np.float64]) -> None:
        """Let the line take its other level at each of these times, (n,), which must not decrease."""
        samples = np.rint(seconds * self.rate).astype(np.int64)
        assert not len(samples) or samples[0] >= self._samples[role][-1], role
        levels = (self.level(role) + 1 + np.arange(len(samples))) & 1
        self._samples[role] += samples.tolist()
        self._levels[role] += levels.tolist()

    def glitch(self, role: str, sample: int, width: int = 1) -> None:
        """Invert the line over `width` samples from `sample` on, whenever they are."""
        self._inverted[role] += (sample, sample + width)

    def changes(self, roles: Iterable[str] | None = None, stop: int | None = None) -> Changes:
        """Return the samples before `stop` as one block; bit k is the level of the k-th of `roles`.

        stop: default is one sample after the last edge.
        """
        chosen = self.roles if roles is None else tuple(roles)
        toggles = [self._toggles(role) for role in chosen]
        if stop is None:
            stop = 1 + max((int(samples[-1]) for samples in toggles if len(samples)), default=0)
        index = np.unique(np.concatenate([np.zeros(1, np.int64), *toggles]))
        state = np.zeros(len(index), state_type(len(chosen)))
        for bit, (role, samples) in enumerate(zip(chosen, toggles, strict=True)):
            level = (self._initial[role] + np.searchsorted(samples, index, side='right')) & 1
            state |= level.astype(state.dtype) << state.dtype.type(bit)
        before, _ = cut(Changes(0, max(stop, int(index[-1]) + 1), index, state), stop)
        return before

    def blocks(
        self, cuts: Iterable[int], roles: Iterable[str] | None = None, stop: int | None = None
    ) -> Iterator[Changes]:
        """Yield what `changes` returns, cut at sorted samples; equal ones give empty blocks."""
        rest = self.changes(roles, stop)
        for at in cuts:
            block, rest = cut(rest, at)
            yield block
        yield rest

    def write_sr(self, path: Path | str, stop: int | None = None) -> int:
        """Write all lines as a sigrok session; channels are named like the roles, in capitals.

        Returns the number of samples. Raises ReportError if the file cannot be written.
        """
        names = [role.upper() for role in self.roles]
        return write_sr(path, [self.changes(stop=stop)], names, self.rate)

    def _toggles(self, role: str) -> NDArray[np.int64]:
        """(n,) strictly increasing samples at which the line takes its other level."""
        samples = np.array(self._samples[role], np.int64)
        levels = np.array(self._levels[role], np.int64)
        last = np.append(samples[1:] != samples[:-1], True)
        samples, levels = samples[last], levels[last]
        edges: NDArray[np.int64] = samples[np.diff(levels, prepend=self._initial[role]) != 0]
        if not self._inverted[role]:
            return edges
        both = np.concatenate((edges, np.array(self._inverted[role], np.int64)))
        unique, count = np.unique(both, return_counts=True)
        odd: NDArray[np.int64] = unique[count % 2 == 1]
        return odd
