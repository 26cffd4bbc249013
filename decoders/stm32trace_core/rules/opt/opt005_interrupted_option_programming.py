"""OPT005 interrupted-option-programming: something cut in while option bytes were being programmed.

What
Between the start of option programming (OPTSTRT) and the first read of the flash status that
shows the part no longer busy, NRST or the supply falls, the host asks for a system reset (AIRCR),
the options are loaded (OBL_LAUNCH), or the part stops answering.

Why it matters
The option bytes are erased before they are written. What is cut off leaves them half written, and
the next loading finds a mismatch: a G0 then takes the most secure values, which can lock it for
good; an F4 or F7 reads RDP 0xFF, which is protection level 1.

What to do
Do not reset the part again. If it still answers, read the option registers and the status before
anything is written, at a stable supply. Then let the flow wait: poll BSY until it is clear, and
only then launch, reset or switch off.

False alarms and guards
A part that stops answering may have shut the debugger out because protection was changed: where
the RDP byte is among the changes, the silence alone is suppressed in favour of OPT008 and OPT010.
A host that does not read the status any more but waits longer than the longest time in the part's
table, and at least OPT005_SURE_S (0.1), before it cuts in does no harm: suppressed as well.

Example
  write FLASH_CR 0x00020000        OPTSTRT
  read  FLASH_SR 0x00010000        busy
  NRST low                         3.2 ms after the start
Told as: "NRST fell 3.2 ms after the programming of the option bytes of STM32G07x/G08x was
started, while it was still busy: they may be half written".

Source
RM0444 3.4.2: a reset or loss of power while options are programmed, and what a mismatch selects.
[G0B1OB],
https://community.st.com/t5/stm32-mcus-products/reset-or-glitch-during-option-byte-programming/m-p/661167/highlight/true
[F429OB],
https://community.st.com/t5/stm32-mcus-products/stm32f429zit6-reset-values-for-flash-option-bytes-when-power/td-p/394565
[RUSEFI] https://github.com/rusefi/rusefi/issues/8926
[L4FF],
https://community.st.com/t5/stm32-mcus-embedded-software/rdp-level-is-0xff-after-power-down-by-from-programmer-pins/td-p/763330
"""

from ...adi.records import FAULT, AckRun
from ...flash.records import CLOSED, CUT, OPTION_PROGRAMMING, PeripheralAccess, Window
from ...lines import NRST, SYSRESETREQ, LevelChange, Reset
from ...wire.swd import NO_REPLY
from ..rule import (
    HOST,
    LIKELY,
    SUPPLY,
    TARGET,
    UNKNOWN,
    Confidence,
    Evidence,
    Rule,
    RuleInfo,
    Severity,
)
from .flash_roles import BUSY, OPTION_LOAD, OPTION_START
from .option_steps import STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

    Made = Union[Finding, Withdrawn]

SURE_S = 0.1  # Source: rules.md OPT004: a launch later than 100 ms after the start is harmless
LOST_REPLIES = 3  # in a row. Source: rules.md SWD001
VDD = 'vdd'

ADVICE = (
    'Do not reset the part again and do not switch it off: its option bytes may be half written.',
    'If it still answers, read the option registers and the flash status before anything is written.',
    'Rewriting the options changes them, and a way back from protection ERASES THE WHOLE FLASH: do'
    ' it only at a stable supply, and only after the options were read.',
    'Let the flow poll BSY until it is clear, and only then launch, reset or switch off.',
)


class _Cut(object):
    """What cut in: where, in words, and who is to blame."""

    def __init__(self, start: 'int', end: 'int', text: 'str', suspect: 'str') -> 'None':
        self.start = start
        self.end = end
        self.text = text
        self.suspect = suspect


class InterruptedOptionProgramming(Rule):
    """Watches the window in which options are programmed."""

    info = RuleInfo(
        'OPT005',
        'interrupted-option-programming',
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        ('swd', 'nrst|vdd'),
        True,
        'something cut in while option bytes were being programmed',
        'RM0444 3.4.2; [G0B1OB], [F429OB], [RUSEFI], [L4FF]',
    )
    consumes = OptionSteps.CONSUMES + (AckRun, Window)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(InterruptedOptionProgramming, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._window = None  # type: Optional[Window]  # the one that is pending, or was just cut
        self._busy = None  # type: Optional[int]  # where it was last read as busy; None: never
        self._changes_rdp = self._may_change_rdp = False
        self._count = 0

    def feed(self, record: 'Any') -> 'Iterable[Made]':
        """Follow the window and look at what may cut it."""
        made = []  # type: List[Made]
        if isinstance(record, Window):
            made += self._follow(record)
        elif self._window is not None:
            cut = self._cut(record)
            if cut is not None:
                made.append(self._judge(self._window, cut))
                self._window = None
        for step in self._steps.feed(record):
            if step.kind == STARTED:
                rdp = self._steps.rdp(step.changes)
                self._may_change_rdp = rdp is not None
                self._changes_rdp = rdp is not None and (
                    rdp.old is not None or rdp.level_before > 0
                )
        return made

    def finish(self, end: 'int') -> 'Iterable[Made]':
        """A window that was cut by something that this rule does not see itself."""
        return self._unexplained()

    def _follow(self, window: 'Window') -> 'List[Made]':
        if window.kind != OPTION_PROGRAMMING or window.opcode >= 0:
            return []
        if self._window is not None and window.key == self._window.key:
            self._window = window if window.state == CUT else None
            return []
        if window.state == CLOSED or window.end > window.start:
            return []
        made = self._unexplained()
        self._window, self._busy = window, None
        return made

    def _unexplained(self) -> 'List[Made]':
        window, self._window = self._window, None
        if window is None or window.state != CUT:
            return []
        return [self._judge(window, _Cut(window.end, window.end + 1, window.text, HOST))]

    def _cut(self, record: 'Any') -> 'Optional[_Cut]':
        """Return what cuts the window in this record, if anything does."""
        if isinstance(record, LevelChange):
            if record.value or record.role not in (NRST, VDD):
                return None
            text, suspect = (
                ('NRST fell', HOST) if record.role == NRST else ('the supply fell', SUPPLY)
            )
            return _Cut(record.start, record.end, text, suspect)
        if isinstance(record, Reset):
            text = 'the host asked for a system reset (AIRCR)'
            own = record.cause == SYSRESETREQ
            return _Cut(record.start, record.end, text, HOST) if own else None
        if isinstance(record, AckRun):
            if record.ack != NO_REPLY or record.count < LOST_REPLIES:
                return None
            return _Cut(record.start, record.end, 'the part stopped answering', TARGET)
        return self._access(record) if isinstance(record, PeripheralAccess) else None

    def _access(self, access: 'PeripheralAccess') -> 'Optional[_Cut]':
        roles = self._steps.roles
        if not roles.see(access):
            return None
        if access.write and access.outcome != FAULT and roles.is_set(access, OPTION_LOAD):
            return _Cut(access.start, access.end, 'the options were loaded (OBL_LAUNCH)', HOST)
        role = BUSY if roles.concerns(access, BUSY) else OPTION_START
        if not access.write and roles.concerns(access, role):
            if roles.is_set(access, role):
                self._busy = access.end
            else:
                self._window = None  # its end was verified
        return None

    def _judge(self, window: 'Window', cut: '_Cut') -> 'Made':
        """Return the finding, or why there is none."""
        if cut.suspect == TARGET and self._may_change_rdp:
            by = 'protection is being changed, which can shut the debugger out (OPT008, OPT010)'
            return self.withdrawn(window.start, cut.end, by)
        known = window.start if self._busy is None else self._busy
        if self._is_surely_over(cut.start - known):
            by = 'the status was not read any more, but the longest time of the part had passed'
            return self.withdrawn(window.start, cut.end, by)
        return self._tell(window, cut)

    def _is_surely_over(self, samples: 'int') -> 'bool':
        family = self._steps.part.family
        sure = self.context.limit('OPT005_SURE_S', SURE_S)
        if family is not None:
            timing = family.timing
            longest = timing.mass_erase_s if self._changes_rdp else timing.page_erase_s
            sure = max(sure, longest)
        return self.context.longer(samples, sure)

    def _tell(self, window: 'Window', cut: '_Cut') -> 'Finding':
        self._count += 1
        name = self._steps.part.name
        busy = 'before its status was read' if self._busy is None else 'while it was still busy'
        sentence = (
            '{} {} after the programming of the option bytes of {} was started, {}: they may be half'
            ' written'
        ).format(cut.text, self.time(cut.start - window.start), name, busy)
        family = self._steps.part.family
        locks = family is not None and family.options.mismatch_locks
        text = 'Option programming started; nothing may cut in before it ends (RM0444 3.4.2){}'
        opened = text.format('; a mismatch can lock this part for good' if locks else '')
        evidence = (
            Evidence(window.start, cut.start, opened),
            Evidence(cut.start, cut.end, cut.text[0].upper() + cut.text[1:]),
        )
        return self.finding(
            window.start,
            max(cut.end, window.start),
            sentence[0].upper() + sentence[1:],
            evidence,
            ADVICE,
            key=str(self._count) if self._count > 1 else '',
            confidence=Confidence.MEDIUM if cut.suspect == TARGET else Confidence.HIGH,
            suspect=cut.suspect,
            recoverable=LIKELY if family is not None and not locks else UNKNOWN,
        )


RULE = InterruptedOptionProgramming
