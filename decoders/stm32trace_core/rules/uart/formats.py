"""How each line of a UART was read, and which line is the host's."""

from collections import deque

from ...bootloader.records import SyncAttempt, UartLines
from ...wire.uart import EVEN, MARK, NO_PARITY, ODD, RX, SPACE, TX, UartFormat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Deque, Dict, Optional, Union  # novm

    from ...context import Context

KEPT = 16  # formats of one line; commands are told a little after they begin

# What the loader wants. Source: AN3155, "USART bootloader code sequence".
DATA_BITS = 8
PARITY = EVEN
WANTED = '8E1'

# Rates that tools offer. Source: termios(3), speeds from 1200 baud on, and those of usual adapters.
USUAL_RATES = (
    1200, 1800, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 56000, 57600, 76800, 115200, 128000,
    230400, 256000, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
    3000000,
)  # fmt: skip
MEASURED_TO = 0.005  # a rate that is nearer than this to a usual one is told as that

LETTERS = {NO_PARITY: 'N', EVEN: 'E', ODD: 'O', MARK: 'M', SPACE: 'S'}
OTHER_LINE = {TX: RX, RX: TX}


class Formats(object):
    """The formats of both lines of one bus, fed with the records of CONSUMES.

    host, target: lines as told by the loader's machine; until then named from the host's side.
    has_host: bytes of a host were seen.
    """

    CONSUMES = (UartFormat, UartLines, SyncAttempt)

    def __init__(self) -> 'None':
        self.host = TX
        self.target = RX
        self.has_host = False
        self._formats = {}  # type: Dict[str, Deque[UartFormat]]

    def feed(self, record: 'Union[UartFormat, UartLines, SyncAttempt]') -> 'None':
        """Take note of a format, or of whose the lines are."""
        if isinstance(record, UartFormat):
            self._formats.setdefault(record.line, deque(maxlen=KEPT)).append(record)
            return
        if isinstance(record, SyncAttempt):
            self.has_host = True
            self.host = record.line
            self.target = record.listening or self.target
        else:
            self.has_host = self.has_host or bool(record.host)
            self.host = record.host or OTHER_LINE[record.target]
            self.target = record.target or OTHER_LINE[record.host]

    def at(self, line: 'str', sample: 'int') -> 'Optional[UartFormat]':
        """Return how the word that begins at `sample` was read, None where that is not known."""
        found = None
        for known in self._formats.get(line, ()):
            if known.start <= sample:
                found = known
        return found


def format_text(known: 'UartFormat') -> 'str':
    """'8N1'."""
    return '{}{}{:g}'.format(known.data_bits, LETTERS[known.parity], known.stop_bits)


def baud_text(context: 'Context', baud: 'float') -> 'str':
    """'115200 baud' for what was measured as 115300; else three digits of it.

    '28.8 samples per bit' where the sample rate is not known.
    """
    if context.sample_rate is None:
        return '{:.4g} samples per bit'.format(1 / baud)
    for usual in USUAL_RATES:
        if abs(baud / usual - 1) <= MEASURED_TO:
            return '{} baud'.format(usual)
    return '{:.0f} baud'.format(float('{:.3g}'.format(baud)))


def bit_samples(context: 'Context', baud: 'float') -> 'float':
    """Return the length of a bit in samples."""
    return (context.sample_rate or 1.0) / baud
