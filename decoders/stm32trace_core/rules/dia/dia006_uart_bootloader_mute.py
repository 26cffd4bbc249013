"""DIA006 uart-bootloader-mute: the UART bootloader does not answer, or cannot be understood.

What
0x7F stays without any answer (UART005), or what comes back is no status of a loader or comes at
another rate (UART002, UART010, BLP016), so that not one command is carried out.

Why it matters
This is what a host calls "failed to init device". The capture shows that nobody answers; it cannot
show whether the loader ever ran on this part, or what its option bytes are. What it does show of
the causes comes first, and the likeliest of the rest after it.

What to do
Harmless checks first, in this order:
- BOOT0 high while NRST rises (RST007); NRST high, VDD there; a G0's options may ignore the pin;
- TX and RX: crossed between host and part, and on a pair that AN2606 names for it;
- 8 data bits, even parity, 1 stop bit, 9600 or 115200 baud (UART001, UART012);
- a pause of 10 to 100 ms between the reset and 0x7F (UART008);
- the other inputs of the loader (I2C, SPI, CAN, USB, other UARTs) held still: it settles on what
  moves first (UART011);
- a power cycle in place of a reset: an empty check, a debugger that was attached.
The resets among these: not while an erase or option write may be pending.
Then record what this capture lacks: TX, RX, NRST, BOOT0 and VDD from before the reset on.

False alarms and guards
A 0x7F to a loader that is in sync already is UART009, no trouble. Where the host's parity is what
is wrong, UART001 has the cause: it heads the story, what follows from it is folded under it, and
this diagnosis is suppressed. It is silent after an option command that was cut off or did not end
(BLS003, BLS004, BLS005, BLP012): those know more. A loader that carried out any command at all was
understood. UART005 says when an answer that is missing in the capture proves nothing. Where
nothing in the capture tells the cause, the confidence is medium.

Example
  BOOT0   low
  NRST    rises
  host    7F  7F  7F          loader  -
Told as: "The UART bootloader never answered, but the part may well be fine: BOOT0 was low when NRST
rose, and ...".

Source
AN2606 (boot patterns, pins and start-up of each loader); AN3155; RM0444 2.5 (boot configuration).
Parity [WL5P],
https://community.st.com/t5/stm32-mcus-wireless/stm32wl5moc-bootloader-nack/m-p/726790
Parity [F412N],
https://community.st.com/t5/stm32-mcus-embedded-software/problem-with-the-stm32-bootloader-s-uart-protocol/m-p/339472
Other inputs [EF138], http://efton.sk/STM32/gotcha/g138.html
Reset and boot lines [L57], https://github.com/florisla/stm32loader/issues/57
Only a power cycle helps [NUC64],
https://qa-community.st.com/stm32-mcus-embedded-software-40/nucleo64-nrst-not-enough-for-entering-bootloader-only-power-cycle-59066
"""

from collections import deque

from ...bootloader.commands import SYNCHRONIZE
from ...bootloader.records import ACK, NACK, OK, UART, BootCommand, SyncAttempt
from ...devices import family_named
from ...lines import LevelChange
from ...record import CAPTURE
from ..rule import (
    LIKELY,
    SUPPLY,
    TARGET,
    UNKNOWN,
    Confidence,
    Diagnosis,
    Finding,
    RuleInfo,
    Severity,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import (  # novm
        Any,
        Deque,
        Dict,
        Iterable,
        Iterator,
        List,
        Optional,
        Set,
        Tuple,
        Union,
    )

    from ...context import Context
    from ..rule import Withdrawn

PARITY = 'UART001'
UNANSWERED = 'UART005'
# What a mute part is explained by, the most telling first.
CAUSES = ('RST007', 'UART008', 'UART012')
KEPT_LEVELS = 16  # changes of VDD; an attempt is told a little after it was made
PROVING = ('RST007', 'UART002')  # the others may be beside the point
# What shows that the loader answers, but is not understood, the most telling first.
GARBLED = ('UART002', 'UART010', 'BLP016')
# What follows from a wrong parity.
SYMPTOMS = (
    'UART003', 'UART010', 'BLP001', 'BLP003', 'BLP005', 'BLP006', 'BLP007', 'BLP009', 'BLP012',
    'BLP016', 'BLP020', 'BLP021', 'BLP022',
)  # fmt: skip
LOST = ('BLS003', 'BLS004', 'BLS005', 'BLP012')

MUTE = 'The UART bootloader never answered'
MUTE_NOW = 'The UART bootloader does not answer any more'
BUT = ', but the part may well be fine: '
NO_SUPPLY = 'VDD was low each time that the host called it'
NOT_TOLD = (
    '; the capture cannot tell wiring or boot selection from a part that was lost before, nor'
    ' whether it can be saved'
)
NOT_UNDERSTOOD = 'The UART bootloader answers, but no command was carried out: '

CHECK_LINES = (
    'Measure VDD, NRST and BOOT0: the part needs its supply, NRST high, and BOOT0 high while NRST'
    ' rises; on a G0 the option bytes may ignore BOOT0.'
)
CHECK_PINS = (
    "Check that the host's TX leads to the part's RX and the other way round, on pins that the"
    ' loader serves, no others{}.'
)
CHECK_FORMAT = (
    'Set the host to 8 data bits, even parity, 1 stop bit, at 9600 or 115200 baud, and let it wait'
    ' for 100 ms after NRST has risen.'
)
OTHER_INTERFACE = (
    'Keep the other inputs of the loader (I2C, SPI, CAN, USB, other UARTs) still: it settles on the'
    ' interface that moves first. If no erase or option write can be going on in the part, switch it'
    ' off for ten seconds and on again with BOOT0 high.'
)
READ_SWD = (
    'If no erase or option write can be going on, connect over SWD under reset and only read:'
    ' DBGMCU_IDCODE, the option register, the flash status. Do not let a tool unlock the part: that'
    ' erases all of it.'
)
RECORD = (
    'Record again, from before the reset until after the first command: TX, RX, NRST, BOOT0 and VDD,'
    ' at ten samples per bit or more.'
)


class UartBootloaderMute(Diagnosis):
    """Collects what was found on each UART, and whether anything was ever carried out there."""

    info = RuleInfo(
        'DIA006',
        'uart-bootloader-mute',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('uart',),
        False,
        'the UART bootloader does not answer, or cannot be understood',
        'AN2606; AN3155; RM0444 2.5; [WL5P], [F412N], [EF138], [L57], [NUC64]',
    )
    consumes = (BootCommand, Finding, LevelChange, SyncAttempt)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(UartBootloaderMute, self).__init__(context, bus)
        # the latest of each identity
        self._findings = {}  # type: Dict[Tuple[str, str, str], Finding]
        self._done = {}  # type: Dict[str, int]  # bus -> commands carried out
        self._answered = {}  # type: Dict[str, int]  # bus -> end of its first answer
        self._supplied = set()  # type: Set[str]  # buses on which the host called with VDD not low
        # where VDD changed, and to what
        self._vdd = deque(maxlen=KEPT_LEVELS)  # type: Deque[Tuple[int, int]]
        self._vdd.append((context.start, context.initial_levels.get('vdd', 1)))

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Collect: a diagnosis is made at the end."""
        if isinstance(record, Finding):
            self._findings[record.identity] = record
        elif isinstance(record, SyncAttempt):
            if record.answer in (ACK, NACK):
                self._answered.setdefault(record.bus, record.end)
            if [level for at, level in self._vdd if at <= record.start][-1:] != [0]:
                self._supplied.add(record.bus)
        elif isinstance(record, LevelChange):
            if record.role == 'vdd':
                self._vdd.append((record.start, record.value))
        elif record.transport == UART and record.opcode != SYNCHRONIZE and record.outcome == OK:
            self._done[record.bus] = self._done.get(record.bus, 0) + 1
        return ()

    def finish(self, end: 'int') -> 'Iterator[Union[Finding, Withdrawn]]':
        """Judge every bus."""
        for bus in sorted({found.bus for found in self._findings.values()}):
            for made in self._judge(bus):
                yield made

    def _judge(self, bus: 'str') -> 'List[Union[Finding, Withdrawn]]':
        parity = self._first(bus, (PARITY,))
        if parity is not None:
            return self._parity(parity)
        silent = self._first(bus, (UNANSWERED,))
        garbled = self._first(bus, GARBLED)
        seen = silent or garbled
        if seen is None or (silent is None and self._done.get(bus)):
            return []
        lost = self._first(bus, LOST)
        if lost is not None:
            return [self.withdrawn(seen.start, seen.end, lost.rule)]
        if silent is not None:
            return [self._mute(bus, silent)]
        return [self._garbled(bus, seen)]

    def _of(self, bus: 'str', rules: 'Tuple[str, ...]', worst: 'Severity') -> 'List[Finding]':
        """Return the findings of `rules` on a bus, or of the capture as a whole, from `worst` on."""
        found = [
            one
            for one in self._findings.values()
            if one.rule in rules and one.bus in (bus, CAPTURE) and one.severity >= worst
        ]
        return sorted(found, key=lambda one: (rules.index(one.rule), one.start))

    def _first(
        self, bus: 'str', rules: 'Tuple[str, ...]', worst: 'Severity' = Severity.ERROR
    ) -> 'Optional[Finding]':
        found = self._of(bus, rules, worst)
        return found[0] if found else None

    def _parity(self, parity: 'Finding') -> 'List[Union[Finding, Withdrawn]]':
        """UART001 knows the cause: fold under it what follows from it."""
        symptoms = [
            one
            for one in self._of(parity.bus, SYMPTOMS, Severity.NOTE)
            if one.bus == parity.bus and parity.start <= one.start <= parity.end
        ]
        made = [self.withdrawn(parity.start, parity.end, PARITY)]  # type: List[Union[Finding, Withdrawn]]
        if symptoms:
            made.append(parity._replace(explains=tuple(one.identity for one in symptoms)))
        return made

    def _mute(self, bus: 'str', silent: 'Finding') -> 'Finding':
        causes = self._of(bus, CAUSES, Severity.WARNING)
        cause = causes[0] if causes else None
        subject = MUTE_NOW if self._answered.get(bus, silent.end) < silent.start else MUTE
        if bus not in self._supplied:
            found = self._tell(bus, '{}: {}'.format(subject, NO_SUPPLY), None, [silent] + causes)
            return found._replace(suspect=SUPPLY, recoverable=LIKELY)
        if cause is None:
            message = '{}: {}'.format(subject, _lower(silent.message)) + NOT_TOLD
        else:
            message = subject + BUT + _lower(cause.message)
        return self._tell(bus, message, cause, [silent] + causes)

    def _garbled(self, bus: 'str', cause: 'Finding') -> 'Finding':
        seen = self._of(bus, GARBLED, Severity.WARNING)
        return self._tell(bus, NOT_UNDERSTOOD + _lower(cause.message), cause, seen)

    def _tell(
        self, bus: 'str', message: 'str', cause: 'Optional[Finding]', seen: 'List[Finding]'
    ) -> 'Finding':
        evidence = sorted({one for found in seen for one in found.evidence[:2]})
        first = [] if cause is None else list(cause.advice[:1])
        sure = Confidence.MEDIUM
        if cause is not None and cause.rule in PROVING:
            sure = cause.confidence
        found = self.finding(
            min(one.start for one in seen),
            max(one.end for one in seen),
            message,
            evidence,
            first + self._advice(),
            count=max(one.count for one in seen),
            confidence=sure,
            suspect=None if cause is None else cause.suspect,
            explains=seen,
            recoverable=UNKNOWN if cause is None else LIKELY,
        )
        return found._replace(bus=bus)

    def _advice(self) -> 'List[str]':
        """Return the checks, harmless ones first."""
        family = family_named(self.context.family) if self.context.family else None
        pins = '' if family is None else family.bootloader.usart_pins
        pairs = CHECK_PINS.format(': ' + pins if pins else '')
        return [CHECK_LINES, pairs, CHECK_FORMAT, OTHER_INTERFACE, READ_SWD, RECORD]


def _lower(message: 'str') -> 'str':
    """Return a sentence as it goes on after a colon; names in capitals stay."""
    return message if message[1:2].isupper() else message[:1].lower() + message[1:]


RULE = UartBootloaderMute
