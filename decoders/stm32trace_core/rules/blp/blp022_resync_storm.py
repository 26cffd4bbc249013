"""BLP022 resync-storm: the host has lost step and tries again and again to find it.

What
Three or more pairs of bytes in a row are no command (0xFF 0x00, a wrong complement, an opcode that
no loader has, 0x7F to a loader that is in step), and no command is acknowledged between them.

Why it matters
Something before it went wrong: a frame too long or too short, a lost byte, a status that was not
read. What the host wanted to do since then was not done.

What to do
Look at the frame before the first of these pairs: that is where host and loader parted. A reset and
a new 0x7F are the clean way to start again.

False alarms and guards
One or two such pairs are normal: hosts that guess lengths over I2C send them, and tools that attach
to a running loader send 0x7F twice. Limit: BLP022_PAIRS (3).

Example
  host    11 EE / 08 00 00 00    a byte is missing
  host    FF 00    FF 00    FF 00
  loader  1F       1F       1F
Told as: "The host sent 3 pairs in a row that are no command, the first of them FF 00; the last
command before was Read Memory (0x11), incomplete".

Source
stm32duino/stm32flash stm32.c, stm32_resync [STM32FLASH], https://github.com/stm32duino/stm32flash
"""

from ...bootloader.commands import RESYNC, SYNCHRONIZE, offered
from ...bootloader.records import (
    ABANDONED,
    BAD_CHECKSUM,
    BAD_COMPLEMENT,
    INCOMPLETE,
    OK,
    REFUSED,
    UNHEARD,
    VANISHED,
    BootCommand,
)
from ...lines import NRST, POWER, CaptureGap, Reset
from ..naming import bytes_text, command_text
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional  # novm

    from ...context import Context
    from ..rule import Finding

PAIRS = 3
SHOWN = 3  # pairs that are told
ENDS = {
    OK: 'which ended well',
    REFUSED: 'refused',
    BAD_COMPLEMENT: 'with a wrong complement',
    BAD_CHECKSUM: 'with a wrong checksum',
    INCOMPLETE: 'incomplete',
    ABANDONED: 'not answered to the end',
    VANISHED: 'not answered to the end',
}
ADVICE = (
    'Look at the frame before the first of these pairs: that is where host and loader parted.',
    'Reset the part and send 0x7F (UART), or address the loader anew (I2C), to start again.',
)


class ResyncStorm(TargetRule):
    """Counts pairs in a row that are no command."""

    info = RuleInfo(
        'BLP022',
        'resync-storm',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the host has lost step and tries again and again to find it',
        'stm32flash stm32.c: stm32_resync',
    )
    consumes = (BootCommand, CaptureGap, Reset)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(ResyncStorm, self).__init__(context, bus)
        self._before = None  # type: Optional[BootCommand]  # last command before the row
        self._row = []  # type: List[BootCommand]  # the first few of it
        self._count = 0
        self._last = 0  # end of the last pair
        self._storms = 0

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Count a pair, or end the row."""
        if isinstance(record, BootCommand):
            if not is_no_command(record):
                if record.accepted or record.outcome == OK or not self._count:
                    self._begin(record)
                return []
            self._count += 1
            self._last = record.end
            if len(self._row) < SHOWN:
                self._row.append(record)
            return self._judge()
        if isinstance(record, CaptureGap) or record.cause in (NRST, POWER):
            self._begin(None)
        return []

    def _begin(self, before: 'Optional[BootCommand]') -> 'None':
        self._before = before
        self._row = []
        self._count = 0

    def _judge(self) -> 'List[Finding]':
        pairs = int(self.context.limit('BLP022_PAIRS', PAIRS))
        if self._count < pairs:
            return []
        self._storms += self._count == pairs
        first = self._row[0]
        sentence = (
            'The host sent {} pairs in a row that are no command, the first of them {}'.format(
                self._count, bytes_text(first.steps[0].sent)
            )
        )
        evidence = [
            Evidence(one.start, one.end, bytes_text(one.steps[0].sent) + ': no command (AN3155)')
            for one in self._row
        ]
        before = self._before
        if before is not None:
            told = '{}, {}'.format(command_text(before.opcode), ENDS.get(before.outcome, 'cut off'))
            sentence += '; the last command before was ' + told
            evidence.insert(0, Evidence(before.start, before.end, told))
        return [
            self.finding(
                first.start,
                self._last,
                sentence,
                evidence,
                ADVICE,
                key='' if self._storms == 1 else str(self._storms),
                count=self._count,
            )
        ]


def is_no_command(command: 'BootCommand') -> 'bool':
    """Tell whether this is a pair that no loader takes, or 0x7F to a loader in step."""
    if command.opcode < 0 or not command.steps:
        return False
    if command.opcode == SYNCHRONIZE:
        return command.outcome == REFUSED
    if command.outcome == BAD_COMPLEMENT or command.opcode == RESYNC:
        return True
    return not offered(command.opcode, command.transport) and command.outcome != UNHEARD


RULE = ResyncStorm
