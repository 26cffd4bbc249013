"""The bootloader of the virtual part over a serial line, talked to bit by bit."""

from __future__ import annotations

import pytest

from stm32trace.simulator.board import Board
from stm32trace.simulator.hosts.uart import ACK, NACK, UartHost
from stm32trace.simulator.loader.engine import UART_31, UART_33, Engine, Version
from stm32trace.simulator.loader.uart import UartLoader
from stm32trace.simulator.parts.models import G071
from stm32trace.simulator.parts.part import Part

BASE = 0x0800_0000


class Bench:
    """A part in its loader, and a host on its serial line."""

    def __init__(
        self,
        baud: float = 115200,
        parity: str = 'even',
        version: Version = UART_31,
        error: float = 0.0,
    ) -> None:
        self.board = Board({'tx': 1, 'rx': 1, 'nrst': 1, 'boot0': 1})
        self.part = Part(self.board, G071)
        UartLoader(self.board, self.part, Engine(self.part, version), error)
        self.host = UartHost(self.board, baud, parity)
        self.host.pause(0.001)


@pytest.mark.parametrize('baud', [1200, 57600, 115200, 460800])
def test_the_rate_is_measured_from_the_first_byte(baud: float) -> None:
    bench = Bench(baud)
    assert bench.host.sync() == ACK
    assert bench.host.get_id() == b'\x04\x60'


def test_a_second_sync_byte_is_half_a_command() -> None:
    bench = Bench()
    bench.host.sync()
    assert bench.host.sync() is None
    assert bench.host.sync() == NACK


def test_a_host_without_parity_is_answered_once_and_never_again() -> None:
    bench = Bench(parity='none')
    bench.host.timeout_s = 0.05
    assert bench.host.sync() == ACK
    assert bench.host.ask(b'\x00\xff') in (None, NACK)


def test_get_tells_version_and_commands() -> None:
    bench = Bench(version=UART_33)
    bench.host.sync()
    assert bench.host.get() == bytes([0x33, *UART_33.commands])


def test_what_was_written_is_read_back() -> None:
    bench = Bench()
    bench.host.sync()
    data = bytes(range(256))
    assert bench.host.erase_pages([0]) == ACK
    assert bench.host.write(BASE, data) == ACK
    assert bench.host.read(BASE, 256) == data


def test_a_bad_checksum_is_refused() -> None:
    bench = Bench()
    bench.host.sync()
    bench.host.command(0x31)
    assert bench.host.ask(b'\x08\x00\x00\x00\x09') == NACK


def test_a_protected_part_refuses_what_reads_it() -> None:
    bench = Bench()
    bench.part.flash.program_rdp(0xBB)
    bench.host.pause(0.1)
    bench.part.flash.load_options()
    bench.host.sync()
    assert bench.host.read(BASE, 4) is None
    assert bench.host.get_id() == b'\x04\x60'


def test_readout_unprotect_erases_and_resets() -> None:
    bench = Bench()
    bench.part.flash.cells.data[:] = bytes(len(bench.part.flash.cells))
    bench.part.flash.program_rdp(0xBB)
    bench.host.pause(0.1)
    bench.part.flash.load_options()
    bench.host.sync()
    assert bench.host.command(0x92) == ACK
    assert bench.host.receive() == bytes([ACK])
    bench.host.pause(0.1)
    assert bench.part.level == 0
    assert bench.host.sync() == ACK
    assert bench.host.read(BASE, 4) == b'\xff' * 4


def test_an_erase_answers_when_it_is_done() -> None:
    bench = Bench()
    bench.host.sync()
    bench.part.flash.slow['mass_erase'] = 10
    before = bench.board.now
    assert bench.host.erase_all() == ACK
    assert bench.board.now - before > 10 * G071.times.mass_erase


def test_a_clock_off_by_three_percent_is_still_understood() -> None:
    bench = Bench(error=0.03)
    bench.host.sync()
    assert bench.host.get_id() == b'\x04\x60'


def test_a_clock_off_by_eight_percent_is_not() -> None:
    bench = Bench(error=0.08)
    bench.host.timeout_s = 0.05
    bench.host.sync()
    assert bench.host.command(0x02) != ACK


def test_nothing_answers_while_the_firmware_runs() -> None:
    bench = Bench()
    bench.board.nets['boot0'].pull_to(0, bench.board.now)
    bench.part.reset('sysresetreq')
    bench.host.pause(0.01)
    bench.host.timeout_s = 0.05
    assert bench.host.sync() is None
