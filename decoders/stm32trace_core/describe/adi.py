"""Texts of SWD packets and of accesses through the debug port."""

from ..adi import records as adi
from ..adi.records import (
    AP,
    DP,
    UNKNOWN,
    AckRun,
    LinkReset,
    LinkStats,
    MemoryAccess,
    ParityError,
    RegisterAccess,
)
from ..adi.registers import DP_BANKED, VALUES, dp_name, register_named
from ..wire import swd
from ..wire.swd import SwdSequence, SwdTransfer
from .texts import number_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple  # novm

    from ..context import Context
    from ..register import Field, Register

    Texts = Tuple[str, str, str]

ACKS = {
    swd.OK: 'OK',
    swd.WAIT: 'WAIT',
    swd.FAULT: 'FAULT',
    swd.NO_REPLY: 'no reply',
    swd.ALL_ZERO: 'no reply (000)',
}
ACK_BITS = 3

SEQUENCES = {
    swd.LINE_RESET: ('line reset', 'reset'),
    swd.JTAG_TO_SWD: ('JTAG to SWD', 'to SWD'),
    swd.SWD_TO_JTAG: ('SWD to JTAG', 'to JTAG'),
    swd.SWD_TO_DORMANT: ('SWD to dormant', 'dormant'),
    swd.JTAG_TO_DORMANT: ('JTAG to dormant', 'dormant'),
    swd.SELECTION_ALERT: ('selection alert', 'alert'),
    swd.DORMANT_TO_SWD: ('dormant to SWD', 'to SWD'),
    swd.DORMANT_TO_JTAG: ('dormant to JTAG', 'to JTAG'),
    swd.HIGH: ('SWDIO high', 'high'),
    swd.BAD_REQUEST: ('request with wrong parity', 'bad request'),
    swd.NOISE: ('bits that fit nothing', 'noise'),
}

NO_VALUES = {}  # type: Dict[int, str]
_SHOWN = {}  # type: Dict[Tuple[int, str], List[Tuple[Field, Dict[int, str]]]]  # register -> fields, names of values

# What became of an access that has no value to show.
FAILURES = {
    adi.FAULT: 'FAULT',
    adi.NO_REPLY: 'no reply',
    adi.LOST: 'value lost',
    adi.TRUNCATED: 'the data ends',
}


def access_text(name: 'str', write: 'bool', value: 'str', outcome: 'str') -> 'Tuple[str, str]':
    """Return 'CSW = 0x23000002', 'IDR -> 0x24770011' or 'DRW -> FAULT', and the same with less detail.

    value: a text without a space in its last word, which alone the shorter one keeps.
    """
    sign = '=' if write else '->'
    brief = value.split(' ')[-1].strip('()')
    if outcome in FAILURES:
        failure = FAILURES[outcome]
        tail = '{}, {}'.format(value, failure) if write and outcome != adi.LOST else failure
        return ('{} {} {}'.format(name, sign, tail), '{} {}'.format(name, failure))
    tail = ', bad parity' if outcome == adi.BAD_PARITY else ''
    return ('{} {} {}{}'.format(name, sign, value, tail), '{} {} {}'.format(name, sign, brief))


def fields_text(register: 'Register', word: 'int') -> 'str':
    """Return the fields that are set, as 'CDBGPWRUPREQ|CSYSPWRUPREQ', those with named values by name."""
    shown = _SHOWN.get((register.offset, register.name))
    if shown is None:
        shown = _SHOWN[(register.offset, register.name)] = [
            (field, VALUES.get((register.name, field.name), NO_VALUES)) for field in register.fields
        ]
    parts = []
    for (name, lsb, width), values in shown:
        value = word >> lsb & (1 << width) - 1
        if value in values:
            parts.append(name + '=' + values[value])
        elif value:
            parts.append(name if width == 1 else '{}=0x{:X}'.format(name, value))
    return '|'.join(parts)


def _request(request: 'int') -> 'Tuple[str, str]':
    """Return 'DP write SELECT' and 'W SELECT'; AP registers by A[3:2], for the packet tells no more."""
    write = not request & swd.REQUEST_RNW
    address = (request & swd.REQUEST_ADDRESS) >> 1
    if request & swd.REQUEST_APNDP:
        port, name = 'AP', '0x{:X}'.format(address)
        short = 'AP ' + name
    else:
        port = 'DP'
        name = '0x{:X}'.format(address) if address == DP_BANKED else dp_name(address, write)
        short = 'DP ' + name if address == DP_BANKED else name
    return (
        '{} {} {}'.format(port, 'write' if write else 'read', name),
        '{} {}'.format('W' if write else 'R', short),
    )


def ack_text(ack: 'int') -> 'str':
    """Return 'WAIT', or the bits of an acknowledge that has no name, in the order of the wire."""
    bits = ''.join(str(ack >> bit & 1) for bit in range(ACK_BITS))
    return ACKS.get(ack, 'invalid acknowledge {}'.format(bits))


def _transfer(record: 'SwdTransfer', context: 'Optional[Context]') -> 'Texts':
    text, brief = _request(record.request)
    ack = ack_text(record.ack)
    notes = ''
    if record.ack == swd.OK and record.flags & swd.DATA_PHASE:
        value = ' 0x{:08X}'.format(record.data)
        notes = ', bad parity' if record.flags & swd.BAD_PARITY else ''
    else:
        value = ''
    if record.flags & swd.TRUNCATED:
        notes += ', cut off'
    return (
        '{}: {}{}{}'.format(text, ack, value, notes),
        '{}:{}'.format(brief, value or ' ' + ack),
        ack,
    )


def _sequence(record: 'SwdSequence', context: 'Optional[Context]') -> 'Texts':
    name, short = SEQUENCES.get(record.kind, (record.kind, record.kind))
    return ('{}, {}'.format(name, number_text(record.bits, 'clock')), name, short)


def _register_access(record: 'RegisterAccess', context: 'Optional[Context]') -> 'Texts':
    value = '0x{:08X}'.format(record.value)
    register = register_named(record.port, record.name)
    fields = fields_text(register, record.value) if register else ''
    full = '{} ({})'.format(fields, value) if fields else value
    name = _port_text(record.port, record.ap) + record.name
    text, brief = access_text(name, record.write, full, record.outcome)
    return (text, brief, record.name)


def _port_text(port: 'str', ap: 'int') -> 'str':
    """Return 'AP1 ' where it is not the first one, which nearly all parts do with."""
    return 'AP{} '.format(ap) if port == AP and ap not in (UNKNOWN, 0) else ''


def _memory_access(record: 'MemoryAccess', context: 'Optional[Context]') -> 'Texts':
    known = record.address != UNKNOWN
    address = '0x{:08X}'.format(record.address) if known else 'unknown address'
    value = '0x{:0{}X}'.format(record.value, 2 * record.size)
    name = '{}{} {}'.format(_port_text(AP, record.ap), 'write' if record.write else 'read', address)
    text, brief = access_text(name, record.write, value, record.outcome)
    return (text, brief, address)


def _ack_run(record: 'AckRun', context: 'Optional[Context]') -> 'Texts':
    ack = ack_text(record.ack)
    brief = '{} x{}'.format(ack, record.count)
    text = '{}, {}'.format(brief, _request(record.request)[0])
    if not record.same_request:
        text += ' and others'
    return (text if record.over else text + ', so far', brief, ack)


def _parity_error(record: 'ParityError', context: 'Optional[Context]') -> 'Texts':
    text = 'bad parity: {}, 0x{:08X}'.format(_request(record.request)[0], record.data)
    return (text, 'bad parity', 'parity')


def _link_reset(record: 'LinkReset', context: 'Optional[Context]') -> 'Texts':
    name, short = SEQUENCES.get(record.kind, (record.kind, record.kind))
    text = '{} after {}, {} OK'.format(name, number_text(record.packets, 'packet'), record.ok)
    return (text, name, short)


def _link_stats(record: 'LinkStats', context: 'Optional[Context]') -> 'Texts':
    brief = '{}, {} OK'.format(number_text(record.packets, 'packet'), record.ok)
    numbers = (
        (record.wait, 'WAIT'),
        (record.fault, 'FAULT'),
        (record.no_reply, 'without reply'),
        (record.all_zero, 'with reply 000'),
        (record.invalid, 'with an invalid acknowledge'),
    )
    shown = ['{} {}'.format(count, what) for count, what in numbers if count]
    if record.parity_errors:
        shown.append(number_text(record.parity_errors, 'parity error'))
    if record.line_resets:
        shown.append(number_text(record.line_resets, 'line reset'))
    return (', '.join([brief] + shown), brief, str(record.packets))


DESCRIBERS = {
    SwdTransfer: _transfer,
    SwdSequence: _sequence,
    RegisterAccess: _register_access,
    MemoryAccess: _memory_access,
    AckRun: _ack_run,
    ParityError: _parity_error,
    LinkReset: _link_reset,
    LinkStats: _link_stats,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
