"""Operations on the part, and the windows in which something is pending."""

from ..record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Tuple  # novm

# Kinds of FlashOperation.
MASS_ERASE = 'mass_erase'
BANK_ERASE = 'bank_erase'
PAGE_ERASE = 'page_erase'
PROGRAM = 'program'
READ = 'read'
OPTION_PROGRAM = 'option_program'
GO = 'go'

# Outcomes of FlashOperation.
DONE = 'done'  # the part said that it ended
FAILED = 'failed'  # the part said that it failed or refused
INTERRUPTED = 'interrupted'  # reset or supply cut it off
UNKNOWN = 'unknown'  # no end was seen


class FlashOperation(
    NamedTuple(
        'FlashOperation',
        [
            ('start', int),  # from when the part can have been working on it
            ('end', int),  # to the status that ended it, or what cut it off
            ('bus', str),
            ('kind', str),
            ('opcode', int),  # bootloader command, -1 over SWD
            ('address', 'Optional[int]'),
            ('length', 'Optional[int]'),
            ('pages', 'Tuple[int, ...]'),
            ('data', bytes),
            ('outcome', str),
        ],
    )
):
    """One thing the part was asked to do to its memory."""

    __slots__ = ()


class OptionChange(
    NamedTuple(
        'OptionChange',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('name', str),  # 'RDP', 'WRP', or the address written
            ('old', str),
            ('new', str),
        ],
    )
):
    """Option bytes were asked to take another value; '' for a value that is not known."""

    __slots__ = ()


# Kinds of Window.
ERASE_PENDING = 'erase'
PROGRAM_PENDING = 'program'
OPTION_PROGRAMMING = 'option-programming'  # nothing may reset the part or drop its supply
RESTART_EXPECTED = 'expected-restart'  # the part may vanish: it resets itself

# States of Window.
OPEN = 'open'  # its end was not seen (yet)
CLOSED = 'closed'
CUT = 'cut'  # reset or supply fell inside


class Window(
    NamedTuple(
        'Window',
        [
            ('start', int),
            ('end', int),  # the latest sample known to be inside, while OPEN
            ('bus', str),
            ('kind', str),
            ('state', str),
            ('opcode', int),  # the bootloader command that opened it, -1 for none
            ('text', str),  # what opened and what closed it
        ],
    )
):
    """A span in which an operation is pending.

    Emitted when it opens (OPEN, `end` = `start`) and again when it ends, with the same `start`, `bus` and
    `kind`: the later one replaces the earlier. What is still open when the data ends is emitted OPEN once more
    with its true end.
    """

    __slots__ = ()

    @property
    def key(self) -> 'Tuple[str, str, int]':
        """What makes a later record replace this one."""
        return (self.bus, self.kind, self.start)
