"""`Changes`: the one currency of all capture formats, and what can be done with it.

The levels of the selected channels are stored where they change, so everything that follows costs
by the number of changes and idle time is free. A capture is a sequence of blocks. Blocks that touch
(`start == previous.stop`) form a *run*; a block that does not begins the next run, after a gap of
which nothing is known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Changes:
    """Levels of the selected channels over the samples [start, stop), stored where they change.

    The first block of a run begins with an entry at `start`, the initial level. All other entries
    are true changes, and a block may have none.
    """

    start: int  # first sample covered
    stop: int  # first sample not covered
    index: NDArray[np.int64]  # (n,) sample at which state[i] begins to hold; strictly increasing
    state: NDArray[np.unsignedinteger]  # (n,) bit k = level of the k-th selected channel


def state_type(width: int) -> np.dtype[np.unsignedinteger]:
    """The smallest unsigned type with a bit for each of `width` channels, 0 to 64."""
    assert 0 <= width <= 64, width
    size = next(size for size in (1, 2, 4, 8) if width <= 8 * size)
    return np.dtype(f'<u{size}')


def from_samples(
    samples: NDArray[np.unsignedinteger], start: int, previous_state: int | None
) -> Changes:
    """The changes among `samples`, the first of which is sample number `start`.

    samples: (m,) one state a sample. previous_state: that of sample `start - 1`, None at the
    begin of a run.
    """
    changed = np.empty(len(samples), np.bool_)
    np.not_equal(samples[1:], samples[:-1], out=changed[1:])
    if len(samples):
        changed[0] = previous_state is None or previous_state != int(samples[0])
    index = np.flatnonzero(changed)
    state = samples.take(index)
    index += start
    return Changes(start, start + len(samples), index, state)


def to_samples(changes: Changes, previous_state: int | None = None) -> NDArray[np.unsignedinteger]:
    """(stop - start,) the state of each sample; inverse of `from_samples`."""
    index, state = changes.index, changes.state
    if changes.start < changes.stop and (not len(index) or index[0] > changes.start):
        assert previous_state is not None, 'a run begins with its initial level'
        index = np.concatenate((np.array([changes.start]), index))
        state = np.concatenate((np.array([previous_state], state.dtype), state))
    return np.repeat(state, np.diff(index, append=changes.stop))


def cut(changes: Changes, at: int) -> tuple[Changes, Changes]:
    """The parts before sample `at` and from it on; both belong to the same run."""
    assert changes.start <= at <= changes.stop, (changes.start, at, changes.stop)
    middle = int(np.searchsorted(changes.index, at))
    before = replace(changes, stop=at, index=changes.index[:middle], state=changes.state[:middle])
    after = replace(changes, start=at, index=changes.index[middle:], state=changes.state[middle:])
    return before, after


def join(blocks: Sequence[Changes]) -> Changes:
    """One block out of one or more that touch."""
    assert all(a.stop == b.start for a, b in zip(blocks, blocks[1:], strict=False))
    if len(blocks) == 1:
        return blocks[0]
    return Changes(
        blocks[0].start,
        blocks[-1].stop,
        np.concatenate([block.index for block in blocks]),
        np.concatenate([block.state for block in blocks]),
    )


def merged(blocks: Iterable[Changes], entries: int, samples: int) -> Iterator[Changes]:
    """The same changes in fewer blocks, each but for the last of a run as large as it pays.

    That is, of so many entries or more, or of so many samples or more.
    """
    waiting: list[Changes] = []
    held = 0
    for block in blocks:
        if waiting and waiting[-1].stop != block.start:
            yield join(waiting)
            waiting.clear()
            held = 0
        waiting.append(block)
        held += len(block.index)
        if held >= entries or block.stop - waiting[0].start >= samples:
            yield join(waiting)
            waiting.clear()
            held = 0
    if waiting:
        yield join(waiting)


class BitPicker:
    """Picks bits out of states: bit `bits[k]` becomes bit k, in the smallest type that holds them.

    Bits that move equally far move together, so channels picked in their order cost next to nothing.
    """

    def __init__(self, bits: Sequence[int]) -> None:
        self._type = state_type(len(bits))
        self._moves: dict[int, int] = {}  # how far down: bits of the incoming state
        for target, source in enumerate(bits):
            down = source - target
            self._moves[down] = self._moves.get(down, 0) | 1 << source

    def pick(self, state: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
        wide = np.promote_types(state.dtype, self._type)
        picked = np.zeros(len(state), self._type)
        for down, mask in self._moves.items():
            moved = state.astype(wide, copy=False) & wide.type(mask)
            if down > 0:
                moved >>= wide.type(down)
            elif down < 0:
                moved <<= wide.type(-down)
            picked |= moved.astype(self._type, copy=False)
        return picked


class Selector:
    """Narrows a sequence of blocks to some of its channels; drops what no longer changes.

    bits: those of the incoming states to keep; `bits[k]` becomes bit k. Blocks are
    to come in order.
    """

    def __init__(self, bits: Sequence[int]) -> None:
        self._picker = BitPicker(bits)
        self._stop: int | None = None
        self._state = 0

    def select(self, block: Changes) -> Changes:
        """The next block, narrowed."""
        state = self._picker.pick(block.state)
        keep = np.empty(len(state), np.bool_)
        np.not_equal(state[1:], state[:-1], out=keep[1:])
        if len(state):
            keep[0] = block.start != self._stop or int(state[0]) != self._state
            self._state = int(state[-1])
        if len(state) or block.start == self._stop:
            self._stop = block.stop
        if keep.all():
            return replace(block, state=state)
        kept = np.flatnonzero(keep)
        return replace(block, index=block.index.take(kept), state=state.take(kept))


def select(blocks: Iterable[Changes], bits: Sequence[int]) -> Iterator[Changes]:
    """`blocks` narrowed to some of their channels: see `Selector`."""
    return map(Selector(bits).select, blocks)
