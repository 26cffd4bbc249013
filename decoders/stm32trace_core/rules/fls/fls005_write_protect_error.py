"""FLS005 write-protect-error: the flash refused an operation because of write protection.

What
SR.WRPERR is set when the status is read after an erase, a programming or an option order, and was
clear before it.

Why it matters
Nothing was erased or programmed. The usual reasons are a sector under write protection (WRP) or
under PCROP, and read-out protection level 1, at which a debugger may not touch the flash. On F2, F4
and F7 a single protected sector is enough to refuse a mass erase, while the erase of every other
sector by itself works: this is how a tool comes to say "mass erase failed, verify flash
protection" of a part that seems to be open.

What to do
Look at the options that the finding names: the sectors under protection and the RDP byte. Erasing
sector by sector deletes only what is not protected. To erase all, first take the write protection
off: that changes option bytes, so at a stable supply and without a reset in between; then read
them back. A change from read-out protection level 1 to 0 erases the whole flash.

False alarms and guards
The flag stays set until 1 is written to it. One that was set before the operation is an old one:
the rule is then suppressed and FLS004 tells. Where SR was neither read nor cleared before, and no
reset was seen that clears it, the confidence is medium and the finding a warning; but an error
after an erase that was over within 4 ms, for it did not run. Which sectors are protected is told
from option registers that were read in the capture, never guessed.

Example
  write FLASH_CR   0x00010004    MER and STRT
  read  FLASH_SR   0x00000010    WRPERR; OPTCR had read 0xC0FCAAFD
Told as: "WRPERR: the mass erase was refused 86 us after its start; sectors 0 and 1 are write
protected (FLASH_OPTCR reads 0xC0FCAAFD), and on STM32F7 one protected sector refuses a mass erase".

Source
RM0402, 3.6.4 (mass erase cannot be performed if a sector is protected); RM0431 and RM0090, 3.6, 3.7
(F7, F4: WRPERR); RM0444, 3.3.7 and 3.7.4 (G0).
The case this is about [F722],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-39/stm32f722ze-error-mass-erase-operation-failed-please-verify-flash-protection-stm32f722ze-30186
An erase that fails on the second page [STL1305], https://github.com/stlink-org/stlink/issues/1305
OpenOCD's "device protected" [OPENOCD], https://github.com/openocd-org/openocd
"""

from ...flash.records import MASS_ERASE, PROGRAM
from ..flash_registers import register_text
from ..rule import LIKELY, TARGET, Confidence, RuleInfo, Severity
from .flags import FlagRule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Iterable, List, Sequence, Tuple  # novm

    from ...context import Context
    from ...flash.records import OptionState
    from .work import Work

# Source: RM0402 3.6.4; RM0090 3.6.3 (F4), RM0431 3.3.6 (F7), RM0033 (F2): "mass erase".
ONE_SECTOR_REFUSES_ALL = ('F2', 'F4', 'F7')

LEVEL_0 = (
    'This ERASES THE WHOLE FLASH: writing the RDP byte of level 0 takes the read-out protection off;'
    ' do it at a stable supply, and read the options back before anything else.'
)
TAKE_OFF = (
    'This changes option bytes: take the write protection off {}, at a stable supply and with no'
    ' reset before the write has ended; load the options, read them back, then repeat the operation.'
)
ONE_BY_ONE = (
    'Erasing deletes what is not protected: erase the other sectors one by one instead of all at'
    ' once.'
)
READ_OPTIONS = (
    'Read the option registers (RDP, WRP, PCROP) in the same session before repeating: they say'
    ' which protection it is.'
)


def numbers_text(numbers: 'Sequence[int]') -> 'str':
    """Numbers in order, runs of three and more as a range: '0 and 1', '0 to 3, 7 and 9'."""
    runs = []  # type: List[List[int]]
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = []  # type: List[str]
    for run in runs:
        parts += [str(one) for one in run] if len(run) < 3 else [_range_text(run)]
    return parts[0] if len(parts) == 1 else ', '.join(parts[:-1]) + ' and ' + parts[-1]


def _range_text(run: 'Sequence[int]') -> 'str':
    return '{} to {}'.format(run[0], run[-1])


class WriteProtectError(FlagRule):
    """Names what is protected when WRPERR comes up."""

    info = RuleInfo(
        'FLS005',
        'write-protect-error',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the flash refused an operation because of write protection',
        'RM0402 3.6.4, RM0431, RM0444: WRPERR; [F722], [STL1305]',
        LIKELY,
    )
    flags = ('WRPERR', 'WRPRTERR')  # the latter: F1

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(WriteProtectError, self).__init__(context, bus)
        self._options = {}  # type: Dict[str, OptionState]

    def option(self, state: 'OptionState') -> 'None':
        """Keep the last word of each option register."""
        self._options[state.register] = state

    def describe(self, work: 'Work', names: 'List[str]') -> 'str':
        """Say what was refused, and by which protection as far as it was read."""
        when = ''
        if work.last is not None and work.kind != PROGRAM:
            when = ' {} after its start'.format(self.time(work.last.end - work.end))
        return '{}: {} was refused{}; {}'.format(names[0], work.name, when, self._reason(work))

    def _reason(self, work: 'Work') -> 'str':
        protected = self._protected()
        reasons = []  # type: List[str]
        if protected:
            reasons.append(self._protected_text(work, protected))
        level_1 = [state for state in self._options.values() if state.level == 1]
        if level_1:
            reasons.append(_level_text(level_1[0]))
        if reasons:
            return '; '.join(reasons)
        if any(state.sectors for state in self._options.values()):
            return 'no {} is write protected ({}): PCROP or a secured area may cover it'.format(
                self.controller.noun, self._registers_text()
            )
        return 'which protection it is was not read in this capture'

    def _protected_text(self, work: 'Work', protected: 'Tuple[int, ...]') -> 'str':
        text = '{} write protected ({})'.format(
            self._sectors_text(protected), self._registers_text()
        )
        if work.kind == MASS_ERASE and self._one_refuses_all():
            text += ', and on {} one protected {} refuses a mass erase'.format(
                self._family_name(), self.controller.noun
            )
        return text

    def _protected(self) -> 'Tuple[int, ...]':
        found = [number for state in self._options.values() for number in state.protected]
        return tuple(sorted(set(found)))

    def _sectors_text(self, numbers: 'Tuple[int, ...]') -> 'str':
        one = len(numbers) == 1
        return '{}{} {} {}'.format(
            self.controller.noun, '' if one else 's', numbers_text(numbers), 'is' if one else 'are'
        )

    def _registers_text(self) -> 'str':
        states = [self._options[name] for name in sorted(self._options)]
        return ', '.join(_register_text(state) for state in states if state.sectors)

    def _family_name(self) -> 'str':
        return ' and '.join(family.name for family in self.controller.registers.families)

    def _one_refuses_all(self) -> 'bool':
        families = self.controller.registers.families
        return all(family.key in ONE_SECTOR_REFUSES_ALL for family in families)

    def advice(self, work: 'Work', names: 'List[str]') -> 'Iterable[str]':
        """Return what fits the protection that was read."""
        protected = self._protected()
        steps = []  # type: List[str]
        if protected and work.kind == MASS_ERASE and self._one_refuses_all():
            steps.append(ONE_BY_ONE)
        if protected:
            many = '' if len(protected) == 1 else 's'
            steps.append(
                TAKE_OFF.format(
                    '{}{} {}'.format(self.controller.noun, many, numbers_text(protected))
                )
            )
        if any(state.level == 1 for state in self._options.values()):
            steps.append(LEVEL_0)
        return steps or [READ_OPTIONS]


def _level_text(state: 'OptionState') -> 'str':
    rdp = '' if state.rdp < 0 else 'RDP is 0x{:02X}; '.format(state.rdp)
    return 'the part is at read-out protection level 1 ({}{})'.format(rdp, _register_text(state))


def _register_text(state: 'OptionState') -> 'str':
    return '{} reads 0x{:08X}'.format(register_text(state.register), state.value)


RULE = WriteProtectError
