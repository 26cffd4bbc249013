"""What is known of one MEM-AP while its traffic passes by: CSW, TAR, and how far TAR counts.

Source: Arm IHI 0031 (ADIv5.2), C2.2 (sizes, byte lanes, increment, packed transfers) and C2.6.
"""

from .records import OK, UNKNOWN, MemoryAccess
from .registers import (
    CFG,
    CPUID_ADDRESS,
    CSW,
    DRW,
    IDR,
    LONGER_BITS,
    MEM_AP_CLASS,
    OFF,
    PACKED,
    SIZES,
    TAR,
    increment_bits_of_cfg,
    increment_bits_of_cpuid,
    increment_bits_of_idr,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Tuple  # novm

    Item = Tuple[int, int, int]  # address, size in bytes, how many of them

WORD = 4
BYTE_BITS = 8
LANES = WORD - 1
BANK_OFFSET = 0x0C  # bits of a BDx address that choose the word
BANK_BLOCK = 0x10  # bytes that BD0 to BD3 cover
MASKS = {1: 0xFF, 2: 0xFFFF, 4: 0xFFFFFFFF}

SIZE = CSW.field('Size')
INCREMENT = CSW.field('AddrInc')
CLASS = IDR.field('CLASS')


class Port(object):
    """One access port.

    CSW not seen: an access is taken for a word where TAR is aligned to one, else for what TAR's
    alignment allows, since 32 bits is what hosts leave in CSW between accesses. Whether TAR advances is
    not guessed: ST-LINK works without increment, OpenOCD with it. So TAR is known until the first access
    to DRW, and then again when it is written.

    Width of the increment not seen (IDR, CFG.TARINC, CPUID): a host that goes on over a 1 KiB boundary
    is believed, for it knows its port; no port of an STM32 goes on over 4 KiB.
    """

    __slots__ = ('ap', 'bits', 'count', 'memory', 'size', 'step', 'tar')

    def __init__(self, ap: 'int') -> 'None':
        self.ap = ap
        self.bits = 0  # of TAR that count up; 0 not known
        self.memory = True  # a MEM-AP, as far as is known
        self.forget()

    def forget(self) -> 'None':
        """CSW and TAR are not known (any more)."""
        self.tar = UNKNOWN
        self.forget_csw()

    def forget_csw(self) -> 'None':
        """The size of an access and the increment are not known (any more)."""
        self.size = 0  # bytes of an item; 0 not known
        self.step = UNKNOWN  # what TAR advances
        self.count = 1  # items in one access to DRW

    def configure(self, csw: 'int') -> 'None':
        """CSW is `csw` now."""
        self.forget_csw()
        size, increment = SIZES.get(SIZE.of(csw)), INCREMENT.of(csw)
        if size is None or increment > PACKED:
            return
        self.size = size
        self.step = 0 if increment == OFF else size
        if increment == PACKED:
            self.step, self.count = WORD, WORD // size

    def take(self, register: 'int') -> 'Item':
        """Return what an access to DRW or BD0 to BD3 is for; DRW moves TAR on."""
        tar = self.tar
        if register != DRW.offset:
            block = tar if tar == UNKNOWN else tar & -BANK_BLOCK | register & BANK_OFFSET
            return (block, WORD, 1)
        size = self.size or _natural_size(tar)
        if tar == UNKNOWN:
            return (UNKNOWN, size, self.count)
        if self.step:
            self._advance()
        return (tar & -size, size, self.count)

    def next(self, register: 'int') -> 'Item':
        """Return what an access would have been for that was not done."""
        tar = self.tar
        item = self.take(register)
        self.tar = tar
        return item

    def _advance(self) -> 'None':
        if self.step == UNKNOWN:
            self.tar = UNKNOWN
            return
        mask = (1 << (self.bits or LONGER_BITS)) - 1
        low = self.tar + self.step & mask
        if low < self.step and not self.bits:
            self.tar = UNKNOWN
        else:
            self.tar = self.tar & ~mask | low

    def moved(self) -> 'None':
        """An access went wrong: TAR may have advanced, or not."""
        self.tar = UNKNOWN

    def learn(self, register: 'int', value: 'int') -> 'None':
        """A read of `register` of this port gave `value`: now it is known."""
        if register == CSW.offset:
            self.configure(value)
        elif register == TAR.offset:
            self.tar = value
        elif register == CFG.offset:
            self.bits = increment_bits_of_cfg(value) or self.bits
        elif register == IDR.offset:
            self.bits = increment_bits_of_idr(value) or self.bits
            self.memory = not value or CLASS.of(value) == MEM_AP_CLASS

    def learn_memory(self, item: 'Item', value: 'int') -> 'None':
        """A read of `item` gave `value`: the core's identity tells of its port."""
        if item[0] == CPUID_ADDRESS and item[1] == WORD and not self.bits:
            self.bits = increment_bits_of_cpuid(value)

    def write(self, register: 'int', value: 'int') -> 'None':
        """`value` was written to `register` of this port."""
        if register == TAR.offset:
            self.tar = value
        elif register == CSW.offset:
            self.configure(value)


def _natural_size(tar: 'int') -> 'int':
    """Return the largest size that an access at `tar` can have."""
    if tar == UNKNOWN:
        return WORD
    return min(WORD, tar & -tar) or WORD


def memory_accesses(
    span: 'Tuple[int, int, str]',
    ap: 'int',
    item: 'Item',
    write: 'bool',
    data: 'int',
    outcome: 'str' = OK,
) -> 'List[MemoryAccess]':
    """Return the items that one access to DRW or BDx carries, each value moved down from its byte lanes.

    span: start, end and bus. Where the address is not known, neither is the lane: the value is the whole
    word.
    """
    start, end, bus = span
    address, size, count = item
    if size == WORD or address == UNKNOWN:
        return [MemoryAccess(start, end, bus, ap, address, size, write, data, outcome)]
    return [
        MemoryAccess(
            start, end, bus, ap, place, size, write,
            data >> (place & LANES) * BYTE_BITS & MASKS[size], outcome,
        )
        for place in range(address, address + count * size, size)
    ]  # fmt: skip
