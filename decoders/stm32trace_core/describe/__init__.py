"""Records as text: what PulseView shows on screen and `decode` prints.

`describe` returns three texts that say the same with ever fewer words, so that the viewer can take
the longest that fits. Payloads are told by their length, transfers by their first bytes. One module
for each layer; each lists what it can tell in DESCRIBERS.
"""

from . import adi, bootloader, cortex, lines, part, uart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple  # novm

    from ..context import Context

    Texts = Tuple[str, str, str]

_DESCRIBERS = {}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
for _layer in (lines, uart, adi, bootloader, cortex, part):
    _DESCRIBERS.update(_layer.DESCRIBERS)


def describe(record: 'Any', context: 'Optional[Context]' = None) -> 'Texts':
    """Return (long, medium, short) texts of a record; the name of an unknown type.

    context: for durations, which are told in samples without it.
    """
    describer = _DESCRIBERS.get(type(record))
    if describer is None:
        return (type(record).__name__,) * 3
    return describer(record, context)
