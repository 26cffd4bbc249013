"""What defines streaming: any cut into blocks gives the same output."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from line.decoding import pieces
from line.uart_decoding import decode
from stm32trace.capture.changes import Changes
from waves.i2c import window
from waves.uart import UartWave

RATE = 1_000_000.0
PAUSES = (0.0, 2e-5, 1e-3, 0.4, 1.3)  # seconds; a chunk lasts one


@st.composite
def noise(draw: st.DrawFn) -> Changes:
    """Levels that change at random, with pauses."""
    lengths = draw(st.lists(st.sampled_from((1, 2, 5, 9, 10, 11, 20, 95, 2_000_000)), max_size=80))
    flips = draw(st.lists(st.integers(1, 3), min_size=len(lengths), max_size=len(lengths)))
    start = draw(st.sampled_from((0, 1000)))
    index = start + np.cumsum([0, *lengths])
    state = draw(st.integers(0, 3)) ^ np.bitwise_xor.accumulate(np.array([0, *flips]))
    return Changes(start, int(index[-1]) + draw(st.integers(1, 99)), index, state.astype(np.uint8))


@st.composite
def dialogue(draw: st.DrawFn) -> Changes:
    """Words at several rates with glitches, breaks and pauses, begun and ended anywhere."""
    wave = UartWave(RATE, draw(st.sampled_from((9600, 100_000))))
    for _ in range(draw(st.integers(1, 6))):
        line = draw(st.sampled_from(('tx', 'rx')))
        what = draw(st.sampled_from(('words', 'words', 'both', 'break', 'rate', 'stuck')))
        if what == 'words':
            faults: dict[str, Any] = {
                'gap': draw(st.sampled_from((0, 0.7, 3))),
                'bad_stop': draw(st.booleans()) and draw(st.booleans()),
                'bad_parity': draw(st.booleans()) and draw(st.booleans()),
            }
            wave.send(line, draw(st.binary(max_size=6)), **faults)
        elif what == 'both':
            wave.both(draw(st.binary(max_size=6)), draw(st.binary(max_size=6)))
        elif what == 'break':
            wave.break_(line, draw(st.sampled_from((10, 13, 40))))
        elif what == 'rate':
            wave.use(baud=draw(st.sampled_from((9600, 19_200, 100_000))))
            wave.use(parity=draw(st.sampled_from(('none', 'even'))))
        else:
            wave.level(line, 0).idle(draw(st.sampled_from((1e-3, 1.5, 3)))).level(line, 1)
        wave.idle(draw(st.sampled_from(PAUSES)))
    for _ in range(draw(st.integers(0, 4))):
        wave.glitch(draw(st.sampled_from(('tx', 'rx'))), draw(st.integers(1, wave.length)))
    block = wave.lines()
    start = draw(st.integers(0, block.stop))
    return window(block, start, draw(st.integers(start, block.stop)))


@st.composite
def cuts(draw: st.DrawFn, block: Changes) -> list[int]:
    """Where to cut: anywhere, on edges, next to edges, a second after them, twice at the same sample."""
    edges = [int(at) for at in block.index] or [block.start]
    anywhere = st.integers(block.start, block.stop)
    after = st.sampled_from((-1, 0, 1, int(RATE) - 1, int(RATE), int(RATE) + 1))
    near = st.tuples(st.sampled_from(edges), after).map(sum)
    found = draw(st.lists(anywhere | near, max_size=30))
    return sorted(min(max(at, block.start), block.stop) for at in found)


@settings(max_examples=150)
@given(st.data(), noise() | dialogue())
def test_any_cut_gives_the_same_records(data: st.DataObject, block: Changes) -> None:
    at = data.draw(cuts(block))
    whole = decode([block], sample_rate=RATE)
    assert decode(pieces(block, at), sample_rate=RATE) == whole


@settings(max_examples=30)
@given(noise() | dialogue())
def test_one_sample_a_block_gives_the_same_records(block: Changes) -> None:
    block = window(block, block.start, min(block.stop, block.start + 600))
    at = range(block.start, block.stop)
    assert decode(pieces(block, at), sample_rate=RATE) == decode([block], sample_rate=RATE)


@settings(max_examples=60)
@given(st.data(), dialogue(), st.sampled_from(('none', 'even')), st.sampled_from((9600.0, 1e5)))
def test_any_cut_gives_the_same_records_where_rate_and_parity_are_given(
    data: st.DataObject, block: Changes, parity: str, baud: float
) -> None:
    at = data.draw(cuts(block))
    how: dict[str, Any] = {'sample_rate': RATE, 'parity': parity, 'baud': baud}
    assert decode(pieces(block, at), **how) == decode([block], **how)
