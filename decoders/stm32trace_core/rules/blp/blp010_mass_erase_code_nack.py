"""BLP010 mass-erase-code-nack: the loader refuses to erase everything, or a bank.

What
The loader accepts the erase command and then answers NACK (0x1F) to a special code: 0xFFFF for
everything, 0xFFFE or 0xFFFD for a bank, 0xFF of the short form. Code and checksum are right.

Why it matters
Nothing was erased. A host that writes all the same gets a damaged image.

What to do
Erase the pages one by one, with a list. Do not set and take off read-out protection in place of an
erase: it rewrites the option bytes each time.

False alarms and guards
A command refused at its opcode is BLP003 or BLP004 (read-out protection); a code with a wrong
checksum is not told here.

Example
  host    44 BB         loader  79
  host    FF FF 00      loader  1F
Told as: "Extended Erase (0x44) of the whole flash: the code 0xFFFF was refused with NACK (0x1F)
although its checksum is right".

Source
AN3155 and AN4221, Extended Erase Memory command: special codes, and which parts lack them.
NACK to the code on an STM32L0 [L0ER],
https://qa-community.st.com/stm32-mcus-embedded-software-40/bootloader-uart-nack-to-mass-erase-in-extended-erase-memory-command-159838
Toggling RDP in its place on an STM32L1 [L1ER],
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32l1-system-bootloader-erase-116533
"""

from ...bootloader.records import NACK, REFUSED
from ..faulty_commands import FaultyCommands
from ..naming import answer_text, command_text, target_text
from ..protection import ERASES
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...bootloader.records import BootCommand


class MassEraseCodeNack(FaultyCommands):
    """Looks at the answer to special erase codes."""

    info = RuleInfo(
        'BLP010',
        'mass-erase-code-nack',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('bootloader',),
        False,
        'the loader refuses to erase everything, or a bank',
        'AN3155, AN4221: Extended Erase Memory command',
    )
    expected = 'AN3155, AN4221: ACK once it is erased, where the loader has this code'
    advice = (
        'Erase page by page with a list: some families (STM32L0, L1 among them) lack the codes.',
        'Do not set and take off read-out protection in place of an erase: that ERASES THE WHOLE'
        ' FLASH and rewrites the option bytes each time.',
    )

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """An erase that was accepted, and its special code refused."""
        if command.opcode not in ERASES or command.special is None or not command.accepted:
            return None
        step = command.steps[-1]
        if command.outcome != REFUSED or not step.sent:
            return None
        text = '{}{}: the code 0x{:X} was refused with {} although its checksum is right'
        return Evidence(
            step.start,
            step.end,
            text.format(
                command_text(command.opcode),
                target_text(command),
                command.special,
                answer_text(NACK),
            ),
        )


RULE = MassEraseCodeNack
