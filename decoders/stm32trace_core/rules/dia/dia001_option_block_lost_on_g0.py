"""DIA001 option-block-lost-on-g0: the option bytes were lost while being programmed.

What
The G071 case. On a part that locks itself when its option bytes do not match their complements (the
STM32G0 does), a command that changes option bytes was accepted, typically Readout Unprotect (0x92,
0x93). Its end was never seen: BUSY went on far beyond the time of the operation, or no status came,
and then a reset or a loss of supply cut in. Since then the part has not acknowledged its address
once.

While BUSY still goes on where the capture ends, with no reset in it, the part may be saved yet:
then this diagnosis says that it must not be reset now.

Why it matters
Changing option bytes erases the whole option block and programs it again. Cut in between, the block
stays half written. At the next loading the mismatch selects read protection level 1 together with
boot lock: no bootloader, no debug access, and no way back.

What to do
Do not repeat resets. Power off for more than 10 s, power on with BOOT0 high, and address the
bootloader. Then SWD under reset; if it answers, read SR.OPTVERR and the option bytes before
anything is written. If debug never answers, the part is lost. To keep it from happening: no Readout
Unprotect of a part that is not protected (BLS001), no reset while BUSY lasts, a supply that holds
up through the update, the brown-out level set, and a launch of the options that is verified by
reading them back.

False alarms and guards
All of these are needed: an accepted command that changes option bytes; a part whose table says that
a mismatch locks it (from Get ID; from --family with medium confidence; an unknown part is not
judged); BUSY or silence far too long (BLP013, BLP012), or a reset or loss of supply seen inside the
command (BLS004); and a part that never answers afterwards (BLS005, I2C002, SWD001). A long erase
that ends with ACK, or a part that answers once more, is none of this; nor is a part that starts its
application, because BOOT0 is captured and low, or was at the last reset. A pulse of 20 us to 5 ms
before the final ACK may be the part's own or a short and unclean one from outside: the diagnosis
says that it does not know. Where NRST is not captured, the reset is called assumed and the
confidence is medium; the diagnosis is never surer than the findings it rests on. A story that a gap
in the capture interrupts is not told; one that was over before the gap is, if the part does not
answer after it either.

A host that gives up while BUSY has not lasted beyond all bounds (two seconds, BLP013), and then
meets silence, is not enough where NRST is not captured: the end of the command may just not have
been read. This is decided on purpose: BLS005 tells the loss, and this diagnosis is silent.

Example
  host    02 FD       loader  79 / 01 04 60 / 79         STM32G071
  host    93 6C       loader  79 76 76 76 ...            19565 times BUSY, 41.5 s, no second 79
  NRST    low for 120 ms
  host    address 0x51                                   not acknowledged, 35 times, to the end
Told as: "STM32G07x/G08x is probably locked for good, its option bytes lost: NRST went low for
120 ms while No-Stretch Readout Unprotect (0x93) was still BUSY after 41.5 s, and address 0x51 was
never acknowledged again; the suspect is the host, or who else pulled NRST".

Source
RM0444 3.4.2: a reset or loss of power in option programming, and what a mismatch selects.
The thread this is named after, with ST's answer [G071],
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
[G0B1OB],
https://community.st.com/t5/stm32-mcus-products/reset-or-glitch-during-option-byte-programming/m-p/661167/highlight/true
[G041],
https://community.st.com/t5/stm32-mcus-products/recover-bricked-stm32-mcu-stm32g041f6p6/m-p/642748
[G051],
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
[G071BL],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32-g071-system-bootloader-question-148428
"""

from ...bootloader.records import OK, BootCommand, BootStatus, DeviceIdentified, LoaderInfo
from ...lines import POWER, CaptureGap, LevelChange, Reset
from ...wire.i2c import I2cTransfer
from ..naming import command_text, opcode_key, target_key
from ..operation_time import deed, longest
from ..option_story import OptionStory
from ..own_reset import may_be_own
from ..rule import (
    HOST,
    SUPPLY,
    TARGET,
    UNKNOWN,
    UNLIKELY,
    Confidence,
    Diagnosis,
    Evidence,
    Finding,
    RuleInfo,
    Severity,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Tuple  # novm

    from ...context import Context
    from ..option_command import OptionCommand

# The findings that the diagnosis rests on.
ENDLESS = ('BLP013', 'BLP012')
CUT = ('BLS004',)
NOT_LOADED = ('BLS002',)
LOST = ('BLS005',)  # it has weighed BOOT0
GONE = ('I2C002', 'SWD001', 'SWD002')
# What else is part of the story and is explained by it.
STORY = (
    'BLP012', 'BLP013', 'BLS', 'OPT008', 'OPT010', 'I2C001', 'I2C002', 'SWD001', 'SWD002', 'RST',
)  # fmt: skip
WHOLE_CAPTURE = ('RST', 'SWD')  # these belong to no bus or another one

NRST = 'nrst'
BOOT0 = 'boot0'

# What cut in, where no reset is in the capture.
NOT_SEEN = 'a loss of supply or a restart is assumed (NRST stayed high)'
NOT_CAPTURED = 'a reset is assumed (NRST was not captured)'

# Who is to blame.
HOST_TO_BLAME = 'the suspect is the host, or who else pulled NRST'
SUPPLY_TO_BLAME = 'the suspect is the supply'
NONE_TO_BLAME = 'nothing from outside is seen to have cut in'
NOBODY_KNOWN = 'who pulled NRST is not seen'

ADVICE_LOST = (
    'Do not reset it again, and do not repeat the command: another cut can only make it worse.',
    'Power off for more than 10 s, power on with BOOT0 high, and address the bootloader again.',
    'If it stays silent, try SWD under reset (connect while NRST is held low).',
    'If SWD answers, read SR.OPTVERR and the option bytes before anything is written.',
    (
        'If debug never answers either, the part is lost: boot lock with protection level 1 has no'
        ' way back.'
    ),
)
ADVICE_PENDING = (
    (
        'Do not reset the part and do not cut its power now: its option bytes may be erased and'
        ' not written again.'
    ),
    'Keep the supply stable and go on polling, slowly, for the widest erase time of the family.',
    (
        'If it never ends: one clean power-off of more than 10 s, no short pulse on NRST; power on'
        ' with BOOT0 high.'
    ),
    'Read the option bytes (bootloader, or SWD under reset) before anything is written.',
)
PREVENTION = (
    'Prevention: no Readout Unprotect of a part that is not protected; it ERASES THE WHOLE FLASH'
    ' and rewrites the option bytes.',
    'Prevention: no reset and no power-off while BUSY lasts; wait for the final ACK.',
    'Prevention: a supply that holds up through the update, and the brown-out (BOR) level set.',
    'Prevention: verify the launch: after the restart read the option bytes back.',
)


class OptionBlockLostOnG0(Diagnosis):
    """Brings together an option command, what cut it, and a part that never answers again."""

    info = RuleInfo(
        'DIA001',
        'option-block-lost-on-g0',
        Severity.CRITICAL,
        Confidence.HIGH,
        HOST,
        ('bootloader', 'sample_rate'),
        True,
        'the option bytes were lost while they were being programmed; the part is probably locked',
        (
            'RM0444 3.4.2; ST Community: STM32G071RB MCU bricked/unresponsive after attempting'
            ' firmware update via I2C'
        ),
    )
    consumes = (
        BootCommand, BootStatus, CaptureGap, DeviceIdentified, Finding, I2cTransfer, LevelChange,
        LoaderInfo, Reset,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(OptionBlockLostOnG0, self).__init__(context, bus)
        self._stories = {}  # type: Dict[Tuple[str, int], OptionStory]  # by bus and target
        self._findings = {}  # type: Dict[Tuple[str, str, str], Finding]
        self._before_gap = {}  # type: Dict[Tuple[str, int], OptionStory]  # a loss, told before a gap
        self._boot0 = None  # type: Optional[LevelChange]  # the last one

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Collect: a diagnosis is made at the end."""
        if isinstance(record, Finding):
            self._findings[record.identity] = record
        elif isinstance(record, (LevelChange, Reset)):
            if isinstance(record, LevelChange) and record.role == BOOT0:
                self._boot0 = record
            for story in self._stories.values():
                story.feed(record)
        elif isinstance(record, I2cTransfer):
            place = (record.bus, record.address)
            if place in self._stories:
                self._stories[place].feed(record)
                if record.answered:
                    self._before_gap.pop(place, None)  # it lives
        elif isinstance(record, CaptureGap):
            self._gap(record)
        else:
            self._story(record.bus, record.target).feed(record)
        return ()

    def _story(self, bus: 'str', target: 'int') -> 'OptionStory':
        if (bus, target) not in self._stories:
            story = self._stories[bus, target] = OptionStory(self.context, bus)
            if self._boot0 is not None:
                story.feed(self._boot0)
        return self._stories[bus, target]

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Make the diagnosis of every bus."""
        stories = dict(self._stories)
        stories.update(self._before_gap)
        return [found for place in sorted(stories) for found in self._diagnose(stories[place])]

    def _gap(self, gap: 'CaptureGap') -> 'None':
        """Keep the losses that were seen whole; what becomes of anything else is not seen."""
        for place, story in sorted(self._stories.items()):
            if any(found.recoverable == UNLIKELY for found in self._diagnose(story)):
                story.is_cut_short = True
                self._before_gap[place] = story
            self._stories[place] = story.sequel(gap)

    def missing(self) -> 'Tuple[str, ...]':
        """Which part it is decides whether a mismatch locks it."""
        unknown = any(
            story.options.last is not None
            and not story.options.last.is_done
            and story.part.family is None
            for story in self._stories.values()
        )
        return ('part (Get ID or --family)',) if unknown else ()

    def _diagnose(self, story: 'OptionStory') -> 'List[Finding]':
        command, family = story.options.last, story.part.family
        if command is None or family is None or not family.options.mismatch_locks:
            return []
        endless = self._found(story, command, ENDLESS)
        cut = self._found(story, command, CUT)
        if command.is_done and not cut and not self._found(story, command, NOT_LOADED):
            return []
        gone = self._found(story, command, LOST)
        if not story.is_to_application:
            gone += self._found(story, command, GONE)
        if (endless or cut) and gone:
            return [self._lost(story, command, endless + cut + gone[:1], bool(cut))]
        if endless and story.reset is None and not story.attempts:
            return [self._pending(story, command, endless)]
        return []

    def _found(
        self, story: 'OptionStory', command: 'OptionCommand', rules: 'Tuple[str, ...]'
    ) -> 'List[Finding]':
        """Return the findings above note of these rules that belong to the story."""
        return [
            found
            for rule in rules
            for found in self._of_story(story, command)
            if found.rule.startswith(rule) and found.severity > Severity.NOTE
        ]

    def _of_story(self, story: 'OptionStory', command: 'OptionCommand') -> 'List[Finding]':
        """Return the findings that are part of the story, whatever their severity."""
        return [
            found
            for _, found in sorted(self._findings.items())
            if found.rule.startswith(STORY) and _is_part(found, story.bus, command)
        ]

    # The part never answered again.

    def _lost(
        self,
        story: 'OptionStory',
        command: 'OptionCommand',
        rests_on: 'List[Finding]',
        is_cut: 'bool',
    ) -> 'Finding':
        cause, blame, suspect = self._cause(story.reset, command)
        sentence = (
            '{} is probably locked for good, its option bytes lost: {} while {} was {}, and {}; {}'
        ).format(
            story.part.name,
            cause,
            command_text(command.opcode),
            self._state(command),
            self._silence(story, command),
            blame,
        )
        sure = [found.confidence for found in rests_on]
        if not is_cut or story.part.device is None:
            sure.append(Confidence.MEDIUM)
        sentence = sentence[0].upper() + sentence[1:]
        return self._tell(
            story, command, sentence, ADVICE_LOST + PREVENTION, min(sure), suspect, UNLIKELY
        )

    def _cause(self, reset: 'Optional[Reset]', command: 'OptionCommand') -> 'Tuple[str, str, str]':
        """Return what cut in, who is to blame in words, and the suspect."""
        if reset is None:
            assumed = NOT_SEEN if NRST in self.context.roles else NOT_CAPTURED
            return assumed, 'the suspect is the host, which did not wait for the end', HOST
        width = 'for ' + self.time(reset.end - reset.start) if reset.released else 'and stayed low'
        if reset.cause == POWER:
            return 'the supply went low ' + width, SUPPLY_TO_BLAME, SUPPLY
        if not may_be_own(self.context, reset):
            return 'NRST went low ' + width, HOST_TO_BLAME, HOST
        if _is_acknowledged(command):
            return 'the part restarted by itself (NRST low {})'.format(width), NONE_TO_BLAME, TARGET
        pulse = 'NRST had a pulse of {}, from the part or from outside,'
        return pulse.format(self.time(reset.end - reset.start)), NOBODY_KNOWN, TARGET

    def _state(self, command: 'OptionCommand') -> 'str':
        if not command.busy_count:
            return 'changing the option bytes'
        return 'still BUSY after ' + self.time(command.busy_end - command.busy_start)

    def _silence(self, story: 'OptionStory', command: 'OptionCommand') -> 'str':
        if not story.attempts:
            return 'the part never answered again'
        text = 'address 0x{:02X} was never acknowledged again'.format(command.target)
        return text + ' until samples are missing' if story.is_cut_short else text

    # BUSY still lasts.

    def _pending(
        self, story: 'OptionStory', command: 'OptionCommand', rests_on: 'List[Finding]'
    ) -> 'Finding':
        sentence = (
            'Do not reset {} or cut its power now: {} was {} when it was last asked, and its'
            ' option bytes may be half written; no reset was seen in this capture'
        ).format(story.part.name, command_text(command.opcode), self._state(command))
        sure = [found.confidence for found in rests_on]
        if story.part.device is None or NRST not in self.context.roles:
            sure.append(Confidence.MEDIUM)
        return self._tell(
            story, command, sentence, ADVICE_PENDING + PREVENTION, min(sure), TARGET, UNKNOWN
        )

    # Either.

    def _tell(
        self,
        story: 'OptionStory',
        command: 'OptionCommand',
        sentence: 'str',
        advice: 'Tuple[str, ...]',
        confidence: 'Confidence',
        suspect: 'str',
        recoverable: 'str',
    ) -> 'Finding':
        evidence = self._evidence(story, command)
        return self.finding(
            command.start,
            max(one.end for one in evidence),
            sentence,
            evidence,
            advice,
            key=target_key(opcode_key(command.opcode), command.target),
            confidence=confidence,
            suspect=suspect,
            explains=self._of_story(story, command),
            recoverable=recoverable,
        )._replace(bus=story.bus)

    def _evidence(self, story: 'OptionStory', command: 'OptionCommand') -> 'List[Evidence]':
        """Return the story in the order of time."""
        name = command_text(command.opcode)
        told = [] if story.before is None else [story.before]
        told.append(Evidence(command.start, command.accepted_at, name + ' was acknowledged (0x79)'))
        identified = story.part.identified
        if identified is not None:
            told.append(Evidence(identified.start, identified.end, self._identity(story)))
        if command.busy_count:
            told.append(Evidence(command.busy_start, command.busy_end, self._busy(story, command)))
        told.append(self._no_end(story, command))
        if story.reset is not None:
            told.append(self._cut(story.reset, command))
        if story.first is not None and story.last is not None:
            told.append(self._vain(story, story.first, story.last))
        return sorted(told, key=lambda one: one.start)

    @staticmethod
    def _identity(story: 'OptionStory') -> 'str':
        identified, family = story.part.identified, story.part.family
        assert identified is not None
        assert family is not None
        return '{}: DEV_ID 0x{:03X}, {}; a mismatch of its option bytes locks it ({})'.format(
            identified.source, identified.dev_id, story.part.name, family.options.source
        )

    def _busy(self, story: 'OptionStory', command: 'OptionCommand') -> 'str':
        known = longest(story.part, deed(command.opcode, None, None), None)
        return 'BUSY (0x76) {} times over {}{}'.format(
            command.busy_count,
            self.time(command.busy_end - command.busy_start),
            '' if known is None else '; ' + known.text,
        )

    def _no_end(self, story: 'OptionStory', command: 'OptionCommand') -> 'Evidence':
        family = story.part.family
        events = '' if family is None else ' ({})'.format(' or '.join(family.options.load_events))
        later = [one.start for one in (story.reset, story.first) if one is not None]
        end = min(later) if later else command.last_status
        acked = _is_acknowledged(command)
        end_text = 'The final ACK came before the work, and' if acked else 'No second ACK and'
        text = '{} no loading of the option bytes{} was seen'.format(end_text, events)
        return Evidence(command.last_status, max(end, command.last_status), text)

    def _cut(self, reset: 'Reset', command: 'OptionCommand') -> 'Evidence':
        line = 'The supply' if reset.cause == POWER else 'NRST'
        text = '{} low for {}, {} after the last status{}; {}'.format(
            line,
            self.time(reset.end - reset.start),
            self.time(reset.start - command.last_status),
            '' if reset.released else ' (to the end of the capture)',
            'nothing may cut in before the end (RM0444 3.4.2)',
        )
        return Evidence(reset.start, reset.end, text)

    def _vain(self, story: 'OptionStory', first: 'I2cTransfer', last: 'I2cTransfer') -> 'Evidence':
        text = 'Address 0x{:02X} addressed {} times over {}, never acknowledged'
        span = self.time(last.end - first.start)
        return Evidence(first.start, last.end, text.format(first.address, story.attempts, span))


def _is_acknowledged(command: 'OptionCommand') -> 'bool':
    return command.ended is not None and command.ended.outcome == OK


def _is_part(found: 'Finding', bus: 'str', command: 'OptionCommand') -> 'bool':
    """Tell whether a finding is about the target of the command, and reaches into its time."""
    if found.rule.startswith(WHOLE_CAPTURE):
        return found.start >= command.start
    here = target_key('', command.target)
    is_here = found.bus == bus and found.key.split('@')[-1] == here
    return is_here and found.end >= command.start


RULE = OptionBlockLostOnG0
