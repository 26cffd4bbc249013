"""OPT002 option-start-missing: new option values were written and never programmed.

What
An option register takes a value that differs from the options in force, and the bit that starts
the programming (OPTSTRT) is not set before the options are locked again, before the part is
reset, or within one second.

Why it matters
The option registers are only a draft. Without the start bit nothing reaches the option bytes, and
the change is gone at the next reset: no error is reported, and protection or boot selection are
not what the flow believes them to be.

What to do
Set OPTSTRT after the last value, poll BSY until it is clear, and read the error flags. Then load
the options as the family wants it, and read them back.

False alarms and guards
Tools write several option words before one start, so the end of the option session is waited for:
lock, reset, or the time-out. A value equal to the options in force changes nothing and needs no
start. Where the options in force were never read, the confidence is medium. A start that comes
later turns the time-out into a note. A capture that ends first, or lacks samples, proves nothing.
Families without a start bit (F1) are not judged. Limit: OPT002_START_S (1).

Example
  write FLASH_OPTCR 0x0FFFBBED      bit 1, OPTSTRT, is clear; bit 0 locks at once
Told as: "FLASH_OPTCR from 0x0FFFAAED to 0x0FFFBBED was written and the options were locked again
without OPTSTRT: nothing was programmed, the change is lost at the next reset".

Source
RM0090 (F4) and RM0444 3.4.2 (G0): programming user option bytes, OPTSTRT.
An F412 whose OPTCR was written without the start bit [F412OPT],
https://qa-community.st.com/stm32-mcus-security-36/read-protection-self-reset-56044
[G07OB],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g07-changing-options-bytes-by-program-fails-159197
"""

from ..flash_registers import register_text
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Evidence, Rule, RuleInfo, Severity
from .option_steps import GAP, LOCKED, RESTARTED, STAGED, STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Tuple  # novm

    from ...context import Context
    from ..rule import Finding
    from .option_steps import Change, OptionStep

START_S = 1.0  # Source: rules.md OPT002
LOCKED_AGAIN = 'the options were locked again'
RESET = 'the part was reset'
WAITED = 'nothing followed for {}'
ADVICE = (
    'Set OPTSTRT after the last option value, poll BSY until it is clear, and read the error flags.',
    'Load the options as the family wants it, and read them back.',
)


class OptionStartMissing(Rule):
    """Waits for the start of what was written."""

    info = RuleInfo(
        'OPT002',
        'option-start-missing',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'new option values were written and never programmed',
        'RM0090, RM0444 3.4.2: OPTSTRT; [F412OPT], [G07OB]',
        YES,
    )
    consumes = OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(OptionStartMissing, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._waiting = {}  # type: Dict[str, Change]  # register -> what it was asked to take
        self._overdue = {}  # type: Dict[str, Finding]  # told after the time-out
        self._seen = {}  # type: Dict[str, Occurrences]
        self._first = {}  # type: Dict[str, Tuple[str, Confidence]]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Follow the option session."""
        made = list(self._late(record.start))
        for step in self._steps.feed(record):
            made += self._step(step)
        return made

    def _late(self, now: 'int') -> 'Iterator[Finding]':
        limit = self.context.limit('OPT002_START_S', START_S)
        for change in list(self._waiting.values()):
            if self.context.longer(now - change.end, limit):
                del self._waiting[change.register]
                found = self._tell(change, now, WAITED.format(self.time(now - change.end)))
                self._overdue[change.register] = found
                yield found

    def _step(self, step: 'OptionStep') -> 'List[Finding]':
        if step.kind == STAGED:
            for change in step.changes:
                self._waiting[change.register] = change
        elif step.kind == STARTED:
            self._waiting = {}
            return list(self._late_start(step))
        elif step.kind == GAP:
            self._waiting, self._overdue = {}, {}
        elif step.kind in (LOCKED, RESTARTED):
            told = [change for change in step.changes if change.register in self._waiting]
            self._waiting = {}
            why = LOCKED_AGAIN if step.kind == LOCKED else RESET
            return [self._tell(change, step.end, why) for change in told]
        return []

    def _late_start(self, step: 'OptionStep') -> 'Iterator[Finding]':
        """What was told after the time-out, and is started after all."""
        for change in step.changes:
            told = self._overdue.pop(change.register, None)
            if told is not None and told.count == 1:
                text = 'Started only here, {} later'.format(self.time(step.start - change.end))
                late = Evidence(step.start, step.end, text)
                yield told._replace(
                    severity=Severity.NOTE, end=step.end, evidence=told.evidence + (late,)
                )

    def _tell(self, change: 'Change', end: 'int', why: 'str') -> 'Finding':
        sentence = (
            '{} was written and {} without OPTSTRT: nothing was programmed, the change is lost at'
            ' the next reset'
        ).format(change.text, why)
        sure = Confidence.MEDIUM if change.old is None else Confidence.HIGH
        first, confidence = self._first.setdefault(change.register, (sentence, sure))
        seen = self._seen.setdefault(change.register, Occurrences())
        text = '{}; then {}, with no OPTSTRT between (RM0444 3.4.2)'.format(change.text, why)
        seen.add(change.start, max(end, change.end), text)
        return self.counted(
            seen, first, ADVICE, key=register_text(change.register), confidence=confidence
        )


RULE = OptionStartMissing
