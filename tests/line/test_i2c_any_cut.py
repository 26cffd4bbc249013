"""What defines streaming: any cut into blocks gives the same output, and so does an oracle."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from line.decoding import decode, pieces, words
from line.sampled import Framer
from stm32trace.capture.changes import Changes
from waves.i2c import I2cWave, window

RATES = (1e6, 40e6, 200e6)  # spike filter: off, 2 samples, 10 samples


@st.composite
def noise(draw: st.DrawFn) -> Changes:
    """Levels that change at random: every order of edges, and no sensible dialogue."""
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=120))
    first = draw(st.integers(0, 3))
    flips = draw(st.lists(st.integers(1, 3), min_size=len(lengths) - 1, max_size=len(lengths) - 1))
    start = draw(st.sampled_from((0, 1000)))
    index = start + np.concatenate(([0], np.cumsum(lengths[:-1], dtype=np.int64)))
    state = first ^ np.bitwise_xor.accumulate(np.array([0, *flips]))
    return Changes(start, start + sum(lengths), index, state.astype(np.uint8))


@st.composite
def dialogue(draw: st.DrawFn) -> Changes:
    """Transfers with glitches and long holds, begun and ended anywhere."""
    wave = I2cWave()
    for _ in range(draw(st.integers(1, 4))):
        address = draw(st.sampled_from((0x51, 0x2A5)))
        data = draw(st.binary(max_size=3))
        if draw(st.booleans()):
            wave.stretch(draw(st.sampled_from((3e-5, 0.02))), draw(st.integers(0, 3)))
        stop = draw(st.booleans())
        if draw(st.booleans()):
            wave.write(address, data, ack=draw(st.booleans()), stop=stop)
        else:
            wave.read(address, data, stop=stop)
        wave.idle(draw(st.sampled_from((0.0, 1e-5, 0.02))))
    for _ in range(draw(st.integers(0, 4))):
        line = draw(st.sampled_from(('scl', 'sda')))
        wave.glitch(line, draw(st.integers(1, wave.length)), draw(st.integers(1, 3)))
    block = wave.lines()
    start = draw(st.integers(0, block.stop))
    return window(block, start, draw(st.integers(start, block.stop)))


@st.composite
def cuts(draw: st.DrawFn, block: Changes) -> list[int]:
    """Where to cut: anywhere, on edges, next to edges, twice at the same sample."""
    edges = [int(at) for at in block.index] or [block.start]
    anywhere = st.integers(block.start, block.stop)
    near = st.tuples(st.sampled_from(edges), st.integers(-1, 1)).map(sum)
    found = draw(st.lists(anywhere | near, max_size=30))
    return sorted(min(max(at, block.start), block.stop) for at in found)


@given(st.data(), noise() | dialogue(), st.sampled_from(RATES))
def test_any_cut_gives_the_same_records(data: st.DataObject, block: Changes, rate: float) -> None:
    at = data.draw(cuts(block))
    assert decode(pieces(block, at), rate) == decode([block], rate)


@given(noise() | dialogue(), st.sampled_from(RATES))
def test_one_sample_a_block_gives_the_same_records(block: Changes, rate: float) -> None:
    block = window(block, block.start, min(block.stop, block.start + 300))
    assert decode(pieces(block, range(block.start, block.stop)), rate) == decode([block], rate)


@given(noise() | dialogue())
def test_words_are_those_that_a_sample_by_sample_framer_finds(block: Changes) -> None:
    assert words([block]) == Framer('i2c0').run(block)


@given(st.data(), noise())
def test_run_after_a_gap_is_decoded_as_if_it_stood_alone(
    data: st.DataObject, block: Changes
) -> None:
    middle = data.draw(st.integers(block.start, block.stop - 1))
    resume = data.draw(st.integers(middle + 1, block.stop))
    first, second = window(block, block.start, middle), window(block, resume, block.stop)
    assert words([first, second]) == words([first]) + words([second])
