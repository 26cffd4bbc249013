"""DIA007 i2c-bootloader-mute: the I2C bootloader never answered in this capture.

What
The address of a bootloader is tried and refused, every time and in the whole capture, and no
bootloader answers at another address of that bus. The address is the one given with --address, the
one that AN2606 documents for the family given with --family, or a documented one while nothing
else answers on the bus.

Why it matters
This is the commonest capture of all: somebody records after the part was lost, or before it was
ever reached. It shows that nobody answers, and no more. It cannot show whether the part ever
worked, whether its loader ever ran, what its option bytes are (read protection, boot selection,
BOOT_LOCK), or whether it has power. A report that told a story here would be inventing one.

What to do
Harmless checks first, in this order:
- the address, in seven bits, of the part's own line in AN2606;
- the pins: only the documented pair is served (I2C1 on PB6, PB7 on G0);
- VDD, NRST high, BOOT0 high while NRST rises (a G0's options may ignore it);
- pull-ups and levels: if other devices answer on this bus, these are fine;
- other pins of the loader (UART, SPI, USB): it settles on what moves first;
- what is booted: a programmed first word, or a boot lock, starts the program;
- SWD under reset, reading only: silence there may mean locked options.

The last three mean a reset or a power cycle: not while an erase or option write may be pending.

Then record what this capture lacks: SCL, SDA, NRST, BOOT0 and VDD from before power-up until after
the host's first command, at ten samples per clock or more, and the attempt over SWD as well. Do
not let a tool "unlock" the part: that erases everything in it.

False alarms and guards
Silent where the address answered at any time (I2C002 and DIA001 speak then), where it is only a
step of a bus scan, and where nothing says that an STM32 is meant: neither --address nor --family
is given, and other devices answer (an RTC uses 0x51 as well). Fewer than three attempts without
such a hint are a note of low confidence. If every attempt was made while NRST or VDD was low, or
within 100 ms after, that is said instead of guessing further. Where I2C003 finds the address
wrong, its reason becomes the headline.
Limits: DIA007_FEWEST_ATTEMPTS (3), I2C_SCAN_ADDRESSES (8), RESTART_S (0.1).

Example
35 attempts on 0x51 within 1.2 s, all refused; no other address, NRST not captured. The finding
says so, and asks for a recording from before power-up.

Source
AN2606 (addresses, pins, boot selection and loader selection of each product); AN4221; RM0444 2.5
(boot configuration) and 3.4.2 (options).
[G030A] Wrong address in an old document,
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g030f6-i2c-bootloader-v1-2-31030
[G030N] Address not acknowledged,
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g030f6-i2c-bootloader-not-working-no-ack-42063
[H7B3] Notation and pins,
https://community.st.com/t5/stm32-mcus-embedded-software/what-i2c-device-address-to-use-for-stm32-slave-bootloader/td-p/104557
[G031I] Silent after a jump from the application,
https://qa-community.st.com/stm32-mcus-embedded-software-40/i2c-bootloader-on-stm32g03x-problem-44051
[G071B3] New batch with a newer loader,
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g071g-i2c-bootloader-136544
"""

from ...devices import family_named, loader_addresses
from ...lines import LevelChange
from ...record import CAPTURE
from ..i2c.addresses import AddressBook
from ..i2c.excuses import IS_LOW
from ..rule import (
    HOST,
    TARGET,
    UNKNOWN,
    WIRING,
    Confidence,
    Diagnosis,
    Evidence,
    Finding,
    RuleInfo,
    Severity,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ..i2c.addresses import Attempts
    from ..rule import Withdrawn

# Attempts on a documented address of which nobody says that a bootloader is meant.
FEWEST_ATTEMPTS = 3

NACK = 'I2C001'
MISMATCH = 'I2C003'

OTHERS = ', though the bus works ({} answered)'
EXCUSED = (
    '; each time the part could not be expected to answer ({}), so this tells nothing of the part'
    ' itself'
)
NOT_TOLD = (
    '; the capture cannot tell a wrong address, wiring or boot selection from a part that was lost'
    ' before, nor whether it can be saved'
)

BOOT0_LOW = (
    'BOOT0 was low when NRST last rose: raise it before the reset, unless the option bytes choose'
    ' what is booted.'
)
CHECK_LINES = (
    'Measure VDD, NRST and BOOT0: the part needs its supply, NRST high, and BOOT0 high while NRST'
    ' rises; on a G0 the option bytes may ignore BOOT0.'
)
BUS_WORKS = (
    'Other devices answer on this bus ({}), so wires and pull-ups work: look at the part alone.'
)
CHECK_BUS = (
    'Check pull-ups, ground and levels, and that SCL and SDA are not swapped: nothing answers at'
    ' all.'
)
CHECK_PINS = 'Check that the bus is on the pins that the loader serves, no other pair: {}.'
OTHER_INTERFACE = (
    'Keep the other pins of the loader (UART, SPI, USB) quiet: it settles on the interface that'
    ' moves first. If no erase or option write can be going on in the part, switch it off for ten'
    ' seconds and on again with BOOT0 high.'
)
READ_SWD = (
    'If no erase or option write can be going on, connect over SWD under reset and only read:'
    ' DBGMCU_IDCODE, the option register, the flash status. Do not let a tool unlock the part: that'
    ' erases all of it.'
)
RECORD = (
    'Record again, from before power-up until after the first command: SCL, SDA, NRST, BOOT0 and'
    ' VDD, at ten samples per clock period or more; and the attempt over SWD under reset as well.'
)


class I2cBootloaderMute(Diagnosis):
    """Keeps a book of addresses for every bus, and what I2C001 and I2C003 found there."""

    info = RuleInfo(
        'DIA007',
        'i2c-bootloader-mute',
        Severity.ERROR,
        Confidence.MEDIUM,
        TARGET,
        ('i2c',),
        False,
        'the I2C bootloader never answered: what the capture shows, and what it cannot',
        'AN2606; AN4221; RM0444 2.5, 3.4.2; [G030A], [G030N], [H7B3], [G031I], [G071B3]',
    )
    consumes = AddressBook.CONSUMES + (Finding,)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(I2cBootloaderMute, self).__init__(context, bus)
        self._books = {}  # type: Dict[str, AddressBook]
        self._levels = {}  # type: Dict[str, LevelChange]  # role -> its last change
        # bus -> findings on addresses, the latest of each identity
        self._found = {}  # type: Dict[str, Dict[Tuple[str, str, str], Finding]]
        self._boot0_at_reset = None  # type: Optional[int]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Keep the record in the book of its bus."""
        if isinstance(record, Finding):
            if record.rule in (NACK, MISMATCH):
                self._found.setdefault(record.bus, {})[record.identity] = record
        elif isinstance(record, LevelChange):
            self._level(record)
        else:
            self._book(record.bus).feed(record)
        return ()

    def finish(self, end: 'int') -> 'Iterator[Union[Finding, Withdrawn]]':
        """Judge every bus."""
        for bus in sorted(self._books):
            book = self._books[bus]
            found = list(self._found.get(bus, {}).values())
            silent = self._candidates(book, {one.key for one in found if one.rule == MISMATCH})
            if not silent or book.loaders:
                continue
            names = {attempts.name for attempts in silent}
            causes = [one for one in found if one.key in names]
            if self._is_meant(book, silent) or any(one.rule == MISMATCH for one in causes):
                yield self._mute(book, silent, causes)._replace(bus=bus)
            else:
                seen = silent[0].unanswered
                by = 'nothing says that an STM32 is meant'
                yield self.withdrawn(seen.start, seen.end, by)

    def _level(self, change: 'LevelChange') -> 'None':
        self._levels[change.role] = change
        for book in self._books.values():
            book.feed(change)
        if change.role == 'nrst' and change.value:
            known = self._levels.get('boot0')
            level = self.context.initial_levels.get('boot0') if known is None else known.value
            self._boot0_at_reset = level

    def _book(self, bus: 'str') -> 'AddressBook':
        if bus not in self._books:
            self._books[bus] = AddressBook(self.context)
            for change in sorted(self._levels.values()):
                self._books[bus].feed(change)
        return self._books[bus]

    def _candidates(self, book: 'AddressBook', wrong: 'Iterable[str]') -> 'List[Attempts]':
        """Return the addresses at which a bootloader may be meant, if none ever answered."""
        meant = (
            {self.context.address} if self.context.address is not None else set(loader_addresses())
        )
        asked = [
            attempts
            for attempts in book.all()
            if not attempts.ten_bit and attempts.address in meant
        ]
        if any(attempts.answers for attempts in asked):
            return []
        scanned = book.scanned()
        return [
            attempts
            for attempts in book.silent()
            if (attempts in asked and attempts not in scanned) or attempts.name in wrong
        ]

    def _is_meant(self, book: 'AddressBook', silent: 'List[Attempts]') -> 'bool':
        """Tell whether the user says that a bootloader is there, or nothing else is."""
        if self.context.address is not None:
            return True
        family = family_named(self.context.family) if self.context.family else None
        documented = [device.i2c_address for device in family.devices] if family else []
        if any(attempts.address in documented for attempts in silent):
            return True
        return not book.answering()

    def _are_few(self, silent: 'List[Attempts]') -> 'bool':
        """Tell whether there is too little to be sure of anything: what the user says is not doubted."""
        if self.context.address is not None or self.context.family:
            return False
        enough = self.context.limit('DIA007_FEWEST_ATTEMPTS', FEWEST_ATTEMPTS)
        return all(attempts.unanswered.count < enough for attempts in silent)

    def _mute(
        self, book: 'AddressBook', silent: 'List[Attempts]', causes: 'List[Finding]'
    ) -> 'Finding':
        mismatches = [one for one in causes if one.rule == MISMATCH]
        start = min(attempts.unanswered.start for attempts in silent)
        end = max(attempts.unanswered.end for attempts in silent)
        if mismatches:
            message, suspect = _mismatch(mismatches[0]), HOST
        else:
            message, suspect = self._silence(book, silent, end - start)
        return self.finding(
            start,
            end,
            message,
            self._evidence(book, silent),
            [one.advice[0] for one in mismatches] + self._advice(book, silent),
            count=sum(attempts.unanswered.count for attempts in silent),
            confidence=Confidence.LOW if self._are_few(silent) else None,
            suspect=suspect,
            explains=causes,
            recoverable=UNKNOWN,
        )

    def _silence(
        self, book: 'AddressBook', silent: 'List[Attempts]', length: 'int'
    ) -> 'Tuple[str, str]':
        """Return what is seen and what it does not tell, and the suspect."""
        count = sum(attempts.unanswered.count for attempts in silent)
        tries = (
            'the only attempt was'
            if count == 1
            else 'all {} attempts over {} were'.format(count, self.time(length))
        )
        others = _names(book.answering())
        seen = 'The bootloader never answered at {}: {} refused{}'.format(
            _names(silent), tries, OTHERS.format(others) if others else ''
        )
        excuses = [attempts.excuse for attempts in silent if not attempts.since.count]
        if len(excuses) == len(silent):
            suspect = WIRING if excuses[0].endswith(IS_LOW) else HOST
            return seen + EXCUSED.format(excuses[0]), suspect
        return seen + NOT_TOLD, TARGET

    def _evidence(self, book: 'AddressBook', silent: 'List[Attempts]') -> 'List[Evidence]':
        shown = [attempts.unanswered.examples[0] for attempts in silent]
        last = max((attempts.unanswered for attempts in silent), key=lambda seen: seen.end)
        others = _names(book.answering())
        text = 'until here no address of this bus answered'
        if others:
            text = 'until here other addresses answered ({}), so the bus works'.format(others)
        return sorted(shown) + [Evidence(last.end, last.end + 1, text)]

    def _advice(self, book: 'AddressBook', silent: 'List[Attempts]') -> 'List[str]':
        """Return the checks, harmless ones first."""
        family = family_named(self.context.family) if self.context.family else None
        others = _names(book.answering())
        advice = [BOOT0_LOW] if self._boot0_at_reset == 0 else []
        advice.append(_check_address(silent))
        if family is not None and family.bootloader.i2c_pins:
            advice.append(CHECK_PINS.format(family.bootloader.i2c_pins))
        advice += [CHECK_LINES, BUS_WORKS.format(others) if others else CHECK_BUS]
        return advice + [OTHER_INTERFACE, READ_SWD, RECORD]


def _mismatch(found: 'Finding') -> 'str':
    """Return the message of I2C003 as that of a diagnosis."""
    told = found.message[0].lower() + found.message[1:]
    return 'The bootloader never answered, but the part may well be fine: ' + told


def _names(addresses: 'List[Attempts]') -> 'str':
    return ', '.join(attempts.name for attempts in addresses)


def _check_address(silent: 'List[Attempts]') -> 'str':
    """Say whose the addresses are that were tried."""
    documented = loader_addresses()
    known = [
        '{} is that of {}'.format(attempts.name, ', '.join(documented[attempts.address]))
        for attempts in silent
        if attempts.address in documented
    ]
    return 'Compare the 7-bit address with the newest AN2606{}.'.format(
        ': ' + '; '.join(known) if known else ''
    )


RULE = I2cBootloaderMute
