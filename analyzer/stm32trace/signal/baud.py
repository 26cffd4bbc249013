"""How long a bit lasts, from the distances between edges.

Edges of a serial line lie a whole number of bits apart, give or take a sample and some jitter.
`bit_times` proposes lengths that would make most distances whole numbers; which of them is right is
for a decoder to say, who knows what a frame looks like. `Slope` measures the one that was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHORTEST = 1.5  # samples a bit: below this, edges get lost
WHOLE = (
    0.3  # of a bit: a distance this far from a whole number of bits, a sample aside, tells nothing
)
RANGES = (1.6, 2.6, 4.6, 7.6, 10.6)  # bits: distances that are taken in, step by step
SEEDS = 20  # lengths that the search begins with
DIVISORS = (2, 3, 4, 5, 6, 7, 8, 9)
FEW = 8  # distances: with no more than this, single bits may be missing among them
SAME = 0.02  # two bit times that differ less are one


def bit_times(distances: NDArray[np.int64], shortest: float = SHORTEST) -> list[float]:
    """Return bit times in samples, increasing, that fit the distances between edges, (n,) each > 0."""
    lengths, counts = np.unique(distances, return_counts=True)
    seeds = lengths[np.argsort(-counts, kind='stable')[:SEEDS]].astype(float)
    if len(distances) <= FEW:
        seeds = np.concatenate([seeds, *(seeds / divisor for divisor in DIVISORS)])
    found = sorted(_fitted(float(seed), lengths, counts) for seed in np.unique(seeds))
    kept: list[float] = []
    for bit in found:
        if bit >= shortest and (not kept or bit > kept[-1] * (1 + SAME)):
            kept.append(bit)
    return kept


def _fitted(bit: float, lengths: NDArray[np.int64], counts: NDArray[np.int64]) -> float:
    """Return the bit time near `bit` that fits the lengths best, first the short ones, then all."""
    for longest in RANGES:
        number = np.rint(lengths / bit)
        fits = np.abs(lengths / bit - number) <= WHOLE + 0.5 / bit
        used = fits & (lengths >= 0.6 * bit) & (lengths <= longest * bit)
        weight = counts[used] * number[used]
        if weight.any():
            bit = float(weight @ lengths[used] / (weight @ number[used]))
    return bit


@dataclass(frozen=True, slots=True)
class Slope:
    """The bit time of edges at known numbers of bits after the falling edge that begins a frame.

    Rising edges may all be late or early by the same amount, as where a threshold is off; that does
    not count. Sums of two sets of edges add up.
    """

    edges: int = 0
    singles: int = 0  # pulses of one bit between them
    sums: tuple[float, ...] = (0.0,) * 7  # of falls b t, b b; of rises 1, b, t, b t, b b

    @classmethod
    def of(
        cls,
        bits: NDArray[np.float64],
        samples: NDArray[np.float64],
        rises: NDArray[np.bool_],
        singles: int,
    ) -> Slope:
        """Take edges, (n,) each: bits (b above) and samples (t) since the beginning of the frame."""
        down, fallen = bits[~rises], samples[~rises]
        up, risen = bits[rises], samples[rises]
        sums = (
            down @ fallen, down @ down,
            len(up), up.sum(), risen.sum(), up @ risen, up @ up,
        )  # fmt: skip
        return cls(len(bits), singles, tuple(map(float, sums)))

    def __add__(self, other: Slope) -> Slope:
        return Slope(
            self.edges + other.edges,
            self.singles + other.singles,
            tuple(map(add, self.sums, other.sums)),
        )

    @property
    def bit(self) -> float | None:
        """Samples a bit; None where the edges do not tell."""
        above, below, count, bits, samples, product, square = self.sums
        if count:
            above += product - bits * samples / count
            below += square - bits * bits / count
        return above / below if below > 0.5 else None
