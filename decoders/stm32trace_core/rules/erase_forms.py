"""Two forms of erase, of which a loader has one: page numbers of one byte, or of two.

Source: AN3155 and AN4221, Erase Memory and Extended Erase Memory commands.
"""

from ..bootloader.commands import ERASE, EXTENDED_ERASE, NS_EXTENDED_ERASE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Container, Optional  # novm

SHORT = (ERASE,)
LONG = (EXTENDED_ERASE, NS_EXTENDED_ERASE)


def other_form(opcode: 'int', listed: 'Container[int]') -> 'Optional[int]':
    """Return the erase that a loader lists in place of `opcode`; None if it has that form, or none."""
    own, others = (SHORT, LONG) if opcode in SHORT else (LONG, SHORT)
    if opcode not in own or any(one in listed for one in own):
        return None
    return next((one for one in others if one in listed), None)
