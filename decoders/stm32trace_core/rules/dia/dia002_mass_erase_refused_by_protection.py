"""DIA002 mass-erase-refused-by-protection: the flash refuses to be erased because it is protected.

What
A mass erase was attempted over SWD and failed, and the options of the part say why: its read-out
protection is at level 1 (RDP 0xFF counts as that), or sectors are write protected. On F2, F4 and
F7 one protected sector is enough to refuse a mass erase, while sector erases of the others
succeed. The attempt may be register writes (mass erase bit and start), or a program that the
probe runs in RAM, with which no access to the flash controller is on the wire.

Why it matters
The part is not broken. Tools answer "mass erase failed" for several causes; here it is
protection. An RDP byte of 0xFF that nobody wrote points to an option write that was interrupted,
or to a supply that dipped in one, and that will happen again.

What to do
Every way out of this ERASES THE WHOLE FLASH or changes the option bytes. At level 1: save what
can be saved, then write the RDP value of level 0 at a stable supply, start, load the options or
power-cycle, wait the full erase time, connect under reset and read the options again. Then, or
where only sectors are protected: take the write protection off, read it back, and erase again. A
single sector that is not protected can be erased without any of that.

False alarms and guards
The evidence is what the options said when they were read, or the write-protection flag that the
part itself raised; where the options were not read, the confidence is medium. Where the options
were read and protect nothing, this is DIA003. A program in RAM counts only if CMX008 or FLS013
found that it failed; what it did is not on the wire: confidence medium. Where the flash was
unlocked and nothing was ever ordered, it is said that the probe never issued an erase. An erase
with which the part was seen busy was not refused, whatever is protected (FLS009, FLS011). Where a
later mass erase succeeds in the same capture, this is a warning.

Example
  read  FLASH_OPTCR 0xC0FCAAFD     sectors 0 and 1 protected
  write FLASH_CR    0x00010004     MER, STRT
  read  FLASH_SR    0x00000010     WRPERR, at once
Told as: "The mass erase of STM32F72x/F73x was refused by protection, the part is not defective:
write protection of 2 of 8 sectors (0, 1); WRPERR came back 85.9 us after the start".

Source
RM0431 3.5 (F7), RM0090 3.5.3 and RM0402 3.6.4 (F4): no mass erase while a sector is protected.
[F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
[F429OB],
https://community.st.com/t5/stm32-mcus-products/stm32f429zit6-reset-values-for-flash-option-bytes-when-power/td-p/394565
[F407FF2],
https://qa-community.st.com/stm32-mcus-products-44/stm32f407-option-byte-0xff-bricked-chip-156273
[H753],
https://qa-community.st.com/stm32-mcus-products-44/enabling-pcrop-with-rdp-level-0-causes-board-to-crash-35317
"""

from ..rule import (
    HOST,
    LIKELY,
    NO,
    SUPPLY,
    YES,
    Confidence,
    Evidence,
    RuleInfo,
    Severity,
)
from .mass_erase_stories import MassEraseDiagnosis
from .mass_erase_story import ERASED_RDP, sectors_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Iterator, List  # novm

    from ..rule import Finding
    from .mass_erase_story import Attempt, MassEraseStory

# What belongs to the story and is explained by it.
STORY = (
    'CMX008', 'DAP007', 'FLS005', 'FLS008', 'FLS010', 'FLS011', 'FLS013', 'OPT012', 'OPT013',
)  # fmt: skip
# What a refused read of protected flash leaves behind on the link.
AFTER_REFUSED_READS = ('DAP004', 'SWD006')

ADVICE_LEVEL_2 = (
    'Nothing can be erased any more: level 2 cannot be undone. Replace the part.',
    'Take the value of level 2 out of the flow before the next part is programmed.',
)
ADVICE_LEVEL_1 = (
    'This ERASES THE WHOLE FLASH: at a stable supply, unlock the options, write the RDP value of'
    ' level 0 and start; save what can be saved first.',
    'Then poll BSY until it is clear, for the full time of a mass erase if it must be: neither reset nor'
    ' power-cycle the part before that. Only then load the options, or power-cycle where the part has no'
    ' option launch; connect under reset and read the options again.',
    'Only then take off write protection, if any is left, and erase or program.',
    'Look for what changed the options: an application or tool that writes them, a reset or a supply'
    ' dip in between.',
)
ADVICE_SECTORS = (
    'This changes the option bytes, and the mass erase after it ERASES THE WHOLE FLASH: at a stable'
    ' supply take the write protection off, start, and read it back; then erase again.',
    'A sector that is not protected can be erased by itself, with nothing changed.',
    'Ask first whether somebody protected these sectors on purpose.',
)
ADVICE_UNREAD = (
    'Read the option registers before anything else; that changes nothing.',
    'Taking protection off changes the option bytes, and from level 1 it ERASES THE WHOLE FLASH: do'
    ' it at a stable supply, and read the options back.',
)


class MassEraseRefusedByProtection(MassEraseDiagnosis):
    """Tells what protects the part where a mass erase of it failed."""

    info = RuleInfo(
        'DIA002',
        'mass-erase-refused-by-protection',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'the flash refuses to be erased because it is protected',
        'RM0431 3.5, RM0402 3.6.4, RM0090 3.5.3; [F722], [F429OB], [F407FF2], [H753]',
    )

    def finish(self, end: 'int') -> 'Iterator[Finding]':
        """Judge every bus."""
        for story in self.stories:
            attempt = story.failure() or (story.idle_unlock() if story.level > 0 else None)
            if attempt is None or attempt.went_on:
                continue
            reasons = self._reasons(story, attempt)
            if reasons:
                yield self._tell(story, attempt, reasons)._replace(bus=story.bus)

    def _reasons(self, story: 'MassEraseStory', attempt: 'Attempt') -> 'List[str]':
        """Return what protects the part, the gravest first; nothing where nothing shows it."""
        reasons = []
        if story.level > 0:
            reasons.append(_level_text(story))
        for state in story.protected:
            reasons.append('write protection of ' + sectors_text(state))
        if reasons or story.is_open:
            return reasons
        if story.refused is not None:
            reasons.append('reads of the flash are refused, as at read-out protection level 1')
        if attempt.is_refused:
            reasons.append('the part itself says so; its options were not all read')
        return reasons

    def _tell(self, story: 'MassEraseStory', attempt: 'Attempt', reasons: 'List[str]') -> 'Finding':
        rules = STORY + (AFTER_REFUSED_READS if story.refused is not None else ())
        evidence = story.options_evidence() + story.attempt_evidence(attempt)
        if story.refused is not None:
            text = 'Reads from 0x{:08X} ended in FAULT'.format(story.refused.address)
            evidence.append(Evidence(story.refused.start, story.refused.end, text))
        evidence.sort(key=lambda one: one.start)
        worked = story.success_after(attempt)
        if worked is not None:
            evidence.append(Evidence(worked.start, worked.end, 'A later mass erase succeeded'))
        sentence = self._sentence(story, attempt, reasons)
        return self.finding(
            attempt.start,
            max(one.end for one in evidence),
            sentence if worked is None else sentence + '; a later one succeeded',
            evidence,
            _advice(story) if worked is None else (),
            severity=Severity.ERROR if worked is None else Severity.WARNING,
            confidence=_confidence(story, attempt),
            suspect=SUPPLY if story.rdp == ERASED_RDP else HOST,
            explains=story.of(rules),
            recoverable=_recoverable(story) if worked is None else YES,
        )

    def _sentence(self, story: 'MassEraseStory', attempt: 'Attempt', reasons: 'List[str]') -> 'str':
        name, why = story.part.name, '; '.join(reasons)
        if not attempt.issued:
            text = (
                'No mass erase of {} was ever issued by the probe; protection would refuse one: {}'
            )
            return text.format(name, why)
        if attempt.run is not None:
            text = 'A program that the probe ran in RAM of {} failed after {}; protection refuses'
            lasted = self.time(attempt.end - attempt.start)
            return (text + ' a mass erase: {}').format(name, lasted, why)
        text = 'The mass erase of {} was refused by protection, the part is not defective: {}{}'
        return text.format(name, why, self._answer(story, attempt))

    def _answer(self, story: 'MassEraseStory', attempt: 'Attempt') -> 'str':
        """Say what came back, how soon, and how sector erases did."""
        text = ''
        if attempt.answer is not None:
            after = self.time(attempt.answer.end - attempt.start)
            text = '; {} came back {} after the start'.format(', '.join(attempt.flags), after)
        if story.sectors_done:
            return text + ', while sector erases succeed'
        return text + (', and sector erases are refused as well' if story.sectors_failed else '')


def _level_text(story: 'MassEraseStory') -> 'str':
    text = 'read-out protection level {}'.format(story.level)
    if story.rdp < 0:
        return text
    text += ' (RDP reads 0x{:02X}'.format(story.rdp)
    if story.rdp == ERASED_RDP:
        text += ', the value of an erased option byte'
    return text + ')'


def _confidence(story: 'MassEraseStory', attempt: 'Attempt') -> 'Confidence':
    """Sure is only what both the options and the part's own flag say."""
    read = story.level > 0 or bool(story.protected)
    return Confidence.HIGH if read and attempt.is_refused else Confidence.MEDIUM


def _advice(story: 'MassEraseStory') -> 'Iterable[str]':
    if story.level > 1:
        return ADVICE_LEVEL_2
    if story.level == 1:
        return ADVICE_LEVEL_1
    return ADVICE_SECTORS if story.protected else ADVICE_UNREAD


def _recoverable(story: 'MassEraseStory') -> 'str':
    if story.level > 1:
        return NO
    return YES if story.level == 0 and story.protected else LIKELY


RULE = MassEraseRefusedByProtection
