"""What a rule is, what it finds, and what became of it.

A rule is a `Machine` whose product is `Finding`. Its module's docstring is the page that `stm32trace explain ID`
shows, in the sections What, Why, Do, False alarms, Example and Source.
"""

from enum import IntEnum

from .. import machine  # not its RULE by name: a scan finds rules by that attribute
from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Optional, Tuple  # novm

    from .occurrences import Occurrences


class Severity(IntEnum):
    """How bad it is for the part or the session; NOTE never changes the exit status."""

    NOTE = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3  # the part is, or may be, unusable after this

    def __str__(self) -> 'str':
        return self.name.lower()


class Confidence(IntEnum):
    """How sure the finding is when its predicate matches. LOW is capped at NOTE."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    def __str__(self) -> 'str':
        return self.name.lower()


# Suspects.
HOST = 'host'
PROBE = 'probe'
WIRING = 'wiring'
SUPPLY = 'supply'
TARGET = 'target'
CAPTURED = 'capture'

# Can the part be saved?
YES = 'yes'
LIKELY = 'likely'
UNLIKELY = 'unlikely'
NO = 'no'
UNKNOWN = 'unknown'


class Evidence(NamedTuple('Evidence', [('start', int), ('end', int), ('text', str)])):
    """A span of the capture and what is seen there, with the value that was expected and its source."""

    __slots__ = ()


class RuleInfo(
    NamedTuple(
        'RuleInfo',
        [
            ('id', str),  # 'BLP013'
            ('slug', str),  # 'busy-forever'
            ('severity', 'Severity'),
            ('confidence', 'Confidence'),
            ('suspect', str),
            ('needs', 'Tuple[str, ...]'),  # see below
            ('timing', bool),  # judges durations: doubtful where the signal was sampled badly
            ('summary', str),  # one line for the catalogue
            ('source', str),
            (
                'recoverable',
                str,
            ),  # can the part be saved after this? YES ... UNKNOWN; '' not stated
        ],
    )
):
    """A rule's line in the catalogue.

    needs: facts without which the rule is *not evaluated*, each with its alternatives: 'nrst|vdd'. A fact is
        a role on a captured channel ('nrst', 'vdd', 'boot0'), 'sample_rate', a protocol on some bus ('i2c',
        'uart', 'swd'), or 'bootloader' (a bootloader command was recognised).
    recoverable: what holds for its findings unless one says otherwise. YES: the part itself came to no harm.
    """

    __slots__ = ()

    def __new__(
        cls,
        identifier: 'str',
        slug: 'str',
        severity: 'Severity',
        confidence: 'Confidence',
        suspect: 'str',
        needs: 'Tuple[str, ...]',
        timing: 'bool',
        summary: 'str',
        source: 'str',
        recoverable: 'str' = '',
    ) -> 'RuleInfo':
        return super(RuleInfo, cls).__new__(
            cls, identifier, slug, severity, confidence, suspect, needs, timing, summary, source,
            recoverable,
        )  # fmt: skip


class Finding(
    NamedTuple(
        'Finding',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('rule', str),
            ('name', str),
            ('severity', 'Severity'),
            ('confidence', 'Confidence'),
            ('suspect', str),
            (
                'key',
                str,
            ),  # tells apart several findings of one rule on one bus ('0x51'); '' for the only one
            ('count', int),
            ('message', str),  # one sentence with the values seen
            (
                'advice',
                'Tuple[str, ...]',
            ),  # steps in order; one that erases or cannot be undone says so first
            ('evidence', 'Tuple[Evidence, ...]'),  # in time order, at most a handful
            (
                'explains',
                'Tuple[Tuple[str, str, str], ...]',
            ),  # identities of findings this one is the cause of
            ('recoverable', str),  # as of RuleInfo
        ],
    )
):
    """What a rule has to say. A later finding of the same identity replaces the earlier one."""

    __slots__ = ()

    @property
    def identity(self) -> 'Tuple[str, str, str]':
        """(rule, bus, key): a later finding with the same identity replaces this one."""
        return (self.rule, self.bus, self.key)


class Withdrawn(
    NamedTuple(
        'Withdrawn',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('rule', str),
            ('by', str),  # a rule's id, or words
        ],
    )
):
    """A rule's predicate matched, but a guard of its page holds: the rule is *suppressed* by `by`."""

    __slots__ = ()


class Rule(machine.Machine):
    """A machine that judges. Sub-classes set `info` and `consumes`, and return findings made by `finding`."""

    phase = machine.RULE
    produces = (Finding, Withdrawn)
    casts_doubt = False  # an error of this rule makes durations on its bus doubtful: badly sampled
    info = RuleInfo('', '', Severity.NOTE, Confidence.LOW, HOST, (), False, '', '')

    def finding(
        self,
        start: 'int',
        end: 'int',
        message: 'str',
        evidence: 'Iterable[Evidence]' = (),
        advice: 'Iterable[str]' = (),
        key: 'str' = '',
        count: 'int' = 1,
        severity: 'Optional[Severity]' = None,
        confidence: 'Optional[Confidence]' = None,
        suspect: 'Optional[str]' = None,
        explains: 'Iterable[Any]' = (),
        recoverable: 'str' = '',
    ) -> 'Finding':
        """Return a finding with what `info` says, but for what is given. LOW is capped at NOTE."""
        info = self.info
        sure = info.confidence if confidence is None else confidence
        bad = info.severity if severity is None else severity
        return Finding(
            start,
            end,
            self.bus,
            info.id,
            info.slug,
            Severity.NOTE if sure == Confidence.LOW else bad,
            sure,
            info.suspect if suspect is None else suspect,
            key,
            count,
            message,
            tuple(advice),
            tuple(evidence),
            tuple(found.identity for found in explains),
            recoverable or info.recoverable,
        )

    def counted(
        self, seen: 'Occurrences', first: 'str', advice: 'Iterable[str]', **more: 'Any'
    ) -> 'Finding':
        """Return the finding of one cause that was `seen` so often; `first` says what the first one was.

        more: keyword arguments of `finding`.
        """
        return self.finding(
            seen.start, seen.end, seen.told(first), seen.examples, advice, count=seen.count, **more
        )

    def withdrawn(self, start: 'int', end: 'int', by: 'str') -> 'Withdrawn':
        """Return the record of a match that a guard suppressed."""
        return Withdrawn(start, end, self.bus, self.info.id, by)

    def missing(self) -> 'Tuple[str, ...]':
        """Return the facts that this rule lacked, beyond `info.needs`, now that the data has ended."""
        return ()

    def time(self, samples: 'int') -> 'str':
        """Return a length as text: '40.1 ms', or '40100 samples' where the sample rate is not known."""
        return duration_text(self.context.seconds(samples), samples)


class Diagnosis(Rule):
    """A rule over the findings and operations of the whole capture; the only place that sets `explains`."""

    phase = machine.DIAGNOSIS
    per_bus = False


def duration_text(seconds: 'Optional[float]', samples: 'int') -> 'str':
    """Return a length of time in a unit that fits, three or four digits; samples where it is not known."""
    if seconds is None:
        return '{} samples'.format(samples)
    for unit, factor in (('s', 1.0), ('ms', 1e-3), ('us', 1e-6)):
        if abs(seconds) >= factor:
            return '{:.4g} {}'.format(seconds / factor, unit)
    return '{:.3g} ns'.format(seconds / 1e-9)
