"""What main flash holds as far as the bootloader's commands tell: blank, written, or read.

    consumes  FlashOperation and DeviceIdentified of one bus; CaptureGap
    produces  FlashWrite for each write that was acknowledged, FlashCheck for each read

Flash bits can be written from 1 to 0 only; an erase sets all of them (reference manuals, flash memory). An
acknowledge proves neither, so what is read outweighs what was written.
"""

from ..bootloader.records import DeviceIdentified
from ..devices import family_named, find_device
from ..devices.family import KIB
from ..lines import CaptureGap
from ..machine import OPERATION, Machine
from ..record import NamedTuple
from .orders import flash_range
from .records import (
    BANK_ERASE,
    DONE,
    GO,
    MASS_ERASE,
    PAGE_ERASE,
    PROGRAM,
    READ,
    FlashOperation,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple  # novm

    from ..context import Context
    from ..devices import Device, Family

BLOCK = 256  # bytes that are kept together: the most that one command moves
BLANK_BYTE = b'\xff'
SHOWN = 8  # bytes of a difference that are told

# What is known of a byte.
UNKNOWN, MAYBE, BLANK, SEEN, WRITTEN, VERIFIED = range(6)  # MAYBE: it may have been erased
_AFTER_READ = bytes(VERIFIED if state in (WRITTEN, VERIFIED) else SEEN for state in range(BLOCK))


class FlashWrite(
    NamedTuple(
        'FlashWrite',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('address', int),
            ('length', int),
            (
                'overwritten',
                int,
            ),  # bytes that held something, as read or written, in which a 0 would become 1
            ('held', int),  # what the first of them held; -1 for none
            ('unknown', int),  # bytes of which nothing tells that they were erased
            ('unverified', int),  # bytes of the flash that were written and not read back since
        ],
    )
):
    """A write to main flash that was acknowledged."""

    __slots__ = ()


class FlashCheck(
    NamedTuple(
        'FlashCheck',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('address', int),
            ('length', int),
            ('compared', int),  # bytes that had been written in this capture
            ('different', int),  # of these, the ones that are read otherwise
            ('at', int),  # address of the first of them; -1 for none
            ('written', bytes),  # from there on, the first few bytes as they were written
            ('read', bytes),  # and as they are read
            ('unverified', int),  # as in FlashWrite
        ],
    )
):
    """A read of main flash, held to what was written there."""

    __slots__ = ()


class _Block(object):
    """BLOCK bytes, and what is known of each."""

    __slots__ = ('content', 'states')

    def __init__(self, state: 'int') -> 'None':
        self.content = bytearray(BLANK_BYTE * BLOCK)
        self.states = bytearray((state,)) * BLOCK


class FlashContents(Machine):
    """Follows what the loader of one bus was told to write, and what it reads back."""

    protocols = ('i2c', 'uart')
    consumes = (FlashOperation, DeviceIdentified, CaptureGap)
    produces = (FlashWrite, FlashCheck)
    phase = OPERATION

    def __init__(self, context: 'Context', bus: 'str' = '') -> 'None':
        super(FlashContents, self).__init__(context, bus)
        self._blocks = {}  # type: Dict[int, _Block]
        self._elsewhere = UNKNOWN  # what is known of bytes in no block
        self._unverified = 0
        self._family = (family_named(context.family) or None) if context.family else None  # type: Optional[Family]
        self._device = None  # type: Optional[Device]

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Return what a write or a read shows."""
        return _HANDLERS[type(record)](self, record)

    def _identified(self, record: 'DeviceIdentified') -> 'Iterable[Any]':
        self._family, self._device = find_device(record.dev_id) or (self._family, None)
        return ()

    def _gap(self, gap: 'CaptureGap') -> 'Iterable[Any]':
        """Anything may have been done there."""
        self._start_over(MAYBE)
        return ()

    def _operation(self, operation: 'FlashOperation') -> 'Iterable[Any]':
        handler = _OPERATIONS.get(operation.kind)
        return () if handler is None else handler(self, operation)

    def _start_over(self, state: 'int') -> 'None':
        self._blocks = {}
        self._elsewhere = state
        self._unverified = 0

    def _went(self, operation: 'FlashOperation') -> 'Iterable[Any]':
        """A program of its own may change the flash."""
        self._start_over(MAYBE)
        return ()

    # Erase.

    def _erase(self, operation: 'FlashOperation') -> 'Iterable[Any]':
        whole = operation.kind == MASS_ERASE
        self._start_over(BLANK if whole and operation.outcome == DONE else MAYBE)
        return ()

    def _erase_pages(self, operation: 'FlashOperation') -> 'Iterable[Any]':
        state = BLANK if operation.outcome == DONE else MAYBE
        for page in operation.pages:
            place = self._place(page)
            if place is None:
                self._start_over(MAYBE)
                break
            self._fill(place[0], place[1], state)
        return ()

    def _place(self, page: 'int') -> 'Optional[Tuple[int, int]]':
        """Return (address, length) of a page or sector; None where that is not known."""
        device, family = self._device, self._family
        if device is None or family is None or device.dual_bank:
            return None
        base = family.flash.memory_base
        if not device.sectors:
            return base + page * device.page_size, device.page_size
        if page >= len(device.sectors):
            return None
        return base + sum(device.sectors[:page]) * KIB, device.sectors[page] * KIB

    def _fill(self, address: 'int', length: 'int', state: 'int') -> 'None':
        for block, first, last, _ in self._pieces(address, length):
            self._unverified -= block.states.count(WRITTEN, first, last)
            block.content[first:last] = BLANK_BYTE * (last - first)
            block.states[first:last] = bytes((state,)) * (last - first)

    # Write and read.

    def _write(self, operation: 'FlashOperation') -> 'Iterable[FlashWrite]':
        address, data = operation.address, operation.data
        if address is None or not data or not self._is_flash(address):
            return ()
        if operation.outcome != DONE:
            self._fill(address, len(data), MAYBE)
            return ()
        overwritten, held, unknown = 0, -1, 0
        for block, first, last, at in self._pieces(address, len(data)):
            states, new = block.states[first:last], data[at : at + last - first]
            unknown += states.count(UNKNOWN)
            if states.count(BLANK) < len(states):
                over = _overwritten(block.content[first:last], states, new)
                held = over[0] if over and held < 0 else held
                overwritten += len(over)
            self._unverified += len(states) - states.count(WRITTEN)
            block.content[first:last] = new
            block.states[first:last] = bytes((WRITTEN,)) * len(states)
        return (
            FlashWrite(
                operation.start, operation.end, self.bus, address, len(data), overwritten, held,
                unknown, self._unverified,
            ),
        )  # fmt: skip

    def _read(self, operation: 'FlashOperation') -> 'Iterable[FlashCheck]':
        address, data = operation.address, operation.data
        if address is None or not data or not self._is_flash(address):
            return ()
        compared, wrong = 0, []  # type: int, List[int]
        written = b''
        for block, first, last, at in self._pieces(address, len(data)):
            states, content = block.states[first:last], bytes(block.content[first:last])
            new = data[at : at + last - first]
            own = states.count(WRITTEN) + states.count(VERIFIED)
            compared += own
            if own and content != new:
                different = _different(content, states, new)
                if different and not wrong:
                    written = content[different[0] : different[0] + SHOWN]
                wrong += [at + place for place in different]
            self._unverified -= states.count(WRITTEN)
            block.content[first:last] = new
            block.states[first:last] = states.translate(_AFTER_READ)
        at = wrong[0] if wrong else -1
        return (
            FlashCheck(
                operation.start, operation.end, self.bus, address, len(data), compared, len(wrong),
                address + at if wrong else -1, written, data[at : at + len(written)] if wrong else b'',
                self._unverified,
            ),
        )  # fmt: skip

    def _is_flash(self, address: 'int') -> 'bool':
        first, last = flash_range(self._family, self._device)
        return first <= address <= last

    def _pieces(self, address: 'int', length: 'int') -> 'Iterator[Tuple[_Block, int, int, int]]':
        """Yield each block with the first and the last index in it, and the offset from `address`."""
        offset = 0
        while offset < length:
            number, first = divmod(address + offset, BLOCK)
            block = self._blocks.get(number)
            if block is None:
                block = self._blocks[number] = _Block(self._elsewhere)
            last = min(BLOCK, first + length - offset)
            yield block, first, last, offset
            offset += last - first


def _overwritten(content: 'bytearray', states: 'bytearray', new: 'bytes') -> 'List[int]':
    """Return what the bytes hold in which a bit would have to go from 0 to 1."""
    return [
        old
        for old, state, byte in zip(content, states, new)
        if state in (SEEN, WRITTEN, VERIFIED) and byte & ~old
    ]


def _different(content: 'bytes', states: 'bytearray', new: 'bytes') -> 'List[int]':
    """Return the places of bytes that were written otherwise than they are read."""
    return [
        place
        for place, (old, state, byte) in enumerate(zip(content, states, new))
        if state in (WRITTEN, VERIFIED) and old != byte
    ]


_OPERATIONS = {
    MASS_ERASE: FlashContents._erase,
    BANK_ERASE: FlashContents._erase,
    PAGE_ERASE: FlashContents._erase_pages,
    PROGRAM: FlashContents._write,
    READ: FlashContents._read,
    GO: FlashContents._went,
}  # type: Dict[str, Callable[[FlashContents, FlashOperation], Iterable[Any]]]

_HANDLERS = {
    FlashOperation: FlashContents._operation,
    DeviceIdentified: FlashContents._identified,
    CaptureGap: FlashContents._gap,
}  # type: Dict[type, Callable[[FlashContents, Any], Iterable[Any]]]


MACHINES = (FlashContents,)
