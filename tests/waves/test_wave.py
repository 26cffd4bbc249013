"""The waveform synthesizer: levels at times become samples."""

from __future__ import annotations

from pathlib import Path

from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, join, to_samples
from stm32trace.simulator.wave import Wave


def text(changes: Changes) -> str:
    return ''.join(map(str, to_samples(changes)))


def wave() -> Wave:
    """Ten samples a second; 'a' is high for the seconds 0.5 to 1, 'b' low from 0.7 on."""
    made = Wave(10, {'a': 0, 'b': 1})
    made.set('a', 0.5, 1)
    made.set('b', 0.7, 0)
    made.set('a', 1.0, 0)
    return made


def test_bit_k_is_the_level_of_the_kth_role() -> None:
    assert text(wave().changes(stop=12)) == '222223311100'


def test_roles_are_chosen_in_any_order() -> None:
    assert text(wave().changes(('b', 'a'), stop=12)) == '111113322200'
    assert text(wave().changes(('a',), stop=12)) == '000001111100'


def test_only_changes_are_stored() -> None:
    changes = wave().changes(stop=50)
    assert (changes.start, changes.stop) == (0, 50)
    assert changes.index.tolist() == [0, 5, 7, 10]


def test_without_a_stop_the_samples_end_after_the_last_edge() -> None:
    assert wave().changes().stop == 11


def test_stop_cuts_off_what_comes_later() -> None:
    assert text(wave().changes(stop=6)) == '222223'


def test_blocks_are_the_changes_cut() -> None:
    blocks = list(wave().blocks([0, 5, 5, 11], stop=20))
    assert [(block.start, block.stop) for block in blocks] == [
        (0, 0),
        (0, 5),
        (5, 5),
        (5, 11),
        (11, 20),
    ]
    assert text(join(blocks)) == text(wave().changes(stop=20))


def test_time_is_rounded_to_the_nearest_sample() -> None:
    made = Wave(10, {'a': 0})
    made.set('a', 0.34, 1)
    assert text(made.changes(stop=5)) == '00011'


def test_pulse_between_two_samples_is_not_seen() -> None:
    made = Wave(10, {'a': 0})
    made.set('a', 0.31, 1)
    made.set('a', 0.33, 0)
    assert text(made.changes(stop=5)) == '00000'


def test_level_that_is_set_again_is_no_change() -> None:
    made = Wave(10, {'a': 0})
    made.set('a', 0.2, 0)
    assert made.changes(stop=5).index.tolist() == [0]


def test_level_at_time_0_is_the_first_sample() -> None:
    made = Wave(10, {'a': 0})
    made.set('a', 0.0, 1)
    assert text(made.changes(stop=3)) == '111'


def test_glitch_inverts_the_line_wherever_it_is() -> None:
    made = wave()
    made.glitch('a', 2)
    made.glitch('a', 8, width=4)  # over the fall at sample 10
    assert text(made.changes(('a',), stop=14)) == '00100111001100'


def test_session_file_holds_the_same_samples(tmp_path: Path) -> None:
    made = wave()
    assert made.write_sr(tmp_path / 'wave.sr', stop=40) == 40
    reader = open_capture(tmp_path / 'wave.sr')
    assert reader.info.sample_rate == 10
    assert [channel.name for channel in reader.info.channels] == ['A', 'B']
    assert text(join(list(reader.blocks([0, 1])))) == text(made.changes(stop=40))
