"""Runs the whole analysis on a dialogue, for the tests of rules: waveform in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stm32trace.analysis import Analysis
from stm32trace.capture.changes import Changes, Selector
from stm32trace.model import CaptureInfo, Channel, Damage
from stm32trace.pipeline import analyze
from stm32trace.settings import Settings
from stm32trace_core.rules.engine import RuleResult
from stm32trace_core.rules.rule import Finding, Severity


class WaveReader:
    """A capture in memory, made of a dialogue of `tests/waves`."""

    def __init__(
        self, wave: Any, sample_rate: float | None = -1.0, damage: Sequence[Damage] = ()
    ) -> None:
        self._changes: Changes = wave.changes()
        self.damage = tuple(damage)
        rate = float(wave.rate) if sample_rate == -1.0 else sample_rate
        channels = tuple(Channel(index, role.upper()) for index, role in enumerate(wave.roles))
        self.info = CaptureInfo(
            path=Path('dialogue.sr'),
            format='sr',
            channels=channels,
            sample_rate=rate,
            length=self._changes.stop,
        )

    def blocks(self, channels: Sequence[int]) -> Iterator[Changes]:
        """Yield the dialogue as one block."""
        yield Selector(list(channels)).select(self._changes)


def judge(
    wave: Any, *, sample_rate: float | None = -1.0, damage: Sequence[Damage] = (), **settings: Any
) -> Analysis:
    """Analyse a dialogue; `settings` are those of `Settings` (family='G0', select=('BLP013',), ...)."""
    return analyze(WaveReader(wave, sample_rate, damage), Settings(**settings))


def findings(wave: Any, rule: str = '', **settings: Any) -> list[Finding]:
    """Return the findings whose rule id begins with `rule`, in the order of the report."""
    return [
        judged.finding
        for judged in judge(wave, **settings).findings
        if judged.finding.rule.startswith(rule)
    ]


def above_note(wave: Any, **settings: Any) -> list[str]:
    """Return 'RULE message' of every finding above note, explained ones too."""
    found = findings(wave, **settings)
    return [f'{one.rule} {one.message}' for one in found if one.severity > Severity.NOTE]


def result(wave: Any, rule: str, **settings: Any) -> RuleResult:
    """Return what became of one rule."""
    return next(one for one in judge(wave, **settings).results if one.rule == rule)
