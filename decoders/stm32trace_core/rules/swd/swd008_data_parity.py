"""SWD008 data-parity: data whose parity bit is wrong crossed the link.

What
The parity bit after 32 bits of data, read or written, does not fit them, in a packet that was
acknowledged OK. Once is a warning, twice or more an error.

Why it matters
A bit was changed on the way, in the data or in the parity itself, and parity finds only one half of
such faults. Other words of this capture may be wrong without notice. A target that gets a wrong
parity drops the write and answers FAULT from then on (CTRL/STAT.WDATAERR).

What to do
Lower the SWCLK frequency, shorten the leads, put ground beside SWCLK, add 33 to 100 Ohm in series.
Program again what was programmed in this session, and read it back: programming again erases the
pages concerned. Do not write option bytes over this link before it is clean: a wrong bit there can
lock the part.

False alarms and guards
There is none in any healthy public capture. Only the data of packets acknowledged OK counts: after
WAIT and FAULT in overrun mode the data phase means nothing. A part that loses its supply or falls
asleep in mid-packet gives junk as well; SWD002 tells that. An analyzer that samples too slowly
changes bits by itself: see SIG001. Limit: SWD008_ERROR_COUNT (2).

Example
Over 40 cm of ribbon cable at 4 MHz, 12 of 5000 words arrive with a wrong parity bit; at 1 MHz none.

Source
Arm IHI 0031 (ADIv5.2), B4.1 (parity), B4.2 (protocol errors, WDATAERR).
[BMP1001] 40 cm of wire, https://github.com/blackmagic-debug/blackmagic/issues/1001
[CABLE] A 12-inch cable,
https://electronics.stackexchange.com/questions/679090/max32660-evsys-swd-not-working-with-longer-cable
"""

from ...adi.records import ParityError
from ...record import CAPTURE
from ..occurrences import Occurrences
from ..rule import WIRING, YES, Confidence, Rule, RuleInfo, Severity
from .naming import request_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable  # novm

    from ...context import Context
    from ..rule import Finding

ERROR_COUNT = 2  # healthy public captures hold none; one may be a spike from outside

ADVICE = (
    'Lower the SWCLK frequency and see whether it stops.',
    'Shorten the leads, put ground beside SWCLK, and 33 to 100 Ohm in series at the probe.',
    'Do not write option bytes over this link before it is clean: a wrong bit can lock the part.',
    'What was programmed in this session is doubtful: read it back and compare.',
)


class DataParity(Rule):
    """Counts data phases with a wrong parity bit."""

    info = RuleInfo(
        'SWD008',
        'data-parity',
        Severity.ERROR,
        Confidence.HIGH,
        WIRING,
        ('swd',),
        False,
        'data whose parity bit is wrong crossed the link',
        'IHI 0031 B4.1; [BMP1001], [CABLE]',
        YES,
    )
    consumes = (ParityError,)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(DataParity, self).__init__(context, bus)
        self._seen = Occurrences()

    def feed(self, error: 'ParityError') -> 'Iterable[Finding]':
        """Tell each one."""
        seen = self._seen
        text = '{}: 0x{:08X} with a parity bit that does not fit (IHI 0031 B4.1)'.format(
            request_text(error.request), error.data
        )
        seen.add(error.start, error.end, text)
        many = seen.count >= self.context.limit('SWD008_ERROR_COUNT', ERROR_COUNT)
        yield self.finding(
            seen.start,
            seen.end,
            'The parity of {} is wrong: bits are changed on the way'.format(
                'one word' if seen.count == 1 else '{} words'.format(seen.count)
            ),
            seen.examples,
            ADVICE,
            count=seen.count,
            severity=Severity.ERROR if many else Severity.WARNING,
        )


RULE = DataParity
