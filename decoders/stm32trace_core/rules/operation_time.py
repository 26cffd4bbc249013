"""How long the part may work on a command: what it does, and how long that takes at most."""

from ..bootloader.commands import BANK_1_ERASE_CODE, BANK_2_ERASE_CODE, COMMANDS, MASS_ERASE_CODE
from ..devices.family import KIB
from ..record import NamedTuple
from .protection import ERASES, UNPROTECTS
from .rule import duration_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ..context import Context
    from ..devices import Family
    from .part import Part

WHOLE_ERASES = (MASS_ERASE_CODE, BANK_1_ERASE_CODE, BANK_2_ERASE_CODE)

# What a command makes the part do.
MASS_ERASE = 'a mass erase'
PAGE_ERASE = 'a page erase'
WRITE = 'writing a block'
OPTIONS = 'programming the option bytes'
ANYTHING = 'the longest operation'

# Source: the catalogue of anomalies, FLS009; 33 s is FLASH_MASS_ERASE_TIMEOUT of openocd,
# src/flash/nor/stm32f2x.c, the longest of its drivers.
STUCK_FACTOR = 3.0
STUCK_UNKNOWN_S = 33.0


class Longest(
    NamedTuple(
        'Longest',
        [
            ('seconds', float),
            ('text', str),  # 'a mass erase takes at most 40.1 ms on STM32G07x/G08x (DS12232)'
        ],
    )
):
    """The longest time of an operation, as the table of the part has it."""

    __slots__ = ()


def deed(opcode: 'int', special: 'Optional[int]', pages: 'Optional[int]') -> 'str':
    """Return what a command makes the part do.

    pages: number of pages of an erase; 0 for a special code; None where neither is known yet.
    """
    if opcode in UNPROTECTS or special in WHOLE_ERASES or (opcode in ERASES and pages == 0):
        return MASS_ERASE
    if opcode in ERASES:
        return PAGE_ERASE
    if opcode not in COMMANDS:
        return ANYTHING
    return OPTIONS if COMMANDS[opcode].changes_options else WRITE


def longest(part: 'Part', what: 'str', pages: 'Optional[int]') -> 'Optional[Longest]':
    """Return the longest time of an operation on this part; None where its family is not known.

    pages: number of pages of a page erase; None: as many as the part has. The tables have no time
    of their own for blocks and option bytes; both are taken to last as long as the erase of a page,
    which option bytes need as well.
    """
    if part.family is None:
        return None
    timing = part.family.timing
    if what == MASS_ERASE:
        seconds, subject = timing.mass_erase_s, what
    elif what == ANYTHING:
        every_page = _all_pages(part, part.family) * timing.page_erase_s
        seconds, subject = max(timing.mass_erase_s, every_page), what
    elif what == PAGE_ERASE:
        number = pages or _all_pages(part, part.family)
        seconds, subject = number * timing.page_erase_s, _pages_text(number)
    else:
        seconds, subject = timing.page_erase_s, what
    text = '{} takes at most {} on {} ({})'.format(
        subject, duration_text(seconds, 0), part.name, timing.source
    )
    return Longest(seconds, text)


def overdue_after(part: 'Part', what: 'str') -> 'Optional[float]':
    """Return the seconds after which an operation should be over; None where the family is not known.

    That is the longest time of the data sheet, or how long open tools wait if that is more: the tables
    may have the time of one line only.
    """
    known = longest(part, what, 1)
    if known is None or part.family is None:
        return None
    timing = part.family.timing
    tool_s = timing.tool_mass_erase_s if what == MASS_ERASE else timing.tool_page_erase_s
    return max(known.seconds, tool_s or 0.0)


def stuck_after(context: 'Context', part: 'Part', what: 'str') -> 'float':
    """Return the seconds after which an operation will not end any more."""
    known, overdue = longest(part, what, 1), overdue_after(part, what)
    if known is None or overdue is None:
        return context.limit('FLS009_UNKNOWN_S', STUCK_UNKNOWN_S)
    return max(overdue, stuck_factor(context) * known.seconds)


def stuck_factor(context: 'Context') -> 'float':
    """Return how many times the longest time an operation may take before it is said to hang."""
    return context.limit('FLS009_FACTOR', STUCK_FACTOR)


def _all_pages(part: 'Part', family: 'Family') -> 'int':
    """Return the number of pages of the part, or of the largest line of its family."""
    devices = family.devices if part.device is None else (part.device,)
    return max(device.max_flash_kib * KIB // device.page_size for device in devices)


def _pages_text(number: 'int') -> 'str':
    return PAGE_ERASE if number == 1 else 'the erase of {} pages'.format(number)
