"""SIG001 sample-rate-too-low: a bus clock, or the bit of a UART, has too few samples.

What
The middle value (median) of the clock periods of a bus is shorter than four samples. The rule is a
warning if words on that bus broke off in mid-byte, and an error if the median is two samples or
fewer: a period of two samples is the shortest that a sampled line can show, so the real clock may
be any number of times faster. Without a broken word it stays a note.
A UART has no clock; there it is the bit that is shorter than six samples, words with an error that
make it a warning, and less than three samples a bit that make it an error.

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
nine periods, less than one byte, is not judged, nor a UART line with fewer than three words.
Limits: SIG001_PERIOD_DOUBTFUL (4), SIG001_PERIOD_LOST (2), SIG001_BIT_DOUBTFUL (6),
SIG001_BIT_LOST (3).

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
from ...wire.uart import UartRate
from ..rule import CAPTURED, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Union  # novm

    from ..rule import Finding

# Samples per clock period. Source: medians of the public captures [DUMPS]; two is the least that a
# sampled line can show.
PERIOD_DOUBTFUL = 4
PERIOD_LOST = 2
PERIOD_WANTED = 10
NEARLY = 0.98  # of what is wanted is as good

FEWEST_PERIODS = 9  # of one byte with its ACK

# Samples per bit of a UART. A receiver looks at the middle of a bit: with three samples it still finds
# one that is not next to an edge.
BIT_DOUBTFUL = 6
BIT_LOST = 3
FEWEST_WORDS = 3

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
        ('i2c|swd|jtag|spi|uart',),
        False,
        'too few samples per clock period or bit: edges get lost, and every decoded value is doubtful',
        'UM10204 rev 7, 3.1.1; public captures [DUMPS]',
    )
    consumes = (ClockStats, UartRate)

    def feed(self, stats: 'Union[ClockStats, UartRate]') -> 'Iterable[Finding]':
        """Judge one clock line, or a UART line at one rate."""
        if isinstance(stats, UartRate):
            return self._bits(stats)
        return self._periods(stats)

    def _bits(self, rate: 'UartRate') -> 'Iterable[Finding]':
        if rate.words < FEWEST_WORDS:
            return
        if rate.samples >= self.context.limit('SIG001_BIT_DOUBTFUL', BIT_DOUBTFUL):
            return
        lost = self.context.limit('SIG001_BIT_LOST', BIT_LOST)
        severity = Severity.ERROR if rate.samples < lost else Severity.WARNING
        told = '{:.2g} samples per bit'.format(rate.samples)
        words = _words_with_errors(rate)
        yield self.finding(
            rate.start,
            rate.end,
            '{} has only {}, {}'.format(rate.line.upper(), told, words),
            [
                Evidence(
                    rate.start,
                    rate.end,
                    '{}: {}, {} of {}; expected at least {}'.format(
                        rate.line.upper(), told, words, rate.words, PERIOD_WANTED
                    ),
                )
            ],
            [
                self._rate(rate.samples, 'bit at {}Bd'),
                'If the rate is at its limit, record fewer channels.',
            ],
            severity=severity if rate.errors else Severity.NOTE,
            key=rate.line,
        )

    def _periods(self, stats: 'ClockStats') -> 'Iterable[Finding]':
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
            [
                self._rate(max(stats.median, 1), 'period of a {}Hz clock'),
                'If the rate is at its limit, record fewer channels.',
            ],
            severity=self._severity(stats),
        )

    def _severity(self, stats: 'ClockStats') -> 'Severity':
        if not stats.broken:
            return Severity.NOTE
        lost = self.context.limit('SIG001_PERIOD_LOST', PERIOD_LOST)
        return Severity.ERROR if stats.median <= lost else Severity.WARNING

    def _rate(self, samples: 'float', of: 'str') -> 'str':
        """Say at which rate to record again; `of`: what has so many samples now, {} its frequency."""
        if not self.context.sample_rate:
            return 'Record again at {:.2g} times this sample rate or more.'.format(
                PERIOD_WANTED / float(samples)
            )
        wanted = PERIOD_WANTED * self.context.sample_rate / samples
        offered = next((rate for rate in RATES_HZ if rate >= NEARLY * wanted), wanted)
        return 'Record again at {}Hz or more: {} samples per {}.'.format(
            _scaled(offered), PERIOD_WANTED, of.format(_scaled(wanted / PERIOD_WANTED))
        )


def _words(stats: 'ClockStats') -> 'str':
    if not stats.broken:
        return 'and yet every word closed'
    return 'and {} word{} broke off in mid-byte'.format(stats.broken, 's' * (stats.broken > 1))


def _words_with_errors(rate: 'UartRate') -> 'str':
    if not rate.errors:
        return 'and yet no word has an error'
    return 'and {} word{} an error'.format(rate.errors, ' has' if rate.errors == 1 else 's have')


def _scaled(value: 'float') -> 'str':
    """Return a frequency with the prefix that fits: '4 M'."""
    for prefix, factor in (('M', 1e6), ('k', 1e3)):
        if value >= factor:
            return '{:.4g} {}'.format(value / factor, prefix)
    return '{:.4g} '.format(value)


RULE = SampleRateTooLow
