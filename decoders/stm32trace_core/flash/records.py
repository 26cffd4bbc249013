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
UNLOCK = 'unlock'  # KEYR
LOCK = 'lock'
OPTION_UNLOCK = 'option_unlock'  # OPTKEYR
OPTION_LOCK = 'option_lock'
OPTION_ERASE = 'option_erase'  # F1: OPTER
OPTION_LOAD = 'option_load'  # OBL_LAUNCH

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
            # Status flags that came up with it: 'WRPERR'; LOCKED where it was started while locked.
            ('errors', 'Tuple[str, ...]'),
        ],
    )
):
    """One thing the part was asked to do to its memory."""

    __slots__ = ()

    def __new__(
        cls,
        start: 'int',
        end: 'int',
        bus: 'str',
        kind: 'str',
        opcode: 'int',
        address: 'Optional[int]',
        length: 'Optional[int]',
        pages: 'Tuple[int, ...]',
        data: 'bytes',
        outcome: 'str',
        errors: 'Tuple[str, ...]' = (),
    ) -> 'FlashOperation':
        return super(FlashOperation, cls).__new__(
            cls, start, end, bus, kind, opcode, address, length, pages, data, outcome, errors
        )


LOCKED = 'LOCKED'  # among FlashOperation.errors: no flag of the part's


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


class PeripheralAccess(
    NamedTuple(
        'PeripheralAccess',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('register', str),  # 'FLASH.CR', 'DBGMCU.IDCODE', 'SCB.AIRCR', 'CoreDebug.DHCSR'
            ('address', int),
            ('write', bool),
            ('value', int),
            # Value of the register before: as last read or written, with what is known to have changed
            # since (flags cleared by writing 1, LOCK after the keys or a reset); -1 where not known.
            ('before', int),
            ('outcome', str),  # of the MemoryAccess
        ],
    )
):
    """An access to a register that has a name: what rules see of MemoryAccess."""

    __slots__ = ()


class OptionState(
    NamedTuple(
        'OptionState',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('register', str),  # 'FLASH.OPTR', 'FLASH.OPTCR', 'FLASH.OBR'
            ('value', int),
            (
                'rdp',
                int,
            ),  # the RDP byte; -1 where this register does not hold it (F1 OBR: only a bit)
            ('level', int),  # protection level 0, 1 or 2 as the table reads it; -1 not known
            (
                'protected',
                'Tuple[int, ...]',
            ),  # sectors or pages under write protection, as far as known
            ('sectors', int),  # how many sectors the register speaks of; 0 where it speaks of none
        ],
    )
):
    """What an option register said when it was read: the options in force (not those that were only written)."""

    __slots__ = ()


class AreaRefused(
    NamedTuple(
        'AreaRefused',
        [('start', int), ('end', int), ('bus', str), ('address', int), ('count', int)],
    )
):
    """Reads of main flash ended in FAULT. Emitted once for each run of them, when it ends or at its first."""

    __slots__ = ()


class PartFamily(
    NamedTuple(
        'PartFamily',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('family', str),  # key of the table: 'G0'; '' where no table fits
            (
                'evidence',
                str,
            ),  # 'DBGMCU_IDCODE 0x460', 'ROM table 0x419', 'CPUID, use of registers'
            ('sure', bool),  # the part or the user said so; else it is what is left
            ('others', 'Tuple[str, ...]'),  # families whose tables fit what was seen as well
        ],
    )
):
    """Whose table tells what the flash registers of this bus are. Emitted when decided, and when that changes."""

    __slots__ = ()

    def __new__(
        cls,
        start: 'int',
        end: 'int',
        bus: 'str',
        family: 'str',
        evidence: 'str',
        sure: 'bool',
        others: 'Tuple[str, ...]' = (),
    ) -> 'PartFamily':
        return super(PartFamily, cls).__new__(cls, start, end, bus, family, evidence, sure, others)


class BlindAccess(
    NamedTuple(
        'BlindAccess',
        [('start', int), ('end', int), ('bus', str), ('write', bool)],
    )
):
    """An access whose address is not known: it may have been to any register of the flash controller.

    Of several in a row only the first read and the first write are told.
    """

    __slots__ = ()
