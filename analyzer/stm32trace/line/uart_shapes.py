"""Formats of frames, and the shape that a format has at a rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from stm32trace_core.wire.uart import EVEN, MARK, NO_PARITY, ODD, SPACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of a bit: an edge farther than this, and a sample, from a whole bit is out of place.
OFF_GRID = 0.22
LONGEST_PULSE = 10.5  # bits, the idle level aside


@dataclass(frozen=True, slots=True)
class Format:
    """Data bits and parity of a frame."""

    data_bits: int
    parity: str
    prior: float = 0.0
    given: bool = False  # somebody said so: words may contradict it

    @property
    def bits(self) -> int:
        """Between the start bit and the stop bits."""
        return self.data_bits + (self.parity != NO_PARITY)

    def bad_parity(self, values: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) the parity bit, above the data bits of `values`, is not what it should be."""
        if self.parity == NO_PARITY:
            return np.zeros(len(values), np.bool_)
        wrong: NDArray[np.bool_]
        if self.parity in (MARK, SPACE):
            wrong = values >> self.data_bits != (self.parity == MARK)
        else:
            wrong = np.bitwise_count(values) % 2 != (self.parity == ODD)
        return wrong


# The standard ones first. Source of the priors: none but common sense; the first byte of a
# bootloader session, 0x7F, must not decide between the first two.
FORMATS = (
    Format(8, NO_PARITY), Format(8, EVEN, 1), Format(8, ODD, 3), Format(9, NO_PARITY, 20),
    Format(7, EVEN, 12), Format(7, ODD, 13), Format(7, NO_PARITY, 12), Format(8, SPACE, 12),
    Format(8, MARK, 14), Format(9, EVEN, 22), Format(9, ODD, 23), Format(7, SPACE, 18),
    Format(7, MARK, 18), Format(6, NO_PARITY, 16), Format(5, NO_PARITY, 16), Format(6, EVEN, 20),
    Format(6, ODD, 20), Format(6, SPACE, 24), Format(6, MARK, 24), Format(5, EVEN, 22),
    Format(5, ODD, 22), Format(5, SPACE, 26), Format(5, MARK, 26), Format(9, SPACE, 26),
    Format(9, MARK, 26),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides where a frame's bits are, and what they are to be."""

    bit: float  # samples
    form: Format

    @property
    def bits(self) -> int:
        """Between the start bit and the stop bits: data and parity."""
        return self.form.bits

    @property
    def stop(self) -> float:
        """Samples from the beginning to the middle of the first stop bit."""
        return (self.bits + 1.5) * self.bit

    @property
    def whole(self) -> int:
        """A word of ones: start, data, parity and stop bits."""
        return (1 << self.bits + 2) - 1

    @property
    def slack(self) -> float:
        """How far from a whole bit an edge may be, in bits."""
        return min(OFF_GRID + 1 / self.bit, 0.5)


def formats_with(parity: str | None) -> tuple[Format, ...]:
    """Return all formats, or those with the parity that is given."""
    if parity is None:
        return FORMATS
    return tuple(replace(one, given=True) for one in FORMATS if one.parity == parity)


def priors(formats: Sequence[Format]) -> NDArray[np.float64]:
    """Return what each costs before anything is seen."""
    return np.array([one.prior for one in formats])
