"""The UART builder itself: frames have the levels and the times that their format says."""

from __future__ import annotations

import numpy as np
import pytest

from stm32trace.capture.changes import to_samples
from stm32trace_core.wire.uart import BAD_PARITY, BAD_STOP, BREAK, UartWord
from waves.uart import UartWave

BIT = 10  # samples
START = 1000  # the first frame begins after 1 ms


def sent(wave: UartWave, role: str = 'tx') -> str:
    """Levels in the middle of each bit from the first frame on."""
    samples = to_samples(wave.changes([role]))
    return ''.join(map(str, samples[START + BIT // 2 :: BIT]))


def wave(**how: object) -> UartWave:
    """A wave of ten samples a bit."""
    return UartWave(1_000_000, 100_000, **how)  # type: ignore[arg-type]  # passed on as they are


@pytest.mark.parametrize(
    ('parity', 'bits'),
    [('none', '1'), ('even', '01'), ('odd', '11'), ('mark', '11'), ('space', '01')],
)
def test_frame_has_a_start_bit_data_bits_and_what_the_format_says(parity: str, bits: str) -> None:
    assert sent(wave(parity=parity).tx([0b01010011])) == '0' + '11001010' + bits


def test_frames_follow_each_other_at_the_length_of_their_format() -> None:
    for stop_bits, length in ((1, 110), (1.5, 115), (2, 120)):
        said = wave(stop_bits=stop_bits).tx([0x00, 0xFF]).words
        assert [word.start for word in said] == [START, START + length]
        assert said[0].end == said[1].start


def test_gap_lies_after_each_frame() -> None:
    said = wave(parity='none').tx([1, 2], gap=3).words
    assert said == [
        UartWord(START, START + 100, 'uart0', 'tx', 1, 0),
        UartWord(START + 130, START + 230, 'uart0', 'tx', 2, 0),
    ]


def test_inverted_line_is_low_when_idle() -> None:
    straight = to_samples(wave().tx([0x31]).changes())
    inverted = to_samples(wave(inverted=True).tx([0x31]).changes())
    assert np.array_equal(straight ^ 3, inverted)


def test_both_lines_speak_at_once() -> None:
    said = wave(parity='none').both(tx=[1, 2], rx=[3]).words
    assert [(word.start, word.line, word.value) for word in said] == [
        (START, 'tx', 1),
        (START, 'rx', 3),
        (START + 100, 'tx', 2),
    ]


def test_line_that_is_not_captured_is_left_out() -> None:
    one = wave(lines=('tx',)).tx([1]).rx([2])
    assert one.roles == ('tx',)
    assert [word.line for word in one.words] == ['tx']


def test_faults_are_in_the_truth() -> None:
    said = wave().tx([0], bad_parity=True).tx([1], bad_stop=True).break_('tx', 15).words
    assert [(word.value, word.flags) for word in said] == [
        (0, BAD_PARITY),
        (1, BAD_STOP),
        (0, BREAK),
    ]
    assert said[2].end - said[2].start == 150


def test_skew_and_rate_change_the_length_of_a_bit() -> None:
    said = wave(skew={'rx': 0.25}).rx([0]).use(baud=50_000).tx([0]).words
    assert [word.end - word.start for word in said] == [88, 220]


def test_jitter_moves_edges_by_less_than_it_says() -> None:
    straight = wave().tx(range(20))
    shaky = wave(jitter=0.3).tx(range(20))
    moved = shaky.changes().index - straight.changes().index
    assert 0 < np.abs(moved).max() <= 3
