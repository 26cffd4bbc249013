"""What an access is for, as one code: a column of codes stands for port, register, direction and size.

dp_codes        a register of the debug port, by direction, DPBANKSEL and A[3:2]
ap_codes        a register of an access port, by whether that is a MEM-AP, direction, APBANKSEL and A[3:2]
memory_codes    memory, by direction and size
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stm32trace_core.adi.machine import NAMES
from stm32trace_core.adi.records import AP, DP, MemoryAccess, RegisterAccess
from stm32trace_core.adi.registers import DP_BANKED, dp_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Small = NDArray[np.uint8]
    Codes = NDArray[np.uint16]

PLACES = 4  # values of A[3:2]
BANKS = 16
NO_BANK = BANKS  # APBANKSEL where it is not known
PLACE_SHIFT, BANK_SHIFT = 2, 4  # of both in a register's address
SIZES = (1, 2, 4)


class Asked(NamedTuple):
    """What one code stands for."""

    record: type  # RegisterAccess or MemoryAccess
    write: bool
    port: str = AP
    address: int = 0  # of a register, as in its record
    name: str = ''  # of a register
    size: int = 0  # of memory


def _dp(write: bool, bank: int, place: int) -> Asked:
    address = place << PLACE_SHIFT
    if address == DP_BANKED:
        address |= bank << BANK_SHIFT
    return Asked(RegisterAccess, write, DP, address, dp_name(address, write))


def _ap(memory: bool, write: bool, bank: int, place: int) -> Asked:
    address = place << PLACE_SHIFT
    if bank == NO_BANK:
        return Asked(RegisterAccess, write, AP, address, NAMES[memory][~address])
    address |= bank << BANK_SHIFT
    return Asked(RegisterAccess, write, AP, address, NAMES[memory][address])


_BOTH = (False, True)
_DP = [_dp(*key) for key in product(_BOTH, range(BANKS), range(PLACES))]
_AP = [_ap(*key) for key in product(_BOTH, _BOTH, range(BANKS + 1), range(PLACES))]
_MEMORY = [Asked(MemoryAccess, write, size=size) for write in _BOTH for size in SIZES]
ASKED = (*_DP, *_AP, *_MEMORY)

FIRST_AP = len(_DP)
FIRST_MEMORY = FIRST_AP + len(_AP)
_MEMORY_CODES = np.zeros((2, max(SIZES) + 1), np.uint16)
_MEMORY_CODES[:, SIZES] = np.arange(FIRST_MEMORY, len(ASKED)).reshape(2, len(SIZES))

# Of each code: the size of what is accessed in memory, and whether that is less than a word.
SIZE_OF = np.array([one.size for one in ASKED], np.uint8)
IS_NARROW = (SIZE_OF > 0) & (max(SIZES) > SIZE_OF)


def dp_codes(write: Small, bank: Small, place: Small) -> Codes:
    """(n,) codes of accesses to the debug port. write: (n,) 0 or 1; bank, place: (n,) DPBANKSEL and A[3:2]."""
    return ((write * np.uint8(BANKS) + bank) * np.uint8(PLACES) + place).astype(np.uint16)


def ap_codes(memory: bool, write: Small, bank: Small, place: Small) -> Codes:
    """(n,) codes of accesses to an access port. memory: whether it is a MEM-AP; bank: (n,) APBANKSEL or NO_BANK."""
    direction = write.astype(np.uint16) + np.uint16(2 * memory)
    row = direction * np.uint16(BANKS + 1) + bank
    return row * np.uint16(PLACES) + place + np.uint16(FIRST_AP)


def memory_codes(write: Small, size: NDArray[np.int64]) -> Codes:
    """(n,) codes of accesses to memory."""
    return _MEMORY_CODES[write, size]
