"""DAP007 flash-read-refused: reads of flash fail while other reads work: read-out protection.

What
Reads of main flash are answered FAULT, while a read of a system register (option register, core or
DBGMCU) within 10 ms succeeds and NRST is high.

Why it matters
That is what read-out protection level 1 looks like over SWD: registers and RAM can be reached,
flash gives a bus error as long as a debugger is connected. Every tool that reads, verifies or
erases pages fails on such a part, and few say why. Level 1 is every value of the RDP byte but those
of level 0 and 2, so 0xFF, the value of an erased option byte, too.

What to do
Going back to level 0 erases all of the flash, and backup registers and parts of the RAM as well: do
it only if nothing in it is needed. Read the option register and note the RDP byte first. An RDP
of 0xFF or another value that nobody wrote points to an interrupted option write or a supply dip, so
mend the supply before options are written again. If the protection is wanted, nothing is wrong.

False alarms and guards
Accesses fail under reset as well: NRST must be high, where it is captured, and another read must
work. If the option register says level 0, the reason is another one (PCROP, a secure area, memory
that this part does not have): then it is a note. So it is once the part is read at level 0 later,
and where this very capture switched the protection on (OPT008). If it was not read, confidence is
medium. Limit: DAP007_NEAR_S (0.01).

Example
FLASH_OPTCR of an STM32F722 reads 0xC0FFFFFD: RDP = 0xFF, level 1. Half a millisecond later the read
of 0x08000000 is answered FAULT.

Source
PM0059 2.6.3 (level 1: a read of flash by a debugger gives a bus error); RM0402 table 11; RM0432
table 16 (levels and what they allow).
[STL649] Protection not recognised, https://github.com/stlink-org/stlink/issues/649
[PRS634] A part at level 1, https://github.com/probe-rs/probe-rs/issues/634
[F411FF] RDP reads 0xFF,
https://community.st.com/t5/stm32-mcus-products/rdp-protection/td-p/832180
"""

from ...adi.records import OK
from ...bootloader.records import DeviceIdentified
from ...flash.records import AreaRefused, OptionChange, OptionState, PeripheralAccess
from ...lines import LevelChange
from ...record import CAPTURE
from ..naming import address_text
from ..occurrences import Occurrences
from ..part import Part
from ..rule import LIKELY, TARGET, Confidence, Evidence, Rule, RuleInfo, Severity
from ..swd.levels import Levels
from ..swd.naming import access_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

# How near a read that works must be. Source: the catalogue; hosts read both within a millisecond.
NEAR_S = 0.010

ADVICE = (
    'Going back to level 0 erases the whole flash: do so only if nothing in it is needed, with a'
    ' supply that is known to be stable.',
    'Read the option register first and keep its value: an RDP byte that nobody wrote (0xFF) points'
    ' to an interrupted option write.',
    'If the protection is wanted, nothing is wrong: use a tool that does not read the flash back.',
)
RDP = 'RDP'  # OptionChange.name
ASKED_FOR = ', which this capture switches on (OPT008)'
OTHER_ADVICE = (
    'Look for an area under PCROP or a secure area, and for the size of flash that this part'
    ' really has.',
)


class FlashReadRefused(Rule):
    """Looks, for reads of flash that fail, for reads of registers that work."""

    info = RuleInfo(
        'DAP007',
        'flash-read-refused',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'reads of flash are answered FAULT while registers can be read: read-out protection',
        'PM0059 2.6.3; RM0402; RM0432; [STL649], [PRS634], [F411FF]',
        LIKELY,
    )
    consumes = (
        AreaRefused, PeripheralAccess, OptionChange, OptionState, DeviceIdentified, LevelChange,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(FlashReadRefused, self).__init__(context, bus)
        self._part = Part(context)
        self._levels = Levels(context)
        self._works = None  # type: Optional[PeripheralAccess]  # the last read that worked
        self._pending = []  # type: List[AreaRefused]  # no read that works is near, so far
        self._told_of = {}  # type: Dict[int, int]  # start of a run -> its count
        self._options = None  # type: Optional[OptionState]
        self._seen = Occurrences()
        self._count = 0
        self._is_asked_for = False  # this capture switches the protection on

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Take a record."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """Runs of which nothing tells that the rest of the part can be reached."""
        for refused in self._pending:
            yield self.withdrawn(refused.start, refused.end, 'no other read succeeded near it')

    def _refused(self, refused: 'AreaRefused') -> 'Iterable[Made]':
        if not self._part.has_in_flash(refused.address):
            return ()
        if self._levels.is_low('nrst', refused.start):
            return [self.withdrawn(refused.start, refused.end, 'NRST is low')]
        if self._works is not None and self._is_near(self._works, refused):
            return self._tell(refused, self._works)
        self._pending = [one for one in self._pending if one.start != refused.start] + [refused]
        return ()

    def _access(self, access: 'PeripheralAccess') -> 'Iterable[Made]':
        if access.write or access.outcome != OK:
            return
        self._works = access
        pending, self._pending = self._pending, []
        for refused in pending:
            if self._is_near(access, refused):
                for made in self._tell(refused, access):
                    yield made
            else:
                self._pending.append(refused)

    def _is_near(self, access: 'PeripheralAccess', refused: 'AreaRefused') -> 'bool':
        apart = max(refused.start - access.end, access.start - refused.end, 0)
        return not self.context.longer(apart, self.context.limit('DAP007_NEAR_S', NEAR_S))

    def _tell(self, refused: 'AreaRefused', works: 'PeripheralAccess') -> 'Iterable[Made]':
        known = self._told_of.get(refused.start)
        self._count += refused.count - (known or 0)
        self._told_of[refused.start] = refused.count
        if known is None:
            text = 'read of {}: FAULT; expected its value, as with the {} beside it'.format(
                address_text(refused.address), access_text(works)
            )
            self._seen.add(refused.start, refused.end, text)
        return [self._finding()]

    def _option(self, state: 'OptionState') -> 'Iterable[Made]':
        known = self._options
        if known is not None and state.level in (-1, known.level):
            return ()
        if known is not None and known.level > 0 and state.level == 0 and self._seen.count:
            return [self._taken_off(state)]
        self._options = state
        return [self._finding()] if self._seen.count else ()

    def _taken_off(self, state: 'OptionState') -> 'Finding':
        """The protection that refused the reads is no more: what was told is history."""
        found = self._finding()
        text = '{} reads 0x{:08X}: {}'.format(state.register, state.value, _rdp(state))
        return found._replace(
            severity=Severity.NOTE,
            end=max(found.end, state.end),
            message=found.message + '; later the part was read at level 0',
            evidence=found.evidence + (Evidence(state.start, state.end, text),),
            advice=(),
        )

    def _changed(self, change: 'OptionChange') -> 'Iterable[Made]':
        """The capture itself takes the part from level 0 to 1: then refusals are what it asked for."""
        if change.name == RDP and not self._seen.count:
            known = self._options
            self._is_asked_for = known is not None and known.level == 0
        return ()

    def _identified(self, record: 'DeviceIdentified') -> 'Iterable[Made]':
        self._part.identify(record)
        return ()

    def _level(self, change: 'LevelChange') -> 'Iterable[Made]':
        self._levels.feed(change)
        return ()

    def _finding(self) -> 'Finding':
        seen, options = self._seen, self._options
        level = -1 if options is None else options.level
        evidence = list(seen.examples)
        if options is not None and level >= 0:
            text = '{} reads 0x{:08X}: {}'.format(options.register, options.value, _rdp(options))
            evidence = sorted([Evidence(options.start, options.end, text)] + evidence)
        return self.finding(
            seen.start,
            seen.end,
            'Flash of {} cannot be read while its registers can: {}'.format(
                self._part.name, _reason(options) + (ASKED_FOR if self._is_asked_for else '')
            ),
            evidence,
            OTHER_ADVICE if level == 0 else ADVICE,
            count=self._count,
            severity=Severity.NOTE if level == 0 or self._is_asked_for else Severity.ERROR,
            confidence=Confidence.MEDIUM if level < 1 else Confidence.HIGH,
        )


def _rdp(options: 'OptionState') -> 'str':
    """'RDP = 0xFF, level 1'; an F1 tells the level only."""
    byte = 'RDP = 0x{:02X}, '.format(options.rdp) if options.rdp >= 0 else ''
    return '{}level {}'.format(byte, options.level)


def _reason(options: 'Optional[OptionState]') -> 'str':
    if options is None or options.level < 0:
        return 'read-out protection is likely, though the option register was not read'
    if options.level == 0:
        return 'not read-out protection, since the option register says ' + _rdp(options)
    return 'read-out protection ({})'.format(_rdp(options))


_HANDLERS = {
    AreaRefused: FlashReadRefused._refused,
    PeripheralAccess: FlashReadRefused._access,
    OptionChange: FlashReadRefused._changed,
    OptionState: FlashReadRefused._option,
    DeviceIdentified: FlashReadRefused._identified,
    LevelChange: FlashReadRefused._level,
}  # type: Dict[type, Callable[[FlashReadRefused, Any], Iterable[Made]]]

RULE = FlashReadRefused
