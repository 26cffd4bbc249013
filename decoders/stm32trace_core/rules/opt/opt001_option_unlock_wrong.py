"""OPT001 option-unlock-wrong: the option registers were not unlocked in the right way.

What
FLASH_OPTKEYR is written with something else than the two option keys of the part, in their order;
or with the right ones while FLASH_CR.LOCK is still set, on a part whose option lock sits in the
same register.

Why it matters
The option registers stay locked, until the next reset on most families. All that the host then
writes to the option registers is ignored, and the options stay what they were.

What to do
Unlock the flash first (FLASH_KEYR), then the options (FLASH_OPTKEYR), with the keys of the part's
own family, each once and in order. After a wrong key reset the part before the next attempt: not
while an option write is pending.

False alarms and guards
The keys come from the table of the part, and so does whether LOCK guards the option registers: on
F2, F4 and F7 it does not. If the first key may have been written before the capture began, the
second one alone is not told; nor where samples or addresses are missing before it. A key that did
not reach the part (FAULT, no answer) is not judged.

Example
  write FLASH_OPTKEYR 0x45670123    where 0x08192A3B is due on a G071
Told as: "FLASH_OPTKEYR was written with 0x45670123 where the first option key 0x08192A3B is due:
the option registers of STM32G07x/G08x stay locked".

Source
RM0444 3.3.6 and 3.4.2: unlocking the flash and the option bytes; a wrong key sequence.
Options of a G070 that did not change [G07OB],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g07-changing-options-bytes-by-program-fails-159197
"""

from ...adi.records import OK
from ...bootloader.records import DeviceIdentified
from ...cortex.records import RESUME, DebugRequest
from ...flash.records import BlindAccess, PartFamily, PeripheralAccess
from ...lines import CaptureGap, Reset
from ..occurrences import Occurrences
from ..part import Part
from ..rule import HOST, YES, Confidence, Rule, RuleInfo, Severity
from .flash_roles import LOCK, OPTION_LOCK, OPTION_PROGRAM, FlashRoles, register_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional  # novm

    from ...context import Context
    from ...devices import Family
    from ..rule import Finding

KEYR, OPTKEYR = 'KEYR', 'OPTKEYR'
NAMES = ('first', 'second')
STILL_LOCKED = 'still-locked'
WRONG_KEY = 'wrong-key'
SOURCE = ' (RM0444 3.4.2)'
ADVICE = (
    'Unlock the flash (FLASH_KEYR) first, then the options (FLASH_OPTKEYR): two keys each, in order.',
    'After a wrong key reset the part before the next attempt, but not while an option write is'
    ' pending.',
)


class OptionUnlockWrong(Rule):
    """Follows the keys that the host writes."""

    info = RuleInfo(
        'OPT001',
        'option-unlock-wrong',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'the option registers were not unlocked in the right way',
        'RM0444 3.4.2; [G07OB]',
        YES,
    )
    consumes = (
        BlindAccess, CaptureGap, DebugRequest, DeviceIdentified, PartFamily, PeripheralAccess, Reset,
    )  # fmt: skip

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(OptionUnlockWrong, self).__init__(context, bus)
        self._roles = FlashRoles(Part(context))
        self._due = {KEYR: 0, OPTKEYR: 0}  # index of the key that is due
        self._any = False  # a key or a reset was seen: the next key begins a sequence
        self._locked = None  # type: Optional[bool]  # FLASH_CR.LOCK; None where not known
        self._seen = {}  # type: Dict[str, Occurrences]
        self._first = {}  # type: Dict[str, str]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge each write to FLASH_OPTKEYR."""
        if isinstance(record, (DeviceIdentified, PartFamily)):
            self._roles.identify(record)
        elif isinstance(record, PeripheralAccess):
            return self._access(record)
        elif isinstance(record, Reset):
            self._due = {KEYR: 0, OPTKEYR: 0}
            self._any = self._locked = True
        elif self._hides(record):
            self._due = {KEYR: 0, OPTKEYR: 0}  # what came in between may have unlocked and locked
            self._any, self._locked = False, None
        return ()

    @staticmethod
    def _hides(record: 'Any') -> 'bool':
        """Tell whether keys may have been written without being seen."""
        if isinstance(record, DebugRequest):
            return record.kind == RESUME
        return isinstance(record, CaptureGap) or bool(record.write)

    def _access(self, access: 'PeripheralAccess') -> 'List[Finding]':
        roles, name, family = self._roles, register_of(access), self._roles.part.family
        if not roles.see(access) or family is None or access.outcome != OK:
            return []
        if roles.concerns(access, LOCK):
            self._locked = roles.is_set(access, LOCK)
        if not access.write or name not in self._due:
            return []
        if name == KEYR:
            if self._is_whole(KEYR, access.value, family.flash.unlock_keys):
                self._locked = False
            return []
        return self._option_key(access, family, roles)

    def _option_key(
        self, access: 'PeripheralAccess', family: 'Family', roles: 'FlashRoles'
    ) -> 'List[Finding]':
        keys, due = family.flash.option_keys, self._due[OPTKEYR]
        if not self._any and access.value == keys[1]:
            self._any = True  # the first key may have come before the capture
            return []
        if self._is_whole(OPTKEYR, access.value, keys):
            if self._locked and _is_guarded(roles):
                text = 'FLASH_OPTKEYR got its keys while FLASH_CR.LOCK is set: the option registers'
                return [self._tell(STILL_LOCKED, access, text)]
        elif access.value != keys[due]:
            text = (
                'FLASH_OPTKEYR was written with 0x{:08X} where the {} option key 0x{:08X} is due:'
            )
            text = text.format(access.value, NAMES[due], keys[due]) + ' the option registers'
            return [self._tell(WRONG_KEY, access, text)]
        return []

    def _is_whole(self, register: 'str', value: 'int', keys: 'Any') -> 'bool':
        """Take note of a key; tell whether it completes the sequence."""
        self._any = True
        due = self._due[register]
        self._due[register] = 1 if value == keys[due] and due == 0 else 0
        return bool(due == 1 and value == keys[1])

    def _tell(self, key: 'str', access: 'PeripheralAccess', text: 'str') -> 'Finding':
        sentence = '{} of {} stay locked'.format(text, self._roles.part.name)
        first = self._first.setdefault(key, sentence)
        seen = self._seen.setdefault(key, Occurrences())
        seen.add(access.start, access.end, sentence + SOURCE)
        return self.counted(seen, first, ADVICE, key=key)


def _is_guarded(roles: 'FlashRoles') -> 'bool':
    """Tell whether LOCK guards the option registers too: it does where the options' bits are beside it."""
    return roles.share_a_register(LOCK, OPTION_LOCK) or roles.share_a_register(LOCK, OPTION_PROGRAM)


RULE = OptionUnlockWrong
