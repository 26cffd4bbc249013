"""A lock of the flash controller that opens with two keys in a row, and closes by its bit or by a reset.

A wrong key closes it until the next reset. Sources: RM0444 3.3.6, RM0090 3.6.1, PM0075 2.3.1.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Tuple, Union  # novm

    from ..adi.records import MemoryAccess
    from .records import PeripheralAccess

    Access = Union[MemoryAccess, PeripheralAccess]


class Lock(object):
    """Follows one lock.

    closed: None where it is not known.
    """

    def __init__(self, keys: 'Tuple[int, int]') -> 'None':
        self.closed = None  # type: Optional[bool]
        self._keys = keys
        self._first = None  # type: Optional[Access]  # the right first key
        self._jammed = False
        self._unseen = True  # the first key may have come where nothing was seen

    def key(self, access: 'Access') -> 'Optional[Tuple[int, bool]]':
        """Take a key; return start of the attempt and whether it opened, None where that is not clear (yet)."""
        first, self._first = self._first, None
        unseen, self._unseen = self._unseen, False
        if first is None and access.value == self._keys[0]:
            self._first = access
            return None
        if first is None and unseen and access.value == self._keys[1]:
            return None
        opened = first is not None and access.value == self._keys[1] and not self._jammed
        if opened:
            self.closed = False
        else:
            self._jammed = True  # until the next reset
        return (access if first is None else first).start, opened

    def see_another(self) -> 'None':
        """Another register was written: a key that comes alone now is wrong."""
        self._unseen = False

    def close(self) -> 'bool':
        """Close it by its bit; return whether it was open, as far as known."""
        was_open = self.closed is not True
        self.closed = True
        self._first = None
        return was_open

    def reset(self) -> 'None':
        """The part was reset."""
        self.closed = True
        self._first = None
        self._jammed = self._unseen = False

    def forget(self) -> 'None':
        """Samples or addresses are missing."""
        self.closed = None
        self._first = None
        self._jammed = False
        self._unseen = True
