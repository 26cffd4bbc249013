"""Texts of single lines and of I2C."""

from ..lines import (
    NRST,
    OBL_LAUNCH,
    POWER,
    SYSRESETREQ,
    CaptureFact,
    CaptureGap,
    ClockStats,
    Level,
    LevelChange,
    LineActivity,
    LineHold,
    Reset,
)
from ..wire.i2c import PARTIAL, RESTART, START, STOP, I2cByte, I2cTransfer
from .texts import hex_text, number_text, time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple  # novm

    from ..context import Context

    Texts = Tuple[str, str, str]

WORDS = {
    START: ('START', 'S'),
    RESTART: ('repeated START', 'Sr'),
    STOP: ('STOP', 'P'),
}

RESETS = {
    NRST: 'NRST low',
    POWER: 'supply off',
    SYSRESETREQ: 'system reset requested',
    OBL_LAUNCH: 'reset by option byte loading',
}


def _i2c_byte(record: 'I2cByte', context: 'Optional[Context]') -> 'Texts':
    if record.kind in WORDS:
        name, short = WORDS[record.kind]
        return (name, name, short)
    if record.kind == PARTIAL:
        text = '{} of a byte'.format(number_text(record.bits, 'bit'))
        return (text, text, '?')
    value = '{:02X}'.format(record.value)
    return ('{} {}'.format(value, 'ACK' if record.acked else 'NACK'), value, value)


def _i2c_transfer(record: 'I2cTransfer', context: 'Optional[Context]') -> 'Texts':
    known = record.address >= 0
    address = '0x{:02X}'.format(record.address) if known else 'unknown address'
    verb, letter = ('write', 'W') if record.write else ('read', 'R')
    head = '{} {}'.format(verb, address)
    if known and not record.answered:
        return (head + ': address NACK', letter + ' ' + address + ' NACK', 'NACK')
    data = hex_text(record.data)
    refused = record.write and record.acked and not record.acked[-1]
    tail = ', NACK' if refused else ''
    brief = '{} {}'.format(letter, address)
    return (head + (': ' + data if data else '') + tail, (brief + ': ' + data).rstrip(': '), brief)


def _level_change(record: 'LevelChange', context: 'Optional[Context]') -> 'Texts':
    verb = 'rises' if record.value else 'falls'
    brief = '{} {}'.format(record.role.upper(), record.value)
    return ('{} {}'.format(record.role.upper(), verb), brief, str(record.value))


def _level(record: 'Level', context: 'Optional[Context]') -> 'Texts':
    level = 'high' if record.value else 'low'
    brief = '{} {}'.format(record.role.upper(), level)
    lasted = time_text(record.end - record.start, context)
    return ('{} for {}'.format(brief, lasted), brief, str(record.value))


def _reset(record: 'Reset', context: 'Optional[Context]') -> 'Texts':
    cause = RESETS.get(record.cause, record.cause)
    text = '{} for {}'.format(cause, time_text(record.end - record.start, context))
    if not record.released:
        text += ', still so where the data ends'
    return ('reset: ' + text, 'reset: ' + cause, 'reset')


def _line_hold(record: 'LineHold', context: 'Optional[Context]') -> 'Texts':
    level = 'high' if record.value else 'low'
    brief = '{} {}'.format(record.role.upper(), level)
    lasted = time_text(record.end - record.start, context)
    text = '{} held {} for {}'.format(record.role.upper(), level, lasted)
    if record.inside:
        text += ' inside a transfer'
    if record.last:
        text += ', until the data ends'
    return (text, brief, brief)


def _line_activity(record: 'LineActivity', context: 'Optional[Context]') -> 'Texts':
    text = '{}: {}'.format(record.role.upper(), number_text(record.edges, 'edge'))
    return (text, text, record.role.upper())


def _clock_stats(record: 'ClockStats', context: 'Optional[Context]') -> 'Texts':
    brief = '{}: {}'.format(record.role.upper(), number_text(record.periods, 'period'))
    text = '{} of {}, median'.format(brief, time_text(record.median, context))
    return (text, brief, record.role.upper())


def _gap(record: 'CaptureGap', context: 'Optional[Context]') -> 'Texts':
    text = '{} missing: {}'.format(time_text(record.end - record.start, context), record.text)
    return (text, 'gap', 'gap')


def _fact(record: 'CaptureFact', context: 'Optional[Context]') -> 'Texts':
    return (record.text, record.kind, record.kind)


DESCRIBERS = {
    I2cByte: _i2c_byte,
    I2cTransfer: _i2c_transfer,
    LevelChange: _level_change,
    Level: _level,
    Reset: _reset,
    LineHold: _line_hold,
    LineActivity: _line_activity,
    ClockStats: _clock_stats,
    CaptureGap: _gap,
    CaptureFact: _fact,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
