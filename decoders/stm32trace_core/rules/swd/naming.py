"""How findings on SWD call packets, acknowledges and accesses.

Source: Arm IHI 0031 (ADIv5.2), B4.1.1 (request), B4.2 (acknowledge), B2.2 (registers of the debug port).
"""

from ...adi.records import UNKNOWN, MemoryAccess, RegisterAccess
from ...wire import swd
from ..naming import address_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Union  # novm

    from ...cortex.records import DebugRequest
    from ...flash.records import PeripheralAccess

    Access = Union[RegisterAccess, MemoryAccess, PeripheralAccess, DebugRequest]

ACKS = {
    swd.OK: 'OK',
    swd.WAIT: 'WAIT',
    swd.FAULT: 'FAULT',
    swd.NO_REPLY: 'no reply',
    swd.ALL_ZERO: 'all zero',
}

# Requests whose register does not depend on SELECT.
REQUESTS = {
    0xA5: 'read of DPIDR',
    0x81: 'write of ABORT',
    0x95: 'read of RESEND',
    0xB1: 'write of SELECT',
    0xBD: 'read of RDBUFF',
    0x99: 'write of TARGETSEL',
    0x8D: 'read of CTRL/STAT',  # with DPBANKSEL = 0, as nearly always
    0xA9: 'write of CTRL/STAT',
}  # type: Dict[int, str]

ABORT_NAME = 'ABORT'
CONTROL_NAME = 'CTRL/STAT'


def request_text(request: 'int') -> 'str':
    """'read of DPIDR'; 'write of AP register 0xC', whose bank the packet does not tell."""
    if request in REQUESTS:
        return REQUESTS[request]
    return '{} of {} register 0x{:X}'.format(
        'read' if request & swd.REQUEST_RNW else 'write',
        'AP' if request & swd.REQUEST_APNDP else 'DP',
        (request & swd.REQUEST_ADDRESS) >> 1,
    )


def ack_text(ack: 'int') -> 'str':
    """The three bits in the order of the wire, and what they mean: '111 (no reply)'."""
    bits = ''.join(str(ack >> bit & 1) for bit in range(3))
    return '{} ({})'.format(bits, ACKS.get(ack, 'no valid acknowledge'))


def access_text(access: 'Access') -> 'str':
    """'read of 0x08000000', 'write of 0x05FA0004 to SCB.AIRCR', 'read of CTRL/STAT'."""
    if isinstance(access, RegisterAccess):
        place = access.name
    elif isinstance(access, MemoryAccess):
        known = access.address != UNKNOWN
        place = address_text(access.address) if known else 'memory at an address not seen'
    else:
        place = getattr(access, 'register', '') or 'the core'
    if getattr(access, 'write', True):
        return 'write of 0x{:08X} to {}'.format(access.value, place)
    return 'read of {}'.format(place)
