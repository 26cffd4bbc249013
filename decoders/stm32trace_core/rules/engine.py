"""Runs the rules: which there are, which apply, and what became of each."""

from ..bootloader.records import BootCommand
from ..machine import REPORT, Machine
from ..record import NamedTuple
from ..scan import scan
from .rule import Finding, Severity, Withdrawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set, Tuple, Type  # novm

    from ..context import Context
    from .rule import Rule

    Identity = Tuple[str, str, str]

# Results of a rule.
FIRED = 'fired'
CLEAN = 'clean'
NOT_EVALUATED = 'not_evaluated'
SUPPRESSED = 'suppressed'

# Why a finding's severity was lowered.
BADLY_SAMPLED = 'badly sampled'  # one step: it judges durations
DAMAGED = 'damaged'  # to a note: it rests on samples that may be wrong
MOST_WRONG = 0.25  # of a finding's length

MOST_FINDINGS = 1000  # kept of one rule; further ones are counted

# Facts that a rule may need and that only the traffic can tell: fact -> the record type that proves it.
FACTS = {'bootloader': BootCommand}  # type: Dict[str, type]


class RuleResult(
    NamedTuple(
        'RuleResult',
        [
            ('rule', str),
            ('state', str),  # FIRED | CLEAN | NOT_EVALUATED | SUPPRESSED
            ('missing', 'Tuple[str, ...]'),  # NOT_EVALUATED: the facts that are missing
            ('by', str),  # SUPPRESSED: by what
            ('dropped', int),  # findings beyond MOST_FINDINGS
        ],
    )
):
    """What became of one rule in one capture."""

    __slots__ = ()


class Judged(NamedTuple('Judged', [('finding', Finding), ('explained_by', str), ('doubt', str)])):
    """A finding as reported: by which rule it is explained ('' for none), and why its severity was lowered
    (BADLY_SAMPLED, DAMAGED, '' where it was not).
    """

    __slots__ = ()


def catalogue() -> 'Tuple[Type[Rule], ...]':
    """Return the classes of all rules of this package, ordered by id."""
    return tuple(sorted(scan('stm32trace_core.rules', 'RULE'), key=lambda rule: rule.info.id))


def chosen(
    rules: 'Iterable[Type[Rule]]', select: 'Sequence[str]', ignore: 'Sequence[str]'
) -> 'List[Type[Rule]]':
    """Return the rules whose id begins with a prefix in `select` (all if empty) and with none in `ignore`."""
    wanted = tuple(select) or ('',)
    return [
        rule
        for rule in rules
        if rule.info.id.startswith(wanted)
        and not (ignore and rule.info.id.startswith(tuple(ignore)))
    ]


def instances(
    rules: 'Iterable[Type[Rule]]', context: 'Context', buses: 'Sequence[str]'
) -> 'List[Rule]':
    """Return the rules' machines: one for each bus, or one for the capture, as each rule wants."""
    return [rule(context, bus) for rule in rules for bus in (buses if rule.per_bus else ('',))]


class Judgement(Machine):
    """Collects what the rules say, and tells in the end what became of each."""

    consumes = (Finding, Withdrawn)
    phase = REPORT
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(Judgement, self).__init__(context, bus)
        self._findings = {}  # type: Dict[Identity, Finding]
        self._withdrawn = {}  # type: Dict[str, str]
        self._kept = {}  # type: Dict[str, int]
        self._dropped = {}  # type: Dict[str, int]

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Keep a finding (it replaces one of the same identity) or note a withdrawal."""
        if isinstance(record, Withdrawn):
            self._withdrawn[record.rule] = record.by
        elif record.identity in self._findings:
            self._findings[record.identity] = record
        elif self._kept.get(record.rule, 0) < MOST_FINDINGS:
            self._kept[record.rule] = self._kept.get(record.rule, 0) + 1
            self._findings[record.identity] = record
        else:
            self._dropped[record.rule] = self._dropped.get(record.rule, 0) + 1
        return ()

    def findings(
        self, rules: 'Iterable[Rule]' = (), wrong: 'Sequence[Tuple[int, int]]' = ()
    ) -> 'List[Judged]':
        """Return the findings: unexplained ones first, then by severity, then by time.

        rules: those that ran. On a bus of which one that casts doubt found an error (it was sampled badly),
        findings that judge durations are lowered by one step. wrong: samples [start, stop) that were read and may
        be wrong; a finding that rests on them is no more than a note.
        """
        explained_by = dict(_explanations(self._findings.values()))
        casting = {rule.info.id for rule in rules if rule.casts_doubt}
        timed = {rule.info.id for rule in rules if rule.info.timing}
        doubted = {
            found.bus
            for found in self._findings.values()
            if found.rule in casting and found.severity >= Severity.ERROR
        }
        judged = []
        for found in self._findings.values():
            told, doubt = found, ''
            if not found.rule.startswith('SIG') and _touches(found, wrong):
                told, doubt = found._replace(severity=Severity.NOTE), DAMAGED
            elif found.rule in timed and found.bus in doubted:
                told, doubt = _lowered(found), BADLY_SAMPLED
            judged.append(Judged(told, explained_by.get(found.identity, ''), doubt))
        return sorted(judged, key=_order)

    def results(
        self, rules: 'Sequence[Rule]', seen: 'Set[type]', protocols: 'Set[str]'
    ) -> 'List[RuleResult]':
        """Return what became of each rule, ordered by id.

        rules: all instances that ran. seen: record types that occurred. protocols: those of the buses.
        """
        known = self._facts(seen, protocols)
        fired = {identity[0] for identity in self._findings}
        missing = {}  # type: Dict[str, Tuple[str, ...]]
        for rule in rules:
            lacks = tuple(
                need for need in rule.info.needs if not known.intersection(need.split('|'))
            )
            here = lacks + rule.missing()
            missing[rule.info.id] = (
                here if rule.info.id not in missing else _both(missing[rule.info.id], here)
            )
        return [self._result(name, fired, missing[name]) for name in sorted(missing)]

    def _facts(self, seen: 'Set[type]', protocols: 'Set[str]') -> 'Set[str]':
        facts = set(self.context.roles) | protocols
        facts.update(fact for fact, kind in FACTS.items() if kind in seen)
        if self.context.sample_rate:
            facts.add('sample_rate')
        if self.context.family:
            facts.add('family')
        return facts

    def _result(self, name: 'str', fired: 'Set[str]', missing: 'Tuple[str, ...]') -> 'RuleResult':
        dropped = self._dropped.get(name, 0)
        if name in fired:
            return RuleResult(name, FIRED, (), '', dropped)
        if name in self._withdrawn:
            return RuleResult(name, SUPPRESSED, (), self._withdrawn[name], dropped)
        return RuleResult(name, NOT_EVALUATED if missing else CLEAN, missing, '', dropped)


def _both(one: 'Tuple[str, ...]', other: 'Tuple[str, ...]') -> 'Tuple[str, ...]':
    """A rule that could be evaluated on one bus was evaluated."""
    return tuple(need for need in one if need in other)


def _touches(found: 'Finding', spans: 'Sequence[Tuple[int, int]]') -> 'bool':
    """Tell whether the finding or one of its evidences rests on one of `spans`.

    It does if it begins or ends there, or if MOST_WRONG of its length lies there: a long series of BUSY is still one
    when a piece of its middle is in doubt.
    """
    rests_on = [(found.start, found.end)] + [(one.start, one.end) for one in found.evidence]
    return any(
        start <= first <= stop
        or start <= last <= stop
        or min(last, stop) - max(first, start) > MOST_WRONG * (last - first)
        for start, stop in spans
        for first, last in rests_on
    )


def _lowered(found: 'Finding') -> 'Finding':
    return found._replace(severity=Severity(max(Severity.NOTE, found.severity - 1)))


def _explanations(findings: 'Iterable[Finding]') -> 'Iterator[Tuple[Identity, str]]':
    """Yield (identity, rule that explains it); of several explanations the most severe one counts."""
    for found in sorted(findings, key=lambda cause: (cause.severity, cause.start)):
        for identity in found.explains:
            if identity != found.identity:
                yield identity, found.rule


def _order(judged: 'Judged') -> 'Tuple[bool, int, int, str, str]':
    found = judged.finding
    return (bool(judged.explained_by), -found.severity, found.start, found.rule, found.key)


def counts_for_exit(judged: 'Judged') -> 'bool':
    """Tell whether a finding counts for the exit status: explained ones do not."""
    return not judged.explained_by
