"""SCL pulses, START and STOP become I2cByte columns.

The conditions cut the sequence of SCL pulses into segments. Within a transfer (after a START) each
nine pulses of a segment are a byte; what is left is a partial byte. Outside of one nothing is
framed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from stm32trace.line.columns import WordColumns
from stm32trace.line.i2c_signals import SDA, I2cSignals
from stm32trace_core.wire.i2c import BYTE, PARTIAL, RESTART, START, STOP, I2cByte

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

END = -1  # a condition that is none: the data ends
NOT_YET = np.iinfo(np.int64).max  # SCL fall of a pulse that goes on
PULSES = 9  # of a byte: eight bits and the acknowledge
BROKEN_BITS = 2  # a partial byte of more bits than this is broken


@dataclass(frozen=True, slots=True)
class I2cByteColumns(WordColumns):
    """I2cByte."""

    record: ClassVar[type] = I2cByte
    kind: Integers
    value: Integers
    bits: Integers
    acked: NDArray[np.bool_]
    low: Integers
    low_bit: Integers
    low_start: Integers


@dataclass(frozen=True, slots=True)
class _Pulses:
    """SCL pulses in order; (n,) each."""

    rise: Integers  # sample at which SCL rises
    fall: Integers  # sample at which it falls again, or NOT_YET
    low_start: Integers  # sample at which it fell before
    level: Integers  # of SDA at the rise

    def __len__(self) -> int:
        return len(self.rise)

    def after(self, first: int) -> _Pulses:
        """Return the pulses from number `first` on."""
        return _Pulses(*(getattr(self, name)[first:] for name in _Pulses.__slots__))

    def extended(self, by: _Pulses) -> _Pulses:
        """Return these pulses and those of `by`."""
        columns = ((getattr(self, name), getattr(by, name)) for name in _Pulses.__slots__)
        return _Pulses(*map(np.concatenate, columns))


@dataclass(frozen=True, slots=True)
class _Segments:
    """The pulses between conditions; the last segment is still open. (s,) each."""

    inside: NDArray[np.bool_]  # within a transfer
    first: Integers  # number of the first pulse
    whole: Integers  # number of bytes
    rest: Integers  # number of the first pulse after these bytes
    stop: Integers  # number of the first pulse of the next segment


_NO_INTEGERS = np.zeros(0, np.int64)
_NO_PULSES = _Pulses(_NO_INTEGERS, _NO_INTEGERS, _NO_INTEGERS, _NO_INTEGERS)


class Words:
    """Frames the SCL pulses of a run of blocks.

    Between blocks it keeps the pulses of the word that is open, at most nine; of those outside a
    transfer the last one and the number of the others.
    """

    def __init__(self, bus: str) -> None:
        self._bus = bus
        self.broken = 0  # words within transfers that a START or STOP broke
        self.begin(0)

    def begin(self, start: int) -> None:
        """Begin a run at sample `start`."""
        self._inside = False
        self._open = _NO_PULSES
        self._counted = 0  # pulses of a segment outside a transfer that are not kept,
        self._counted_from = 0  # and the rise of the first of them
        self._fall = start  # the last SCL fall

    def feed(self, signals: I2cSignals) -> tuple[I2cByteColumns, Integers]:
        """Return the words that end within a block, and the clock periods inside its bytes."""
        kept = len(self._open)
        pulses = self._pulses(signals)
        before = kept + np.searchsorted(signals.rises, signals.conditions)
        kinds = np.where(signals.starts, START, STOP)
        return self._frame(pulses, before, kinds, signals.edges.index[signals.conditions])

    def finish(self, end: int) -> tuple[I2cByteColumns, Integers]:
        """Return the word that the end of a run cuts off, and the clock periods inside it."""
        number = np.array([len(self._open)])
        words = self._frame(self._open, number, np.array([END]), np.array([end]))
        self.begin(end)
        return words

    def _pulses(self, signals: I2cSignals) -> _Pulses:
        """Return the pulses kept from before, and those that begin in the block."""
        index = signals.edges.index
        rise, fall = index[signals.rises], index[signals.falls]
        low_start = np.concatenate(([self._fall], fall))
        # 1 where the block's first fall ends a pulse from before
        early = int(len(fall) > 0 and (not len(rise) or fall[0] < rise[0]))
        if early and len(self._open):
            self._open.fall[-1] = fall[0]
        if len(fall):
            self._fall = int(fall[-1])
        ends = np.append(fall[early:], NOT_YET)[: len(rise)]
        level = (signals.edges.state[signals.rises] & SDA) >> 1
        new = _Pulses(rise, ends, low_start[early:][: len(rise)], level.astype(np.int64))
        return self._open.extended(new)

    def _frame(
        self, pulses: _Pulses, before: Integers, kinds: Integers, at: Integers
    ) -> tuple[I2cByteColumns, Integers]:
        """Return the words among `pulses`, cut by conditions, and the clock periods inside bytes.

        before: (c,) number of pulses before each condition; kinds: (c,) START, STOP or END; at:
        (c,) samples.
        """
        segments = self._segments(pulses, before, kinds)
        bytes_, periods = self._bytes(pulses, segments, before, at)
        partials = self._partials(pulses, segments, kinds, at)
        conditions = self._conditions(pulses, segments, kinds, at)
        self._keep(pulses, segments)
        return _by_end(self._bus, bytes_, partials, conditions), periods

    def _segments(self, pulses: _Pulses, before: Integers, kinds: Integers) -> _Segments:
        inside = np.concatenate(([self._inside], kinds == START))
        first = np.concatenate(([0], before))
        stop = np.append(before, len(pulses))
        whole = np.where(inside, (stop - first) // PULSES, 0)
        rest = first + PULSES * whole
        if whole[-1] and rest[-1] == len(pulses) and pulses.fall[-1] == NOT_YET:
            whole[-1] -= 1  # the byte ends with its last pulse
            rest[-1] -= PULSES
        return _Segments(inside, first, whole, rest, stop)

    def _bytes(
        self, pulses: _Pulses, segments: _Segments, before: Integers, at: Integers
    ) -> tuple[I2cByteColumns, Integers]:
        """Return the BYTE words, and the clock periods inside of them."""
        earlier = np.cumsum(segments.whole) - segments.whole  # bytes in the segments before
        number = np.arange(segments.whole.sum()) - np.repeat(earlier, segments.whole)
        first = np.repeat(segments.first, segments.whole) + PULSES * number
        members = first[:, np.newaxis] + np.arange(PULSES)
        rise, low_start = pulses.rise[members], pulses.low_start[members]
        levels = pulses.level[members]
        low_bit, low, low_start = _longest(rise - low_start, low_start)
        words = I2cByteColumns(
            start=rise[:, 0],
            end=_ends(pulses, first + PULSES - 1, before, at),
            bus=self._bus,
            kind=np.full(len(first), BYTE),
            value=levels[:, :-1] @ (1 << np.arange(PULSES - 2, -1, -1)),
            bits=np.full(len(first), PULSES),
            acked=levels[:, -1] == 0,
            low=low,
            low_bit=low_bit,
            low_start=low_start,
        )
        return words, np.diff(rise, axis=1)

    def _partials(
        self, pulses: _Pulses, segments: _Segments, kinds: Integers, at: Integers
    ) -> I2cByteColumns:
        """Return the PARTIAL words: what is left of closed segments but a pulse that goes on."""
        first, stop, inside = segments.rest[:-1], segments.stop[:-1], segments.inside[:-1]
        going_on = np.zeros(len(first), np.bool_)
        some = np.flatnonzero(stop > first)
        going_on[some] = pulses.fall[stop[some] - 1] > at[some]
        bits = stop - first - going_on
        start = _at(pulses.rise, first)
        if len(bits) and not inside[0] and self._counted:
            bits[0] += self._counted
            start[0] = self._counted_from
        found = np.flatnonzero(bits > 0)
        self.broken += int(np.count_nonzero(inside & (bits > BROKEN_BITS) & (kinds != END)))
        columns = self._partial_bits(pulses, first[found], np.where(inside[found], bits[found], 0))
        value, low_bit, low, low_start = columns
        start = start[found]
        return I2cByteColumns(
            start=start,
            end=at[found],
            bus=self._bus,
            kind=np.full(len(found), PARTIAL),
            value=value,
            bits=bits[found],
            acked=np.zeros(len(found), np.bool_),
            low=low,
            low_bit=low_bit,
            low_start=np.where(low > 0, low_start, start),
        )

    def _partial_bits(
        self, pulses: _Pulses, first: Integers, bits: Integers
    ) -> tuple[Integers, Integers, Integers, Integers]:
        """Return (value, low_bit, low, low_start) of partial bytes of `bits` pulses, 0 to 8."""
        place = np.arange(PULSES - 1)
        members = np.minimum(first[:, np.newaxis] + place, max(len(pulses) - 1, 0))
        mine = place < bits[:, np.newaxis]
        weight = np.where(mine, 1 << np.maximum(bits[:, np.newaxis] - 1 - place, 0), 0)
        value = (pulses.level[members] * weight).sum(axis=1)
        low_start = pulses.low_start[members]
        lows = np.where(mine, pulses.rise[members] - low_start, 0)
        return (value, *_longest(lows, low_start))

    def _conditions(
        self, pulses: _Pulses, segments: _Segments, kinds: Integers, at: Integers
    ) -> I2cByteColumns:
        """Return the START, RESTART and STOP words."""
        inside = segments.inside[:-1]
        pulse = np.where(inside & (segments.stop > segments.rest)[:-1], segments.stop[:-1] - 1, -1)
        low_start = np.where(pulse >= 0, _at(pulses.low_start, pulse), at)
        low = np.where(pulse >= 0, _at(pulses.rise, pulse) - low_start, 0)
        real = np.flatnonzero(kinds != END)
        nothing = np.zeros(len(real), np.int64)
        return I2cByteColumns(
            start=at[real],
            end=at[real] + 1,
            bus=self._bus,
            kind=np.where(inside & (kinds == START), RESTART, kinds)[real],
            value=nothing,
            bits=nothing,
            acked=np.zeros(len(real), np.bool_),
            low=low[real],
            low_bit=nothing,
            low_start=low_start[real],
        )

    def _keep(self, pulses: _Pulses, segments: _Segments) -> None:
        """Remember what is open."""
        first, number = int(segments.rest[-1]), len(pulses)
        self._inside = bool(segments.inside[-1])
        if len(segments.inside) > 1:
            self._counted = 0
        if not self._inside and number - first > 1:
            if not self._counted:
                self._counted_from = int(pulses.rise[first])
            self._counted += number - 1 - first
            first = number - 1
        self._open = pulses.after(first)


def _at(column: Integers, numbers: Integers) -> Integers:
    """Return column[numbers], and anything where there is no such number."""
    if not len(column):
        return np.zeros(len(numbers), np.int64)
    return column[np.clip(numbers, 0, len(column) - 1)]


def _ends(pulses: _Pulses, last: Integers, before: Integers, at: Integers) -> Integers:
    """Return where bytes end that end with the pulses `last`: SCL fall, or a condition before."""
    condition = np.searchsorted(before, last + 1)
    cut = _at(np.append(before, -1), condition) == last + 1
    return np.where(cut, _at(np.append(at, 0), condition), pulses.fall[last])


def _longest(lows: Integers, low_start: Integers) -> tuple[Integers, Integers, Integers]:
    """Return (bit, length, start) of the first longest low phase of each word; (n, bits) each."""
    bit = np.argmax(lows, axis=1)
    word = np.arange(len(lows))
    return bit, lows[word, bit], low_start[word, bit]


def _by_end(bus: str, *parts: I2cByteColumns) -> I2cByteColumns:
    """Return the words of all parts in the order of their ends."""
    order = np.argsort(np.concatenate([part.end for part in parts]), kind='stable')
    names = ('kind', 'value', 'bits', 'acked', 'low', 'low_bit', 'low_start')
    start, end, *columns = (
        np.concatenate([getattr(part, name) for part in parts])[order]
        for name in ('start', 'end', *names)
    )
    return I2cByteColumns(start, end, bus, *columns)
