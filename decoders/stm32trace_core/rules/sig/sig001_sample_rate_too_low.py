"""SIG001 sample-rate-too-low: a bus clock has too few samples per period.

What
The middle value (median) of the clock periods of a bus is shorter than four samples. The rule is a
warning if words on that bus broke off in mid-byte, and an error if the median is two samples or
fewer: a period of two samples is the shortest that a sampled line can show, so the real clock may
be any number of times faster. Without a broken word it stays a note.

Why it matters
Between two samples the analyzer is blind. With so few of them per period a clock edge gets lost or
two edges swap places, and a lost edge shifts every later bit of the word. A decoder cannot tell
that from a real fault of the bus, so nothing else in the report is firmer than this finding. Where
it is an error, findings that judge durations are shown one step milder.

What to do
Record again with ten samples per clock period or more; the finding says which rate that is. Fewer
channels often allow a higher rate. Nothing on the board needs to change.

False alarms and guards
Healthy public SWD captures show three samples in their shortest period and six or seven in the
middle, with no parity error: so the median counts, never the minimum. A bus of which every word
closed was sampled well enough, however few the samples: then it is a note. A clock with fewer than
nine periods, less than one byte, is not judged. Limits: SIG001_PERIOD_DOUBTFUL (4),
SIG001_PERIOD_LOST (2).

Example
A 400 kHz bus recorded at 1 MHz has 2.5 samples per period. Every few bytes a clock pulse falls
between two samples, the byte comes up one bit short, and the transfer seems to end in its middle.
Recorded at 4 MHz the same bus reads without a fault.

Source
UM10204 rev 7, 3.1.1 and table 10 (what a clock period consists of); the limits from measuring
public captures.
[DUMPS] Public healthy captures,
https://github.com/sigrokproject/sigrok-dumps
"""

from ...lines import ClockStats
from ..rule import CAPTURED, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable  # novm

    from ..rule import Finding

# Samples per clock period. Source: medians of the public captures [DUMPS]; two is the least that a
# sampled line can show.
PERIOD_DOUBTFUL = 4
PERIOD_LOST = 2
PERIOD_WANTED = 10

FEWEST_PERIODS = 9  # of one byte with its ACK

# Rates that common analyzers offer.
RATES_HZ = (100e3, 200e3, 500e3, 1e6, 2e6, 4e6, 8e6, 12e6, 16e6, 24e6, 48e6, 100e6, 200e6, 500e6)


class SampleRateTooLow(Rule):
    """Judges the clock statistics that each bus gives at its end."""

    casts_doubt = True
    info = RuleInfo(
        'SIG001',
        'sample-rate-too-low',
        Severity.WARNING,
        Confidence.HIGH,
        CAPTURED,
        ('i2c|swd|jtag|spi',),
        False,
        'too few samples per clock period: edges get lost, and every decoded value is doubtful',
        'UM10204 rev 7, 3.1.1; public captures [DUMPS]',
    )
    consumes = (ClockStats,)

    def feed(self, stats: 'ClockStats') -> 'Iterable[Finding]':
        """Judge one clock line."""
        doubtful = self.context.limit('SIG001_PERIOD_DOUBTFUL', PERIOD_DOUBTFUL)
        if stats.periods < FEWEST_PERIODS or stats.median >= doubtful:
            return
        words = _words(stats)
        yield self.finding(
            stats.start,
            stats.end,
            '{} has only {} samples per clock period (median of {}), {}'.format(
                stats.role.upper(), stats.median, stats.periods, words
            ),
            [
                Evidence(
                    stats.start,
                    stats.end,
                    'median {}, minimum {} samples per {} period, {}; expected at least {}'.format(
                        stats.median, stats.minimum, stats.role.upper(), words, PERIOD_WANTED
                    ),
                )
            ],
            [self._rate(stats.median), 'If the rate is at its limit, record fewer channels.'],
            severity=self._severity(stats),
        )

    def _severity(self, stats: 'ClockStats') -> 'Severity':
        if not stats.broken:
            return Severity.NOTE
        lost = self.context.limit('SIG001_PERIOD_LOST', PERIOD_LOST)
        return Severity.ERROR if stats.median <= lost else Severity.WARNING

    def _rate(self, median: 'int') -> 'str':
        """Say at which rate to record again."""
        if not self.context.sample_rate:
            return 'Record again at {:.2g} times this sample rate or more.'.format(
                PERIOD_WANTED / float(max(median, 1))
            )
        wanted = PERIOD_WANTED * self.context.sample_rate / max(median, 1)
        offered = next((rate for rate in RATES_HZ if rate >= wanted), wanted)
        return 'Record again at {} or more: {} samples per period of a {} clock.'.format(
            _hertz(offered), PERIOD_WANTED, _hertz(wanted / PERIOD_WANTED)
        )


def _words(stats: 'ClockStats') -> 'str':
    if not stats.broken:
        return 'and yet every word closed'
    return 'and {} word{} broke off in mid-byte'.format(stats.broken, 's' * (stats.broken > 1))


def _hertz(value: 'float') -> 'str':
    """Return a frequency in a unit that fits."""
    for unit, factor in (('MHz', 1e6), ('kHz', 1e3)):
        if value >= factor:
            return '{:.4g} {}'.format(value / factor, unit)
    return '{:.4g} Hz'.format(value)


RULE = SampleRateTooLow
