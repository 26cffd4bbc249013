"""The dialogue builder of SWD: what its verbs put on the lines, and that long captures are the same.

Six samples a clock period, one character each: '#' high, '_' low. The first clock begins at sample
120.
"""

from __future__ import annotations

import numpy as np

from line.swd_decoding import transfers
from stm32trace.capture.changes import to_samples
from stm32trace_core.wire.swd import (
    BAD_PARITY,
    DATA_PHASE,
    FAULT,
    HIGH,
    LINE_RESET,
    NO_REPLY,
    OK,
    SwdSequence,
    SwdTransfer,
)
from waves.probe import Probe
from waves.swd import AP, DP, WAIT, SwdWave, dense, request


def line(wave: SwdWave, role: str, start: int = 120) -> str:
    """The levels of a line from the first clock on."""
    return ''.join('#' if level else '_' for level in to_samples(wave.changes((role,)))[start:])


def cycles(wave: SwdWave, at: int) -> str:
    """SWDIO in each clock cycle: at its rise (at=3) or at its end (at=5)."""
    levels = line(wave, 'swdio')[:-1]
    return ''.join('1' if level == '#' else '0' for level in levels[at::6])


def test_host_bit_lasts_from_fall_to_fall_of_the_clock() -> None:
    wave = SwdWave().bits('010')
    assert line(wave, 'swclk') == 3 * '___###' + '_'
    assert line(wave, 'swdio') == '______' + '######' + '______' + '_'


def test_request_bytes_are_the_sixteen_of_the_specification() -> None:
    legal = {
        (DP, True): [0xA5, 0x8D, 0x95, 0xBD],
        (DP, False): [0x81, 0xA9, 0xB1, 0x99],
        (AP, True): [0x87, 0xAF, 0xB7, 0x9F],
        (AP, False): [0xA3, 0x8B, 0x93, 0xBB],
    }
    for (port, read), expected in legal.items():
        assert [request(port, read, address) for address in (0x0, 0x4, 0x8, 0xC)] == expected


def test_target_changes_after_the_rise_of_the_cycle_before() -> None:
    wave = SwdWave(gap=0).read(DP, 0, 1)
    assert cycles(wave, 3) == '10100101' + '1' + '100' + '1' + 31 * '0' + '1' + '1'
    assert cycles(wave, 5) == '10100101' + '100' + '1' + 31 * '0' + '1' + '1' + '1'


def test_write_has_its_turnaround_before_the_data() -> None:
    wave = SwdWave(gap=0).write(AP, 4, 3)
    assert cycles(wave, 3) == '11010001' + '1' + '100' + '1' + '11' + 30 * '0' + '0'


def test_turnaround_may_take_more_clocks() -> None:
    wave = SwdWave(gap=0).turnaround(3).write(AP, 4, 3)
    assert cycles(wave, 3) == '11010001' + '111' + '100' + '111' + '11' + 30 * '0' + '0'


def test_wait_ends_after_a_turnaround() -> None:
    assert cycles(SwdWave(gap=0).write(AP, 4, 3, WAIT), 3) == '11010001' + '1' + '010' + '1'


def test_overrun_mode_has_a_data_phase_after_wait() -> None:
    wave = SwdWave(gap=0).overrun().write(AP, 4, 3, WAIT)
    assert cycles(wave, 3) == '11010001' + '1' + '010' + '1' + '11' + 30 * '0' + '0'
    wave = SwdWave(gap=0).overrun().read(AP, 4, 0, FAULT)
    assert cycles(wave, 3) == '11110101' + '1' + '001' + 33 * '1' + '1'


def test_truth_is_to_the_sample() -> None:
    wave = SwdWave().high(50).idle(2).read(DP, 0, 0x0BC11477)
    wave.write(AP, 4, 7, bad_parity=True).write(AP, 4, 7, WAIT)
    write = 123 + 6 * (52 + 48)
    wait = write + 6 * 48
    assert wave.truth == [
        SwdSequence(123, 420, 'swd0', LINE_RESET, 50),
        SwdTransfer(435, 435 + 6 * 44, 'swd0', 0xA5, OK, 0x0BC11477, DATA_PHASE),
        SwdTransfer(write, write + 6 * 45 + 3, 'swd0', 0x8B, OK, 7, DATA_PHASE | BAD_PARITY),
        SwdTransfer(wait, wait + 6 * 11, 'swd0', 0x8B, WAIT, 0, 0),
    ]


def test_too_few_high_clocks_are_no_line_reset() -> None:
    assert [one.kind for one in SwdWave().high(49).idle(2).high(7).sequences] == [HIGH]


def test_targetsel_is_not_answered_and_has_data() -> None:
    (said,) = SwdWave().targetsel(0x01002927).transfers
    assert (said.request, said.ack, said.data) == (0x99, NO_REPLY, 0x01002927)


def test_slow_lines_are_there_when_asked_for() -> None:
    wave = SwdWave(nrst=1).pulse('nrst', 1e-6)
    assert wave.roles == ('swclk', 'swdio', 'nrst')
    assert wave.changes(('nrst',)).index.tolist() == [0, 120, 144]


def test_long_capture_says_what_its_columns_say() -> None:
    made = dense(300, wait=0.2)
    found = transfers([made.changes()])
    columns = (made.start, made.request, made.ack, made.data)
    said = list(zip(*(column.tolist() for column in columns), strict=True))
    assert [(one.start, one.request, one.ack, one.data) for one in found] == said
    assert {one.flags for one in found} == {0, DATA_PHASE}
    assert len(np.unique(made.ack)) == 2


# What a probe says.


def said(probe: Probe) -> list[str]:
    """Packets in short: 'AP w4 e000edf0', 'DP rc WAIT'."""
    names = {WAIT: ' WAIT', FAULT: ' FAULT', NO_REPLY: ' -'}
    return [
        f'{"AP" if one.is_ap else "DP"} {"r" if one.is_read else "w"}{one.address:x}'
        f'{names.get(one.ack) or f" {one.data:x}"}'
        for one in probe.transfers
    ]


def test_reads_are_posted_and_rdbuff_brings_the_last() -> None:
    assert said(Probe().mem_read_block(0x08000000, [0x11, 0x22])) == [
        'DP w8 0', 'AP w0 23000052', 'AP w4 8000000', 'AP rc 0', 'AP rc 11', 'DP rc 22',
    ]  # fmt: skip


def test_only_what_changes_is_written() -> None:
    probe = Probe().mem_write(0x20000000, 1).mem_write(0x20000004, 2).mem_write(0x20000000, 3)
    assert said(probe)[2:] == [
        'AP w4 20000000', 'AP wc 1', 'DP rc 0', 'AP wc 2', 'DP rc 0', 'AP w4 20000000', 'AP wc 3',
        'DP rc 0',
    ]  # fmt: skip


def test_address_is_written_anew_at_each_kibibyte() -> None:
    probe = Probe().mem_write_block(0x200003F8, [1, 2, 3])
    assert said(probe)[2:7] == ['AP w4 200003f8', 'AP wc 1', 'AP wc 2', 'AP w4 20000400', 'AP wc 3']


def test_bytes_travel_in_their_lane() -> None:
    probe = Probe().mem_write(0x20000003, 0xAB, size=1)
    assert said(probe)[1:4] == ['AP w0 23000050', 'AP w4 20000003', 'AP wc ab000000']


def test_bus_error_is_told_by_fault_until_abort() -> None:
    probe = Probe().mem_read(0x1000, fault=True).status().abort().status()
    assert said(probe)[3:] == [
        'AP rc 0',
        'DP rc FAULT',
        'DP r4 f0000020',
        'DP w0 1e',
        'DP r4 f0000000',
    ]


def test_wait_is_answered_before_the_access_is_taken() -> None:
    probe = Probe().waiting(2).select(0, 0).mem_write(0x20000000, 1)
    assert said(probe)[:4] == ['DP w8 0', 'AP w0 WAIT', 'AP w0 WAIT', 'AP w0 23000052']


def test_connecting_is_switch_dpidr_and_power_up() -> None:
    probe = Probe().connect(0x2BA01477).power_up()
    assert said(probe) == [
        'DP r0 2ba01477', 'DP w0 1e', 'DP w8 0', 'DP w4 50000000', 'DP r4 f0000000',
    ]  # fmt: skip


def test_core_is_halted_through_dhcsr() -> None:
    probe = Probe().halt()
    assert said(probe)[2:] == [
        'AP w4 e000edf0', 'AP wc a05f0003', 'DP rc 0', 'AP w4 e000edf0', 'AP rc 0', 'DP rc 30003',
    ]  # fmt: skip


def test_part_that_resets_itself_pulls_nrst() -> None:
    probe = Probe(nrst=1).sysresetreq()
    fall, rise = probe.changes(('nrst',)).index[1:]
    assert rise - fall == 576
