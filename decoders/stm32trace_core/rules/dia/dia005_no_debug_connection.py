"""DIA005 no-debug-connection: no debugger gets through: what the capture shows, and what it cannot.

What
No SWD request of the capture is answered (SWD001), or the line is held low or carries junk only
(SWD003, SWD004); or the debug port answers and the access port behind it is closed (DAP006), told
with whether that was tried under reset as well; or the part answers only while NRST is low
(SWD002). The finding says which of these it is, and what that leaves as causes.

Why it matters
Tools report all of it in the same words: no target connected. The causes lie far apart: no supply,
a wire on the wrong pin, NRST held low, a program that sleeps or uses the SWD pins, debug closed by
option bytes. A capture in which nobody answers cannot tell these apart, and it does not show that
the part is broken.

What to do
What does no harm comes first:
- supply at the part, reference voltage of the probe, common ground;
- SWCLK and SWDIO on the right pins (PA14 and PA13 on most parts), not swapped; NRST high;
- a low SWCLK frequency, short leads, a line reset before the first request;
- connecting under reset, which goes before any program, and reading only;
- the bootloader, with BOOT0 high at reset: a part that answers there is alive.

The last two reset the part: not while an erase or option write may still be going on in it. Do not
let a tool "unlock" the part to get in: that erases everything, and level 2 cannot be undone.

False alarms and guards
Silent as soon as any request is answered and memory can be reached. That a part is lost is never
said: for that the bootloader must have been tried as well. With the levels of NRST and VDD in the
capture, the causes that they exclude are left out; without them the finding asks for them.

Example
OpenOCD tries for 0.3 s: 217 times a line reset and a read of DPIDR, all 111, with NRST and VDD
high: wiring, pins in other use, a sleeping part or a closed debug port.

Source
Arm IHI 0031 (ADIv5.2), B4.2, B4.3.3; AN4989 (debug toolbox: connection problems); AN2606 (entering
the bootloader); RM0444, chapters on debug support and flash option bytes.
[G051] Silent after an option change,
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
[STL62] A core that sleeps, https://github.com/stlink-org/stlink/issues/62
[G030SWD] SWDIO used as an output, with protection level 1,
https://community.st.com/t5/stm32-mcus-products/lost-access-to-stm32g030-micro/td-p/863606
[F042N] NRST tied to the supply,
https://community.st.com/t5/stm32-mcus-products/stm32f042-swd-idcode-error/m-p/473691/highlight/true
[OCD848] Target unpowered or in deep sleep, https://github.com/pyocd/pyOCD/issues/848
"""

from ...adi.records import OK, LinkStats, RegisterAccess
from ...adi.registers import DPIDR
from ...interest import interest
from ...lines import LevelChange
from ...record import CAPTURE
from ..rule import (
    SUPPLY,
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
from ..swd.levels import NAMES, Levels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple  # novm

    from ...context import Context
    from ...interest import Interest

    # What it is, suspect, advice that comes first, and the rules whose findings it explains.
    Branch = Tuple[str, str, Tuple[str, ...], Tuple[str, ...]]

SILENT, LOST, LOW, JUNK, NO_RESET = 'SWD001', 'SWD002', 'SWD003', 'SWD004', 'SWD009'
CLOSED, HELD = 'DAP006', 'RST004'
UNANSWERED = (SILENT, LOW, JUNK, NO_RESET, HELD)
REFUSED = (CLOSED, 'DAP004', 'SWD005', 'SWD006')  # what a closed port leaves behind on the link
WATCHED = UNANSWERED + (LOST,) + REFUSED

MOST_EVIDENCE = 4

IN_RESET = 'nobody answered, and NRST was low all the time: the part was held in reset'
NO_SUPPLY = 'nobody answered, and VDD was low: the part had no supply'
HELD_LOW = 'no request was answered, and SWDIO is held low'
ONLY_JUNK = 'no request was answered properly: the bits that come back are shifted or changed'
NOBODY = (
    'nobody answered{}; the capture cannot tell {}a wrong wire or pin from a part that sleeps, uses'
    ' the pins otherwise or has closed its debug port, nor whether it can be saved'
)
AP_CLOSED = (
    'the debug port answers{}, but the access port is closed{}: read protection level 2, a boot lock'
    ' with level 1, or a core without power or clock{}'
)
OR_RESET = ', or reset itself, which closes it on some parts'
UNDER_RESET = (
    'the part answers only while NRST is low: its program then sleeps, or uses the SWD pins'
    ' otherwise'
)

LET_GO = 'Find out who holds NRST low, and let go of it; then try again.'
SWITCH_ON = 'Supply the part, and see whether VDD reaches it; then try again.'
PULL_UP = (
    'Look at SWDIO at rest: it must be high; look for a short, a second driver, a level shifter.'
)
SLOWER = 'Lower the SWCLK frequency and shorten the leads, with ground beside SWCLK.'
CHECK_SUPPLY = 'Measure VDD at the part itself, and the reference voltage and ground of the probe.'
CHECK_REFERENCE = 'Check that the probe has its reference voltage, and ground from the board.'
CHECK_NRST = 'Measure NRST: it must be high, unless the host holds it low on purpose.'
CHECK_WIRES = (
    'Check SWCLK and SWDIO against the pin-out (PA14 and PA13 on most parts), not swapped, and that'
    ' nothing else drives them.'
)
LINE_RESET = (
    'Make the host begin with a line reset and the switch from JTAG to SWD: the capture shows none.'
)
CONNECT_UNDER_RESET = (
    'If no erase or option write can be going on in the part, connect under reset at a low SWCLK'
    ' frequency, and only read: no program can interfere then.'
)
BOOTLOADER = (
    'Try the bootloader as well, with BOOT0 high at reset: a part that answers there is alive.'
)
NO_UNLOCK = (
    'Do not let a tool unlock the part to get in: that erases everything in it, and protection'
    ' level 2 cannot be undone.'
)
HALT_FIRST = 'Connect under reset, and halt the core before NRST rises; then mend the program.'
RECORD = 'Record the next attempt with {} as well, from before power-up.'

IDENTITY = (interest(RegisterAccess, False, names=(DPIDR.name,), latest=1),)


class NoDebugConnection(Diagnosis):
    """Collects what other rules found on each SWD bus, and the levels of NRST and VDD."""

    info = RuleInfo(
        'DIA005',
        'no-debug-connection',
        Severity.ERROR,
        Confidence.HIGH,
        WIRING,
        ('swd',),
        False,
        'no debugger gets through: what the capture shows, and what it cannot',
        'IHI 0031 B4.2; AN4989; AN2606; [G051], [STL62], [G030SWD], [F042N], [OCD848]',
    )
    consumes = (Finding, LinkStats, LevelChange, RegisterAccess)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(NoDebugConnection, self).__init__(context, bus)
        self._levels = Levels(context)
        self._stats = {}  # type: Dict[str, LinkStats]
        self._identity = {}  # type: Dict[str, int]  # bus -> DPIDR
        # bus -> findings, the latest of each identity
        self._found = {}  # type: Dict[str, Dict[Tuple[str, str, str], Finding]]

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """Who the part says it is, as it said last."""
        return IDENTITY

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Keep the record."""
        if isinstance(record, Finding):
            if record.rule in WATCHED:
                self._found.setdefault(record.bus, {})[record.identity] = record
        elif isinstance(record, LevelChange):
            self._levels.feed(record)
        elif isinstance(record, LinkStats):
            self._stats[record.bus] = record
        elif record.name == DPIDR.name and not record.write and record.outcome == OK:
            self._identity[record.bus] = record.value
        return ()

    def finish(self, end: 'int') -> 'Iterator[Finding]':
        """Judge every bus."""
        for bus in sorted(self._stats):
            stats = self._stats[bus]
            known = [self._found.get(name, {}).values() for name in (bus, CAPTURE)]
            found = sorted((one for all_of in known for one in all_of), key=_order)
            branch = self._branch(stats, found)
            if branch is not None:
                yield self._diagnosis(stats, found, branch)._replace(bus=bus)

    def _branch(self, stats: 'LinkStats', found: 'List[Finding]') -> 'Optional[Branch]':
        """Return which kind of missing connection it is, None for a connection."""
        grave = {one.rule for one in found if one.severity > Severity.NOTE}
        if not stats.ok + stats.wait + stats.fault:
            return self._unanswered(stats, grave)
        if CLOSED in grave:
            identity = self._identity.get(stats.bus)
            told = '' if identity is None else ' (DPIDR 0x{:08X})'.format(identity)
            where, more = self._in_reset([one for one in found if one.rule == CLOSED])
            first = (LET_GO,) if more else ()
            return AP_CLOSED.format(told, where, more), TARGET, first, REFUSED
        if any(self._is_under_reset(one) for one in found):
            return UNDER_RESET, TARGET, (HALT_FIRST,), (LOST,)
        return None

    def _in_reset(self, closed: 'List[Finding]') -> 'Tuple[str, str]':
        """Say whether it was tried under reset as well, and what that adds if nothing else was tried."""
        levels = [
            self._levels.at('nrst', place) for one in closed for place in (one.start, one.end)
        ]
        if 0 not in levels:
            return '', ''
        return (', also under reset', '') if 1 in levels else (' under reset', OR_RESET)

    def _is_under_reset(self, lost: 'Finding') -> 'bool':
        """Tell whether the last answer came while NRST was low, and the first silence after it rose."""
        if lost.rule != LOST or lost.severity < Severity.ERROR or len(lost.evidence) < 2:
            return False
        answer, silence = lost.evidence[-2:]
        low = self._levels.is_low('nrst', answer.start)
        return low and self._levels.at('nrst', silence.start) == 1

    def _unanswered(self, stats: 'LinkStats', grave: 'Iterable[str]') -> 'Optional[Branch]':
        rules = set(grave)
        if not rules.intersection((SILENT, LOW, JUNK)):
            return None
        if self._is_always_low('vdd', stats):
            return NO_SUPPLY, SUPPLY, (SWITCH_ON,), UNANSWERED
        if HELD in rules or self._is_always_low('nrst', stats):
            return IN_RESET, WIRING, (LET_GO,), UNANSWERED
        if SILENT in rules:
            return self._nobody(stats), WIRING, (), UNANSWERED
        if LOW in rules:
            return HELD_LOW, WIRING, (PULL_UP,), UNANSWERED
        return ONLY_JUNK, WIRING, (SLOWER,), UNANSWERED

    def _nobody(self, stats: 'LinkStats') -> 'str':
        high = [NAMES[role] for role in sorted(NAMES) if self._is_always_high(role, stats)]
        lines = ', though {} {} high'.format(
            ' and '.join(high), 'was' if len(high) == 1 else 'were'
        )
        return NOBODY.format(lines if high else '', '' if 'VDD' in high else 'a missing supply, ')

    def _is_always_low(self, role: 'str', stats: 'LinkStats') -> 'bool':
        """Tell whether a line was low from the first request to the last."""
        return (
            self._levels.is_low(role, stats.start)
            and self._levels.since(role, stats.end) <= stats.start
        )

    def _is_always_high(self, role: 'str', stats: 'LinkStats') -> 'bool':
        known = self._levels.at(role, stats.start) is not None
        return known and not self._levels.was_low(role, stats.start, stats.end)

    def _diagnosis(self, stats: 'LinkStats', found: 'List[Finding]', branch: 'Branch') -> 'Finding':
        what, suspect, first, rules = branch
        found = [one for one in found if one.rule in rules]
        evidence = [shown for one in found for shown in one.evidence[:1]]
        sure = [one.confidence for one in found if one.severity > Severity.NOTE]
        return self.finding(
            stats.start,
            stats.end,
            'No debug connection in {} requests over {}: {}'.format(
                stats.packets, self.time(stats.end - stats.start), what
            ),
            sorted(evidence + self._lines(stats))[:MOST_EVIDENCE],
            first + self._advice(stats, found),
            count=stats.packets,
            confidence=max(sure),
            suspect=suspect,
            explains=found,
            recoverable=UNKNOWN,
        )

    def _lines(self, stats: 'LinkStats') -> 'List[Evidence]':
        """Say which lines were low or high all the time."""
        made = []
        for role in sorted(NAMES):
            if self._is_always_low(role, stats):
                text = '{} low throughout; expected it high'.format(NAMES[role])
                made.append(Evidence(stats.start, stats.end, text))
            elif self._is_always_high(role, stats):
                text = '{} high throughout, as it must be'.format(NAMES[role])
                made.append(Evidence(stats.start, stats.end, text))
        return made

    def _advice(self, stats: 'LinkStats', found: 'List[Finding]') -> 'Tuple[str, ...]':
        """Return the checks that the capture does not make needless, harmless ones first."""
        advice = []  # type: List[str]
        if not stats.ok:
            supplied = self._is_always_high('vdd', stats)
            advice.append(CHECK_REFERENCE if supplied else CHECK_SUPPLY)
            if not self._is_always_high('nrst', stats):
                advice.append(CHECK_NRST)
            advice.append(CHECK_WIRES)
            if any(one.rule == NO_RESET for one in found):
                advice.append(LINE_RESET)
        if not any(self._in_reset([one])[0] for one in found if one.rule == CLOSED):
            advice.append(CONNECT_UNDER_RESET)
        advice += [BOOTLOADER, NO_UNLOCK]
        unknown = [
            NAMES[role] for role in sorted(NAMES) if self._levels.at(role, stats.start) is None
        ]
        if unknown:
            advice.append(RECORD.format(' and '.join(unknown)))
        return tuple(advice)


def _order(found: 'Finding') -> 'Tuple[int, str, str]':
    return (found.start, found.rule, found.key)


RULE = NoDebugConnection
