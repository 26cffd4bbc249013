"""A capture as pysigrok's decoders read it: they wait for conditions, we look at the changes alone.

Source: libsigrokdecode, type_decoder.c and instance.c (Decoder.wait, Decoder.matched).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from stm32trace.capture.changes import Changes

Condition = Mapping[int | str, str | int]  # channel -> one of l h r f e s; or 'skip' -> samples
SKIP = 'skip'

# Whether a channel's levels before and at a sample match a letter.
_MATCHES: dict[str, Callable[[int, int], bool]] = {
    'l': lambda before, now: not now,
    'h': lambda before, now: bool(now),
    'r': lambda before, now: not before and bool(now),
    'f': lambda before, now: bool(before) and not now,
    'e': lambda before, now: before != now,
    's': lambda before, now: before == now,
}


class Samples:
    """What `Decoder.wait` reads from: the samples of a capture, one after the other, however far apart."""

    def __init__(self, blocks: Iterable[Changes], width: int) -> None:
        """width: number of channels; bit k of a state is channel k."""
        self.samplenum = -1
        self.matched: tuple[bool, ...] = ()
        self._width = width
        self._changes = _changes(blocks)
        self._following = next(self._changes, None)  # the next change: (sample, state), or the end
        self._state = 0
        self._started = False

    def wait(self, conditions: Sequence[Condition] | None = None) -> tuple[int, ...]:
        """Go on to the next sample at which a condition holds, and return its levels. Raises EOFError."""
        wanted = list(conditions or ({},))
        begin = self.samplenum
        if self._started and any(condition.get(SKIP) == 0 for condition in wanted):
            self.matched = tuple(condition.get(SKIP) == 0 for condition in wanted)
            return self._levels()
        while True:
            before = self._advance(self._candidate(wanted, begin))
            self.matched = tuple(self._holds(one, before, begin) for one in wanted)
            if any(self.matched):
                return self._levels()

    def _candidate(self, wanted: Sequence[Condition], begin: int) -> int:
        """Return the next sample at which something may hold that does not hold now."""
        ahead = self.samplenum + 1
        if ahead == begin + 1 or not self._started:
            return ahead
        targets = [begin + int(one[SKIP]) for one in wanted if SKIP in one]
        if self._following is not None:
            targets.append(self._following[0])
        if any('s' in one.values() for one in wanted):
            targets.append(ahead)
        return min((target for target in targets if target >= ahead), default=ahead)

    def _advance(self, sample: int) -> int:
        """Go to `sample`, up to which nothing changes; return the state before it. Raises EOFError."""
        before = self._state
        if self._following is None:
            raise EOFError
        at, state = self._following
        if sample >= at or not self._started:
            if state is None:
                self.samplenum = at
                raise EOFError
            sample, self._state = at, state
            self._following = next(self._changes, None)
        if not self._started:
            self._started, before = True, self._state  # the first sample is no edge
        self.samplenum = sample
        return before

    def _holds(self, condition: Condition, before: int, begin: int) -> bool:
        if SKIP in condition:
            return self.samplenum == begin + int(condition[SKIP])
        return all(
            _MATCHES[str(letter)](before >> int(channel) & 1, self._state >> int(channel) & 1)
            for channel, letter in condition.items()
        )

    def _levels(self) -> tuple[int, ...]:
        return tuple(self._state >> bit & 1 for bit in range(self._width))


def _changes(blocks: Iterable[Changes]) -> Iterator[tuple[int, int | None]]:
    """Yield all changes, the first level among them, then (first sample not covered, None)."""
    stop = 0
    for block in blocks:
        yield from zip(block.index.tolist(), block.state.tolist(), strict=True)
        stop = block.stop
    yield stop, None
