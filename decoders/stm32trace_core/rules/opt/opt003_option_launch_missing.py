"""OPT003 option-launch-missing: new options were programmed over SWD and never loaded.

What
OPTSTRT is set, the part ends the programming without an error, and nothing that loads options
follows: no OBL_LAUNCH, no captured power-on, nor what else the table of the part lists. The
session goes on nevertheless: the part is reset, which loads no options on this family, or the
option registers are read and still show the old values.

Why it matters
The new options are in the flash, the old ones in force. Protection, boot selection or reset pin
behave as before, until some later power-on changes the part out of the blue, far from the bench.

What to do
Set OBL_LAUNCH (it resets the part, which ends the connection for a moment) or power-cycle the
part, then read the options back. Where read-out protection was changed with a debugger attached,
only a power-on reset counts.

False alarms and guards
Whether options must be loaded by an order of their own comes from the table of the part
(obl_launch_exists, load_events): F2, F4 and F7 have no OBL_LAUNCH, F1 loads at every reset. The
old values right after the programming are what a healthy part shows, so reading them counts only
later than OPT003_LAUNCH_S (1) or after a reset. If the session simply ends there, somebody may
power-cycle the part after the capture: a warning, and none where the capture ends within that
second. A launch that comes late turns the finding into a note.

Example
  write FLASH_CR   0x00020000      OPTSTRT
  read  FLASH_SR   0x00000000      done, no error
  write AIRCR      0x05FA0004      a system reset: loads no options on a G0
  read  FLASH_OPTR 0xDFFFE1AA      the old value
Told as: "FLASH_OPTR from 0xDFFFE1AA to 0xDEFFE1AA was programmed and never loaded: a reset
followed, which loads no options on STM32G07x/G08x, but no OBL_LAUNCH or power_on_reset, and
FLASH_OPTR still reads the old value".

Source
RM0444 3.4.2: option bytes take effect on OBL_LAUNCH or power-on reset.
[G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
[G041],
https://community.st.com/t5/stm32-mcus-products/recover-bricked-stm32-mcu-stm32g041f6p6/m-p/642748
[G07OB],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g07-changing-options-bytes-by-program-fails-159197
[G0B0POR],
https://community.st.com/t5/stm32-mcus-security/enable-rdp-after-uart-dfu/td-p/870241
"""

from ..flash_registers import register_text
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .option_steps import ENDED, GAP, LOADED, READ, RESTARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .option_steps import Change, OptionStep

LAUNCH_S = 1.0  # a host that is going to launch has done so. Source: rules.md OPT002, the same wait
ADVICE = (
    'Set OBL_LAUNCH after the programming, or power-cycle the part: either resets it. Then read the'
    ' options back.',
    'Where read-out protection was changed with a debugger attached, only a power-on reset counts.',
    'Until then expect the new options to come into force at some later power-on.',
)


class _Programmed(object):
    """Options that were programmed and are not known to be loaded."""

    def __init__(self, step: 'OptionStep') -> 'None':
        self.step = step
        self.changes = {change.register: change for change in step.changes}  # type: Dict[str, Change]
        self.restart = None  # type: Optional[OptionStep]  # the first one that loads nothing
        self.old = None  # type: Optional[OptionStep]  # the last read that shows an old value


class OptionLaunchMissing(Rule):
    """Follows programmed options until something loads them."""

    info = RuleInfo(
        'OPT003',
        'option-launch-missing',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'new options were programmed over SWD and never loaded',
        'RM0444 3.4.2; [G071], [G041], [G07OB], [G0B0POR]',
        YES,
    )
    consumes = OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(OptionLaunchMissing, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._pending = None  # type: Optional[_Programmed]
        self._told = None  # type: Optional[Finding]
        self._count = 0

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Follow the option session."""
        return [found for step in self._steps.feed(record) for found in self._step(step)]

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """What was programmed and not loaded when the data ends."""
        pending = self._pending
        if pending is None or self._told is not None:
            return []
        limit = self.context.limit('OPT003_LAUNCH_S', LAUNCH_S)
        if not self._is_late(pending) and not self.context.longer(end - pending.step.end, limit):
            by = 'the capture ends before a launch can be missed'
            return [self.withdrawn(pending.step.start, pending.step.end, by)]
        return [self._tell(pending, self._is_late(pending))]

    def _step(self, step: 'OptionStep') -> 'List[Finding]':
        if step.kind == ENDED:
            self._ended(step)
        elif step.kind == LOADED:
            return self._loaded(step)
        elif step.kind == GAP:
            self._pending = self._told = None
        elif self._pending is not None:
            if step.kind == RESTARTED and self._pending.restart is None:
                self._pending.restart = step
            elif step.kind == READ:
                return self._read(self._pending, step)
        return []

    def _ended(self, step: 'OptionStep') -> 'None':
        if not step.changes or step.flags or not self._steps.needs_launch:
            return
        if self._pending is None:
            self._pending, self._told = _Programmed(step), None
            self._count += 1
        else:
            self._pending.changes.update({change.register: change for change in step.changes})

    def _loaded(self, step: 'OptionStep') -> 'List[Finding]':
        pending, self._pending = self._pending, None
        told, self._told = self._told, None
        if pending is None or told is None:
            return []
        text = 'Loaded only here ({})'.format(step.cause)
        late = Evidence(step.start, step.end, text)
        return [
            told._replace(severity=Severity.NOTE, end=step.end, evidence=told.evidence + (late,))
        ]

    def _read(self, pending: '_Programmed', step: 'OptionStep') -> 'List[Finding]':
        change = pending.changes.get(step.register)
        if change is None:
            return []
        if self._steps.is_same(step.register, step.value, change.new):
            self._pending = None  # loaded by what this capture does not show
        else:
            pending.old = step
            if self._told is None and self._is_late(pending):
                self._told = self._tell(pending, True)
                return [self._told]
        return []

    def _is_late(self, pending: '_Programmed') -> 'bool':
        """Tell whether the session went on as if the new options were in force."""
        if pending.restart is not None:
            return True
        limit = self.context.limit('OPT003_LAUNCH_S', LAUNCH_S)
        old = pending.old
        return old is not None and self.context.longer(old.start - pending.step.end, limit)

    def _tell(self, pending: '_Programmed', went_on: 'bool') -> 'Finding':
        change = pending.step.changes[0]
        evidence = self._evidence(pending)
        return self.finding(
            pending.step.start,
            max(one.end for one in evidence),
            '{} was programmed and never loaded: {}'.format(
                change.text, self._why(pending, went_on)
            ),
            evidence,
            ADVICE,
            key=str(self._count) if self._count > 1 else '',
            severity=Severity.ERROR if went_on else Severity.WARNING,
        )

    def _why(self, pending: '_Programmed', went_on: 'bool') -> 'str':
        events = self._events()
        if not went_on:
            text = 'the session ends with no {}; unless the part is power-cycled now, the old'
            return (text + ' options stay in force').format(events)
        if pending.restart is None:
            why = 'no {} followed'.format(events)
        else:
            why = 'a reset followed, which loads no options on {}, but no {}'.format(
                self._steps.part.name, events
            )
        if pending.old is None:
            return why
        return '{}, and {} still reads the old value'.format(
            why, register_text(pending.old.register)
        )

    def _events(self) -> 'str':
        family = self._steps.part.family
        assert family is not None, 'only a known family needs a launch'
        return ' or '.join(family.options.load_events)

    def _evidence(self, pending: '_Programmed') -> 'Tuple[Evidence, ...]':
        family = self._steps.part.family
        source = '' if family is None else ' ({})'.format(family.options.source)
        written = [
            Evidence(change.start, change.end, change.text)
            for _, change in sorted(pending.changes.items())
        ]
        text = 'Programmed: no longer busy, no error; options are loaded by {}{}'
        done = Evidence(pending.step.start, pending.step.end, text.format(self._events(), source))
        told = written[:2] + [done]
        if pending.restart is not None:
            step = pending.restart
            text = 'Reset ({}), which loads no options'.format(step.cause)
            told.append(Evidence(step.start, step.end, text))
        if pending.old is not None:
            step = pending.old
            text = '{} reads 0x{:08X}: the old value'.format(
                register_text(step.register), step.value
            )
            told.append(Evidence(step.start, step.end, text))
        return tuple(told)


RULE = OptionLaunchMissing
