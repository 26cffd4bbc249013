"""The bootloader of the virtual part as an I2C slave, talked to bit by bit."""

from __future__ import annotations

from stm32trace.simulator.board import PS, Board
from stm32trace.simulator.hosts.i2c import ACK, BUSY, NACK, I2cHost
from stm32trace.simulator.loader.engine import I2C_11, Engine
from stm32trace.simulator.loader.i2c import I2cLoader
from stm32trace.simulator.parts.models import G071
from stm32trace.simulator.parts.part import Part

BASE = 0x0800_0000


class Bench:
    """A part in its loader, and a host on its bus."""

    def __init__(self, quirk: bool = False) -> None:
        self.board = Board({'scl': 1, 'sda': 1, 'nrst': 1, 'boot0': 1})
        self.part = Part(self.board, G071)
        I2cLoader(self.board, self.part, Engine(self.part, I2C_11, quirk))
        self.host = I2cHost(self.board)
        self.host.pause(0.001)


def test_the_loader_acknowledges_its_own_address_only() -> None:
    bench = Bench()
    assert bench.host.get_id() == b'\x04\x60'
    bench.host.address = 0x50
    assert bench.host.command(0x02) is None


def test_what_was_written_is_read_back() -> None:
    bench = Bench()
    data = bytes(range(64))
    assert bench.host.write_memory(BASE, data) == ACK
    assert bench.host.read_memory(BASE, 64) == data


def test_a_stretching_command_holds_scl_low_while_it_works() -> None:
    bench = Bench()
    bench.host.command(0x44)
    before = bench.board.now
    assert bench.host.frame(b'\xff\xff') == ACK
    assert bench.board.now - before > G071.times.mass_erase


def test_a_no_stretch_command_answers_busy_while_it_works() -> None:
    bench = Bench()
    assert bench.host.command(0x45) == ACK
    assert bench.host.frame(b'\xff\xff') == BUSY
    assert bench.host.wait_while_busy(0.001, 100) == ACK


def test_page_lists_are_acknowledged_count_first() -> None:
    bench = Bench()
    assert bench.host.command(0x44) == ACK
    assert bench.host.frame(b'\x00\x00') == ACK
    assert bench.host.frame(b'\x00\x05') == ACK


def test_an_unknown_command_is_refused() -> None:
    assert Bench().host.command(0x50) == NACK


def test_unprotecting_ends_with_a_reset_and_the_loader_comes_back() -> None:
    bench = Bench()
    assert bench.host.command(0x93) == ACK
    assert bench.host.wait_while_busy(0.001, 100) == ACK
    bench.host.pause(0.01)
    assert bench.host.get_id() == b'\x04\x60'
    assert [one.fields['cause'] for one in bench.part.truth.of('reset')] == ['sysresetreq']


def test_the_g071_case_endless_busy_and_a_part_that_is_lost_after_the_power_cycle() -> None:
    bench = Bench(quirk=True)
    assert bench.host.command(0x93) == ACK
    assert bench.host.wait_while_busy(0.1, 400) == BUSY
    bench.board.drive('nrst', 'button', 0)
    bench.host.pause(0.1)
    bench.board.drive('nrst', 'button', None)
    bench.host.pause(0.01)
    bench.board.supply(0)
    bench.host.pause(0.1)
    bench.board.supply(3.3)
    bench.host.pause(0.1)
    assert bench.host.status() is None
    assert bench.part.is_dead
    assert bench.board.now > 40 * PS
