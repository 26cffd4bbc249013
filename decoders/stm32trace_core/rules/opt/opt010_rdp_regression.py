"""OPT010 rdp-regression: read-out protection is taken off, which erases the part.

What
A part that had refused commands because it is read protected accepts Readout Unprotect (0x92,
0x93). Over SWD: the option programming is started with the RDP value of level 0, on a part that
was read at level 1.

Why it matters
The part erases its whole flash, rewrites the option bytes and restarts. Whatever was in it is
gone. Until it has restarted, a reset or a loss of supply can leave the option bytes half written.

What to do
Keep supply and reset line untouched until the loader has answered the second time and the part
has restarted; allow the full erase time of the part. Then connect again, read the option bytes
and check that the level is 0 before anything else is written. Do not make this a step of every
update.

False alarms and guards
Unlocking a part is a normal thing to do, so this is a warning that says what it costs. It becomes
a note when the RDP byte is read back afterwards with the value of level 0 (where the table of the
part tells where that byte is), or, over SWD, when the option register is read with level 0 once
the programming has ended. A part of which nothing shows that it was protected is BLS001.

Example
  host    11 EE       loader  1F                 Read Memory is refused
  host    93 6C       loader  79 76 76 ... 79    BUSY while everything is erased, then done
Told as: "No-Stretch Readout Unprotect (0x93) took the read-out protection off, which erased the
whole flash in 67.5 ms: Read Memory (0x11) had been refused before".
  read  FLASH_OPTCR 0xC0FFFFFD                            RDP 0xFF: level 1
  write FLASH_OPTCR 0xC0FFAAFE                            RDP 0xAA, OPTSTRT
Told as: "The RDP byte of STM32F72x/F73x was changed from 0xFF to 0xAA at level 1 and started: the
part erases its whole flash when it goes back to level 0".

Source
AN3155 and AN4221, Readout Unprotect command.
RM0444, read protection levels: regression erases the main flash.
RDP removal resets the part [MESH], https://github.com/meshtastic/meshtastic/pull/2630
A part gone after a failed unprotect [WB50],
https://community.st.com/t5/stm32-mcus-security/unprotecting-stm32wb50-flash-seems-to-have-bricked-the-mcu/td-p/181384
NACK on erase, cleared by an unprotect [FF15], https://github.com/keirf/flashfloppy/issues/15
"""

from ...bootloader.commands import READ_MEMORY
from ...bootloader.records import OK, BootCommand, BootStatus, DeviceIdentified, LoaderInfo
from ...flash.records import OptionState
from ...lines import POWER, Reset
from ..flash_registers import register_text
from ..naming import command_text
from ..part import Part
from ..protection import REFUSED, UNPROTECTS, Protection, begins_unprotect
from ..rule import HOST, LIKELY, Confidence, Evidence, RuleInfo, Severity
from ..targets import TargetRule
from .option_steps import ENDED, STARTED, OptionSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from ...context import Context
    from ..rule import Finding
    from .option_steps import OptionStep

LOADER = (BootCommand, BootStatus, DeviceIdentified, LoaderInfo, Reset)
OVER_SWD = 'RDP'  # key of what is found there
ADVICE = (
    'This ERASES THE WHOLE FLASH: be sure that its content is not needed.',
    (
        'Keep supply and reset line untouched until the second ACK and the restart; allow the full'
        ' erase time.'
    ),
    (
        'Connect again, read the option bytes and check the protection level before anything else'
        ' is written.'
    ),
)
ADVICE_SWD = (
    ADVICE[0],
    'Keep supply and reset line untouched, and expect the connection to drop; allow the full erase'
    ' time.',
    'Connect again under reset, read the option bytes and check the protection level before anything'
    ' else is written.',
)


class RdpRegression(TargetRule):
    """Follows a Readout Unprotect of a part that had refused commands."""

    info = RuleInfo(
        'OPT010',
        'rdp-regression',
        Severity.WARNING,
        Confidence.HIGH,
        HOST,
        ('bootloader|swd',),
        False,
        'read-out protection is taken off, which erases the part',
        'AN3155, AN4221: Readout Unprotect; RM0444: read protection levels',
        LIKELY,
    )
    consumes = (BootCommand, BootStatus, LoaderInfo) + OptionSteps.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(RdpRegression, self).__init__(context, bus)
        self._part = Part(context)
        self._protection = Protection(self._part)
        self._refused = ''  # the commands refused before the unprotect
        self._told = None  # type: Optional[Finding]  # of the last unprotect
        self._count = 0
        self._start = 0  # of the first unprotect
        self._steps = OptionSteps(context)
        self._regression = None  # type: Optional[Finding]  # of the last one over SWD
        self._is_over = False  # its programming has ended without an error

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge what is started and read over SWD, and what the loaders of the bus are told."""
        for step in self._steps.feed(record):
            for found in self._over_swd(step):
                yield found
        if isinstance(record, OptionState):
            for found in self._read_over_swd(record):
                yield found
        if isinstance(record, LOADER):
            for found in super(RdpRegression, self).feed(record):
                yield found

    def follow(self, record: 'Any') -> 'Iterable[Finding]':
        """Judge the begin and the end of Readout Unprotect, and what is read after it."""
        if isinstance(record, BootStatus):
            if begins_unprotect(record) and self._protection.level == REFUSED:
                return (self._begin(record),)
        elif isinstance(record, BootCommand):
            return self._judge(record)
        elif isinstance(record, LoaderInfo):
            self._protection.tell(record)
        elif isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif record.cause == POWER:
            self._protection.forget()
        return ()

    def _judge(self, command: 'BootCommand') -> 'Tuple[Finding, ...]':
        self._protection.judge(command)
        if self._told is None:
            return ()
        if command.opcode in UNPROTECTS and command.outcome == OK:
            return (self._end(self._told, command),)
        if self._shows_level_0(command):
            told, self._told = self._told, None
            return (self._confirmed(told, command),)
        return ()

    def _begin(self, status: 'BootStatus') -> 'Finding':
        self._count += 1
        refusals = self._protection.refusals
        names = sorted({refused.opcode for refused in refusals})
        self._refused = ', '.join(command_text(opcode) for opcode in names)
        evidence = [
            Evidence(
                refusals[0].start,
                refusals[0].end,
                '{} refused: the part is read protected (AN4221)'.format(self._refused),
            ),
            Evidence(
                status.command_start,
                status.end,
                '{} acknowledged: from here on the part erases its flash (AN4221)'.format(
                    command_text(status.opcode)
                ),
            ),
        ]
        self._start = status.command_start if self._count == 1 else self._start
        self._told = self.finding(
            self._start,
            status.end,
            (
                '{} takes the read-out protection off, which erases the whole flash: {} had been'
                ' refused before'
            ).format(command_text(status.opcode), self._refused),
            evidence,
            ADVICE,
            count=self._count,
        )
        return self._told

    def _end(self, told: 'Finding', command: 'BootCommand') -> 'Finding':
        lasted = self.time(command.end - command.accepted_at)
        busy = 'BUSY, then ' if command.busy_count else ''
        self._told = told._replace(
            end=command.end,
            message=(
                '{} took the read-out protection off, which erased the whole flash in {}: {} had'
                ' been refused before'
            ).format(command_text(command.opcode), lasted, self._refused),
            evidence=told.evidence
            + (
                Evidence(
                    command.steps[-1].start, command.end, busy + 'ACK (0x79): done after ' + lasted
                ),
            ),
        )
        return self._told

    def _shows_level_0(self, command: 'BootCommand') -> 'bool':
        if command.opcode != READ_MEMORY or command.outcome != OK or not command.data:
            return False
        is_rdp = command.address is not None and command.address == self._part.rdp_address
        return is_rdp and self._part.is_level_0(command.data[0])

    def _over_swd(self, step: 'OptionStep') -> 'Tuple[Finding, ...]':
        if step.kind == ENDED and not step.flags:
            self._is_over = True
        rdp = self._steps.rdp(step.changes) if step.kind == STARTED else None
        if rdp is None:
            return ()
        self._regression, self._is_over = None, False
        if rdp.level_before != 1 or not self._steps.part.is_level_0(rdp.new):
            return ()
        before = '' if rdp.old is None else 'from 0x{:02X} '.format(rdp.old)
        sentence = (
            'the RDP byte of {} was changed {}to 0x{:02X} at level 1 and started: the part erases its'
            ' whole flash when it goes back to level 0'
        ).format(self._steps.part.name, before, rdp.new)
        text = 'Started: ' + step.changes[0].text
        evidence = (Evidence(step.start, step.end, text),)
        self._count += 1
        self._start = step.start if self._count == 1 else self._start
        self._regression = self.finding(
            self._start, step.end, sentence, evidence, ADVICE_SWD, key=OVER_SWD, count=self._count
        )
        return (self._regression,)

    def _read_over_swd(self, state: 'OptionState') -> 'Tuple[Finding, ...]':
        told = self._regression
        if told is None or not self._is_over or state.level != 0 or not self._steps.is_readable:
            return ()
        self._regression = None
        text = '{} reads 0x{:08X}: level 0'.format(register_text(state.register), state.value)
        return (
            told._replace(
                severity=Severity.NOTE,
                end=state.end,
                evidence=told.evidence + (Evidence(state.start, state.end, text),),
            ),
        )

    @staticmethod
    def _confirmed(told: 'Finding', command: 'BootCommand') -> 'Finding':
        text = 'RDP reads 0x{:02X}: level 0'.format(command.data[0])
        return told._replace(
            severity=Severity.NOTE,
            end=command.end,
            evidence=told.evidence + (Evidence(command.start, command.end, text),),
        )


RULE = RdpRegression
