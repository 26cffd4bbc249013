"""Slow lines that matter to the core: whether NRST is low, and since when it has been what it is."""

from ...cortex.registers import DHCSR
from ...lines import LevelChange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ...context import Context

NRST = 'nrst'


class ResetLine(object):
    """NRST as captured.

    is_captured: it is on a channel. is_low: its level. since: the sample of its last change.
    """

    def __init__(self, context: 'Context') -> 'None':
        self.is_captured = NRST in context.roles
        self.is_low = not context.initial_levels.get(NRST, 1)
        self.since = context.start

    def feed(self, change: 'LevelChange') -> 'bool':
        """Take a change; tell whether it was one of NRST."""
        if change.role != NRST:
            return False
        self.is_low = not change.value
        self.since = change.start
        return True


def status_text(value: 'int') -> 'str':
    """DHCSR with the bits that are set: '0x00030003 (C_DEBUGEN, C_HALT, S_REGRDY, S_HALT)'."""
    names = [field.name for field in DHCSR.fields if field.of(value)]
    return '0x{:08X} ({})'.format(value, ', '.join(names) or 'no status bit set')
