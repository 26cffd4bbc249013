"""BLS003 no-resync-after-reset-command: the host goes on without waiting for the part to restart.

What
A command that changes option bytes ended with its final ACK, after which the part restarts. Over
I2C the host sends the next command within the restart time, the part does not acknowledge its
address, and the host leaves it at that: it does not ask until the loader is back. Over UART the
host sends the next command without 0x7F before it, and gets no answer.

Why it matters
The part is fine, and the host gives up on it, or goes on as if its command had been taken. Seen
from the host this looks like a part that died of the option command.

What to do
After the final ACK wait about 100 ms, or address the loader until it acknowledges, before the next
command. Over UART send 0x7F first: the restarted loader measures the baud rate anew.

False alarms and guards
Asking again and again until the loader answers is right, and not told here; nor is a part that does
not come back (BLS005: attempts go on beyond the restart time). Told only when all attempts lie
within the restart time and the capture goes on for at least 1 s after the last of them. Over UART
the host must have waited, and gone on or let 1 s pass; a host that sends 0x7F first, answered or
not, did right. If the part did not restart at all, and so answers, that is BLS002. Without a sample
rate the rule is not evaluated. Limits: RESTART_S (0.1), BLS003_REST_S (1).

Example
  host    74 8B                loader  79 76 79        write protection removed; the part restarts
  host    address 0x51 + W     not acknowledged, 3 ms later
  (nothing more, for 2 s)
Told as: "After the final ACK of No-Stretch Write Unprotect (0x74) the host addressed the loader
once, 3 ms later, while the part restarted, and then no more".

Source
AN3155 and AN4221: a system reset follows the commands that change option bytes.
RDP removal resets the part [MESH], https://github.com/meshtastic/meshtastic/pull/2630
A host that waited for one ACK too many [CW249], https://github.com/newaetech/chipwhisperer/pull/249
"""

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import (
    ABANDONED,
    ACK,
    NACK,
    UART,
    BootCommand,
    BootStatus,
    DeviceIdentified,
)
from ...lines import CaptureGap, Reset
from ...wire.i2c import ADDRESS_NACK, I2cTransfer
from ..limits import RESTART
from ..naming import command_text, protocol_source
from ..option_command import OptionCommands
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from ...context import Context
    from ..option_command import OptionCommand
    from ..rule import Finding

REST_S = 1.0  # of capture that has to follow the last attempt: a host that polls asks sooner
ADVICE_UART = (
    'After the final ACK wait about 100 ms and send 0x7F before the next command: the loader that'
    ' restarted measures the rate anew.',
    'The part itself is fine as far as this shows: reset it, synchronise and go on.',
)
ADVICE = (
    'After the final ACK wait about 100 ms, or address the loader until it acknowledges.',
    'The part itself is fine as far as this shows: do not write option bytes again because of it.',
)


class NoResyncAfterResetCommand(TargetRule):
    """Looks at the attempts within the restart time, and whether more follow."""

    info = RuleInfo(
        'BLS003',
        'no-resync-after-reset-command',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader', 'i2c|uart', 'sample_rate'),
        True,
        'the host goes on without waiting for the part to restart',
        'AN3155, AN4221: reset after commands that change option bytes',
    )
    consumes = (BootCommand, BootStatus, CaptureGap, DeviceIdentified, I2cTransfer, Reset)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(NoResyncAfterResetCommand, self).__init__(context, bus)
        self._options = OptionCommands(context)
        self._first = None  # type: Optional[I2cTransfer]  # attempt in vain since the final ACK
        self._last = None  # type: Optional[I2cTransfer]
        self._attempts = 0

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Collect the attempts after a final ACK."""
        if isinstance(record, I2cTransfer):
            self._transfer(record)
        elif isinstance(record, Reset):
            self._reset(record)
        else:
            before = self._options.last
            self._options.feed(record)
            if self._options.last is not before:
                self._first = self._last = None
                self._attempts = 0
            if isinstance(record, BootCommand) and record.transport == UART:
                return self._command(record)
        return ()

    def _command(self, command: 'BootCommand') -> 'Iterable[Finding]':
        """UART: see whether the host synchronises first."""
        done = self._options.last
        ended = None if done is None or not done.is_done else done.ended
        if done is None or ended is None or command.start <= ended.start or command.opcode < 0:
            return ()
        answered = command.steps and command.steps[0].status in (ACK, NACK)
        self._options.forget()
        if command.opcode == SYNCHRONIZE or answered:
            return ()
        rest = self.context.limit('BLS003_REST_S', REST_S)
        waited = command.outcome == ABANDONED or self.context.longer(
            command.end - command.start, rest
        )
        return (self._tell_unsynced(ended, command),) if waited else ()

    def _tell_unsynced(self, ended: 'BootCommand', command: 'BootCommand') -> 'Finding':
        step = command.steps[0]
        sentence = (
            'After the final ACK of {} the host sent {} {} later without 0x7F before it, and got no'
            ' answer: the part had restarted'
        ).format(
            command_text(ended.opcode),
            command_text(command.opcode),
            self.time(command.start - ended.end),
        )
        evidence = (
            Evidence(ended.steps[-1].start, ended.end, 'final ACK: a restart follows (AN3155)'),
            Evidence(
                step.start,
                step.due,
                'a command; a loader that restarted waits for 0x7F first (AN3155)',
            ),
        )
        return self.finding(ended.start, command.end, sentence, evidence, ADVICE_UART)

    def end(self, end: 'int') -> 'Iterable[Finding]':
        """Judge a host that did not ask again."""
        command, first, last = self._options.last, self._first, self._last
        if command is None or first is None or last is None or command.ended is None:
            return ()
        rest = self.context.limit('BLS003_REST_S', REST_S)
        if self._is_beyond(last.start, command.ended) or not self.context.longer(
            end - last.end, rest
        ):
            return ()
        return (self._tell(command, command.ended, first, last),)

    def _transfer(self, transfer: 'I2cTransfer') -> 'None':
        command = self._options.last
        if command is None or not command.is_done or transfer.address != command.target:
            return
        if transfer.answered:
            if command.ended is not None and transfer.start >= command.ended.end:
                self._options.forget()
        elif transfer.outcome == ADDRESS_NACK:
            self._first = self._first or transfer
            self._last = transfer
            self._attempts += 1

    def _reset(self, reset: 'Reset') -> 'None':
        """A reset from outside, after the restart, begins another session."""
        command = self._options.last
        ended = None if command is None else command.ended
        if ended is not None and self._is_beyond(reset.start, ended):
            self._options.forget()

    def _is_beyond(self, sample: 'int', ended: 'BootCommand') -> 'bool':
        return self.context.longer(sample - ended.end, RESTART.of(self.context))

    def _tell(
        self,
        command: 'OptionCommand',
        ended: 'BootCommand',
        first: 'I2cTransfer',
        last: 'I2cTransfer',
    ) -> 'Finding':
        often = 'once' if self._attempts == 1 else '{} times'.format(self._attempts)
        sentence = (
            'After the final ACK of {} the host addressed the loader {}, {} later, while the part'
            ' restarted, and then no more'
        ).format(command_text(command.opcode), often, self.time(first.start - ended.end))
        evidence = (
            Evidence(
                ended.steps[-1].start,
                ended.end,
                'final ACK: a restart follows ({})'.format(protocol_source(ended.target)),
            ),
            Evidence(
                first.start,
                last.end,
                'address 0x{:02X} not acknowledged; a loader answers again within 100 ms'.format(
                    command.target
                ),
            ),
        )  # type: Tuple[Evidence, ...]
        return self.finding(ended.start, last.end, sentence, evidence, ADVICE, count=self._attempts)


RULE = NoResyncAfterResetCommand
