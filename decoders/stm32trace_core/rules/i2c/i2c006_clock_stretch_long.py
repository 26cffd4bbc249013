"""I2C006 clock-stretch-long: a target holds SCL low for long inside a transfer.

What
Between START and STOP, at a place where the target and not the host keeps SCL low (before the ACK
bit, or after it), the low phase is longer than 25 ms. An error above one second.

Why it matters
While SCL is low the whole bus stands still. Many hosts end a transfer by themselves after some
milliseconds, SMBus hosts after 25; what they send next meets a target that is still at work, and
the session comes apart although nothing is broken.

What to do
Use the no-stretch commands of the loader (0x32, 0x45, 0x64, 0x74, 0x83, 0x93; protocol 1.1 and
later), which answer BUSY instead; or raise the host's time-out above the longest erase. Erase page
by page if the part stretches all the same. Do not reset a part that holds SCL: it may be writing
flash.

False alarms and guards
A loader holds SCL by design while it carries out a command that has no BUSY (0x31, 0x44, 0x63,
0x73, 0x82, 0x92). Within the time that such a command may take nothing is reported: 1 s for a
write or a protection command, 5 s for each page, 35 s for a mass erase, as stm32flash allows, or
what the data sheet of a known part gives if that was verified. Low phases between transfers,
before the first START (127 ms were seen at power-up) and inside a byte are the host's and do not
count. Limits: I2C006_STRETCH_S (0.025), I2C006_STRETCH_ERROR_S (1), STATUS_S (1),
PAGE_ERASE_S (5), MASS_ERASE_S (35).

Example
During No-Stretch Extended Erase (0x45) the ACK bit of the address comes after 6.5 s: the flash
being erased is the one the loader's own bank stalls on. The host gave up after 1 s.

Source
UM10204 rev 7, 3.1.9 (clock stretching); SMBus 2.0, table 1 (T_LOW:SEXT, 25 ms); AN4221 (the loader
stretches; no-stretch commands).
[F723] 6 to 7 s despite no-stretch,
https://community.st.com/t5/stm32-mcus-embedded-software/stm32f723-i2c-bootloader-no-stretch-erase-command-leads-to-long/m-p/169952/highlight/true
[G051W] SCL held at the ninth bit,
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/write-flash-fail-via-i2c-bootloader-3074
[STM32FLASH] Time-outs of a host tool,
https://github.com/stm32duino/stm32flash
"""

from ...bootloader.commands import COMMANDS, EXTENDED_ERASE, READOUT_UNPROTECT
from ...bootloader.records import DeviceIdentified
from ...record import CAPTURE
from ...wire.i2c import I2cTransfer
from ..limits import MASS_ERASE, PAGE_ERASE, STATUS
from ..naming import command_text
from ..occurrences import Occurrences
from ..part import Part
from ..rule import TARGET, Confidence, Rule, RuleInfo, Severity, duration_text
from .progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn

STRETCH_S = 0.025  # SMBus 2.0 table 1, t_LOW:SEXT
STRETCH_ERROR_S = 1.0  # host tools wait less for a byte: stm32flash gives a whole command 1 s

ADVICE = (
    'Do not reset the part while it holds SCL: it may be writing flash or option bytes.',
    'Use the no-stretch commands where the loader has them (Get lists 0x32, 0x45, 0x64, 0x74,'
    ' 0x83, 0x93), or'
    " raise the host's time-out above the longest erase.",
    'Erase page by page if the part holds SCL all the same.',
)


class _Stretches(object):
    """The long stretches of one address."""

    def __init__(self) -> 'None':
        self.seen = Occurrences()
        self.longest = 0  # samples
        self.words = ''  # what the longest one was, and what was expected


class ClockStretchLong(Rule):
    """Compares the longest stretch of each transfer with what the command under way may take."""

    info = RuleInfo(
        'I2C006',
        'clock-stretch-long',
        Severity.WARNING,
        Confidence.HIGH,
        TARGET,
        ('i2c', 'sample_rate'),
        True,
        'a target held SCL low inside a transfer for longer than hosts usually wait',
        'UM10204 rev 7, 3.1.9; SMBus 2.0 table 1; AN4221; [F723], [G051W], [STM32FLASH]',
    )
    consumes = (I2cTransfer, DeviceIdentified) + Progress.CONSUMES

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(ClockStretchLong, self).__init__(context, bus)
        self._progress = Progress()
        self._part = Part(context)
        self._stretches = {}  # type: Dict[int, _Stretches]

    def feed(self, record: 'Any') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge the stretch of a transfer; the command it belongs to has been seen by then."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        elif not isinstance(record, I2cTransfer):
            self._progress.feed(record)
        elif self.context.longer(record.stretch, self.context.limit('I2C006_STRETCH_S', STRETCH_S)):
            yield self._judged(record)

    def _judged(self, transfer: 'I2cTransfer') -> 'Union[Finding, Withdrawn]':
        start, end = transfer.stretch_start, transfer.stretch_start + transfer.stretch
        opcode = self._progress.at(start, transfer.address)
        expected = self.context.limit('I2C006_STRETCH_S', STRETCH_S)
        if opcode in COMMANDS and not COMMANDS[opcode].no_stretch:
            expected = self._allowed(opcode, start)
            if not self.context.longer(transfer.stretch, expected):
                by = command_text(opcode) + ' holds SCL while it works (AN4221)'
                return self.withdrawn(start, end, by)
        words = '{}{}; expected at most {}'.format(
            self.time(transfer.stretch),
            '' if opcode < 0 else ' during ' + command_text(opcode),
            duration_text(expected, 0),
        )
        stretches = self._stretches.setdefault(transfer.address, _Stretches())
        stretches.seen.add(start, end, 'SCL low for ' + words)
        if transfer.stretch > stretches.longest:
            stretches.longest, stretches.words = transfer.stretch, words
        return self._finding(transfer.address, stretches)

    def _allowed(self, opcode: 'int', start: 'int') -> 'float':
        """Return how many seconds the command `opcode`, under way at `start`, may hold SCL."""
        if opcode == READOUT_UNPROTECT:
            return MASS_ERASE.of(self.context)
        if opcode != EXTENDED_ERASE:
            return STATUS.of(self.context)
        ended = self._progress.ended
        pages = len(ended.pages) if ended is not None and ended.start <= start < ended.end else 0
        usual = pages * PAGE_ERASE.of(self.context) if pages else MASS_ERASE.of(self.context)
        timing = self._part.family.timing if self._part.family else None
        if timing is None:
            return usual
        told = pages * timing.page_erase_s or timing.mass_erase_s
        return told if timing.verified else max(told, usual)

    def _finding(self, address: 'int', stretches: '_Stretches') -> 'Finding':
        seen = stretches.seen
        name = 'an unknown address' if address < 0 else '0x{:02X}'.format(address)
        is_error = self.context.longer(
            stretches.longest, self.context.limit('I2C006_STRETCH_ERROR_S', STRETCH_ERROR_S)
        )
        often = '' if seen.count == 1 else ' (the longest of {} times)'.format(seen.count)
        return self.finding(
            seen.start,
            seen.end,
            '{} held SCL low for {}{}'.format(name, stretches.words, often),
            seen.examples,
            ADVICE,
            key=name,
            count=seen.count,
            severity=Severity.ERROR if is_error else None,
        )


RULE = ClockStretchLong
