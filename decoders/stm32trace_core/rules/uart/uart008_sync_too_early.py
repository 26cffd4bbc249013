"""UART008 sync-too-early: 0x7F is sent while the part is in reset, or just after.

What
A 0x7F begins while NRST is low, or less than 1 ms after it rose, and is not answered with ACK.

Why it matters
The loader does not listen yet, or begins to in the middle of the byte: then it measures a part of
it, and settles on a wrong rate. After that only a reset helps.

What to do
Wait for the start-up time in AN2606, and a margin: 10 to 100 ms after NRST has risen.

False alarms and guards
The start-up time depends on the family and on how many interfaces the loader looks at. A part that
acknowledged the byte was listening: then the rule is suppressed. A host that goes on trying and is
answered in the end came to no harm: a note. Without NRST on a channel, or a sample rate, not
evaluated. Limits: UART008_START_S (1e-3), UART008_ANSWER_S (0.1; so far the end of the capture
must be away to count as no answer).

Example
  NRST    rises
  host    7F 200 us later         loader  -
Told as: "0x7F came 200 us after NRST rose, and was not acknowledged".

Source
AN2606, "Bootloader timing characteristics": start-up times.
No answer until reset is pressed [L57], https://github.com/florisla/stm32loader/issues/57
"""

from ...bootloader.records import ACK, NONE, OTHER, SyncAttempt
from ...lines import CaptureGap, LevelChange
from ..naming import answer_text
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, Rule, RuleInfo, Severity
from .attempts import ANSWER_S, is_unanswered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

# AN2606 gives each loader's own start-up time; none is shorter.
START_S = 1e-3
KEPT_RESETS = 8

EARLY = '0x7F {}: {}; wait for the start-up time of the loader (AN2606)'
ADVICE = (
    'Let the host wait for 10 to 100 ms after NRST has risen, before the first 0x7F.',
    'If the loader does not answer any more: reset it with BOOT0 high, if no erase or option write'
    ' can be going on in the part.',
)


class SyncTooEarly(Rule):
    """Compares the first 0x7F with the last rise of NRST."""

    info = RuleInfo(
        'UART008',
        'sync-too-early',
        Severity.WARNING,
        Confidence.MEDIUM,
        HOST,
        ('uart', 'nrst', 'sample_rate'),
        True,
        '0x7F is sent while the part is in reset, or just after',
        'AN2606: bootloader timing; [L57]',
        YES,
    )
    consumes = (SyncAttempt, LevelChange, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(SyncTooEarly, self).__init__(context, bus)
        # (fall, rise) of NRST; None while it is low
        self._resets = []  # type: List[Tuple[int, Optional[int]]]
        if context.initial_levels.get('nrst') == 0:
            self._resets.append((context.start, None))
        self._seen = Occurrences()
        self._first = ''
        self._is_open = False  # what was told of may still turn out well

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge an attempt, or follow NRST."""
        if isinstance(record, SyncAttempt):
            return self._attempt(record)
        if isinstance(record, CaptureGap):
            self._resets, self._is_open = [], False
        elif record.role == 'nrst':
            self._level(record)
        return ()

    def _level(self, change: 'LevelChange') -> 'None':
        if not change.value:
            self._resets = self._resets[1 - KEPT_RESETS :] + [(change.start, None)]
            self._is_open = False
        elif self._resets:
            self._resets[-1] = (self._resets[-1][0], change.start)

    def _attempt(self, attempt: 'SyncAttempt') -> 'Iterable[Union[Finding, Withdrawn]]':
        how = self._how(attempt)
        if attempt.answer not in (NONE, OTHER):
            return self._answered(attempt, how)
        wait = self.context.limit('UART008_ANSWER_S', ANSWER_S)
        if not how or not is_unanswered(self.context, attempt, wait):
            return ()
        answer = answer_text(attempt.answer)
        self._seen.add(attempt.start, attempt.end, EARLY.format(how, answer))
        self._first = self._first or '0x7F came {}, and was not acknowledged'.format(how)
        self._is_open = True
        return (self.counted(self._seen, self._first, ADVICE),)

    def _answered(
        self, attempt: 'SyncAttempt', how: 'str'
    ) -> 'Iterable[Union[Finding, Withdrawn]]':
        if self._is_open:
            self._is_open = False
            first = self._first + '; a later one was answered'
            return (self.counted(self._seen, first, ADVICE, severity=Severity.NOTE),)
        if how and attempt.answer == ACK:
            by = 'acknowledged, though it came ' + how
            return (self.withdrawn(attempt.start, attempt.end, by),)
        return ()

    def _how(self, attempt: 'SyncAttempt') -> 'str':
        """Say how early the attempt came; '' if it did not."""
        limit = self.context.limit('UART008_START_S', START_S)
        for fell, rose in self._resets:
            if fell <= attempt.start and (rose is None or attempt.start < rose):
                return 'while NRST was low'
            if rose is not None and rose <= attempt.start:
                since = attempt.start - rose
                if self.context.sample_rate and not self.context.longer(since, limit):
                    return '{} after NRST rose'.format(self.time(since))
        return ''


RULE = SyncTooEarly
