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
    stop = start + len(samples)
    index = np.flatnonzero(samples[1:] != samples[:-1])
    index += 1
    if len(samples) and (previous_state is None or previous_state != int(samples[0])):
        index = np.concatenate((np.zeros(1, np.int64), index))
    state = samples[index]
    index += start
    return Changes(start, stop, index, state)


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


def merged(blocks: Iterable[Changes], at_least: int) -> Iterator[Changes]:
    """The same changes in blocks of `at_least` samples or more, but for the last of each run."""
    waiting: list[Changes] = []
    for block in blocks:
        if waiting and waiting[-1].stop != block.start:
            yield join(waiting)
            waiting.clear()
        waiting.append(block)
        if block.stop - waiting[0].start >= at_least:
            yield join(waiting)
            waiting.clear()
    if waiting:
        yield join(waiting)


class BitPicker:
    """Picks bits out of states: bit `bits[k]` becomes bit k, in the smallest type that holds them.

    One table look-up for each byte of the state, whatever the number of bits.
    """

    def __init__(self, bits: Sequence[int]) -> None:
        self._type = state_type(len(bits))
        self._tables = [
            (byte, _picking_table(byte, bits, self._type))
            for byte in sorted({b // 8 for b in bits})
        ]

    def pick(self, state: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
        picked = np.zeros(len(state), self._type)
        octets = np.ascontiguousarray(state).view(np.uint8).reshape(len(state), state.itemsize)
        for byte, table in self._tables:
            picked |= table[octets[:, byte]]
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
        keep[1:] = state[1:] != state[:-1]
        if len(state):
            keep[0] = block.start != self._stop or int(state[0]) != self._state
            self._state = int(state[-1])
        if len(state) or block.start == self._stop:
            self._stop = block.stop
        return replace(block, index=block.index[keep], state=state[keep])


def select(blocks: Iterable[Changes], bits: Sequence[int]) -> Iterator[Changes]:
    """`blocks` narrowed to some of their channels: see `Selector`."""
    return map(Selector(bits).select, blocks)


def _picking_table(
    byte: int, bits: Sequence[int], dtype: np.dtype[np.unsignedinteger]
) -> NDArray[np.unsignedinteger]:
    """(256,) for each value of that byte of a state, what it adds to the picked state."""
    values = np.arange(256, dtype=dtype if dtype.itemsize > 1 else np.uint8)
    table = np.zeros(256, dtype)
    for target, source in enumerate(bits):
        if source // 8 == byte:
            table |= ((values >> dtype.type(source % 8)) & dtype.type(1)) << dtype.type(target)
    return table
