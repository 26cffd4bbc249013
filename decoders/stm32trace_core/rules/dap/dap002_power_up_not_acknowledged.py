"""DAP002 power-up-not-acknowledged: the debug power domain does not come up.

What
The host sets CDBGPWRUPREQ or CSYSPWRUPREQ in CTRL/STAT, and the acknowledge bit of one it asked for
is still missing after 100 reads of CTRL/STAT, or in a read more than 100 ms later.

Why it matters
The debug port itself answers, so wires and clock are fine. Without the acknowledge no access port
works, and every access to memory or core fails. The part's debug or system domain has no power or
no clock: NRST is low, the part is in a deep low-power mode, or its supply is too weak to start.

What to do
Measure the supply and NRST while the host tries. Connect under reset, so that no program can put
the part into a low-power mode first; if NRST is low all the time, find out who holds it.

False alarms and guards
Some parts acknowledge CDBGPWRUPREQ alone, and hosts that know it go on: once an access to memory
succeeds, nothing is reported. Only what was asked for is expected. Repeating the same request
does not start the time anew; taking it back ends the wait. Limits: DAP002_READS (100),
DAP002_WAIT_S (0.1).

Example
CTRL/STAT = 0x50000000 is written; 100 reads give 0x50000040 where 0xF0000040 is expected.

Source
Arm IHI 0031 (ADIv5.2), B2.2.2 (CTRL/STAT) and B2 (power control: a debugger waits for the
acknowledge); the time is that of OpenOCD, src/target/arm_adi_v5.c: DAP_POWER_DOMAIN_TIMEOUT, ten
reads 10 ms apart.
"""

from ...adi.records import OK, MemoryAccess, RegisterAccess
from ...adi.registers import CTRL_STAT
from ...interest import interest
from ...lines import CaptureGap
from ...record import CAPTURE, NamedTuple
from ..rule import TARGET, Confidence, Evidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator, Optional, Tuple  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding, Withdrawn

READS = 100
WAIT_S = 0.100  # DAP_POWER_DOMAIN_TIMEOUT of OpenOCD

# (request, acknowledge) in CTRL/STAT. Source: IHI 0031 B2.2.2.
PAIRS = (('CDBGPWRUPREQ', 'CDBGPWRUPACK'), ('CSYSPWRUPREQ', 'CSYSPWRUPACK'))

ADVICE = (
    'Measure VDD and NRST at the part while the host tries: NRST must be high, unless the host'
    ' connects under reset.',
    'Connect under reset: then no program can put the part into a low-power mode first.',
    'If the host works with another board of this kind, suspect the supply of this one.',
)


class _Request(
    NamedTuple(
        '_Request',
        [
            ('start', int),
            ('asked', 'Tuple[str, ...]'),  # acknowledge bits that are expected
            ('reads', int),
            ('told', bool),
        ],
    )
):
    """The host asked for power and waits."""

    __slots__ = ()


REQUESTS = (interest(RegisterAccess, True, names=(CTRL_STAT.name,)),)


class PowerUpNotAcknowledged(Rule):
    """Follows the reads of CTRL/STAT after a request for power."""

    info = RuleInfo(
        'DAP002',
        'power-up-not-acknowledged',
        Severity.ERROR,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'the debug power domain is asked for and does not come up',
        'IHI 0031 B2.2.2, B2; arm_adi_v5.c',
    )
    consumes = (RegisterAccess, MemoryAccess, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(PowerUpNotAcknowledged, self).__init__(context, bus)
        self._request = None  # type: Optional[_Request]
        self._count = 0  # requests that were told

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """The request for power, and all that follows until it is clear what came of it."""
        return REQUESTS if self._request is None else None

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Take an access; the read that is one too many tells it."""
        if isinstance(record, MemoryAccess):
            return self._memory(record)
        if isinstance(record, CaptureGap):
            self._request = None  # it may have been taken back
            return ()
        if record.name == CTRL_STAT.name and record.outcome == OK:
            return self._write(record) if record.write else self._read(record)
        return ()

    def _memory(self, access: 'MemoryAccess') -> 'Iterator[Withdrawn]':
        request = self._request
        if request is not None and access.outcome == OK:
            self._request = None
            if request.reads:
                yield self.withdrawn(request.start, access.end, 'an access to memory succeeds')

    def _write(self, access: 'RegisterAccess') -> 'Iterable[Any]':
        asked = tuple(ack for ask, ack in PAIRS if CTRL_STAT.field(ask).of(access.value))
        known = self._request
        if not asked:
            self._request = None
        elif known is None or known.asked != asked:
            self._request = _Request(access.start, asked, 0, False)
        return ()

    def _read(self, access: 'RegisterAccess') -> 'Iterator[Finding]':
        request = self._request
        if request is None:
            return
        missing = [name for name in request.asked if not CTRL_STAT.field(name).of(access.value)]
        if not missing:
            self._request = None
            return
        request = request._replace(reads=request.reads + 1)
        late = self.context.longer(
            access.end - request.start, self.context.limit('DAP002_WAIT_S', WAIT_S)
        )
        if late or request.reads >= self.context.limit('DAP002_READS', READS):
            if not request.told:
                self._count += 1
            request = request._replace(told=True)
            yield self._finding(request, access, missing)
        self._request = request

    def _finding(
        self, request: '_Request', access: 'RegisterAccess', missing: 'Iterable[str]'
    ) -> 'Finding':
        names = ' and '.join(missing)
        text = 'CTRL/STAT reads 0x{:08X}; expected {} set (IHI 0031 B2)'
        return self.finding(
            request.start,
            access.end,
            'The part does not acknowledge the request for debug power: {} still missing after {}'
            ' reads of CTRL/STAT over {}'.format(
                names, request.reads, self.time(access.end - request.start)
            ),
            [Evidence(access.start, access.end, text.format(access.value, names))],
            ADVICE,
            count=self._count,
        )


RULE = PowerUpNotAcknowledged
