"""Which machines and rules a decoder runs, being one of a stack.

A stack divides what the analyzer does in one: each decoder is given records from below, makes others of them,
and passes on what the next one needs. A rule runs where all records that it consumes are there, of those that
any stack has; so NRST, VDD and what the wires alone show (how long a line is held, how a clock was sampled) play
no part. A diagnosis runs in the topmost decoder.
"""

from ..adi.link import LinkMonitor
from ..adi.machine import AdiMachine
from ..adi.records import AckRun, LinkReset, LinkStats, MemoryAccess, ParityError, RegisterAccess
from ..lines import CaptureGap, LevelChange
from ..network import RULES, Network, machine_types
from ..record import NamedTuple
from ..rules import engine
from ..rules.rule import Finding
from ..scan import scan
from ..wire.i2c import I2cByte
from ..wire.swd import SwdSequence, SwdTransfer
from ..wire.uart import UartFormat, UartWord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, List, Optional, Sequence, Set, Tuple, Type  # novm

    from ..context import Context
    from ..machine import Machine
    from ..rules.rule import Rule

WORDS = {
    'i2c': (I2cByte,),
    'uart': (UartWord, UartFormat),
    'swd': (SwdTransfer, SwdSequence),
}
LINK = (AckRun, ParityError, LinkReset, LinkStats)
ACCESSES = (RegisterAccess, MemoryAccess)

# Rules about what the stock decoder `i2c` does not tell: how long SDA and SCL are low.
UNSEEN = ('I2C009', 'I2C010')

# Of lines that no decoder is given; a rule that consumes them does so for an excuse.
SLOW_LINES = (LevelChange, CaptureGap)


class Stage(
    NamedTuple(
        'Stage',
        [
            ('protocol', str),
            ('given', 'Tuple[type, ...]'),  # record types that come from below
            ('machines', 'Tuple[Type[Machine], ...]'),  # (): all that have something to do
            ('groups', 'Tuple[str, ...]'),  # of rules that may be judged here; (): all
            ('doubted', 'Tuple[type, ...]'),  # records made that are no ground for a finding
        ],
    )
):
    """The part of one decoder in a stack.

    One that is not the topmost names its machines and groups of rules: to look for them takes longer than to
    decode a short capture.
    """

    __slots__ = ()


I2C = Stage('i2c', WORDS['i2c'], (), (), ())
UART = Stage('uart', WORDS['uart'], (), (), ())
SWD = Stage('swd', WORDS['swd'], (LinkMonitor,), ('swd',), ())
ADI = Stage('swd', WORDS['swd'], (LinkMonitor, AdiMachine), ('swd', 'dap'), ())
# The stock decoder sees requests and acknowledges in the bits of sequences, too, and tells no bad parity.
ADI_ON_STOCK = ADI._replace(doubted=(AckRun, ParityError, LinkStats))
FLASH = Stage('swd', LINK + ACCESSES, (), (), ())


class Plan(object):
    """What runs in a stage.

    machines: classes. available: record types that occur. rules: classes, of all that can run.
    """

    def __init__(self, stage: 'Stage', context: 'Context') -> 'None':
        self.machines = []  # type: List[Type[Machine]]
        self.available = set()  # type: Set[type]
        self.rules = []  # type: List[Type[Rule]]
        if stage.machines:
            self._take(stage)
        else:
            self._find(stage)
        facts = _facts(context, stage.protocol, self.available)
        self.rules = [rule for rule in self.rules if _has_needs(rule, facts)]

    def _take(self, stage: 'Stage') -> 'None':
        """Run what the stage names."""
        self.machines = list(stage.machines)
        self.available = _made(stage.given, self.machines)
        found = [rule for group in stage.groups for rule in scan(RULES + '.' + group, 'RULE')]
        grounds = self.available.difference(stage.doubted).union(SLOW_LINES)
        self.rules = [rule for rule in found if grounds.issuperset(rule.consumes)]

    def _find(self, stage: 'Stage') -> 'None':
        """Run whatever has something to do."""
        words = WORDS[stage.protocol]
        kinds = [kind for kind in machine_types() if _serves(kind, stage.protocol)]
        known = _made(words, _running(kinds, words))  # by the whole stack
        self.machines = _running(kinds, stage.given, known)
        self.available = _made(stage.given, self.machines).union([Finding])
        self.rules = [
            rule
            for rule in engine.catalogue()
            if _can_judge(rule, known.union([Finding]), self.available)
        ]


def _running(
    kinds: 'List[Type[Machine]]', given: 'Iterable[type]', known: 'Optional[Set[type]]' = None
) -> 'List[Type[Machine]]':
    """Return those of `kinds` that have something to do, in the order given.

    known: record types that occur anywhere; a machine waits for all of these that it consumes. None: for any.
    """
    running = []  # type: List[Type[Machine]]
    available = set(given)
    for _ in kinds:
        running = [
            kind
            for kind in kinds
            if available.intersection(kind.consumes)
            and (known is None or known.intersection(kind.consumes) <= available)
        ]
        available = _made(given, running)
    return running


def _made(given: 'Iterable[type]', kinds: 'Iterable[Type[Machine]]') -> 'Set[type]':
    return set(given).union(*(kind.produces for kind in kinds))


def _facts(context: 'Context', protocol: 'str', known: 'Set[type]') -> 'Set[str]':
    """Return what rules may need and is there; a family may yet be told by the part."""
    facts = set(context.roles).union([protocol, 'family'])
    if context.sample_rate:
        facts.add('sample_rate')
    return facts.union(fact for fact, kind in engine.FACTS.items() if kind in known)


def _serves(kind: 'Type[Machine]', protocol: 'str') -> 'bool':
    return not kind.protocols or protocol in kind.protocols


def _can_judge(rule: 'Type[Rule]', known: 'Set[type]', available: 'Set[type]') -> 'bool':
    wanted = known.intersection(rule.consumes)
    return bool(wanted) and wanted.issubset(available) and rule.info.id not in UNSEEN


def _has_needs(rule: 'Type[Rule]', facts: 'Set[str]') -> 'bool':
    return all(facts.intersection(need.split('|')) for need in rule.info.needs)


def network(
    plan: 'Plan', context: 'Context', bus: 'str', listeners: 'Iterable[Machine]'
) -> 'Network':
    """Return the machines and rules of a plan, and what listens to them, wired."""
    machines = [kind(context, bus if kind.per_bus else '') for kind in plan.machines]
    rules = engine.instances(plan.rules, context, [bus])  # type: Sequence[Any]
    return Network(machines + list(rules) + list(listeners))
