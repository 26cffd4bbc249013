"""A loader that does not answer any more, though it had the time to restart."""

from ..lines import LevelChange, Reset
from .limits import ABSENCE_ATTEMPTS, ABSENCE_SPAN, RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union  # novm

    from ..context import Context
    from ..wire.i2c import I2cTransfer

BOOT0 = 'boot0'


class Absence(object):
    """Attempts on one target that nobody acknowledged: first, last and their number.

    boot0: its level, None where it is not captured. is_to_application: BOOT0 makes the part start its
    application.
    """

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self.boot0 = context.initial_levels.get(BOOT0)
        self._away_since = 0  # end of the last reset
        self._boot0_at_start = None  # type: Optional[int]  # at the last reset since `begin`
        self.first = None  # type: Optional[I2cTransfer]
        self.last = None  # type: Optional[I2cTransfer]
        self.attempts = 0

    @property
    def is_lasting(self) -> 'bool':
        """There were enough attempts, over a time long enough. False without a sample rate."""
        if self.first is None or self.last is None:
            return False
        return self.attempts >= ABSENCE_ATTEMPTS.of(self._context) and self._context.longer(
            self.last.end - self.first.start, ABSENCE_SPAN.of(self._context)
        )

    @property
    def is_to_application(self) -> 'bool':
        return self.boot0 == 0 or self._boot0_at_start == 0

    def feed(self, record: 'Union[LevelChange, Reset]') -> 'None':
        """Take note of BOOT0, and of what restarts the part."""
        if isinstance(record, Reset):
            self._away_since = max(self._away_since, record.end)
            self._boot0_at_start = self.boot0
        elif record.role == BOOT0:
            self.boot0 = record.value

    def begin(self, reset: 'Optional[Reset]' = None) -> 'None':
        """Count from here on: the target answered, or what came before is of no account.

        reset: the one from which on, if there is one.
        """
        self.first = self.last = None
        self.attempts = 0
        self._boot0_at_start = None if reset is None else self.boot0

    def miss(self, transfer: 'I2cTransfer', since: 'int') -> 'bool':
        """Count an attempt; return False if the part, away since `since`, may still restart."""
        away = transfer.start - max(since, self._away_since)
        if not self._context.longer(away, RESTART.of(self._context)):
            return False
        self.first = self.first or transfer
        self.last = transfer
        self.attempts += 1
        return True
