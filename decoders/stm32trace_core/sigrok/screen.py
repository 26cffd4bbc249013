"""Records as annotations on the rows of a decoder.

An annotation cannot be taken back or changed once it is put, and nothing tells that the data end. So each
record is shown when it comes: a window as a mark where it opens, and over its length when it ends; a finding
when it is first made, and once more when it gets another severity. One that only grows (a count, a later end) is
not repeated: how far it got in the end is what the analyzer tells.
"""

from ..machine import REPORT, Machine
from ..record import NamedTuple
from ..rules.engine import MOST_FINDINGS
from ..rules.rule import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Container, Dict, Iterable, List, Mapping, Tuple  # novm

    from ..context import Context
    from ..describe import Texts
    from ..rules.rule import Severity

    Painted = Tuple[int, int, str, Texts]  # start, end, class, texts
    Painter = Callable[[Any, Context], Iterable[Painted]]
    Put = Callable[[int, int, List[Any]], None]


class Row(
    NamedTuple('Row', [('id', str), ('label', str), ('classes', 'Tuple[Tuple[str, str], ...]')])
):
    """A row of annotations. classes: (id, label) of each kind of annotation on it, from the usual to the rare."""

    __slots__ = ()


class Rows(object):
    """The rows of a decoder, in the form that libsigrokdecode asks for."""

    def __init__(self, rows: 'Iterable[Row]') -> 'None':
        rows = tuple(rows)
        self.annotations = tuple(one for row in rows for one in row.classes)
        self.numbers = {name: number for number, (name, _) in enumerate(self.annotations)}
        self.rows = tuple(
            (row.id, row.label, tuple(self.numbers[name] for name, _ in row.classes))
            for row in rows
        )


FINDINGS = Row(
    'findings',
    'Findings',
    (('note', 'Note'), ('warning', 'Warning'), ('error', 'Error'), ('critical', 'Critical')),
)


class Announcer(object):
    """Decides which findings are shown.

    shown: ids of the rules whose findings are.
    """

    def __init__(self, shown: 'Container[str]') -> 'None':
        self._shown = shown
        self._severities = {}  # type: Dict[Tuple[str, str, str], Severity]
        self._counts = {}  # type: Dict[str, int]

    def is_news(self, finding: 'Finding') -> 'bool':
        """Tell whether a finding is to be shown: as the first of its identity, or for its severity."""
        if finding.rule not in self._shown:
            return False
        known = self._severities.get(finding.identity)
        if known is None:
            count = self._counts[finding.rule] = self._counts.get(finding.rule, 0) + 1
            if count > MOST_FINDINGS:
                return False
        self._severities[finding.identity] = finding.severity
        return known != finding.severity


class Screen(Machine):
    """Puts the records that have a painter as annotations.

    put: takes start, end and [number of the class, [texts]].
    """

    phase = REPORT
    per_bus = False

    def __init__(
        self,
        context: 'Context',
        rows: 'Rows',
        painters: 'Mapping[type, Painter]',
        announcer: 'Announcer',
        put: 'Put',
    ) -> 'None':
        super(Screen, self).__init__(context)
        self._numbers = rows.numbers
        self._painters = painters
        self._announcer = announcer
        self._put = put
        self.consumes = tuple(painters)

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Put what is to be seen of a record."""
        kind = type(record)
        if kind is Finding and not self._announcer.is_news(record):
            return ()
        for start, end, name, texts in self._painters[kind](record, self.context):
            self._put(start, end, [self._numbers[name], list(texts)])
        return ()
