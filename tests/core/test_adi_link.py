"""What is said of a link as a whole: runs of acknowledges, parity errors, new beginnings, statistics.

Place k of a conversation begins at sample 100 k (tests/waves/packets.py).
"""

from __future__ import annotations

import pytest

from stm32trace_core.adi.link import LinkMonitor
from stm32trace_core.adi.records import RUN_MARKS, AckRun, LinkReset, LinkStats, ParityError
from stm32trace_core.context import bare_context
from stm32trace_core.wire.swd import (
    ALL_ZERO,
    BAD_REQUEST,
    DATA_PHASE,
    FAULT,
    HIGH,
    JTAG_TO_SWD,
    LINE_RESET,
    NO_REPLY,
    NOISE,
    OK,
    WAIT,
)
from waves.packets import (
    BAD,
    BUS,
    CUT,
    STEP,
    WITH_DATA,
    WITHOUT,
    Piece,
    ap_read,
    ap_write,
    dp_read,
    dp_write,
    sequence,
    talk,
)

Said = AckRun | ParityError | LinkReset | LinkStats

READ_DRW, WRITE_DRW, READ_DPIDR, READ_RDBUFF = 0x9F, 0xBB, 0xA5, 0xBD


def told(*pieces: Piece) -> list[Said]:
    machine = LinkMonitor(bare_context(), BUS)
    said = [one for record in talk(*pieces) for one in machine.feed(record)]
    return said + list(machine.finish(STEP * len(pieces)))


def runs(*pieces: Piece) -> list[AckRun]:
    return [one for one in told(*pieces) if isinstance(one, AckRun)]


def stats(*pieces: Piece) -> LinkStats:
    (last,) = (one for one in told(*pieces) if isinstance(one, LinkStats))
    return last


def ack_run(
    first: int, last: int, ack: int, request: int, count: int, ok_before: int = 0, over: bool = True,
    same_request: bool = True, overrun: bool = False, length: int = WITHOUT,
) -> AckRun:  # fmt: skip
    start, end = STEP * first, STEP * last + length
    return AckRun(start, end, BUS, ack, request, same_request, count, ok_before, overrun, over)


# Runs.


def test_a_single_wait_is_a_run_of_one_told_when_it_is_over() -> None:
    assert runs(ap_read('DRW'), ap_read('DRW', ack=WAIT), ap_read('DRW')) == [
        ack_run(1, 1, WAIT, READ_DRW, 1, ok_before=1)
    ]


def test_a_long_run_is_told_at_each_mark_and_at_its_end() -> None:
    assert runs(*[ap_read('DRW', ack=FAULT)] * 102) == [
        *[ack_run(0, mark - 1, FAULT, READ_DRW, mark, over=False) for mark in RUN_MARKS[:4]],
        ack_run(0, 101, FAULT, READ_DRW, 102),
    ]
    assert RUN_MARKS == (3, 5, 8, 100, 1000)


def test_another_acknowledge_begins_another_run() -> None:
    assert runs(
        ap_read('DRW', ack=WAIT), ap_read('DRW', ack=FAULT), ap_write('DRW', 0, ack=FAULT)
    ) == [
        ack_run(0, 0, WAIT, READ_DRW, 1),
        ack_run(1, 2, FAULT, READ_DRW, 2, same_request=False),
    ]


@pytest.mark.parametrize('kind', [LINE_RESET, JTAG_TO_SWD, NOISE])
def test_a_sequence_ends_a_run(kind: str) -> None:
    silence = dp_read('DPIDR', ack=NO_REPLY)
    assert runs(silence, sequence(kind), silence) == [
        ack_run(0, 0, NO_REPLY, READ_DPIDR, 1),
        ack_run(2, 2, NO_REPLY, READ_DPIDR, 1),
    ]


def test_ok_before_counts_from_the_last_line_reset() -> None:
    good, bad = dp_read('DPIDR', 1), dp_read('DPIDR', ack=ALL_ZERO)
    assert [run.ok_before for run in runs(good, good, bad, sequence(), good, bad)] == [2, 1]


def test_a_targetsel_write_belongs_to_no_run() -> None:
    silence = dp_read('DPIDR', ack=NO_REPLY)
    select = dp_write('TARGETSEL', 0x01002927, ack=NO_REPLY, flags=DATA_PHASE)
    assert runs(select) == []
    assert runs(silence, select, silence) == [ack_run(0, 2, NO_REPLY, READ_DPIDR, 2)]


def test_a_packet_that_is_cut_off_belongs_to_no_run() -> None:
    assert (
        runs(dp_read('DPIDR', ack=NO_REPLY, flags=CUT), dp_read('DPIDR', ack=OK, flags=CUT)) == []
    )


def test_overrun_detection_is_that_of_ctrl_stat_when_the_run_began() -> None:
    wait = ap_read('DRW', ack=WAIT, flags=DATA_PHASE)
    on, off = dp_write('CTRL/STAT', 0x50000001), dp_write('CTRL/STAT', 0x50000000)
    assert [run.overrun for run in runs(wait, on, wait, sequence(), wait, off, wait)] == [
        False,
        True,
        True,
        False,
    ]
    assert [run.overrun for run in runs(dp_read('CTRL/STAT', 0xF0000041), wait)] == [True]
    assert [run.overrun for run in runs(dp_write('SELECT', 1), dp_write('DLCR', 1), wait)] == [
        False
    ]
    assert [run.overrun for run in runs(dp_write('CTRL/STAT', 1, flags=BAD), wait)] == [False]


# Parity.


def test_a_wrong_parity_bit_of_a_data_phase() -> None:
    assert told(ap_read('DRW', 5, flags=BAD))[0] == ParityError(0, WITH_DATA, BUS, READ_DRW, 5)


def test_the_data_phase_of_a_packet_without_ok_has_no_parity_to_judge() -> None:
    assert [type(one).__name__ for one in told(ap_read('DRW', 5, ack=WAIT, flags=BAD))] == [
        'AckRun',
        'LinkStats',
    ]


def test_a_packet_with_bad_parity_ends_a_run_first() -> None:
    assert [
        type(one).__name__ for one in told(ap_read('DRW', ack=WAIT), ap_read('DRW', 5, flags=BAD))
    ] == [
        'AckRun',
        'ParityError',
        'LinkStats',
    ]


# New beginnings.


def test_every_sequence_of_the_specification_is_a_new_beginning() -> None:
    good, bad = dp_read('DPIDR', 1), dp_read('DPIDR', ack=NO_REPLY)
    odd = (sequence(NOISE), sequence(HIGH, 40), sequence(BAD_REQUEST, 8))
    said = told(sequence(), sequence(JTAG_TO_SWD, 16), good, bad, *odd, sequence())
    assert [one for one in said if isinstance(one, LinkReset)] == [
        LinkReset(0, 52, BUS, LINE_RESET, 0, 0),
        LinkReset(100, 116, BUS, JTAG_TO_SWD, 0, 0),
        LinkReset(700, 752, BUS, LINE_RESET, 2, 1),
    ]


# Statistics.


def test_the_link_in_numbers() -> None:
    assert stats(
        sequence(),
        dp_read('DPIDR', 1),
        ap_read('DRW', ack=WAIT),
        ap_read('DRW', ack=FAULT),
        ap_read('DRW', ack=NO_REPLY),
        ap_read('DRW', ack=ALL_ZERO),
        ap_read('DRW', ack=3),
        ap_read('DRW', 5, flags=BAD),
        dp_write('TARGETSEL', 1, ack=NO_REPLY, flags=DATA_PHASE),
        dp_read('DPIDR', ack=OK, flags=CUT),
        sequence(),
    ) == LinkStats(100, 1052, BUS, 9, 2, 1, 1, 1, 1, 1, 1, 2, True)


def test_the_first_packet_came_before_any_line_reset() -> None:
    assert not stats(dp_read('DPIDR', 1), sequence()).reset_first


def test_a_link_without_packets() -> None:
    assert told(sequence(NOISE)) == [
        LinkStats(0, 52, BUS, 0, 0, 0, 0, 0, 0, 0, 0, 0, False)
    ]  # fmt: skip
    assert told() == []
