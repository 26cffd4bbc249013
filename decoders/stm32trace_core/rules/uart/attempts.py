"""When a 0x7F counts as unanswered."""

from ...bootloader.records import NONE, OTHER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...bootloader.records import SyncAttempt
    from ...context import Context

# A loader answers within a byte time or two; ST states no time. chrome-ec util/stm32mon.c and
# stm32flash stm32.c wait for 100 ms and more.
ANSWER_S = 0.1


def is_unanswered(context: 'Context', attempt: 'SyncAttempt', answer_s: 'float') -> 'bool':
    """Tell whether no status came though there was time for one.

    The host ended the wait, or the data goes on for longer than `answer_s`.
    """
    if attempt.answer not in (NONE, OTHER):
        return False
    return attempt.ended or context.longer(attempt.until - attempt.end, answer_s)
