"""BLP005 bad-address-checksum: the checksum of an address frame is wrong.

What
Read Memory, Write Memory, Go and Get Checksum send an address as four bytes, the most significant
first, and as fifth byte the XOR of the four. Here the fifth byte is another one.

Why it matters
The loader answers NACK and drops the command. Nothing is read or written.

What to do
Compute the checksum over exactly the four address bytes that are sent, starting from 0.

False alarms and guards
None: the five bytes either fit or do not.

Example
  host    08 00 00 00 09        08 XOR 00 XOR 00 XOR 00 = 08
  loader  1F                    NACK
Told as: "Read Memory (0x11) sent address 0x08000000 with checksum 0x09 where 0x08 is due; ...".

Source
AN3155 and AN4221, Read Memory command; Write Memory, Go and Get Checksum have the same frame.
"""

from ...bits import big_endian, xor
from ...bootloader.records import ADDRESS
from ..faulty_commands import FaultyCommands
from ..frames import ADDRESS_FRAME_BYTES, has_good_checksum, step_named
from ..naming import address_text, answer_text, command_text
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import BootCommand


class BadAddressChecksum(FaultyCommands):
    """Computes the checksum of every address frame."""

    info = RuleInfo(
        'BLP005',
        'bad-address-checksum',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the checksum of an address frame is wrong',
        'AN3155, AN4221: Read Memory command',
    )
    expected = 'AN3155, AN4221: XOR of the four address bytes'
    advice = ('Send the XOR of the four address bytes as the fifth byte of every address frame.',)

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """A command whose address frame is whole and does not fit its checksum."""
        step = step_named(command, ADDRESS)
        frame = b'' if step is None else step.sent[:ADDRESS_FRAME_BYTES]
        if step is None or len(frame) < ADDRESS_FRAME_BYTES or has_good_checksum(frame):
            return None
        return Evidence(
            step.start,
            step.end,
            (
                "{} sent address {} with checksum 0x{:02X} where 0x{:02X} is due; the loader's"
                ' answer: {}'
            ).format(
                command_text(command.opcode),
                address_text(big_endian(frame[:-1])),
                frame[-1],
                xor(frame[:-1]),
                answer_text(step.status, step.value),
            ),
        )


RULE = BadAddressChecksum
