"""Times as PulseView stores them: a Boost text archive of a decimal floating-point number.

Source: PulseView pv/globalsettings.cpp (store_timestamp) and pv/util.hpp (Timestamp, 24 digits); Boost 1.74
multiprecision/cpp_dec_float.hpp (serialize). The tests hold values that Boost itself wrote.
"""

from __future__ import annotations

from fractions import Fraction

_HEAD = '22 serialization::archive 18 0 0 0 0'  # signature, version of the library, of the class
_LIMB_DIGITS = 8
_LIMB = 10**_LIMB_DIGITS
_LIMBS = 6
_FINITE = 0  # class of the number
_FINEST = 10**15  # femtoseconds, as fine as PulseView shows


def archive(seconds: Fraction) -> str:
    """Return a time in seconds as PulseView reads it back, to the nearest femtosecond.

    Six limbs of eight digits, most significant first; the exponent is that of the first limb.
    """
    value = Fraction(round(abs(seconds) * _FINEST), _FINEST)
    exponent = _exponent(value)
    number = int(value * Fraction(10) ** ((_LIMBS - 1) * _LIMB_DIGITS - exponent))
    limbs = [number // _LIMB**position % _LIMB for position in reversed(range(_LIMBS))]
    sign = int(seconds < 0 and value != 0)
    return ' '.join(map(str, [_HEAD, *limbs, exponent, sign, _FINITE, _LIMBS]))


def at_sample(sample: int | Fraction, sample_rate: float | None) -> Fraction:
    """Return the time of a sample in seconds; PulseView takes an unknown rate for 1 Hz."""
    return Fraction(sample) / Fraction(sample_rate or 1)


def _exponent(value: Fraction) -> int:
    """Return the power of ten, a multiple of eight, by which the first limb is not 0."""
    if not value:
        return 0
    exponent = 0
    while value >= _LIMB * Fraction(10) ** exponent:
        exponent += _LIMB_DIGITS
    while value < Fraction(10) ** exponent:
        exponent -= _LIMB_DIGITS
    return exponent
