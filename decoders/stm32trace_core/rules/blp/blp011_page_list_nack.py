"""BLP011 page-list-nack: the loader refuses the list of pages to erase.

What
The loader accepts the erase command (and, over I2C, the count), and answers NACK (0x1F) to the list
of pages.

Why it matters
Nothing, or not all, was erased. A host that writes all the same gets a damaged image.

What to do
Compare the decoded list with the part: the number of its pages, how the second bank is numbered,
two bytes for each page with the high byte first in Extended Erase, one byte in Erase, and the
checksum over count and list (over the list alone over I2C).

False alarms and guards
None: a list that is refused is one. The finding tells what is wrong with it where that is to be
seen: a wrong checksum, a page behind the end of the flash, numbers that only fit with their bytes
swapped. A special code that is refused is BLP010.

Example
  host    44 BB                     loader  79
  host    00 01 00 00 01 00 00      loader  1F      pages 0 and 256; an STM32G071 has 64
Told as: "Extended Erase (0x44) of 2 pages, 0 to 256: the list was refused with NACK (0x1F); page
256 is behind the last one (63) of STM32G07x/G08x, and would fit with its bytes swapped".

Source
AN3155 and AN4221, Erase Memory and Extended Erase Memory commands.
NACK to a page erase over I2C, STM32G0B1 [G0B1PE],
https://community.st.com/t5/stm32-mcus-embedded-software/receiving-nack-during-stm32g0b1keu6-page-erase-over-i-c-in/m-p/718787
"""

from ...bootloader.commands import ERASE
from ...bootloader.records import BAD_CHECKSUM, DATA, NACK, BootCommand, DeviceIdentified
from ...devices.family import KIB
from ..faulty_commands import FaultyCommands
from ..frames import step_named
from ..naming import answer_text, command_text, target_text
from ..part import Part
from ..protection import ERASES
from ..rule import HOST, Confidence, Evidence, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional  # novm

    from ...context import Context
    from ...devices import Device
    from ..rule import Finding

BYTE_VALUES = 256
SHOWN = 8  # pages


class PageListNack(FaultyCommands):
    """Looks at the answer to lists of pages."""

    info = RuleInfo(
        'BLP011',
        'page-list-nack',
        Severity.ERROR,
        Confidence.MEDIUM,
        HOST,
        ('bootloader',),
        False,
        'the loader refuses the list of pages to erase',
        'AN3155, AN4221: Erase Memory commands',
    )
    consumes = (BootCommand, DeviceIdentified)
    expected = 'AN3155, AN4221: ACK once the pages are erased'
    advice = (
        'Compare the list with the pages of the part, the second bank among them.',
        'Extended Erase takes two bytes for each page, the high byte first, and a checksum over'
        ' count and list (over I2C: over the list alone).',
    )

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(PageListNack, self).__init__(context, bus)
        self._parts = {}  # type: Dict[int, Part]  # by target

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Learn which part it is, and judge commands."""
        if isinstance(record, DeviceIdentified):
            self._part(record.target).identify(record)
            return ()
        return super(PageListNack, self).feed(record)

    def _part(self, target: 'int') -> 'Part':
        return self._parts.setdefault(target, Part(self.context))

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """An erase that was accepted, and its list refused."""
        step = step_named(command, DATA)
        if command.opcode not in ERASES or command.special is not None or step is None:
            return None
        if not command.accepted or step.status != NACK:
            return None
        text = '{}{}: the list was refused with {}{}'.format(
            command_text(command.opcode),
            target_text(command),
            answer_text(NACK),
            self._reason(command),
        )
        pages = ', '.join(str(page) for page in command.pages[:SHOWN])
        more = ', ...' if len(command.pages) > SHOWN else ''
        return Evidence(step.start, step.end, '{} (pages {}{})'.format(text, pages, more))

    def _reason(self, command: 'BootCommand') -> 'str':
        if command.outcome == BAD_CHECKSUM:
            return '; its checksum is wrong'
        part = self._part(command.target)
        last = _last_page(part.device)
        beyond = [page for page in command.pages if last is not None and page > last]
        if last is None or not beyond:
            return ' although its checksum is right'
        text = '; page {} is behind the last one ({}) of {}'.format(beyond[0], last, part.name)
        swapped = all(_swapped(page) <= last for page in command.pages)
        if command.opcode != ERASE and swapped:
            text += ', and would fit with its bytes swapped'
        return text


def _last_page(device: 'Optional[Device]') -> 'Optional[int]':
    if device is None:
        return None
    return (len(device.sectors) or device.max_flash_kib * KIB // device.page_size) - 1


def _swapped(page: 'int') -> 'int':
    high, low = divmod(page, BYTE_VALUES)
    return low * BYTE_VALUES + high


RULE = PageListNack
