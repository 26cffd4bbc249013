"""SWD packets without a wave: a conversation with a debug port as a list of records.

    talk(dp_write('SELECT', 0), ap_write('TAR', 0x20000000), ap_read('DRW'), dp_read('RDBUFF', 5))

What stands at place k begins at sample 100 k; a packet with data ends 46 samples later, one without
13. The request bytes are those of the table in openocd-org/openocd src/jtag/swd.h, not computed.
"""

from __future__ import annotations

from collections.abc import Callable

from stm32trace_core.lines import CaptureGap
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    DATA_PHASE,
    LINE_RESET,
    OK,
    TRUNCATED,
    SwdSequence,
    SwdTransfer,
)

Record = SwdTransfer | SwdSequence | CaptureGap
Piece = Callable[[int], Record]  # makes the record that begins at a sample

BUS = 'swd0'
STEP, WITH_DATA, WITHOUT = 100, 46, 13

# Request bytes by A[3:2] / 4. Names of registers in a bank other than 0 need SELECT first, as on the wire.
REQUESTS = {
    ('dp', 'r'): (0xA5, 0x8D, 0x95, 0xBD),
    ('dp', 'w'): (0x81, 0xA9, 0xB1, 0x99),
    ('ap', 'r'): (0x87, 0xAF, 0xB7, 0x9F),
    ('ap', 'w'): (0xA3, 0x8B, 0x93, 0xBB),
}
PLACES = {
    'DPIDR': 0, 'ABORT': 0, 'CTRL/STAT': 1, 'DLCR': 1, 'SELECT': 2, 'RESEND': 2, 'RDBUFF': 3, 'TARGETSEL': 3,
    'CSW': 0, 'TAR': 1, 'DRW': 3, 'BD0': 0, 'BD1': 1, 'BD2': 2, 'BD3': 3, 'CFG': 1, 'BASE': 2, 'IDR': 3,
}  # fmt: skip


def dp_read(name: str, data: int = 0, ack: int = OK, flags: int | None = None) -> Piece:
    return packet('dp', 'r', name, data, ack, flags)


def dp_write(name: str, data: int, ack: int = OK, flags: int | None = None) -> Piece:
    return packet('dp', 'w', name, data, ack, flags)


def ap_read(name: str, data: int = 0, ack: int = OK, flags: int | None = None) -> Piece:
    """`data` is what the packet brings: the value of the AP read before."""
    return packet('ap', 'r', name, data, ack, flags)


def ap_write(name: str, data: int, ack: int = OK, flags: int | None = None) -> Piece:
    return packet('ap', 'w', name, data, ack, flags)


def packet(port: str, direction: str, name: str, data: int, ack: int, flags: int | None) -> Piece:
    """flags: as in SwdTransfer; None for a data phase after OK and none after anything else."""
    request = REQUESTS[port, direction][PLACES[name]]
    marks = (DATA_PHASE if ack == OK else 0) if flags is None else flags
    length = WITH_DATA if marks & DATA_PHASE else WITHOUT
    value = data if marks & DATA_PHASE else 0
    return lambda start: SwdTransfer(start, start + length, BUS, request, ack, value, marks)


def sequence(kind: str = LINE_RESET, bits: int = 52) -> Piece:
    return lambda start: SwdSequence(start, start + bits, BUS, kind, bits)


def gap() -> Piece:
    return lambda start: CaptureGap(start, start + WITH_DATA, '', 'missing')


def talk(*pieces: Piece) -> list[Record]:
    return [piece(STEP * place) for place, piece in enumerate(pieces)]


BAD = DATA_PHASE | BAD_PARITY
CUT = TRUNCATED
