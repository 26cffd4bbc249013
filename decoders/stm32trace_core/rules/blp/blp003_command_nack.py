"""BLP003 command-nack: the loader refuses a valid command.

What
The two bytes of a command fit each other, and the loader answers NACK (0x1F) to them.

Why it matters
The command is not carried out. Either the loader does not have it (see BLP002), or it is out of
step with the host and took the bytes for the rest of another frame, or the part is read protected
(that is BLP004).

What to do
Look at the frame before this one: if it was not answered as it should be, host and loader were out
of step already. Synchronise, ask Get for the list of commands, and repeat.

False alarms and guards
The pair 0xFF 0x00, which hosts send to get a NACK, is left out. A refused command that read-out
protection forbids (read, write, erase, go, protection commands) waits for more: a second refusal
makes it BLP004, an accepted Readout Unprotect makes it part of OPT010, and then this rule is
suppressed by these. It is told when the loader accepts such a command after all, or when the
capture ends with this one refusal; over UART, if Get lists the command, that is BLP004 too. An
erase in the form that the loader does not have is BLP019.

Example
  host    02 FD         Get ID
  loader  1F            NACK
Told as: "Get ID (0x02) was refused with NACK (0x1F) although its two bytes are right".

Source
AN3155 and AN4221, bootloader command set: ACK to a command that is valid, NACK to any other.
Commands refused by an STM32L4 [L4NACK],
https://community.st.com/t5/stm32-mcus-products/stm32-i2c-bootloader-issue/td-p/468924
NACK on erase, cleared by an unprotect [FF15], https://github.com/keirf/flashfloppy/issues/15
NACK on the mass-erase byte [DMD100], https://github.com/board707/DMD_STM32/issues/100
"""

from ...bootloader.records import NACK, BootCommand, BootStatus, DeviceIdentified, LoaderInfo
from ...lines import CaptureGap
from ..erase_forms import other_form
from ..naming import answer_text, command_text, opcode_key
from ..occurrences import Occurrences
from ..part import Part
from ..protection import Protection, begins_unprotect, is_gated, is_refused
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

ADVICE = (
    'Look at the frame before this one: host and loader may have been out of step already.',
    'Synchronise, ask Get for the list of commands, and repeat.',
    'If only commands that touch the memory are refused, the part is read protected (BLP004).',
)


class CommandNack(TargetRule):
    """Looks at the answer to every opcode."""

    info = RuleInfo(
        'BLP003',
        'command-nack',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the loader refuses a valid command',
        'AN3155, AN4221: bootloader command set',
    )
    consumes = (BootCommand, BootStatus, CaptureGap, DeviceIdentified, LoaderInfo)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(CommandNack, self).__init__(context, bus)
        self._part = Part(context)
        self._protection = Protection(self._part)
        self._waiting = {}  # type: Dict[int, Occurrences]  # opcode -> what protection may explain
        self._told = {}  # type: Dict[int, Occurrences]

    def follow(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge a command; what protection may explain waits."""
        if isinstance(record, BootCommand):
            return self._judge(record)
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif isinstance(record, LoaderInfo):
            self._protection.tell(record)
        elif isinstance(record, CaptureGap):
            return self._gap()
        elif begins_unprotect(record):
            return self._withdraw('OPT010')
        return ()

    def end(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Tell the refusals that nothing explained."""
        if self._protection.is_likely:
            return self._withdraw('BLP004')
        return self._tell_waiting()

    def _gap(self) -> 'Iterable[Withdrawn]':
        """What would tell why these were refused may be missing."""
        self._protection.forget()
        return self._withdraw('samples are missing after it')

    def _judge(self, command: 'BootCommand') -> 'Iterator[Union[Finding, Withdrawn]]':
        self._protection.judge(command)
        if is_refused(command):
            if other_form(command.opcode, self._protection.offered) is not None:
                yield self.withdrawn(command.start, command.end, 'BLP019')
            elif is_gated(command.opcode) and self._protection.offers(command.opcode):
                self._note(self._waiting, command)
            else:
                self._note(self._told, command)
                yield self._tell(command.opcode)
        if self._protection.is_shown:
            for withdrawn in self._withdraw('BLP004'):
                yield withdrawn
        elif command.accepted and is_gated(command.opcode):
            for found in self._tell_waiting():
                yield found

    @staticmethod
    def _note(where: 'Dict[int, Occurrences]', command: 'BootCommand') -> 'None':
        step = command.steps[0]
        where.setdefault(command.opcode, Occurrences()).add(
            step.start,
            step.end,
            '{}: {}; ACK (0x79) was expected (AN3155, AN4221)'.format(
                command_text(command.opcode), answer_text(NACK)
            ),
        )

    def _withdraw(self, by: 'str') -> 'Iterator[Withdrawn]':
        for opcode in sorted(self._waiting):
            waiting = self._waiting.pop(opcode)
            yield self.withdrawn(waiting.start, waiting.end, by)

    def _tell_waiting(self) -> 'Iterator[Finding]':
        for opcode in sorted(self._waiting):
            waiting = self._waiting.pop(opcode)
            told = self._told.setdefault(opcode, Occurrences())
            told.merge(waiting.count, waiting.start, waiting.end, waiting.examples)
            yield self._tell(opcode)

    def _tell(self, opcode: 'int') -> 'Finding':
        told = self._told[opcode]
        reason = (
            'although its two bytes are right'
            if self._protection.offers(opcode)
            else 'and is not in the list that Get answers'
        )
        sentence = '{} was refused with {} {}'.format(
            command_text(opcode), answer_text(NACK), reason
        )
        return self.finding(
            told.start,
            told.end,
            told.told(sentence),
            told.examples,
            ADVICE,
            key=opcode_key(opcode),
            count=told.count,
        )


RULE = CommandNack
