"""Rules that judge each bootloader command by itself, and tell all with one fault together."""

from ..bootloader.records import BootCommand
from .naming import sentence
from .occurrences import Occurrences
from .rule import Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from ..context import Context
    from .rule import Evidence, Finding


class FaultyCommands(Rule):
    """A rule about single commands: sub-classes set `advice` and `expected`, and find the `fault`.

    expected: the source of what was expected, added to each piece of evidence.
    """

    consumes = (BootCommand,)  # type: Tuple[type, ...]
    advice = ()  # type: Tuple[str, ...]
    expected = ''

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(FaultyCommands, self).__init__(context, bus)
        self._seen = Occurrences()
        self._first = ''

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Report a faulty command together with those before it."""
        fault = self.fault(record)
        if fault is None:
            return
        self._first = self._first or sentence(fault.text)
        self._seen.add(fault.start, fault.end, '{} ({})'.format(fault.text, self.expected))
        yield self.finding(
            self._seen.start,
            self._seen.end,
            self._seen.told(self._first),
            self._seen.examples,
            self.advice,
            count=self._seen.count,
        )

    def fault(self, command: 'BootCommand') -> 'Optional[Evidence]':
        """Return where the fault is and a sentence with the values seen; None for a good one."""
        raise NotImplementedError
