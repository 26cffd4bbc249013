"""The debugger with verbs, on every kind of part."""

from __future__ import annotations

import pytest

from stm32trace.simulator.board import Board
from stm32trace.simulator.hosts.debugger import Debugger
from stm32trace.simulator.parts import flash_f1, flash_f4, flash_g0
from stm32trace.simulator.parts.models import F103, F429, F722, G071, MODELS, Model
from stm32trace.simulator.parts.part import Part

NETS = {'swclk': 0, 'swdio': 1, 'nrst': 1, 'boot0': 0}
BASE = 0x0800_0000
# movs r0, #42; bkpt
ANSWER = bytes.fromhex('2a20 00be')


def bench(model: Model) -> tuple[Part, Debugger]:
    board = Board(NETS)
    made = Part(board, model)
    host = Debugger(board, model, poll_s=0.02)
    host.connect()
    host.halt()
    return made, host


@pytest.mark.parametrize('model', MODELS.values(), ids=MODELS)
def test_a_sector_is_erased_programmed_and_read_back(model: Model) -> None:
    made, host = bench(model)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    data = bytes(range(32))
    host.unlock()
    host.erase(0)
    host.program(BASE, data)
    host.lock()
    assert host.read_back(BASE, 32) == data
    assert made.flash.cells.data[made.flash.cells.starts[1]] == 0


@pytest.mark.parametrize('model', MODELS.values(), ids=MODELS)
def test_a_mass_erase_leaves_nothing(model: Model) -> None:
    made, host = bench(model)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    host.unlock()
    host.mass_erase()
    assert made.flash.cells.is_blank(BASE, len(made.flash.cells))


def test_options_of_a_g0_are_loaded_by_the_launch() -> None:
    made, host = bench(G071)
    host.unlock()
    host.write_options(0xDFFF_E1AA & ~(1 << 24))
    assert made.flash.read(flash_g0.OPTR, 4, 'debug') == 0xDFFF_E1AA
    host.launch_options()
    assert made.flash.read(flash_g0.OPTR, 4, 'debug') == 0xDEFF_E1AA


@pytest.mark.parametrize('model', [F429, F722])
def test_options_of_an_f4_are_in_force_at_once(model: Model) -> None:
    made, host = bench(model)
    before = host.register(flash_f4.OPTCR)
    host.write_options(before & ~(1 << 16))
    assert made.flash.is_protected(0)


def test_options_of_an_f1_are_in_force_after_a_reset() -> None:
    made, host = bench(F103)
    host.unlock()
    host.write_options(0x00)
    assert made.level == 0
    host.reset()
    assert made.level == 1
    assert host.register(flash_f1.OBR) & flash_f1.OBR_RDPRT


@pytest.mark.parametrize('model', MODELS.values(), ids=MODELS)
def test_code_in_sram_runs_to_its_breakpoint(model: Model) -> None:
    pytest.importorskip('unicorn')
    made, host = bench(model)
    made.run_code()
    assert host.run_loader(ANSWER) == 42


def test_a_reset_with_vector_catch_halts_at_the_first_instruction() -> None:
    made, host = bench(G071)
    made.flash.cells.program(
        BASE, (0x2000_1000).to_bytes(4, 'little') + (0x0800_0101).to_bytes(4, 'little')
    )
    host.resume()
    host.reset(halt=True)
    assert made.core.halted
    assert host.core_register(15) == 0x0800_0100
