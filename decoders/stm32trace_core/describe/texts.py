"""Pieces of text that several layers use: times, numbers, lists, names of parts."""

from ..devices import find_device
from ..rules.rule import duration_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Tuple  # novm

    from ..context import Context

BYTES_SHOWN = 16
PAGES_SHOWN = 8
NIBBLE = 16


def time_text(samples: 'int', context: 'Optional[Context]') -> 'str':
    return duration_text(context.seconds(samples) if context else None, samples)


def hex_text(data: 'bytes') -> 'str':
    """Return the first bytes as '02 FD', and the number of all where there are more."""
    shown = ' '.join('{:02X}'.format(byte) for byte in data[:BYTES_SHOWN])
    if len(data) > BYTES_SHOWN:
        shown += ' ... ({} bytes)'.format(len(data))
    return shown


def number_text(number: 'int', of: 'str') -> 'str':
    return '{} {}{}'.format(number, of, '' if number == 1 else 's')


def list_text(numbers: 'Tuple[int, ...]') -> 'str':
    """Return '3', '3 to 5', or '1, 4, 9 ... (20)'."""
    if len(numbers) > 1 and numbers == tuple(range(numbers[0], numbers[0] + len(numbers))):
        return '{} to {}'.format(numbers[0], numbers[-1])
    shown = ', '.join(str(number) for number in numbers[:PAGES_SHOWN])
    return shown + (' ... ({})'.format(len(numbers)) if len(numbers) > PAGES_SHOWN else '')


def part_text(dev_id: 'int') -> 'str':
    known = find_device(dev_id)
    return '0x{:03X} ({})'.format(dev_id, known[1].name if known else 'unknown part')


def version_text(version: 'int') -> 'str':
    return 'v{}.{}'.format(version // NIBBLE, version % NIBBLE)
