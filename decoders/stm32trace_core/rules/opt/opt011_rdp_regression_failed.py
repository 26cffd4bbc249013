"""OPT011 rdp-regression-failed: the way back to protection level 0 was taken and did not arrive.

What
The RDP byte is written with the value of level 0 while the part is protected, the options are
started and loaded, or the part is reset as the family wants it, and the option register then
still reads a protected level.

Why it matters
The regression was refused or its result lost. The part stays protected, its flash may have been
erased or not, and a tool that does not read back reports success.

What to do
Another attempt ERASES THE WHOLE FLASH as well. Before it: measure VDD at the pin while it runs,
make sure that no protected area with PCROP_RDP set forbids it, and switch the part off for ten
seconds. Then try again slowly, with the full erase time, or through the bootloader.

False alarms and guards
Only a clean read counts: NRST high, no read error reported, and after an event that loads options
on this family (its table tells which). A read before that shows the old options on a healthy part
too.

Example
  write FLASH_OPTCR 0x0FFFAAEE     RDP 0xAA, OPTSTRT, on a part that read 0xFF
  NRST low, high
  read  FLASH_OPTCR 0x0FFFFFED     RDP still 0xFF
Told as: "The RDP byte of the STM32F4 was written 0xAA to go back to level 0, but after the
restart FLASH_OPTCR still reads 0x0FFFFFED, level 1: the regression failed".

Source
RM0090 and RM0444, read protection: regression from level 1 to level 0.
[F411FF] https://community.st.com/t5/stm32-mcus-products/rdp-protection/td-p/832180
[F407FF],
https://qa-community.st.com/stm32-mcus-boards-and-hardware-tools-26/stm32f4discovery-issue-rdp-stuck-at-0xff-164975
[WB50],
https://community.st.com/t5/stm32-mcus-security/unprotecting-stm32wb50-flash-seems-to-have-bricked-the-mcu/td-p/181384
[HOV279] https://github.com/EFeru/hoverboard-firmware-hack-FOC/issues/279
"""

from ...flash.records import OptionState
from ..flash_registers import register_text
from ..rule import SUPPLY, Confidence, Evidence, Rule, RuleInfo, Severity
from .option_steps import ENDED, GAP, LOADED, STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional  # novm

    from ...context import Context
    from ..rule import Finding
    from .option_steps import OptionStep

ADVICE = (
    'Another attempt ERASES THE WHOLE FLASH as well: be sure that its content is not needed.',
    'Measure VDD at the pin while it runs: a supply that dips is the commonest cause.',
    'Check that no protected area (PCROP with PCROP_RDP) forbids the regression.',
    'Switch the part off for ten seconds, connect again, and allow the full erase time; or use the'
    ' bootloader.',
)


class RdpRegressionFailed(Rule):
    """Reads the options back after a regression."""

    info = RuleInfo(
        'OPT011',
        'rdp-regression-failed',
        Severity.ERROR,
        Confidence.HIGH,
        SUPPLY,
        ('swd',),
        False,
        'the way back to protection level 0 was taken and did not arrive',
        'RM0090, RM0444: read protection; [F411FF], [F407FF], [WB50], [HOV279]',
    )
    consumes = OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RdpRegressionFailed, self).__init__(context, bus)
        self._steps = OptionSteps(context)
        self._started = None  # type: Optional[OptionStep]  # the regression
        self._value = 0  # what the RDP byte was asked to be
        self._ended = None  # type: Optional[OptionStep]
        self._loaded = None  # type: Optional[OptionStep]
        self._count = 0

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Follow the regression and what is read after it."""
        for step in self._steps.feed(record):
            self._step(step)
        if isinstance(record, OptionState):
            return self._judge(record)
        return ()

    def _step(self, step: 'OptionStep') -> 'None':
        if step.kind == STARTED:
            rdp = self._steps.rdp(step.changes)
            if rdp is not None:
                back = rdp.level_before == 1 and self._steps.part.is_level_0(rdp.new)
                self._started = step if back else None
                self._value = rdp.new
                self._ended = self._loaded = None
        elif self._started is not None:
            if step.kind == ENDED and self._ended is None:
                self._ended = step
            elif step.kind == LOADED:
                self._loaded = step
            elif step.kind == GAP:
                self._started = None

    def _judge(self, state: 'OptionState') -> 'List[Finding]':
        started, loaded = self._started, self._loaded
        if started is None or loaded is None or state.level < 0 or not self._steps.is_readable:
            return []
        self._started = None
        if state.level == 0:
            return []
        self._count += 1
        name = register_text(state.register)
        sentence = (
            'The RDP byte of {} was written 0x{:02X} to go back to level 0, but after the restart {}'
            ' still reads 0x{:08X}, level {}: the regression failed'
        ).format(self._steps.part.name, self._value, name, state.value, state.level)
        return [
            self.finding(
                started.start,
                state.end,
                sentence,
                self._evidence(started, loaded, state),
                ADVICE,
                key=str(self._count) if self._count > 1 else '',
            )
        ]

    def _evidence(
        self, started: 'OptionStep', loaded: 'OptionStep', state: 'OptionState'
    ) -> 'List[Evidence]':
        told = [Evidence(started.start, started.end, 'Started: ' + started.changes[0].text)]
        if self._ended is not None and self._ended.flags:
            text = 'The part reported ' + ', '.join(self._ended.flags)
            told.append(Evidence(self._ended.start, self._ended.end, text))
        told.append(Evidence(loaded.start, loaded.end, 'Restart ({})'.format(loaded.cause)))
        text = '{} reads 0x{:08X}: level {}; level 0 was expected'
        name = register_text(state.register)
        told.append(Evidence(state.start, state.end, text.format(name, state.value, state.level)))
        return told


RULE = RdpRegressionFailed
