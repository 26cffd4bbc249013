"""How improbable each format makes what is seen on a line: the lowest cost is the format.

Costs are natural logarithms of probabilities, turned round. A word costs its data bits, once for
each value that is seen; so even parity that always holds becomes more probable with every new
value, and not with one that is repeated. Errors cost more than any word. What the formats cost
before anything is seen (`prior`) decides where the data leave it open.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.line.uart_frames import Trace, chain, read
from stm32trace.line.uart_shapes import Format, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Costs = NDArray[np.float64]  # (f,) of each of some formats
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

FRAME = (
    0.5  # a frame: where several rates explain the same edges, the one with the fewest frames does
)
ASTRAY = 6.0  # an edge that is no whole number of bits from its start bit
GLITCH = 10.0
BREAK = 8.0
MOST_VALUES = 64  # values that count: words have no more than 512, errors are without end
BAD_STOP = 14.0  # each,
RARE = 0.1  # but where no more than this share is bad, all together no more than
SOME = 48.0  # this and
BAD_STOPS = 3.0  # this a value, weighted by how uncertain it is whether its stop bit is there
BAD_PARITIES = 3.0  # likewise
MISTAKEN = 15.0  # a parity that somebody gave and that is not the one in use
LIKELY = 5.0  # a format is certain when all others cost so much more
HIGHEST = 12.0  # more than this is not held against a format later on: lines do change formats


class Seen:
    """Values that were read before, for each number of bits."""

    def __init__(self) -> None:
        self._values: dict[int, Flags] = {}

    def add(self, bits: int, values: Integers) -> int:
        """Take values; return how many different ones of them are new."""
        present = np.bincount(values, minlength=1 << bits) > 0
        before = self._values.get(bits, np.zeros(1 << bits, np.bool_))
        self._values[bits] = present | before
        return int(np.count_nonzero(present & ~before))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What (f,) formats cost, apart from their priors."""

    total: Costs
    faults: Costs  # the part of it that errors have


def weigh(trace: Trace, bit: float, formats: Sequence[Format], seen: Seen | None = None) -> Weighed:
    """Return what formats cost where a bit lasts `bit` samples.

    seen: values that cost nothing any more; the new ones join them.
    """
    total, faults = np.empty(len(formats)), np.empty(len(formats))
    for bits, form in {one.bits: one for one in formats}.items():
        shape = Shape(bit, form)
        links = chain(trace, shape)
        numbers, glitches = links.frames(to_the_end=True)
        frames = read(trace, shape, links, numbers, measured=False)
        choices = FRAME * len(frames) + _choices(frames.word)
        common = GLITCH * len(glitches) + ASTRAY * int(frames.astray.sum())
        common += BREAK * int(np.count_nonzero(frames.word == 0))
        cut_off = int(np.count_nonzero(numbers >= links.decided))
        frames = frames.those((frames.word > 0) & (numbers < links.decided))
        values = frames.values(shape)
        new = min((seen or Seen()).add(bits, values), MOST_VALUES)
        common += _bad_stops(int(np.count_nonzero(~frames.stops(shape))), len(frames), new)
        for number, one in enumerate(formats):
            if one.bits == bits:
                faults[number] = common + _bad_parities(one, values, new)
                words = (new + cut_off) * one.data_bits * log(2)
                total[number] = faults[number] + choices + words
    return Weighed(total, faults)


def _choices(words: Integers) -> float:
    """Return what it costs to tell which of the values that occur each word has."""
    counts = np.unique(words, return_counts=True)[1]
    return float(len(words) * log(max(len(words), 1)) - counts @ np.log(counts))


def _bad_stops(bad: int, frames: int, new: int) -> float:
    each = BAD_STOP * bad
    if bad > RARE * frames:
        return each
    return min(each, SOME + BAD_STOPS * new * _entropy(bad / max(frames, 1)))


def _bad_parities(form: Format, values: Integers, new: int) -> float:
    """Return what the parity bits cost; where the parity was given, to be all wrong costs little."""
    wrong = form.bad_parity(values)
    share = float(wrong.mean()) if len(wrong) else 0.0
    if form.given and share > 0.5:
        return MISTAKEN + BAD_PARITIES * new * _entropy(1 - share)
    return BAD_PARITIES * new * _entropy(share)


def _entropy(share: float) -> float:
    if share <= 0:
        return 0.0
    if share > 0.5:
        return log(2) + 4 * (share - 0.5)
    return -share * log(share) - (1 - share) * log(1 - share)
