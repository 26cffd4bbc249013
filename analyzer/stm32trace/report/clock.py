"""Samples as text: times where the sample rate is known, sample numbers where it is not."""

from __future__ import annotations

from dataclasses import dataclass

from stm32trace.report.plain import grouped
from stm32trace_core.rules.rule import duration_text


@dataclass(frozen=True, slots=True)
class Clock:
    """Conversion of sample numbers for one capture."""

    sample_rate: float | None

    def seconds(self, samples: int | None) -> float | None:
        """Return seconds, None where the rate (or the sample) is not known."""
        return None if samples is None or not self.sample_rate else samples / self.sample_rate

    def at(self, sample: int) -> str:
        """'0.028520 s', or 'sample 28520'."""
        seconds = self.seconds(sample)
        return f'sample {grouped(sample)}' if seconds is None else f'{seconds:.6f} s'

    def span(self, start: int, end: int) -> str:
        """'0.028520 to 41.931466 s (41.9 s)'; one time where it is no longer than a microsecond."""
        first, last = self.seconds(start), self.seconds(end)
        if first is None or last is None:
            return (
                f'samples {grouped(start)} to {grouped(end)}' if end > start + 1 else self.at(start)
            )
        if last - first <= 1e-6:
            return self.at(start)
        return f'{first:.6f} to {last:.6f} s ({self.length(end - start)})'

    def length(self, samples: int) -> str:
        """'40.1 ms', or '40100 samples'."""
        return duration_text(self.seconds(samples), samples)


def rate_text(hertz: float) -> str:
    """'24 MHz', '625 kHz'."""
    for unit, factor in (('GHz', 1e9), ('MHz', 1e6), ('kHz', 1e3)):
        if hertz >= factor:
            return f'{hertz / factor:.6g} {unit}'
    return f'{hertz:.6g} Hz'
