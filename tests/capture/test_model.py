"""Sample rates are read as sigrok writes them; time is samples until somebody asks for seconds."""

from pathlib import Path

import pytest

from stm32trace.model import CaptureInfo, Damage, Timebase, parse_sample_rate


@pytest.mark.parametrize(
    ('text', 'hertz'),
    [
        ('24000000', 24_000_000),
        ('24M', 24_000_000),
        ('24 m', 24_000_000),
        ('1.5 GHz', 1_500_000_000),
        (' 625 kHz ', 625_000),
        ('12.5', 12.5),
        ('0', None),
        ('0.0 MHz', None),
    ],
)
def test_sample_rates_have_any_unit(text: str, hertz: float | None) -> None:
    assert parse_sample_rate(text) == hertz
    assert type(parse_sample_rate(text)) is type(hertz)


NO_RATES = ['', 'fast', '-1', '1 s', 'MHz', '1e6', '1,5 MHz', '٣', '9' * 400]


@pytest.mark.parametrize('text', NO_RATES)
def test_what_is_no_sample_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='expected a sample rate such as'):
        parse_sample_rate(text)


def test_seconds_and_samples_are_converted_by_the_timebase() -> None:
    timebase = Timebase(24_000_000)
    assert timebase.seconds(12_000_000) == 0.5
    assert timebase.samples(0.5) == 12_000_000


def test_without_a_sample_rate_there_is_no_timebase() -> None:
    info = CaptureInfo(Path('x.sr'), 'sr', (), None, 10)
    assert info.timebase is None
    assert CaptureInfo(Path('x.sr'), 'sr', (), 8, 10).timebase == Timebase(8)


def test_samples_of_a_member_that_fails_its_checksum_are_in_doubt() -> None:
    assert Damage('crc', 100, '', 200).in_doubt == (100, 200)


def test_samples_before_a_break_are_in_doubt_and_a_gap_leaves_none() -> None:
    assert Damage('broken', 150, '', 200, since=100).in_doubt == (100, 150)
    assert Damage('gap', 100, '', 200).in_doubt is None
