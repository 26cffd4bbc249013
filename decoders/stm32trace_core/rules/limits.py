"""Limits that several rules share: one name for the user, one default, one source.

A limit that only one rule has is defined in that rule. The times that `flash.operations` needs as
well have their defaults in `flash.orders`, and are read under the same names there.
"""

from ..flash.orders import OWN_RESET_S, RESTART_S
from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..context import Context


class Limit(NamedTuple('Limit', [('name', str), ('default', float), ('source', str)])):
    """A limit by the name under which the user may set it."""

    __slots__ = ()

    def of(self, context: 'Context') -> 'float':
        """Return the user's value, else the default."""
        return context.limit(self.name, self.default)


RESTART = Limit(
    'RESTART_S',  # after a restart the part may be away for so long
    RESTART_S,
    'chrome-ec util/stm32mon.c waits 100 ms before it talks to a loader again; ST states none',
)
OWN_RESET_MINIMUM = Limit(
    'OWN_RESET_MINIMUM_S',  # how long a part that resets itself pulls NRST low, at least
    OWN_RESET_S[0],
    'RM0444, system reset: the pulse generator lasts 20 us at least',
)
OWN_RESET_MAXIMUM = Limit(
    'OWN_RESET_MAXIMUM_S',
    OWN_RESET_S[1],
    '1.1 ms on an STM32F429 in public captures (sigrok-dumps); room for a capacitor at the pin',
)
STATUS = Limit(
    'STATUS_S',  # how long host tools wait for the status of a command that does not erase
    1.0,
    'stm32duino/stm32flash stm32.c, STM32_*_TIMEOUT',
)
PAGE_ERASE = Limit(
    'PAGE_ERASE_S',  # the same for each page of an erase
    5.0,
    'stm32duino/stm32flash stm32.c, STM32_PAGEERASE_TIMEOUT',
)
MASS_ERASE = Limit(
    'MASS_ERASE_S',  # the same for a mass erase, the longest of all commands
    35.0,
    'stm32duino/stm32flash stm32.c, STM32_MASSERASE_TIMEOUT',
)
ABSENCE_ATTEMPTS = Limit(
    'ABSENCE_ATTEMPTS',  # so many attempts in vain, over ABSENCE_SPAN_S, and a loader is gone
    3,
    'rules.md BLS005',
)
ABSENCE_SPAN = Limit('ABSENCE_SPAN_S', 1.0, 'rules.md BLS005')
