"""An operation of the flash controller from the write that starts it to the status that ends it."""

from .records import (
    BANK_ERASE,
    CLOSED,
    CUT,
    DONE,
    ERASE_PENDING,
    FAILED,
    INTERRUPTED,
    LOCKED,
    MASS_ERASE,
    OPEN,
    OPTION_ERASE,
    OPTION_PROGRAM,
    OPTION_PROGRAMMING,
    PAGE_ERASE,
    PROGRAM,
    PROGRAM_PENDING,
    UNKNOWN,
    FlashOperation,
    Window,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Tuple  # novm

    from ..adi.records import MemoryAccess
    from ..context import Context
    from ..devices.family import Timing

    Told = Tuple[FlashOperation, Window]

WINDOWS = {
    PAGE_ERASE: ERASE_PENDING,
    MASS_ERASE: ERASE_PENDING,
    BANK_ERASE: ERASE_PENDING,
    PROGRAM: PROGRAM_PENDING,
    OPTION_PROGRAM: OPTION_PROGRAMMING,
    OPTION_ERASE: OPTION_PROGRAMMING,
}

# One word is programmed in 100 us at most on every family (data sheets, flash memory
# characteristics); with so much room, a write whose status nobody read is over.
PROGRAM_S = 0.010


class Task(object):
    """One operation that is not told yet.

    pending: the part may be at work on it: since the last write that belongs to it, no status said that it is not.
    """

    def __init__(self, bus: 'str', kind: 'str', access: 'MemoryAccess', text: 'str') -> 'None':
        start = access.end
        self.operation = FlashOperation(start, start, bus, kind, -1, None, None, (), b'', UNKNOWN)
        self.window = Window(start, start, bus, WINDOWS[kind], OPEN, -1, text)
        self.data = bytearray()
        self.pending = True
        self.was_locked = False
        self._busy = False  # the last status said so
        self._was_busy = False
        self._is_unseen = False  # since the last status or write
        self._last = start  # write or status
        self._text = text

    @property
    def kind(self) -> 'str':
        """Kind of the FlashOperation."""
        return self.operation.kind

    def place(
        self,
        address: 'Optional[int]',
        length: 'Optional[int]' = None,
        pages: 'Tuple[int, ...]' = (),
    ) -> 'None':
        """Note where it works."""
        self.operation = self.operation._replace(address=address, length=length, pages=pages)

    # What is written, one unit after the other.

    @property
    def next_address(self) -> 'int':
        """Where the next unit of the same operation would go; -1 for one that takes no data."""
        address = self.operation.address
        return -1 if address is None or not self.data else address + len(self.data)

    def write(self, access: 'MemoryAccess') -> 'None':
        """Take data for the next unit."""
        if self.operation.address is None:
            self.place(access.address)
        self.data += access.value.to_bytes(access.size, 'little')
        self.pending = True
        self._busy = self._is_unseen = False
        self._last = access.end

    # What the status says.

    def busy(self, access: 'MemoryAccess') -> 'None':
        """The part is at work."""
        self._busy = self._was_busy = self.pending = True
        self._is_unseen = False
        self.was_locked = False
        self._last = access.end

    def idle(self, access: 'MemoryAccess') -> 'None':
        """The part is not at work: so far, all is done."""
        if self.pending:
            self._last = access.end
        self.pending = self._busy = self._is_unseen = False

    def lose_sight(self) -> 'None':
        """What followed may have been a read of the status."""
        self._is_unseen = True

    def find_locked(self, by_option_lock: 'bool') -> 'None':
        """A lock of which nothing was known is found closed, and nothing has closed it since the order."""
        if not self._was_busy and by_option_lock == (self.kind == OPTION_PROGRAM):
            self.was_locked = True

    # How it ends.

    def end(self, errors: 'Tuple[str, ...]' = ()) -> 'Told':
        """End it where the last status was: done, or failed with these flags; unknown if it is pending."""
        if self.was_locked:
            errors += (LOCKED,)
        if errors:
            return self._told(FAILED, CLOSED, self._last, '; ' + ', '.join(errors), errors)
        if self.pending:
            return self._told(UNKNOWN, CLOSED, self._last, '; nobody looked how it ended')
        return self._told(DONE, CLOSED, self._last, '; not busy any more')

    def cut(self, sample: 'int', why: 'str', context: 'Context', timing: 'Timing') -> 'Told':
        """A reset came: it cuts off what the part can still have been at."""
        if not self.pending or (not self._busy and self._is_over(sample, context, timing)):
            return self.end()
        if self._is_unseen:
            return self._told(UNKNOWN, CLOSED, self._last, '; what followed could not be seen')
        return self._told(INTERRUPTED, CUT, sample, why)

    def stop(self, sample: 'int') -> 'Told':
        """The data end, or samples are missing, from `sample` on."""
        if not self.pending:
            return self.end()
        window = self.window._replace(end=max(sample, self.window.start))
        return self._finished(UNKNOWN, self._last), window

    def _is_over(self, sample: 'int', context: 'Context', timing: 'Timing') -> 'bool':
        """Tell whether even the slowest part has long finished."""
        if self.kind == PROGRAM:
            longest = PROGRAM_S
        elif self.kind in (MASS_ERASE, BANK_ERASE):
            longest = max(timing.mass_erase_s, timing.tool_mass_erase_s or 0.0)
        else:
            longest = max(timing.page_erase_s, timing.tool_page_erase_s or 0.0)
        return context.longer(sample - self._last, longest)

    def _told(
        self, outcome: 'str', state: 'str', end: 'int', why: 'str', errors: 'Tuple[str, ...]' = ()
    ) -> 'Told':
        self.window = self.window._replace(state=state, end=end, text=self._text + why)
        return self._finished(outcome, end, errors), self.window

    def _finished(
        self, outcome: 'str', end: 'int', errors: 'Tuple[str, ...]' = ()
    ) -> 'FlashOperation':
        operation = self.operation._replace(end=end, outcome=outcome, errors=errors)
        if self.data:
            operation = operation._replace(length=len(self.data), data=bytes(self.data))
        return operation
