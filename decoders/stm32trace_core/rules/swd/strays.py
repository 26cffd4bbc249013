"""Acknowledges that no target sends: how many, whether several come in a row, and the rules that tell of them."""

from ...adi.records import AckRun, LinkReset, LinkStats
from ...record import CAPTURE
from ..occurrences import Occurrences
from ..rule import Evidence, Rule
from .link import OkCount
from .naming import ack_text, request_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from ...context import Context
    from ..rule import Finding

# One or two of them occur where a capture begins in the middle of a packet, or after a glitch; none
# in a healthy public capture (https://github.com/sigrokproject/sigrok-dumps).
FEWEST = 3
SHARE = 0.01  # of all packets
FEWEST_OF_ALL = 2  # where there are no other packets


class Strays(object):
    """Counts them. Fed with every AckRun and LinkReset of a bus."""

    def __init__(self, fewest: 'float', share: 'float') -> 'None':
        self._fewest = fewest
        self._share = share
        self._oks = OkCount()
        self._before = -1  # packets answered OK before the row that is going on
        self._row = 0  # packets in it, runs that are over
        self._run = None  # type: Optional[AckRun]
        self.seen = Occurrences()
        self.in_row = False  # enough came in a row

    def reset(self, record: 'LinkReset') -> 'None':
        """Take note of a line reset."""
        self._oks.feed(record)

    def add(self, run: 'AckRun', expected: 'str') -> 'None':
        """Count a run of stray acknowledges."""
        known, self._run = self._run, run
        is_new = known is None or known.start != run.start
        if is_new:
            oks = self._oks.before(run)
            ended = 0 if known is None else known.count
            self._row = self._row + ended if oks == self._before else 0
            self._before = oks
        counted = 0 if known is None or is_new else known.count
        text = '{}: acknowledge {}; {}'.format(
            request_text(run.request), ack_text(run.ack), expected
        )
        examples = [Evidence(run.start, run.end, text)] if is_new else []
        self.seen.merge(run.count - counted, run.start, run.end, examples)
        self.in_row |= self._row + run.count >= self._fewest

    def other(self) -> 'None':
        """Take note of a run of other acknowledges: it ends the row."""
        self._before = -1

    def is_much(self, packets: 'int') -> 'bool':
        """Tell whether they are enough, of so many packets of the whole capture."""
        count = self.seen.count
        if self.in_row or not count:
            return self.in_row
        if count == packets:
            return count >= FEWEST_OF_ALL
        return count >= self._fewest and count > self._share * packets


class StrayRule(Rule):
    """A rule that counts packets with an acknowledge of one kind. Limits: its id and _FEWEST, _SHARE."""

    consumes = (AckRun, LinkReset, LinkStats)
    sentence = ''  # with places for the number of packets and ' of 55'
    expected = ''
    advice = ()  # type: Tuple[str, ...]

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(StrayRule, self).__init__(context, bus)
        limit = context.limit
        self._strays = Strays(
            limit(self.info.id + '_FEWEST', FEWEST), limit(self.info.id + '_SHARE', SHARE)
        )

    def is_stray(self, ack: 'int') -> 'bool':
        """Tell whether this acknowledge is one of the kind."""
        raise NotImplementedError

    def feed(self, record: 'Any') -> 'Iterable[Finding]':
        """Tell a row at once, single packets in the end."""
        if isinstance(record, LinkReset):
            self._strays.reset(record)
        elif isinstance(record, LinkStats):
            if self._strays.is_much(record.packets):
                return [self._finding(' of {}'.format(record.packets))]
        elif not self.is_stray(record.ack):
            self._strays.other()
        else:
            self._strays.add(record, self.expected)
            return [self._finding('')] if self._strays.in_row else ()
        return ()

    def _finding(self, of_all: 'str') -> 'Finding':
        seen = self._strays.seen
        return self.finding(
            seen.start,
            seen.end,
            self.sentence.format(seen.count, of_all),
            seen.examples,
            self.advice,
            count=seen.count,
        )
