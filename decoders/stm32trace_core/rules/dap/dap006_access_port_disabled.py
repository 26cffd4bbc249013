"""DAP006 access-port-disabled: the debug port answers, the access port behind it is closed.

What
The debug port answers, and access port 0 reads CSW with DeviceEn = 0, or IDR = 0. The same of
another access port counts once the host tries to reach memory through it. Or debug power is up, and
from the begin of the capture on every attempt to use the port, two at least, ends in FAULT (or in
WAIT without an end), though the host clears the error each time: also under reset, where it
connects so.

Why it matters
All access to memory, core and flash goes through this port. Closed, it means that the part refuses
debug access (read protection level 2, a boot lock together with level 1, debug not authenticated),
or that what is behind the port has no power or no clock at this moment.

What to do
Connect under reset first: that tells a sleeping part from a closed one, and changes nothing. Then
see whether the bootloader still runs (BOOT0 high at reset) and read the option bytes through it,
as far as it lets you. Level 2 cannot be undone by anybody. Do not let a tool "unlock" the part to
find out: that erases all of it.

False alarms and guards
Parts with two cores have access ports that stay closed until that core runs: hence port 0 only, or
the port that the host then uses. If an access to memory succeeds through the same port afterwards,
it was closed for a moment only, before debug power came up for instance: then it is a note. FAULTs
after one that the host did not clear are SWD006, and missing power is DAP002. On some parts reset
closes the port: where NRST was low at every attempt, the confidence is medium.

Example
A NUCLEO-C031C6 with protection level 1, BOOT_LOCK and DBG_SWEN cleared: DPIDR reads 0x0BC11477, IDR
of access port 0 reads 0x00000000.

Source
Arm IHI 0031 (ADIv5.2), C2.6 (CSW.DeviceEn), C1 (IDR reads zero where there is no access port);
RM0490 and RM0444, chapter on the embedded flash (BOOT_LOCK, level 2, DBG_SWEN).
[C031B] Protection level 1 with BOOT_LOCK and DBG_SWEN,
https://community.st.com/t5/stm32-mcus-security/after-change-the-rdp-of-flash-from-lv0-to-lv1-the-target-could/td-p/597600
[G051] Silent after an option change,
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
"""

from ...adi.records import AP, FAULT, NO_REPLY, OK, AckRun, MemoryAccess, RegisterAccess
from ...adi.registers import CSW, DPIDR, IDR
from ...interest import interest
from ...lines import CaptureGap, LevelChange
from ...record import CAPTURE
from ..rule import TARGET, Confidence, Evidence, Rule, RuleInfo, Severity
from ..swd.levels import Levels
from .refusals import Refusals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Set, Tuple  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding

MAIN_AP = 0
DEVICE_EN = CSW.field('DeviceEn')
REFUSED = (FAULT, NO_REPLY)

# One attempt may come at a bad moment; the next one, after the error was cleared, has no such excuse.
FEWEST = 2

CSW_TEXT = 'CSW of access port {} reads 0x{:08X}: DeviceEn = 0, expected 1 (IHI 0031 C2.6)'
IDR_TEXT = 'IDR of access port {} reads 0: no access port; expected its identity (IHI 0031 C1)'

ADVICE = (
    'Connect under reset and read CSW again: that tells a sleeping part from a closed one, and'
    ' changes nothing.',
    'See whether the bootloader still answers (BOOT0 high at reset), and read the option bytes'
    ' through it.',
    'Do not let a tool unlock the part to find out: that erases all of it, and level 2 cannot be'
    ' undone.',
)


ADVICE_RELEASED = (
    'Let go of NRST and try again: on some parts reset closes the access port; that changes nothing.',
) + ADVICE[1:]

TELLING = (interest(RegisterAccess, False, names=(CSW.name, IDR.name)),)


class AccessPortDisabled(Rule):
    """Looks at CSW and IDR, and at whether memory can be reached all the same."""

    info = RuleInfo(
        'DAP006',
        'access-port-disabled',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the debug port answers, the access port behind it is closed',
        'IHI 0031 C2.6, C1; [C031B], [G051]',
    )
    consumes = (RegisterAccess, MemoryAccess, AckRun, LevelChange, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(AccessPortDisabled, self).__init__(context, bus)
        self._closed = {}  # type: Dict[int, RegisterAccess]  # access port -> what shows it first
        self._counts = {}  # type: Dict[int, int]
        self._told = set()  # type: Set[int]
        self._levels = Levels(context)
        self._refusals = Refusals()
        self._answers = False  # a register of the debug port was read

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """What tells that a port is closed; all, while one is or may be."""
        return TELLING if self._refusals.is_over and not self._closed else None

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Take an access, a run of WAIT, or a level."""
        if self._refusals.is_over and isinstance(record, MemoryAccess):  # there are many
            return self._memory(record)
        if isinstance(record, LevelChange):
            self._levels.feed(record)
            return ()
        if isinstance(record, CaptureGap):
            if not self._refusals.is_over:
                self._refusals = Refusals()
            return ()
        made = [] if self._refusals.is_over else self._attempt(record)
        return made if isinstance(record, AckRun) else made + list(self._access(record))

    def _attempt(self, record: 'Any') -> 'List[Finding]':
        """Look whether the port has refused everything so far."""
        refusals = self._refusals
        self._answers |= getattr(record, 'name', '') == DPIDR.name and record.outcome == OK
        is_more = refusals.feed(record, self._levels.is_low('nrst', record.start))
        if refusals.is_over and self._is_refused:
            message = 'Access port {} refused {} attempts, and served later ones'
            found = self._refused()._replace(
                severity=Severity.NOTE,
                message=message.format(refusals.port, refusals.attempts),
                advice=(),
            )
            return [found]
        return [self._refused()] if is_more and self._is_refused else []

    @property
    def _is_refused(self) -> 'bool':
        refusals = self._refusals
        is_enough = refusals.attempts >= FEWEST or refusals.endless
        return is_enough and self._answers and not self._closed

    def _refused(self) -> 'Finding':
        refusals = self._refusals
        low = ''
        if refusals.under_reset:
            low = ', {} of them while NRST was low'.format(
                'all' if refusals.is_only_under_reset else refusals.under_reset
            )
        return self.finding(
            refusals.start,
            refusals.end,
            'The debug port answers, but access port {} refused all {} attempts over {}{}: no access to'
            ' memory, core or flash'.format(
                refusals.port, refusals.attempts, self.time(refusals.end - refusals.start), low
            ),
            refusals.evidence,
            ADVICE_RELEASED if refusals.is_only_under_reset else ADVICE,
            count=refusals.attempts,
            confidence=Confidence.MEDIUM if refusals.is_only_under_reset else None,
        )

    def _access(self, record: 'Any') -> 'Iterable[Finding]':
        if isinstance(record, MemoryAccess):
            return self._memory(record)
        if record.port == AP and not record.write and record.outcome == OK and _is_closed(record):
            self._closed.setdefault(record.ap, record)
            self._counts[record.ap] = self._counts.get(record.ap, 0) + 1
            if record.ap == MAIN_AP or record.ap in self._told:
                return self._tell(record.ap, record.end)
        return ()

    def _memory(self, access: 'MemoryAccess') -> 'Iterable[Finding]':
        if access.ap not in self._closed:
            return ()
        if access.outcome in REFUSED and access.ap not in self._told:
            return self._tell(access.ap, access.end)
        return self._opened(access.ap, access.end) if access.outcome == OK else ()

    def _tell(self, ap: 'int', end: 'int') -> 'Iterable[Finding]':
        self._told.add(ap)
        return [self._finding(ap, end)]

    def _opened(self, ap: 'int', end: 'int') -> 'Iterable[Finding]':
        """An access through the port succeeded."""
        made = []
        if ap in self._told:
            message = 'Access port {} was closed for a moment, and gave access to memory later'
            made.append(
                self._finding(ap, end)._replace(
                    severity=Severity.NOTE, message=message.format(ap), advice=()
                )
            )
        self._told.discard(ap)
        self._counts.pop(ap)
        del self._closed[ap]
        return made

    def _finding(self, ap: 'int', end: 'int') -> 'Finding':
        shown = self._closed[ap]
        is_csw = shown.name == CSW.name
        text = CSW_TEXT.format(ap, shown.value) if is_csw else IDR_TEXT.format(ap)
        return self.finding(
            shown.start,
            end,
            'The debug port answers, but access port {} is closed ({}): no access to memory, core or'
            ' flash'.format(ap, 'CSW.DeviceEn = 0' if is_csw else 'IDR reads 0'),
            [Evidence(shown.start, shown.end, text)],
            ADVICE,
            key='' if ap == MAIN_AP else 'AP {}'.format(ap),
            count=self._counts[ap],
        )


def _is_closed(access: 'RegisterAccess') -> 'bool':
    if access.name == CSW.name:
        return not DEVICE_EN.of(access.value)
    return access.name == IDR.name and not access.value


RULE = AccessPortDisabled
