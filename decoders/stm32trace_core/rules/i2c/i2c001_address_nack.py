"""I2C001 address-nack: nobody acknowledged an address.

What
The host sent an address, and at the ninth clock pulse SDA stayed high. One finding for each
address, with the number of attempts, the first and the last. It is a warning where it matters: at
the address of a bootloader that does not answer again, or that falls silent inside a command; and
at a documented bootloader address when nothing else on the bus answers either. Elsewhere it is a
note.

Why it matters
An address is acknowledged by hardware that is powered, out of reset, and set to that address. A
bootloader that does not acknowledge is not running, or not reached: what the host sends afterwards
goes to nobody.

What to do
Compare the address with AN2606 (seven bits; some drivers want it shifted left by one). Look at
NRST, VDD and BOOT0 at the time of the first attempt. If other addresses do answer, wires and
pull-ups are fine. If the address was silent in the middle of a command, do not reset the part: an
erase or an option write may still be going on inside.

False alarms and guards
EEPROMs refuse their address while they write, and hosts scan buses: 96 of 132 and 159 of 172
address bytes are refused in healthy public captures. So an address that also answers is only
mentioned if it is a bootloader's, and more than eight silent addresses are told as one scan,
unless one of them is tried far more often than the rest. NACKs while NRST or VDD is low, in the
first 100 ms after either rose or after a command that restarts the part, after Go, after a restart
or a fall of BOOT0 that leaves a loader's BOOT0 low, and after a gap in the capture do not count as
silence; neither does a NACK inside a command that ends in a restart, if the address answers
again. Limits: I2C_SCAN_ADDRESSES (8), RESTART_S (0.1), both for all rules on addresses.

Example
0x51 takes Get ID and Readout Unprotect. After the reset that follows, 35 attempts within 1.15 s
are all refused, and none succeeds before the capture ends.

Source
UM10204 rev 7, 3.1.6 (acknowledge) and 3.1.10 (address byte); AN4221 (each step is a transfer of
its own); AN2606, the I2C addresses of each product; chrome-ec util/stm32mon.c (100 ms after a
restart).
[G071] The G071 case,
https://community.st.com/t5/stm32-mcus-products/stm32g071rb-mcu-bricked-unresponsive-after-attempting-firmware/td-p/93337
[G030N] Loader of an STM32G030 does not acknowledge,
https://qa-community.st.com/stm32-mcus-embedded-software-40/stm32g030f6-i2c-bootloader-not-working-no-ack-42063
[DUMPS] Healthy captures with many NACKs,
https://github.com/sigrokproject/sigrok-dumps
"""

from ...bootloader.commands import COMMANDS
from ...bootloader.records import BootStatus
from ...devices import loader_addresses
from ...record import CAPTURE
from ..naming import command_text
from ..rule import HOST, TARGET, Confidence, Rule, RuleInfo, Severity
from .addresses import AddressBook
from .progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Optional, Union  # novm

    from ...context import Context
    from ..rule import Finding, Withdrawn
    from .addresses import Attempts

SCAN = 'scan'

ADVICE_PENDING = (
    'Do not reset the part and do not cut its supply yet: what the command started may still be'
    ' going on inside it.'
)
ADVICE_LINES = (
    'Look at NRST, VDD and BOOT0 at the first attempt: is the part powered, out of reset, and was'
    ' it started from its system memory?'
)
ADVICE_ADDRESS = (
    'Compare the 7-bit address with AN2606; some drivers, such as the HAL, want it shifted left by'
    ' one.'
)
OTHERS_ANSWER = 'Other addresses of this bus did answer ({}), so wires and pull-ups work.'
NONE_ANSWERS = (
    'No address of this bus answers: check pull-ups, ground, and that SCL and SDA are not swapped.'
)
ADVICE_NOTE = 'Nothing to do if no device is meant to answer there.'


class AddressNack(Rule):
    """Keeps the attempts on each address of one bus and judges them at the end."""

    info = RuleInfo(
        'I2C001',
        'address-nack',
        Severity.WARNING,
        Confidence.HIGH,
        TARGET,
        ('i2c',),
        False,
        'nobody acknowledged an address: wrong address, part in reset, or loader not running',
        'UM10204 rev 7, 3.1.6; AN2606; [G071], [G030N], [DUMPS]',
    )
    consumes = AddressBook.CONSUMES + (BootStatus,)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(AddressNack, self).__init__(context, bus)
        self._book = AddressBook(context)
        self._progress = Progress()
        self._pending = {}  # type: Dict[int, int]  # address -> opcode during which it fell silent

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Tell at once that a target fell silent inside a command; the rest waits for the end."""
        if isinstance(record, Progress.CONSUMES):
            self._progress.feed(record)
        if isinstance(record, BootStatus):
            return
        attempts = self._book.feed(record)
        if attempts is None or attempts.ten_bit:
            return
        opcode = self._progress.at(record.start, attempts.address)
        if opcode >= 0 and not attempts.excuse and not _restarts(opcode):
            is_new = attempts.address not in self._pending
            self._pending[attempts.address] = opcode
            if is_new:
                yield self._of_loader(attempts)

    def finish(self, end: 'int') -> 'Iterable[Union[Finding, Withdrawn]]':
        """Judge every address that refused at least once."""
        scanned = self._book.scanned()
        for attempts in self._book.all():
            if attempts.unanswered.count and attempts not in scanned:
                yield self._judged(attempts)
        if scanned:
            yield self._scan(scanned)

    def _judged(self, attempts: 'Attempts') -> 'Union[Finding, Withdrawn]':
        if self._book.is_loader(attempts):
            return self._of_loader(attempts)
        if attempts.answers:
            seen = attempts.unanswered
            return self.withdrawn(
                seen.start, seen.end, '{} answers at other times'.format(attempts.name)
            )
        parts = () if attempts.ten_bit else loader_addresses().get(attempts.address, ())
        if parts and attempts.since.count and not self._book.answering():
            place = ', where AN2606 puts the bootloader of {},'.format(', '.join(parts))
            return self._told(
                attempts, place + ' never answered, nor did any other', self._advice()
            )
        words = ' never answered' + _excuse(attempts)
        return self._told(attempts, words, [ADVICE_NOTE], Severity.NOTE)

    def _of_loader(self, attempts: 'Attempts') -> 'Finding':
        opcode = self._pending.get(attempts.address)
        if opcode is not None:
            words = ' did not answer while {} was pending'.format(command_text(opcode))
            return self._told(attempts, words, [ADVICE_PENDING, ADVICE_LINES])
        if not attempts.since.count:
            words = ' did not answer at times' if attempts.answers else ' never answered'
            words += _excuse(attempts)
            return self._told(attempts, words, [ADVICE_LINES], Severity.NOTE)
        if attempts.answers:
            words = ', where a bootloader had answered, does not answer any more'
        else:
            words = ", given as the bootloader's address, never answered"
        return self._told(attempts, words, self._advice())

    def _advice(self) -> 'List[str]':
        others = ', '.join(attempts.name for attempts in self._book.answering())
        bus = OTHERS_ANSWER.format(others) if others else NONE_ANSWERS
        return [ADVICE_LINES, ADVICE_ADDRESS, bus]

    def _told(
        self,
        attempts: 'Attempts',
        words: 'str',
        advice: 'List[str]',
        severity: 'Optional[Severity]' = None,
    ) -> 'Finding':
        seen = attempts.unanswered
        tries = '1 attempt' if seen.count == 1 else '{} attempts'.format(seen.count)
        over = '' if seen.count == 1 else ' over ' + self.time(seen.end - seen.start)
        return self.finding(
            seen.start,
            seen.end,
            '{}{}: {} refused{}'.format(attempts.name, words, tries, over),
            seen.examples,
            advice,
            key=attempts.name,
            count=seen.count,
            severity=severity,
        )

    def _scan(self, scanned: 'List[Attempts]') -> 'Finding':
        first = min((attempts.unanswered for attempts in scanned), key=lambda seen: seen.start)
        return self.finding(
            first.start,
            max(attempts.unanswered.end for attempts in scanned),
            'Bus scan: {} addresses from {} to {} were tried and never answered'.format(
                len(scanned), scanned[0].name, scanned[-1].name
            ),
            first.examples,
            [ADVICE_NOTE],
            key=SCAN,
            count=sum(attempts.unanswered.count for attempts in scanned),
            severity=Severity.NOTE,
            suspect=HOST,
        )


def _excuse(attempts: 'Attempts') -> 'str':
    return ' ({})'.format(attempts.excuse) if attempts.excuse else ''


def _restarts(opcode: 'int') -> 'bool':
    """Tell whether the part resets itself at the end of this command, and may not tell its end."""
    return opcode in COMMANDS and COMMANDS[opcode].restarts_part


RULE = AddressNack
