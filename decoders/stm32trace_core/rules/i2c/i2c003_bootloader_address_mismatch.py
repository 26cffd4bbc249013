"""I2C003 bootloader-address-mismatch: a bootloader address that is not this part's.

What
An address is tried and never answers, and it is related to the address that the bootloader should
have: twice or half of it, which happens when a 7-bit address is taken for one in 8-bit notation or
the other way round; or the documented address of another STM32 line. What the address should be is
known from the family given on the command line, from Get ID, from the address given, or from a
bootloader that does answer on this bus.

Why it matters
The part is fine and is never asked. The same symptom, nothing but NACKs, otherwise starts a long
search for wiring faults and locked option bytes.

What to do
Use the 7-bit address of the part's own line. STM32 HAL functions want that value shifted left by
one; Linux and Arduino want it as it is. Check the revision of AN2606: older ones have copy errors.

False alarms and guards
Other devices may live at any of these addresses. So the rule needs a hint which part is meant, is
silent at an address that answers at any time, at one that is a step of a bus scan, and where the
right address was tried as well and did not answer either. It is a note if the host finds the right
address by itself later, and, while a bootloader does answer at its right address, for the address
of another line: a second STM32 may be on the bus. Limit: I2C_SCAN_ADDRESSES (8).

Example
`--family G030` and 12 attempts on 0x51: that is the loader of G07x and G08x, while G03x and G04x
have theirs at 0x56. Or 0x28 is tried for a G071: 0x51 was given to a HAL that expected 0xA2.

Source
AN2606, the I2C addresses of each product (rev 45 printed 0x51 for G03x, rev 47 0x56); UM10204 rev
7, 3.1.10.
[G030A] 0x56, not 0x51,
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g030f6-i2c-bootloader-v1-2-31030
[G030N] Address not acknowledged,
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g030f6-i2c-bootloader-not-working-no-ack-42063
[H7B3] Address notation and pins,
https://community.st.com/t5/stm32-mcus-embedded-software/what-i2c-device-address-to-use-for-stm32-slave-bootloader/td-p/104557
"""

from ...bootloader.records import DeviceIdentified
from ...devices import loader_addresses
from ...record import CAPTURE
from ..part import Part
from ..rule import HOST, Confidence, Rule, RuleInfo, Severity
from .addresses import AddressBook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Union  # novm

    from ...context import Context
    from ...devices import Device
    from ..rule import Finding, Withdrawn
    from .addresses import Attempts

SEVEN_BITS = 0x7F
ANY_DIGIT = 'X'  # in the name of a line: 'STM32G07x/G08x'

DOUBLED = '{wrong} is what remains of twice {right}: the address was shifted left once too often'
HALVED = '{wrong} is half of {right}: the 7-bit address was given where the shifted one is expected'
OTHER_LINE = '{wrong} is the address of {parts}'

ADVICE = (
    'Let the host use the 7-bit address {right}; the STM32 HAL wants it shifted left by one, Linux'
    ' and Arduino do not.',
    'Check which line the part belongs to, and its address in the newest revision of AN2606.',
)


class BootloaderAddressMismatch(Rule):
    """Compares the addresses of one bus that never answer with the one that should."""

    info = RuleInfo(
        'I2C003',
        'bootloader-address-mismatch',
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        ('i2c', 'family|bootloader'),
        False,
        'the host uses the bootloader address of another part, or the right one in the wrong'
        ' notation',
        'AN2606; UM10204 rev 7, 3.1.10; [G030A], [G030N], [H7B3]',
    )
    consumes = AddressBook.CONSUMES + (DeviceIdentified,)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(BootloaderAddressMismatch, self).__init__(context, bus)
        self._book = AddressBook(context)
        self._part = Part(context)

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Keep the record in the book, and what the part tells of itself."""
        if isinstance(record, DeviceIdentified):
            self._part.identify(record)
        else:
            self._book.feed(record)
        return ()

    def finish(self, end: 'int') -> 'Iterator[Union[Finding, Withdrawn]]':
        """Compare every address that never answered."""
        expected = self._expected()
        scanned = self._book.scanned()
        for attempts in self._book.silent():
            if attempts.ten_bit or attempts in scanned or attempts.address in expected:
                continue
            for right in sorted(expected):
                reason = self._reason(attempts.address, right)
                if reason:
                    yield self._judged(attempts, right, expected[right], reason)
                    break

    def _expected(self) -> 'Dict[int, str]':
        """Return address -> what should answer there."""
        expected = {
            device.i2c_address: device.name for device in self._lines() if device.i2c_address
        }
        for address in self._book.loaders:
            expected.setdefault(address, 'this part')
        if self.context.address is not None:
            expected.setdefault(self.context.address, 'this part')
        return expected

    def _lines(self) -> 'List[Device]':
        """Return the lines that the part may be of, [] if nothing is known of it."""
        part = self._part
        if part.family is None:
            return []
        if part.device is not None:
            return [part.device]
        hint = (self.context.family or '').upper().replace('STM32', '')
        matching = [device for device in part.family.devices if _matches(device.name, hint)]
        return matching or list(part.family.devices)

    def _reason(self, wrong: 'int', right: 'int') -> 'str':
        """Return how `wrong` comes from `right`, '' if it does not."""
        if wrong == right * 2 & SEVEN_BITS:
            return DOUBLED
        if wrong == right // 2:
            return HALVED
        return OTHER_LINE if self._lines() and wrong in loader_addresses() else ''

    def _judged(
        self, attempts: 'Attempts', right: 'int', whose: 'str', reason: 'str'
    ) -> 'Union[Finding, Withdrawn]':
        asked = self._book.find(right)
        seen = attempts.unanswered
        if asked is not None and not asked.answers:
            by = '{} was tried as well and did not answer either'.format(asked.name)
            return self.withdrawn(seen.start, seen.end, by)
        harmless = asked is not None and (reason == OTHER_LINE or asked.is_answered_after(seen.end))
        name = '0x{:02X}'.format(right)
        parts = ', '.join(loader_addresses().get(attempts.address, ()))
        return self.finding(
            seen.start,
            seen.end,
            'The host addressed {} ({} refused), but the bootloader of {} is at {}; {}'.format(
                attempts.name,
                '1 attempt' if seen.count == 1 else '{} attempts'.format(seen.count),
                whose,
                name,
                reason.format(wrong=attempts.name, right=name, parts=parts),
            ),
            seen.examples,
            [line.format(right=name) for line in ADVICE],
            key=attempts.name,
            count=seen.count,
            severity=Severity.NOTE if harmless else None,
        )


def _matches(names: 'str', hint: 'str') -> 'bool':
    """Tell whether the part `hint` ('G071RB') can be of the line `names` ('STM32G07x/G08x')."""
    patterns = names.upper().replace('STM32', '').split('/')
    return any(
        all(digit in (ANY_DIGIT, given) for digit, given in zip(pattern, hint))
        for pattern in patterns
    )


RULE = BootloaderAddressMismatch
