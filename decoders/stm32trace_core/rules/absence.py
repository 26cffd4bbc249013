"""A loader that does not answer any more, though it had the time to restart."""

from ..lines import LevelChange, Reset
from .limits import ABSENCE_ATTEMPTS, ABSENCE_SPAN, RESTART

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union  # novm

    from ..bootloader.records import SyncAttempt
    from ..context import Context
    from ..wire.i2c import I2cTransfer

    Attempt = Union[I2cTransfer, SyncAttempt]

BOOT0 = 'boot0'
ANSWER_S = 0.010  # a loader answers 0x7F sooner: it does nothing but measure the byte (AN3155)


class Absence(object):
    """Attempts on one target that nobody acknowledged, or 0x7F that nobody answered: first, last, number.

    boot0: its level, None where it is not captured. is_to_application: BOOT0 makes the part start its
    application.
    """

    def __init__(self, context: 'Context') -> 'None':
        self._context = context
        self.boot0 = context.initial_levels.get(BOOT0)
        self._away_since = 0  # end of the last reset
        self._boot0_at_start = None  # type: Optional[int]  # at the last reset since `begin`
        self.first = None  # type: Optional[Attempt]
        self.last = None  # type: Optional[Attempt]
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

    def was_waited_for(self, attempt: 'SyncAttempt') -> 'bool':
        """Tell whether the host gave the loader time to answer 0x7F."""
        return attempt.ended or self._context.longer(attempt.until - attempt.end, ANSWER_S)

    def begin(self, reset: 'Optional[Reset]' = None) -> 'None':
        """Count from here on: the target answered, or what came before is of no account.

        reset: the one from which on, if there is one.
        """
        self.first = self.last = None
        self.attempts = 0
        self._boot0_at_start = None if reset is None else self.boot0

    def miss(self, transfer: 'Attempt', since: 'int') -> 'bool':
        """Count an attempt; return False if the part, away since `since`, may still restart."""
        away = transfer.start - max(since, self._away_since)
        if not self._context.longer(away, RESTART.of(self._context)):
            return False
        self.first = self.first or transfer
        self.last = transfer
        self.attempts += 1
        return True
