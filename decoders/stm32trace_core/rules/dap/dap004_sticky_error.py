"""DAP004 sticky-error: CTRL/STAT shows that an earlier access failed.

What
A read of CTRL/STAT shows STICKYERR, STICKYORUN or WDATAERR. It is a warning if the host does not
clear the flag within 20 requests, or if an erase, a programming or an option write is pending;
otherwise a note.

Why it matters
STICKYERR: the bus of the part refused an access: no memory there, protected, or without clock.
STICKYORUN: a request came while the one before was still being worked on; it was dropped.
WDATAERR: data arrived with a wrong parity, and the write was dropped.
What was asked for did not happen, though its own packet was acknowledged OK; in the middle of an
erase or a programming this means that a step of it is missing.

What to do
Look at the access that the finding names. Let the host clear the flag (ABORT, 0x1E), and repeat
that access. After a write to the flash was lost, verify what was programmed; programming it again
means to erase it first.

False alarms and guards
Tools probe addresses on purpose (ROM tables, sizes of memory) and hosts in overrun mode meet
STICKYORUN as part of their work: both clear the flag at once, and that is a note. A capture that
ends before 20 more requests proves nothing. Limit: DAP004_REQUESTS (20).

Example
A tool reads 0x08000000 of a protected part; CTRL/STAT reads 0xF0000060, the tool writes ABORT: a
note. Without the ABORT it is a warning.

Source
Arm IHI 0031 (ADIv5.2), B2.2.2 (CTRL/STAT), B2.2.1 (ABORT), B1 (sticky flags).
[OCD1165] Faults that can be cleared, https://github.com/pyocd/pyOCD/issues/1165
[OCD890] Errors of a part in low power, https://github.com/pyocd/pyOCD/pull/890
"""

from ...adi.records import OK, MemoryAccess, RegisterAccess
from ...adi.registers import ABORT, CTRL_STAT
from ...flash.records import PeripheralAccess, Window
from ...interest import interest
from ...lines import CaptureGap
from ...record import CAPTURE
from ..occurrences import MOST_EXAMPLES, Occurrences
from ..pending import PendingWork
from ..rule import TARGET, YES, Confidence, Rule, RuleInfo, Severity
from ..swd.link import TAKEN
from ..swd.naming import access_text
from ..swd.requests import PATIENCE, Requests, is_abort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union  # novm

    from ...context import Context
    from ...interest import Interest
    from ..rule import Finding

# Flag in CTRL/STAT -> the bit of ABORT that clears it. Source: IHI 0031 B2.2.1.
FLAGS = (('STICKYERR', 'STKERRCLR'), ('STICKYORUN', 'ORUNERRCLR'), ('WDATAERR', 'WDERRCLR'))

ADVICE = (
    'Look at the access before it: what it asked for did not happen.',
    'Let the host clear the flag (write 0x1E to ABORT), then repeat that access alone.',
    'If the flash was being written, read it back and compare before the part is used.',
)

LAST_MEMORY = interest(MemoryAccess, latest=2)  # a read may become known after a later write
QUIET = (
    interest(
        RegisterAccess,
        False,
        names=(CTRL_STAT.name,),
        bits=sum(1 << CTRL_STAT.field(flag).lsb for flag, _ in FLAGS),
    ),
    LAST_MEMORY,
)
WARNED = (
    interest(RegisterAccess, False, names=(CTRL_STAT.name,)),
    interest(RegisterAccess, True, names=(ABORT.name,)),
    LAST_MEMORY,
)


class StickyError(Rule):
    """Follows the sticky flags from the read that shows them to the ABORT that clears them."""

    info = RuleInfo(
        'DAP004',
        'sticky-error',
        Severity.WARNING,
        Confidence.HIGH,
        TARGET,
        ('swd',),
        False,
        'CTRL/STAT shows that an earlier access failed',
        'IHI 0031 B2.2.2, B1; [OCD1165], [OCD890]',
        YES,
    )
    consumes = (RegisterAccess, MemoryAccess, PeripheralAccess, Window, CaptureGap)

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(StickyError, self).__init__(context, bus)
        self._last = None  # type: Optional[Union[MemoryAccess, PeripheralAccess]]
        self._work = PendingWork()
        self._flags = []  # type: List[str]  # set, and not cleared since
        self._since = Requests()
        self._seen = Occurrences()
        self._first = ''  # what the first one was
        self._severity = Severity.NOTE

    @property
    def interests(self) -> 'Optional[Tuple[Interest, ...]]':
        """Reads that show a flag; then all requests, until so many have come that it is a warning anyway."""
        if self._severity >= Severity.WARNING:
            return WARNED
        return None if self._flags else QUIET

    @property
    def is_settled(self) -> 'bool':
        """From now on, only how often a flag is shown anew can change what is told."""
        return self._severity >= Severity.WARNING and len(self._seen.examples) == MOST_EXAMPLES

    @property
    def flags(self) -> 'Tuple[str, ...]':
        """The flags that are set, and not cleared since."""
        return tuple(self._flags)

    def shown_again(self, count: 'int', end: 'int', flags: 'List[str]') -> 'Iterable[Finding]':
        """Take, once it is settled, many accesses at once.

        `count` reads among them showed a new flag, the last one ends at sample `end`; `flags` are set after all.
        """
        self._flags = flags
        if not count:
            return ()
        self._seen.merge(count, end, end, [])
        return [self._finding()]

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Take a record; a read that shows a new flag is told at once."""
        return _HANDLERS[type(record)](self, record)

    def _window(self, window: 'Window') -> 'Iterable[Finding]':
        self._work.feed(window)
        return ()

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Finding]':
        self._last, self._flags = None, []
        self._work.forget()
        return ()

    def _memory(self, access: 'MemoryAccess') -> 'Iterable[Finding]':
        self._named(access)
        return self._request(access)

    def _named(self, access: 'Union[MemoryAccess, PeripheralAccess]') -> 'Iterable[Finding]':
        """Keep an access that the port took: what it answered FAULT to is not what failed."""
        is_later = self._last is None or access.start >= self._last.start
        if is_later and access.outcome in TAKEN:
            self._last = access
        return ()

    def _register(self, access: 'RegisterAccess') -> 'Iterable[Finding]':
        if is_abort(access):
            self._flags = [
                flag
                for flag, clear in FLAGS
                if flag in self._flags and not ABORT.field(clear).of(access.value)
            ]
        elif access.name == CTRL_STAT.name and not access.write and access.outcome == OK:
            return self._status(access)
        return self._request(access)

    def _request(self, access: 'Union[MemoryAccess, RegisterAccess]') -> 'Iterable[Finding]':
        """A request with a flag still set."""
        if not self._flags:
            return ()
        self._since.add(access)
        late = self._since.count >= self.context.limit('DAP004_REQUESTS', PATIENCE)
        if not late or self._severity >= Severity.WARNING:
            return ()
        self._severity = Severity.WARNING
        return [self._finding()]

    def _status(self, access: 'RegisterAccess') -> 'Iterable[Finding]':
        shown = [flag for flag, _ in FLAGS if CTRL_STAT.field(flag).of(access.value)]
        new = [flag for flag in shown if flag not in self._flags]
        known, self._flags = self._flags, shown
        if not new:
            return self._request(access)
        if not known:
            self._since = Requests()
        names = ' and '.join(new)
        last = '' if self._last is None else '; the last access before: ' + access_text(self._last)
        text = 'CTRL/STAT reads 0x{:08X}: {} set, expected clear (IHI 0031 B2.2.2){}'
        self._seen.add(access.start, access.end, text.format(access.value, names, last))
        self._first = self._first or names + last
        if self._work.is_on:
            self._severity = Severity.WARNING
        return [self._finding()]

    def _finding(self) -> 'Finding':
        seen = self._seen
        return self.counted(
            seen,
            'An access failed: CTRL/STAT shows {}'.format(self._first),
            ADVICE if self._severity > Severity.NOTE else (),
            severity=self._severity,
        )


_HANDLERS = {
    RegisterAccess: StickyError._register,
    MemoryAccess: StickyError._memory,
    PeripheralAccess: StickyError._named,
    Window: StickyError._window,
    CaptureGap: StickyError._gap,
}  # type: Dict[type, Callable[[StickyError, Any], Iterable[Finding]]]

RULE = StickyError
