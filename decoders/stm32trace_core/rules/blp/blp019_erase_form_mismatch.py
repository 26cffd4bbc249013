"""BLP019 erase-form-mismatch: the host erases in a form that this loader does not have.

What
Loaders erase by page numbers of one byte (Erase, 0x43) or of two (Extended Erase, 0x44, and its
no-stretch twin 0x45). The list that Get answers has one of the forms, and the host uses the other.

Why it matters
The command is refused, so nothing is erased. The frames of the two differ in length too: a loader
that takes the opcode all the same reads other pages than the host meant.

What to do
Choose the form by the list of Get.

False alarms and guards
Without a Get answer in the capture the rule is not evaluated. A loader that accepts the form it
does not list is told as a note: Open Bootloader takes 0x43, with counts of two bytes. 0x44 where
only 0x45 is listed, or the reverse, is the same form: BLP002.

Example
  host    00 FF         Get
  loader  79 / 0B 10 00 01 02 11 21 31 44 63 73 82 92 / 79
  host    43 BC         Erase
  loader  1F            NACK
Told as: "Erase (0x43) was sent to a loader that lists Extended Erase (0x44); the loader's answer:
NACK (0x1F)".

Source
AN3155 and AN4221, Get, Erase Memory and Extended Erase Memory commands: a loader has one of both.
Erase forms of an STM32L0 [L0ER],
https://qa-community.st.com/stm32-mcus-embedded-software-40/bootloader-uart-nack-to-mass-erase-in-extended-erase-memory-command-159838
NACK on the mass-erase byte [DMD100], https://github.com/board707/DMD_STM32/issues/100
"""

from ...bootloader.records import BootCommand, LoaderInfo
from ..erase_forms import other_form
from ..naming import answer_text, command_text, opcode_key
from ..occurrences import Occurrences
from ..protection import ERASES
from ..rule import HOST, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

MOST_EARLIER = 16  # erases before Get that are kept


class EraseFormMismatch(TargetRule):
    """Compares the form of erases with the list in the answer to Get."""

    info = RuleInfo(
        'BLP019',
        'erase-form-mismatch',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the host erases in a form that this loader does not have',
        'AN3155, AN4221: Erase Memory commands',
    )
    consumes = (BootCommand, LoaderInfo)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(EraseFormMismatch, self).__init__(context, bus)
        self._listed = ()  # type: Tuple[int, ...]
        self._earlier = []  # type: List[BootCommand]
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Take the loader's list, and judge erases by it."""
        if isinstance(record, LoaderInfo):
            self._listed = record.commands or self._listed
            earlier, self._earlier = (self._earlier, []) if self._listed else ([], self._earlier)
            return [found for command in earlier for found in self._judge(command)]
        if record.opcode not in ERASES:
            return []
        if self._listed:
            return self._judge(record)
        self._earlier = (self._earlier + [record])[:MOST_EARLIER]
        return []

    def missing(self) -> 'Tuple[str, ...]':
        """Without its list nothing can be said of a loader."""
        listed = any(
            isinstance(copy, EraseFormMismatch) and copy.knows_list for copy in self.copies.values()
        )
        return () if listed else ('Get answer',)

    @property
    def knows_list(self) -> 'bool':
        """The loader told which commands it has."""
        return bool(self._listed)

    def _judge(self, command: 'BootCommand') -> 'List[Finding]':
        other = other_form(command.opcode, self._listed)
        if other is None or not command.steps:
            return []
        step = command.steps[0]
        sentence = "{} was sent to a loader that lists {}; the loader's answer: {}".format(
            command_text(command.opcode),
            command_text(other),
            answer_text(step.status, step.value),
        )
        first = self._first.setdefault(command.opcode, sentence)
        seen = self._seen.setdefault(command.opcode, Occurrences())
        seen.add(command.start, command.end, sentence + ' (AN3155, AN4221: Get command)')
        advice = ('Use {}, which this loader lists.'.format(command_text(other)),)
        return [
            self.counted(
                seen,
                first,
                advice,
                key=opcode_key(command.opcode),
                severity=Severity.NOTE if command.accepted else None,
            )
        ]


RULE = EraseFormMismatch
