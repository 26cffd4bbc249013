"""Public captures of SWD on real parts become the accesses that are known of them.

What is known is told in the README of the shared captures.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from prerequisites import require_captures
from stm32trace.capture import open_capture
from stm32trace.capture.changes import Selector
from stm32trace.line.columns import Setup, WordColumns
from stm32trace.line.swd import SwdDecoder
from stm32trace_core.adi.link import LinkMonitor
from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import (
    OK,
    UNKNOWN,
    AckRun,
    LinkStats,
    MemoryAccess,
    RegisterAccess,
)
from stm32trace_core.context import bare_context
from stm32trace_core.wire.swd import FAULT, WAIT, SwdSequence, SwdTransfer

ROLES = ('swclk', 'swdio')
DCRSR, DCRDR = 0xE000EDF4, 0xE000EDF8


@cache
def wire(name: str) -> tuple[SwdTransfer | SwdSequence, ...]:
    """The packets and sequences of a capture, as the analyzer reads them."""
    path = require_captures() / 'swd' / f'{name}.sr'
    if not path.is_file():
        pytest.skip(f'no {path}')
    return tuple(decoded(path))


def decoded(path: Path) -> list[SwdTransfer | SwdSequence]:
    reader = open_capture(path)
    index = {channel.name.lower(): channel.index for channel in reader.info.channels}
    wanted = [index[role] for role in ROLES]
    order = sorted(wanted)
    selector = Selector([order.index(channel) for channel in wanted])
    decoder = SwdDecoder(Setup('swd0', reader.info.sample_rate))
    found: list[WordColumns] = []
    stop = 0
    for block in reader.blocks(order):
        found += decoder.feed(selector.select(block))
        stop = block.stop
    found += decoder.finish(stop)
    records = [record for columns in found for record in columns.records()]
    return [record for record in records if isinstance(record, SwdTransfer | SwdSequence)]


def accesses(records: Sequence[SwdTransfer | SwdSequence]) -> list[RegisterAccess | MemoryAccess]:
    machine = AdiMachine(bare_context(), 'swd0')
    said = [access for record in records for access in machine.feed(record)]
    return said + list(machine.finish(records[-1].end if records else 0))


def memory(name: str) -> list[MemoryAccess]:
    return [access for access in accesses(wire(name)) if isinstance(access, MemoryAccess)]


@pytest.mark.parametrize('probe', ['ftdi', 'stlink'])
def test_twenty_words_written_to_sram(probe: str) -> None:
    written = [
        (access.address, access.value, access.size, access.outcome)
        for access in memory(f'nrf51_{probe}_init_write_0xabbabeeb')
        if access.write and access.value == 0xABBABEEB
    ]
    assert written == [(0x20000000 + 4 * k, 0xABBABEEB, 4, OK) for k in range(20)]


def test_a_session_joined_in_the_middle_where_the_probe_never_selects_anything() -> None:
    """No SELECT and no CSW in the whole capture: bank 0 is concluded."""
    said = memory('stm32f429zit6_get_option_bytes')
    assert {access.value for access in said if access.address == 0xE0042000} == {0x10076419}
    assert {access.value for access in said if access.address == 0x40023C14} == {0x0FFFAAED}
    assert UNKNOWN not in {access.address for access in said}


def test_core_registers_are_reached_through_the_banked_data_registers() -> None:
    said = memory('stm32f429zit6_core_step')
    selected = [access.value for access in said if access.address == DCRSR]
    assert selected[:16] == list(range(16))
    assert [access.write for access in said if access.address == DCRDR] == [False] * len(selected)


def test_after_an_overrun_tar_has_moved_as_far_as_the_part_says() -> None:
    """OpenOCD reads TAR back after the error: one access more than before the WAIT."""
    said = accesses(wire('nrf51_ftdi_init_wait_fault'))
    refused = [one for one in said if isinstance(one, MemoryAccess) and one.outcome == 'fault']
    tar = next(
        one
        for one in said
        if isinstance(one, RegisterAccess) and one.name == 'TAR' and one.start > refused[-1].start
    )
    assert (refused[0].address, len(refused), tar.value) == (0x2000002C, 51, 0x2000002C)


def test_runs_on_a_link_that_overruns() -> None:
    monitor = LinkMonitor(bare_context(), 'swd0')
    records = wire('nrf51_ftdi_init_wait_fault')
    said = [one for record in records for one in monitor.feed(record)]
    said += monitor.finish(records[-1].end)
    runs = [one for one in said if isinstance(one, AckRun) and one.over]
    assert [(run.ack, run.count, run.same_request, run.overrun) for run in runs] == [
        (WAIT, 1, True, True),
        (FAULT, 51, True, True),
    ]
    (stats,) = (one for one in said if isinstance(one, LinkStats))
    assert (stats.wait, stats.fault, stats.reset_first) == (1, 51, True)


@pytest.mark.parametrize(
    'name',
    [
        'nrf51_ftdi_init_wait_fault',
        'nrf51_stlink_init_write_0xabbabeeb',
        'nrf51_stlink_wait_retry',
        'stm32f429zit6_connect',
        'stm32f429zit6_core_step',
        'stm32f429zit6_erase_bank1',
    ],
)
def test_joined_anywhere_no_wrong_address_is_told(name: str) -> None:
    records, window, step = wire(name), 300, 7
    whole = {access.start: access.address for access in memory(name)}
    for first in range(0, min(len(records), 1500), step):
        for access in accesses(records[first : first + window]):
            if isinstance(access, MemoryAccess) and access.address != UNKNOWN:
                assert whole[access.start] in (access.address, UNKNOWN)
