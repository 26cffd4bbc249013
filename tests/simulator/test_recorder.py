"""The logic analyzer on the board."""

from __future__ import annotations

from pathlib import Path

from stm32trace.capture import open_capture
from stm32trace.capture.changes import to_samples
from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.recorder import Probe, Recorder


def recorded() -> tuple[Board, Recorder]:
    """A tenth of a second on which 'a' falls at 20 ms and rises at 50 ms, 'b' rises at 30 ms."""
    board = Board({'a': 1, 'b': 0})
    recorder = Recorder(board, ('a', 'b'))
    for ms, net, level in ((20, 'a', 0), (30, 'b', 1), (50, 'a', 1)):
        board.at(ms * PS // 1000, lambda net=net, level=level: board.drive(net, 'x', level))  # type: ignore[misc]
    board.run_until(PS // 10)
    return board, recorder


def samples(probe: Probe) -> str:
    _, recorder = recorded()
    return ''.join(map(str, to_samples(recorder.changes(probe))))


def test_every_sample_has_the_level_at_its_time() -> None:
    assert samples(Probe(100, ('a', 'b'))) == '1102233333'


def test_channels_come_in_any_order() -> None:
    assert samples(Probe(100, ('b', 'a'))) == '2201133333'


def test_skew_delays_one_channel() -> None:
    assert samples(Probe(100, ('a', 'b'), skew_s={'b': 0.01})) == '1100233333'


def test_jitter_is_the_same_for_the_same_seed() -> None:
    probes = [Probe(10_000, ('a', 'b'), jitter_s=0.001, seed=seed) for seed in (1, 1, 2)]
    first, again, other = map(samples, probes)
    assert first == again != other


def test_the_file_has_the_names_given(tmp_path: Path) -> None:
    _, recorder = recorded()
    file = tmp_path / 'x.sr'
    assert recorder.write_sr(file, Probe(1000, ('a', 'b'), names=('D0', 'D1'))) == 100
    info = open_capture(file).info
    assert [channel.name for channel in info.channels] == ['D0', 'D1']
    assert (info.sample_rate, info.length) == (1000, 100)
