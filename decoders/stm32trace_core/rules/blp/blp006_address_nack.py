"""BLP006 address-nack: the loader refuses an address whose checksum is right.

What
The four address bytes of a Read Memory, Write Memory, Go or Get Checksum fit their checksum, and
the loader answers NACK (0x1F).

Why it matters
The loader does not serve this address: it lies behind the end of the flash, in an area this loader
does not open (option bytes, system memory, the loader's own RAM), or it is not aligned as the
command wants it. A host that goes on regardless leaves a hole in the image.

What to do
Compare the address with the memory map of the part that Get ID names; the finding says where the
address lies as far as the table of the part tells. Align Write Memory to the programming unit.

False alarms and guards
Some loaders refuse addresses that are legal on the part (the STM32L05 refuses the word with the
flash size): look into AN2606, known limitations, before the host is blamed. A wrong checksum is
BLP005, a refused command BLP003.

Example
  host    08 02 00 00 0A        address 0x08020000, checksum right; G071 has 128 KiB, to 0x0801FFFF
  loader  1F                    NACK
Told as: "Write Memory (0x31): address 0x08020000 was refused with NACK (0x1F); it lies outside its
flash, option bytes and RAM on STM32G07x/G08x".

Source
AN3155 and AN4221, Read Memory and Write Memory commands: NACK for an address that is not valid.
A loader that refuses a legal address [L61], https://github.com/florisla/stm32loader/issues/61
NACK behind a flash boundary [L31], https://github.com/florisla/stm32loader/issues/31
"""

from ...bits import big_endian
from ...bootloader.records import ADDRESS, NACK, BootCommand, DeviceIdentified
from ..faulty_commands import FaultyCommands
from ..frames import ADDRESS_FRAME_BYTES, has_good_checksum, step_named
from ..naming import address_text, answer_text, command_text
from ..part import Part
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional  # novm

    from ...context import Context
    from ..rule import Finding


class AddressNack(FaultyCommands):
    """Looks at the answer to every address frame."""

    info = RuleInfo(
        'BLP006',
        'address-nack',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the loader refuses an address whose checksum is right',
        'AN3155, AN4221: Read Memory and Write Memory commands',
    )
    consumes = (BootCommand, DeviceIdentified)
    expected = 'AN3155, AN4221: ACK for a valid address'
    advice = (
        (
            'Compare the address with the memory map of the part, and its alignment with the'
            ' programming unit.'
        ),
        'Look into AN2606 for addresses that this loader does not serve.',
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(AddressNack, self).__init__(context, bus)
        self._parts = {}  # type: Dict[int, Part]  # by target

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Learn which part it is, and judge commands."""
        if isinstance(record, DeviceIdentified):
            self._part(record.target).identify(record)
            return ()
        return super(AddressNack, self).feed(record)

    def _part(self, target: 'int') -> 'Part':
        return self._parts.setdefault(target, Part(self.context))

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """A command whose address frame is right and was refused."""
        step = step_named(command, ADDRESS)
        if step is None or step.status != NACK or len(step.sent) != ADDRESS_FRAME_BYTES:
            return None
        if not has_good_checksum(step.sent):
            return None
        address = big_endian(step.sent[:-1])
        part = self._part(command.target)
        return Evidence(
            step.start,
            step.end,
            '{}: address {} was refused with {}; it lies {} on {}'.format(
                command_text(command.opcode),
                address_text(address),
                answer_text(step.status),
                part.place(address),
                part.name,
            ),
        )


RULE = AddressNack
