"""BLS008 no-verify: flash was written and not read back before the session ends.

What
The loader acknowledged writes to main flash. Then the part is started with Go, reset, or left
alone, and some of what was written was neither read back nor covered by Get Checksum.

Why it matters
An ACK to Write Memory does not prove that the flash took the data: loaders acknowledge blocks that
they did not store (BLP008, DIA009). Without a read-back nobody notices before the part fails.

What to do
Read every block back and compare, or ask Get Checksum where the loader has it.

False alarms and guards
A capture that ends before the host could verify says nothing: only Go, a reset, or 2 s without a
command up to the end of the data end a session (limit BLS008_QUIET_S). A gap may hide the
read-back.

Example
  host    31 CE / 08 00 00 00 08 / FF ...     loader  79 / 79 / 79
  host    21 DE / 08 00 00 00 08              loader  79 / 79
Told as: "256 bytes of flash that were written were not read back before Go".

Source
AN3155 and AN4221, Write Memory command: no error is returned for a write to protected sectors.
Acknowledged and never stored, STM32G0B0 and STM32G0B1 [G0AL],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g0b0-and-stm32g0b1-i2c-bootloader-issue-19741
"""

from ...bootloader.commands import GET_CHECKSUM
from ...bootloader.records import OK, BootCommand
from ...flash.contents import FlashCheck, FlashWrite
from ...flash.records import BANK_ERASE, GO, MASS_ERASE, FlashOperation
from ...lines import NRST, POWER, CaptureGap, Reset
from ..naming import address_text, number_text
from ..rule import HOST, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional  # novm

    from ...context import Context
    from ..rule import Finding

QUIET_S = 2.0
ADVICE = ('Read every block back and compare it, or ask Get Checksum where the loader has it.',)


class NoVerify(Rule):
    """Counts what was written and not read back when a session ends."""

    info = RuleInfo(
        'BLS008',
        'no-verify',
        Severity.NOTE,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'flash was written and not read back before the session ends',
        'AN3155, AN4221: Write Memory command',
    )
    consumes = (BootCommand, CaptureGap, FlashCheck, FlashOperation, FlashWrite, Reset)

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(NoVerify, self).__init__(context, bus)
        self._first = None  # type: Optional[FlashWrite]  # of those that are open
        self._unverified = 0
        self._written = 0  # bytes, in this session
        self._last = 0  # end of the last command
        self._end = 0  # of the last write

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Count a write or a read, or judge the end of a session."""
        if isinstance(record, FlashWrite):
            self._first = self._first or record
            self._unverified, self._end = record.unverified, record.end
            self._written += record.length
        elif isinstance(record, FlashCheck):
            self._unverified = record.unverified
        elif isinstance(record, CaptureGap):
            self._begin()
        elif isinstance(record, BootCommand):
            self._command(record)
        elif isinstance(record, Reset):
            if record.cause in (NRST, POWER):
                return self._judge('a reset', record.start)
        elif record.kind in (MASS_ERASE, BANK_ERASE):
            self._begin()
        elif record.kind == GO:
            return self._judge('Go', record.end)
        return ()

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """Judge a session after which nothing came any more."""
        quiet = self.context.limit('BLS008_QUIET_S', QUIET_S)
        if not self.context.longer(end - self._last, quiet):
            return ()
        return self._judge('the host said no more', self._last)

    def _command(self, command: 'BootCommand') -> 'None':
        self._last = max(self._last, command.end)
        if command.opcode == GET_CHECKSUM and command.outcome == OK and self._is_covered(command):
            self._unverified = 0

    def _is_covered(self, command: 'BootCommand') -> 'bool':
        """Tell whether a checksum begins where the writes did and is as long as they are."""
        address, length, first = command.address, command.length, self._first
        if address is None or length is None or first is None:
            return False
        return address <= first.address and address + length >= first.address + self._written

    def _begin(self) -> 'None':
        self._first = None
        self._unverified = self._written = 0

    def _judge(self, ended_by: 'str', end: 'int') -> 'Iterable[Finding]':
        first, unverified, written = self._first, self._unverified, self._written
        self._begin()
        if first is None or not unverified:
            return ()
        share = '' if unverified >= written else ', of {}'.format(written)
        sentence = '{} of flash{} that were written were not read back before {}'.format(
            number_text(unverified, 'byte'), share, ended_by
        )
        text = 'writes to flash, the first to {}; ACK proves nothing of the flash (AN3155)'
        evidence = Evidence(first.start, self._end, text.format(address_text(first.address)))
        return (self.finding(first.start, end, sentence, (evidence,), ADVICE),)


RULE = NoVerify
