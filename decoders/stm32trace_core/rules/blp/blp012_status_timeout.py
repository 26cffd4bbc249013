"""BLP012 status-timeout: the loader does not answer a frame within the time that hosts allow.

What
The host has sent a frame and no status byte comes: not within 1 s after a command, an address or a
block, 5 s for each page of an erase, 35 s for a mass erase.

Why it matters
The part has crashed, was reset or has lost its supply, the line is broken, or it still works. A
host that gives up and goes on is out of step from here.

What to do
Look at NRST and the supply at the time of the frame. If the command changes option bytes, do not
reset the part and do not cut its power before the widest erase time of the family is over (BLS004,
BLS005). Then synchronise again.

False alarms and guards
The limits are the time-outs of a widely used open tool; where the table of the part has longer
data-sheet times, these count. A wait that the end of the capture cuts short is judged by the part
of it that is in the capture. Over UART a loader that is not captured is not missed, and 0x7F
without an answer is UART005; an ACK that comes after the limit is DIA010. Over I2C the loader can
only answer when it is asked. A host that polls gets BUSY (BLP013); a loader that works without BUSY
holds SCL (I2C006, I2C010); a host that never asks has not waited for an answer. So over I2C this
rule fires only where the host left the loader alone for longer than the limit, with SCL high, then
asked for the status, and the loader did not even acknowledge its address; not for the last status
of a command that ends in a restart, which some loaders do not wait with (BLS005 tells if the part
stays away). Without a sample rate the rule is not evaluated. Limits: STATUS_S (1), PAGE_ERASE_S
(5), MASS_ERASE_S (35).

Example
  host    44 BB / FF FF 00      Extended Erase, everything
  loader  79    / (nothing for 40 s)
Told as: "Extended Erase (0x44) of the whole flash: no status 40 s after step 'data'; the limit is
35 s".

Source
Limits: stm32duino/stm32flash stm32.c [STM32FLASH], https://github.com/stm32duino/stm32flash
An erase that never answers [F030ER],
https://community.st.com/t5/stm32-mcus-embedded-software/erase-command-bootloader-not-responding/m-p/216658/highlight/true
"""

from ...bootloader.commands import COMMANDS, SYNCHRONIZE
from ...bootloader.records import (
    ACK,
    BUSY,
    COUNT,
    DATA,
    FINAL,
    I2C,
    NACK,
    NONE,
    UNHEARD,
    VANISHED,
    BootCommand,
    DeviceIdentified,
)
from ...lines import CaptureGap, LineHold
from ...record import NamedTuple
from ..limits import MASS_ERASE as MASS_ERASE_LIMIT
from ..limits import PAGE_ERASE as PAGE_ERASE_LIMIT
from ..limits import STATUS as STATUS_LIMIT
from ..naming import command_text, opcode_key, target_text
from ..occurrences import Occurrences
from ..operation_time import MASS_ERASE, PAGE_ERASE, deed, longest
from ..part import Part
from ..rule import TARGET, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional  # novm

    from ...context import Context
    from ..rule import Finding

ADVICE = (
    (
        'Do not reset the part or cut its power if the command changes option bytes: it may still'
        ' work on them.'
    ),
    'Look at NRST and the supply at the time of the frame.',
    (
        'Raise the time-out of the host above the longest time of the operation, and synchronise'
        ' again after it.'
    ),
)


class StatusTimeout(TargetRule):
    """Measures how long frames stay without an answer."""

    info = RuleInfo(
        'BLP012',
        'status-timeout',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('bootloader', 'sample_rate'),
        True,
        'the loader does not answer a frame within the time that hosts allow',
        'stm32flash stm32.c: time-outs',
    )
    consumes = (BootCommand, CaptureGap, DeviceIdentified, LineHold)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(StatusTimeout, self).__init__(context, bus)
        self._part = Part(context)
        # The last command over UART, where the loader answers unasked.
        self._open = None  # type: Optional[BootCommand]
        self._held = 0  # sample up to which the target held SCL
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a command that ended without its status."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif isinstance(record, LineHold):
            if record.role == 'scl' and not record.value:
                self._held = max(self._held, record.end)
        elif isinstance(record, CaptureGap):
            found = self._waited(record.start)
            self._open = None
            return found
        elif record.transport == I2C:
            return self._asked(record)
        else:
            found = self._waited(record.start)
            self._open = record
            return found
        return ()

    def end(self, end: 'int') -> 'Iterable[Finding]':
        """Judge a wait that lasts until the end of the data."""
        return self._waited(end)

    def _asked(self, command: 'BootCommand') -> 'List[Finding]':
        """I2C: the host asked for the status in vain."""
        due = _status_due(command)
        if due is None or command.outcome != VANISHED or command.busy_count:
            return []
        if self._held > due.since or (due.name == FINAL and _restarts(command)):
            return []
        return self._judge(command, due, command.end)

    def _waited(self, end: 'int') -> 'List[Finding]':
        """UART: the loader would have answered by itself."""
        due = None if self._open is None else _status_due(self._open)
        if self._open is None or due is None:
            return []
        return self._judge(self._open, due, max(end, self._open.end))

    def _judge(self, command: 'BootCommand', due: '_Due', end: 'int') -> 'List[Finding]':
        limit = self._limit(command, due)
        if not self.context.longer(end - due.since, limit):
            return []
        sentence = "{}{}: no status {} after step '{}'; the limit is {:g} s".format(
            command_text(command.opcode),
            target_text(command),
            self.time(end - due.since),
            command.steps[-1].name,
            limit,
        )
        first = self._first.setdefault(command.opcode, sentence)
        seen = self._seen.setdefault(command.opcode, Occurrences())
        seen.add(due.since, end, sentence + ' (stm32flash stm32.c; data sheet where longer)')
        return [
            self.finding(
                seen.start,
                seen.end,
                seen.told(first),
                seen.examples,
                ADVICE,
                key=opcode_key(command.opcode),
                count=seen.count,
            )
        ]

    def _limit(self, command: 'BootCommand', due: '_Due') -> 'float':
        """Return the longest wait for the status that is due, in seconds."""
        limit = STATUS_LIMIT.of(self.context)
        if not due.after_work:
            return limit
        pages = len(command.pages)
        what = deed(command.opcode, command.special, pages)
        if what == MASS_ERASE:
            limit = MASS_ERASE_LIMIT.of(self.context)
        elif what == PAGE_ERASE:
            limit = pages * PAGE_ERASE_LIMIT.of(self.context)
        known = longest(self._part, what, pages)
        return limit if known is None else max(limit, known.seconds)


class _Due(
    NamedTuple('_Due', [('name', str), ('since', int), ('after_work', bool)]),
):
    """The status that a command waits for: of which step, since when, after work or not."""

    __slots__ = ()


def _status_due(command: 'BootCommand') -> 'Optional[_Due]':
    """Return the status that is missing at the end of a command, None if none is."""
    if not command.steps or command.status in (NACK, BUSY):
        return None
    if command.opcode == SYNCHRONIZE or command.outcome == UNHEARD:
        return None
    last = command.steps[-1]
    if last.status == NONE and last.sent:
        works = last.name == DATA or (last.name == COUNT and command.special is not None)
        return _Due(last.name, last.due, works)
    row = COMMANDS.get(command.opcode)
    forms = () if row is None else row.steps.get(command.transport, ())
    follower = forms[len(command.steps)] if len(command.steps) < len(forms) else None
    if last.status == ACK and follower is not None and follower.name == FINAL:
        return _Due(FINAL, last.end, True)
    return None


def _restarts(command: 'BootCommand') -> 'bool':
    return command.opcode in COMMANDS and COMMANDS[command.opcode].restarts_part


RULE = StatusTimeout
