"""UART007 local-echo: the host's own bytes come back on the line that it listens on.

What
At least 95 % of the bytes that the host sends appear within a byte time on the other line, and
bytes that are no echo, the loader's answers, come there too.

Why it matters
Half-duplex wiring, or an adapter that echoes. A host that does not know of it takes its own bytes
for answers.

What to do
Take the echo away, or tell the host to throw away as many bytes as it sends.

False alarms and guards
0x79 is no byte that a host begins a command with: an ACK is no echo. A line on which nothing but
echoes comes is told with that remark, since then the loader was not heard at all. A few bytes that
are alike by chance are no echo: UART007_BYTES (8) of the host's are needed. Never more than a note.
Limits: UART007_BYTES (8), UART007_PART (0.95).

Example
  host    7F              02 FD
  RX      7F 79           02 FD 79 01 04 60 79
Told as: "1000 of 1000 bytes of the host came back on RX".

Source
RM0444, chapter USART, "Single-wire half-duplex communication".
An ACK with a NACK behind it, and an echo [F411D],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32f411re-nucleo-usart-bootloader-issue-13284
"""

from ...bootloader.records import LocalEcho
from ..rule import WIRING, YES, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable  # novm

    from ..rule import Finding

FEWEST_BYTES = 8
PART = 0.95

SAME = '{} of {} bytes came back; expected answers of the loader alone (AN3155)'
ADVICE = (
    'If the host fails: take the echo away, or let the host throw away as many bytes as it sends.',
)


class LocalEchoes(Rule):
    """Compares what came back with what was sent."""

    info = RuleInfo(
        'UART007',
        'local-echo',
        Severity.NOTE,
        Confidence.HIGH,
        WIRING,
        ('uart',),
        False,
        "the host's own bytes come back on the line that it listens on",
        'RM0444: USART single-wire half-duplex; [F411D]',
        YES,
    )
    consumes = (LocalEcho,)

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge the echoes so far."""
        if record.words < self.context.limit('UART007_BYTES', FEWEST_BYTES):
            return ()
        if record.echoed < self.context.limit('UART007_PART', PART) * record.words:
            return ()
        message = '{} of {} bytes of the host came back on {}'.format(
            record.echoed, record.words, record.line.upper()
        )
        if not record.answers:
            message += ', and nothing else: no answer of the loader'
        text = SAME.format(record.echoed, record.words)
        evidence = [Evidence(record.start, record.end, text)]
        found = self.finding(
            record.start, record.end, message, evidence, ADVICE, count=record.echoed
        )
        return (found,)


RULE = LocalEchoes
