"""OPT009 rdp-level-2: read-out protection is set to level 2, for ever.

What
The RDP byte is written with the value of level 2 of the part's family: in its option register
over SWD, or with Write Memory through the bootloader.

Why it matters
Level 2 cannot be undone by anything. Debug access and the bootloader are closed for good, the
option bytes can never be changed again, and a part with a faulty program is scrap.

What to do
This cannot be undone once the options are loaded. If it is not wanted: do not launch, reset or
power-cycle the part; over SWD, write the former options again, start them and only then go on. If
it is wanted: make sure that the program in the flash is the final one, and that it can update
itself.

False alarms and guards
None: even where it is wanted, it deserves a line. The value comes from the table of the part
(0xCC on most families; F1 has no level 2). What was written and not started (OPTSTRT) is told as
such.

Example
  write FLASH_OPTR 0xDFFFE1CC
Told as: "The RDP byte of STM32G07x/G08x is set to 0xCC, read-out protection level 2, which can
never be undone".

Source
RM0444 3.5.2 and RM0431 3.5: read protection level 2 is permanent.
"""

from ...bootloader.commands import NS_WRITE_MEMORY, WRITE_MEMORY
from ...bootloader.records import ACK, BootCommand, DeviceIdentified
from ..naming import address_text, command_text
from ..part import Part
from ..rule import HOST, NO, YES, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule
from .option_steps import STAGED, STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List  # novm

    from ...context import Context
    from ..rule import Finding
    from .option_steps import OptionStep

WRITES = (WRITE_MEMORY, NS_WRITE_MEMORY)
LOADER = (BootCommand, DeviceIdentified)
SENTENCE = (
    'The RDP byte of {} is set to 0x{:02X}, read-out protection level 2, which can never be undone'
)
NOT_STARTED = '; it was not started (OPTSTRT) yet'
ADVICE = (
    'This cannot be undone once the options are loaded: debug and bootloader stay closed for good.',
    'If it is not wanted: do not launch, reset or power-cycle the part; write the former option'
    ' values and start them first.',
    'If it is wanted: be sure that the program in the flash is the final one, or updates itself.',
)


class RdpLevel2(TargetRule):
    """Looks for the value of level 2."""

    info = RuleInfo(
        'OPT009',
        'rdp-level-2',
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        ('bootloader|swd',),
        False,
        'read-out protection is set to level 2, for ever',
        'RM0444 3.5.2, RM0431 3.5',
        NO,
    )
    consumes = OptionSteps.CONSUMES + (BootCommand,)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RdpLevel2, self).__init__(context, bus)
        self._part = Part(context)
        self._steps = OptionSteps(context)

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge what is written over SWD, and what the loaders of the bus are given."""
        for step in self._steps.feed(record):
            for found in self._step(step):
                yield found
        if isinstance(record, LOADER):
            for found in super(RdpLevel2, self).feed(record):
                yield found

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge a command to the loader."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif self._seals(record):
            text = '{} put 0x{:02X} at {}'.format(
                command_text(record.opcode), record.data[0], address_text(record.address)
            )
            return [self._tell(self._part, record.data[0], record, text, '')]
        return ()

    def _seals(self, command: 'BootCommand') -> 'bool':
        family = self._part.family
        if family is None or command.opcode not in WRITES or command.status != ACK:
            return False
        return (
            bool(command.data)
            and command.address is not None
            and command.address == self._part.rdp_address
            and command.data[0] in family.options.rdp_level2
        )

    def _step(self, step: 'OptionStep') -> 'List[Finding]':
        family = self._steps.part.family
        if step.kind not in (STAGED, STARTED) or family is None:
            return []
        rdp = self._steps.rdp(step.changes)
        if rdp is None or rdp.new not in family.options.rdp_level2:
            return []
        text = step.changes[0].text if step.kind == STAGED else 'Started: ' + step.changes[0].text
        more = NOT_STARTED if step.kind == STAGED else ''
        return [self._tell(self._steps.part, rdp.new, step, text, more)]

    def _tell(
        self, part: 'Part', value: 'int', record: 'Any', text: 'str', more: 'str'
    ) -> 'Finding':
        level = '; 0x{:02X} is level 2 (RM0444 3.5.2)'.format(value)
        return self.finding(
            record.start,
            record.end,
            SENTENCE.format(part.name, value) + more,
            (Evidence(record.start, record.end, text + level),),
            ADVICE,
            recoverable=YES if more else NO,
        )


RULE = RdpLevel2
