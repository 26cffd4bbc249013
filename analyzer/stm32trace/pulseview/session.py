"""An analysis as a session file of PulseView: what `NAME.pvs` holds beside `NAME.sr`.

Source: PulseView 0.4.2, pv/session.cpp (restore_setup), pv/data/decodesignal.cpp (restore_settings),
pv/views/trace/view.cpp (restore_settings); every part was seen on the screen when written like this.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stm32trace import __version__
from stm32trace.analysis import Analysis
from stm32trace.detect import Bus
from stm32trace.model import Channel
from stm32trace.pulseview.ini import IniFile, Value
from stm32trace.pulseview.stacks import STACKS, Layer, Stack
from stm32trace.pulseview.timestamp import archive, at_sample
from stm32trace.sigrok.decoder_options import Facts, variant
from stm32trace_core.rules.rule import Finding, Severity

SAME_AS_FIRST_SAMPLE = 2  # initial pin state: SRD_INITIAL_PIN_SAME_AS_SAMPLE0
WIDTH = 860  # pixels that PulseView's first window has for traces; a wider one shows more
LEFT = Fraction(1, 5)  # of the view left of what is shown: there PulseView writes the names of rows
RIGHT = Fraction(1, 20)
LABEL = 50  # pixels of a flag's text
BETWEEN_FLAGS = ' | '
FEWEST_SAMPLES = 2000  # in a view: some words of a bus that was sampled as it should be
CONTEXT = 8  # a short finding is shown among records as long as its own, this many times
ABOVE = -8  # scroll position of the view: pixels above the first trace

_MARK = '; stm32trace {version} wrote this for what it found; sha256 {digest}\n'
_MARK_BEGINS = '; stm32trace '


@dataclass(frozen=True, slots=True)
class Session:
    """A session file, and what could not be put into it."""

    text: str
    problems: tuple[str, ...]


def session(analysis: Analysis, facts: Facts, lowest: Severity = Severity.NOTE) -> Session:
    """Set PulseView up for a capture: channels named by role, decoders on its buses, a marker at each finding.

    analysis: of the capture as PulseView will read it, its sample rate included.
    facts: what the decoders are to be told. lowest: findings less severe get no marker.
    """
    writer = _Writer(analysis, facts, lowest)
    writer.write()
    body = writer.file.text()
    return Session(_marked(body), tuple(writer.problems))


def is_untouched(text: str) -> bool:
    """Tell whether a session file is as `session` made it. PulseView drops the comment when it saves one."""
    line, _, body = text.partition('\n')
    return line.startswith(_MARK_BEGINS) and line.endswith(_digest(body))


def _marked(body: str) -> str:
    return _MARK.format(version=__version__, digest=_digest(body)) + body


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode('utf-8', 'surrogatepass')).hexdigest()


class _Writer:
    """Puts the parts of one session into a file."""

    def __init__(self, analysis: Analysis, facts: Facts, lowest: Severity) -> None:
        self.file = IniFile()
        self.problems: list[str] = []
        self._analysis = analysis
        self._facts = facts
        self._rate = analysis.info.sample_rate
        shown = [judged.finding for judged in analysis.findings]
        self._findings = [finding for finding in shown if finding.severity >= lowest]

    def write(self) -> None:
        """Write all parts."""
        titles = channel_titles(self._analysis)
        self._channels(titles)
        stacks = list(self._stacks(titles))
        for number, (bus, stack) in enumerate(stacks):
            self._decode_signal(f'decode_signal{number}', bus, stack, titles)
        self._view()
        markers = self._markers()
        for key, count in (
            ('decode_signals', len(stacks)),
            ('generated_signals', 0),
            ('views', 1),
            ('meta_objs', markers),
        ):
            self.file.put((), key, count)

    def _channels(self, titles: Mapping[int, str]) -> None:
        for channel in self._analysis.info.channels:
            if channel.index in titles and titles[channel.index] != channel.name:
                self.file.put((channel.name,), 'name', titles[channel.index])

    def _stacks(self, titles: Mapping[int, str]) -> Iterator[tuple[Bus, Stack]]:
        """Yield the buses that can be shown, each with its stack."""
        for bus in self._analysis.assignment.buses:
            lost = [line.name for line in bus.roles if line.channel not in titles]
            if bus.protocol not in STACKS:
                self.problems.append(
                    f'{bus.id} is left out: no decoders for {bus.protocol.upper()}'
                )
            elif lost:
                self.problems.append(
                    f'{bus.id} is left out: PulseView tells channels apart by their names alone,'
                    f' and {lost[0]!r} is the name of several'
                )
            else:
                yield bus, STACKS[bus.protocol]

    def _decode_signal(self, group: str, bus: Bus, stack: Stack, titles: Mapping[int, str]) -> None:
        several = [one.protocol for one in self._analysis.assignment.buses].count(bus.protocol) > 1
        self._put(
            (group,),
            name=f'{stack.title} {bus.id}' if several else stack.title,
            enabled=True,
            decoders=len(stack.layers),
            channels=sum(len(layer.roles) for layer in stack.layers),
        )
        for number, layer in enumerate(stack.layers):
            self._layer((group, f'decoder{number}'), layer, bus)
        roles = [role for layer in stack.layers for role in layer.roles]
        lines = {line.role: line.channel for line in bus.roles}
        for number, role in enumerate(roles):
            self._put((group, f'channel{number}'), initial_pin_state=SAME_AS_FIRST_SAMPLE)
            if role in lines:
                title = titles[lines[role]]
                self._put((group, f'channel{number}'), assigned_signal_name=title)

    def _layer(self, groups: tuple[str, ...], layer: Layer, bus: Bus) -> None:
        options = self._facts.options(layer.decoder, bus.id)
        self._put(groups, id=layer.decoder, visible=True, options=len(options))
        for number, (name, value) in enumerate(options.items()):
            kind, data = variant(value)
            self._put((*groups, f'option{number}'), name=name, type=kind, value=data)
        for row in layer.hidden:
            self._put((*groups, f'row{row}'), visible=False)

    def _view(self) -> None:
        """The part of the capture that is shown first: the worst finding, or all of it."""
        start, end = self._shown()
        self._put(
            ('view0',),
            scale=float(at_sample(end - start, self._rate) / WIDTH),
            offset=archive(at_sample(start, self._rate)),
            v_offset=ABOVE,
        )

    def _shown(self) -> tuple[Fraction, Fraction]:
        """Return the samples of the view: the worst finding and its surroundings; all, where there are only notes."""
        worst = self._findings[0] if self._findings else None
        if worst is not None and worst.severity > Severity.NOTE:
            start, end, least = worst.start, worst.end, CONTEXT * _step(worst)
        else:
            start, end, least = self._analysis.context.start, self._analysis.stop, 0
        wanted = Fraction(max(end - start, least, FEWEST_SAMPLES))
        length = wanted / (1 - LEFT - RIGHT)
        first = Fraction(start + end, 2) - wanted / 2 - LEFT * length
        return first, first + length

    def _markers(self) -> int:
        """Put a flag where findings begin; return how many.

        In the view that is shown first, flags that lie close together cover each other, the later the earlier: the
        last one names all of them, from left to right.
        """
        flags: dict[int, list[str]] = {}
        for finding in self._findings:
            rules = flags.setdefault(finding.start, [])
            if finding.rule not in rules:
                rules.append(finding.rule)
        start, end = self._shown()
        near = (end - start) * LABEL / WIDTH
        covered: list[str] = []
        times = sorted(flags)
        for number, sample in enumerate(times):
            text = ' '.join(flags[sample])
            is_covered = any(sample < other < sample + near for other in times)
            covered = [*covered, text]
            shown = text if is_covered else BETWEEN_FLAGS.join(covered)
            covered = covered if is_covered else []
            self._put(
                (f'meta_obj{number}',),
                type='time_marker',
                assoc_view=0,
                text=shown,
                time=archive(at_sample(sample, self._rate)),
            )
        return len(flags)

    def _put(self, groups: Sequence[str], **values: Value) -> None:
        for key, value in values.items():
            self.file.put(groups, key, value)


def channel_titles(analysis: Analysis) -> dict[int, str]:
    """Return how each channel is called in PulseView, by index.

    A channel with a role bears it, beside its own name if that does not tell. Channels that share a name are
    left out, since PulseView could not tell them apart.
    """
    channels = analysis.info.channels
    names = Counter(channel.name for channel in channels)
    return {
        channel.index: _title(channel, analysis.assignment.role_of(channel.index))
        for channel in channels
        if names[channel.name] == 1 and channel.name.strip('/')
    }


def _title(channel: Channel, role: str | None) -> str:
    if role is None or role.casefold() in channel.name.casefold():
        return channel.name
    return f'{role.upper()} ({channel.name})'


def _step(finding: Finding) -> int:
    """Return the length of the first record that proves a finding, in samples."""
    return finding.evidence[0].end - finding.evidence[0].start if finding.evidence else 0
