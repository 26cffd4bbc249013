"""Every capture with SCL and SDA: as the stock decoder reads it, as it was, cut anywhere."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from line.decoding import decode, framed, only, pieces
from prerequisites import captures_folder, require_tool, unavailable
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, join
from stm32trace_core.wire.i2c import BYTE, RESTART, START, STOP, I2cByte, I2cTransfer

# Captures with SCL and SDA, below the folder of the shared captures.
REAL = (
    '24aa025uid_bytewrite16_6ms_delay',
    '8564je_nacks',
    'rding_temper_i2c_usb_led_eeprom_and_sensor_snippet',
    'rtc_ds1307_200khz',
    'rtc_ds1307_200khz_no_samplerate',
    'sainsmart_dds120_powerup_scl_analog',
    'samsung_syncmaster203b',
)
SIMULATED = (
    'g071_endless_busy_brick',
    'healthy_get_id',
    'healthy_mcu_host',
    'healthy_stm32flash_write_verify',
    'readout_unprotect_ok',
    'reset_during_page_erase',
    'two_slaves_eeprom',
)
FILES = [f'i2c/{name}.sr' for name in REAL] + [f'simulated/i2c_{name}.sr' for name in SIMULATED]

# Where we differ from the stock decoder: it looks for nothing but a START until the first one, so
# it passes over the STOP of a transfer that began before the capture, and over lines that rise one
# by one at power-up.
LEADING_STOP = {
    'i2c/rtc_ds1307_200khz.sr': 171,
    'i2c/rtc_ds1307_200khz_no_samplerate.sr': 171,
    'i2c/sainsmart_dds120_powerup_scl_analog.sr': 906_667,
    'i2c/samsung_syncmaster203b.sr': 118,
}

Event = tuple[
    Any, ...
]  # (sample, 'S' | 'R' | 'P') or (sample of the first bit, byte, acknowledged)
LETTERS = {START: 'S', RESTART: 'R', STOP: 'P'}
STOCK_LETTERS = {'Start': 'S', 'Start repeat': 'R', 'Stop': 'P'}
ANNOTATION = re.compile(r'(\d+)-\d+ i2c-1: ([^:\n]*)(?:: (\w+))?')


def capture(folder: Path, name: str) -> Path:
    """Return the path of a capture; those that are not public may be missing."""
    path = folder / name
    if not path.exists() and name.startswith('simulated'):
        pytest.skip(f'no {path}')
    return path if path.exists() else unavailable(f'no {path}')


def read(path: Path) -> tuple[list[Changes], float | None]:
    """Return the blocks of SCL and SDA, and the sample rate."""
    reader = open_capture(path)
    index = {channel.name.lower(): channel.index for channel in reader.info.channels}
    return list(reader.blocks([index['scl'], index['sda']])), reader.info.sample_rate


def our_events(path: Path) -> Iterator[Event]:
    blocks, rate = read(path)
    for word in only(I2cByte, decode(blocks, rate)):
        if word.kind in LETTERS:
            yield word.start, LETTERS[word.kind]
        elif word.kind == BYTE:
            yield word.start, word.value, word.acked


def stock_events(path: Path) -> list[Event]:
    """What sigrok-cli's i2c decoder says; an address is shifted back into its byte."""
    names = {channel.name.lower(): channel.name for channel in open_capture(path).info.channels}
    decoder = f'i2c:scl={names["scl"]}:sda={names["sda"]}'
    command = [require_tool('sigrok-cli'), '-i', str(path), '-P', decoder]
    command += ['-A', 'i2c=addr-data', '--protocol-decoder-samplenum']
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    events: list[Event] = []
    for sample, what, value in ANNOTATION.findall(text):
        if what in STOCK_LETTERS:
            events.append((int(sample), STOCK_LETTERS[what]))
        elif what in ('ACK', 'NACK'):
            events[-1] += (what == 'ACK',)
        elif what.startswith('Address'):
            events.append((int(sample), int(value, 16) << 1 | (what == 'Address read')))
        elif what.startswith('Data'):
            events.append((int(sample), int(value, 16)))
    return events


@pytest.mark.slow
@pytest.mark.parametrize('name', FILES)
def test_words_are_those_of_the_stock_decoder(shared_captures: Path, name: str) -> None:
    path = capture(shared_captures, name)
    expected = stock_events(path)
    if name in LEADING_STOP:
        expected.insert(0, (LEADING_STOP[name], 'P'))
    assert list(our_events(path)) == expected


def runs_of(transfers: list[I2cTransfer], rate: float) -> Iterator[dict[str, Any]]:
    """Transfers as the truth puts them: a run of equal ones is one; `acks` is of the data."""
    last: dict[str, Any] | None = None
    for transfer in transfers:
        run = {
            'addr': f'{transfer.address:#04x}',
            'rw': 'W' if transfer.write else 'R',
            'addr_ack': transfer.acked[0],
            'hex': transfer.data.hex(),
            'acks': ''.join('A' if acked else 'N' for acked in transfer.acked[1:]),
            'end': 'rstart'
            if not transfer.stopped
            else 'stop'
            if transfer.answered
            else 'addr_nack',
        }
        if last is not None and run == {key: last[key] for key in run}:
            last.update(t1=(transfer.end - 1) / rate, n=last['n'] + 1)
            continue
        if last is not None:
            yield last
        last = {**run, 't0': transfer.start / rate, 't1': (transfer.end - 1) / rate, 'n': 1}
    if last is not None:
        yield last


@pytest.mark.parametrize('name', SIMULATED)
def test_transfers_are_those_that_really_happened(simulated_captures: Path, name: str) -> None:
    path = simulated_captures / f'i2c_{name}.sr'
    truth = json.loads(path.with_suffix('.truth.json').read_text())
    blocks, rate = read(path)
    assert rate
    transfers = framed(decode(blocks, rate), blocks[-1].stop)
    assert len(transfers) == truth['wire']['transfers']
    ours = list(runs_of(transfers, rate))
    for run, true in zip(ours, truth['wire']['runs'], strict=True):
        assert {key: run[key] for key in run if key not in ('t0', 't1')} == {
            key: true[key] for key in run if key not in ('t0', 't1')
        }
        assert abs(run['t0'] - true['t0']) * rate <= 2
        # The simulated host is done half a clock period after the STOP; before a repeated START
        # already after the last bit, and there the next run's t0 tells the same.
        if true['end'] != 'rstart':
            stop = true['t1'] - 0.5 / truth['transport']['scl_hz']
            assert abs(run['t1'] - stop) * rate <= 2


@pytest.mark.parametrize('name', FILES)
def test_any_size_of_blocks_gives_the_same_records(shared_captures: Path, name: str) -> None:
    blocks, rate = read(capture(shared_captures, name))
    whole = join(blocks)
    expected = decode([whole], rate)
    assert decode(blocks, rate) == expected
    for number in (7, 1000):
        assert decode(pieces_of(whole, number), rate) == expected


def pieces_of(block: Changes, number: int) -> Iterator[Changes]:
    """Yield a block in pieces of as many entries, cut on an edge or one sample beside it."""
    entries = [k * len(block.index) // number for k in range(1, number)]
    at = sorted(int(block.index[entry]) + k % 3 - 1 for k, entry in enumerate(entries))
    return pieces(block, [max(block.start, sample) for sample in at])


def test_every_capture_with_both_lines_is_listed() -> None:
    folder = captures_folder()
    found = {str(path.relative_to(folder)) for path in folder.glob('*/*i2c*.sr')}
    found |= {str(path.relative_to(folder)) for path in folder.glob('i2c/*.sr')}
    assert found <= set(FILES)
