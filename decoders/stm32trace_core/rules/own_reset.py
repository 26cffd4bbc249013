"""Pulses on NRST as a part makes them that resets itself."""

from ..lines import POWER
from .limits import OWN_RESET_MAXIMUM, OWN_RESET_MINIMUM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..context import Context
    from ..lines import Reset


def may_be_own(context: 'Context', reset: 'Reset') -> 'bool':
    """Tell whether the part may have made this reset by its length; one the data ends in, it may.

    False for a loss of supply, and without a sample rate.
    """
    shortest = context.samples(OWN_RESET_MINIMUM.of(context))
    if reset.cause == POWER or shortest is None:
        return False
    width = reset.end - reset.start
    is_glitch = reset.released and width + 1 < shortest  # a width is known to one sample
    return not is_glitch and not context.longer(width, OWN_RESET_MAXIMUM.of(context))
