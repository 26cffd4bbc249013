"""Tells findings as they come, while a capture is still being recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from stm32trace.report.clock import Clock
from stm32trace_core.context import bare_context
from stm32trace_core.machine import REPORT, Machine
from stm32trace_core.rules.rule import Confidence, Finding, Severity


class Watcher(Machine):
    """Hands each finding to `tell` when it is first made, and again when it becomes more severe."""

    consumes = (Finding,)
    phase = REPORT
    per_bus = False

    def __init__(self, sample_rate: float | None, tell: Callable[[str, Severity], None]) -> None:
        super().__init__(bare_context(sample_rate))
        self._clock = Clock(sample_rate)
        self._tell = tell
        self._told: dict[tuple[str, str, str], Severity] = {}

    def feed(self, record: Any) -> Iterable[Any]:
        """Take one finding."""
        severity = Severity.NOTE if record.confidence == Confidence.LOW else record.severity
        if severity > self._told.get(record.identity, -1):
            self._told[record.identity] = severity
            at = self._clock.at(record.start)
            self._tell(f'{at}  {str(severity).upper()} {record.rule}: {record.message}', severity)
        return ()
