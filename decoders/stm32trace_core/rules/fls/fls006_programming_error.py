"""FLS006 programming-error: the flash controller refused what was written, and says why.

What
One of PROGERR, PGERR, PGAERR, SIZERR, PGSERR, MISERR or FASTERR is set when the status is read
after an order to program (or to erase), and was clear before it.

Why it matters
What was written is not in the flash. The very bit tells what was wrong: the place was not erased,
the address is not aligned, the access has the wrong width, the steps came in the wrong order, or
fast programming was not fed in time.

What to do
By the bit: erase before programming (PROGERR, PGERR); write in the unit of the part, at an address
that is a multiple of it (PGAERR, SIZERR); clear all error flags by writing ones to them and set
only one of PG and the erase bits before each operation (PGSERR); send a whole row without a pause
(MISERR, FASTERR).

False alarms and guards
The flags stay set until 1 is written to them. One that was set before the operation is an old one:
the rule is then suppressed and FLS004 tells. Where SR was neither read nor cleared before, and no
reset was seen that clears it, the confidence is medium and the finding a warning; but an error
after an erase that was over within 4 ms, for it did not run. Write protection is FLS005,
parallelism FLS007.

Example
  write FLASH_CR   0x00000001    PG
  write 0x08000000 ...
  read  FLASH_SR   0x00000008    PROGERR
Told as: "PROGERR during programming: the place was not erased before (SR reads 0x00000008); it
wrote 8 bytes from 0x08000000".

Source
RM0444, 3.7.4 (FLASH_SR: PROGERR to FASTERR); RM0090, 3.9.4 and RM0431, 3.7.4 (PGAERR, PGSERR);
PM0075, 3.4 (F1: PGERR).
PGAERR and PGSERR by misuse [G4AL], https://github.com/barafael/g4-dual-bank-example/issues/1
PGSERR at random on a G0B1 [STL1473], https://github.com/stlink-org/stlink/issues/1473
An erase that fails on the second page [STL1305], https://github.com/stlink-org/stlink/issues/1305
"""

from ...flash.records import FAILED, PROGRAM
from ..naming import address_text
from ..rule import HOST, YES, Confidence, RuleInfo, Severity
from .flags import FlagRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, List  # novm

    from ...flash.records import FlashOperation
    from ..rule import Finding
    from .work import Work

# Source: RM0444 3.7.4; PM0075 3.4 for PGERR.
MEANINGS = {
    'PROGERR': 'the place was not erased before',
    'PGERR': 'the place was not erased before',
    'PGAERR': 'the address is not aligned to the unit of programming',
    'SIZERR': 'the width of the access is wrong',
    'PGSERR': 'the steps came in the wrong order, or an error flag was still set',
    'MISERR': 'the next data of a fast programming came too late',
    'FASTERR': 'fast programming was broken off',
}
# Source: RM0090 3.9.4 (F4); RM0431 3.7.4 (F7).
MEANINGS_F4 = {
    'PGAERR': 'the data cross a boundary of 128 bits',
    'PGSERR': 'flash was written while CR was not set up for it',
}
OWN_MEANINGS = {'F2': MEANINGS_F4, 'F4': MEANINGS_F4, 'F7': MEANINGS_F4}

ERASE_FIRST = (
    'Erasing deletes the whole page or sector: erase it, check that it is blank, then program it.'
)
STEPS = {
    'PROGERR': ERASE_FIRST,
    'PGERR': ERASE_FIRST,
    'PGAERR': 'Write at addresses that are a multiple of the unit of programming.',
    'SIZERR': 'Write in the unit of programming of the part, nothing shorter.',
    'PGSERR': (
        'Clear all error flags by writing ones to them, and set only one of PG and the erase bits'
        ' before each operation.'
    ),
    'MISERR': 'Send a whole row without a pause, or use normal programming.',
    'FASTERR': 'Send a whole row without a pause, or use normal programming.',
}


class ProgrammingError(FlagRule):
    """Explains the flag that comes up."""

    info = RuleInfo(
        'FLS006',
        'programming-error',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'the flash controller refused what was written, and says why',
        'RM0444 3.7.4, RM0431 3.7.4, PM0075 3.4: FLASH_SR; [G4AL], [STL1473], [STL1305]',
        YES,
    )
    flags = tuple(sorted(MEANINGS))

    def describe(self, work: 'Work', names: 'List[str]') -> 'str':
        """Name the bits and what each means, and the width that the part wants."""
        family = self.controller.part.family
        own = {} if family is None else OWN_MEANINGS.get(family.key, {})
        meanings = [own.get(name, MEANINGS[name]) for name in names]
        text = '{} during {}: {} (SR reads 0x{:08X})'.format(
            ', '.join(names), work.name, '; '.join(meanings), work.status
        )
        if family is not None and family.flash.program_unit > 1 and 'SIZERR' in names:
            text += '; {} is programmed {} bytes at a time'.format(
                family.name, family.flash.program_unit
            )
        return text

    def advice(self, work: 'Work', names: 'List[str]') -> 'Iterable[str]':
        """Return a step for each bit."""
        steps = []  # type: List[str]
        for name in names:
            if STEPS[name] not in steps:
                steps.append(STEPS[name])
        return steps

    def operation(self, done: 'FlashOperation') -> 'Iterable[Finding]':
        """Add what was written and where, once the operation that failed is known."""
        if done.kind != PROGRAM or done.outcome != FAILED or done.address is None:
            return ()
        length = '' if not done.length else '{} bytes '.format(done.length)
        return self.add('; it wrote {}from {}'.format(length, address_text(done.address)), done)


RULE = ProgrammingError
