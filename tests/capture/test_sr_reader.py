"""Session files as sigrok writes them: every version, unit size and way to say a sample rate."""

import random
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.sr_files import (
    DEFLATED,
    DESCRIBED,
    HEAD,
    STORED,
    VERSION_1,
    VERSION_2,
    Entry,
    archive,
    chunks,
    dense,
    levels,
    metadata,
    reader,
)
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, join
from stm32trace.capture.sr import SrReader
from stm32trace.errors import ChannelError
from stm32trace.model import CaptureInfo, Channel


def test_version_1_is_one_member_with_spaces_in_its_metadata(tmp_path: Path) -> None:
    text = metadata(equals=' = ', total=2, rate='200 kHz', more=[' trigger2 = 0'])
    source = reader(tmp_path, [VERSION_1, Entry('logic-1', b'\3\3\1\0'), text])
    assert source.info == CaptureInfo(
        path=tmp_path / 'capture.sr',
        format='sr',
        channels=(Channel(0, 'SCL'), Channel(1, 'SDA')),
        sample_rate=200_000,
        length=4,
    )
    assert levels(source) == [(0, 4, [0, 2, 3], [3, 1, 0])]
    assert source.damage == ()


def test_version_2_is_a_number_of_chunks(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, *chunks(b'\0\1', b'\1\3', b'\2')])
    assert levels(source) == [(0, 5, [0, 1, 3, 4], [0, 1, 3, 2])]


def test_chunk_2_comes_before_chunk_10(tmp_path: Path) -> None:
    members = chunks(*(bytes([n]) for n in range(12)))
    random.Random(1).shuffle(members)
    source = reader(tmp_path, [*HEAD, *members])
    assert dense(source.blocks(range(8))) == {n: n for n in range(12)}


@pytest.mark.parametrize('method', [STORED, DEFLATED])
def test_members_are_stored_or_deflated(tmp_path: Path, method: int) -> None:
    source = reader(tmp_path, [*HEAD, *chunks(b'\0' * 1000, b'\1' * 10, method=method)])
    assert levels(source) == [(0, 1010, [0, 1000], [0, 1])]
    assert source.damage == ()


@pytest.mark.parametrize('unit_size', range(1, 9))
def test_samples_are_1_to_8_bytes_little_endian(tmp_path: Path, unit_size: int) -> None:
    last = 8 * unit_size - 1
    data = b''.join(n.to_bytes(unit_size, 'little') for n in (0, 1, 1 | 1 << last, 1 << last))
    text = metadata(unit_size=unit_size, total=8 * unit_size, probes=())
    source = reader(tmp_path, [VERSION_2, text, Entry('logic-1-1', data)])
    assert len(source.info.channels) == 8 * unit_size
    assert levels(source, [last, 0]) == [(0, 4, [0, 1, 2, 3], [0, 2, 3, 1])]


@pytest.mark.parametrize(
    ('text', 'hertz'),
    [
        ('1 MHz', 1_000_000),
        ('625 kHz', 625_000),
        ('200 kHz', 200_000),
        ('24000000', 24_000_000),
        ('24M', 24_000_000),
        ('1.5 GHz', 1_500_000_000),
        ('44.1 khz', 44_100),
        ('0.5 Hz', 0.5),
        ('0', None),
        ('0 Hz', None),
        (None, None),
    ],
)
def test_sample_rates_have_any_unit_or_are_missing(
    tmp_path: Path, text: str | None, hertz: float | None
) -> None:
    source = reader(tmp_path, [VERSION_2, metadata(rate=text), *chunks(b'\0')])
    assert source.info.sample_rate == hertz
    assert source.damage == ()
    assert isinstance(source.info.sample_rate, int) or hertz in (None, 0.5)


def test_the_users_sample_rate_overrides_the_files(tmp_path: Path) -> None:
    path = tmp_path / 'capture.sr'
    path.write_bytes(archive([*HEAD, *chunks(b'\0')]))
    rate = open_capture(path, sample_rate=8e6).info.sample_rate
    assert (rate, type(rate)) == (8_000_000, int)


def test_channels_without_a_name_are_called_by_their_index(tmp_path: Path) -> None:
    source = reader(tmp_path, [VERSION_2, metadata(total=4), *chunks(b'\0')])
    assert [channel.name for channel in source.info.channels] == ['SCL', 'SDA', '2', '3']


def test_channels_that_a_sample_has_no_bit_for_are_left_out(tmp_path: Path) -> None:
    source = reader(tmp_path, [VERSION_2, metadata(total=32), *chunks(b'\0')])
    assert [channel.index for channel in source.info.channels] == list(range(8))


def test_a_unit_may_be_larger_than_the_channels_need(tmp_path: Path) -> None:
    text = metadata(total=2, unit_size=4)
    source = reader(tmp_path, [VERSION_2, text, *chunks(b'\1\xff\xff\xff\2\0\0\0')])
    assert levels(source) == [(0, 2, [0, 1], [1, 2])]


def test_names_may_repeat_and_hold_escaped_characters(tmp_path: Path) -> None:
    text = metadata(total=3, probes=('A=B', r'\sx\ty', 'A=B'))
    source = reader(tmp_path, [VERSION_2, text, *chunks(b'\0')])
    assert [channel.name for channel in source.info.channels] == ['A=B', ' x\ty', 'A=B']


def test_analog_members_are_named_and_not_read(tmp_path: Path) -> None:
    text = metadata(more=['total analog=2', 'analog9=VDD', 'analog10=VREF'])
    analog = Entry('analog-1-9-1', b'\0\0\x80\x3f' * 3)
    source = reader(tmp_path, [VERSION_2, text, analog, *chunks(b'\1\1')])
    assert source.info.analog == ('VDD', 'VREF')
    assert levels(source) == [(0, 2, [0], [1])]


def test_a_zip_written_as_a_stream_is_read(tmp_path: Path) -> None:
    members = [Entry('logic-1-1', b'\1' * 500, flags=DESCRIBED), Entry('logic-1-2', b'\0')]
    source = reader(tmp_path, [*HEAD, *members])
    assert levels(source) == [(0, 501, [0, 500], [1, 0])]
    assert source.damage == ()


def test_a_capture_can_be_read_again(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, *chunks(b'\0\1\0')])
    assert levels(source) == levels(source)


def test_two_readings_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, *chunks(*[b'\0\1'] * 144)], block_samples=2)
    pairs = list(zip(source.blocks([0]), source.blocks([0]), strict=True))
    assert all(a.index.tolist() == b.index.tolist() for a, b in pairs)
    assert len(pairs) == 9


def test_an_index_that_is_no_channel_is_told_with_those_that_are(tmp_path: Path) -> None:
    source = reader(tmp_path, [VERSION_2, metadata(total=2), *chunks(b'\0')])
    with pytest.raises(ChannelError, match='found 2; the channels are SCL, SDA') as caught:
        source.blocks([0, 2])
    assert (caught.value.names, caught.value.known) == (('2',), ('SCL', 'SDA'))
    assert caught.value.exit_status == 2


def test_small_chunks_are_joined_to_blocks(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, *chunks(*[b'\0' * 100] * 50)], block_samples=100)
    assert [block.stop - block.start for block in source.blocks([0])] == [1600, 1600, 1600, 200]


@pytest.mark.parametrize(
    ('piece', 'least', 'most'), [(b'\0', 4 << 20, 5 << 20), (b'\0\1', 1, 1 << 18)]
)
def test_blocks_are_small_where_much_changes_and_large_where_little_does(
    tmp_path: Path, piece: bytes, least: int, most: int
) -> None:
    samples = piece * (10_000_000 // len(piece))
    source = reader(tmp_path, [*HEAD, *chunks(*[samples[:1_234_567]] * 8)])
    lengths = [block.stop - block.start for block in source.blocks([0])]
    assert all(least <= length <= most for length in lengths[:-1])
    assert sum(lengths) == 8 * 1_234_567


@given(
    st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(1, 80),
)
def test_any_block_size_gives_the_same_changes(
    tmp_path_factory: pytest.TempPathFactory,
    data: list[bytes],
    unit_size: int,
    block_samples: int,
) -> None:
    whole = [one * unit_size for one in data]
    text = metadata(unit_size=unit_size, total=8 * unit_size)
    path = tmp_path_factory.mktemp('blocks')
    small = reader(path, [VERSION_2, text, *chunks(*whole)], block_samples=block_samples)
    large = SrReader(path / 'capture.sr', block_samples=1 << 20)
    channels = range(0, 8 * unit_size, 3)
    assert levels(small, channels) == levels(large, channels)


def write_large(path: Path, megabytes: int) -> None:
    """A session of one member, with a change in every sixteenth sample."""
    piece = np.repeat(np.arange(1 << 16, dtype=np.uint8) & 3, 16).tobytes()
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for entry in HEAD:
            file.writestr(entry.name, entry.data)
        with file.open('logic-1-1', 'w') as member:
            for _ in range(megabytes):
                member.write(piece)


def test_memory_does_not_grow_with_the_capture(tmp_path: Path) -> None:
    path = tmp_path / 'large.sr'
    write_large(path, 96)
    tracemalloc.start()
    try:
        source = SrReader(path)
        stop = max(block.stop for block in source.blocks([0, 1]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stop == source.info.length == 96 << 20
    assert peak < 8 << 20


def test_a_block_is_not_changed_by_those_read_after_it(tmp_path: Path) -> None:
    data = bytes(range(4)) * 64
    source = reader(tmp_path, [*HEAD, *chunks(data)], block_samples=16)
    kept: list[Changes] = list(source.blocks([0, 1]))
    assert join(kept).state.tolist() == list(range(4)) * 64
