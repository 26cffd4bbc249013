"""OPT013 all-sectors-protected: every sector of the flash is write protected.

What
An option register is read that speaks of write protection, and all of the sectors or pages that
it speaks of are protected.

Why it matters
A mass erase is refused, and so is every sector erase and every write. On F4 and F7 the same
picture appears when option bytes were erased by a lost supply and the part fell back to the most
secure values.

What to do
Taking write protection off changes the option bytes: write the bits of an unprotected part,
start, and read them back, at a stable supply. That needs read-out protection level 0, and the way
back from level 1 ERASES THE WHOLE FLASH. Whether somebody protected the part on purpose must be
asked first.

False alarms and guards
Protecting everything is a deliberate act in some products: an expected-state profile (--profile)
turns this off. Which bits speak of which sectors, and with which polarity, comes from the table of
the part. Reads while NRST is low are no values. Once the register is read with less protected, this
is a note. One protected sector is no finding here: a mass erase that fails for it is told by
DIA002.

Example
  read FLASH_OPTCR 0xC000AAFD      nWRP all zero
Told as: "All 8 sectors of STM32F72x/F73x are write protected (FLASH_OPTCR reads 0xC000AAFD):
erasing and programming are refused".

Source
RM0431 3.5 and RM0090 (nWRP), RM0444 (WRP areas): write protection.
[F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
[F429OB],
https://community.st.com/t5/stm32-mcus-products/stm32f429zit6-reset-values-for-flash-option-bytes-when-power/td-p/394565
[F427OB],
https://community.st.com/t5/stm32-mcus-products/my-stm32f427-has-option-byte-modified-reset-to-0xcffffffd-after/td-p/238751
"""

from ...flash.records import OptionState
from ..flash_registers import register_text
from ..occurrences import Occurrences
from ..rule import HOST, LIKELY, Confidence, Evidence, Rule, RuleInfo, Severity
from .option_steps import OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable  # novm

    from ...context import Context
    from ..rule import Finding

ADVICE = (
    'Taking write protection off changes the option bytes: do it only at a stable supply, and after'
    ' asking whether the protection is meant.',
    'Write the WRP bits of an unprotected part, start, load the options if the family wants it, and'
    ' read them back.',
    'That needs read-out protection level 0; the way back from level 1 ERASES THE WHOLE FLASH.',
)


class AllSectorsProtected(Rule):
    """Judges the write protection that is read."""

    info = RuleInfo(
        'OPT013',
        'all-sectors-protected',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('swd',),
        False,
        'every sector of the flash is write protected',
        'RM0431 3.5, RM0090, RM0444: write protection; [F722], [F429OB], [F427OB]',
        LIKELY,
    )
    consumes = OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(AllSectorsProtected, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._seen = {}  # type: Dict[str, Occurrences]
        self._told = {}  # type: Dict[str, Finding]  # by register, not taken off since

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge every option register that speaks of sectors."""
        self._steps.feed(record)
        if not isinstance(record, OptionState) or not self._steps.is_readable or not record.sectors:
            return ()
        if len(set(record.protected)) < record.sectors:
            return self._taken_off(record)
        name = register_text(record.register)
        sentence = (
            'All {} sectors of {} are write protected ({} reads 0x{:08X}): erasing and programming are'
            ' refused'
        ).format(record.sectors, self._steps.part.name, name, record.value)
        seen = self._seen.setdefault(record.register, Occurrences())
        seen.add(record.start, record.end, sentence)
        self._told[record.register] = self.counted(seen, sentence, ADVICE, key=name)
        return (self._told[record.register],)

    def _taken_off(self, state: 'OptionState') -> 'Iterable[Finding]':
        """The register protects less now: what was told of it is history."""
        told = self._told.pop(state.register, None)
        if told is None:
            return ()
        name = register_text(state.register)
        text = '{} reads 0x{:08X}: the protection was taken off'.format(name, state.value)
        return (
            told._replace(
                severity=Severity.NOTE,
                end=state.end,
                message='{}; later {}'.format(told.message, text),
                evidence=told.evidence + (Evidence(state.start, state.end, text),),
                advice=(),
            ),
        )


RULE = AllSectorsProtected
