"""Bus lines that are low for long without any edge on the bus: `LineHold`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace.line.i2c_signals import SCL, I2cSignals
from stm32trace_core.lines import LINE_HOLD_S, LineHold

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LineHoldColumns(WordColumns):
    """LineHold of one role, at one level."""

    record: ClassVar[type] = LineHold
    role: str
    value: int
    inside: NDArray[np.bool_]
    last: bool
    other: NDArray[np.int64]
    bits: NDArray[np.int64]


class Holds:
    """Finds stretches of more than LINE_HOLD_S without an edge.

    With SCL low they are holds of SCL, with only SDA low of SDA; with both lines high the bus is
    idle. Without a sample rate there are none.
    """

    def __init__(self, bus: str, sample_rate: float | None) -> None:
        self._bus = bus
        self._limit = LINE_HOLD_S * sample_rate if sample_rate else np.inf  # samples
        self._since = 0  # sample of the last edge
        self._state: int | None = None  # levels since then; None before a run
        self._inside = False
        self._pulses = 0  # of the clock, since the last START

    def feed(self, signals: I2cSignals) -> Iterator[WordColumns]:
        """Return the holds that end at one of the entries, of which there is at least one."""
        index, state = signals.edges.index, signals.edges.state
        since = int(index[0]) if self._state is None else self._since
        start = np.concatenate(([since], index[:-1]))
        long = np.flatnonzero(index - start > self._limit)
        levels = np.concatenate(([self._state or 0], state))[long]
        inside, pulses = self._places(signals, np.append(long, len(index)))
        self._since, self._state = int(index[-1]), int(state[-1])
        self._inside, self._pulses = bool(inside[-1]), int(pulses[-1])
        return self._columns(start[long], index[long], levels, inside[:-1], pulses[:-1])

    def finish(self, end: int) -> Iterator[WordColumns]:
        """Return the hold that lasts until the end of a run."""
        start = np.array([self._since])
        long = np.full(1, self._state is not None and end - self._since > self._limit)
        columns = self._columns(
            start[long],
            np.array([end])[long],
            np.array([self._state or 0])[long],
            np.array([self._inside])[long],
            np.array([self._pulses])[long],
            last=True,
        )
        self._state, self._inside = None, False
        return columns

    def _places(
        self, signals: I2cSignals, entries: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Return (within a transfer, clock pulses since the last condition) ahead of `entries`."""
        condition = np.searchsorted(signals.conditions, entries)  # 0: the one before the block
        inside = np.concatenate(([self._inside], signals.starts))
        pulses = np.searchsorted(signals.rises, signals.conditions)
        pulses = np.concatenate(([-self._pulses], pulses))
        return inside[condition], np.searchsorted(signals.rises, entries) - pulses[condition]

    def _columns(
        self,
        start: NDArray[np.int64],
        end: NDArray[np.int64],
        levels: NDArray[np.int64],
        inside: NDArray[np.bool_],
        pulses: NDArray[np.int64],
        last: bool = False,
    ) -> Iterator[WordColumns]:
        bits = np.where(inside, pulses, -1)
        clock = (levels & SCL) == 0
        for role, own, other in (('scl', clock, levels >> 1), ('sda', levels == SCL, levels & SCL)):
            if own.any():
                yield LineHoldColumns(
                    start[own],
                    end[own],
                    self._bus,
                    role,
                    value=0,
                    inside=inside[own],
                    last=last,
                    other=other[own],
                    bits=bits[own],
                )
