"""One thing that the flash controller was asked to do, and what its status said of it."""

from ...flash.records import MASS_ERASE, OPTION_ERASE, OPTION_PROGRAM, PAGE_ERASE, PROGRAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional  # novm

    from ...flash.records import PeripheralAccess

NOUNS = {
    MASS_ERASE: 'the mass erase',
    PROGRAM: 'programming',
    OPTION_PROGRAM: 'the programming of the option bytes',
    OPTION_ERASE: 'the erase of the option bytes',
}


class Work(object):
    """One thing that the controller was asked to do.

    start, end: of the write that orders it. control: that value of CR (or OPTCR).
    target: what is erased, in words; '' where that is not known.
    old, clear: error flags in SR before it that were set, and that were not; of others it is not known.
    locked: what was known of CR.LOCK. erases: the whole flash is erased, or may be.
    raised: error flags that SR showed since; fresh: those of the last read that the one before did
        not show. status: SR as read last, -1 before the first.
    first, last: the first and last read of SR, None before that.
    pause: longest time between two reads, in samples.
    """

    def __init__(
        self,
        access: 'PeripheralAccess',
        kind: 'str',
        target: 'str',
        old: 'int',
        clear: 'int',
        locked: 'Optional[bool]',
    ) -> 'None':
        self.start = access.start
        self.end = access.end
        self.control = access.value
        self.kind = kind
        self.target = target
        self.old = old
        self.clear = clear
        self.locked = locked
        self.erases = False
        self.raised = 0
        self.fresh = 0
        self.status = -1
        self.polls = 0
        self.first = None  # type: Optional[PeripheralAccess]
        self.last = None  # type: Optional[PeripheralAccess]
        self.pause = 0
        self.was_busy = False
        self.is_busy = False
        self.is_over = False  # its start bit reads 0 again; how it went is not read yet
        self.busy_from = access.end  # since when it is busy, of programming: as far as seen

    def read(self, access: 'PeripheralAccess', busy: 'int', errors: 'int') -> 'None':
        """Take one read of SR; `busy`, `errors`: the masks."""
        if self.last is None:
            self.first = access
        else:
            self.pause = max(self.pause, access.start - self.last.start)
            self.clear |= ~self.status & errors
        self.last = access
        self.polls += 1
        self.status = access.value
        self.fresh = access.value & errors & ~self.raised
        self.raised |= access.value & errors
        is_busy = bool(access.value & busy)
        if is_busy and not self.is_busy and self.kind == PROGRAM:
            self.busy_from = access.start
        self.is_busy = is_busy
        self.is_over = False
        self.was_busy = self.was_busy or self.is_busy

    def see_its_bit_clear(self) -> 'None':
        """Its start bit reads 0: hardware clears it together with BSY."""
        self.is_busy, self.is_over = False, True

    @property
    def name(self) -> 'str':
        """'the mass erase', 'the erase of sector 3'."""
        if self.kind == PAGE_ERASE:
            return 'the erase of ' + (self.target or 'a page')
        return NOUNS[self.kind]

    @property
    def waited(self) -> 'int':
        """Samples from the end of the order to the last status read."""
        return 0 if self.last is None else max(0, self.last.start - self.end)

    @property
    def busy_until(self) -> 'int':
        """End of the last read that showed BSY; of the order before that."""
        return self.end if self.last is None else self.last.end

    @property
    def busy_for(self) -> 'int':
        """Samples for which BSY has been seen set without a pause."""
        return 0 if self.last is None or not self.is_busy else self.last.start - self.busy_from
