"""BLP002 command-not-supported: the host uses a command that the loader does not offer.

What
The loader lists in its answer to Get which commands it has. The host sends another one.

Why it matters
Loaders differ: with or without the no-stretch twins, the checksum command, special commands. A host
written for another loader is refused, or, where the loader takes the command all the same, works by
luck.

What to do
Ask Get and choose from its list; the finding names the twin of the command where the list has it.

False alarms and guards
Without a Get answer in the capture the rule is not evaluated. Commands sent before Get are judged
once its answer is there. The pair 0xFF 0x00, sent to get a NACK, is no command, nor is 0x7F. An
erase in the form that the loader does not have is BLP019. A command that is not listed and yet
acknowledged is told as a note.

Example
  host    00 FF         Get
  loader  79 / 0B 10 00 01 02 11 21 31 44 63 73 82 92 / 79
  host    A1 5E         Get Checksum
  loader  1F            NACK
Told as: "Get Checksum (0xA1) was sent, which is not in the list that Get answers; the loader's
answer: NACK (0x1F)".

Source
AN3155 and AN4221, Get command: the list of supported commands.
An erase refused by an STM32L0 [L0ER],
https://qa-community.st.com/stm32-mcus-embedded-software-40/bootloader-uart-nack-to-mass-erase-in-extended-erase-memory-command-159838
How an open host chooses [STM32FLASH], https://github.com/stm32duino/stm32flash
"""

from ...bootloader.commands import COMMANDS, RESYNC, SYNCHRONIZE
from ...bootloader.records import BAD_COMPLEMENT, BootCommand, LoaderInfo
from ..erase_forms import other_form
from ..naming import answer_text, command_text, opcode_key
from ..occurrences import Occurrences
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple  # novm

    from ...context import Context
    from ..rule import Finding


NO_COMMANDS = (-1, RESYNC, SYNCHRONIZE)


class CommandNotSupported(TargetRule):
    """Compares the commands sent with the list in the answer to Get."""

    info = RuleInfo(
        'BLP002',
        'command-not-supported',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the host uses a command that the loader does not offer',
        'AN3155, AN4221: Get command',
    )
    consumes = (BootCommand, LoaderInfo)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(CommandNotSupported, self).__init__(context, bus)
        self._listed = ()  # type: Tuple[int, ...]
        # The first command with each opcode before Get.
        self._earlier = {}  # type: Dict[int, BootCommand]
        self._seen = {}  # type: Dict[int, Occurrences]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Take the loader's list, and judge commands by it."""
        if isinstance(record, LoaderInfo):
            return self._learn(record)
        if record.opcode in NO_COMMANDS or record.outcome == BAD_COMPLEMENT:
            return ()
        if not self._listed:
            self._earlier.setdefault(record.opcode, record)
            return ()
        return self._judge(record)

    def missing(self) -> 'Tuple[str, ...]':
        """Without its list nothing can be said of a loader."""
        listed = any(
            isinstance(copy, CommandNotSupported) and copy.knows_list
            for copy in self.copies.values()
        )
        return () if listed else ('Get answer',)

    @property
    def knows_list(self) -> 'bool':
        """The loader told which commands it has."""
        return bool(self._listed)

    def _learn(self, info: 'LoaderInfo') -> 'List[Finding]':
        if not info.commands:
            return []
        self._listed = info.commands
        earlier, self._earlier = self._earlier, {}
        return [found for opcode in sorted(earlier) for found in self._judge(earlier[opcode])]

    def _judge(self, command: 'BootCommand') -> 'List[Finding]':
        if command.opcode in self._listed or other_form(command.opcode, self._listed) is not None:
            return []
        answer = command.steps[0] if command.steps else None
        sentence = (
            "{} was sent, which is not in the list that Get answers; the loader's answer: {}"
        ).format(
            command_text(command.opcode),
            'no answer' if answer is None else answer_text(answer.status, answer.value),
        )
        seen = self._seen.setdefault(command.opcode, Occurrences())
        seen.add(command.start, command.end, '{} (listed: {})'.format(sentence, self._list()))
        return [
            self.finding(
                seen.start,
                seen.end,
                seen.told(sentence),
                seen.examples,
                self._advice(command.opcode),
                key=opcode_key(command.opcode),
                count=seen.count,
                severity=Severity.NOTE if command.accepted else None,
            )
        ]

    def _list(self) -> 'str':
        return ', '.join('0x{:02X}'.format(opcode) for opcode in self._listed)

    def _advice(self, opcode: 'int') -> 'Tuple[str, ...]':
        twin = COMMANDS[opcode].twin if opcode in COMMANDS else None
        if twin is not None and twin in self._listed:
            return ('Use {} instead, which this loader lists.'.format(command_text(twin)),)
        return ('Ask Get first, and use only what it lists.',)


RULE = CommandNotSupported
