"""Damaged session files: what can be read is read, the rest is told with its samples."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.sr_files import (
    DESCRIBED,
    HEAD,
    STORED,
    VERSION_1,
    VERSION_2,
    Entry,
    archive,
    chunks,
    deflated,
    deflated_part,
    levels,
    metadata,
    reader,
)
from stm32trace.errors import CaptureError, FormatError, TruncatedError
from stm32trace.model import Damage

NOISE = bytes(random.Random(1).choices(range(4), k=4000))


def refusal(folder: Path, entries: list[Entry] | bytes) -> CaptureError:
    """The error of a file of which nothing can be read."""
    with pytest.raises(CaptureError) as caught:
        levels(reader(folder, entries))
    error = caught.value
    assert error.exit_status == 3
    assert error.path == folder / 'capture.sr'
    assert '\n' not in str(error)
    return error


# Nothing can be read


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    error = refusal(tmp_path, b'Saleae export, version 3')
    assert isinstance(error, FormatError)
    assert "a zip archive, found a file that begins with b'Sale'; name its format" in str(error)


def test_a_zip_without_members(tmp_path: Path) -> None:
    assert 'found an empty zip archive' in str(refusal(tmp_path, archive([])))


def test_a_file_cut_in_its_first_bytes(tmp_path: Path) -> None:
    error = refusal(tmp_path, archive([*HEAD, *chunks(b'\0')])[:20])
    assert isinstance(error, TruncatedError)
    assert 'found the first bytes of one; copy it again' in str(error)


def test_a_file_cut_before_its_metadata(tmp_path: Path) -> None:
    members = [VERSION_1, Entry('logic-1', b'\0\1'), metadata()]
    error = refusal(tmp_path, archive(members[:2], directory=False))
    assert isinstance(error, TruncatedError)
    assert 'found version, logic-1 and then the end of a file that was cut off' in str(error)
    assert 'channel names and bytes a sample are not known' in str(error)


def test_a_file_cut_before_its_first_sample(tmp_path: Path) -> None:
    error = refusal(tmp_path, archive(list(HEAD), directory=False))
    assert isinstance(error, TruncatedError)
    assert 'expected samples in logic-1, found version, metadata' in str(error)


def test_no_metadata(tmp_path: Path) -> None:
    error = refusal(tmp_path, [VERSION_2, *chunks(*[b'\0'] * 7)])
    assert isinstance(error, FormatError)
    assert 'expected the member metadata in a sigrok session, found version,' in str(error)
    assert 'logic-1-4 and 3 more: channel names and bytes a sample are not known' in str(error)


def test_metadata_without_a_device(tmp_path: Path) -> None:
    nothing = Entry('metadata', b'[global]\nsigrok version=0.5.2\n')
    error = refusal(tmp_path, [VERSION_2, nothing, *chunks(b'\0')])
    assert 'expected a section [device 1] in the metadata, found none' in str(error)


@pytest.mark.parametrize('members', [[], [Entry('logic-1-1')], [Entry('logic-1-1', method=STORED)]])
def test_zero_samples(tmp_path: Path, members: list[Entry]) -> None:
    error = refusal(tmp_path, [*HEAD, *members])
    assert 'expected samples in logic-1, found zero samples in version, metadata' in str(error)


def test_less_than_one_sample(tmp_path: Path) -> None:
    text = metadata(unit_size=4)
    assert 'found zero samples' in str(refusal(tmp_path, [VERSION_2, text, *chunks(b'\0')]))


def test_samples_of_which_not_one_can_be_inflated(tmp_path: Path) -> None:
    error = refusal(tmp_path, [*HEAD, Entry('logic-1-1', b'\0' * 9, stream=b'\xff' * 9)])
    assert isinstance(error, TruncatedError)
    assert 'found none that can be read: logic-1-1 cannot be inflated further' in str(error)


def test_analog_channels_only(tmp_path: Path) -> None:
    text = b'[device 1]\nsamplerate=1 MHz\ntotal analog=1\nanalog1=VDD\n'
    members = [VERSION_2, Entry('metadata', text), Entry('analog-1-1-1', b'\0\0\0\0')]
    assert 'expected logic channels, found analog ones only (VDD)' in str(
        refusal(tmp_path, members)
    )


def test_a_version_of_the_future(tmp_path: Path) -> None:
    error = refusal(tmp_path, [Entry('version', b'3'), metadata(), *chunks(b'\0')])
    assert 'expected a sigrok session of version 1 or 2, found version 3' in str(error)


def test_samples_of_more_than_8_bytes(tmp_path: Path) -> None:
    error = refusal(tmp_path, [VERSION_2, metadata(unit_size=9), *chunks(bytes(9))])
    assert 'expected samples of 1 to 8 bytes, found unitsize 9' in str(error)


# Chunks that are missing


def test_a_missing_chunk_leaves_a_gap_of_the_size_of_the_others(tmp_path: Path) -> None:
    first, _, third, last = chunks(b'\1\1\1', b'', b'\1\1\1', b'\0')
    source = reader(tmp_path, [*HEAD, first, third, last])
    assert source.info.length == 10
    assert levels(source) == [(0, 3, [0], [1]), (6, 10, [6, 9], [1, 0])]
    assert source.damage == (
        Damage(
            'gap',
            3,
            'logic-1-2 missing: samples 3 to 5, a number inferred from the size of the other'
            ' chunks; what follows is timed by it',
            6,
        ),
    )


def test_a_gap_among_chunks_of_different_sizes_is_told_to_be_a_guess(tmp_path: Path) -> None:
    found = chunks(b'\1\1', b'\1\1', b'\1', b'', b'\0')
    source = reader(tmp_path, [*HEAD, *found[:3], found[4]])
    assert levels(source) == [(0, 5, [0], [1]), (7, 8, [7], [0])]
    (damage,) = source.damage
    assert 'a number guessed, as the other chunks differ in size; what' in damage.message


def test_several_missing_chunks_are_one_gap(tmp_path: Path) -> None:
    found = chunks(*[b'\1\1'] * 6)
    source = reader(tmp_path, [*HEAD, *found[:2], *found[4:]])
    assert levels(source) == [(0, 4, [0], [1]), (8, 12, [8], [1])]
    assert [damage.message[:27] for damage in source.damage] == ['logic-1-3 to -4 missing: sa']


def test_a_missing_first_chunk_makes_the_capture_begin_later(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, *chunks(b'', b'\1\1', b'\0')[1:]])
    assert levels(source) == [(2, 5, [2, 4], [1, 0])]
    assert [(d.kind, d.sample, d.stop) for d in source.damage] == [('gap', 0, 2)]


# Chunks that are damaged


def test_a_chunk_that_is_not_a_whole_number_of_samples(tmp_path: Path) -> None:
    text = metadata(unit_size=2)
    source = reader(tmp_path, [VERSION_2, text, *chunks(b'\1\0\1\0\1', b'\1\0\1\0')])
    assert levels(source) == [(0, 2, [0], [1]), (3, 5, [3], [1])]
    assert source.damage == (
        Damage(
            'partial-sample',
            2,
            'logic-1-1 is 5 bytes, no whole number of samples of 2 bytes; its end is left out',
        ),
    )


def test_a_partial_sample_at_the_end_is_left_out(tmp_path: Path) -> None:
    source = reader(tmp_path, [VERSION_2, metadata(unit_size=2), *chunks(b'\1\0', b'\1\0\1')])
    assert source.info.length == 2
    assert levels(source) == [(0, 2, [0], [1])]
    assert [damage.kind for damage in source.damage] == ['partial-sample']


@pytest.mark.parametrize('method', [STORED, 8])
def test_a_checksum_that_does_not_match_is_told_and_the_samples_are_used(
    tmp_path: Path, method: int
) -> None:
    first, second, third = chunks(b'\1\1', b'\0\0', b'\1\1', method=method)
    source = reader(tmp_path, [*HEAD, first, replace(second, crc=0x12345678), third])
    assert levels(source) == [(0, 6, [0, 2, 4], [1, 0, 1])]
    assert source.damage == (
        Damage(
            'crc',
            2,
            'logic-1-2 has checksum 41d912ff instead of 12345678: samples 2 to 3 may be wrong',
            4,
        ),
    )


def test_a_checksum_covers_a_partial_sample_too(tmp_path: Path) -> None:
    bad = Entry('logic-1-1', b'\1\0\1', crc=1)
    source = reader(tmp_path, [VERSION_2, metadata(unit_size=2), bad])
    levels(source)
    assert [damage.kind for damage in source.damage] == ['crc', 'partial-sample']


def test_a_stream_broken_in_the_middle_is_used_up_to_there(tmp_path: Path) -> None:
    invalid_block = b'\xff'  # RFC 1951, section 3.2.3: BTYPE 11 is an error
    broken = Entry('logic-1-1', b'\1' * 9, stream=deflated_part(b'\1\0\0') + invalid_block)
    source = reader(tmp_path, [*HEAD, broken, *chunks(b'', b'\1\0')[1:]])
    assert levels(source) == [(0, 3, [0, 1], [1, 0]), (9, 11, [9, 10], [1, 0])]
    (damage,) = source.damage
    assert (damage.kind, damage.sample, damage.stop) == ('broken', 3, 9)
    assert damage.message.startswith('logic-1-1 cannot be inflated further (')
    assert damage.message.endswith('): samples 3 to 8 are missing')
    assert damage.in_doubt == (0, 3)


def test_a_stream_that_ends_before_its_announced_size_leaves_a_gap(tmp_path: Path) -> None:
    short = Entry('logic-1-1', b'\1\1\1', size=5)
    source = reader(tmp_path, [*HEAD, short, Entry('logic-1-2', b'\1\1')])
    assert levels(source) == [(0, 3, [0], [1]), (5, 7, [5], [1])]
    assert source.damage == (
        Damage('broken', 3, 'logic-1-1 ends after 3 bytes: samples 3 to 4 are missing', 5, since=0),
    )


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (lambda entry: replace(entry, method=14), 'is compressed by method 14, not by deflate'),
        (lambda entry: replace(entry, flags=1), 'is encrypted'),
        (
            lambda entry: replace(entry, signature=b'lost'),
            'is listed in the archive but is not where the list says',
        ),
    ],
)
def test_a_chunk_that_cannot_be_opened_leaves_a_gap(
    tmp_path: Path, change: Callable[[Entry], Entry], reason: str
) -> None:
    first, second, third = chunks(b'\1\1', b'\1\1', b'\1\1')
    source = reader(tmp_path, [*HEAD, first, change(second), third])
    assert levels(source) == [(0, 2, [0], [1]), (4, 6, [4], [1])]
    assert source.damage == (
        Damage('unreadable', 2, f'logic-1-2 {reason}: samples 2 to 3 are missing', 4),
    )


# Archives that were cut off


def test_an_archive_without_its_directory_is_read_by_its_local_headers(tmp_path: Path) -> None:
    source = reader(tmp_path, archive([*HEAD, *chunks(b'\1\1', b'\0')], directory=False))
    assert levels(source) == [(0, 3, [0, 2], [1, 0])]
    assert source.damage == (
        Damage(
            'truncated',
            3,
            'the end of the file is missing after logic-1-2: there may have been more samples;'
            ' copy it again',
        ),
    )


def test_an_archive_cut_in_a_chunk_is_read_up_to_there(tmp_path: Path) -> None:
    data = archive([*HEAD, *chunks(NOISE, NOISE)], directory=False)[:-300]
    source = reader(tmp_path, data)
    assert source.info.length == 8000
    ((start, stop, *_),) = levels(source)
    assert start == 0
    assert 4000 < stop < 8000
    text = (
        f'logic-1-2 is cut off by the end of the file after {stop - 4000} bytes:'
        f' samples {stop} to 7999 are missing'
    )
    assert source.damage == (Damage('truncated', stop, text, 8000),)


def test_a_stored_chunk_is_read_to_the_byte_where_it_is_cut(tmp_path: Path) -> None:
    data = archive([*HEAD, *chunks(b'\0' * 10, method=STORED)], directory=False)[:-3]
    source = reader(tmp_path, data)
    assert levels(source) == [(0, 7, [0], [0])]
    assert [damage.kind for damage in source.damage] == ['truncated']


def test_every_way_to_cut_a_file_gives_a_beginning_of_its_samples_or_an_error(
    tmp_path: Path,
) -> None:
    data = archive([*HEAD, *chunks(NOISE[:300], NOISE[300:600])])
    whole = levels(reader(tmp_path, data))[0]
    lengths = set()
    for size in range(1, len(data)):
        try:
            source = reader(tmp_path, data[:size])
            ((_, stop, index, state),) = levels(source)
        except CaptureError:
            continue
        lengths.add(stop)
        assert index == whole[2][: len(index)]
        assert state == whole[3][: len(state)]
        assert [damage.kind for damage in source.damage] == ['truncated']
    assert max(lengths) == 600
    assert len(lengths) > 100


def test_members_of_unknown_size_are_found_without_a_directory(tmp_path: Path) -> None:
    streamed = [replace(one, flags=DESCRIBED) for one in [*HEAD, *chunks(NOISE, b'\1\1')]]
    source = reader(tmp_path, archive(streamed, directory=False))
    assert source.info.length == 4002
    assert levels(source)[0][:2] == (0, 4002)
    assert [damage.kind for damage in source.damage] == ['truncated']


def test_a_last_member_of_unknown_size_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    last = replace(Entry('logic-1-1', NOISE), flags=DESCRIBED)
    source = reader(tmp_path, archive([*HEAD, last], directory=False)[:-200])
    assert source.info.length is None
    ((start, stop, *_),) = levels(source)
    assert start == 0
    assert 0 < stop < 4000
    assert source.damage[-1].message.endswith(f'what came after sample {stop - 1} is missing')


def test_bytes_lost_in_the_middle_of_a_file_cost_no_more_than_their_chunk(tmp_path: Path) -> None:
    members = [*HEAD, *chunks(NOISE, NOISE, NOISE)]
    data = archive(members)
    at = data.index(b'logic-1-2') + 300
    source = reader(tmp_path, data[:at] + data[at + 50 :])
    covered = levels(source)
    assert covered[0][0] == 0
    assert covered[-1][:2] == (8000, 12000)
    assert all(4000 <= damage.sample < 8000 for damage in source.damage)


# Bombs


def test_a_size_that_deflate_cannot_reach_is_not_believed(tmp_path: Path) -> None:
    bomb = Entry('logic-1-2', b'\0\0', size=4_000_000_000)
    source = reader(tmp_path, [*HEAD, *chunks(b'\1\1'), bomb, Entry('logic-1-3', b'\1')])
    assert source.info.length == 5
    assert levels(source) == [(0, 5, [0, 2, 4], [1, 0, 1])]
    (damage,) = source.damage
    assert (damage.kind, damage.sample) == ('bomb', 2)
    assert damage.message.startswith('logic-1-2 claims to be 4000000000 bytes, but its 4 compr')


def test_a_single_member_with_an_absurd_size_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, Entry('logic-1', b'\0\1', size=4_000_000_000)])
    assert source.info.length is None
    assert levels(source) == [(0, 2, [0, 1], [0, 1])]
    assert [damage.kind for damage in source.damage] == ['bomb']


def test_a_member_that_inflates_beyond_its_size_is_stopped_there(tmp_path: Path) -> None:
    bomb = Entry('logic-1-1', b'\0\0', stream=deflated(bytes(1 << 24)))
    source = reader(tmp_path, [*HEAD, bomb, Entry('logic-1-2', b'\1')])
    assert levels(source) == [(0, 3, [0, 2], [0, 1])]
    assert source.damage == (
        Damage(
            'bomb',
            2,
            'logic-1-1 goes on beyond the 2 bytes announced; the rest of it is ignored',
            since=0,
        ),
    )


def test_metadata_that_inflate_without_end_are_read_to_a_limit(tmp_path: Path) -> None:
    text = metadata().data + b'#' * (1 << 24)
    source = reader(tmp_path, [VERSION_2, Entry('metadata', text), *chunks(b'\1')])
    assert levels(source) == [(0, 1, [0], [1])]


def test_members_that_share_their_bytes_are_inflated_once(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, replace(Entry('logic-1-1', bytes(5000)), listed=50)])
    assert levels(source) == [(0, 5000, [0], [0])]
    assert {damage.kind for damage in source.damage} == {'duplicate'}


# Metadata that leave something open


@pytest.mark.parametrize(
    ('members', 'message'),
    [
        ([metadata()], 'the member version is missing; version 2 is assumed'),
        (
            [Entry('version', b'x'), metadata()],
            "the member version is 'x'; version 2 is assumed",
        ),
        (
            [VERSION_2, metadata(unit_size=None)],
            'no unitsize is given; 1 is assumed from the channel names',
        ),
        (
            [VERSION_2, metadata(total='many')],
            "total probes is 'many', which is no number; it is ignored",
        ),
        (
            [VERSION_2, metadata(rate='fast')],
            "samplerate is 'fast', which is no sample rate; give one with --samplerate",
        ),
        (
            [VERSION_2, metadata(more=['[device 2]', 'capturefile=logic-2'])],
            '2 devices are described; only the first is read',
        ),
        (
            [VERSION_2, replace(metadata(), crc=0xFF)],
            'metadata has checksum b7706e25 instead of 000000ff; what is there is used',
        ),
    ],
)
def test_what_is_assumed_of_incomplete_metadata_is_told(
    tmp_path: Path, members: list[Entry], message: str
) -> None:
    source = reader(tmp_path, [*members, *chunks(b'\1\1')])
    assert levels(source) == [(0, 2, [0], [1])]
    assert source.damage == (Damage('metadata', 0, message),)


def test_a_single_member_is_preferred_to_chunks(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, Entry('logic-1', b'\1'), *chunks(b'\0\0')])
    assert levels(source) == [(0, 1, [0], [1])]
    assert [damage.kind for damage in source.damage] == ['duplicate']


def test_damage_is_told_once_however_often_the_capture_is_read(tmp_path: Path) -> None:
    source = reader(tmp_path, [*HEAD, Entry('logic-1-1', b'\1', crc=0)])
    levels(source)
    levels(source)
    assert len(source.damage) == 1


# Anything


@settings(max_examples=400)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6)), min_size=1, max_size=5),
    st.booleans(),
)
def test_any_bytes_overwritten_give_samples_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, spots: list[tuple[int, bytes]], streamed: bool
) -> None:
    members = [*HEAD, *chunks(NOISE[:500], NOISE[500:1000], b'\1' * 500)]
    if streamed:
        members = [replace(member, flags=DESCRIBED) for member in members]
    data = bytearray(archive(members))
    for at, spot in spots:
        at %= len(data)
        data[at : at + len(spot)] = spot
    with suppress(CaptureError):
        source = reader(tmp_path_factory.mktemp('fuzz'), bytes(data))
        stop = 0
        for block in source.blocks([0]):
            assert stop <= block.start <= block.stop
            stop = block.stop
        assert all('\n' not in damage.message for damage in source.damage)
