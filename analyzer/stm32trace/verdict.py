"""The first line: what happened, who is to blame, can the part be saved, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stm32trace.summary import Summary
from stm32trace_core.rules.engine import Judged
from stm32trace_core.rules.rule import UNKNOWN, Severity


@dataclass(frozen=True, slots=True)
class Verdict:
    """The head of the report. `rule` is None for a healthy session, and then `recoverable` and `suspect` too."""

    severity: Severity
    rule: str | None
    headline: str
    suspect: str | None
    recoverable: str | None
    next_steps: tuple[str, ...]


def decide(findings: Sequence[Judged], summary: Summary) -> Verdict:
    """Return the verdict: the finding that heads the story, or what was done where nothing is wrong.

    findings: in the order of the report (unexplained first, then by severity, then by time).
    """
    head = next((judged.finding for judged in findings if not judged.explained_by), None)
    if head is None or head.severity == Severity.NOTE:
        return Verdict(Severity.NOTE, None, summary.headline(), None, None, ())
    return Verdict(
        severity=head.severity,
        rule=head.rule,
        headline=head.message,
        suspect=head.suspect,
        recoverable=head.recoverable or UNKNOWN,
        next_steps=head.advice,
    )


def undecoded(buses: Iterable[tuple[str, Sequence[str]]]) -> Verdict | None:
    """Return the verdict where no bus can be decoded; None where none was recognised either.

    buses: protocol and channel names of each.
    """
    found = [f'{protocol.upper()} on {", ".join(names)}' for protocol, names in buses]
    if not found:
        return None
    headline = (
        f'Recognised {" and ".join(found)}, which this version does not decode; nothing was judged'
    )
    return Verdict(Severity.NOTE, None, headline, None, None, ())
