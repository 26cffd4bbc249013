"""SWD packets become register and memory accesses.

Place k of a conversation begins at sample 100 k (tests/waves/packets.py). `mem` and `reg` are the
whole records, by the places of the packet that asked and of the one that ended it.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prerequisites import require_captures
from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import (
    AP,
    BAD_PARITY,
    DP,
    FAULT,
    LOST,
    NO_REPLY,
    OK,
    TRUNCATED,
    UNKNOWN,
    MemoryAccess,
    RegisterAccess,
)
from stm32trace_core.context import bare_context
from stm32trace_core.wire import swd
from stm32trace_core.wire.swd import BAD_REQUEST, HIGH, NOISE, SwdSequence, SwdTransfer
from waves.packets import (
    BAD,
    BUS,
    CUT,
    STEP,
    WITH_DATA,
    WITHOUT,
    Piece,
    Record,
    ap_read,
    ap_write,
    dp_read,
    dp_write,
    gap,
    sequence,
    talk,
)

Access = RegisterAccess | MemoryAccess

RAM = 0x20000000
BYTE, HALF, WORD, WORD_FIXED, PACKED_BYTE, PACKED_HALF = (
    0x23000050, 0x23000051, 0x23000052, 0x23000042, 0x23000060, 0x23000061
)  # fmt: skip
M4_IDR, M7_IDR, JTAG_AP_IDR = 0x24770011, 0x84770001, 0x14760010
M0_CPUID, M4_CPUID = 0x410CC200, 0x410FC241
STICKYERR = 0x20
JUNK = 0xDEADBEEF


def told(*pieces: Piece) -> list[Access]:
    """All that the machine says of a conversation; the data end right after its last place."""
    return run(talk(*pieces), STEP * len(pieces))


def run(records: Sequence[Record], end: int) -> list[Access]:
    machine = AdiMachine(bare_context(), BUS)
    said = [access for record in records for access in machine.feed(record)]
    return said + list(machine.finish(end))


def memory(*pieces: Piece) -> list[MemoryAccess]:
    return [access for access in told(*pieces) if isinstance(access, MemoryAccess)]


def addresses(*pieces: Piece) -> list[int]:
    return [access.address for access in memory(*pieces)]


def ready(csw: int = WORD, tar: int = RAM, ap: int = 0) -> tuple[Piece, ...]:
    """Three packets after which DRW is for `tar`."""
    return (dp_write('SELECT', ap << 24), ap_write('CSW', csw), ap_write('TAR', tar))


def mem(
    place: int, last: int, address: int, value: int, write: bool = False, size: int = 4,
    outcome: str = OK, ap: int = 0, length: int = WITH_DATA,
) -> MemoryAccess:  # fmt: skip
    start, end = STEP * place, STEP * last + length
    return MemoryAccess(start, end, BUS, ap, address, size, write, value, outcome)


def reg(
    place: int, last: int, port: str, address: int, name: str, write: bool, value: int,
    outcome: str = OK, ap: int = UNKNOWN, length: int = WITH_DATA,
) -> RegisterAccess:  # fmt: skip
    start, end = STEP * place, STEP * last + length
    return RegisterAccess(start, end, BUS, port, ap, address, name, write, value, outcome)


# Posted reads.


def test_the_value_of_an_ap_read_comes_with_the_packet_after_it() -> None:
    assert memory(
        *ready(), ap_read('DRW', JUNK), ap_read('DRW', 11), dp_read('RDBUFF', 22)
    ) == [mem(3, 4, RAM, 11), mem(4, 5, RAM + 4, 22)]  # fmt: skip


def test_the_value_that_comes_with_the_first_read_is_nobodys() -> None:
    assert told(ap_read('DRW', JUNK)) == [
        reg(0, 0, AP, 0xC, 'AP 0x?C', False, 0, TRUNCATED, length=STEP)
    ]


def test_a_value_finds_its_read_over_other_packets_in_between() -> None:
    said = told(
        *ready(),
        ap_read('DRW', JUNK),
        dp_write('SELECT', 0xF0),
        dp_read('CTRL/STAT', 0xF0000040),
        ap_read('IDR', 11),
        dp_read('RDBUFF', M7_IDR),
    )
    assert said[3:] == [
        reg(4, 4, DP, 0x08, 'SELECT', True, 0xF0),
        reg(5, 5, DP, 0x04, 'CTRL/STAT', False, 0xF0000040),
        mem(3, 6, RAM, 11),
        reg(6, 7, AP, 0xFC, 'IDR', False, M7_IDR, ap=0),
    ]


def test_an_ap_write_leaves_the_value_where_it_was() -> None:
    assert memory(
        *ready(), ap_read('DRW', JUNK), ap_write('DRW', 7), dp_read('RDBUFF', 11)
    ) == [mem(4, 4, RAM + 4, 7, write=True), mem(3, 5, RAM, 11)]  # fmt: skip


def test_rdbuff_with_nothing_to_fetch_is_a_register_access() -> None:
    assert told(*ready(), ap_write('DRW', 7), dp_read('RDBUFF', 5))[-1] == reg(
        4, 4, DP, 0x0C, 'RDBUFF', False, 5
    )


def test_a_read_whose_value_has_not_come_when_the_data_end_is_truncated() -> None:
    assert told(*ready(), ap_read('DRW', JUNK))[-1] == mem(
        3, 3, RAM, 0, outcome=TRUNCATED, length=STEP
    )


@pytest.mark.parametrize('piece', [sequence(), gap()], ids=['line reset', 'gap'])
def test_a_value_that_cannot_come_any_more_is_lost(piece: Piece) -> None:
    assert memory(*ready(), ap_read('DRW', JUNK), piece) == [
        mem(3, 4, RAM, 0, outcome=LOST, length=0)
    ]


def test_an_abort_of_the_access_loses_its_value_and_one_that_clears_flags_does_not() -> None:
    begun = (*ready(), ap_read('DRW', JUNK))
    assert memory(*begun, dp_write('ABORT', 0x01), dp_read('RDBUFF', 11)) == [
        mem(3, 4, RAM, 0, outcome=LOST)
    ]
    assert memory(*begun, dp_write('ABORT', 0x1E), dp_read('RDBUFF', 11)) == [mem(3, 5, RAM, 11)]


def test_resend_brings_again_what_came_with_bad_parity() -> None:
    begun = (*ready(), ap_read('DRW', JUNK), dp_read('RDBUFF', 10, flags=BAD))
    assert memory(*begun, dp_read('RESEND', ack=swd.WAIT), dp_read('RESEND', 11)) == [
        mem(3, 6, RAM, 11)
    ]
    assert memory(*begun, dp_read('RESEND', 12, flags=BAD)) == [
        mem(3, 4, RAM, 10, outcome=BAD_PARITY)
    ]
    assert memory(*begun) == [mem(3, 4, RAM, 10, outcome=BAD_PARITY)]


def test_resend_after_a_good_value_is_a_register_access() -> None:
    assert told(*ready(), ap_read('DRW'), dp_read('RDBUFF', 5), dp_read('RESEND', 5))[-2:] == [
        mem(3, 4, RAM, 5),
        reg(5, 5, DP, 0x08, 'RESEND', False, 5),
    ]


def test_a_read_that_brings_a_value_with_bad_parity_still_begins_another() -> None:
    assert memory(
        *ready(), ap_read('DRW', JUNK), ap_read('DRW', 10, flags=BAD), dp_read('RDBUFF', 22)
    ) == [mem(3, 4, RAM, 10, outcome=BAD_PARITY), mem(4, 5, RAM + 4, 22)]  # fmt: skip


# WAIT and FAULT.


def test_wait_moves_nothing_and_the_retry_is_one_access() -> None:
    assert memory(
        *ready(),
        ap_read('DRW', ack=swd.WAIT),
        ap_read('DRW', JUNK),
        ap_read('DRW', ack=swd.WAIT),
        ap_read('DRW', 11),
        dp_read('RDBUFF', ack=swd.WAIT),
        dp_read('RDBUFF', 22),
        ap_write('DRW', 33, ack=swd.WAIT),
        ap_write('DRW', 33),
    ) == [mem(4, 6, RAM, 11), mem(6, 8, RAM + 4, 22), mem(10, 10, RAM + 8, 33, write=True)]


def test_the_data_phase_of_a_wait_counts_for_nothing() -> None:
    phase = swd.DATA_PHASE
    assert memory(
        *ready(), ap_write('DRW', 5, ack=swd.WAIT, flags=phase), ap_write('DRW', 6)
    ) == [mem(4, 4, RAM, 6, write=True)]  # fmt: skip


def test_fault_is_not_done_and_the_read_before_it_is_lost() -> None:
    assert memory(
        *ready(), ap_read('DRW', JUNK), ap_read('DRW', ack=swd.FAULT), ap_read('DRW', ack=swd.FAULT)
    ) == [
        mem(3, 4, RAM, 0, outcome=LOST, length=WITHOUT),
        mem(4, 4, RAM + 4, 0, outcome=FAULT, length=WITHOUT),
        mem(5, 5, UNKNOWN, 0, outcome=FAULT, length=WITHOUT),
    ]  # fmt: skip


def test_after_a_fault_tar_is_known_again_when_it_is_written_or_read() -> None:
    broken = (
        *ready(),
        ap_write('DRW', 1),
        ap_write('DRW', 2, ack=swd.FAULT),
        dp_write('ABORT', 0x1E),
    )
    assert memory(*broken, ap_write('DRW', 3))[-1] == mem(6, 6, UNKNOWN, 3, write=True)
    assert memory(*broken, ap_write('TAR', RAM + 64), ap_write('DRW', 3))[-1] == mem(
        7, 7, RAM + 64, 3, write=True
    )
    assert memory(*broken, ap_read('TAR'), dp_read('RDBUFF', RAM + 4), ap_write('DRW', 3))[
        -1
    ] == mem(8, 8, RAM + 4, 3, write=True)


def test_an_error_flag_that_the_host_reads_loses_the_read_before_it() -> None:
    assert told(*ready(), ap_read('DRW', JUNK), dp_read('CTRL/STAT', 0xF0000040 | STICKYERR))[
        3:
    ] == [
        mem(3, 4, RAM, 0, outcome=LOST),
        reg(4, 4, DP, 0x04, 'CTRL/STAT', False, 0xF0000040 | STICKYERR),
    ]


def test_a_dp_register_that_answers_fault() -> None:
    assert told(dp_read('RDBUFF', ack=swd.FAULT)) == [
        reg(0, 0, DP, 0x0C, 'RDBUFF', False, 0, FAULT, length=WITHOUT)
    ]


def test_nobody_answers() -> None:
    assert told(dp_read('DPIDR', ack=swd.NO_REPLY), dp_read('DPIDR', ack=swd.ALL_ZERO)) == [
        reg(0, 0, DP, 0x00, 'DPIDR', False, 0, NO_REPLY, length=WITHOUT),
        reg(1, 1, DP, 0x00, 'DPIDR', False, 0, NO_REPLY, length=WITHOUT),
    ]


# TAR.


def test_tar_counts_by_the_size_of_the_access() -> None:
    for csw, size in ((BYTE, 1), (HALF, 2), (WORD, 4)):
        assert addresses(*ready(csw), *[ap_write('DRW', 0)] * 3) == [
            RAM,
            RAM + size,
            RAM + 2 * size,
        ]


def test_tar_stays_without_increment() -> None:
    assert addresses(*ready(WORD_FIXED), *[ap_write('DRW', 0)] * 3) == [RAM, RAM, RAM]


@pytest.mark.parametrize(
    ('identity', 'end', 'next_address'),
    [
        ((), 0x400, RAM + 0x400),  # a host that goes on knows its port
        ((), 0x1000, UNKNOWN),
        ((dp_write('SELECT', 0xF0), ap_read('IDR'), dp_read('RDBUFF', M4_IDR)), 0x400, RAM + 0x400),
        ((dp_write('SELECT', 0xF0), ap_read('IDR'), dp_read('RDBUFF', M4_IDR)), 0x1000, RAM),
        ((dp_write('SELECT', 0xF0), ap_read('IDR'), dp_read('RDBUFF', M7_IDR)), 0x400, RAM),
        ((dp_write('SELECT', 0xF0), ap_read('CFG'), dp_read('RDBUFF', 0x00010000)), 0x400, RAM),
        ((dp_write('SELECT', 0xF0), ap_read('CFG'), dp_read('RDBUFF', 0x00050000)), 0x1000, RAM + 0x1000),
        ((*ready(WORD, 0xE000ED00), ap_read('DRW'), dp_read('RDBUFF', M0_CPUID)), 0x400, RAM),
        ((*ready(WORD, 0xE000ED00), ap_read('DRW'), dp_read('RDBUFF', M4_CPUID)), 0x1000, RAM),
    ],
)  # fmt: skip
def test_tar_wraps_in_the_block_of_its_port(
    identity: tuple[Piece, ...], end: int, next_address: int
) -> None:
    block = (*ready(WORD, RAM + end - 4), ap_write('DRW', 1), ap_write('DRW', 2))
    assert addresses(*identity, *block)[-2:] == [RAM + end - 4, next_address]


def test_an_access_before_tar_is_known() -> None:
    assert memory(dp_write('SELECT', 0), ap_write('CSW', WORD), ap_write('DRW', 5)) == [
        mem(2, 2, UNKNOWN, 5, write=True)
    ]


def test_tar_of_a_port_is_its_own() -> None:
    assert memory(
        *ready(),
        *ready(HALF, 0x24000000, ap=1),
        ap_write('DRW', 5),
        dp_write('SELECT', 0),
        ap_write('DRW', 6),
        dp_write('SELECT', 1 << 24),
        ap_write('DRW', 7 << 16),
    ) == [
        mem(6, 6, 0x24000000, 5, write=True, size=2, ap=1),
        mem(8, 8, RAM, 6, write=True),
        mem(10, 10, 0x24000002, 7, write=True, size=2, ap=1),
    ]


@pytest.mark.parametrize(
    'spoiler',
    [
        ap_write('TAR', RAM + 64, flags=BAD),
        ap_write('TAR', RAM + 64, ack=swd.NO_REPLY),
        ap_write('TAR', RAM + 64, ack=swd.OK, flags=CUT),
        ap_write('DRW', 1, flags=BAD),
        ap_read('DRW', ack=swd.NO_REPLY),
        dp_write('ABORT', 0x01),
        dp_write('CTRL/STAT', 0x00000000),  # power off
        dp_read('CTRL/STAT', STICKYERR),
    ],
)
def test_what_may_have_changed_tar_makes_it_unknown(spoiler: Piece) -> None:
    assert addresses(*ready(), spoiler, ap_write('DRW', 5))[-1] == UNKNOWN


@pytest.mark.parametrize(
    'spoiler',
    [
        dp_write('SELECT', 0, flags=BAD),
        dp_write('SELECT', 0, ack=swd.NO_REPLY),
        dp_write('TARGETSEL', 0x01002927, ack=swd.NO_REPLY, flags=swd.DATA_PHASE),
        sequence(),
        sequence(NOISE, 200),
        sequence(BAD_REQUEST, 8),
        gap(),
    ],
)
def test_what_may_have_changed_select_makes_the_bank_unknown(spoiler: Piece) -> None:
    assert told(*ready(), spoiler, ap_write('DRW', 5))[-1] == reg(
        4, 4, AP, 0x0C, 'AP 0x?C', True, 5
    )


@pytest.mark.parametrize('piece', [sequence(NOISE, 45), sequence(HIGH, 49)])
def test_bits_that_cannot_hide_a_packet_change_nothing(piece: Piece) -> None:
    assert memory(*ready(), ap_read('DRW'), piece, dp_read('RDBUFF', 7)) == [mem(3, 5, RAM, 7)]


# Sizes and banks.


def test_values_are_moved_down_from_their_byte_lanes() -> None:
    byte = [(RAM + 1, 0xAABB22DD, 0x22), (RAM + 3, 0x44BBCCDD, 0x44)]
    half = [(RAM, 0xAABB1122, 0x1122), (RAM + 2, 0x3344CCDD, 0x3344)]
    for csw, size, cases in ((BYTE, 1, byte), (HALF, 2, half)):
        for address, data, value in cases:
            assert memory(*ready(csw, address), ap_write('DRW', data)) == [
                mem(3, 3, address, value, write=True, size=size)
            ]


def test_a_packed_access_is_one_for_each_item() -> None:
    assert memory(
        *ready(PACKED_BYTE), ap_write('DRW', 0x44332211), ap_read('DRW'), dp_read('RDBUFF', 0x88776655)
    ) == [
        *[mem(3, 3, RAM + k, 0x11 * (k + 1), write=True, size=1) for k in range(4)],
        *[mem(4, 5, RAM + k, 0x11 * (k + 1), size=1) for k in range(4, 8)],
    ]  # fmt: skip
    assert memory(*ready(PACKED_HALF, RAM + 2), ap_write('DRW', 0x33445566)) == [
        mem(3, 3, RAM + 2, 0x3344, write=True, size=2),
        mem(3, 3, RAM + 4, 0x5566, write=True, size=2),
    ]


def test_a_port_without_packed_transfers_says_so_in_csw() -> None:
    said = memory(
        *ready(PACKED_BYTE),
        ap_read('CSW'),
        dp_read('RDBUFF', 0x23000040),
        *[ap_write('DRW', 0x99)] * 2,
    )
    assert said == [mem(k, k, RAM, 0x99, write=True, size=1) for k in (5, 6)]


def test_a_csw_that_was_written_since_it_was_read_is_the_one_that_counts() -> None:
    said = memory(*ready(), ap_read('CSW'), ap_write('CSW', BYTE), dp_read('RDBUFF', WORD), ap_write('DRW', 5))  # fmt: skip
    assert said == [mem(6, 6, RAM, 5, write=True, size=1)]


def test_banked_data_registers_are_the_four_words_around_tar_and_leave_it_alone() -> None:
    assert memory(
        *ready(WORD, RAM + 0x28),
        dp_write('SELECT', 0x10),
        ap_write('BD0', 10),
        ap_write('BD3', 13),
        ap_read('BD1'),
        ap_read('BD2', 11),
        dp_read('RDBUFF', 12),
        dp_write('SELECT', 0x00),
        ap_write('DRW', 8),
    ) == [
        mem(4, 4, RAM + 0x20, 10, write=True),
        mem(5, 5, RAM + 0x2C, 13, write=True),
        mem(6, 7, RAM + 0x24, 11),
        mem(7, 8, RAM + 0x28, 12),
        mem(10, 10, RAM + 0x28, 8, write=True),
    ]


def test_drw_and_idr_differ_in_select_only() -> None:
    assert told(dp_write('SELECT', 0x020000F0), ap_read('IDR'), dp_read('RDBUFF', M4_IDR))[1:] == [
        reg(1, 2, AP, 0xFC, 'IDR', False, M4_IDR, ap=2)
    ]


def test_dpbanksel_gives_ctrl_stat_its_other_names() -> None:
    assert told(
        dp_write('SELECT', 0x01), dp_write('DLCR', 0), dp_write('SELECT', 0x03), dp_read('CTRL/STAT', 1)
    )[1::2] == [
        reg(1, 1, DP, 0x14, 'DLCR', True, 0),
        reg(3, 3, DP, 0x34, 'DLPIDR', False, 1),
    ]  # fmt: skip


def test_an_ap_that_is_no_memory_access_port_has_registers_only() -> None:
    assert told(
        dp_write('SELECT', 0x010000F0), ap_read('IDR'), dp_read('RDBUFF', JTAG_AP_IDR),
        dp_write('SELECT', 0x01000000), ap_write('DRW', 5),
    )[-1] == reg(4, 4, AP, 0x0C, 'AP 0x0C', True, 5, ap=1)  # fmt: skip


def test_pushed_writes_compare_and_write_nothing() -> None:
    said = told(*ready(), dp_write('CTRL/STAT', 0x50000008), ap_write('DRW', 5), dp_write('CTRL/STAT', 0x50000000),
                ap_write('DRW', 6))  # fmt: skip
    assert said[4] == reg(4, 4, AP, 0x0C, 'DRW', True, 5, ap=0)
    assert said[-1] == mem(6, 6, RAM + 4, 6, write=True)


def test_targetsel_is_told_although_nobody_acknowledges_it() -> None:
    phase = swd.DATA_PHASE
    assert told(dp_write('TARGETSEL', 0x01002927, ack=swd.NO_REPLY, flags=phase)) == [
        reg(0, 0, DP, 0x0C, 'TARGETSEL', True, 0x01002927)
    ]


# Joined in the middle of a session.


def test_bank_0_is_concluded_from_the_order_tar_drw() -> None:
    assert told(
        ap_write('TAR', 0xE0042000), ap_read('DRW', ack=swd.WAIT), ap_read('DRW', JUNK), dp_read('RDBUFF', 0x10076419)
    ) == [
        reg(0, 0, AP, 0x4, 'AP 0x?4', True, 0xE0042000),
        mem(2, 3, 0xE0042000, 0x10076419, ap=UNKNOWN),
    ]  # fmt: skip


def test_without_csw_tar_is_known_for_one_access_only() -> None:
    assert addresses(ap_write('TAR', RAM), ap_write('DRW', 1), ap_write('DRW', 2)) == [RAM, UNKNOWN]


def test_a_csw_seen_before_bank_0_was_concluded_counts() -> None:
    assert memory(
        ap_write('CSW', HALF), ap_write('TAR', RAM), *[ap_write('DRW', 0x00220011)] * 2
    ) == [
        mem(2, 2, RAM, 0x11, write=True, size=2, ap=UNKNOWN),
        mem(3, 3, RAM + 2, 0x22, write=True, size=2, ap=UNKNOWN),
    ]


@pytest.mark.parametrize(
    'pieces',
    [
        (ap_write('BD0', 1), ap_write('BD1', 2), ap_write('BD2', 3), ap_write('BD3', 4)),
        (ap_write('BD2', 3), ap_write('BD1', 2), ap_write('BD3', 4)),
        (ap_write('BD0', 0xA05F0003), ap_write('BD1', 2), ap_write('BD3', 4)),
        (ap_write('BD1', 2), ap_read('BD0', 3), ap_write('BD3', 4)),
    ],
)
def test_banked_data_registers_are_not_taken_for_tar_and_drw(pieces: tuple[Piece, ...]) -> None:
    assert memory(*pieces) == []


@pytest.mark.parametrize('before', [(), (ap_write('TAR', RAM), ap_write('DRW', 1))])
def test_tar_written_right_before_bank_1_is_selected_is_the_one_of_bd0_to_bd3(
    before: tuple[Piece, ...],
) -> None:
    place = len(before)
    data_bank = (dp_write('SELECT', 0x10), ap_write('BD1', 5))
    assert memory(*before, ap_write('TAR', 0xE000EDF0), *data_bank)[-1] == mem(
        place + 2, place + 2, 0xE000EDF4, 5, write=True
    )
    for other in (ap_read('TAR'), ap_write('DRW', 5), ap_write('BD2', 5)):
        access = memory(*before, ap_write('TAR', 0xE000EDF0), other, *data_bank)[-1]
        assert access == mem(place + 3, place + 3, UNKNOWN, 5, write=True)


def test_a_conclusion_is_withdrawn_when_a_register_of_another_bank_is_seen() -> None:
    mistaken = (ap_write('BD1', 0x10000), ap_write('BD3', 4))
    assert memory(*mistaken, ap_write('BD2', 5), ap_write('BD1', 2), ap_write('BD3', 6)) == [
        mem(1, 1, 0x10000, 4, write=True, ap=UNKNOWN)
    ]


# What really happened.


ACKS = {'OK': swd.OK, 'WAIT': swd.WAIT, 'FAULT': swd.FAULT, 'NONE': swd.NO_REPLY}
NANOSECONDS = 1_000_000_000
SIMULATED = [
    'connect_no_target', 'f1_program_verify_ok', 'f4_ram_loader_mass_erase_ok', 'f7_mass_erase_wrperr',
    'f7_rdp_ff_readback', 'g0_connect_ok', 'g0_option_write_no_obl', 'g0_option_write_obl_ok', 'g0_program_verify_ok',
    'wait_single_ok',
]  # fmt: skip
each_simulated = pytest.mark.parametrize('name', SIMULATED)


def simulated(name: str) -> Path:
    folder = require_captures() / 'simulated'
    if not folder.is_dir():
        pytest.skip(f'no captures in {folder}')
    return folder / name


@cache
def transfers(name: str) -> tuple[SwdTransfer, ...]:
    """Every packet that the simulated part saw; a sample is a nanosecond."""
    with gzip.open(simulated(name + '.tx.csv.gz'), 'rt', encoding='utf-8') as lines:
        return tuple(transfer(row) for row in csv.DictReader(lines))


def transfer(row: dict[str, str]) -> SwdTransfer:
    table = {('DP', 'R'): (0xA5, 0x8D, 0x95, 0xBD), ('DP', 'W'): (0x81, 0xA9, 0xB1, 0x99),
             ('AP', 'R'): (0x87, 0xAF, 0xB7, 0x9F), ('AP', 'W'): (0xA3, 0x8B, 0x93, 0xBB)}  # fmt: skip
    start, end = (round(float(row[key]) * NANOSECONDS) for key in ('t0_s', 't1_s'))
    request = table[row['port'], row['rw']][int(row['a']) // 4]
    data = int(row['data'] or '0', 16)
    flags = swd.DATA_PHASE if row['data'] else 0
    return SwdTransfer(start, end, BUS, request, ACKS[row['ack']], data, flags)


def accesses(name: str, first: int = 0, last: int | None = None) -> list[MemoryAccess]:
    packets = transfers(name)[first:last]
    said = run(packets, packets[-1].end + 1 if packets else 0)
    return [access for access in said if isinstance(access, MemoryAccess)]


def truth(name: str) -> Any:
    return json.loads(simulated(name + '.truth.json').read_text(encoding='utf-8'))


@each_simulated
def test_every_flash_register_access_of_the_simulated_part_is_told(name: str) -> None:
    found = {
        (access.start, access.address, access.value, access.write) for access in accesses(name)
    }
    true = {
        (round(time * NANOSECONDS), int(address, 16), int(value, 16), direction == 'w')
        for time, address, value, direction, *_ in truth(name)['flash_register_accesses']
    }
    assert true - found == set()


@each_simulated
def test_no_more_memory_is_accessed_than_by_the_simulated_part(name: str) -> None:
    done = [access for access in accesses(name) if access.outcome != FAULT]
    regions = truth(name)['memory_accesses'].get('regions', [])
    for region in regions:
        inside = range(int(region['from'], 16), int(region['to'], 16))
        count = sum(a.address in inside and a.write == (region['rw'] == 'w') for a in done)
        assert (region, count) == (region, region['accesses'])
    assert len(done) == truth(name)['memory_accesses']['total']


@each_simulated
def test_only_the_reads_that_the_part_refused_fail(name: str) -> None:
    outcomes = Counter(access.outcome for access in accesses(name)) - Counter({OK: 10**9})
    assert outcomes == Counter(
        {LOST: 1, FAULT: 1} if name == 'f7_rdp_ff_readback' else {}
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIMULATED), st.data())
def test_joined_anywhere_no_wrong_address_is_told(name: str, data: st.DataObject) -> None:
    packets = transfers(name)
    first = data.draw(st.integers(0, len(packets)))
    whole = {access.start: access for access in accesses(name)}
    for access in accesses(name, first):
        if access.address != UNKNOWN:
            assert access.address == whole[access.start].address
            if access.ap != UNKNOWN:
                assert access.ap == whole[access.start].ap


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SIMULATED), st.data())
def test_what_is_told_does_not_depend_on_what_follows(name: str, data: st.DataObject) -> None:
    packets = transfers(name)
    last = data.draw(st.integers(0, len(packets)))
    whole, part = accesses(name), accesses(name, 0, last)
    complete = [access for access in part if access.outcome != TRUNCATED]
    assert complete == whole[: len(complete)]
    assert len(part) - len(complete) <= 1


DISTURBANCES = st.sampled_from([swd.NO_REPLY, swd.FAULT, swd.WAIT, swd.ALL_ZERO, 3, 5, 6])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_the_packets_are_each_is_told_at_most_once_and_in_order(
    data: st.DataObject,
) -> None:
    requests = st.sampled_from([byte for key in PACKET_REQUESTS for byte in key])
    words = st.sampled_from([0, 1, 0x10, 0xF0, WORD, BYTE, PACKED_HALF, RAM, 0x50000000, M4_IDR])
    acks = st.one_of(st.just(swd.OK), st.just(swd.OK), DISTURBANCES)
    flags = st.sampled_from([swd.DATA_PHASE, swd.DATA_PHASE, BAD, CUT, 0])
    records: list[Record] = []
    for place in range(data.draw(st.integers(0, 30))):
        start = STEP * place
        if data.draw(st.integers(0, 15)) == 0:
            records.append(SwdSequence(start, start + 50, BUS, swd.LINE_RESET, 50))
        else:
            request, ack = data.draw(requests), data.draw(acks)
            records.append(
                SwdTransfer(
                    start, start + 46, BUS, request, ack, data.draw(words), data.draw(flags)
                )
            )
    said = run(records, STEP * len(records))
    places = [access.start for access in said if not isinstance(access, MemoryAccess)]
    assert len(places) == len(set(places))
    assert all(access.start <= access.end for access in said)


PACKET_REQUESTS = (
    (0xA5, 0x8D, 0x95, 0xBD), (0x81, 0xA9, 0xB1, 0x99), (0x87, 0xAF, 0xB7, 0x9F), (0xA3, 0x8B, 0x93, 0xBB),
)  # fmt: skip
