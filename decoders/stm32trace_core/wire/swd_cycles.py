"""The clock cycles of a piece of SWD, and what their bits say by themselves.

Places are numbers of cycles, counted from the begin of the piece.

Sources: Arm IHI 0031 (ADIv5.2), B4.3.3 (line reset), B5.2 and B5.3 (SWJ-DP, dormant state).
"""

from .swd import (
    ACTIVATION_CODES,
    ACTIVATION_GAP,
    CODE_HIGH,
    CODES,
    CONTEXT,
    IDLE,
    RESET_CLOCKS,
    SELECTION_ALERT,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, List, Optional, Tuple  # novm

    Code = Tuple[int, str, int]  # place, kind, number of bits


class NotYetError(Exception):
    """A clock cycle that a decision needs has not come yet."""

    def __init__(self, place: 'int') -> 'None':
        Exception.__init__(self, place)
        self.place = place


class SwdCycles(object):
    """The last cycles of a piece.

    Until the piece ends, whoever asks for one that has not come is told so by NotYetError; after its end
    there are low cycles without number.
    """

    def __init__(self) -> 'None':
        self._begin_piece()

    def _begin_piece(self) -> 'None':
        self._cycles = []  # type: List[Tuple[int, int, int, int]]  # rise, host, fall, target
        self._first = 0  # number of the first cycle kept
        self._at = 0  # number of the cycle where framing goes on
        self._end = None  # type: Optional[int]  # sample at which the piece ends

    def _forget(self) -> 'None':
        """Keep what lies ahead, and CONTEXT."""
        extra = self._at - CONTEXT - self._first
        if extra > CONTEXT:
            del self._cycles[:extra]
            self._first += extra

    @property
    def _count(self) -> 'int':
        return self._first + len(self._cycles)

    def _has(self, place: 'int') -> 'bool':
        if place < self._count:
            return True
        if self._end is None:
            raise NotYetError(place)
        return False

    def _rise(self, place: 'int') -> 'int':
        if self._has(place):
            return self._cycles[place - self._first][0]
        assert self._end is not None
        return self._end

    def _host(self, place: 'int') -> 'int':
        return self._cycles[place - self._first][1] if self._has(place) else 0

    def _fall(self, place: 'int') -> 'int':
        return self._cycles[place - self._first][2]

    def _target(self, place: 'int') -> 'int':
        return self._cycles[place - self._first][3] if self._has(place) else 0

    def _word(self, bit: 'Callable[[int], int]', place: 'int', bits: 'int') -> 'int':
        return sum(bit(place + number) << number for number in range(bits))

    def _is(self, place: 'int', value: 'int', bits: 'int') -> 'bool':
        for number in range(bits):
            if self._host(place + number) != value >> number & 1 or not self._has(place + number):
                return False
        return True

    def _high(self, place: 'int', most: 'int') -> 'int':
        """Return the number of high cycles from `place` on, at most `most`."""
        high = 0
        while high < most and self._host(place + high):
            high += 1
        return high

    def _is_idle(self, place: 'int') -> 'bool':
        """Tell whether IDLE low cycles begin here."""
        return all(
            not self._host(place + number) and self._has(place + number) for number in range(IDLE)
        )

    def _reset_begin(self, place: 'int') -> 'Optional[int]':
        """Return where the line reset begins that the cycle `place` is a part of, None: of none."""
        if not self._host(place):
            return None
        begin = place
        while begin > self._first and self._host(begin - 1):
            begin -= 1
        clocks = place - begin + self._high(place, RESET_CLOCKS)
        return begin if clocks >= RESET_CLOCKS else None

    def _code(self, place: 'int') -> 'List[Code]':
        """Return the code at `place`, and what activates after an alert."""
        high = 0
        while high < CODE_HIGH and place - high > self._first and self._host(place - high - 1):
            high += 1
        for value, bits, kind, least in CODES:
            if high >= least and self._is(place, value, bits):
                alert = kind == SELECTION_ALERT
                found = self._activation(place + bits + ACTIVATION_GAP) if alert else []
                return [(place, kind, bits)] + found
        return []

    def _activation(self, place: 'int') -> 'List[Code]':
        for value, bits, kind in ACTIVATION_CODES:
            if self._is(place, value, bits):
                return [(place, kind, bits)]
        return []
