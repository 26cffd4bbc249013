"""FLS001 wrong-unlock-sequence: the keys that unlock the flash controller were wrong.

What
KEYR is written with something else than the first key and then the second one (0x45670123,
0xCDEF89AB on every family in the tables), or another register of the flash controller is written
between the two.

Why it matters
After a wrong sequence the flash controller stays locked until the next reset: everything that is
ordered afterwards is ignored, and a host that does not read CR back believes that it worked. On
newer families the access is answered with a bus error besides.

What to do
Reset the part once (which changes nothing in the flash), then write the two keys one after the
other, with nothing between them; read CR back and check that LOCK is 0.

False alarms and guards
Reads between the two keys do no harm and are not told. A second, correct unlock of a controller
that is open already is a warning: some families ignore it, some lock themselves. On F1, which
OpenOCD unlocks twice whenever it rewrites option bytes, it is suppressed. A capture that begins
between the keys, or lacks samples or addresses there, is not judged by the key that follows. Keys
written while the part is being reset are not judged.

Example
  write FLASH_KEYR  0x45670123
  write FLASH_KEYR  0x45670123     the second key is 0xCDEF89AB
Told as: "FLASH_KEYR was given 0x45670123 after 0x45670123; expected 0xCDEF89AB: the flash
controller stays locked until the next reset".

Source
RM0444, 3.3.6 (FLASH_CR unlock: a wrong sequence locks it until the next system reset); RM0090,
3.6.1; PM0075, 2.3.1.
What an open tool writes [OPENOCD], https://github.com/openocd-org/openocd
"""

from ...adi.records import OK
from ...flash.records import BlindAccess, PeripheralAccess
from ...lines import CaptureGap, Reset
from ..flash_registers import PREFIX, register_text
from ..occurrences import Occurrences
from ..rule import HOST, YES, Confidence, RuleInfo, Severity
from .controller import FlashRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

KEYR = PREFIX + 'KEYR'
KEYR_TEXT = register_text(KEYR)

WRONG = 'wrong'
AGAIN = 'again'
SEVERITIES = {WRONG: Severity.ERROR, AGAIN: Severity.WARNING}

# An open tool unlocks F1 twice between erasing and writing its option bytes, and the part goes on.
# Source: [OPENOCD], src/flash/nor/stm32f1x.c, stm32x_erase_options and stm32x_write_options.
IGNORE_SECOND = ('F1',)
IGNORED = 'this family ignores the keys while it is unlocked'

ADVICE = {
    WRONG: (
        'Reset the part once: only that opens the key register again; flash content stays.',
        'Write the two keys one after the other with nothing between them, then read CR and check'
        ' that LOCK is 0.',
    ),
    AGAIN: ('Read CR first, and write the keys only while LOCK is 1.',),
}
STAYS_LOCKED = ': the flash controller stays locked until the next reset'


class WrongUnlockSequence(FlashRule):
    """Follows the writes to KEYR."""

    info = RuleInfo(
        'FLS001',
        'wrong-unlock-sequence',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'the keys that unlock the flash controller were wrong',
        'RM0444 3.3.6, RM0090 3.6.1, PM0075 2.3.1: unlocking; [OPENOCD]',
        YES,
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(WrongUnlockSequence, self).__init__(context, bus)
        self._first = None  # type: Optional[PeripheralAccess]  # the right first key, just written
        self._was_open = False  # before it
        self._is_open = False  # CR.LOCK is 0, or the keys were right
        self._is_begun = False  # something of the flash controller was seen before
        self._seen = {}  # type: Dict[str, Occurrences]
        self._told = {}  # type: Dict[str, str]

    def judge(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge each write to KEYR, and what comes between two."""
        found = ()  # type: Iterable[Union[Finding, Withdrawn]]
        if isinstance(record, Reset):
            self._first = None
        elif isinstance(record, CaptureGap) or (isinstance(record, BlindAccess) and record.write):
            self._first, self._is_begun = None, False
        elif isinstance(record, PeripheralAccess) and self._counts(record):
            if record.register == KEYR and record.write:
                found = self._key(record)
            elif record.write and self._first is not None:
                found = self._between(self._first, record)
            self._is_begun = True
        self._is_open = self.controller.locked is False
        return found

    @staticmethod
    def _counts(access: 'PeripheralAccess') -> 'bool':
        return access.register.startswith(PREFIX) and access.outcome == OK

    def _key(self, access: 'PeripheralAccess') -> 'Iterable[Union[Finding, Withdrawn]]':
        keys = self.controller.registers.unlock_keys
        if keys is None:
            return ()
        one, two = keys
        first, self._first = self._first, None
        if first is not None:
            if access.value == two:
                return self._opened(first, access)
            text = '{} was given 0x{:08X} after 0x{:08X}; expected 0x{:08X}'.format(
                KEYR_TEXT, access.value, first.value, two
            )
            return [self._tell(WRONG, first.start, access.end, text + STAYS_LOCKED)]
        if access.value == one:
            self._first, self._was_open = access, self._is_open
            return ()
        if access.value == two and not self._is_begun:
            return ()
        text = '{} was given 0x{:08X}; expected 0x{:08X}'.format(KEYR_TEXT, access.value, one)
        return [self._tell(WRONG, access.start, access.end, text + STAYS_LOCKED)]

    def _opened(
        self, first: 'PeripheralAccess', access: 'PeripheralAccess'
    ) -> 'Iterable[Union[Finding, Withdrawn]]':
        if not self._was_open:
            return ()
        if all(family.key in IGNORE_SECOND for family in self.controller.registers.families):
            return [self.withdrawn(first.start, access.end, IGNORED)]
        text = (
            'the keys were written to {} while the flash controller was open: some families ignore'
            ' that, some lock themselves'.format(KEYR_TEXT)
        )
        return [self._tell(AGAIN, first.start, access.end, text)]

    def _between(
        self, first: 'PeripheralAccess', access: 'PeripheralAccess'
    ) -> 'Iterable[Finding]':
        self._first = None
        text = '{} was written between the two keys of {}'.format(
            register_text(access.register), KEYR_TEXT
        )
        return [self._tell(WRONG, first.start, access.end, text + STAYS_LOCKED)]

    def _tell(self, key: 'str', start: 'int', end: 'int', text: 'str') -> 'Finding':
        seen = self._seen.setdefault(key, Occurrences())
        seen.add(start, end, text)
        return self.counted(
            seen, self._told.setdefault(key, text), ADVICE[key], key=key, severity=SEVERITIES[key]
        )


RULE = WrongUnlockSequence
