"""What was written to the part, as binary output.

    image   the bytes in the order in which they were written
    srec    the same with their addresses: Motorola S-records, each of which stands for itself, so that the
            output is whole wherever the capture ends

Source: srec(5) of SRecord: S3 has a 32-bit address; the count covers address, data and checksum.
"""

from ..adi.records import OK, UNKNOWN, MemoryAccess
from ..flash.records import DONE, PROGRAM, FlashOperation
from ..flash.records import UNKNOWN as NOT_SEEN
from ..machine import REPORT, Machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable, List, Optional, Tuple  # novm

    from ..context import Context

    Put = Callable[[int, int, List[Any]], None]

CLASSES = (
    ('image', 'Bytes written, as they came'),
    ('srec', 'Bytes written, as S-records'),
)
IMAGE, SREC = range(2)

LINE = 32  # bytes of a record
ADDRESS_BYTES, CHECKSUM_BYTES = 4, 1


def s_records(address: 'int', data: 'bytes') -> 'bytes':
    """Return `data`, written from `address` on, as lines of type S3."""
    return b''.join(_line(address + at, data[at : at + LINE]) for at in range(0, len(data), LINE))


def _line(address: 'int', data: 'bytes') -> 'bytes':
    count = ADDRESS_BYTES + len(data) + CHECKSUM_BYTES
    body = bytes(bytearray([count])) + address.to_bytes(ADDRESS_BYTES, 'big') + data
    check = ~sum(body) & 0xFF
    text = 'S3' + ''.join('{:02X}'.format(byte) for byte in body + bytes(bytearray([check])))
    return (text + '\n').encode('ascii')


def _of_operation(record: 'FlashOperation') -> 'Optional[Tuple[int, bytes]]':
    """Data that the part took, or may have taken: nobody looked how it ended."""
    if record.kind != PROGRAM or record.address is None or record.outcome not in (DONE, NOT_SEEN):
        return None
    return record.address, record.data


def _of_access(record: 'MemoryAccess') -> 'Optional[Tuple[int, bytes]]':
    if not record.write or record.outcome != OK or record.address == UNKNOWN:
        return None
    return record.address, record.value.to_bytes(record.size, 'little')


OF_OPERATIONS = {FlashOperation: _of_operation}
OF_ACCESSES = {MemoryAccess: _of_access}


class Image(Machine):
    """Puts what was written; writers: OF_OPERATIONS or OF_ACCESSES."""

    phase = REPORT
    per_bus = False

    def __init__(self, context: 'Context', writers: 'Any', put: 'Put') -> 'None':
        super(Image, self).__init__(context)
        self._writers = writers
        self._put = put
        self.consumes = tuple(writers)

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Put the bytes that a record writes."""
        written = self._writers[type(record)](record)
        if written is not None and written[1]:
            address, data = written
            self._put(record.start, record.end, [IMAGE, bytes(data)])
            self._put(record.start, record.end, [SREC, s_records(address, data)])
        return ()
