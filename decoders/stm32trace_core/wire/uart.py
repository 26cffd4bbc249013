"""UART words, and the frames they were read with.

A frame is a start bit, 5 to 9 data bits from the least significant on, perhaps a parity bit, and 1 to 2 stop
bits. Sources: AN3155 section 2 (what the loader needs: 8 data bits, even parity, 1 stop bit); RM0444, chapter
USART, on frames, framing errors and breaks.
"""

from ..record import NamedTuple

# Lines of a UART, named from the host's side: the host sends on TX, the target on RX.
TX, RX = 'tx', 'rx'

# Flags of a UartWord.
BAD_PARITY = 1
BAD_STOP = 2  # a framing error: low where a stop bit should be
BREAK = 4  # all bits low, and the stop bit too: `end` is where the line went high again
TRUNCATED = 8  # the data ends, or began, inside the frame
ERRORS = BAD_PARITY | BAD_STOP | BREAK

# How a word ended: UartWord.outcome.
OK = 'ok'
PARITY_ERROR, FRAMING_ERROR, IS_BREAK, CUT_OFF = (
    'parity_error',
    'framing_error',
    'break',
    'truncated',
)

# Values of UartFormat.parity.
NO_PARITY, EVEN, ODD, MARK, SPACE = 'none', 'even', 'odd', 'mark', 'space'


class UartWord(
    NamedTuple(
        'UartWord',
        [
            ('start', int),  # edge that begins the start bit
            ('end', int),  # where its last stop bit ends; of a BREAK, where the line goes idle
            ('bus', str),
            ('line', str),  # TX | RX
            ('value', int),  # data bits without parity
            ('flags', int),
        ],
    )
):
    """One frame on one line."""

    __slots__ = ()

    @property
    def outcome(self) -> 'str':
        """What is wrong with it, the worst where it is several things; OK."""
        return outcome(self.flags)


def outcome(flags: 'int') -> 'str':
    """Return the outcome of a word with these flags."""
    return next((name for flag, name in OUTCOMES if flags & flag), OK)


OUTCOMES = (
    (TRUNCATED, CUT_OFF),
    (BREAK, IS_BREAK),
    (BAD_STOP, FRAMING_ERROR),
    (BAD_PARITY, PARITY_ERROR),
)


class UartFormat(
    NamedTuple(
        'UartFormat',
        [
            ('start', int),  # start bit of the first frame read with it
            ('end', int),  # the same sample: what follows is read with it until the next UartFormat
            ('bus', str),
            ('line', str),
            (
                'baud',
                float,
            ),  # as measured, or as given; bits per sample where the sample rate is not known
            ('data_bits', int),
            ('parity', str),
            ('stop_bits', float),  # 1, 1.5 or 2
            ('inverted', bool),  # idle is low
            ('measured', bool),  # False: the rate is the user's
            ('certain', bool),  # False: too few edges to exclude another rate or parity
        ],
    )
):
    """How the words of a line are read from here on. Emitted before the first of them."""

    __slots__ = ()


class UartRate(
    NamedTuple(
        'UartRate',
        [
            ('start', int),  # of the first word of the stretch
            ('end', int),  # where another UartFormat takes over, or the data end
            ('bus', str),
            ('line', str),
            ('baud', float),  # with which the words were read: that of their UartFormat
            ('measured', float),  # from the edges of the first words; in the same unit
            ('pulses', int),  # of a single bit among those edges
            ('samples', float),  # samples per bit, as measured
            ('words', int),
            ('errors', int),  # words with one of ERRORS
        ],
    )
):
    """How fast a line was over a stretch with one UartFormat. Emitted when the stretch is over."""

    __slots__ = ()


class UartGlitch(
    NamedTuple('UartGlitch', [('start', int), ('end', int), ('bus', str), ('line', str)])
):
    """The line left its idle level for less than half a bit: no start bit."""

    __slots__ = ()


class UartErrors(
    NamedTuple(
        'UartErrors',
        [
            ('start', int),  # of the first word of the run
            ('end', int),  # of the last one so far
            ('bus', str),
            ('line', str),
            ('flags', int),  # union of what was wrong with them
            ('value', int),  # of the first one
            ('count', int),
            ('words_before', int),  # words without error on this line before the run
            ('over', bool),  # False: emitted since `count` reached one of RUN_MARKS; it may go on
        ],
    )
):
    """Words with an error in a row on one line. Emitted at each count of RUN_MARKS and when the run ends."""

    __slots__ = ()


RUN_MARKS = (1, 3, 8, 100, 1000)


class UartStats(
    NamedTuple(
        'UartStats',
        [
            ('start', int),  # of the first word
            ('end', int),
            ('bus', str),
            ('line', str),
            ('words', int),
            ('parity_errors', int),
            ('framing_errors', int),
            ('breaks', int),
            ('glitches', int),  # pulses shorter than half a bit that were taken for no start bit
        ],
    )
):
    """One line in numbers. Emitted once, at the end; not for a line without words."""

    __slots__ = ()
