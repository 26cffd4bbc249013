"""What really happened, told by the models: never by a decoder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stm32trace.simulator.board import PS


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that a model did, in the words of `decode --format jsonl`."""

    kind: str  # 'flash_operation', 'option_change', 'reset', 'boot_command', ...
    start: int  # picoseconds
    end: int
    fields: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {
            'kind': self.kind,
            'start_s': round(self.start / PS, 9),
            'end_s': round(self.end / PS, 9),
            **self.fields,
        }


class Truth:
    """All that happened."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, time: int) -> None:
        """Forget what was so far: the recording begins now, and times count from here."""
        self._origin = time
        self._happened: list[Happened] = []

    def add(self, kind: str, start: int, end: int, **fields: Any) -> None:
        """Note one thing over `[start, end)`."""
        self._happened.append(Happened(kind, start - self._origin, end - self._origin, fields))

    def of(self, *kinds: str) -> list[Happened]:
        """Return what happened, of some kinds or all, in the order of its start."""
        return sorted(
            (one for one in self._happened if not kinds or one.kind in kinds),
            key=lambda one: (one.start, one.end),
        )
