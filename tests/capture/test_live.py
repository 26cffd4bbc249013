"""A capture that is still being recorded reads as one that is complete."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stm32trace.capture.changes import join
from stm32trace.capture.dense import DenseSampler
from stm32trace.capture.live import LiveReader, Spool
from stm32trace.errors import ChannelError
from stm32trace.model import CaptureInfo, Channel


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('live')


def reader(spool: Spool, bits: tuple[int, ...], unit: int = 1) -> LiveReader:
    channels = tuple(Channel(index, f'D{bit}') for index, bit in enumerate(bits))
    return LiveReader(spool, CaptureInfo(spool.path, 'live', channels, 1e6, None), unit, bits)


def changes(source: LiveReader, channels: list[int]) -> tuple[int, list[int], list[int]]:
    blocks = list(source.blocks(channels))
    if not blocks:
        return 0, [], []
    whole = join(blocks)
    return whole.stop, whole.index.tolist(), whole.state.tolist()


@given(
    st.lists(st.binary(max_size=9), max_size=8),
    st.integers(1, 3),
    st.permutations(range(8)).map(tuple),
)
def test_any_pieces_give_the_levels_of_the_whole(
    folder: Path, pieces: list[bytes], unit: int, bits: tuple[int, ...]
) -> None:
    spool = Spool(folder / 'spool')
    for piece in pieces:
        spool.append(piece)
    spool.close()
    data = b''.join(pieces)
    data = data[: len(data) // unit * unit]
    expected = DenseSampler(unit, [bits[1], bits[0]]).feed(data, 0)
    assert changes(reader(spool, bits, unit), [1, 0]) == (
        expected.stop, expected.index.tolist(), expected.state.tolist()
    )  # fmt: skip


def test_reading_waits_for_what_is_not_there_yet_and_ends_with_the_recording(folder: Path) -> None:
    spool = Spool(folder / 'slow')
    data = np.random.default_rng(1).integers(0, 4, 4000, np.uint8).tobytes()

    def record() -> None:
        for start in range(0, len(data), 400):
            spool.append(data[start : start + 400])
            time.sleep(0.001)
        spool.close()

    thread = threading.Thread(target=record)
    thread.start()
    found = changes(reader(spool, (0, 1)), [0, 1])
    thread.join()
    expected = DenseSampler(1, [0, 1]).feed(data, 0)
    assert found == (4000, expected.index.tolist(), expected.state.tolist())
    assert changes(reader(spool, (0, 1)), [0, 1]) == found


def test_a_channel_that_the_device_lacks_is_an_error(folder: Path) -> None:
    spool = Spool(folder / 'empty')
    spool.close()
    with pytest.raises(ChannelError, match='found the index 2'):
        list(reader(spool, (0, 1)).blocks([2]))


def test_a_spool_is_gone_when_it_is_removed(folder: Path) -> None:
    spool = Spool(folder / 'gone')
    spool.append(b'x')
    spool.remove()
    assert not spool.path.exists()
    assert spool.closed
