"""The windows of a capture, in bounded memory.

Windows that did not end well and those in which options are programmed are what a report must not lose; of the
others, the first MOST of each kind are kept and the rest is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stm32trace_core.flash.records import CLOSED, OPTION_PROGRAMMING, Window

MOST = 500  # windows of one kind that ended well
MOST_BAD = 10_000  # of all others together

Key = tuple[str, str, int]


class Windows:
    """Windows by their key; a later record of the same key replaces the earlier one."""

    def __init__(self) -> None:
        self._kept: dict[Key, Window] = {}
        self._closed: Counter[str] = Counter()  # kept ones that ended well, by kind
        self.left_out: Counter[str] = Counter()  # by kind

    def add(self, window: Window) -> None:
        """Take a window, or what has become of one."""
        before = self._kept.pop(window.key, None)
        if before is not None and _is_ordinary(before):
            self._closed[before.kind] -= 1
        if self._has_room(window):
            self._closed[window.kind] += _is_ordinary(window)
            self._kept[window.key] = window
        else:
            self.left_out[window.kind] += 1

    def _has_room(self, window: Window) -> bool:
        if _is_ordinary(window):
            return self._closed[window.kind] < MOST
        return len(self._kept) - sum(self._closed.values()) < MOST_BAD

    def __iter__(self) -> Iterator[Window]:
        """Yield the kept windows in the order of time."""
        return iter(sorted(self._kept.values(), key=lambda one: (one.start, one.kind, one.bus)))

    def __len__(self) -> int:
        return len(self._kept)


def _is_ordinary(window: Window) -> bool:
    return window.state == CLOSED and window.kind != OPTION_PROGRAMMING
