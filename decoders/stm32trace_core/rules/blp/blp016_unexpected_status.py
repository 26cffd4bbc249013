"""BLP016 unexpected-status: a byte comes where a status is due, and is none.

What
Where the loader has to answer ACK (0x79), NACK (0x1F) or, over I2C, BUSY (0x76), another byte is
read.

Why it matters
Host and loader are out of step, the byte was damaged on its way (wrong rate, wrong parity, noise),
or it is not the loader that answers. What the host makes of it is luck.

What to do
Synchronise again and repeat the command. If it comes back, compare rate and parity of both sides,
and look at the signal.

False alarms and guards
A 0x00 before the first ACK over UART is the pin becoming an output (UART006), and not judged here.
Where the right status follows after all, this is a warning. A final status that is none after the
answer of Get, Get ID or Get Checksum is an answer of the wrong length: BLP021.

Example
  host    31 CE     Write Memory
  loader  F9        one bit of 79 is wrong
Told as: "Write Memory (0x31), step 'command': 0xF9, which is no status".

Source
AN3155 and AN4221, bootloader command set: ACK, NACK, BUSY.
0x00 from the target before its first ACK [S3], https://github.com/ARMinARM/stm32flash/issues/3
NACK and garbage because of 8N1, STM32WL5M [WL5P],
https://community.st.com/t5/stm32-mcus-wireless/stm32wl5moc-bootloader-nack/m-p/726790
"""

from ...bootloader.commands import GET, GET_CHECKSUM, GET_ID
from ...bootloader.records import ACK, FINAL, NACK, OTHER, BootStatus
from ..naming import answer_text, command_text, opcode_key
from ..occurrences import Occurrences
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional  # novm

    from ...context import Context
    from ..rule import Finding

COUNTED = (GET, GET_ID, GET_CHECKSUM)  # commands whose answer has a length of its own
ADVICE = (
    'Synchronise again, and repeat the command.',
    'If it comes back, compare rate and parity of both sides, and look at the signal.',
)


class UnexpectedStatus(TargetRule):
    """Looks at every status."""

    info = RuleInfo(
        'BLP016',
        'unexpected-status',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'a byte comes where a status is due, and is none',
        'AN3155, AN4221: ACK, NACK, BUSY',
    )
    consumes = (BootStatus,)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(UnexpectedStatus, self).__init__(context, bus)
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]
        self._bad = {}  # type: Dict[int, int]  # opcode -> how many were not followed by a status
        self._last = None  # type: Optional[BootStatus]  # the status before, where it was none

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a status, and what follows one that was none."""
        last, self._last = self._last, None
        if record.status != OTHER:
            return self._corrected(last, record)
        if record.step == FINAL and record.opcode in COUNTED:
            return []
        self._last = record
        opcode = record.opcode
        sentence = "{}, step '{}': {}".format(
            command_text(opcode), record.step, answer_text(OTHER, record.value)
        )
        self._first.setdefault(opcode, sentence)
        seen = self._seen.setdefault(opcode, Occurrences())
        text = sentence + '; ACK (0x79) or NACK (0x1F) was expected (AN3155, AN4221)'
        seen.add(record.start, record.end, text)
        self._bad[opcode] = self._bad.get(opcode, 0) + 1
        return [self._tell(opcode)]

    def _corrected(self, last: 'Optional[BootStatus]', status: 'BootStatus') -> 'List[Finding]':
        """A status: it may be the one that was due before."""
        if last is None or status.status not in (ACK, NACK):
            return []
        if (last.command_start, last.step) != (status.command_start, status.step):
            return []
        self._bad[last.opcode] -= 1
        return [] if self._bad[last.opcode] else [self._tell(last.opcode)]

    def _tell(self, opcode: 'int') -> 'Finding':
        first, severity = self._first[opcode], None
        if not self._bad[opcode]:
            first, severity = first + '; the status came after it', Severity.WARNING
        return self.counted(
            self._seen[opcode], first, ADVICE, key=opcode_key(opcode), severity=severity
        )


RULE = UnexpectedStatus
