"""SIG007 truncated-capture: the capture begins or ends in the middle of something.

What
At its first sample a transfer or a bootloader command is already under way, or at its last sample
one is still open. One finding for each end of each bus.

Why it matters
What lies outside the capture cannot be judged. Rules that miss something ("no final status",
"never answered again") leave out what the border cuts, and their silence there proves nothing.

What to do
Nothing, if the part of interest is inside. Otherwise start the recording before the host's first
transfer, best before the board gets its supply, or use a pre-trigger; and let it run for a few
seconds after the host has given up.

False alarms and guards
Most healthy captures are trimmed, so this never rises above a note. The gap in the middle of a
damaged file is SIG009's. A capture that begins with a low line and no clock begins in no transfer.
Frames that belong to no command count only before the first command of a bootloader: later ones
are the host's doing.

Example
The first thing seen is nine clock pulses and a STOP: the host was reading a status byte when the
trigger fired.

Source
UM10204 rev 7, 3.1.4: a transfer lasts from START to STOP.
[DUMPS] Found in many public captures,
https://github.com/sigrokproject/sigrok-dumps
"""

from ...bootloader.records import TRUNCATED, BootCommand
from ...lines import CaptureGap
from ...record import CAPTURE
from ...wire import i2c
from ..naming import command_text
from ..rule import CAPTURED, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, List, Set, Union  # novm

    from ...context import Context
    from ..rule import Finding

START = 'start'
END = 'end'


class TruncatedCapture(Rule):
    """Looks at the first and the last transfer and command of one bus."""

    info = RuleInfo(
        'SIG007',
        'truncated-capture',
        Severity.NOTE,
        Confidence.HIGH,
        CAPTURED,
        ('i2c|swd|jtag|uart|spi',),
        False,
        'the capture begins or ends in the middle of a transfer or command',
        'UM10204 rev 7, 3.1.4; public captures [DUMPS]',
    )
    consumes = (i2c.I2cTransfer, BootCommand, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(TruncatedCapture, self).__init__(context, bus)
        self._is_first = True  # no transfer seen yet, and no gap
        self._has_gap = False
        self._known = set()  # type: Set[int]  # targets of which a command was seen
        self._begun = []  # type: List[Evidence]
        self._open = []  # type: List[Evidence]

    def feed(
        self, record: 'Union[i2c.I2cTransfer, BootCommand, CaptureGap]'
    ) -> 'Iterable[Finding]':
        """Tell the beginning at once; keep what is open for the end."""
        begun = len(self._begun)
        if isinstance(record, i2c.I2cTransfer):
            self._transfer(record)
        elif isinstance(record, BootCommand):
            self._command(record)
        else:
            self._is_first, self._has_gap = False, True
        if len(self._begun) > begun:
            yield self._finding(START, 'The capture begins inside ', self._begun)

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Tell what the last sample cuts off."""
        cut = [evidence for evidence in self._open if evidence.end >= end]
        if cut:
            yield self._finding(END, 'The capture ends inside ', cut)

    def _transfer(self, transfer: 'i2c.I2cTransfer') -> 'None':
        if self._is_first and transfer.outcome == i2c.NO_START:
            self._begun.append(
                Evidence(
                    transfer.start, transfer.end, 'a transfer whose START is not in the capture'
                )
            )
        elif transfer.outcome == i2c.TRUNCATED:
            known = '' if transfer.address < 0 else ' with 0x{:02X}'.format(transfer.address)
            text = 'a transfer{} that has no STOP'.format(known)
            self._open.append(Evidence(transfer.start, transfer.end, text))
        self._is_first = False

    def _command(self, command: 'BootCommand') -> 'None':
        is_first = command.target not in self._known
        self._known.add(command.target)
        if command.opcode < 0 and is_first and not self._has_gap:
            text = 'a bootloader command whose opcode is not in the capture'
            self._begun.append(Evidence(command.start, command.end, text))
        elif command.outcome == TRUNCATED:
            text = command_text(command.opcode) + ', which has no final status'
            self._open.append(Evidence(command.start, command.end, text))

    def _finding(self, key: 'str', words: 'str', evidence: 'List[Evidence]') -> 'Finding':
        evidence = sorted(evidence)
        return self.finding(
            min(found.start for found in evidence),
            max(found.end for found in evidence),
            words + ' and inside '.join(found.text for found in evidence),
            evidence,
            [
                'If what is missing matters, start the recording before the first transfer and'
                ' stop it some seconds after the last.'
            ],
            key=key,
            count=len(evidence),
        )


RULE = TruncatedCapture
