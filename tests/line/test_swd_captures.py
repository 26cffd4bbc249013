"""Every capture with SWCLK and SWDIO: as it was, as the stock decoder reads it, as the framer does."""

from __future__ import annotations

import csv
import gzip
import math
import re
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from line.swd_decoding import Item, framed, items
from prerequisites import captures_folder, require_tool, unavailable
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Changes, join
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    DATA_PHASE,
    FAULT,
    NO_REPLY,
    OK,
    WAIT,
    SwdTransfer,
)

# Captures below the folder of the shared captures: packets, those answered OK.
REAL = {
    'nrf51_ftdi_init': (53, 53),
    'nrf51_ftdi_init_noreply': (2, 0),
    'nrf51_ftdi_init_wait_fault': (2117, 2065),
    'nrf51_ftdi_init_write_0xabbabeeb': (83, 83),
    'nrf51_stlink_init': (37, 37),
    'nrf51_stlink_init_write_0xabbabeeb': (243, 243),
    'nrf51_stlink_wait_retry': (1244, 1229),
    'stm32f429zit6_connect': (11148, 9882),
    'stm32f429zit6_connected': (4, 3),
    'stm32f429zit6_connected_long': (64, 48),
    'stm32f429zit6_core_core_reset': (213, 162),
    'stm32f429zit6_core_halt': (183, 138),
    'stm32f429zit6_core_read_core_regs': (176, 132),
    'stm32f429zit6_core_run': (19, 15),
    'stm32f429zit6_core_step': (213, 162),
    'stm32f429zit6_core_system_reset': (241, 185),
    'stm32f429zit6_disconnect': (30, 24),
    'stm32f429zit6_erase_bank1': (8953, 8087),
    'stm32f429zit6_get_option_bytes': (1632, 1224),
}
# The host's first read of DPIDR came while the part still was in another mode: it is on the wire, but
# the part saw no packet.
SIMULATED = {
    'connect_no_target': 0,
    'f1_program_verify_ok': 1,
    'f4_ram_loader_mass_erase_ok': 0,
    'f7_mass_erase_wrperr': 1,
    'f7_rdp_ff_readback': 1,
    'g0_connect_ok': 0,
    'g0_option_write_no_obl': 0,
    'g0_option_write_obl_ok': 0,
    'g0_program_verify_ok': 0,
    'wait_single_ok': 0,
}
FILES = [f'swd/{name}.sr' for name in REAL] + [f'simulated/{name}.sr' for name in SIMULATED]
ACKS = {'OK': OK, 'WAIT': WAIT, 'FAULT': FAULT, 'NONE': NO_REPLY, 'NOREPLY': NO_REPLY}

# What sigrok's decoder calls the requests.
NAMES = {
    'IDCODE': 0xA5, 'R CTRL/STAT': 0x8D, 'R DLCR': 0x8D, 'RESEND': 0x95, 'RDBUFF': 0xBD,
    'W ABORT': 0x81, 'W CTRL/STAT': 0xA9, 'W DLCR': 0xA9, 'W SELECT': 0xB1, 'W RESERVED': 0x99,
    'R AP0': 0x87, 'R AP4': 0xAF, 'R AP8': 0xB7, 'R APc': 0x9F,
    'W AP0': 0xA3, 'W AP4': 0x8B, 'W AP8': 0x93, 'W APc': 0xBB,
}  # fmt: skip
ANNOTATION = re.compile(r'^(\d+)-\d+ swd-1: (.*)$', re.MULTILINE)


def capture(folder: Path, name: str) -> Path:
    """Return the path of a capture; those that are not public may be missing."""
    path = folder / name
    if not path.exists() and name.startswith('simulated'):
        pytest.skip(f'no {path}')
    return path if path.exists() else unavailable(f'no {path}')


def read(path: Path, clock: str = 'swclk', data: str = 'swdio') -> tuple[Changes, float]:
    """Return clock and data as one block, and the sample rate."""
    reader = open_capture(path)
    index = {channel.name.lower(): channel.index for channel in reader.info.channels}
    assert reader.info.sample_rate is not None
    return join(list(reader.blocks([index[clock], index[data]]))), reader.info.sample_rate


def found(path: Path) -> list[Item]:
    block, rate = read(path)
    return items([block], rate)


@pytest.mark.parametrize('name', REAL)
def test_real_sessions_are_read_without_a_broken_packet(shared_captures: Path, name: str) -> None:
    records = found(capture(shared_captures, f'swd/{name}.sr'))
    packets = [one for one in records if isinstance(one, SwdTransfer)]
    assert (len(packets), sum(one.ack == OK for one in packets)) == REAL[name]
    assert {one.flags for one in packets} <= {0, DATA_PHASE}
    assert {one.ack for one in packets} <= {OK, WAIT, FAULT, NO_REPLY}


def test_overrun_mode_keeps_the_data_phase_after_wait_and_fault(shared_captures: Path) -> None:
    records = found(capture(shared_captures, 'swd/nrf51_ftdi_init_wait_fault.sr'))
    refused = [one for one in records if isinstance(one, SwdTransfer) and one.ack != OK]
    assert [one.ack for one in refused] == [WAIT] + 51 * [FAULT]
    assert {one.request for one in refused} == {0xBB}  # writes of DRW
    assert {one.data for one in refused[1:]} == {0xFFFFFFFF}  # the host drives that
    assert refused[0].data == 0xABBABEEB


def test_twenty_words_are_written(shared_captures: Path) -> None:
    records = found(capture(shared_captures, 'swd/nrf51_ftdi_init_write_0xabbabeeb.sr'))
    words = [one for one in records if isinstance(one, SwdTransfer) and one.request == 0xBB]
    assert [one.data for one in words].count(0xABBABEEB) == 20


def truth(path: Path, rate: float) -> Iterator[tuple[Any, ...]]:
    """(sample of START, port, address, ack, data or None, parity or None), as the part has it."""
    with gzip.open(path, 'rt', encoding='ascii') as file:
        for row in csv.DictReader(file):
            yield (
                float(row['t0_s']) * rate,
                (row['port'] == 'AP', row['rw'] == 'R', int(row['a'])),
                ACKS[row['ack']],
                int(row['data'], 16) if row['data'] else None,
                row['parity_ok'] != '1' if row['parity_ok'] else None,
                float(row['t1_s']) * rate,
            )


@pytest.mark.parametrize('name', SIMULATED)
def test_packets_are_those_that_the_part_had(simulated_captures: Path, name: str) -> None:
    path = simulated_captures / f'{name}.sr'
    block, rate = read(path)
    packets = [one for one in items([block], rate) if isinstance(one, SwdTransfer)]
    unheard, heard = packets[: SIMULATED[name]], packets[SIMULATED[name] :]
    assert all((one.request, one.ack) == (0xA5, NO_REPLY) for one in unheard)
    expected = list(truth(path.with_suffix('.tx.csv.gz'), rate))
    assert len(heard) == len(expected)
    for one, (start, request, ack, data, bad_parity, end) in zip(heard, expected, strict=True):
        assert (
            -0.02 < one.start - start < 1.02
        )  # the first sample after the edge, to the nanosecond
        assert ((one.is_ap, one.is_read, one.address), one.ack) == (request, ack)
        if data is not None:  # the truth has none after WAIT and FAULT, though it is clocked
            assert (one.data, bool(one.flags & BAD_PARITY)) == (data, bad_parity)
        if one.is_read and one.ack == OK:  # a write ends for us with the fall after its parity bit
            assert -0.02 < one.end - end < 1.02


def stock(path: Path) -> list[tuple[int, int, int, int | None]]:
    """(sample, request, ack, data or None) of the packets that sigrok-cli's swd decoder finds."""
    names = {channel.name.lower(): channel.name for channel in open_capture(path).info.channels}
    decoder = f'swd:swclk={names["swclk"]}:swdio={names["swdio"]}'
    command = [require_tool('sigrok-cli'), '-i', str(path), '-P', decoder]
    command += ['-A', 'swd=read:write:ack:data', '--protocol-decoder-samplenum']
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    packets: list[tuple[int, int, int, int | None]] = []
    for sample, what in ANNOTATION.findall(text):
        if what in NAMES:
            packets.append((int(sample), NAMES[what], -1, None))
        elif what in ACKS:
            packets[-1] = (*packets[-1][:2], ACKS[what], None)
        elif what.startswith('0x'):
            packets[-1] = (*packets[-1][:3], int(what, 16))
    return packets


@pytest.mark.slow
@pytest.mark.parametrize('name', FILES)
def test_packets_are_those_of_the_stock_decoder(shared_captures: Path, name: str) -> None:
    """All of ours are among the stock decoder's, but for the data phase of a packet without OK.

    It takes one only where it has seen ORUNDETECT written, and that of a write one clock early. It
    sees requests more: within bits of sequences that it does not know (all but line reset and
    0xE79E, and that one, too, where the line reset before it is cut off), in the rest of a packet
    with which a capture begins, after the part has left SWD, and within the data phase that
    bit-bang hosts clock after WAIT and FAULT.
    """
    path = capture(shared_captures, name)
    records = found(path)
    ours = [one for one in records if isinstance(one, SwdTransfer)]
    theirs = {packet[0]: packet for packet in stock(path)}
    for one in ours:
        packet = theirs.pop(one.start)
        assert packet[1:3] == (one.request, one.ack)
        if one.ack == OK:
            assert packet[3] == one.data
    spans: list[tuple[int, float]]
    spans = [(one.start, one.end) for one in ours if one.ack != OK and one.flags & DATA_PHASE]
    for is_packet, group in groupby(records, key=lambda one: isinstance(one, SwdTransfer)):
        if not is_packet:
            sequences = list(group)
            after = [one.start for one in ours if one.start > sequences[-1].start]
            spans.append((sequences[0].start, sequences[-1].end if after else math.inf))
    for start in theirs:
        assert any(begin <= start < end for begin, end in spans), start


@pytest.mark.parametrize(
    'name', [file for file in FILES if '_connect.sr' not in file and 'erase_bank1' not in file]
)
def test_bit_fed_framer_finds_the_same(shared_captures: Path, name: str) -> None:
    block, rate = read(capture(shared_captures, name))
    assert framed(block, rate) == items([block], rate)


JTAG = ['cmd_reset_10s', 'cmd_stm32f1x_options_read_0_10s', 'flash_fancyblink', 'irscan_drscan']


@pytest.mark.parametrize('data', ['tms', 'tdi', 'tdo'])
@pytest.mark.parametrize('name', JTAG)
def test_jtag_taken_for_swd_raises_nothing(shared_captures: Path, name: str, data: str) -> None:
    path = capture(shared_captures, f'jtag/olimex_stm32-h103_{name}.sr')
    block, rate = read(path, 'tck', data)
    assert all(block.start <= one.start <= one.end <= block.stop for one in items([block], rate))


def test_every_capture_of_the_folders_is_listed() -> None:
    folder = captures_folder()
    there = {f'swd/{path.name}' for path in (folder / 'swd').glob('*.sr')}
    there |= {
        f'simulated/{path.name.replace(".tx.csv.gz", ".sr")}'
        for path in (folder / 'simulated').glob('*.tx.csv.gz')
    }
    assert there <= set(FILES)
