"""Every real session file is read to its end, and agrees with a plain reading of its samples."""

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from prerequisites import captures_folder
from stm32trace.capture import open_capture
from stm32trace.capture.changes import from_samples, join

FILES = sorted(path.relative_to(captures_folder()) for path in captures_folder().rglob('*.sr'))


def plain_samples(path: Path) -> tuple[int, bytes]:
    """Bytes a sample, and all samples: the whole file in memory."""
    with zipfile.ZipFile(path) as archive:
        unit_size = re.search(rb'unitsize *= *(\d)', archive.read('metadata'))
        members = [name for name in archive.namelist() if name.startswith('logic-1')]
        members.sort(key=lambda name: [int(number) for number in re.findall(r'\d+', name)])
        assert unit_size is not None
        return int(unit_size[1]), b''.join(archive.read(name) for name in members)


def test_there_are_captures(shared_captures: Path) -> None:
    assert len(FILES) > 40, shared_captures


@pytest.mark.parametrize('name', FILES, ids=str)
def test_a_real_capture_agrees_with_a_plain_reading(shared_captures: Path, name: Path) -> None:
    source = open_capture(shared_captures / name)
    channels = [channel.index for channel in source.info.channels]
    blocks = list(source.blocks(channels))
    unit_size, raw = plain_samples(shared_captures / name)
    samples = np.frombuffer(raw, f'<u{unit_size}') & np.dtype(f'<u{unit_size}').type(
        (1 << len(channels)) - 1
    )
    expected = from_samples(samples, 0, None)
    found = join(blocks)
    assert source.damage == ()
    assert source.info.length == found.stop == len(raw) // unit_size
    assert np.array_equal(found.index, expected.index)
    assert np.array_equal(found.state, expected.state)


@pytest.mark.parametrize(
    ('name', 'sample_rate', 'names'),
    [
        ('i2c/rtc_ds1307_200khz.sr', 200_000, ['SCL', 'SDA', '2', '3', '4', '5', '6', '7']),
        ('i2c/rtc_ds1307_200khz_no_samplerate.sr', None, ['SCL', 'SDA', *'234567']),
        ('uart/hello_world_8n1_1200.sr', 625_000, ['TX', *'1234567']),
        ('swd/nrf51_ftdi_init.sr', 4_000_000, ['swclk', 'swdio', *'234567']),
    ],
)
def test_what_real_captures_say_of_themselves(
    shared_captures: Path, name: str, sample_rate: int | None, names: list[str]
) -> None:
    info = open_capture(shared_captures / name).info
    assert info.sample_rate == sample_rate
    assert [channel.name for channel in info.channels] == names


def test_a_real_capture_with_an_analog_channel(shared_captures: Path) -> None:
    info = open_capture(shared_captures / 'i2c/sainsmart_dds120_powerup_scl_analog.sr').info
    assert info.analog == ('SCL analog',)
    assert len(info.channels) == 8
