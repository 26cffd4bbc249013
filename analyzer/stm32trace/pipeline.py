"""Wires the stations: capture -> line decoders -> merge -> machines -> rules -> judgement.

The only module that knows all layers. One block of samples at a time goes through; what is kept is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from stm32trace.analysis import Analysis
from stm32trace.capture import CaptureReader
from stm32trace.capture.changes import Changes, Selector
from stm32trace.detect import Assignment, assign
from stm32trace.line import LineDecoder, Setup, decoders
from stm32trace.line.levels import LevelDecoder
from stm32trace.merge import WatermarkMerge
from stm32trace.publisher import Publisher
from stm32trace.settings import Settings
from stm32trace.summary import Summary
from stm32trace.verdict import Verdict, decide, undecoded
from stm32trace_core.context import Context
from stm32trace_core.lines import CaptureFact, CaptureGap
from stm32trace_core.machine import Machine
from stm32trace_core.network import Network, leading_to, machines
from stm32trace_core.record import CAPTURE
from stm32trace_core.rules import engine
from stm32trace_core.rules.engine import Judged, Judgement
from stm32trace_core.rules.rule import Rule

if TYPE_CHECKING:
    pass


@dataclass(slots=True)
class _Source:
    """One line decoder and what cuts its channels out of a block."""

    bus: str  # CAPTURE for a slow line
    decoder: LineDecoder
    selector: Selector


def analyze(
    reader: CaptureReader,
    settings: Settings | None = None,
    *,
    reporters: Sequence[Machine] = (),
    extra_rules: Iterable[type[Rule]] = (),
    assignment: Assignment | None = None,
) -> Analysis:
    """Read the whole capture and judge it.

    reporters: machines of phase REPORT that want to see records as they come (the rows of `decode`).
    Raises ChannelError for an unknown or doubly used channel, CaptureError where nothing can be read.
    """
    settings = settings or Settings()
    if assignment is None:
        assignment = assign(reader.info.channels, settings)
    return _Run(reader, settings, assignment, reporters, extra_rules).result()


def trace(
    reader: CaptureReader,
    settings: Settings | None = None,
    *,
    reporters: Sequence[Machine],
    assignment: Assignment | None = None,
) -> None:
    """Read the whole capture for `reporters` alone: nothing is judged, so no rule runs.

    Of the machines only those take part whose records lead to a reporter. Raises what `analyze` raises.
    """
    settings = settings or Settings()
    if assignment is None:
        assignment = assign(reader.info.channels, settings)
    _Run(reader, settings, assignment, reporters, judging=False).to_the_end()


class _Run:
    """One pass over one capture."""

    def __init__(
        self,
        reader: CaptureReader,
        settings: Settings,
        assignment: Assignment,
        reporters: Sequence[Machine],
        extra_rules: Iterable[type[Rule]] = (),
        judging: bool = True,
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._assignment = assignment
        self._channels = sorted(
            {line.channel for bus in assignment.buses for line in bus.roles}
            | {line.channel for line in assignment.slow}
        )
        blocks = reader.blocks(self._channels)
        first = next(blocks, None)
        self._blocks = blocks if first is None else chain([first], blocks)
        self._context = self._make_context(settings, first)
        known = decoders()
        self._decoded = [bus for bus in assignment.buses if bus.protocol in known]
        self._sources = list(self._make_sources(known))
        buses = [(bus.id, bus.protocol) for bus in self._decoded]
        found = machines(self._context, buses)
        self._judgement = Judgement(self._context)
        self._summary = Summary(self._context)
        self._rules: list[Rule] = []
        if judging:
            rules = engine.chosen(
                chain(engine.catalogue(), extra_rules), settings.select, settings.ignore
            )
            self._rules = engine.instances(rules, self._context, [bus for bus, _ in buses])
            listeners = [self._judgement, self._summary, *reporters]
            self._network = Network(chain(found, self._rules, listeners))
        else:
            self._network = Network([*leading_to(reporters, found), *reporters])
        self._publisher = Publisher(
            self._network, [source.bus for source in self._sources], reporters
        )
        self._merge = WatermarkMerge(len(self._sources), self._publisher.columnar)

    def _make_context(self, settings: Settings, first: Changes | None) -> Context:
        info = self._reader.info
        lines = chain(self._assignment.slow, *(bus.roles for bus in self._assignment.buses))
        levels = {}
        if first is not None:
            state = int(first.state[0])
            levels = {line.role: self._level(state, line.channel) for line in self._assignment.slow}
        return Context(
            sample_rate=info.sample_rate,
            start=0 if first is None else first.start,
            stop=info.length,
            initial_levels=levels,
            roles=frozenset(line.role for line in lines),
            family=settings.family,
            address=settings.address,
            limits=settings.limits,
        )

    def _level(self, state: int, channel: int) -> int:
        return state >> self._channels.index(channel) & 1

    def _make_sources(self, known: Mapping[str, type[LineDecoder]]) -> Iterator[_Source]:
        """One source for each bus that can be decoded and for each slow line."""
        for bus in self._decoded:
            decoder = known[bus.protocol]
            given = {line.role for line in bus.roles}
            roles = tuple(role for role in decoder.roles if role in given)
            bits = [self._channels.index(bus.channel(role)) for role in roles]
            made = decoder(self._setup(bus.id, roles))
            yield _Source(bus.id, made, Selector(bits))
        for line in self._assignment.slow:
            bits = [self._channels.index(line.channel)]
            made = LevelDecoder(self._setup(CAPTURE, (line.role,)))
            yield _Source(CAPTURE, made, Selector(bits))

    def _setup(self, bus: str, roles: tuple[str, ...]) -> Setup:
        settings = self._settings
        return Setup(bus, self._context.sample_rate, roles, settings.baud, settings.parity)

    def to_the_end(self) -> int:
        """Run to the end of the data; return the first sample not covered."""
        stop = self._read()
        for source in self._sources:
            for columns in source.decoder.close(stop):
                self._publisher.publish(columns.records())
        for damage in self._reader.damage:
            self._publisher.publish(
                [CaptureFact(damage.sample, damage.sample, CAPTURE, damage.kind, damage.message)]
            )
        self._network.finish(stop)
        return stop

    def result(self) -> Analysis:
        """Run to the end of the data and collect what came of it."""
        stop = self.to_the_end()
        protocols = {bus.protocol for bus in self._decoded}
        wrong = [damage.in_doubt for damage in self._reader.damage if damage.in_doubt]
        findings = tuple(self._judgement.findings(self._rules, wrong))
        return Analysis(
            info=self._reader.info,
            damage=self._reader.damage,
            stop=stop,
            assignment=self._assignment,
            context=self._context,
            summary=self._summary,
            findings=findings,
            results=tuple(self._judgement.results(self._rules, self._network.seen, protocols)),
            verdict=self._verdict(findings, bool(protocols)),
        )

    def _verdict(self, findings: Sequence[Judged], decoded: bool) -> Verdict | None:
        if decoded:
            return decide(findings, self._summary)
        buses = self._assignment.buses
        return undecoded((bus.protocol, [line.name for line in bus.roles]) for bus in buses)

    def _read(self) -> int:
        """Feed every block to every source; return the first sample not covered."""
        stop: int | None = None
        for block in self._blocks:
            if stop is not None and block.start > stop:
                self._end_run(stop)
                self._publisher.publish([CaptureGap(stop, block.start, CAPTURE, 'samples missing')])
            for number, source in enumerate(self._sources):
                part = source.selector.select(block)
                self._merge.push(number, source.decoder.feed(part), source.decoder.settled)
            if self._merge.waiting >= self._publisher.together:
                self._publisher.take(self._merge.ready())
            stop = block.stop
        stop = self._context.start if stop is None else stop
        self._end_run(stop)
        return stop

    def _end_run(self, stop: int) -> None:
        """Close what the line decoders hold open at the end of a stretch of samples."""
        for number, source in enumerate(self._sources):
            self._merge.push(number, source.decoder.finish(stop), stop)
        self._publisher.take(self._merge.drain())
