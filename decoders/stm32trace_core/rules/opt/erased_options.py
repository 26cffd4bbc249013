"""Option bytes that were erased as a whole, until the RDP byte is written again or the erase takes effect.

F1 erases all of its option bytes at once (OPTER) and then takes them one by one; an erased RDP byte reads
0xFF, which is level 1 from the next loading on. Source: PM0075 2.4.1, 2.4.3 and 2.5.
"""

from ...cortex.records import RESUME, DebugRequest
from ...flash.records import (
    DONE,
    LOCKED,
    OPTION_ERASE,
    UNKNOWN,
    BlindAccess,
    FlashOperation,
    OptionChange,
    PeripheralAccess,
)
from ...record import NamedTuple
from .flash_roles import LOCK
from .option_steps import GAP, LOADED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Sequence  # novm

    from .option_steps import OptionStep, OptionSteps

RDP = 'RDP'  # OptionChange.name

# How the state of the erase becomes one to speak of.
LOADED_AS_SUCH = 'the part was reset'
LOCKED_AGAIN = 'the flash was locked again'
WRITTEN_AT_LAST = 'it was written again'


class ErasedAs(
    NamedTuple(
        'ErasedAs',
        [
            ('erase', FlashOperation),
            ('level', int),  # of read-out protection before, -1 where it was not read
            ('start', int),  # of what makes it one to speak of
            ('end', int),
            ('how', str),  # LOADED_AS_SUCH | LOCKED_AGAIN | WRITTEN_AT_LAST
        ],
    )
):
    """An erase of the option bytes, and what became of it."""

    __slots__ = ()


class ErasedOptions(object):
    """Follows one erase; `steps` is fed by its owner, before this."""

    CONSUMES = (OptionChange, DebugRequest, BlindAccess)  # besides OptionSteps.CONSUMES

    def __init__(self, steps: 'OptionSteps') -> 'None':
        self._steps = steps
        self.pending = None  # type: Optional[FlashOperation]
        self._level = -1

    def feed(self, record: 'Any', made: 'Sequence[OptionStep]') -> 'Optional[ErasedAs]':
        """Take a record and the steps that it made; return what became of the erase, if anything did."""
        if isinstance(record, FlashOperation):
            self._operation(record)
        elif isinstance(record, OptionChange):
            return self._ends(record, WRITTEN_AT_LAST) if record.name == RDP else None
        elif self._hides(record) or any(step.kind == GAP for step in made):
            self.pending = None
        elif any(step.kind == LOADED for step in made):
            return self._ends(record, LOADED_AS_SUCH)
        elif isinstance(record, PeripheralAccess) and self._locks(record):
            return self._told(record, LOCKED_AGAIN)
        return None

    def _operation(self, done: 'FlashOperation') -> 'None':
        if done.kind == OPTION_ERASE and done.outcome in (DONE, UNKNOWN):
            self.pending = None if LOCKED in done.errors else done
            self._level = self._steps.level

    @staticmethod
    def _hides(record: 'Any') -> 'bool':
        """Tell whether the bytes may be written without being seen: by a program, or to nobody knows where."""
        if isinstance(record, DebugRequest):
            return record.kind == RESUME
        return isinstance(record, BlindAccess) and record.write

    def _locks(self, access: 'PeripheralAccess') -> 'bool':
        return access.write and self._steps.roles.is_set(access, LOCK)

    def _told(self, record: 'Any', how: 'str') -> 'Optional[ErasedAs]':
        if self.pending is None:
            return None
        return ErasedAs(self.pending, self._level, record.start, record.end, how)

    def _ends(self, record: 'Any', how: 'str') -> 'Optional[ErasedAs]':
        told, self.pending = self._told(record, how), None
        return told
