"""OPT012 rdp-undefined-value: the RDP byte holds a value that nobody writes on purpose.

What
The option register is read, and its RDP byte is none of those with a meaning of their own: not the
value of level 0, not that of level 2, and not one that tools write for level 1. Typical: 0xFF,
0x00. Or, on F1, the option bytes are erased (OPTER), which makes the RDP byte 0xFF, and it is not
written again before the part is reset, or before the flash is locked (a warning).

Why it matters
Every such value counts as read-out protection level 1: the flash can be neither read, erased nor
programmed by a debugger, and a mass erase is refused. 0xFF is legal, and it is what an erased
option byte holds. So it points to an option write that was interrupted, or to a supply that
dipped in one, rather than to somebody who locked the part.

What to do
The way back to level 0 ERASES THE WHOLE FLASH: save what can be saved first. Then, at a stable
supply: unlock the options, write the RDP value of level 0, start, wait for the full erase time,
load the options or power-cycle, and read them back. Look for what wrote options, and at the supply
then. Where the bytes were only erased so far, write them before anything resets the part: that
costs nothing.

False alarms and guards
The values come from the table of the part (F1: 0xA5 is level 0 and there is no level 2). 0xBB and
0x55 are what ST's own libraries write for level 1: the first is silent, the second a note, since it
is level 0.5 on parts with TrustZone. A value that this very capture writes (tools use 0x00 for
level 1) is a warning. Once the register is read at level 0 again, what was told becomes a note, and
so does an erase after which the byte is written at last. Where a way back to level 0 was taken and
did not arrive, OPT011 tells that and this is a warning. Where a program ran on the part after the
erase, it may have written the bytes: nothing is told then. Reads while NRST is low, and a register
that reads all zero, are no values. Limit: OPT012_WRITE_S (1), how long a host may take to write
what it erased.

Example
  read FLASH_OPTCR 0xC0FFFFFD
Told as: "The RDP byte of STM32F72x/F73x reads 0xFF, which is read-out protection level 1 (0xAA is
level 0, 0xCC level 2); 0xFF is also the value of an erased option byte, which points to an
interrupted option write or a supply dip".
  write FLASH_CR 0x00000260        OPTER, STRT on an STM32F103; then a reset
Told as: "The option bytes of STM32F10x medium-density were erased, and the RDP byte at 0x1FFFF800
was not written again before the part was reset: read-out protection level 1 (0xA5 is level 0)".

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
from ..naming import address_text
from ..occurrences import Occurrences
from ..rule import HOST, LIKELY, SUPPLY, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .erased_options import LOADED_AS_SUCH, WRITTEN_AT_LAST, ErasedAs, ErasedOptions
from .option_steps import LOADED, STAGED, STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Set, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .option_steps import RdpChange

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
MENDED = 'the part was read at level 0'
ERASED_KEY = 'erased'  # key of what is told of an erase
WRITE_S = 1.0  # a host that is going to write has done so. Source: rules.md OPT002, the same wait
TOO_SOON = 'the data end before a write can be missed'
ADVICE_ERASED = (
    'Do not reset the part and do not switch it off yet: write the RDP byte of level 0 first (0x{:02X} and'
    ' its complement, at {}), then the other option bytes; nothing is lost then.',
    'Once the erased bytes are loaded, the way back to level 0 ERASES THE WHOLE FLASH.',
)
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
        LIKELY,
    )
    consumes = OptionSteps.CONSUMES + ErasedOptions.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RdpUndefinedValue, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._seen = {}  # type: Dict[int, Occurrences]
        self._mended = None  # type: Optional[OptionState]  # read at level 0 since
        self._written = set()  # type: Set[int]  # RDP bytes that this capture writes
        self._way_back = ''  # how far a regression to level 0 has come: the last OptionStep of it
        self._erased = ErasedOptions(self._steps)
        self._told_erased = None  # type: Optional[Finding]  # of the last erase, not taken back

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Judge what is read, and remember what is written."""
        made = []  # type: List[Made]
        steps = self._steps.feed(record)
        became = self._erased.feed(record, steps)
        if became is not None:
            made += self._tell_erased(became)
        if isinstance(record, DeviceIdentified):  # now it has a name
            made += self._tell_all()
        for step in steps:
            rdp = self._steps.rdp(step.changes) if step.kind in (STAGED, STARTED) else None
            self._follow(step.kind, rdp)
            if rdp is not None and rdp.new not in self._written:
                self._written.add(rdp.new)
                if rdp.new in self._seen:
                    made.append(self._tell(rdp.new, self._seen[rdp.new]))
        if isinstance(record, OptionState) and self._steps.is_readable:
            made += self._read(record)
        return made

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """Options that were erased, and not written when the data end."""
        erase = self._erased.pending
        if erase is None or self._told_erased is not None:
            return ()
        if not self.context.longer(end - erase.end, self.context.limit('OPT012_WRITE_S', WRITE_S)):
            return (self.withdrawn(erase.start, erase.end, TOO_SOON),)
        return self._tell_erased(ErasedAs(erase, self._steps.level, end, end, 'the data end'))

    def _read(self, state: 'OptionState') -> 'List[Made]':
        if not state.value and state.rdp >= 0:
            return [self.withdrawn(state.start, state.end, ALL_ZERO)]
        if state.level == 0:
            return self._mend(state)
        if not self._is_odd(state):
            return []
        self._mended = None
        seen = self._seen.setdefault(state.rdp, Occurrences())
        text = '{} reads 0x{:08X}: RDP 0x{:02X}; {}'
        name = register_text(state.register)
        told = text.format(name, state.value, state.rdp, self._levels())
        seen.add(state.start, state.end, told)
        return [self._tell(state.rdp, seen)]

    def _follow(self, kind: 'str', rdp: 'Optional[RdpChange]') -> 'None':
        """Follow a way back to level 0 until it is loaded: what is read then is its result (OPT011)."""
        if kind == STARTED and rdp is not None:
            back = rdp.level_before == 1 and self._steps.part.is_level_0(rdp.new)
            self._way_back = STARTED if back else ''
        elif kind == LOADED and self._way_back:
            self._way_back = LOADED

    def _mend(self, state: 'OptionState') -> 'List[Made]':
        """The part is at level 0 (again): what was told is history."""
        if self._mended is not None or not (self._seen or self._told_erased):
            return []
        self._mended = state
        told, self._told_erased = self._told_erased, None
        return self._tell_all() + ([] if told is None else [_as_note(told, state, MENDED)])

    def _tell_all(self) -> 'List[Made]':
        return [self._tell(value, seen) for value, seen in sorted(self._seen.items())]

    def _tell_erased(self, became: 'ErasedAs') -> 'List[Made]':
        if became.how == WRITTEN_AT_LAST:
            told, self._told_erased = self._told_erased, None
            return [] if told is None else [_as_note(told, became, became.how)]
        part, family = self._steps.part, self._steps.part.family
        address = '' if part.rdp_address is None else address_text(part.rdp_address)
        is_loaded = became.how == LOADED_AS_SUCH
        sentence = (
            'The option bytes of {} were erased, and the RDP byte at {} was not written again before'
            ' {}: read-out protection level 1 ({}){}'
        ).format(
            part.name,
            address,
            became.how,
            self._levels(),
            '' if is_loaded else ' from the next reset on',
        )
        erase = became.erase
        evidence = [
            Evidence(
                erase.start, erase.end, 'The option bytes are erased: RDP is 0xFF (PM0075 2.4.1)'
            ),
            Evidence(became.start, became.end, became.how[0].upper() + became.how[1:]),
        ]
        level_0 = 0 if family is None else family.options.rdp_level0[0]
        first = ADVICE_ERASED[0].format(level_0, address)
        self._told_erased = self.finding(
            erase.start,
            became.end,
            sentence,
            evidence,
            ADVICE if is_loaded else (first,) + ADVICE_ERASED[1:],
            key=ERASED_KEY,
            severity=Severity.ERROR if is_loaded and became.level != 1 else Severity.WARNING,
            suspect=HOST,
            recoverable=LIKELY if is_loaded else YES,
        )
        return [self._told_erased]

    def _is_odd(self, state: 'OptionState') -> 'bool':
        return state.rdp >= 0 and state.level == 1 and state.rdp not in WRITTEN_FOR_LEVEL_1

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
        elif value in self._written:
            severity, suspect = Severity.WARNING, HOST
            sentence += WRITTEN_TEXT
        elif value == ERASED:
            sentence += ERASED_TEXT
        if self._way_back == LOADED:
            severity = min(severity, Severity.WARNING)
        found = self.counted(
            seen, sentence, ADVICE, key='0x{:02X}'.format(value), severity=severity, suspect=suspect
        )
        return found if self._mended is None else _as_note(found, self._mended, MENDED)


def _as_note(found: 'Finding', record: 'Any', why: 'str') -> 'Finding':
    """Return the finding as one of the past, with the record that shows it."""
    evidence = Evidence(record.start, record.end, why[0].upper() + why[1:])
    return found._replace(
        severity=Severity.NOTE,
        end=max(found.end, record.end),
        message='{}; later {}'.format(found.message, why),
        evidence=found.evidence + (evidence,),
        advice=(),
    )


RULE = RdpUndefinedValue
