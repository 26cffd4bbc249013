"""One line of a UART: what is known of it so far, and its records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_columns import (
    UartFormatColumns,
    UartGlitchColumns,
    UartRateColumns,
    UartWordColumns,
)
from stm32trace.line.uart_costs import Seen
from stm32trace.line.uart_frames import Trace
from stm32trace.line.uart_path import near
from stm32trace.line.uart_readings import Decoded, Part, Reading, cut_off, decode, words
from stm32trace.signal.baud import Slope
from stm32trace_core.wire.uart import BREAK, TRUNCATED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.columns import Setup, WordColumns
    from stm32trace.line.uart_readings import Words

MEASURED_EDGES = 20_000  # more of them make a rate no more exact
NEVER = np.iinfo(np.int64).max


@dataclass(slots=True)
class _Stretch:
    """Words with one UartFormat."""

    start: int
    told: Reading
    slope: Slope
    words: int = 0
    errors: int = 0


class Line:
    """State of one line between chunks, and the chunk that is being decoded.

    The edges that are not decoded yet come with the next chunk. Levels are raw: `inverted` tells
    what they mean.
    """

    def __init__(self, setup: Setup, role: str) -> None:
        self.role = role
        self.inverted: bool | None = None  # None: not known yet
        self.reading: Reading | None = None  # of the last part
        self.rate_certain = setup.baud is not None
        self.seen = Seen()
        self.evidence: NDArray[np.float64] | None = None  # see uart_plan
        self.slope = Slope()  # of the words that were read with this bit time
        self.begin: int | None = None  # first sample of the run, until something was decoded
        self._setup = setup
        self._level = 0  # before the edges that are kept
        self._kept = np.zeros(0, np.int64)
        self._known = 0
        self._held = 0  # sample up to which nothing was held back for this line, though it was low;
        # what is said of it later must not be said of an earlier time
        self._done = NEVER  # sample up to which the chunk came to an end
        self._stretch: _Stretch | None = None

    # The chunk.

    def start_run(self, begin: int, level: int) -> None:
        """Begin a run at sample `begin`, where the line has this level."""
        self.begin, self._level, self._held = begin, level, begin
        self._kept = self._kept[:0]

    def take(self, edges: NDArray[np.int64], first: int, known: int) -> None:
        """Take the edges of a chunk; `first`: sample of the first edge in it, of whatever line."""
        if len(self._kept) and self.open_since is None:
            self._held = max(self._held, first)
        self._kept = np.concatenate((self._kept, edges)) if len(self._kept) else edges
        self._known = known

    def trace(self, inverted: bool | None = None) -> Trace:
        """Return the edges as they are to be decoded: idle is 1."""
        turned = bool(self.inverted if inverted is None else inverted)
        return Trace(self._kept, self._level == int(turned), self._known)

    @property
    def edges(self) -> int:
        """Number of edges that wait."""
        return len(self._kept)

    @property
    def open_since(self) -> int | None:
        """First sample of what waits to be decoded, None where nothing that was seen does.

        A line that does not end its idle level for long holds nothing back.
        """
        return int(self._kept[0]) if len(self._kept) and self._kept[0] >= self._held else None

    def wait_no_more(self, span: int) -> None:
        """Stop holding back for a line that has been low over more than `span` samples."""
        if len(self._kept) == 1 and self._known - int(self._kept[0]) >= span:
            self._held = self._known

    # Decoding.

    def explained(self) -> Decoded | None:
        """Return the chunk as read with what is known; None where that leaves something open."""
        reading = self.reading
        if reading is None or not reading.certain or self.begin is not None:
            return None
        found = decode(self.trace(), reading.shape, self.slope.edges < MEASURED_EDGES)
        return found if found.fits(reading.form) else None

    def decoded(self, found: Decoded, last: bool) -> list[WordColumns]:
        """Return the records of a chunk that is explained."""
        assert self.reading is not None
        columns = self._part(found, self.reading, NEVER, last)
        self._keep_open()
        self._refine(found)
        return columns

    def parts(self, parts: Sequence[Part], last: bool) -> list[WordColumns]:
        """Return the records of a chunk that is read in parts; what is before the first is left out."""
        columns: list[WordColumns] = []
        whole = self.trace()
        if not parts:
            self._drop(whole)
        for number, part in enumerate(parts):
            final = number + 1 == len(parts)
            limit = NEVER if final else int(whole.falls[part.stop])
            trace = whole.between(part.first, part.stop)
            found = decode(trace, part.reading.shape, measured=True)
            if self.reading is None or not near(self.reading.bit, part.reading.bit):
                self.slope = Slope()
            self.reading = part.reading
            columns += self._part(found, part.reading, limit, last and final)
            self._refine(found)
            if final:
                self._keep_open()
        return columns

    def _part(self, found: Decoded, reading: Reading, limit: int, last: bool) -> list[WordColumns]:
        told = words(found, reading, limit)
        if last:
            told = _ended(told, self._known)
        count = int(np.searchsorted(told.end, self._known, 'right'))
        begun = found.open
        self._done = NEVER if begun is None else int(found.trace.falls[begun])
        if count < len(told):
            self._done = int(told.start[count])
        columns = self._words(told.until(count), reading)
        if last:
            columns += self._words(cut_off(found, reading), reading)
        return [*columns, *self._glitches(found)]

    def _refine(self, found: Decoded) -> None:
        """Measure the bit time anew, with the edges of `found`."""
        assert self.reading is not None
        self.slope += found.frames.slope
        if self._stretch is not None:
            self._stretch.slope = self.slope
        bit = self.slope.bit
        if self._setup.baud is None and bit is not None and near(bit, self.reading.bit):
            self.reading = replace(self.reading, bit=bit)

    # What waits.

    def _keep_open(self) -> None:
        """Keep the edges of what is not decided or does not end within the chunk."""
        self._forget(int(np.searchsorted(self._kept, self._done)))
        self.begin = None

    def _drop(self, whole: Trace) -> None:
        """Forget edges of which nothing can be made, but for one that may begin a frame."""
        low = len(whole.at) % 2 != int(whole.low)
        self._forget(len(self._kept) - int(low and len(self._kept) > 0))

    def _forget(self, count: int) -> None:
        self._level ^= count & 1
        self._kept = self._kept[count:]

    # Records.

    def _words(self, told: Words, reading: Reading) -> list[WordColumns]:
        if not len(told):
            return []
        columns: list[WordColumns] = []
        start = int(told.start[0])
        if self._stretch is None or _is_news(self._stretch.told, reading):
            at = max(start, self._held)
            columns += [*self.end_stretch(at), self._format(at, reading)]
            self._stretch = _Stretch(start, reading, Slope())
        assert self._stretch is not None
        self._stretch.words += len(told)
        self._stretch.errors += told.errors
        bus, line = self._setup.bus, self.role
        columns.append(UartWordColumns(told.start, told.end, bus, line, told.value, told.flags))
        return columns

    def _format(self, at: int, reading: Reading) -> UartFormatColumns:
        sample = np.array([at])
        return UartFormatColumns(
            sample,
            sample,
            self._setup.bus,
            self.role,
            baud=self._baud(reading.bit),
            data_bits=reading.form.data_bits,
            parity=reading.form.parity,
            stop_bits=reading.stop_bits or 1.0,
            inverted=bool(self.inverted),
            measured=self._setup.baud is None,
            certain=reading.certain,
        )

    def _glitches(self, found: Decoded) -> list[WordColumns]:
        at = found.trace.at
        falls = found.glitches[at[2 * found.glitches + int(found.trace.low)] < self._done]
        if not len(falls):
            return []
        place = 2 * falls + int(found.trace.low)
        return [UartGlitchColumns(at[place], at[place + 1], self._setup.bus, self.role)]

    def end_stretch(self, end: int) -> Iterator[WordColumns]:
        """Yield what is known of the words with one format, which end before sample `end`."""
        stretch = self._stretch
        if stretch is None:
            return
        bit = stretch.slope.bit or stretch.told.bit
        yield UartRateColumns(
            np.array([stretch.start]),
            np.array([end]),
            self._setup.bus,
            self.role,
            baud=self._baud(stretch.told.bit),
            measured=self._baud(bit),
            pulses=stretch.slope.singles,
            samples=bit,
            words=stretch.words,
            errors=stretch.errors,
        )

    def _baud(self, bit: float) -> float:
        return (self._setup.sample_rate or 1.0) / bit


def _is_news(told: Reading, reading: Reading) -> bool:
    """Tell whether a reading differs from the one that was told, but for what is measured of it."""
    return (
        (told.form, told.stop_bits or 1, told.certain)
        != (reading.form, reading.stop_bits or 1, reading.certain)
        or not near(told.bit, reading.bit)
    )  # fmt: skip


def _ended(told: Words, end: int) -> Words:
    """Return words that all end at sample `end` at the latest; a break that lasts is cut off there."""
    cut = (told.end > end) & (told.flags & BREAK != 0)
    return replace(
        told, end=np.minimum(told.end, end), flags=np.where(cut, told.flags | TRUNCATED, told.flags)
    )
