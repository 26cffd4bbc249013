"""OPT008 rdp-raise: read-out protection is switched on.

What
Readout Protect (0x82, 0x83) is accepted by the loader, or Write Memory puts a value into the RDP
option byte that is neither that of level 0 nor that of level 2. Over SWD: the option programming
is started with such an RDP byte, on a part that was at level 0.

Why it matters
From the next loading of the option bytes on, the part is at protection level 1: the flash cannot
be read by a debugger or the bootloader, and the bootloader refuses every command that touches the
memory. Going back to level 0 erases the whole flash.

What to do
If this is wanted: power-cycle the part without a debugger attached and check that it starts. If
it is not wanted: take the command out of the flow before the next part is programmed; on this
part the way back is Readout Unprotect, which ERASES THE WHOLE FLASH.

False alarms and guards
Production flows protect on purpose: an expected-state profile (--profile) turns this into a note.
A refused Readout Protect changes nothing and is not told here. Which RDP values mean level 0 and
level 2 comes from the table of the part; a Write Memory to the option bytes of an unknown part is
not judged. Over SWD the level before must have been read: a part that is protected already is not
raised. Level 2 is OPT009.

Example
  host    82 7D       loader  79 79
Told as: "Readout Protect (0x82) was accepted: the part goes to read-out protection level 1".
  read  FLASH_OPTR 0xDFFFE1AA
  write FLASH_OPTR 0xDFFFE1BB, then FLASH_CR 0x00020000 (OPTSTRT)
Told as: "The RDP byte of STM32G07x/G08x was changed from 0xAA to 0xBB and started: the part goes
to read-out protection level 1".

Source
AN3155 and AN4221, Readout Protect command; RM0444, flash memory protection: read protection levels.
RDP that takes effect at power-on, STM32G0B0 [G0B0POR],
https://community.st.com/t5/stm32-mcus-security/enable-rdp-after-uart-dfu/td-p/870241
A part that stalls after an RDP change until power-cycled [H742],
https://qa-community.st.com/stm32-mcus-products-44/stm32h7-cpu-stall-after-rdp-level-change-127568
Core locked up after option programming [L412],
https://qa-community.st.com/stm32-mcus-products-44/core-is-locked-up-after-programming-option-bytes-with-cli-programmer-17251
"""

from ...bootloader.commands import (
    NS_READOUT_PROTECT,
    NS_WRITE_MEMORY,
    READOUT_PROTECT,
    WRITE_MEMORY,
)
from ...bootloader.records import ACK, COMMAND, BootCommand, BootStatus, DeviceIdentified
from ..naming import address_text, command_text, opcode_key
from ..occurrences import Occurrences
from ..part import Part
from ..rule import HOST, YES, Confidence, RuleInfo, Severity
from ..targets import TargetRule
from .option_steps import STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable  # novm

    from ...context import Context
    from ..rule import Finding
    from .option_steps import OptionStep

PROTECTS = (READOUT_PROTECT, NS_READOUT_PROTECT)
WRITES = (WRITE_MEMORY, NS_WRITE_MEMORY)
LOADER = (BootCommand, BootStatus, DeviceIdentified)
OVER_SWD = 'RDP'  # key of what is found there
ADVICE = (
    'Going back to level 0 ERASES THE WHOLE FLASH: be sure that level 1 is wanted here.',
    'If it is wanted: power-cycle the part without a debugger attached and check that it starts.',
    'If it is not wanted: take this command out of the flow before the next part is programmed.',
)


class RdpRaise(TargetRule):
    """Looks for accepted commands that raise the protection level."""

    info = RuleInfo(
        'OPT008',
        'rdp-raise',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('bootloader|swd',),
        False,
        'read-out protection is switched on',
        'AN3155, AN4221: Readout Protect; RM0444: read protection levels',
        YES,
    )
    consumes = (BootCommand, BootStatus) + OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RdpRaise, self).__init__(context, bus)
        self._part = Part(context)
        self._steps = OptionSteps(context)
        self._seen = {}  # type: Dict[str, Occurrences]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge what is started over SWD, and what the loaders of the bus are told."""
        for step in self._steps.feed(record):
            if self._raises_over_swd(step):
                yield self._tell_over_swd(step)
        if isinstance(record, LOADER):
            for found in super(RdpRaise, self).feed(record):
                yield found

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge accepted Readout Protect commands, and writes to the RDP byte."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif isinstance(record, BootStatus):
            if record.opcode in PROTECTS and record.step == COMMAND and record.status == ACK:
                sentence = '{} was accepted: the part goes to read-out protection level 1'
                sentence = sentence.format(command_text(record.opcode))
                key = opcode_key(record.opcode)
                return (self._tell(key, record.command_start, record.end, sentence),)
        elif self._raises(record):
            sentence = '{} put 0x{:02X} into the RDP byte at {}: read-out protection level 1'
            sentence = sentence.format(
                command_text(record.opcode), record.data[0], address_text(record.address)
            )
            key = opcode_key(record.opcode)
            return (self._tell(key, record.start, record.end, sentence),)
        return ()

    def _raises(self, command: 'BootCommand') -> 'bool':
        if command.opcode not in WRITES or command.status != ACK or not command.data:
            return False
        is_rdp = command.address is not None and command.address == self._part.rdp_address
        return is_rdp and self._part.is_level_1(command.data[0])

    def _raises_over_swd(self, step: 'OptionStep') -> 'bool':
        rdp = self._steps.rdp(step.changes) if step.kind == STARTED else None
        return rdp is not None and rdp.level_before == 0 and self._steps.part.is_level_1(rdp.new)

    def _tell_over_swd(self, step: 'OptionStep') -> 'Finding':
        rdp, name = self._steps.rdp(step.changes), self._steps.part.name
        assert rdp is not None
        before = '' if rdp.old is None else 'from 0x{:02X} '.format(rdp.old)
        sentence = (
            'the RDP byte of {} was changed {}to 0x{:02X} and started: the part goes to read-out'
            ' protection level 1'
        ).format(name, before, rdp.new)
        return self._tell(OVER_SWD, step.start, step.end, sentence)

    def _tell(self, key: 'str', start: 'int', end: 'int', sentence: 'str') -> 'Finding':
        seen = self._seen.setdefault(key, Occurrences())
        seen.add(start, end, sentence + ' (RM0444: read protection levels)')
        return self.counted(seen, sentence, ADVICE, key=key)


RULE = RdpRaise
