"""The report for programs: one JSON object a capture, schema `stm32trace/report/1`.

The same input and options give the same bytes: pure ASCII, fixed order of fields, no times of day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from stm32trace import __version__
from stm32trace.detect import Bus
from stm32trace.detect.names import GIVEN
from stm32trace.errors import CaptureError
from stm32trace.model import Channel, Damage
from stm32trace.report.clock import Clock
from stm32trace.report.reporter import Page, Subject
from stm32trace_core.devices import family_named, find_device
from stm32trace_core.flash.records import OPEN, Window
from stm32trace_core.machine import Machine
from stm32trace_core.rules.engine import NOT_EVALUATED, SUPPRESSED, Judged
from stm32trace_core.rules.rule import Evidence

SCHEMA = 'stm32trace/report/1'

Object = dict[str, Any]


class JsonReporter:
    """Writes one capture's report as one object."""

    @property
    def machines(self) -> Sequence[Machine]:
        """Nothing: all that is told comes with the analysis."""
        return ()

    def write(self, subject: Subject, page: Page, out: TextIO) -> None:
        """Write the object: over several lines, or in one where there are several captures."""
        out.write(json.dumps(document(subject), indent=None if page.several else 2) + '\n')


class JsonFormat:
    """What `stm32trace analyze --format json` writes."""

    name = 'json'
    description = 'all of it as one object, for programs; one line each for several captures'
    suffixes: tuple[str, ...] = ('.json',)

    def start(self) -> JsonReporter:
        """Return a reporter for one capture."""
        return JsonReporter()


REPORTER = JsonFormat()


def document(subject: Subject) -> Object:
    """Return the whole report as an object."""
    analysis = subject.analysis
    parts = _Parts(subject)
    return {
        'schema': SCHEMA,
        'tool': {'name': 'stm32trace', 'version': __version__},
        'capture': parts.capture(),
        'buses': [parts.bus(bus) for bus in analysis.assignment.buses],
        'device': parts.device(),
        'verdict': parts.verdict(),
        'findings': [parts.finding(one) for one in subject.listed],
        'not_evaluated': [
            {'rule': one.rule, 'missing': list(one.missing)}
            for one in analysis.results
            if one.state == NOT_EVALUATED
        ],
        'suppressed': [
            {'rule': one.rule, 'by': one.by} for one in analysis.results if one.state == SUPPRESSED
        ],
        'windows': [parts.window(one) for one in analysis.summary.windows],
        'windows_left_out': dict(sorted(analysis.summary.windows.left_out.items())),
    }


class _Parts:
    """The parts of the report of one capture."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._analysis = subject.analysis
        self._clock = Clock(subject.analysis.context.sample_rate)

    def _span(self, start: int, end: int) -> Object:
        seconds = self._clock.seconds
        return {
            'start_s': seconds(start),
            'end_s': seconds(end),
            'start_sample': start,
            'end_sample': end,
        }

    def capture(self) -> Object:
        analysis = self._analysis
        samples = analysis.stop - analysis.context.start
        return {
            'file': self._subject.file,
            'sha256': _sha256(analysis.info.path),
            'format': analysis.info.format,
            'samplerate_hz': analysis.info.sample_rate,
            'samples': samples,
            'duration_s': self._clock.seconds(samples),
            'damage': [self._damage(one) for one in analysis.damage] or None,
            'channels': [self._channel(channel) for channel in analysis.info.channels],
        }

    def _damage(self, damage: Damage) -> Object:
        span = self._span(damage.sample, damage.sample)
        span['end_sample'], span['end_s'] = damage.stop, self._clock.seconds(damage.stop)
        return {'kind': damage.kind, 'message': damage.message, **span}

    def _channel(self, channel: Channel) -> Object:
        role = self._analysis.assignment.role_of(channel.index)
        result: Object = {'index': channel.index, 'name': channel.name, 'role': role}
        for one in self._subject.activity:
            if one.channel == channel:
                result.update(
                    edges=one.edges, idle_level=one.idle, shortest_pulse_samples=one.shortest
                )
        return result

    def bus(self, bus: Bus) -> Object:
        counts = {'bytes': 0, 'transactions': 0} | dict(
            self._analysis.summary.counts.get(bus.id, {})
        )
        return {
            'id': bus.id,
            'protocol': bus.protocol,
            'channels': {line.role: line.name for line in bus.roles},
            'options': self._options(bus),
            'detected': any(line.reason != GIVEN for line in bus.roles),
            'confidence': bus.confidence,
            'decoded': bus.protocol in self._subject.decoded,
            'counts': counts,
        }

    def _options(self, bus: Bus) -> Object:
        address = self._analysis.context.address if bus.protocol == 'i2c' else None
        spoken = self._analysis.summary.addresses.get(bus.id)
        if address is None and spoken:
            address = spoken.most_common(1)[0][0]
        return {} if address is None else {'address': f'0x{address:02x}'}

    def device(self) -> Object | None:
        told = self._analysis.summary.device
        if told is None:
            given = self._analysis.context.family
            family = family_named(given) if given else None
            if family is None:
                return None
            return {
                'family': family.key, 'dev_id': None, 'name': None, 'evidence': 'given with --family', 'core': family.core
            }  # fmt: skip
        known = find_device(told.dev_id)
        return {
            'family': known[0].key if known else None,
            'dev_id': f'0x{told.dev_id:03x}',
            'name': known[1].name if known else None,
            'evidence': f'{told.source} at {self._clock.at(told.start)}',
            'core': known[0].core if known else None,
        }

    def verdict(self) -> Object | None:
        said = self._analysis.verdict
        if said is None:
            return None
        return {
            'severity': str(said.severity),
            'rule': said.rule,
            'headline': said.headline,
            'suspect': said.suspect,
            'recoverable': said.recoverable,
            'next_steps': list(said.next_steps),
        }

    def finding(self, judged: Judged) -> Object:
        found = judged.finding
        return {
            'rule': found.rule,
            'name': found.name,
            'severity': str(found.severity),
            'confidence': str(found.confidence),
            'suspect': found.suspect,
            'bus': found.bus or None,
            **self._span(found.start, found.end),
            'count': found.count,
            'message': found.message,
            'advice': list(found.advice),
            'evidence': [self._evidence(one) for one in found.evidence],
            'explained_by': judged.explained_by or None,
            'in_doubt': judged.doubt or None,
        }

    def _evidence(self, evidence: Evidence) -> Object:
        return {**self._span(evidence.start, evidence.end), 'text': evidence.text}

    def window(self, window: Window) -> Object:
        span = self._span(window.start, window.end)
        if window.state == OPEN:
            span['end_s'] = span['end_sample'] = None
        return {
            'kind': window.kind,
            **span,
            'state': window.state,
            'bus': window.bus or None,
            'text': window.text,
        }


def _sha256(path: Path) -> str:
    try:
        with path.open('rb') as file:
            return hashlib.file_digest(file, 'sha256').hexdigest()
    except OSError as error:
        raise CaptureError(
            f'expected the file that was just read, found {error}; keep it until the report is written',
            path=path,
        ) from error
