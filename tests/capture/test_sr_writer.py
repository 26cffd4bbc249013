"""Changes written as a session file are read back as they were, by us and by sigrok."""

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.sr_files import levels
from prerequisites import require_tool
from stm32trace.capture.changes import Changes, cut, from_samples
from stm32trace.capture.sr import SrReader
from stm32trace.capture.sr_writer import write_sr
from stm32trace.errors import ReportError

NAMES = ('SCL', 'SDA', 'NRST', 'BOOT0')


def changes(stop: int, *entries: tuple[int, int], start: int = 0) -> Changes:
    index = np.array([sample for sample, _ in entries], np.int64)
    return Changes(start, stop, index, np.array([state for _, state in entries], np.uint8))


def test_metadata_are_those_of_sigrok(tmp_path: Path) -> None:
    path = tmp_path / 'out.sr'
    assert write_sr(path, [changes(10, (0, 3), (4, 1))], NAMES, 1_000_000) == 10
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ['version', 'metadata', 'logic-1-1']
        assert archive.read('version') == b'2'
        assert archive.read('metadata').decode() == (
            '[global]\nsigrok version=0.5.2\n\n[device 1]\ncapturefile=logic-1\ntotal probes=4\n'
            'samplerate=1 MHz\ntotal analog=0\nprobe1=SCL\nprobe2=SDA\nprobe3=NRST\nprobe4=BOOT0\n'
            'unitsize=1\n'
        )
        assert archive.read('logic-1-1') == b'\3\3\3\3\1\1\1\1\1\1'


def test_the_same_changes_give_the_same_bytes(tmp_path: Path) -> None:
    whole = changes(1000, (0, 1), (500, 2))
    write_sr(tmp_path / 'one.sr', [whole], NAMES, 24e6)
    write_sr(tmp_path / 'two.sr', cut(whole, 333), NAMES, 24e6)
    assert (tmp_path / 'one.sr').read_bytes() == (tmp_path / 'two.sr').read_bytes()


@given(st.data())
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    width = data.draw(st.integers(1, 64))
    states = data.draw(st.lists(st.integers(0, (1 << width) - 1), min_size=1, max_size=40))
    lengths = data.draw(st.lists(st.integers(1, 30), min_size=len(states), max_size=len(states)))
    size = next(size for size in (1, 2, 4, 8) if width <= 8 * size)
    whole = from_samples(np.repeat(np.array(states, f'<u{size}'), lengths), 0, None)
    path = tmp_path_factory.mktemp('written') / 'out.sr'
    parts = cut(whole, data.draw(st.integers(0, whole.stop)))
    names = [f'D{channel}' for channel in range(width)]
    write_sr(path, parts, names, 1e6, chunk_bytes=data.draw(st.integers(8, 500)))
    source = SrReader(path)
    expected = (0, whole.stop, whole.index.tolist(), whole.state.tolist())
    assert levels(source, range(width)) == [expected]
    assert [channel.name for channel in source.info.channels] == names
    assert source.damage == ()


def test_a_capture_that_begins_later_becomes_one_that_begins_at_0(tmp_path: Path) -> None:
    write_sr(tmp_path / 'out.sr', [changes(110, (100, 1), (104, 0), start=100)], ['A'], None)
    source = SrReader(tmp_path / 'out.sr')
    assert levels(source, [0]) == [(0, 10, [0, 4], [1, 0])]
    assert source.info.sample_rate is None


@pytest.mark.parametrize(
    ('hertz', 'text'),
    [
        (24e6, '24 MHz'),
        (625_000, '625 kHz'),
        (1_500_000, '1500 kHz'),
        (10**9, '1 GHz'),
        (7, '7 Hz'),
    ],
)
def test_sample_rates_are_written_without_loss(tmp_path: Path, hertz: float, text: str) -> None:
    write_sr(tmp_path / 'out.sr', [changes(1, (0, 0))], ['A'], hertz)
    with zipfile.ZipFile(tmp_path / 'out.sr') as archive:
        assert f'samplerate={text}\n' in archive.read('metadata').decode()
    assert SrReader(tmp_path / 'out.sr').info.sample_rate == hertz


def test_channel_names_survive_whatever_they_hold(tmp_path: Path) -> None:
    names = [' a', 'b=c', 'd\\s', 'e\nf', '#g', 'µ']
    write_sr(tmp_path / 'out.sr', [changes(1, (0, 0))], names, None)
    channels = SrReader(tmp_path / 'out.sr').info.channels
    assert [channel.name for channel in channels] == names


def test_a_gap_cannot_be_written(tmp_path: Path) -> None:
    blocks = [changes(10, (0, 1)), changes(30, (20, 1), start=20)]
    with pytest.raises(ReportError, match='without a gap, found none from 10 to 19; cut') as caught:
        write_sr(tmp_path / 'out.sr', blocks, ['A'], None)
    assert caught.value.exit_status == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('name', ['missing/out.sr', 'file/out.sr'])
def test_a_file_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(
        ReportError, match='expected to write a capture, found .*; check the folder'
    ):
        write_sr(tmp_path / name, [changes(10, (0, 1))], ['A'], None)


def test_a_broken_source_leaves_an_older_file_alone(tmp_path: Path) -> None:
    def blocks() -> Iterator[Changes]:
        yield changes(10, (0, 1))
        raise RuntimeError

    (tmp_path / 'out.sr').write_text('older')
    with pytest.raises(RuntimeError):
        write_sr(tmp_path / 'out.sr', blocks(), ['A'], None)
    assert (tmp_path / 'out.sr').read_text() == 'older'
    assert [path.name for path in tmp_path.iterdir()] == ['out.sr']


def test_a_minute_of_idle_line_is_written_chunk_by_chunk(tmp_path: Path) -> None:
    stop = 20_000_000
    assert (
        write_sr(tmp_path / 'out.sr', [changes(stop, (0, 3), (stop - 1, 2))], NAMES, 24e6) == stop
    )
    with zipfile.ZipFile(tmp_path / 'out.sr') as archive:
        sizes = [info.file_size for info in archive.infolist()[2:]]
    assert sizes == [4 << 20] * 4 + [stop - (16 << 20)]
    assert levels(SrReader(tmp_path / 'out.sr')) == [(0, stop, [0, stop - 1], [3, 2])]


@pytest.mark.parametrize('width', [1, 4, 8, 9, 17, 33])
def test_sigrok_opens_what_is_written(tmp_path: Path, width: int) -> None:
    program = require_tool('sigrok-cli')
    names = [f'D{channel}' for channel in range(width)]
    path = tmp_path / 'out.sr'
    write_sr(path, [changes(5000, (0, 1), (2500, 0))], names, 24e6, chunk_bytes=1024 * 5)
    shown = subprocess.run(
        [program, '-i', str(path), '--show'], capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines() == [
        'Samplerate: 24000000',
        f'Channels: {width}',
        *(f'- {name}: logic' for name in names),
        f'Logic unitsize: {(width + 7) // 8}',
        'Logic sample count: 5000',
    ]


def test_sigrok_reads_the_samples_that_were_written(tmp_path: Path) -> None:
    program = require_tool('sigrok-cli')
    states = np.random.default_rng(1).integers(0, 1 << 9, 4000).astype(np.uint16)
    path, dump = tmp_path / 'out.sr', tmp_path / 'dump'
    names = [f'D{channel}' for channel in range(9)]
    write_sr(path, [from_samples(states, 0, None)], names, 24e6, chunk_bytes=1000)
    command = [program, '-i', str(path), '-O', 'binary', '-o', str(dump)]
    subprocess.run(command, check=True, capture_output=True)
    assert dump.read_bytes() == states.tobytes()
