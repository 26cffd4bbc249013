"""How a piece of a line is read, and the words that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_frames import Chain, Frames, Trace, chain, read
from stm32trace.line.uart_shapes import LONGEST_PULSE, Format, Shape
from stm32trace_core.wire.uart import BAD_PARITY, BAD_STOP, BREAK, ERRORS, TRUNCATED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

CLOSE = 1.5  # bits of silence after a stop bit: frames farther apart tell nothing of its length
FEWEST_GAPS = 3
SPREAD = 0.3  # bits, and two samples: gaps that differ less are what the format prescribes
ODD_EDGES = 0.01  # share of edges out of place that a reading may leave
FEWEST_PULSES, MOST_PULSES = 2, 40  # between which it is looked whether any lasts a single bit
STRANGE = 2  # frames with several of them


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that decides what the words of a line are."""

    bit: float  # samples
    form: Format
    stop_bits: float | None = None  # None: nothing tells; then it is one
    certain: bool = False

    @property
    def shape(self) -> Shape:
        """What the frames look like."""
        return Shape(self.bit, self.form)

    @property
    def length(self) -> float:
        """Samples of a whole frame."""
        return (self.form.bits + 1 + (self.stop_bits or 1)) * self.bit


@dataclass(frozen=True, slots=True)
class Part:
    """Falling edges `first` to `stop` of a trace, and how they are read."""

    first: int
    stop: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Decoded:
    """A trace that was read with one shape, from its first falling edge on."""

    trace: Trace
    shape: Shape
    links: Chain
    frames: Frames
    glitches: Integers  # numbers of falling edges

    @property
    def open(self) -> int | None:
        """The falling edge after the last one that is decided, None if there is none."""
        last = max(
            (int(numbers[-1]) for numbers in (self.frames.fall, self.glitches) if len(numbers)),
            default=None,
        )
        following = 0 if last is None else int(self.links.next[last])
        return following if following < len(self.links.next) else None

    def fits(self, form: Format) -> bool:
        """Tell whether all is explained but for an odd edge here and there."""
        frames = self.frames
        astray = int(frames.astray.sum()) + 2 * len(self.glitches)
        return (
            not self._is_coarse()
            and bool(frames.stops(self.shape).all())
            and not form.bad_parity(frames.values(self.shape)).any()
            and astray <= ODD_EDGES * len(self.trace.at)
            and int(np.count_nonzero(frames.astray > 1)) <= STRANGE
        )

    def _is_coarse(self) -> bool:
        """Tell whether the few pulses there are all last several bits, as of frames at a lower rate."""
        at = self.trace.at
        if not FEWEST_PULSES < len(at) <= MOST_PULSES:
            return False
        pulses = np.diff(at) / self.shape.bit
        return not np.any(pulses < 1.5) and bool(np.any(pulses < LONGEST_PULSE))


def decode(trace: Trace, shape: Shape, measured: bool) -> Decoded:
    """Read a trace; `measured`: with the slope of its frames."""
    links = chain(trace, shape)
    numbers, glitches = links.frames()
    return Decoded(trace, shape, links, read(trace, shape, links, numbers, measured), glitches)


def stop_bits(frames: Frames, shape: Shape) -> float | None:
    """Return how many stop bits the distances of frames show, None where they do not tell."""
    gaps = np.diff(frames.start) / shape.bit - (shape.bits + 2)
    gaps = gaps[gaps < CLOSE]
    if not len(gaps):
        return None
    if len(gaps) < FEWEST_GAPS or np.ptp(gaps) > SPREAD + 2 / shape.bit:
        return 1.0 if gaps.min() < 0.25 else None
    mean = float(gaps.mean())
    return 1.0 if mean < 0.25 else 1.5 if mean < 0.75 else 2.0


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one line; (n,) each."""

    start: Integers
    end: Integers
    value: Integers
    flags: Integers

    def __len__(self) -> int:
        return len(self.start)

    @property
    def errors(self) -> int:
        """Number of words with an error."""
        return int(np.count_nonzero(self.flags & ERRORS))

    def until(self, count: int) -> Words:
        """Return the first `count` words."""
        return Words(*(getattr(self, name)[:count] for name in Words.__slots__))


def words(decoded: Decoded, reading: Reading, limit: int) -> Words:
    """Return the frames as words.

    limit: sample at which what follows the trace begins. A word that the next one cuts short ends
    with the beginning of that one. The end of a break that lasts is after what is known.
    """
    frames, trace = decoded.frames, decoded.trace
    values = frames.values(decoded.shape)
    bad_stop = ~frames.stops(decoded.shape)
    broken = frames.word == 0
    flags = np.where(bad_stop, BAD_STOP, 0) | np.where(
        reading.form.bad_parity(values), BAD_PARITY, 0
    )
    flags = np.where(broken, BREAK, flags)
    end = frames.start + np.rint(reading.length).astype(np.int64)
    if len(end):
        begun = decoded.open
        following = limit if begun is None else int(trace.falls[begun])
        end = np.minimum(end, np.append(frames.start[1:], following))
        end[broken] = _rises(decoded)[broken]
    data = values & (1 << reading.form.data_bits) - 1
    return Words(frames.start, end, data, flags.astype(np.int64))


def _rises(decoded: Decoded) -> Integers:
    """(n,) where the line goes high after the stop bit of each frame that was low there."""
    trace = decoded.trace
    following = 2 * decoded.links.next[decoded.frames.fall] + int(trace.low)
    rises: Integers = np.append(trace.at, trace.known + 1)[following - 1]
    return rises


def cut_off(decoded: Decoded, reading: Reading) -> Words:
    """Return the frame that the end of the data cuts off, if there is one; unread bits are 0."""
    begun, trace, shape = decoded.open, decoded.trace, decoded.shape
    if begun is None or trace.known <= trace.falls[begun] + shape.bit / 2:
        none = np.zeros(0, np.int64)
        return Words(none, none, none, none)
    frames = read(trace, shape, decoded.links, np.array([begun]), measured=False)
    seen = int((trace.known - int(frames.start[0])) / shape.bit - 0.5)  # bits after the start bit
    mask = (1 << min(seen, reading.form.data_bits)) - 1
    values = frames.values(shape) & mask
    return Words(frames.start, np.array([trace.known]), values, np.array([TRUNCATED]))
