"""BLS006 erase-slower-than-spec: an erase takes several times what the data sheet allows.

What
The loader acknowledged an erase (of pages, of a bank, of everything, or the one that Readout
Unprotect does) later than three times the longest time that the data sheet of the part has.

Why it matters
The supply may be too low for the flash, or the flash is worn; hosts with tight time-outs give up
(DIA010). Programming is slow or fails in the same way.

What to do
Measure the supply while it erases. Erase fewer pages with one command, and give the host more time.

False alarms and guards
Over I2C the host asks from time to time: the erase counts as over with the last BUSY, not with the
ACK that a slow host reads later; without BUSY the part holds SCL, and its end is seen. The limits
are those of the part that Get ID names, or the user; without either, or without a sample rate, the
rule is not evaluated. Limit: BLS006_FACTOR (3).

Example
  host    44 BB / 00 00 00 05 05     page 5 of an STM32G071, which erases it in 40 ms at most
  loader  79    / 79                 after 400 ms
Told as: "Extended Erase (0x44) of page 5 took 400 ms, 10 times the longest time: a page erase takes
at most 40 ms on STM32G07x/G08x (DS12232 ...)".

Source
Data sheets, flash memory characteristics; the table of each family names its own.
An F407 that erases longer than a tool waits [ZEP16041],
https://github.com/zephyrproject-rtos/zephyr/issues/16041
BUSY, then a time-out after a mass erase [F411MA],
https://community.st.com/t5/stm32-mcus-embedded-software/no-ack-after-mass-erase/td-p/221364
"""

from ...bootloader.records import OK, BootCommand, DeviceIdentified
from ..naming import command_text, opcode_key, target_text
from ..occurrences import Occurrences
from ..operation_time import deed, longest
from ..part import Part
from ..protection import ERASES, UNPROTECTS
from ..rule import SUPPLY, Confidence, RuleInfo, Severity
from ..targets import TargetRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

FACTOR = 3.0
ADVICE = (
    'Measure the supply of the part while it erases.',
    'Erase fewer pages with one command, and give the host more time.',
)


class EraseSlowerThanSpec(TargetRule):
    """Measures erases that ended well."""

    info = RuleInfo(
        'BLS006',
        'erase-slower-than-spec',
        Severity.WARNING,
        Confidence.MEDIUM,
        SUPPLY,
        ('bootloader', 'sample_rate'),
        True,
        'an erase takes several times what the data sheet allows',
        'data sheets, flash memory characteristics',
    )
    consumes = (BootCommand, DeviceIdentified)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(EraseSlowerThanSpec, self).__init__(context, bus)
        self._part = Part(context)
        self._seen = {}  # type: Dict[int, Occurrences]
        self._first = {}  # type: Dict[int, str]

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge an erase, or learn which part it is."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif record.opcode in ERASES + UNPROTECTS and record.outcome == OK and record.steps:
            return self._judge(record)
        return ()

    def missing(self) -> 'Tuple[str, ...]':
        """Without the part's table no time is too long."""
        known = any(
            isinstance(copy, EraseSlowerThanSpec) and copy.knows_part
            for copy in self.copies.values()
        )
        return () if known else ('Get ID answer',)

    @property
    def knows_part(self) -> 'bool':
        """The part, or the user, told of which family it is."""
        return self._part.family is not None

    def _judge(self, command: 'BootCommand') -> 'List[Finding]':
        pages = len(command.pages)
        known = longest(self._part, deed(command.opcode, command.special, pages), pages)
        step = command.steps[-1]
        end = command.busy_end if command.busy_count else step.end
        took = self.context.seconds(end - step.due)
        if known is None or took is None or step.due < 0:
            return []
        if took <= self.context.limit('BLS006_FACTOR', FACTOR) * known.seconds:
            return []
        sentence = '{}{} took {}, {:.3g} times the longest time: {}'.format(
            command_text(command.opcode),
            target_text(command),
            self.time(end - step.due),
            took / known.seconds,
            known.text,
        )
        first = self._first.setdefault(command.opcode, sentence)
        seen = self._seen.setdefault(command.opcode, Occurrences())
        seen.add(step.due, end, sentence)
        return [self.counted(seen, first, ADVICE, key=opcode_key(command.opcode))]


RULE = EraseSlowerThanSpec
