"""DIA010 host-gives-up-too-early: the part did what it was asked to, but the host no longer waited.

What
An operation takes longer than the host waits for it, and the part then shows that it has ended it:
over UART the ACK comes when the host has gone on to something else, starts anew with 0x7F, or says
nothing any more; over SWD a later read shows BSY = 0 (FLS011) or the program in RAM stopped
(CMX008); over I2C the loader acknowledges a later poll (I2C008, BLP015).

Why it matters
The tool says that the erase failed, or that the part does not answer. The part is in order: the
time-out of the host is too short for it.

What to do
Do not take the part for broken, do not reset it while it works, and do not send the command again
before the first has ended. Raise the time-out above the longest time of the part, then go on: after
an erase the flash is blank and is to be written again.

False alarms and guards
A host that goes on with the next command after the ACK did wait, however long it took. That a host
is silent after an ACK that came later than hosts wait (1 s, 5 s for each page of an erase, 35 s
for a mass erase) is no proof that it gave up: it may have wanted nothing more, so the confidence
is medium. It must be silent for DIA010_QUIET_S (1) within the capture. An ACK that follows a 0x7F
within DIA010_ANSWER_S (0.1) is the answer to that, and a host that goes on sooner than that did not
wait at all (BLP020). After a reset a status that shows the end
proves nothing. A NACK tells of a failure of the part, so it is not told here. Limits:
DIA010_QUIET_S, DIA010_ANSWER_S, STATUS_S (1), PAGE_ERASE_S (5), MASS_ERASE_S (35).

Example
  host    44 BB / FF FF 00      Extended Erase, everything; stm32flash gives up after 35 s
  loader  79    / 79            44 s later; the host says nothing more
Told as: "The host gave up too early: the ACK to Extended Erase (0x44) of the whole flash came after
44 s, hosts wait for 35 s, and this one said nothing more; the part has done it".

Source
Limits: stm32duino/stm32flash stm32.c [STM32FLASH], https://github.com/stm32duino/stm32flash
BUSY, then a time-out after a mass erase [F411MA],
https://community.st.com/t5/stm32-mcus-embedded-software/no-ack-after-mass-erase/td-p/221364
A time-out too short for an F407 [ZEP16041],
https://github.com/zephyrproject-rtos/zephyr/issues/16041
An erase that stretches for seconds [F723],
https://community.st.com/t5/stm32-mcus-embedded-software/stm32f723-i2c-bootloader-no-stretch-erase-command-leads-to-long/m-p/169952/highlight/true
"""

from ...bootloader.records import ACK, BootStatus
from ...record import CAPTURE
from ..naming import command_text, opcode_key, target_text
from ..rule import HOST, YES, Confidence, Diagnosis, Evidence, Finding, RuleInfo, Severity
from .completion import Completion
from .late_status import LateStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Tuple  # novm

    from ...context import Context
    from .late_status import Late

QUIET_S = 1.0
ANSWER_S = 0.1

OVER_I2C = ('I2C008', 'BLP015')
TIMEOUT = 'BLP012'

LATE = 'The host gave up too early: the ACK to {}{} came after {}, {}; the part has done it'
WENT_ON = 'and the host had gone on to something else after {}'
BEGAN_ANEW = 'hosts wait for {:g} s, and this one began anew with 0x7F'
SAID_NOTHING = 'hosts wait for {:g} s, and this one said nothing more'
ENDED_LATER = 'The host gave up too early: {}; later the part showed that it had ended'
WAITS = '{}: from here on a status is due; hosts wait for {:g} s (stm32flash stm32.c)'
CAME = 'ACK (0x79): the operation has ended'
POLLED = 'ACK (0x79) to a later poll: the operation has ended'

ADVICE = (
    'What was erased is gone: write it again once the host waits long enough. The part itself has'
    ' come to no harm, and has ended the operation.',
    'Raise the time-out of the host above the longest time of the part (its data sheet; a mass erase'
    ' of a large part takes more than half a minute).',
    'Go on from here (over UART with 0x7F first): no reset is needed, and the command need not be sent'
    ' again.',
)


class HostGivesUpTooEarly(Diagnosis):
    """Brings together a host that stopped waiting and the part's later word that it is done."""

    info = RuleInfo(
        'DIA010',
        'host-gives-up-too-early',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('uart|swd|i2c', 'sample_rate'),
        True,
        'the part did what it was asked to, but the host no longer waited',
        'stm32flash stm32.c: time-outs; [F411MA], [ZEP16041], [STM32FLASH], [F723]',
        YES,
    )
    consumes = tuple(sorted(
        set(LateStatus.CONSUMES + Completion.CONSUMES + (BootStatus, Finding)),
        key=lambda kind: kind.__name__,
    ))  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(HostGivesUpTooEarly, self).__init__(context, bus)
        self._late = {}  # type: Dict[str, LateStatus]  # by bus
        self._ends = {}  # type: Dict[str, Completion]  # by bus
        self._acknowledged = {}  # type: Dict[str, BootStatus]  # bus -> last ACK
        # the latest of each identity
        self._findings = {}  # type: Dict[Tuple[str, str, str], Finding]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Collect: a diagnosis is made at the end."""
        if isinstance(record, Finding):
            self._findings[record.identity] = record
            if record.rule in Completion.RULES:
                self._end(record.bus).give_up(record)
            return ()
        if isinstance(record, BootStatus):
            if record.status == ACK:
                self._acknowledged[record.bus] = record
            return ()
        if isinstance(record, LateStatus.CONSUMES):
            for late in self._concerned(record.bus):
                late.feed(record)
        if isinstance(record, Completion.CONSUMES):
            for end in self._ends.values() if not record.bus else [self._end(record.bus)]:
                end.feed(record)
        return ()

    def finish(self, end: 'int') -> 'Iterator[Finding]':
        """Tell of every bus."""
        for bus in sorted(self._late):
            self._late[bus].finish(end)
            for opcode in sorted(self._late[bus].found):
                yield self._tell(self._late[bus].found[opcode])
        for bus in sorted(self._ends):
            for found, shown in self._ends[bus].found:
                yield self._tell_other(found, shown)
        for found in self._over_i2c():
            yield found

    def _concerned(self, bus: 'str') -> 'List[LateStatus]':
        """Return what follows a bus; all of them for a record of the whole capture."""
        if not bus:
            return list(self._late.values())
        if bus not in self._late:
            quiet = self.context.limit('DIA010_QUIET_S', QUIET_S)
            answer = self.context.limit('DIA010_ANSWER_S', ANSWER_S)
            self._late[bus] = LateStatus(self.context, quiet, answer)
        return [self._late[bus]]

    def _end(self, bus: 'str') -> 'Completion':
        if bus not in self._ends:
            self._ends[bus] = Completion(self.context)
        return self._ends[bus]

    def _tell(self, late: 'Late') -> 'Finding':
        command = late.command
        name = command_text(command.opcode)
        if late.gave_up < 0:
            how = SAID_NOTHING.format(late.limit_s)
        elif late.gave_up < late.start:
            how = WENT_ON.format(self.time(late.gave_up - late.due))
        else:
            how = BEGAN_ANEW.format(late.limit_s)
        waited = self.time(late.end - late.due)
        key = opcode_key(command.opcode)
        timeouts = [
            found
            for found in self._findings.values()
            if found.rule == TIMEOUT and found.bus == command.bus and found.key == key
        ]
        found = self.finding(
            command.start,
            late.end,
            LATE.format(name, target_text(command), waited, how),
            [
                Evidence(command.start, late.due, WAITS.format(name, late.limit_s)),
                Evidence(late.start, late.end, CAME),
            ],
            ADVICE,
            key=key,
            confidence=None if 0 <= late.gave_up < late.start else Confidence.MEDIUM,
            explains=timeouts,
        )
        return found._replace(bus=command.bus)

    def _tell_other(self, found: 'Finding', shown: 'Evidence') -> 'Finding':
        made = self.finding(
            found.start,
            shown.end,
            ENDED_LATER.format(found.message[0].lower() + found.message[1:]),
            found.evidence[:3] + (shown,),
            ADVICE,
            key=found.rule,
            suspect=found.suspect,
            explains=[found],
        )
        return made._replace(bus=found.bus)

    def _over_i2c(self) -> 'Iterator[Finding]':
        for found in list(self._findings.values()):
            ack = self._acknowledged.get(found.bus)
            if found.rule in OVER_I2C and ack is not None and ack.start >= found.end:
                yield self._tell_other(found, Evidence(ack.start, ack.end, POLLED))


RULE = HostGivesUpTooEarly
