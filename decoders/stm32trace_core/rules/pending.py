"""Operations that the part is at work on, by the windows that are open."""

from ..flash.records import (
    ERASE_PENDING,
    OPEN,
    OPTION_PROGRAMMING,
    PROGRAM_PENDING,
    Window,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Tuple  # novm

# Kinds of windows in which the part is at work, in words.
WORK = {
    ERASE_PENDING: 'an erase',
    PROGRAM_PENDING: 'programming',
    OPTION_PROGRAMMING: 'the programming of option bytes',
}


class PendingWork(object):
    """Windows in which the part is at work. Fed with Window."""

    def __init__(self) -> 'None':
        self._open = {}  # type: Dict[Tuple[str, str, int], Window]

    def feed(self, window: 'Window') -> 'None':
        """Take a window as it opens or ends; others than those of WORK are passed over."""
        self._open.pop(window.key, None)
        if window.kind in WORK and window.state == OPEN:
            self._open[window.key] = window

    def forget(self) -> 'None':
        """Samples are missing: what was open may have ended there."""
        self._open.clear()

    @property
    def is_on(self) -> 'bool':
        """The part is at work on something."""
        return bool(self._open)

    @property
    def name(self) -> 'str':
        """'an erase'; '' for nothing."""
        return next((WORK[window.kind] for window in self._open.values()), '')
