"""How a chunk is to be read where it is not clear: rates line by line, formats for both lines together.

Each line is cut into pieces of one rate. Pieces of about the same rate, whichever line they are on,
have one format, unless one of them contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_costs import HIGHEST, LIKELY, Seen, weigh
from stm32trace.line.uart_frames import Trace
from stm32trace.line.uart_path import TOGETHER, Beside, Path, Piece, Start, near
from stm32trace.line.uart_rates import Estimate, Rates
from stm32trace.line.uart_readings import Part, Reading, decode, stop_bits
from stm32trace.line.uart_shapes import Format, Shape, formats_with, priors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stm32trace.line.columns import Setup
    from stm32trace.line.uart_line import Line

    Costs = NDArray[np.float64]

CONTRADICTS = 10.0  # cost of a format that a piece does not share
POLARITY_EDGES = 300  # that the idle level is found from
INVERTED = 10.0  # cost of a line that is idle low,
LASTING = 15.0  # of each of a few stretches of the other level that last longer than the longest of
MUCH, MOST_LASTING = 4, 4  # the idle level, so much longer
ENDS = 5.0  # and of each end of the data at which a line is not at its idle level
RELIABLE = 8  # falling edges: a piece with no more tells nothing of the other line
MOST_FALLS = 1500  # of a piece, that its format is found from


@dataclass(slots=True)
class _Segment:
    """A piece of a line, and what each format costs there: with what is known of the line, and by faults."""

    line: Line
    piece: Piece
    bit: float
    rate_certain: bool
    costs: Costs
    faults: Costs
    seen: Seen
    reading: Reading | None = None


class Planner:
    """Finds the readings of chunks."""

    def __init__(self, setup: Setup) -> None:
        self._formats = formats_with(setup.parity)
        self._rates = Rates(self._formats, setup.sample_rate)
        given = setup.baud is not None and setup.sample_rate is not None
        self._bit = setup.sample_rate / setup.baud if given else None  # type: ignore[operator]  # neither is None
        self._priors = priors(self._formats)

    def plan(self, lines: Sequence[Line], others: Sequence[Line]) -> list[list[Part]]:
        """Return the parts of each line's chunk, none where nothing can be made of its edges.

        others: lines of the bus whose chunk is explained already.
        """
        known = [line.reading.shape for line in (*lines, *others) if line.reading is not None]
        found: dict[str, list[_Segment]] = {}
        busiest = sorted(lines, key=lambda line: -line.edges)
        for line in busiest:
            found[line.role] = self._segments(line, known, self._beside(line, found, others))
            known += [one.piece.shape for one in found[line.role]]
        if len(lines) > 1 and _differ(found.values()):
            # What was found last tells something of the line that was first.
            line = busiest[0]
            found[line.role] = self._segments(line, known, self._beside(line, found, others))
        segments = [one for each in found.values() for one in each]
        self._agree(segments, others)
        for one in segments:  # the last one of a line stays
            one.line.rate_certain, one.line.seen = one.rate_certain, one.seen
            one.line.evidence = np.clip(one.costs - one.costs.min(), 0, HIGHEST)
        return [
            [
                Part(one.piece.first, one.piece.stop, one.reading)
                for one in segments
                if one.line is line and one.reading is not None
            ]
            for line in lines
        ]

    # Rates.

    def _segments(
        self, line: Line, known: Sequence[Shape], beside: Beside | None
    ) -> list[_Segment]:
        if line.inverted is None or not line.rate_certain:
            line.inverted = self._is_inverted(line, known)
        trace = line.trace()
        cut, certain = self._pieces(trace, line, known, beside)
        return [self._segment(line, trace, piece, certain or len(cut) > 1) for piece in cut]

    def _pieces(
        self, trace: Trace, line: Line, known: Sequence[Shape], beside: Beside | None
    ) -> tuple[list[Piece], bool]:
        if self._bit is not None:
            total = weigh(trace, self._bit, self._formats).total + self._priors
            shape = Shape(self._bit, self._formats[int(np.argmin(total))])
            return Path(trace, [shape], Start(line.begin)).pieces(), True
        own = None if line.reading is None else line.reading.shape
        start = Start(line.begin, own is not None)
        cut, certain = self._rates.pieces(trace, own, known, start, beside)
        if not cut and own is not None and len(trace.falls):
            cut = [Piece(0, len(trace.falls), own)]
        return cut, certain

    def _beside(
        self, line: Line, found: Mapping[str, Sequence[_Segment]], others: Sequence[Line]
    ) -> Beside | None:
        """Return the rates of the bus's other line, None where nothing is known of it."""
        for other in others:
            if other.reading is not None:
                return Beside(
                    np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([other.reading.bit])
                )
        segments = [one for role, each in found.items() if role != line.role for one in each]
        if not segments:
            return None
        falls = segments[0].line.trace().falls
        start = falls[[one.piece.first for one in segments]]
        end = falls[[one.piece.stop - 1 for one in segments]]
        lengths = np.array([one.piece.stop - one.piece.first for one in segments])
        bits = np.where(lengths >= RELIABLE, [one.bit for one in segments], np.nan)
        return Beside(start, end, bits)

    def _segment(self, line: Line, trace: Trace, piece: Piece, certain: bool) -> _Segment:
        part = trace.between(piece.first, piece.stop)
        before = line.reading
        same = before is not None and near(piece.shape.bit, before.bit)
        slope = decode(part, piece.shape, measured=True).frames.slope
        if same:
            slope += line.slope
        bit = slope.bit
        if self._bit is not None or bit is None or not near(bit, piece.shape.bit, TOGETHER / 2):
            bit = piece.shape.bit
        few = trace.between(piece.first, min(piece.stop, piece.first + MOST_FALLS))
        seen = line.seen if same else Seen()
        weighed = weigh(few, bit, self._formats, seen)
        total = weighed.total
        if same and line.evidence is not None:
            total += line.evidence
        certain |= same and line.rate_certain
        return _Segment(line, piece, bit, certain, total, weighed.faults, seen)

    def _is_inverted(self, line: Line, known: Sequence[Shape]) -> bool:
        """Tell whether the idle level is low: by what explains the edges better, and by what lasts."""
        straight = line.trace(inverted=False)
        at = straight.at
        if len(at) < 2:
            return bool(line.inverted)
        bits = [shape.bit for shape in known]
        as_is, turned = (
            self._cost(self._rates.estimate(line.trace(turn).until(POLARITY_EDGES), bits))
            for turn in (False, True)
        )
        high = (not straight.low) + (straight.low == len(at) % 2)  # of both ends
        begin = line.begin if line.begin is not None else int(at[0])
        lengths = np.diff(np.concatenate(([begin], at, [straight.known])))
        up, down = lengths[int(straight.low) :: 2], lengths[int(not straight.low) :: 2]
        turned += INVERTED + ENDS * high + _lasting(up, down)
        return turned < as_is + ENDS * (2 - high) + _lasting(down, up)

    @staticmethod
    def _cost(found: Estimate | None) -> float:
        return float('inf') if found is None else found.cost

    # Formats.

    def _agree(self, segments: Sequence[_Segment], others: Sequence[Line]) -> None:
        """Give every segment its reading."""
        left = sorted(segments, key=lambda one: -(one.piece.stop - one.piece.first))
        while left:
            group = [one for one in left if near(one.bit, left[0].bit, TOGETHER)]
            shared = sum(self._shared(line, group[0].bit) for line in others)
            group, total = self._common(group, shared)
            self._settle(group, total, others)
            left = [one for one in left if one.reading is None]

    def _shared(self, line: Line, bit: float) -> Costs:
        """Return what a line whose format is known makes of the others' formats."""
        reading = line.reading
        if reading is None or not near(reading.bit, bit, TOGETHER):
            return np.zeros(len(self._formats))
        return np.array([0.0 if one == reading.form else LIKELY - 1 for one in self._formats])

    def _common(self, group: list[_Segment], shared: Costs | float) -> tuple[list[_Segment], Costs]:
        """Return those of a group that have one format, and what each format costs them."""
        while True:
            total = self._priors + shared + sum(one.costs for one in group)
            best = int(np.argmin(total))
            content = [one for one in group if self._accepts(one, best)]
            if len(content) == len(group):
                return group, total
            group = content or group[:1]
            if len(group) == 1:
                return group, self._priors + group[0].costs

    def _accepts(self, segment: _Segment, best: int) -> bool:
        """Tell whether a format causes no errors on a segment that its own best one would not."""
        own = int(np.argmin(segment.costs + self._priors))
        return bool(segment.faults[best] - segment.faults[own] <= CONTRADICTS)

    def _settle(self, group: Sequence[_Segment], total: Costs, others: Sequence[Line]) -> None:
        """Give the segments of a group the format that costs least.

        It is certain where all of them together and each by itself exclude any other one.
        """
        best = int(np.argmin(total))
        form = self._formats[best]
        stops = [_stop_bits(one, form) for one in group]
        stops += [
            line.reading.stop_bits
            for line in others
            if line.reading is not None and line.reading.form == form
        ]
        fewest = min((one for one in stops if one is not None), default=None)
        for one in group:
            alone = one.costs + self._priors
            margin = min(_margin(total, best), _margin(alone, best))
            certain = margin >= LIKELY and one.rate_certain
            one.reading = self._reading(one, Reading(one.bit, form, fewest, certain))

    @staticmethod
    def _reading(segment: _Segment, reading: Reading) -> Reading:
        """Return the reading of a segment; what was certain of the same format stays certain."""
        before = segment.line.reading
        if before is None or before.form != reading.form or not near(before.bit, reading.bit):
            return reading
        stops = [one for one in (before.stop_bits, reading.stop_bits) if one is not None]
        certain = reading.certain or before.certain
        return replace(reading, stop_bits=min(stops, default=None), certain=certain)


def _stop_bits(segment: _Segment, form: Format) -> float | None:
    """Return the stop bits that the distances of a segment's frames show."""
    piece = segment.piece
    part = segment.line.trace().between(piece.first, min(piece.stop, piece.first + MOST_FALLS))
    shape = Shape(segment.bit, form)
    return stop_bits(decode(part, shape, measured=False).frames, shape)


def _lasting(other: NDArray[np.int64], idle: NDArray[np.int64]) -> float:
    """Return what it costs that the other level lasts longer than the one said to be idle."""
    longer = int(np.count_nonzero(other > MUCH * idle.max(initial=0)))
    return LASTING * min(longer, MOST_LASTING)


def _margin(total: Costs, best: int) -> float:
    """Return how much more than format number `best` the next one costs."""
    return float(np.min(np.delete(total, best), initial=np.inf) - total[best])


def _differ(found: Iterable[Sequence[_Segment]]) -> bool:
    """Tell whether the segments do not all have one rate."""
    bits = [one.bit for each in found for one in each]
    return any(not near(bit, bits[0], TOGETHER) for bit in bits)
