"""SIG004 unknown-sample-rate: the capture does not say how fast it was sampled.

What
The file gives no sample rate, or a rate of zero.

Why it matters
Samples can be put in order without a rate, but not in seconds. Whether an erase took 40 ms or 40
s, whether a host waited long enough, whether a reset pulse was wide enough: none of it can be
judged. Rules that need a duration are listed as not evaluated, which is not the same as clean.

What to do
Say the rate on the command line, as `--samplerate 24M`. If nobody remembers it, the bus helps: an
I2C clock is usually 100 or 400 kHz, so the samples per clock period times that is the rate.
Recorders such as PulseView and sigrok-cli write the rate into the file by themselves.

False alarms and guards
None: the rule is a statement about the file. It is silent as soon as the rate is given.

Example
A session exported from a tool without a time axis holds `unitsize=1` and the names of the
channels, and no line `samplerate=`. Its I2C traffic decodes, but the report can say "19 565 times
BUSY" and not "for 41 s".

Source
libsigrok src/session_file.c: the key `samplerate` of a session file may be missing.
[DUMPS] Several public captures lack it,
https://github.com/sigrokproject/sigrok-dumps
"""

from ..rule import CAPTURED, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable  # novm

    from ..rule import Finding


class UnknownSampleRate(Rule):
    """Looks at what is known of the file; no record is needed."""

    info = RuleInfo(
        'SIG004',
        'unknown-sample-rate',
        Severity.WARNING,
        Confidence.HIGH,
        CAPTURED,
        (),
        False,
        'the file gives no sample rate: nothing that depends on time is judged',
        'libsigrok src/session_file.c; public captures [DUMPS]',
    )
    per_bus = False

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Tell it once, for the whole capture."""
        if self.context.sample_rate:
            return
        start = self.context.start
        yield self.finding(
            start,
            end,
            'The capture gives no sample rate, so no duration in it was judged',
            [
                Evidence(
                    start,
                    end,
                    '{} samples at an unknown rate; expected a rate in Hz'.format(end - start),
                )
            ],
            [
                'Say the rate: --samplerate 24M (in Hz, with k, M or G).',
                'If it is not known, take it from the bus: samples per clock period, times the'
                ' clock that the host was set to.',
            ],
        )


RULE = UnknownSampleRate
