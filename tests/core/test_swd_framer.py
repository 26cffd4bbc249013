"""The bit-fed SWD framer: what PulseView shows, and when.

That it agrees with the column decoder is shown in tests/line/test_swd_any_cut.py.
"""

from __future__ import annotations

from itertools import accumulate

import pytest

from line.swd_decoding import framed
from stm32trace_core.wire.swd import (
    CODES,
    REQUEST_FRAME,
    REQUESTS,
    SwdSequence,
    SwdTransfer,
)
from stm32trace_core.wire.swd_framer import SwdFramer
from stm32trace_core.wire.swd_spikes import ClockSpikes
from waves.i2c import window
from waves.swd import AP, DP, FAULT, OK, WAIT, SwdWave, lsb_first

PERIOD = 10


def feed(framer: SwdFramer, bits: str, start: int = 1000) -> list[tuple[int, object]]:
    """Feed cycles of PERIOD samples with SWDIO from fall to fall; (number of the cycle, item)."""
    found: list[tuple[int, object]] = []
    for number, (now, after) in enumerate(zip(bits, bits[1:] + '0', strict=True)):
        rise = start + PERIOD * number
        items = framer.cycle(rise, int(now), rise + PERIOD // 2, int(after))
        found += [(number, item) for item in items]
    return found


def test_packet_answered_ok_comes_with_the_cycle_after_its_last_bit() -> None:
    bits = '10100101' + '1' + '100' + lsb_first(5, 32) + '0' + '1' + '00'
    assert feed(SwdFramer('swd0', 10**6), bits) == [
        (44, SwdTransfer(1000, 1440, 'swd0', 0xA5, OK, 5, 1)),
    ]


def test_write_comes_with_its_last_bit() -> None:
    bits = '11010001' + '1' + '100' + '1' + lsb_first(5, 32) + '0' + '00'
    assert feed(SwdFramer('swd0', 10**6), bits) == [
        (45, SwdTransfer(1000, 1455, 'swd0', 0x8B, OK, 5, 1)),
    ]


@pytest.mark.parametrize('ack', [WAIT, FAULT])
def test_packet_without_ok_comes_when_what_follows_decides_its_length(ack: int) -> None:
    bits = '11010001' + '1' + lsb_first(ack, 3) + '1' + '0' * 200
    ((number, item),) = feed(SwdFramer('swd0', 10**6), bits)
    assert item == SwdTransfer(1000, 1110, 'swd0', 0x8B, ack, 0, 0)
    assert number < 46 + 64  # after as many idle clocks as end anything


def test_line_reset_comes_with_the_first_low_cycle() -> None:
    assert feed(SwdFramer('swd0', 10**6), 56 * '1' + '00') == [
        (56, SwdSequence(1000, 1555, 'swd0', 'line_reset', 56)),
    ]


def test_dialogue_is_framed_as_it_was_said() -> None:
    wave = SwdWave().jtag_to_swd().read(DP, 0, 0x0BC11477).write(AP, 0, 1, WAIT).write(AP, 0, 1)
    wave.swd_to_dormant().dormant_to_swd().read(DP, 0, 0x0BC11477)
    assert framed(wave.lines()) == wave.truth


@pytest.mark.parametrize('clocks', [2, 3, 4])
@pytest.mark.parametrize('silence', [1000, 0])
def test_turnaround_that_was_set_before_is_found_with_three_answers(
    clocks: int, silence: int
) -> None:
    wave = SwdWave().turnaround(clocks).read(DP, 0, 1).read(DP, 4, 0xF0000000).write(AP, 4, 2)
    block = window(wave.lines(), 0 if silence else 110, wave.length)
    assert framed(block) == wave.truth


def test_turnaround_is_not_taken_from_answers_other_than_ok() -> None:
    wave = SwdWave().turnaround(2).read(DP, 0, 1, WAIT).read(DP, 0, 1, WAIT).read(DP, 0, 1, WAIT)
    assert all(one.ack != WAIT for one in framed(wave.lines()) if isinstance(one, SwdTransfer))


def spaced(phases: list[int], spikes: ClockSpikes) -> list[tuple[int, int]]:
    """Feed a clock with so many samples between its edges; (rise, fall) of the cycles that come out."""
    samples = [100, *accumulate(phases, initial=100)][1:]
    found = []
    for rise, fall in zip(samples[::2], samples[1::2], strict=False):
        found += spikes.cycle(rise, 0, fall, 1)
    return [(rise, fall) for rise, _, fall, _ in [*found, *spikes.finish()]]


def test_cycle_without_a_spike_comes_two_cycles_later() -> None:
    spikes = ClockSpikes(10**6)
    found = [len(spikes.cycle(10 * number, 0, 10 * number + 5, 0)) for number in range(6)]
    assert found == [0, 0, 1, 1, 1, 1]
    assert len(spikes.finish()) == 2


@pytest.mark.parametrize(
    ('spike', 'dropped'),
    [([3, 1, 2, 6], 1), ([6, 3, 2, 1], 1), ([6, 6, 1, 6], 0), ([1, 1, 4, 6], 1)],
)
def test_spike_is_dropped_and_the_cycle_it_splits_stays(spike: list[int], dropped: int) -> None:
    regular = [6, 6] * 4
    spikes = ClockSpikes(10**6)
    found = spaced([6, *regular, *spike, 6, *regular], spikes)
    assert spikes.count == dropped
    assert len(found) == (len(regular) + len(spike) + 2) // 2 + 4 - dropped
    assert all(fall - rise <= 8 for rise, fall in found)


def test_what_is_beyond_a_pause_tells_nothing_of_a_spike() -> None:
    spikes = ClockSpikes(50)
    spaced([6, 6] * 4 + [6, 90] + [6, 2, 2, 2] + [6, 6] * 4, spikes)
    assert spikes.count == 0


def test_memory_is_bounded_on_an_endless_clock() -> None:
    framer = SwdFramer('swd0', 10**9)
    for level in '01':
        feed(framer, level * 5000)
        assert len(framer._cycles) < 300


def test_request_bytes_have_their_frame_and_even_parity() -> None:
    mask, value = REQUEST_FRAME
    assert len(set(REQUESTS)) == 16
    for request in REQUESTS:
        assert request & mask == value
        assert (request >> 1 & 0x1F).bit_count() % 2 == 0


def test_codes_begin_low_so_that_the_high_cycles_before_end() -> None:
    assert all(value & 1 == 0 for value, *_ in CODES)
