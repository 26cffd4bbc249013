"""Times as Boost's text archive; the expectations were written by Boost 1.74 itself."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.pulseview.timestamp import archive, at_sample

HEAD = '22 serialization::archive 18 0 0 0 0 '


def value(text: str) -> Fraction:
    """Read an archive back, as Boost does."""
    *limbs, exponent, sign, kind, count = map(int, text.removeprefix(HEAD).split())
    assert (kind, count, len(limbs)) == (0, 6, 6)
    assert exponent % 8 == 0
    assert all(0 <= limb < 10**8 for limb in limbs)
    assert limbs[0] or not any(limbs)
    size = sum(
        (Fraction(10) ** (exponent - 8 * place) * limb for place, limb in enumerate(limbs)),
        start=Fraction(0),
    )
    return -size if sign else size


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        ('0', '0 0 0 0 0 0 0 0 0 6'),
        ('1.5', '1 50000000 0 0 0 0 0 0 0 6'),
        ('0.000001', '100 0 0 0 0 0 -8 0 0 6'),
        ('12.345678901', '12 34567890 10000000 0 0 0 0 0 0 6'),
        ('123456.75', '123456 75000000 0 0 0 0 0 0 0 6'),
        ('-2.25', '2 25000000 0 0 0 0 0 1 0 6'),
    ],
)
def test_a_time_is_written_as_boost_writes_it(seconds: str, text: str) -> None:
    assert archive(Fraction(seconds)) == HEAD + text


@given(st.integers(0, 10**15), st.sampled_from([None, 1, 3, 24_000_000, 666_666.5, 10**10]))
def test_a_sample_is_found_again_to_the_femtosecond(sample: int, rate: float | None) -> None:
    seconds = at_sample(sample, rate)
    assert abs(value(archive(seconds)) - seconds) <= Fraction(1, 2 * 10**15)
    assert value(archive(-seconds)) == -value(archive(seconds))


def test_samples_count_as_seconds_where_the_rate_is_not_known() -> None:
    assert at_sample(7, None) == 7
