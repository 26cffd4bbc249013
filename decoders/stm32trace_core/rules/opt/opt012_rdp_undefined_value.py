"""OPT012 rdp-undefined-value: the RDP byte holds a value that nobody writes on purpose.

What
The option register is read, and its RDP byte is none of those with a meaning of their own: not
the value of level 0, not that of level 2, and not one that tools write for level 1. Typical:
0xFF, 0x00.

Why it matters
Every such value counts as read-out protection level 1: the flash can be neither read, erased nor
programmed by a debugger, and a mass erase is refused. 0xFF is legal, and it is what an erased
option byte holds. So it points to an option write that was interrupted, or to a supply that
dipped in one, rather than to somebody who locked the part.

What to do
The way back to level 0 ERASES THE WHOLE FLASH: save what can be saved first. Then, at a stable
supply: unlock the options, write the RDP value of level 0, start, wait for the full erase time,
load the options or power-cycle, and read them back. Look for what wrote options, and at the
supply then.

False alarms and guards
The values come from the table of the part (F1: 0xA5 is level 0 and there is no level 2). 0xBB and
0x55 are what ST's own libraries write for level 1: the first is silent, the second a note, since
it is level 0.5 on parts with TrustZone. A value that this very capture writes (tools use 0x00 for
level 1) is a warning. Reads while NRST is low, and a register that reads all zero, are no values.

Example
  read FLASH_OPTCR 0xC0FFFFFD
Told as: "The RDP byte of STM32F72x/F73x reads 0xFF, which is read-out protection level 1 (0xAA is
level 0, 0xCC level 2); 0xFF is also the value of an erased option byte, which points to an
interrupted option write or a supply dip".

Source
RM0431 3.5 (F7), RM0090 (F4), RM0444 (G0): read protection; any other value is level 1.
PM0059 2.6.3: level 1 is the default after an option erase.
STMicroelectronics/stm32g0xx-hal-driver and stm32f4xx-hal-driver: OB_RDP_LEVEL_1, 0xBB and 0x55.
[F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
[F407FF],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-26/stm32f4discovery-issue-rdp-stuck-at-0xff-164975
[F407FF2],
https://qa-community.st.com/stm32-mcus-products-44/stm32f407-option-byte-0xff-bricked-chip-156273
[F411FF] https://community.st.com/t5/stm32-mcus-products/rdp-protection/td-p/832180
[L4FF],
https://community.st.com/t5/stm32-mcus-embedded-software/rdp-level-is-0xff-after-power-down-by-from-programmer-pins/td-p/763330
"""

from ...bootloader.records import DeviceIdentified
from ...flash.records import OptionState
from ..flash_registers import register_text
from ..occurrences import Occurrences
from ..rule import HOST, SUPPLY, Confidence, Rule, RuleInfo, Severity
from .option_steps import STAGED, STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Set, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

# Values that libraries write for level 1. Source: ST's HAL, OB_RDP_LEVEL_1 of G0 and L4.
WRITTEN_FOR_LEVEL_1 = frozenset((0xBB,))
# OB_RDP_LEVEL_1 of F4 and F7 (stm32f4xx_hal_flash_ex.h); level 0.5 with TrustZone (RM0438).
LEVEL_1_OR_HALF = frozenset((0x55,))
ERASED = 0xFF
ERASED_TEXT = (
    '; 0xFF is also the value of an erased option byte, which points to an interrupted option write'
    ' or a supply dip'
)
WRITTEN_TEXT = '; this capture shows that value being written'
ALL_ZERO = 'the whole register reads 0: a refused read, or options erased to zero'
ADVICE = (
    'The way back to level 0 ERASES THE WHOLE FLASH: save what can be saved first.',
    'At a stable supply: unlock the options, write the RDP value of level 0, start, wait for the full'
    ' erase time, load the options or power-cycle, and read them back.',
    'Look for what writes options (application, tool), and at the supply while it does.',
)


class RdpUndefinedValue(Rule):
    """Judges every RDP byte that is read."""

    info = RuleInfo(
        'OPT012',
        'rdp-undefined-value',
        Severity.ERROR,
        Confidence.HIGH,
        SUPPLY,
        ('swd',),
        False,
        'the RDP byte holds a value that nobody writes on purpose',
        'RM0431 3.5, RM0444, PM0059 2.6.3; [F722], [F407FF], [F407FF2], [F411FF], [L4FF]',
    )
    consumes = OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RdpUndefinedValue, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._seen = {}  # type: Dict[int, Occurrences]
        self._written = set()  # type: Set[int]  # RDP bytes that this capture writes

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Judge what is read, and remember what is written."""
        made = []  # type: List[Made]
        steps = self._steps.feed(record)
        if isinstance(record, DeviceIdentified):  # now it has a name
            made += [self._tell(value, seen) for value, seen in sorted(self._seen.items())]
        for step in steps:
            rdp = self._steps.rdp(step.changes) if step.kind in (STAGED, STARTED) else None
            if rdp is not None and rdp.new not in self._written:
                self._written.add(rdp.new)
                if rdp.new in self._seen:
                    made.append(self._tell(rdp.new, self._seen[rdp.new]))
        if isinstance(record, OptionState) and self._is_odd(record):
            if not record.value:
                return [self.withdrawn(record.start, record.end, ALL_ZERO)]
            seen = self._seen.setdefault(record.rdp, Occurrences())
            text = '{} reads 0x{:08X}: RDP 0x{:02X}; {}'
            name = register_text(record.register)
            told = text.format(name, record.value, record.rdp, self._levels())
            seen.add(record.start, record.end, told)
            made.append(self._tell(record.rdp, seen))
        return made

    def _is_odd(self, state: 'OptionState') -> 'bool':
        return (
            state.rdp >= 0
            and state.level == 1
            and state.rdp not in WRITTEN_FOR_LEVEL_1
            and self._steps.is_readable
        )

    def _levels(self) -> 'str':
        """'0xAA is level 0, 0xCC level 2', as the table of the part has it."""
        family = self._steps.part.family
        if family is None:
            return 'neither level 0 nor level 2'
        options = family.options
        text = ' or '.join('0x{:02X}'.format(value) for value in options.rdp_level0) + ' is level 0'
        if options.rdp_level2:
            text += ', 0x{:02X} level 2'.format(options.rdp_level2[0])
        return text

    def _tell(self, value: 'int', seen: 'Occurrences') -> 'Finding':
        sentence = 'The RDP byte of {} reads 0x{:02X}, which is read-out protection level 1 ({})'
        sentence = sentence.format(self._steps.part.name, value, self._levels())
        severity, suspect = Severity.ERROR, SUPPLY
        if value in LEVEL_1_OR_HALF:
            severity, suspect = Severity.NOTE, HOST
        elif value == ERASED:
            sentence += ERASED_TEXT
        elif value in self._written:
            severity, suspect = Severity.WARNING, HOST
            sentence += WRITTEN_TEXT
        return self.finding(
            seen.start,
            seen.end,
            seen.told(sentence),
            seen.examples,
            ADVICE,
            key='0x{:02X}'.format(value),
            count=seen.count,
            severity=severity,
            suspect=suspect,
        )


RULE = RdpUndefinedValue
