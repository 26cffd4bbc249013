"""Floats as text columns, as `repr` writes them: the fewest digits that give the same float again.

A float x = m * 2**e stands for all numbers up to half a unit of m to either side, those limits included where m is
even. With the power of ten that makes it a number of 17 digits,

    x * 10**j  =  m * 5**j / 2**s,      s = -(e + j),  0 < s <= 46

is an exact quotient of whole numbers, and the half unit is 5**j / 2**(s + 1), between 0.5 and 12. So 17 digits
always do; of the numbers that end in 00 one at most is near enough, and if none is, the nearest that ends in 0 may
be. What is left of m * 5**j / 2**s after its hundreds has no more than 53 bits, so floats decide without an error.
Source of the criterion: what `repr` promises (Python documentation, "Floating point arithmetic: issues and
limitations"); of two that are equally near it takes the even one.

What this does not fit is left to `repr` itself: powers of two, whose neighbours are not equally far, and what is
written with an exponent or is longer than any capture. Both are rare.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.report.columns.digits import decimal, fraction
from stm32trace.report.columns.text import Texts, joined, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Words = NDArray[np.uint64]

# IEEE 754 binary64.
FRACTION_BITS = np.uint64(52)
HIDDEN_BIT = np.uint64(1 << 52)
FRACTION = np.uint64((1 << 52) - 1)
BIAS = 1023
UNIT_BIAS = BIAS + 52  # exponent field less this is e

HALF = np.uint64(32)
LOW_HALF = np.uint64((1 << 32) - 1)
WORD_BITS = np.uint64(64)
ONE = np.uint64(1)

DIGITS = 17
LOWEST, HIGHEST = -4, 11  # powers of ten: what is smaller has an exponent, nothing is larger
POWERS = np.array([float(f'1e{power}') for power in range(LOWEST, HIGHEST + 2)])
LONGEST = 24  # characters of a `repr`
SMALLEST = 1e-4  # that is written without an exponent

EXACT = 15  # digits that a float always keeps
LARGEST_ODD = 10_000  # so that 64 bits hold that many digits


def quotients(numbers: NDArray[np.int64], divisor: float) -> list[Texts]:
    """Return columns, joined each of (n,) `numbers` >= 0 divided by `divisor` > 0 as `repr` writes it."""
    exact = _exact(numbers, divisor)
    return shortest(numbers / divisor) if exact is None else exact


def _exact(numbers: NDArray[np.int64], divisor: float) -> list[Texts] | None:
    """Do it in whole numbers where no quotient has more than EXACT digits; None where one has.

    So few digits are what `repr` writes, since no two such numbers are read as the same float.
    """
    unit = int(divisor)
    if unit != divisor or int(numbers.min(initial=0)) < unit * SMALLEST:
        return None
    odd, places = unit, 0  # what is left of the divisor that no power of ten has
    while gcd(odd, 10) > 1:
        odd //= gcd(odd, 10)
        places += 1
    places = max(places, 1)
    factor = 10**places * odd // unit
    if odd > LARGEST_ODD or int(numbers.max()) * factor >= odd * 10**EXACT:
        return None
    scaled = numbers.astype(np.uint64) * np.uint64(factor)
    digits = scaled // np.uint64(odd)
    if odd > 1 and (digits * np.uint64(odd) != scaled).any():
        return None
    return _parted(digits, places)


def shortest(values: Floats) -> list[Texts]:
    """Return columns, joined each of (n,) finite floats >= 0 as `repr` writes it."""
    powers = np.searchsorted(POWERS, values, side='right') - 1 + LOWEST
    first = int(powers[0]) if len(values) else LOWEST
    if LOWEST <= first <= HIGHEST and (powers == first).all():
        return _positional(values, first)
    cells = np.empty((len(values), LONGEST), np.uint8)
    lengths = np.empty(len(values), np.intp)
    for power in np.unique(powers).tolist():
        rows = np.flatnonzero(powers == power)
        usual = LOWEST <= power <= HIGHEST
        made = _joined(values[rows], power) if usual else _by_repr(values[rows])
        cells[rows, : made.width], lengths[rows] = made.cells[:, :LONGEST], made.lengths
    return [Texts(cells, lengths)]


def _joined(values: Floats, power: int) -> Texts:
    return joined(_positional(values, power), len(values))


def _by_repr(values: Floats) -> Texts:
    return table([repr(value) for value in values.tolist()])


def _positional(values: Floats, power: int) -> list[Texts]:
    """Return floats with 10**power <= values < 10**(power + 1)."""
    places = DIGITS - 1 - power  # after the point
    *before, after = _parted(_digits(values, places), places)
    for row in np.flatnonzero(values.view(np.uint64) & FRACTION == 0).tolist():  # powers of two
        text = repr(float(values[row])).partition('.')[2].encode()
        after.cells[row, : len(text)] = np.frombuffer(text, np.uint8)
        after.lengths[row] = len(text)
    return [*before, after]


def _parted(digits: Words, places: int) -> list[Texts]:
    """Return (n,) numbers, n > 0, of which so many digits stand after the point."""
    unit = np.uint64(10 ** min(places, DIGITS))
    whole = digits // unit
    after = fraction(digits - whole * unit, places)
    if (whole == whole[0]).all():
        return [table([f'{whole[0]}.']), after]
    return [decimal(whole), table(['.']), after]


def _digits(values: Floats, up: int) -> Words:
    """(n,) whole numbers of 17 digits: the shortest that are read as `values` * 10**up, filled with zeros."""
    bits = values.view(np.uint64)
    mantissa = bits & FRACTION | HIDDEN_BIT
    shift = np.uint64(UNIT_BIAS - up) - (bits >> FRACTION_BITS)
    scale = (np.uint64(BIAS) - shift << FRACTION_BITS).view(np.float64)  # 2**-shift
    high, low = _product(mantissa, 5**up)
    floor = high << WORD_BITS - shift | low >> shift
    hundreds = floor // np.uint64(100) * np.uint64(100)
    rest = (floor - hundreds).astype(np.float64)
    rest += (low & (ONE << shift) - ONE).astype(np.float64) * scale
    half_unit = (np.uint64(5**up) - (mantissa & ONE)).astype(np.float64) * scale * 0.5
    return hundreds + _nearest(rest, half_unit).astype(np.uint64)


def _nearest(rest: Floats, half_unit: Floats) -> Floats:
    """(n,) 0 <= whole numbers <= 100 with the most zeros at the end that are within `half_unit` of `rest`."""
    chosen = np.rint(rest)
    tens = np.floor(rest * 0.1)
    over = rest - tens * 10.0
    tens += over > 5.0
    if (over == 5.0).any():
        tens += (over == 5.0) & (tens % 2.0 == 1.0)
    tens *= 10.0
    np.copyto(chosen, tens, where=np.abs(rest - tens) <= half_unit)
    hundred = (rest > 50.0) * 100.0
    np.copyto(chosen, hundred, where=np.abs(rest - hundred) <= half_unit)
    return chosen


def _product(factors: Words, factor: int) -> tuple[Words, Words]:
    """Return high and low words of factors * factor; factors < 2**53, factor < 2**47."""
    by_low, by_high = np.uint64(factor) & LOW_HALF, np.uint64(factor) >> HALF
    low, high = factors & LOW_HALF, factors >> HALF
    middle = low * by_high + high * by_low
    bottom = low * by_low
    word = bottom + (middle << HALF)
    return high * by_high + (middle >> HALF) + (word < bottom), word
