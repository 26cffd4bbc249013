"""BLP001 bad-command-complement: the second byte of a command is not the complement of the first.

What
A command of the bootloader is two bytes: the opcode, and the opcode with all bits inverted. Here
the second byte is another one. The loader answers NACK and does nothing.

Why it matters
Either the host forms its frames wrongly, or a byte was changed on its way. In both cases the
command does not get through, and a host that ignores the NACK goes on with frames that the loader
takes for something else.

What to do
Send opcode XOR 0xFF as the second byte. Where the host's code is right, look at the signal: a
single changed bit points to the wiring.

False alarms and guards
The pair 0xFF 0x00, which hosts send to get a NACK and with it the loader's attention, is a valid
pair. Bytes for other devices on the same bus are no commands: only frames to the loader count.

Example
  host    02 FC         Get ID is 02 FD
  loader  1F            NACK
Told as: "Get ID (0x02) was sent with 0xFC where its complement 0xFD is due; the loader's answer:
NACK (0x1F)".

Source
AN3155 (USART) and AN4221 (I2C), chapter "Bootloader command set": opcode and complement.
"""

from ...bits import complement
from ...bootloader.records import BAD_COMPLEMENT
from ..faulty_commands import FaultyCommands
from ..naming import answer_text, bytes_text, command_text
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import BootCommand


class BadCommandComplement(FaultyCommands):
    """Looks at the two bytes of every command."""

    info = RuleInfo(
        'BLP001',
        'bad-command-complement',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the second byte of a command is not the complement of the first',
        'AN3155, AN4221: bootloader command set',
    )
    expected = 'AN3155, AN4221: opcode and complement'
    advice = (
        'Send the complement (opcode XOR 0xFF) as the second byte of every command.',
        "Where the host's code is right, check the signal: one changed bit points to the wiring.",
    )

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """A command whose two bytes do not fit each other."""
        if command.outcome != BAD_COMPLEMENT or not command.steps:
            return None
        step = command.steps[0]
        return Evidence(
            command.start,
            command.end,
            (
                "{} was sent with 0x{} where its complement 0x{:02X} is due; the loader's answer:"
                ' {}'
            ).format(
                command_text(command.opcode),
                bytes_text(step.sent[1:2]),
                complement(command.opcode),
                answer_text(step.status, step.value),
            ),
        )


RULE = BadCommandComplement
