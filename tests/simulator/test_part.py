"""The virtual part: flash, option bytes, protection, reset and supply, seen through its registers."""

from __future__ import annotations

import pytest

from stm32trace.simulator.board import PS, Board, picoseconds
from stm32trace.simulator.debug.dap import BusFaultError
from stm32trace.simulator.parts.models import F103, F429, F722, G071, MS, Model
from stm32trace.simulator.parts.part import Part

KEY1, KEY2 = 0x4567_0123, 0xCDEF_89AB
OPTKEY1, OPTKEY2 = 0x0819_2A3B, 0x4C5D_6E7F
BASE = 0x0800_0000
NETS = {'swclk': 0, 'swdio': 1, 'nrst': 1, 'boot0': 0}


def part(model: Model) -> Part:
    return Part(Board(NETS), model)


class Registers:
    """FLASH registers of a part by name, written as a debugger does."""

    OFFSETS = {
        'G0': {'KEYR': 0x08, 'OPTKEYR': 0x0C, 'SR': 0x10, 'CR': 0x14, 'OPTR': 0x20, 'WRP1AR': 0x2C},
        'F4': {'KEYR': 0x04, 'OPTKEYR': 0x08, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14},
        'F7': {'KEYR': 0x04, 'OPTKEYR': 0x08, 'SR': 0x0C, 'CR': 0x10, 'OPTCR': 0x14},
        'F1': {'KEYR': 0x04, 'OPTKEYR': 0x08, 'SR': 0x0C, 'CR': 0x10, 'AR': 0x14, 'OBR': 0x1C},
    }

    def __init__(self, of: Part) -> None:
        self._part = of
        self._offsets = self.OFFSETS[of.model.family]

    def __getitem__(self, name: str) -> int:
        address = self._part.model.flash_registers + self._offsets[name]
        return self._part.memory.read(address, 4, 'debug')

    def __setitem__(self, name: str, value: int) -> None:
        address = self._part.model.flash_registers + self._offsets[name]
        self._part.memory.write(address, 4, value, 'debug')

    def unlock(self) -> None:
        self['KEYR'] = KEY1
        self['KEYR'] = KEY2

    def unlock_options(self) -> None:
        self['OPTKEYR'] = OPTKEY1
        self['OPTKEYR'] = OPTKEY2


def pass_ms(of: Part, ms: float) -> None:
    of.board.run_for(picoseconds(ms / 1000))


def write(of: Part, address: int, size: int, value: int) -> None:
    of.memory.write(address, size, value, 'debug')


def read(of: Part, address: int, size: int = 4) -> int:
    return of.memory.read(address, size, 'debug')


# Identity.


@pytest.mark.parametrize('model', [G071, F103, F429, F722])
def test_a_part_tells_its_identity_and_size(model: Model) -> None:
    made = part(model)
    assert read(made, model.dbgmcu) & 0xFFF == model.dev_id
    assert read(made, model.flash_size, 2) == model.flash_kib


# STM32G0.


def test_g0_programs_a_double_word_with_its_second_word() -> None:
    made = part(G071)
    flash = Registers(made)
    flash.unlock()
    flash['CR'] = 1
    write(made, BASE, 4, 0x1111_2222)
    assert not made.flash.busy
    write(made, BASE + 4, 4, 0x3333_4444)
    assert flash['SR'] & 1 << 16
    pass_ms(made, 1)
    assert flash['SR'] & (1 | 1 << 16) == 1
    assert (read(made, BASE), read(made, BASE + 4)) == (0x1111_2222, 0x3333_4444)


def test_g0_refuses_to_program_what_is_not_blank() -> None:
    made = part(G071)
    made.flash.cells.program(BASE, b'\0' * 8)
    flash = Registers(made)
    flash.unlock()
    flash['CR'] = 1
    write(made, BASE, 4, 1)
    write(made, BASE + 4, 4, 1)
    assert flash['SR'] == 1 << 3


def test_g0_erases_the_page_that_pnb_names() -> None:
    made = part(G071)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    flash = Registers(made)
    flash.unlock()
    flash['CR'] = 1 << 16 | 5 << 3 | 2
    pass_ms(made, 30)
    assert (read(made, BASE + 5 * 2048), read(made, BASE + 6 * 2048)) == (0xFFFF_FFFF, 0)


def test_g0_takes_no_command_while_locked() -> None:
    made = part(G071)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    flash = Registers(made)
    flash['CR'] = 1 << 16 | 1 << 2
    pass_ms(made, 100)
    assert read(made, BASE) == 0
    assert flash['CR'] >> 31


def test_g0_wrong_key_faults_and_locks_until_the_next_reset() -> None:
    made = part(G071)
    flash = Registers(made)
    with pytest.raises(BusFaultError):
        flash['KEYR'] = 0x1234_5678
    with pytest.raises(BusFaultError):
        flash['KEYR'] = KEY1
    made.reset('sysresetreq')
    pass_ms(made, 1)
    flash.unlock()
    assert not flash['CR'] >> 31


def test_g0_mass_erase_is_refused_where_one_page_is_protected() -> None:
    made = part(G071)
    made.flash.loaded['WRP1AR'] = 3 << 16 | 3  # type: ignore[attr-defined]
    flash = Registers(made)
    flash.unlock()
    flash['CR'] = 1 << 16 | 1 << 2
    assert flash['SR'] == 1 << 4


def test_g0_options_are_in_force_only_after_they_are_loaded() -> None:
    made = part(G071)
    flash = Registers(made)
    flash.unlock()
    flash.unlock_options()
    flash['OPTR'] = 0xDFFF_E1BB
    flash['CR'] = 1 << 17
    pass_ms(made, 50)
    assert flash['OPTR'] == 0xDFFF_E1AA
    assert made.level == 0
    flash['CR'] = 1 << 27
    pass_ms(made, 1)
    assert made.level == 1
    with pytest.raises(BusFaultError):
        read(made, BASE)


def test_g0_a_system_reset_does_not_load_options() -> None:
    made = part(G071)
    made.flash.program_options({'OPTR': 0xDFFF_E1BB})
    pass_ms(made, 50)
    made.reset('sysresetreq')
    pass_ms(made, 1)
    assert made.level == 0


def test_g0_going_back_to_level_0_erases_the_memory() -> None:
    made = part(G071)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    made.flash.program_options({'OPTR': 0xDFFF_E1BB})
    pass_ms(made, 50)
    made.flash.load_options()
    made.flash.program_options({'OPTR': 0xDFFF_E1AA})
    pass_ms(made, 60)
    made.flash.load_options()
    assert made.level == 0
    assert read(made, BASE) == 0xFFFF_FFFF


def test_g0_a_reset_while_options_are_programmed_kills_the_part_at_the_next_power_on() -> None:
    made = part(G071)
    made.flash.program_options({'OPTR': 0xDFFF_E1BB})
    pass_ms(made, 5)
    made.board.drive('nrst', 'button', 0)
    pass_ms(made, 1)
    made.board.drive('nrst', 'button', None)
    pass_ms(made, 1)
    assert not made.is_dead
    made.board.supply(0.0)
    pass_ms(made, 10)
    made.board.supply(3.3)
    pass_ms(made, 10)
    assert made.is_dead


# STM32F4 and F7.


@pytest.mark.parametrize('model', [F429, F722])
def test_f4_one_protected_sector_refuses_a_mass_erase_but_not_the_erase_of_another(
    model: Model,
) -> None:
    made = part(model)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    flash = Registers(made)
    flash.unlock_options()
    flash['OPTCR'] = flash['OPTCR'] & ~(1 << 18 | 1) | 2
    pass_ms(made, 600)
    flash.unlock()
    flash['CR'] = 1 << 16 | 1 << 2
    assert flash['SR'] == 1 << 4 | 1
    flash['SR'] = 1 << 4 | 1
    flash['CR'] = 1 << 16 | 3 << 3 | 1 << 1
    pass_ms(made, 300)
    assert read(made, BASE + 3 * 16384) == 0xFFFF_FFFF
    assert read(made, BASE + 2 * 16384) == 0


def test_f4_takes_data_only_in_the_size_that_psize_gives() -> None:
    made = part(F429)
    flash = Registers(made)
    flash.unlock()
    flash['CR'] = 2 << 8 | 1
    write(made, BASE, 2, 0x1234)
    assert flash['SR'] == 1 << 6
    write(made, BASE, 4, 0x1234_5678)
    pass_ms(made, 1)
    assert read(made, BASE) == 0x1234_5678


def test_f4_options_interrupted_read_as_erased() -> None:
    made = part(F429)
    made.flash.program_options({'OPTCR': 0x0FFF_BBEC})
    pass_ms(made, 5)
    made.reset('sysresetreq')
    pass_ms(made, 1)
    assert (made.flash.rdp_byte, made.level) == (0xFF, 1)


# STM32F1.


def test_f1_programs_half_words() -> None:
    made = part(F103)
    flash = Registers(made)
    flash.unlock()
    flash['CR'] = 1
    write(made, BASE + 2, 2, 0xBEEF)
    pass_ms(made, 1)
    assert read(made, BASE) == 0xBEEF_FFFF


def test_f1_option_bytes_that_stay_erased_protect_the_part_at_the_next_reset() -> None:
    made = part(F103)
    flash = Registers(made)
    flash.unlock()
    flash['OPTKEYR'] = KEY1
    flash['OPTKEYR'] = KEY2
    flash['CR'] = 1 << 9 | 1 << 6 | 1 << 5
    pass_ms(made, 30)
    assert made.level == 0
    made.reset('sysresetreq')
    pass_ms(made, 1)
    assert (made.level, flash['OBR'] & 3) == (1, 3)


def test_f1_the_key_written_to_a_protected_part_erases_it() -> None:
    made = part(F103)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    made.flash.program_options({'RDP': 0})
    pass_ms(made, 50)
    made.reset('sysresetreq')
    pass_ms(made, 1)
    flash = Registers(made)
    flash.unlock()
    flash['OPTKEYR'] = KEY1
    flash['OPTKEYR'] = KEY2
    flash['CR'] = 1 << 9 | 1 << 6 | 1 << 5
    pass_ms(made, 30)
    flash['CR'] = 1 << 9 | 1 << 4
    write(made, 0x1FFF_F800, 2, 0xA5)
    pass_ms(made, 30)
    made.reset('sysresetreq')
    pass_ms(made, 1)
    assert made.level == 0
    assert read(made, BASE) == 0xFFFF_FFFF


# Reset, supply, truth.


def test_the_part_pulls_nrst_after_a_reset_from_inside() -> None:
    made = part(G071)
    seen: list[tuple[int, int]] = []
    made.board.watch('nrst', lambda level, time: seen.append((level, time)))
    made.reset('sysresetreq')
    pass_ms(made, 1)
    assert [level for level, _ in seen] == [0, 1]
    assert seen[1][1] - seen[0][1] == G071.reset_pulse


def test_a_reset_in_an_erase_leaves_neither_old_nor_erased_data() -> None:
    made = part(G071)
    made.flash.cells.data[:] = bytes(len(made.flash.cells))
    made.flash.erase_sector(0)
    pass_ms(made, 5)
    made.board.drive('nrst', 'button', 0)
    assert not made.flash.busy
    assert made.flash.cells.data[0] not in (0, 0xFF)


def test_boot0_high_starts_the_loader() -> None:
    board = Board({**NETS, 'boot0': 1})
    assert Part(board, G071).mode == 'loader'


def test_an_operation_takes_as_many_times_longer_as_it_is_told() -> None:
    made = part(G071)
    made.flash.slow['mass_erase'] = 3
    assert made.flash.erase_all() == 66 * MS


def test_the_truth_tells_operations_changes_and_resets() -> None:
    made = part(G071)
    made.flash.program_options({'OPTR': 0xDFFF_E1BB})
    pass_ms(made, 50)
    made.flash.load_options()
    made.reset('obl_launch')
    pass_ms(made, 1)
    kinds = [
        (one.kind, one.fields) for one in made.truth.of('flash_operation', 'option_change', 'reset')
    ]
    assert kinds == [
        ('flash_operation', {'operation': 'option_program', 'outcome': 'done'}),
        ('option_change', {'name': 'OPTR', 'old': 0xDFFF_E1AA, 'new': 0xDFFF_E1BB}),
        ('reset', {'cause': 'obl_launch'}),
    ]
    assert made.truth.of('reset')[0].end - made.truth.of('reset')[0].start == 20 * PS // 10**6
