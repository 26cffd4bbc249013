"""DIA003 mass-erase-failed-unprotected: a mass erase failed although nothing protects the flash.

What
The options were read, at read-out protection level 0 and with no sector write protected, and a
mass erase failed nevertheless: an error flag came back, it did nothing, the host stopped asking
while the part was busy, the program that the probe ran in RAM never came back, or the probe
prepared the erase and never started it.

Why it matters
Tools then say "mass erase failed, please verify flash protection". Where the options read as
above, that message is no evidence of protection: the probe, its firmware or the tool's time limit
is the suspect. Toggling read-out protection, which many try next, erases the part and risks its
options for nothing.

What to do
A mass erase ERASES THE WHOLE FLASH, in every one of these attempts. Erase sector by sector; that
works where the mass erase of a probe does not. Bring the firmware of the probe up to date, or
flash it again; try another tool or probe; connect under reset, with a slower clock. Give the
erase the full time of the data sheet. Do not change the option bytes.

False alarms and guards
An erase that was started while the controller was locked (FLS003), keys in the wrong order
(FLS001), wrong parallelism (FLS007) and a supply that fell come first: the rule is then suppressed.
Where it did nothing and the capture does not show that the flash was unlocked, that is said, and
nobody but the host suspected. A part that was busy all the time is the suspect itself; if the data
end while it still is, or while the program in RAM runs, this is a warning as long as it may still
come to an end. Without a clean read of both read-out and write protection it does not speak;
protection areas that the host did not read (PCROP) remain possible, so the confidence is medium.
What a program in RAM does is not on the wire.

Example
  read  FLASH_OPTCR 0xC0FFAAFD     level 0, nothing protected
  a program in RAM runs for 10 s and is never seen to halt
Told as: "The mass erase of STM32F72x/F73x failed although nothing protects it (RDP 0xAA, level 0;
no sector write protected): the program that the probe ran in RAM for 10 s did not come to its end;
the probe or its tool is the suspect, and a message that says 'please verify flash protection' is
no evidence".

Source
RM0431 3.3 and 3.5, RM0090 3.5.3: mass erase, what refuses it.
[F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
[F723ST],
https://community.st.com/stm32-mcus-products-25/stm32f723-st-link-flash-memory-size-and-erase-error-71896
[RS41] https://github.com/Nevvman18/rs41-nfw/issues/1
[U073],
https://qa-community.st.com/stm32-mcus-products-44/mass-erase-operation-failed-please-verify-flash-protection-139095
[H723],
https://community.st.com/t5/stm32cubeide-mcus/stm32cubeide-mass-erase-rather-than-sector-erase/m-p/585982/highlight/true
"""

from ...cortex.records import TRUNCATED
from ...lines import POWER, Reset
from ...record import CAPTURE
from ..rule import (
    HOST,
    LIKELY,
    PROBE,
    TARGET,
    UNKNOWN,
    Confidence,
    RuleInfo,
    Severity,
)
from .mass_erase_stories import MassEraseDiagnosis
from .mass_erase_story import NO_OP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator, List, Tuple, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .mass_erase_story import Attempt, MassEraseStory

# What belongs to the story and is explained by it.
STORY = (
    'CMX008', 'FLS005', 'FLS006', 'FLS008', 'FLS009', 'FLS010', 'FLS011', 'FLS013',
)  # fmt: skip
# What is the reason by itself: started while locked, wrong parallelism; keys in the wrong order before.
AT_THE_ORDER = ('FLS003', 'FLS007')
REASONS = AT_THE_ORDER + ('FLS001',)
SUPPLY_FELL = 'the supply fell in this capture: look at that first'

ADVICE = (
    'A mass erase ERASES THE WHOLE FLASH whenever it works: erase sector by sector instead, or only'
    ' what is needed.',
    'Bring the firmware of the probe up to date or flash it again; try another tool or another probe.',
    'Connect under reset, with a slower clock, and give the erase the full time of the data sheet.',
    'Leave the option bytes alone: toggling read-out protection erases the part and can lock it.',
)


UNLOCK = (
    'Unlock first: the two keys to KEYR, then read CR and check that LOCK is 0 before the erase is'
    ' ordered; it ERASES THE WHOLE FLASH.'
)
ADVICE_STUCK = (
    'Measure VDD at the part during the erase: it worked on it all the time and came to no end.',
    'Power the part off and on once, cleanly, and read the option registers before anything else.',
    'Then erase sector by sector: this deletes what is left there, and shows which one does not end.',
)
NO_EVIDENCE = (
    'the probe or its tool is the suspect, and a message that says "please verify flash protection"'
    ' is no evidence'
)
PERHAPS_LOCKED = 'that alone would explain it, with no fault of part or probe'
STILL_AT_WORK = (
    'the part was busy with it all the time: neither protection nor the probe is the cause'
)


class MassEraseFailedUnprotected(MassEraseDiagnosis):
    """Tells how a mass erase failed that nothing forbids."""

    info = RuleInfo(
        'DIA003',
        'mass-erase-failed-unprotected',
        Severity.ERROR,
        Confidence.MEDIUM,
        PROBE,
        ('swd',),
        False,
        'a mass erase failed although nothing protects the flash',
        'RM0431 3.3 and 3.5, RM0090 3.5.3; [F722], [F723ST], [RS41], [U073], [H723]',
        LIKELY,
    )
    consumes = MassEraseDiagnosis.consumes + (Reset,)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(MassEraseFailedUnprotected, self).__init__(context, bus)
        self._supply = []  # type: List[Reset]  # times at which the supply fell

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Collect."""
        if isinstance(record, Reset):
            if record.cause == POWER:
                self._supply.append(record)
            return ()
        return super(MassEraseFailedUnprotected, self).feed(record)

    def finish(self, end: 'int') -> 'Iterator[Union[Finding, Withdrawn]]':
        """Judge every bus."""
        for story in self.stories:
            attempt = story.failure()
            if attempt is None or not story.is_open:
                continue
            by = self._guard(story, attempt)
            if by:
                yield self.withdrawn(attempt.start, attempt.end, by)
            else:
                yield self._tell(story, attempt)._replace(bus=story.bus)

    def missing(self) -> 'Tuple[str, ...]':
        """Whether the flash is protected must have been read."""
        unread = any(story.failure() is not None and story.is_unread for story in self.stories)
        return ('a read of read-out and write protection',) if unread else ()

    def _guard(self, story: 'MassEraseStory', attempt: 'Attempt') -> 'str':
        """Return what comes first as a cause."""
        for found in story.of(REASONS):
            since = attempt.start if found.rule in AT_THE_ORDER else found.end
            if (
                found.start <= attempt.end
                and found.end >= since
                and found.severity > Severity.WARNING
            ):
                return found.rule
        if any(fell.start <= attempt.end and fell.end >= attempt.start for fell in self._supply):
            return SUPPLY_FELL
        return ''

    def _tell(self, story: 'MassEraseStory', attempt: 'Attempt') -> 'Finding':
        rdp = '' if story.rdp < 0 else 'RDP 0x{:02X}, '.format(story.rdp)
        suspect, blame, advice = _blame(attempt)
        sentence = '{} although nothing protects it ({}level 0; no sector write protected): {}; {}'
        evidence = story.options_evidence() + story.attempt_evidence(attempt)
        evidence.sort(key=lambda one: one.start)
        return self.finding(
            attempt.start,
            max(one.end for one in evidence),
            sentence.format(
                _head(attempt).format(story.part.name), rdp, self._how(story, attempt), blame
            ),
            evidence,
            advice,
            severity=min(Severity.ERROR, _gravity(attempt)),
            suspect=suspect,
            explains=story.of(STORY),
            recoverable=UNKNOWN if attempt.is_stuck else LIKELY,
        )

    def _how(self, story: 'MassEraseStory', attempt: 'Attempt') -> 'str':
        """Say how it failed, and whether sector erases work."""
        lasted = self.time(attempt.end - attempt.start)
        if not attempt.issued:
            how = 'the probe made the flash ready for it and never started it'
        elif attempt.flags:
            how = '{} came back within {}'.format(', '.join(attempt.flags), lasted)
        elif attempt.run is not None:
            how = 'the program that the probe ran in RAM for {} did not come to its end'.format(
                lasted
            )
            if attempt.run.outcome == TRUNCATED:
                how += ' before the data end'
        elif attempt.found is not None:
            how = attempt.found.message
        else:
            how = 'the part reported a failure after ' + lasted
        return how + (', while sector erases succeed' if story.sectors_done else '')


def _head(attempt: 'Attempt') -> 'str':
    """Say what failed. What a program in RAM is for is not on the wire."""
    if attempt.run is not None:
        return 'A program in RAM of {}, the way in which probes erase, failed'
    return 'The mass erase of {} never ended' if attempt.is_stuck else 'The mass erase of {} failed'


def _blame(attempt: 'Attempt') -> 'Tuple[str, str, Tuple[str, ...]]':
    """Return suspect, what to think of it, and what to do, by what the wire shows."""
    if attempt.is_stuck:
        return TARGET, STILL_AT_WORK, ADVICE_STUCK
    if attempt.found is not None and attempt.found.rule == NO_OP and not attempt.unlocked:
        return HOST, PERHAPS_LOCKED, (UNLOCK,) + ADVICE
    return PROBE, NO_EVIDENCE, ADVICE


def _gravity(attempt: 'Attempt') -> 'Severity':
    """A symptom that may still pass, where the data end, is no error."""
    return (
        Severity.ERROR if attempt.found is None else max(attempt.found.severity, Severity.WARNING)
    )


RULE = MassEraseFailedUnprotected
