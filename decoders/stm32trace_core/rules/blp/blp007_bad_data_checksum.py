"""BLP007 bad-data-checksum: the checksum of a Write Memory data frame is wrong.

What
The data frame of Write Memory is N (the number of bytes less one), the bytes, and the XOR of N and
all the bytes. Here the last byte is another one.

Why it matters
The loader answers NACK and the block is not written. The mistake seen in public is to leave N out
of the XOR, or to take the N of a full block (0xFF) for every block: that works for blocks of 256
bytes and fails with the last, shorter one.

What to do
Include N in the XOR. The finding says when the byte sent is exactly the XOR of one of these two
mistakes.

False alarms and guards
A frame with fewer bytes than N announces is BLP009; one with more is judged up to the byte where
its checksum is due.

Example
  host    03 AA BB CC DD 00     03 XOR AA XOR BB XOR CC XOR DD = 03; 00 is the XOR without N
  loader  1F                    NACK
Told as: "Write Memory (0x31) to 0x08000000 sent 4 bytes with checksum 0x00 where 0x03 is due: the
length byte was left out of the XOR; ...".

Source
AN3155 and AN4221, Write Memory command.
A host that left N out: "Write checksum must include the length byte" [L9],
https://github.com/florisla/stm32loader/issues/9
"""

from ...bits import xor
from ...bootloader.commands import NS_WRITE_MEMORY, WRITE_MEMORY
from ...bootloader.records import DATA
from ..faulty_commands import FaultyCommands
from ..frames import announced_bytes, has_good_checksum
from ..naming import address_text, answer_text, command_text
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import BootCommand, Step

WRITES = (WRITE_MEMORY, NS_WRITE_MEMORY)
FULL_BLOCK = 0xFF  # N of 256 bytes
ENVELOPE_BYTES = 2  # N and the checksum


class BadDataChecksum(FaultyCommands):
    """Computes the checksum of every data frame of Write Memory."""

    info = RuleInfo(
        'BLP007',
        'bad-data-checksum',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the checksum of a Write Memory data frame is wrong',
        'AN3155, AN4221: Write Memory command',
    )
    expected = 'AN3155, AN4221: XOR of N and all data bytes'
    advice = (
        'Send the XOR of the length byte N and of all data bytes as the last byte of the frame.',
        'Write the refused blocks again: they are not in the flash.',
    )

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """A Write Memory whose data frame is whole and does not fit its checksum."""
        number = len(command.steps) - 1
        if command.opcode not in WRITES or number < 0 or command.steps[number].name != DATA:
            return None
        step = command.steps[number]
        announced = announced_bytes(command, number)
        if announced is None or len(step.sent) < announced:
            return None
        frame = step.sent[:announced]
        if has_good_checksum(frame):
            return None
        return Evidence(step.start, step.end, self._describe(command, step, frame))

    @staticmethod
    def _describe(command: 'BootCommand', step: 'Step', frame: 'bytes') -> 'str':
        surplus = len(step.sent) - len(frame)
        data = len(frame) - ENVELOPE_BYTES
        return (
            '{}{} sent {} bytes{} with checksum 0x{:02X} where 0x{:02X} is due{};'
            " the loader's answer: {}"
        ).format(
            command_text(command.opcode),
            '' if command.address is None else ' to ' + address_text(command.address),
            data + surplus,
            ' where N announces {},'.format(data) if surplus else '',
            frame[-1],
            xor(frame[:-1]),
            _mistake(frame),
            answer_text(step.status, step.value),
        )


def _mistake(sent: 'bytes') -> 'str':
    """Return which known mistake leads to the checksum sent, '' for none."""
    without_length = xor(sent[1:-1])
    if sent[-1] == without_length:
        return ': the length byte was left out of the XOR'
    if sent[-1] == without_length ^ FULL_BLOCK:
        return ': it is that of a block of 256 bytes'
    return ''


RULE = BadDataChecksum
