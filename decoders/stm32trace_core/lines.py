"""Records of single lines: levels of NRST, BOOT0 and VDD, resets, holds, activity, clock statistics, gaps."""

from .record import NamedTuple


class LevelChange(
    NamedTuple(
        'LevelChange',
        [('start', int), ('end', int), ('bus', str), ('role', str), ('value', int)],
    )
):
    """A slow line (NRST, BOOT0, VDD) takes another level at sample `start`; `end` is `start` + 1."""

    __slots__ = ()


class Level(
    NamedTuple(
        'Level',
        [('start', int), ('end', int), ('bus', str), ('role', str), ('value', int)],
    )
):
    """A slow line keeps the level `value` over `[start, end)`; the spans of a role cover the capture."""

    __slots__ = ()


class Reset(
    NamedTuple(
        'Reset',
        [
            ('start', int),
            ('end', int),  # the line's return, or the end of the data
            ('bus', str),
            ('cause', str),  # NRST | POWER | SYSRESETREQ | OBL_LAUNCH
            ('released', bool),  # False: still low where the data ends
        ],
    )
):
    """The part was held in reset over `[start, end)`. Known only at `end`; the fall itself is a LevelChange."""

    __slots__ = ()


NRST = 'nrst'
POWER = 'power'
SYSRESETREQ = 'sysresetreq'
OBL_LAUNCH = 'obl_launch'


class LineHold(
    NamedTuple(
        'LineHold',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('role', str),  # the line that keeps `value`
            ('value', int),
            ('inside', bool),  # within a transfer (between START and STOP)
            ('last', bool),  # lasts until the end of the data
            ('other', int),  # level of the bus's other line while this one was held
            ('bits', int),  # clock pulses since the last START, -1 outside a transfer
        ],
    )
):
    """A bus line kept its level longer than LINE_HOLD_S without any edge on the bus."""

    __slots__ = ()


LINE_HOLD_S = 0.010  # shorter holds are of no interest to any rule


class LineActivity(
    NamedTuple(
        'LineActivity',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('role', str),
            ('edges', int),
            ('first', int),  # level at the first sample
            ('last', int),  # level at the last sample
            ('high', int),  # samples at which the line was high
        ],
    )
):
    """All that one bus line did in the capture. Emitted once, at the end."""

    __slots__ = ()


class ClockStats(
    NamedTuple(
        'ClockStats',
        [
            ('start', int),
            ('end', int),
            ('bus', str),
            ('role', str),  # the clock line
            ('periods', int),  # number of clock periods measured (inside words, stretched ones too)
            ('median', int),  # samples per period
            ('minimum', int),
            ('simultaneous', int),  # samples at which clock and data change together
            ('spikes', int),  # pulses suppressed as shorter than the bus's spike filter
            ('broken', int),  # words that did not close (partial bytes of more than 2 bits)
        ],
    )
):
    """How well the clock of a bus was sampled. Emitted once, at the end."""

    __slots__ = ()


class LineSpikes(
    NamedTuple(
        'LineSpikes',
        [('start', int), ('end', int), ('bus', str), ('role', str), ('count', int)],
    )
):
    """A slow line had `count` pulses that its input filter suppresses; nothing was made of them."""

    __slots__ = ()


class CaptureGap(
    NamedTuple('CaptureGap', [('start', int), ('end', int), ('bus', str), ('text', str)])
):
    """Samples `[start, end)` are missing or damaged: no statement may span them."""

    __slots__ = ()


class CaptureFact(
    NamedTuple(
        'CaptureFact',
        [('start', int), ('end', int), ('bus', str), ('kind', str), ('text', str)],
    )
):
    """Something about the file itself (`kind`: 'truncated', 'crc', ...), told in one line."""

    __slots__ = ()
