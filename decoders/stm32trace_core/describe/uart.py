"""Texts of UART words, formats and errors."""

from ..wire.uart import (
    BAD_PARITY,
    BAD_STOP,
    BREAK,
    EVEN,
    MARK,
    NO_PARITY,
    ODD,
    SPACE,
    TRUNCATED,
    UartErrors,
    UartFormat,
    UartGlitch,
    UartRate,
    UartStats,
    UartWord,
)
from .texts import number_text, time_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Optional, Tuple  # novm

    from ..context import Context

    Texts = Tuple[str, str, str]

LETTERS = {NO_PARITY: 'N', EVEN: 'E', ODD: 'O', MARK: 'M', SPACE: 'S'}
FAULTS = (
    (BAD_PARITY, 'parity error'),
    (BAD_STOP, 'framing error'),
    (TRUNCATED, 'cut off'),
)

# Rates of serial ports; one that is measured as near as this is told by its name. Source: termios(3)
# and the lists of common UART adapters.
STANDARD_BAUDS = (
    110, 300, 600, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 56000, 57600, 76800, 115200,
    128000, 230400, 250000, 256000, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000,
    2000000, 2500000, 3000000,
)  # fmt: skip
NEAR = 0.02


def baud_text(baud: 'float', context: 'Optional[Context]') -> 'str':
    """Return '115200 baud', '106 000 baud' for no usual rate, or a bit in samples."""
    if context is None or context.sample_rate is None:
        return '{:.4g} samples a bit'.format(1 / baud)
    nearest = min(STANDARD_BAUDS, key=lambda one: abs(one - baud))
    shown = nearest if abs(nearest - baud) <= NEAR * nearest else float('{:.4g}'.format(baud))
    return '{:.0f} baud'.format(shown)


def format_text(known: 'UartFormat') -> 'str':
    """Return '8N1'."""
    return '{}{}{:g}'.format(known.data_bits, LETTERS[known.parity], known.stop_bits)


def _faults(flags: 'int') -> 'str':
    return ', '.join(text for flag, text in FAULTS if flags & flag)


def _word(record: 'UartWord', context: 'Optional[Context]') -> 'Texts':
    line = record.line.upper()
    if record.flags & BREAK:
        return ('{} break for {}'.format(line, _lasted(record, context)), 'break', 'B')
    value = '{:02X}'.format(record.value)
    if not record.flags:
        return ('{} {}'.format(line, value), value, value)
    return ('{} {}, {}'.format(line, value, _faults(record.flags)), value + '!', value)


def _lasted(record: 'Any', context: 'Optional[Context]') -> 'str':
    return time_text(record.end - record.start, context)


def _format(record: 'UartFormat', context: 'Optional[Context]') -> 'Texts':
    brief = '{} {}'.format(baud_text(record.baud, context), format_text(record))
    doubt = '' if record.certain else ', not certain'
    turned = ', inverted' if record.inverted else ''
    text = '{} is read at {}{}{}'.format(record.line.upper(), brief, turned, doubt)
    return (text, brief, format_text(record))


def _rate(record: 'UartRate', context: 'Optional[Context]') -> 'Texts':
    brief = '{} {}'.format(record.line.upper(), baud_text(record.measured, context))
    words = number_text(record.words, 'word')
    text = '{}, {:.4g} samples a bit, {}'.format(brief, record.samples, words)
    return (text, brief, brief)


def _glitch(record: 'UartGlitch', context: 'Optional[Context]') -> 'Texts':
    text = '{} pulse of {}, no start bit'.format(record.line.upper(), _lasted(record, context))
    return (text, 'glitch', '!')


def _errors(record: 'UartErrors', context: 'Optional[Context]') -> 'Texts':
    what = 'break' if record.flags == BREAK else _faults(record.flags) or 'break'
    brief = '{} {}'.format(record.line.upper(), what)
    text = '{}, {} in a row'.format(brief, number_text(record.count, 'word'))
    return (text, brief, what)


def _stats(record: 'UartStats', context: 'Optional[Context]') -> 'Texts':
    brief = '{}: {}'.format(record.line.upper(), number_text(record.words, 'word'))
    counted = (
        (record.parity_errors, 'parity error'),
        (record.framing_errors, 'framing error'),
        (record.breaks, 'break'),
        (record.glitches, 'glitch pulse'),
    )
    found = [number_text(number, of) for number, of in counted if number]
    return (', '.join([brief] + found), brief, record.line.upper())


DESCRIBERS = {
    UartWord: _word,
    UartFormat: _format,
    UartRate: _rate,
    UartGlitch: _glitch,
    UartErrors: _errors,
    UartStats: _stats,
}  # type: Dict[type, Callable[[Any, Optional[Context]], Texts]]
