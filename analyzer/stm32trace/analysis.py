"""What comes out of one pass over a capture: all that a report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stm32trace.detect import Assignment
    from stm32trace.model import CaptureInfo, Damage
    from stm32trace.summary import Summary
    from stm32trace.verdict import Verdict
    from stm32trace_core.context import Context
    from stm32trace_core.rules.engine import Judged, RuleResult


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is known when the capture has been read."""

    info: CaptureInfo
    damage: tuple[Damage, ...]
    stop: int  # first sample not covered
    assignment: Assignment
    context: Context
    summary: Summary
    findings: tuple[Judged, ...]  # in the order of the report
    results: tuple[RuleResult, ...]  # one for each rule, ordered by id
    verdict: Verdict | None  # None where no bus was recognised
