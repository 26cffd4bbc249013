"""BLP014 busy-then-nack: an operation was begun, answered BUSY, and ended with NACK.

What
A no-stretch command over I2C is accepted, the loader answers BUSY (0x76) at least once, and then
NACK (0x1F) instead of ACK.

Why it matters
The operation was begun and failed: the flash or the option bytes refused (write protection, a page
that does not exist, an address that cannot be programmed). Part of the pages or bytes may be
changed already.

What to do
Read the option bytes and look at write protection before the command is repeated. Then repeat it
with fewer pages or a smaller block, so that it is seen which one is refused. After a failed Readout
Unprotect, read the option bytes before anything is written: its erase may have happened all the
same.

False alarms and guards
None: the order of the answers decides. A NACK without BUSY before it is BLP003 (command), BLP006
(address) or a wrong checksum (BLP005, BLP007).

Example
  host    45 BA / 00 00 00 / 01 FF FE     No-Stretch Extended Erase of page 511
  loader  79 / 79 / 76 76 1F              accepted, BUSY twice, NACK
Told as: "No-Stretch Extended Erase (0x45) of page 511 was BUSY for 4.3 ms (2 answers) and then
refused with NACK (0x1F)".

Source
AN4221, No-Stretch commands: BUSY until the operation ends, then ACK or NACK.
"""

from ...bootloader.records import NACK
from ..faulty_commands import FaultyCommands
from ..naming import answer_text, command_text, target_text
from ..rule import TARGET, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import BootCommand


class BusyThenNack(FaultyCommands):
    """Looks at how a command ended that had answered BUSY."""

    info = RuleInfo(
        'BLP014',
        'busy-then-nack',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('bootloader', 'i2c'),
        False,
        'an operation was begun, answered BUSY, and ended with NACK',
        'AN4221: No-Stretch commands',
    )
    expected = 'AN4221: BUSY (0x76) until the operation ends, then ACK (0x79)'
    advice = (
        'Read the option bytes: write protection is the usual reason.',
        (
            'This erases or writes again: repeat it with fewer pages or a smaller block, to see'
            ' which one fails.'
        ),
    )

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """A command that was busy and ended with NACK."""
        if command.status != NACK or not command.busy_count:
            return None
        return Evidence(
            command.busy_start,
            command.end,
            '{}{} was BUSY for {} ({} answers) and then refused with {}'.format(
                command_text(command.opcode),
                target_text(command),
                self.time(command.busy_end - command.busy_start),
                command.busy_count,
                answer_text(command.status),
            ),
        )


RULE = BusyThenNack
