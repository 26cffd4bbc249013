"""What is known of a capture besides its samples: sample rate, channels, damage.

Time is an integer sample number everywhere; seconds exist in `Timebase` and in reports.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

_PREFIXES = {'': 1, 'k': 10**3, 'm': 10**6, 'g': 10**9, 't': 10**12}
_RATE = re.compile(
    r'\s*(\d{1,18}(?:\.\d{1,18})?)\s*([kmgt]?)\s*(?:hz)?\s*', re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Timebase:
    """Conversion between sample numbers and seconds; `sample_rate` in Hz, above 0."""

    sample_rate: float

    def seconds(self, samples: int) -> float:
        return samples / self.sample_rate

    def samples(self, seconds: float) -> int:
        """The sample number nearest to `seconds`."""
        return round(seconds * self.sample_rate)


@dataclass(frozen=True, slots=True)
class Channel:
    """One logic channel; `index` counts from 0. Names need not be unique."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class Damage:
    """Something of a capture that could not be read, or may be wrong.

    kind: one of
      truncated       the file ends early
      gap             samples are missing, their number inferred
      partial-sample  a piece of the file is not a whole number of samples
      crc             a checksum does not match: samples may be wrong
      broken          a compressed piece cannot be inflated further
      bomb            a piece claims or inflates to more than it can mean
      unreadable      a piece cannot be opened at all
      duplicate       a piece is there twice; one was taken
      metadata        the description of the capture is incomplete; what was assumed is told
    sample: first sample concerned; stop: first sample after it, None when not known.
    since: first sample read that may be wrong because of it, where that is before `sample`.
    message: one line, what and where.
    """

    kind: str
    sample: int
    message: str
    stop: int | None = None
    since: int | None = None

    @property
    def in_doubt(self) -> tuple[int, int] | None:
        """The samples [start, stop) that were read and may be wrong, None where all that was read is sure."""
        if self.kind == 'crc' and self.stop is not None:
            return self.sample, self.stop
        return None if self.since is None else (self.since, self.sample)


@dataclass(frozen=True, slots=True)
class CaptureInfo:
    """What the file says of itself.

    sample_rate: Hz, an int where the rate is a whole number; None when not known.
    length: samples announced by the sizes in the file, gaps included; None when not known. Damage
        may leave fewer to read.
    analog: names of the analog channels, which are not read.
    """

    path: Path
    format: str
    channels: tuple[Channel, ...]
    sample_rate: float | None
    length: int | None
    analog: tuple[str, ...] = ()

    @property
    def timebase(self) -> Timebase | None:
        return None if self.sample_rate is None else Timebase(self.sample_rate)


def parse_sample_rate(text: str) -> float | None:
    """Hz of `24000000`, `24M`, `625 kHz` or `1.5 GHz`; an int if whole; None for a rate of 0.

    The prefix may be of either case, as in sigrok: nobody samples in millihertz.
    Raises ValueError if `text` is no sample rate.
    """
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f'expected a sample rate such as 24000000, 24M or 625 kHz, found {text!r}')
    hertz = Fraction(match[1]) * _PREFIXES[match[2].lower()]
    return whole_rate(int(hertz) if hertz.denominator == 1 else float(hertz))


def whole_rate(hertz: float | None) -> float | None:
    """A sample rate as an int where it is a whole number; None for none and for 0."""
    if not hertz:
        return None
    return int(hertz) if hertz == int(hertz) else hertz
