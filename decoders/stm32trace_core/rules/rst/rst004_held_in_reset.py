"""RST004 held-in-reset: the host talks to a part whose NRST stays low.

What
NRST is low for more than 500 ms while the host sends SWD requests, or calls a bootloader on I2C,
and nobody answers.

Why it matters
A part in reset runs nothing, neither program nor bootloader, and most give no debug access worth
the name either. Whatever the host reports, no answer, wrong address, no target, has this one
reason, and says nothing about the flash or the option bytes.

What to do
Measure NRST and find out who holds it: a probe or adapter that was told to connect under reset and
never let go, a supervisor that does not like the supply, a capacitor far too large, a wrong or
missing pull-up, a short to ground, a button. Disconnect them one by one; none of this harms the
part. On G0 and newer parts option bytes can also set what the pin does.

False alarms and guards
A host that connects under reset keeps NRST low on purpose, most for less than 500 ms, and a part
that supports it answers meanwhile: one answer under reset, and the rule is silent. On I2C only the
addresses of bootloaders count, since other devices may be talked to while the part rests. Limit:
RST004_HELD_S (0.5).

Example
NRST is low from the first sample on; OpenOCD tries 217 times within 0.8 s and reports that it
cannot read the identification.

Source
Data sheets, "NRST pin characteristics" (a pull-up of about 40 kOhm inside, low level means reset);
AN2606 (the bootloader starts after NRST rises); RM0444, chapter on the reset pin (NRST_MODE).
[G051] Silent after an option change,
https://qa-community.st.com/stm32cubeprogrammer-mcus-30/stm32g051-totally-brick-after-incorrect-option-byte-change-behavior-132429
[F042N] NRST tied to the supply,
https://community.st.com/t5/stm32-mcus-products/stm32f042-swd-idcode-error/m-p/473691/highlight/true
"""

from ...adi.records import OK, AckRun, MemoryAccess, RegisterAccess
from ...devices import loader_addresses
from ...lines import CaptureGap, LevelChange
from ...record import CAPTURE
from ...wire.i2c import I2cTransfer
from ...wire.swd import FAULT, NO_REPLY, WAIT
from ..occurrences import Occurrences
from ..rule import LIKELY, WIRING, Confidence, Evidence, Rule, RuleInfo, Severity
from ..swd.naming import request_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding

# Hosts that connect under reset hold it for less: pyOCD and OpenOCD take some 100 ms.
HELD_S = 0.500

ADVICE = (
    'Measure NRST, and find out who holds it low: probe, adapter, supervisor, capacitor, button,'
    ' short. Disconnect them one by one.',
    'If the host was told to connect under reset, see whether it ever lets go of the line.',
    'Judge the part only after NRST is high: what it answers now tells nothing of flash or option'
    ' bytes.',
)


class HeldInReset(Rule):
    """Counts, while NRST is low, the calls that nobody answers."""

    info = RuleInfo(
        'RST004',
        'held-in-reset',
        Severity.ERROR,
        Confidence.HIGH,
        WIRING,
        ('nrst', 'sample_rate', 'i2c|uart|swd'),
        True,
        'the host talks to a part whose NRST stays low',
        'data sheets, NRST pin characteristics; AN2606; [G051], [F042N]',
        LIKELY,
    )
    consumes = (LevelChange, CaptureGap, AckRun, RegisterAccess, MemoryAccess, I2cTransfer)
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(HeldInReset, self).__init__(context, bus)
        self._loaders = (
            {context.address} if context.address is not None else set(loader_addresses())
        )
        is_low = context.initial_levels.get('nrst') == 0
        self._low = context.start if is_low else None  # type: Optional[int]  # since when
        self._answered = False  # something was, in this reset
        self._calls = Occurrences()  # in this reset, nobody answered
        self._runs = {}  # type: Dict[Tuple[str, int], int]  # runs of SWD -> packets counted
        self._seen = []  # type: List[Tuple[int, int, int, Evidence]]  # start, end, calls, first

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """All while NRST is low, until something is answered."""
        return () if self._low is None or self._answered else None

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Take a record."""
        return _HANDLERS[type(record)](self, record)

    def finish(self, end: 'int') -> 'Iterable[Finding]':
        """The reset that lasts until the capture ends."""
        return self._end(end)

    def _level(self, change: 'LevelChange') -> 'Iterable[Finding]':
        if change.role != 'nrst':
            return ()
        if change.value:
            return self._end(change.start)
        self._begin(change.start)
        return ()

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Finding]':
        """Nothing is said across a gap: a low line is taken for low from its end on."""
        was_low = self._low is not None
        found = self._end(gap.start)
        if was_low:
            self._begin(gap.end)
        return found

    def _begin(self, sample: 'int') -> 'None':
        self._low, self._answered, self._calls = sample, False, Occurrences()
        self._runs.clear()

    def _end(self, sample: 'int') -> 'Iterable[Finding]':
        """NRST rises, or the samples end, at `sample`."""
        low, self._low = self._low, None
        if low is None or self._answered or not self._calls.count:
            return ()
        held = self.context.limit('RST004_HELD_S', HELD_S)
        if not self.context.longer(sample - low, held):
            return ()
        self._seen.append((low, sample, self._calls.count, self._calls.examples[0]))
        return [self._finding()]

    def _acks(self, run: 'AckRun') -> 'Iterable[Finding]':
        if self._low is None or run.start < self._low:
            return ()
        if run.ack in (WAIT, FAULT):
            self._answered = True
        elif run.ack == NO_REPLY:
            key = (run.bus, run.start)
            text = '{}: no answer while NRST is low'.format(request_text(run.request))
            example = [] if key in self._runs else [Evidence(run.start, run.end, text)]
            self._calls.merge(run.count - self._runs.get(key, 0), run.start, run.end, example)
            self._runs = {key: run.count}
        return ()

    def _access(self, access: 'Union[RegisterAccess, MemoryAccess]') -> 'Iterable[Finding]':
        if self._low is not None and access.start >= self._low and access.outcome == OK:
            self._answered = True
        return ()

    def _transfer(self, transfer: 'I2cTransfer') -> 'Iterable[Finding]':
        if self._low is None or transfer.start < self._low or transfer.ten_bit:
            return ()
        if transfer.address not in self._loaders:
            return ()
        if transfer.answered:
            self._answered = True
        else:
            text = '0x{:02X} refused while NRST is low'.format(transfer.address)
            self._calls.add(transfer.start, transfer.end, text)
        return ()

    def _finding(self) -> 'Finding':
        spans = self._seen
        low, end, calls, _ = spans[0]
        text = 'NRST low for {}; expected it high while the host talks to the part'
        evidence = [Evidence(low, end, text.format(self.time(end - low)))]
        evidence += [first for _, _, _, first in spans[:2]]
        message = 'NRST was low for {} while the host called the part {} times, and nobody answered'
        if len(spans) > 1:
            message += ' (the first of {} times)'.format(len(spans))
        return self.finding(
            low,
            spans[-1][1],
            message.format(self.time(end - low), calls),
            evidence,
            ADVICE,
            count=len(spans),
        )


_HANDLERS = {
    LevelChange: HeldInReset._level,
    CaptureGap: HeldInReset._gap,
    AckRun: HeldInReset._acks,
    RegisterAccess: HeldInReset._access,
    MemoryAccess: HeldInReset._access,
    I2cTransfer: HeldInReset._transfer,
}  # type: Dict[type, Callable[[HeldInReset, Any], Iterable[Finding]]]

RULE = HeldInReset
