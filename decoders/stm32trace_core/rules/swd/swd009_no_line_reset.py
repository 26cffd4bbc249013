"""SWD009 no-line-reset: the first SWD packet does not follow a line reset.

What
Before the first packet of the capture the line was not high for 50 clocks. It is a note, and a
warning where nobody answers at all.

Why it matters
The capture does not show how the session began. What was set up before is not known: which access
port and bank SELECT chose, the mode of CTRL/STAT, the address in TAR. Accesses whose address
depends on that are shown without one. If nobody answers either, the missing line reset may be the
reason: a debug port that has lost the line's rhythm listens to nothing else, and one in JTAG mode
needs the switching sequence as well.

What to do
Start the capture before the host connects. If nobody answers, make the host send a line reset (50
clocks or more with SWDIO high), and the sequence that switches from JTAG to SWD.

False alarms and guards
Most trimmed captures of healthy sessions are like this, 20 of 28 public ones, so it is never more
than a note as long as any packet is answered.

Example
A capture triggered on the first write to the flash begins with a write of TAR.

Source
Arm IHI 0031 (ADIv5.2), B4.3.3 (line reset), B5 (switching between JTAG and SWD).
[DUMPS] Public captures, https://github.com/sigrokproject/sigrok-dumps
"""

from ...adi.records import LinkStats
from ..rule import CAPTURED, HOST, Confidence, Evidence, Rule, RuleInfo, Severity
from .link import is_silent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable  # novm

    from ..rule import Finding

START_EARLIER = 'Start the capture before the host connects.'
ADVICE = (
    START_EARLIER,
    'If it did begin before: make the host send a line reset, 50 clocks or more with SWDIO high,'
    ' and the sequence that switches the port from JTAG to SWD.',
)


class NoLineReset(Rule):
    """Looks at the statistics of a link."""

    info = RuleInfo(
        'SWD009',
        'no-line-reset',
        Severity.NOTE,
        Confidence.HIGH,
        CAPTURED,
        ('swd',),
        False,
        'the first SWD packet does not follow a line reset: the begin of the session is missing',
        'IHI 0031 B4.3.3; [DUMPS]',
    )
    consumes = (LinkStats,)

    def feed(self, stats: 'LinkStats') -> 'Iterable[Finding]':
        """Judge the begin of the link."""
        if stats.reset_first or not stats.packets:
            return ()
        silent = is_silent(stats, self.context)
        text = 'the first packet; expected a line reset before it (IHI 0031 B4.3.3)'
        return [
            self.finding(
                stats.start,
                stats.start + 1,
                'No line reset before the first request, and nobody answers: the debug port may'
                ' still wait for one'
                if silent
                else 'The capture begins in the middle of an SWD session: what the host had set up'
                ' before is not known',
                [Evidence(stats.start, stats.start + 1, text)],
                ADVICE if silent else (START_EARLIER,),
                severity=Severity.WARNING if silent else Severity.NOTE,
                suspect=HOST if silent else CAPTURED,
            )
        ]


RULE = NoLineReset
