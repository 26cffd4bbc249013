"""The debug port of the virtual part, talked to bit by bit."""

from __future__ import annotations

import pytest

from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.debug.dap import BusFaultError, DebugPort, Identity, MemoryPort
from stm32trace.simulator.debug.swd import SwdTarget
from stm32trace.simulator.hosts.swd import (
    ABORT,
    CTRL_STAT,
    DPIDR,
    DRW,
    FAULT,
    NO_ANSWER,
    OK,
    RDBUFF,
    SELECT,
    TAR,
    WAIT,
    ProbeError,
    SwdProbe,
)  # fmt: skip

IDENTITY = Identity(dpidr=0x0BC1_1477, idr=0x0477_0031, base=0xE00F_F003, increment_bits=10)
IDR = 0xC  # in bank 0xF
STICKYERR, WDATAERR, STICKYORUN = 1 << 5, 1 << 7, 1 << 1


class Bytes:
    """64 KiB of memory at 0x20000000 that may be slow."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.data = bytearray(0x10000)
        self.slow = 0  # picoseconds a write takes
        self._done = 0

    def _place(self, address: int, size: int) -> slice:
        if not 0x2000_0000 <= address <= 0x2001_0000 - size:
            raise BusFaultError
        return slice(address - 0x2000_0000, address - 0x2000_0000 + size)

    def read(self, address: int, size: int) -> int:
        return int.from_bytes(self.data[self._place(address, size)], 'little')

    def write(self, address: int, size: int, value: int) -> None:
        self.data[self._place(address, size)] = value.to_bytes(size, 'little')
        self._done = self._board.now + self.slow

    def stalled_until(self, address: int) -> int:
        return self._done


class Bench:
    """A board with a debug port, and a probe on it."""

    def __init__(self, jtag_first: bool = False, retries: int = 100) -> None:
        self.board = Board({'swclk': 0, 'swdio': 1})
        self.memory = Bytes(self.board)
        self.port = DebugPort(self.board, MemoryPort(self.memory, IDENTITY), IDENTITY)
        self.target = SwdTarget(self.board, self.port, jtag_first)
        self.probe = SwdProbe(self.board, retries=retries)


@pytest.mark.parametrize('jtag_first', [False, True])
def test_a_host_that_connects_reads_dpidr(jtag_first: bool) -> None:
    assert Bench(jtag_first).probe.connect() == 0x0BC1_1477


def test_a_port_that_is_still_jtag_does_not_answer() -> None:
    bench = Bench(jtag_first=True)
    bench.probe.line_reset()
    bench.probe.idle()
    assert bench.probe.request(False, True, DPIDR).acknowledge == NO_ANSWER


def test_nothing_but_dpidr_is_answered_first_after_a_line_reset() -> None:
    bench = Bench()
    bench.probe.line_reset()
    bench.probe.idle()
    assert bench.probe.request(False, True, CTRL_STAT).acknowledge == NO_ANSWER
    bench.probe.idle()
    assert bench.probe.request(False, True, DPIDR).acknowledge == OK
    assert bench.probe.request(False, True, CTRL_STAT).acknowledge == OK


def test_a_word_written_is_read_back_in_every_size() -> None:
    bench = Bench()
    bench.probe.connect()
    bench.probe.write(0x2000_0010, 0x1234_5678)
    bench.probe.write(0x2000_0013, 0xAB, size=1)
    assert bench.probe.read(0x2000_0010) == 0xAB34_5678
    assert bench.probe.read(0x2000_0012, size=2) == 0xAB34


def test_blocks_go_through_the_increment_and_its_wrap() -> None:
    bench = Bench()
    bench.probe.connect()
    words = [0x100 + place for place in range(300)]
    bench.probe.write_block(0x2000_03C0, words)
    assert bench.probe.read_block(0x2000_03C0, 300) == words
    bench.probe.write_ap(TAR, 0x2000_03FC)
    bench.probe.write_ap(DRW, 1)
    bench.probe.write_ap(DRW, 2)
    assert bench.probe.read(0x2000_0000) == 2


def test_the_identity_of_the_access_port_comes_posted() -> None:
    bench = Bench()
    bench.probe.connect()
    bench.probe.write_dp(SELECT, 0xF0)
    assert bench.probe.read_ap(IDR) == 0x0477_0031


def test_an_access_that_is_refused_shows_in_the_next_one() -> None:
    bench = Bench()
    bench.probe.connect()
    bench.probe.write(0x1000_0000, 1)
    with pytest.raises(ProbeError, match='100'):
        bench.probe.read(0x2000_0000)
    assert bench.probe.read_dp(CTRL_STAT) & STICKYERR
    bench.probe.write_dp(ABORT, 0x1E)
    assert not bench.probe.read_dp(CTRL_STAT) & STICKYERR
    assert bench.probe.read(0x2000_0000) == 0


def test_an_access_under_way_makes_the_next_one_wait() -> None:
    bench = Bench(retries=0)
    bench.probe.connect()
    bench.memory.slow = PS // 1000
    bench.probe.write(0x2000_0000, 7)
    assert bench.probe.request(True, True, DRW).acknowledge == OK
    assert bench.probe.request(True, True, DRW).acknowledge == WAIT
    assert bench.probe.request(False, True, RDBUFF).acknowledge == WAIT
    assert bench.probe.request(False, True, CTRL_STAT).acknowledge == OK
    bench.probe.pause(0.002)
    assert bench.probe.read_dp(RDBUFF) == 7


def test_a_write_with_bad_parity_is_not_done() -> None:
    bench = Bench()
    probe = bench.probe
    probe.connect()
    probe.write_ap(TAR, 0x2000_0000)
    probe.send(1 | 1 << 1 | 0 << 2 | 0b11 << 3 | 1 << 5 | 1 << 7, 8)
    probe.clock(None)
    assert probe.receive(3) == OK
    probe.clock(None)
    probe.send(5, 32)
    probe.send(1, 1)
    assert probe.read_dp(CTRL_STAT) & WDATAERR
    assert probe.request(True, True, DRW).acknowledge == FAULT
    assert bench.memory.data[0] == 0


def test_overrun_detection_makes_a_data_phase_follow_every_answer() -> None:
    bench = Bench(retries=0)
    bench.probe.connect()
    bench.probe.write_dp(CTRL_STAT, 0x5000_0001)
    bench.memory.slow = PS // 1000
    bench.probe.write(0x2000_0000, 7)
    bench.probe.write_ap(DRW, 8)
    assert bench.probe.request(True, False, TAR, 0).acknowledge == WAIT
    bench.probe.send(0, 33)
    assert bench.probe.read_dp(CTRL_STAT) & STICKYORUN


def test_an_access_before_power_up_fails() -> None:
    bench = Bench()
    bench.probe.line_reset()
    bench.probe.idle()
    bench.probe.read_dp(DPIDR)
    bench.probe.request(True, True, DRW)
    assert bench.probe.read_dp(CTRL_STAT) & STICKYERR


def test_what_is_no_request_is_not_answered_until_dpidr_is_read() -> None:
    bench = Bench()
    bench.probe.connect()
    bench.probe.send(0b1000_0001 | 1 << 5, 8)  # wrong parity
    assert bench.probe.receive(5) == 0b11111
    bench.probe.idle()
    assert bench.probe.request(False, True, CTRL_STAT).acknowledge == NO_ANSWER
    bench.probe.idle()
    assert bench.probe.request(False, True, DPIDR).acknowledge == OK


@pytest.mark.parametrize('turnaround', [2, 3, 4])
def test_the_turnaround_is_what_dlcr_says(turnaround: int) -> None:
    bench = Bench()
    bench.probe.connect()
    bench.probe.write_dp(SELECT, 1)
    bench.probe.write_dp(CTRL_STAT, turnaround - 1 << 8)
    bench.probe.turnaround = turnaround
    bench.probe.write_dp(SELECT, 0)
    bench.probe.write(0x2000_0000, 0xDEAD_BEEF)
    assert bench.probe.read(0x2000_0000) == 0xDEAD_BEEF
