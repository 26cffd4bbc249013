"""BLP009 incomplete-frame: the host sends fewer bytes than a frame needs, and then waits.

What
A frame of the host ends before it is whole: an opcode without its complement, fewer bytes than the
leading count announces, a page list shorter than the count, a missing checksum.

Why it matters
The loader still waits for the rest and says nothing. The host waits for an answer. Whatever the
host sends next is taken for the missing bytes.

What to do
Compute the count, the list and the checksum again: counts are "number less one", pages of Extended
Erase take two bytes each, and the checksum is a byte of its own.

False alarms and guards
Over I2C every frame is one transfer, so its STOP ends it. Over UART a host may be slow: there only
a pause of more than 1 s after the last byte (limit BLP009_PAUSE_S) counts as the end of the frame,
and without a sample rate the rule is not evaluated. A frame cut off by the end of the capture or by
a reset is none of this.

Example
  host    44 BB                 Extended Erase
  loader  79
  host    00 01  00 00  00      count 1: two pages and a checksum, 7 bytes; the last two are missing
  loader  (silence)
Told as: "Extended Erase (0x44) sent 5 of the 7 bytes of its frame 'data'; the
loader's answer: no answer".

Source
AN3155 and AN4221, the frames of each command.
An erase that never answers because its frame is incomplete [F030ER],
https://community.st.com/t5/stm32-mcus-embedded-software/erase-command-bootloader-not-responding/m-p/216658/highlight/true
"""

from ...bootloader.records import I2C, INCOMPLETE
from ..faulty_commands import FaultyCommands
from ..frames import announced_bytes
from ..naming import answer_text, command_text
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import BootCommand

# A pause of this length ends a frame over UART. Source: rules.md BLP009.
PAUSE_S = 1.0


class IncompleteFrame(FaultyCommands):
    """Counts the bytes of the last frame of a command that did not go on."""

    info = RuleInfo(
        'BLP009',
        'incomplete-frame',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader', 'i2c|sample_rate'),
        False,
        'the host sends fewer bytes than a frame needs, and then waits',
        'AN3155, AN4221: frames of each command',
    )
    expected = 'AN3155, AN4221: frames of each command'
    advice = (
        'Compute count, list and checksum of this frame again; counts are the number less one.',
        (
            'Synchronise again before the next command: the loader still waits for the rest of'
            ' this frame.'
        ),
    )

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """A command that ended inside a frame of the host."""
        if command.outcome != INCOMPLETE or not command.steps:
            return None
        step = command.steps[-1]
        if command.transport != I2C and not self._is_over(command.end - step.end):
            return None
        due = announced_bytes(command, len(command.steps) - 1)
        share = (
            'fewer than the announced'
            if due is None
            else '{} of the {}'.format(len(step.sent), due)
        )
        return Evidence(
            step.start,
            step.end,
            "{} sent {} bytes of its frame '{}'; the loader's answer: {}".format(
                command_text(command.opcode),
                share,
                step.name,
                answer_text(step.status, step.value),
            ),
        )

    def _is_over(self, pause: 'int') -> 'bool':
        return self.context.longer(pause, self.context.limit('BLP009_PAUSE_S', PAUSE_S))


RULE = IncompleteFrame
