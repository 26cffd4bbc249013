"""Which bit time the frames of a line have, and where it changes.

The edges are cut into pieces of one bit time and frame length each (uart_path). Rates are put in
question one by one: those in use, that of most edges, then those that explain best what is left
unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_costs import LIKELY, weigh
from stm32trace.line.uart_frames import Trace
from stm32trace.line.uart_path import Beside, Path, Piece, Start, near
from stm32trace.line.uart_shapes import LONGEST_PULSE, Format, Shape, priors
from stm32trace.signal.baud import SHORTEST, bit_times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

# Rates in use; another one must explain the edges better. Source: the lists of common UART
# adapters, 31250 (MIDI) and 100000 (SBUS).
STANDARD_BAUDS = (
    110, 300, 600, 1200, 2400, 4800, 9600, 14_400, 19_200, 28_800, 31_250, 38_400, 56_000, 57_600,
    74_880, 76_800, 100_000, 115_200, 128_000, 230_400, 250_000, 256_000, 460_800, 500_000, 576_000,
    921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000,
)  # fmt: skip
SAME = 0.04  # bit times of which one is not taken for the other
UNUSUAL = 3.0  # cost of a rate that is not a standard one
KNOWN = 6.0  # and of one that was not seen before, on this line or the other one
NO_SINGLE = 1.0  # and of each pulse, up to so many, where hardly any lasts a single bit:
MOST_PULSES = 40
FEW_SINGLES = 0.1  # of the pulses
MOST_EDGES = 1500  # from which a rate is estimated,
FIRST_EDGES = 300  # after these have left over only
FINALISTS = 5  # candidates
GAIN = 6.0  # what a rate must save to be put in question
MOST_SHAPES = 6
MOST_RIVALS = 2
WORST = 3  # troubles that are looked at before a rate is put in question,
MOST_FALLS = 80  # and falling edges of each
ROUGHLY = 0.3  # of a bit: a pulse so near to a whole number of bits may be that many;
MOSTLY = 0.5  # so much of the pulses must be of the rates that are tried
RATIOS = (2, 3, 4, 6, 12)  # of rates in use that are tried where the sample rate is not known


@dataclass(frozen=True, slots=True)
class Estimate:
    """The bit time that explains some edges best."""

    shape: Shape
    cost: float
    rivals: tuple[Shape, ...]  # of other bit times, which explain them nearly as well


class Rates:
    """Finds the rates of lines that may have some formats."""

    def __init__(self, formats: Sequence[Format], sample_rate: float | None) -> None:
        self._formats = formats
        self._priors = priors(formats)
        self._sample_rate = sample_rate

    def estimate(self, trace: Trace, known: Sequence[float] = ()) -> Estimate | None:
        """Return the best bit time; None where there are no two edges.

        known: bit times that are more probable than others.
        """
        if len(trace.at) < 2:
            return None
        part = trace.until(MOST_EDGES)
        bits = [*known, *bit_times(np.diff(part.at))]
        if len(bits) > FINALISTS:
            bits = [one.bit for _, one in self._ranked(trace.until(FIRST_EDGES), bits, known)]
        ranked = self._ranked(part, bits[:FINALISTS], known)
        if not ranked:
            return None
        cost, shape = ranked[0]
        rivals = [
            other
            for more, other in ranked
            if more - cost < LIKELY and not near(other.bit, shape.bit, SAME)
        ]
        return Estimate(shape, cost, tuple(rivals))

    def _ranked(
        self, trace: Trace, bits: Iterable[float], known: Sequence[float]
    ) -> list[tuple[float, Shape]]:
        """Return (cost, shape) of bit times, the best one first."""
        distances = np.diff(trace.at)
        ranked = []
        for bit in bits:
            total = weigh(trace, bit, self._formats).total + self._priors
            best = int(np.argmin(total))
            cost = float(total[best]) + self._surprise(bit, known) + _coarse(distances / bit)
            ranked.append((cost, Shape(bit, self._formats[best])))
        return sorted(ranked, key=lambda one: one[0])

    def pieces(
        self,
        trace: Trace,
        own: Shape | None,
        others: Iterable[Shape],
        start: Start,
        beside: Beside | None,
    ) -> tuple[list[Piece], bool]:
        """Return the pieces of a trace, and whether no rate but theirs comes near explaining it.

        own: shape in use on this line; others: on the other one; the rest as for `Path`.
        """
        shapes = [] if own is None else [own]
        others = list(others)
        first = self.estimate(trace, [shape.bit for shape in (*shapes, *others)])
        if first is None:
            return [], False
        for shape in (first.shape, *others, *first.rivals[:MOST_RIVALS]):
            if _is_new(shape, shapes):
                shapes.append(shape)
        best = Path(trace, shapes, start, beside)
        while len(shapes) < MOST_SHAPES:
            added = self._another(trace, shapes, best, beside)
            if added is None:
                break
            shapes.append(added)
            best = Path(trace, shapes, start, beside)
        return best.pieces(), not first.rivals

    def _surprise(self, bit: float, known: Sequence[float]) -> float:
        """Return what a bit time costs because it is not usual."""
        cost = 0.0 if any(near(bit, one, SAME) for one in known) else KNOWN
        rate = self._sample_rate
        if rate and not any(near(rate / bit, one) for one in STANDARD_BAUDS):
            cost += UNUSUAL
        return cost

    def _another(
        self, trace: Trace, shapes: Sequence[Shape], path: Path, beside: Beside | None
    ) -> Shape | None:
        """Return a shape that explains better what costs most; None if there is none."""
        for _, first, stop in sorted(path.troubles(), reverse=True)[:WORST]:
            stop = min(stop, first + MOST_FALLS)
            part = trace.between(*path.around(first, stop))
            new = self._candidates(trace.between(first, stop), shapes)
            before = Path(part, shapes, beside=beside).cost
            after = [Path(part, [*shapes, one], beside=beside).cost for one in new]
            if new and min(after) <= before - GAIN:
                return new[int(np.argmin(after))]
        return None

    def _candidates(self, trouble: Trace, shapes: Sequence[Shape]) -> list[Shape]:
        """Return shapes that may explain a stretch which those in use do not explain."""
        found = self.estimate(trouble, [shape.bit for shape in shapes])
        tried = [] if found is None else [_own_rate(found.shape, shapes)]
        tried += [
            Shape(bit, form)
            for bit in self._usual(shapes)
            if _may_be(np.diff(trouble.at) / bit)
            for form in {shape.bits: shape.form for shape in shapes}.values()
            if bit >= SHORTEST
        ]
        return [one for one in tried if _is_new(one, shapes)]

    def _usual(self, shapes: Sequence[Shape]) -> list[float]:
        """Return the bit times that are tried in any case."""
        if self._sample_rate:
            return [self._sample_rate / rate for rate in STANDARD_BAUDS]
        return [
            bit for one in shapes for ratio in RATIOS for bit in (one.bit * ratio, one.bit / ratio)
        ]


def _coarse(pulses: NDArray[np.float64]) -> float:
    """Return what it costs that the pulses, in bits, are multiples of something longer than a bit."""
    within = pulses[pulses <= LONGEST_PULSE]
    if np.count_nonzero(within < 1.5) > FEW_SINGLES * len(within):
        return 0.0
    return NO_SINGLE * min(len(within), MOST_PULSES)


def _may_be(pulses: NDArray[np.float64]) -> bool:
    """Tell whether pulses, in bits, could be those of frames, glitches aside."""
    within = pulses[pulses <= LONGEST_PULSE]
    whole = np.abs(within - np.rint(within)) <= ROUGHLY
    return bool(np.count_nonzero(whole & (within > 0.5)) >= MOSTLY * len(pulses) > 0)


def _is_new(one: Shape, shapes: Iterable[Shape]) -> bool:
    return not any(one.bits == other.bits and near(one.bit, other.bit) for other in shapes)


def _own_rate(found: Shape, shapes: Iterable[Shape]) -> Shape:
    """Return a shape with the bit time of one in use, where it differs in the number of bits alone."""
    for shape in shapes:
        if shape.bits != found.bits and near(found.bit, shape.bit, SAME):
            return Shape(shape.bit, found.form)
    return found
