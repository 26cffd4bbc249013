"""What defines streaming, and the oracle: any cut into blocks gives what the bit-fed framer finds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from line.decoding import only, pieces
from line.swd_decoding import cycles, decode, framed, items, levels
from stm32trace.capture.changes import Changes
from stm32trace.line import swd_framing
from stm32trace_core.lines import ClockStats
from stm32trace_core.wire.swd_spikes import ClockSpikes
from waves.i2c import window
from waves.swd import AP, DP, FAULT, NO_REPLY, OK, WAIT, SwdWave


@pytest.fixture(scope='module', autouse=True, params=[1, 100])
def window_length(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look at so few cycles in one go that even a short dialogue takes several goes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swd_framing, 'AT_LEAST', request.param)
        yield


ACKS = (OK, OK, OK, WAIT, FAULT, NO_REPLY, 0, 3)


@st.composite
def noise(draw: st.DrawFn) -> Changes:
    """Levels that change at random."""
    lengths = draw(st.lists(st.integers(1, 8), min_size=1, max_size=300))
    first = draw(st.integers(0, 3))
    flips = draw(st.lists(st.integers(1, 3), min_size=len(lengths) - 1, max_size=len(lengths) - 1))
    start = draw(st.sampled_from((0, 1000)))
    index = start + np.concatenate(([0], np.cumsum(lengths[:-1], dtype=np.int64)))
    state = first ^ np.bitwise_xor.accumulate(np.array([0, *flips]))
    return Changes(start, start + sum(lengths), index, state.astype(np.uint8))


@st.composite
def random_bits(draw: st.DrawFn) -> Changes:
    """Bits with long runs, requests and codes among them."""
    part = st.one_of(
        st.text('01', min_size=1, max_size=40),
        st.integers(1, 70).map(lambda number: '0' * number),
        st.integers(1, 70).map(lambda number: '1' * number),
        st.sampled_from(('10100101', '10010101', '11011101', '0111100111100111')),
    )
    return levels(''.join(draw(st.lists(part, min_size=1, max_size=40))))


@st.composite
def dialogue(draw: st.DrawFn) -> Changes:
    """Packets and sequences with glitches, begun and ended anywhere."""
    wave = SwdWave(gap=draw(st.sampled_from((0, 2, 8))))
    for _ in range(draw(st.integers(1, 8))):
        what = draw(st.integers(0, 9))
        if what < 6:
            port, address = draw(st.sampled_from((DP, AP))), draw(st.sampled_from((0, 4, 8, 12)))
            value = draw(st.sampled_from((0, 1, 0xFFFFFFFF, 0x101)) | st.integers(0, 2**32 - 1))
            ack, bad = draw(st.sampled_from(ACKS)), draw(st.integers(0, 5)) == 0
            if draw(st.booleans()):
                wave.read(port, address, value, ack, bad)
            else:
                wave.write(port, address, value, ack, bad)
        elif what == 6:
            wave.high(draw(st.integers(1, 70))).idle(draw(st.integers(0, 70)))
        elif what == 7:
            verb = draw(st.sampled_from(('jtag_to_swd', 'swd_to_jtag', 'swd_to_dormant')))
            getattr(wave, verb)()
        elif what == 8:
            verb = draw(st.sampled_from(('jtag_to_dormant', 'dormant_to_swd', 'dormant_to_jtag')))
            getattr(wave, verb)()
        else:
            wave.overrun(draw(st.booleans()))
            if draw(st.booleans()):
                clocks = draw(st.integers(1, 4))
                wave.write(DP, 8, 1).write(DP, 4, (clocks - 1) << 8).turnaround(clocks)
                wave.write(DP, 8, 0)
    for _ in range(draw(st.integers(0, 3))):
        line = draw(st.sampled_from(('swclk', 'swdio')))
        wave.glitch(line, draw(st.integers(1, wave.length)), draw(st.integers(1, 3)))
    return part(draw, wave.lines())


def part(draw: st.DrawFn, block: Changes) -> Changes:
    """A block begun and ended anywhere."""
    start = draw(st.integers(0, block.stop) | st.just(0))
    return window(block, start, draw(st.integers(start, block.stop) | st.just(block.stop)))


@st.composite
def late(draw: st.DrawFn) -> Changes:
    """Packets of a session in which DLCR was written before."""
    wave = SwdWave(gap=draw(st.sampled_from((0, 2, 8)))).turnaround(draw(st.integers(2, 4)))
    for _ in range(draw(st.integers(3, 8))):
        value = draw(st.sampled_from((0, 1, 0xFFFFFFFF)) | st.integers(0, 2**32 - 1))
        ack, bad = draw(st.sampled_from((OK, OK, *ACKS))), draw(st.integers(0, 9)) == 0
        getattr(wave, draw(st.sampled_from(('read', 'write'))))(AP, 4, value, ack, bad)
    if draw(st.booleans()):
        wave.line_reset().turnaround(1).read(DP, 0, 1)
    if draw(st.booleans()):
        wave.glitch('swclk', draw(st.integers(1, wave.length)), draw(st.integers(1, 3)))
    return part(draw, wave.lines())


@st.composite
def cuts(draw: st.DrawFn, block: Changes) -> list[int]:
    """Where to cut: anywhere, on edges, next to edges, twice at the same sample."""
    edges = [int(at) for at in block.index] or [block.start]
    anywhere = st.integers(block.start, block.stop)
    near = st.tuples(st.sampled_from(edges), st.integers(-1, 1)).map(sum)
    found = draw(st.lists(anywhere | near, max_size=30))
    return sorted(min(max(at, block.start), block.stop) for at in found)


ANY = noise() | random_bits() | dialogue() | late()
RATES = st.sampled_from((24e6, 200e6, 40.0, None))  # spike filter off, on; pause of 40 samples


@given(st.data(), ANY, RATES)
def test_any_cut_gives_the_same_records(
    data: st.DataObject, block: Changes, rate: float | None
) -> None:
    at = data.draw(cuts(block))
    assert decode(pieces(block, at), rate) == decode([block], rate)


@given(ANY, st.sampled_from((24e6, 40.0)))
def test_records_are_those_that_the_bit_fed_framer_finds(block: Changes, rate: float) -> None:
    assert items([block], rate) == framed(block, rate, clean=True)


@given(ANY, st.sampled_from((24e6, 40.0)))
def test_spikes_are_those_that_are_found_cycle_by_cycle(block: Changes, rate: float) -> None:
    spikes = ClockSpikes(int(rate))
    for cycle in cycles(block):
        spikes.cycle(*cycle)
    spikes.finish()
    assert sum(one.spikes for one in only(ClockStats, decode([block], rate))) == spikes.count


@pytest.mark.parametrize('seed', range(6))
def test_long_streams_are_cut_and_framed_alike(seed: int) -> None:
    random = np.random.default_rng(seed)
    wave = SwdWave()
    for _ in range(120):
        port, address = random.choice((DP, AP)), int(random.choice((0, 4, 8, 12)))
        value, ack = int(random.integers(1 << 32)) & ~0x301, int(random.choice(ACKS))
        getattr(wave, random.choice(('read', 'write')))(port, address, value, ack)
        if random.random() < 0.05:
            wave.line_reset(int(random.integers(5, 80)))
        if random.random() < 0.05:
            wave.glitch('swclk', wave.length - 50)
    block = wave.lines()
    expected = items([block])
    assert framed(block, clean=True) == expected
    cut = sorted(random.integers(0, block.stop, 30).tolist())
    assert items(pieces(block, cut)) == expected
    assert items(pieces(block, range(0, block.stop, 5000))) == expected


@given(st.data(), noise())
def test_run_after_a_gap_is_decoded_as_if_it_stood_alone(
    data: st.DataObject, block: Changes
) -> None:
    middle = data.draw(st.integers(block.start, block.stop - 1))
    resume = data.draw(st.integers(middle + 1, block.stop))
    first, second = window(block, block.start, middle), window(block, resume, block.stop)
    assert items([first, second]) == items([first]) + items([second])
