"""Sessions over SWD that go well, as stories made of steps: what open tools do to flash and option bytes.

Each step is a piece of a session that a capture may begin after, end before, or lack. The order of accesses is that
of OpenOCD (src/flash/nor/stm32f1x.c, stm32f2x.c, stm32l4x.c) and of ST-LINK's loaders in SRAM; some steps poll the
start bit in CR or OPTCR instead of BSY in SR, as other hosts do.
"""

from __future__ import annotations

from collections.abc import Callable

from rules.option_wave import OptionWave
from waves.probe import CPUID, DEMCR, DHCSR

FLASH, SRAM, OPTION_BYTES = 0x08000000, 0x20000000, 0x1FFFF800
CPUIDS = {'G0': 0x410CC601, 'F1': 0x411FC231, 'F4': 0x410FC241, 'F7': 0x411FC271}
BSY = {'G0': 1 << 16, 'F1': 1, 'F4': 1 << 16, 'F7': 1 << 16}
LOCK = {'G0': 1 << 31, 'F1': 1 << 7, 'F4': 1 << 31, 'F7': 1 << 31}
PAGE_ERASE = {'G0': 0x1000A, 'F1': 0x42, 'F4': 0x1000A, 'F7': 0x1000A}
START = {'G0': 1 << 16, 'F1': 1 << 6, 'F4': 1 << 16, 'F7': 1 << 16}
OPTIONS = {
    'G0': ('OPTR', 0xDFFFE1AA),
    'F1': ('OBR', 0x03FFFFFC),
    'F4': ('OPTCR', 0x0FFFAAED),
    'F7': ('OPTCR', 0xC0FFAAFD),
}
G0_CHANGED = 0xDEFFE1AA
OPTLOCK, OPTSTRT, BOR = 1 << 0, 1 << 1, 1 << 2  # of OPTCR

Step = Callable[[OptionWave], object]
Story = tuple[str, tuple[Step, ...]]  # family, steps


def connect(wave: OptionWave) -> None:
    wave.line_reset().begin().identify_ap()
    wave.mem_read(CPUID, CPUIDS[wave.name]).mem_read(DHCSR, 0x00010001)


def identify(wave: OptionWave) -> None:
    wave.identified()


def halt(wave: OptionWave) -> None:
    wave.halt().mem_write(DEMCR, 0x01000000)


def reset_halt(wave: OptionWave) -> None:
    wave.mem_write(DEMCR, 0x01000001).sysresetreq().mem_read(DHCSR, 0x02030003)
    wave.mem_read(DHCSR, 0x00030003).mem_write(DEMCR, 0x01000000)


def reset_run(wave: OptionWave) -> None:
    wave.sysresetreq().mem_read(DHCSR, 0x03010001).pause(0.005)


def pull_nrst(wave: OptionWave) -> None:
    wave.nrst()


def read_flash(wave: OptionWave) -> None:
    wave.mem_read_block(FLASH, [0x20001000, 0x080000C1, 3, 4])
    for number in range(5):
        wave.waiting(1).mem_read(SRAM + 4 * number, number)


def probe_nothing(wave: OptionWave) -> None:
    wave.mem_read(0x60000000, fault=True).status().abort()


def read_options(wave: OptionWave) -> None:
    register, value = OPTIONS[wave.name]
    wave.get(register, value)


def unlock(wave: OptionWave) -> None:
    wave.get('CR', LOCK[wave.name]).put('KEYR', 0x45670123, 0xCDEF89AB).get('CR', 0)


def lock(wave: OptionWave) -> None:
    wave.put('CR', LOCK[wave.name])


def busy(wave: OptionWave, seconds: float) -> None:
    for _ in range(4):
        wave.get('SR', BSY[wave.name]).pause(seconds / 4)
    wave.get('SR', 0)


def order_page(wave: OptionWave) -> None:
    if wave.name == 'F1':
        wave.put('CR', 0x02).put('AR', FLASH + 0x400)
    wave.put('CR', PAGE_ERASE[wave.name])


def erase_page(wave: OptionWave) -> None:
    order_page(wave)
    busy(wave, 0.02)


def erase_page_by_its_start_bit(wave: OptionWave) -> None:
    order_page(wave)
    order = PAGE_ERASE[wave.name]
    wave.get('CR', order).pause(0.02).get('CR', order & ~START[wave.name])


def mass_erase(wave: OptionWave) -> None:
    wave.put('CR', 0x04).put('CR', 0x04 | START[wave.name])
    busy(wave, 0.02 if wave.name in ('F1', 'G0') else 2.0)


def mass_erase_looked_at_late(wave: OptionWave) -> None:
    wave.put('CR', 0x04).put('CR', 0x04 | START[wave.name])
    wave.pause(0.05 if wave.name in ('F1', 'G0') else 3.0).get('SR', 0)


def program(wave: OptionWave) -> None:
    wave.put('CR', 1)
    for number in range(4):
        if wave.name == 'F1':
            wave.mem_write(FLASH + 0x400 + 2 * number, number, 2)
        else:
            wave.mem_write_block(FLASH + 0x800 + 8 * number, [number, number + 1])
        wave.get('SR', BSY[wave.name], 0)
    wave.put('CR', 0)


def run_loader(wave: OptionWave) -> None:
    wave.mem_write_block(SRAM, [0xBE00 + number for number in range(24)])
    wave.mem_write_block(SRAM + 0x100, range(64))
    for number, value in enumerate((0x40022000, 64, SRAM + 0x100, FLASH + 0x800)):
        wave.core_write(number, value)
    wave.core_write(16, 0x01000000).core_write(15, SRAM).resume()
    wave.poll_halted(5, every=0.002).core_read(0, 0)


def start_optcr(wave: OptionWave) -> int:
    register, value = OPTIONS[wave.name]
    changed = value & ~OPTLOCK & ~BOR
    wave.get(register, value).put('OPTKEYR', 0x08192A3B, 0x4C5D6E7F).get(register, value & ~OPTLOCK)
    wave.put(register, changed).put(register, changed | OPTSTRT)
    return changed


def change_optcr(wave: OptionWave) -> None:
    changed = start_optcr(wave)
    busy(wave, 0.1)
    wave.put('OPTCR', changed | OPTLOCK)


def change_optcr_by_its_start_bit(wave: OptionWave) -> None:
    changed = start_optcr(wave)
    wave.get('OPTCR', changed | OPTSTRT).pause(0.1).get('OPTCR', changed)
    wave.put('OPTCR', changed | OPTLOCK)


def change_optcr_without_a_look(wave: OptionWave) -> None:
    changed = start_optcr(wave)
    wave.pause(5).put('OPTCR', changed | OPTLOCK)


def start_optr(wave: OptionWave) -> None:
    wave.get('CR', 0xC0000000).unlock().get('OPTR', OPTIONS['G0'][1]).put('OPTR', G0_CHANGED)
    wave.put('CR', 1 << 17)


def change_optr(wave: OptionWave) -> None:
    start_optr(wave)
    busy(wave, 0.02)
    wave.put('CR', 0xC0000000)


def change_optr_by_its_start_bit(wave: OptionWave) -> None:
    start_optr(wave)
    wave.get('CR', 1 << 17).pause(0.02).get('CR', 0).put('CR', 0xC0000000)


def launch(wave: OptionWave) -> None:
    wave.get('CR', 0xC0000000).unlock().get('CR', 0).put('CR', 1 << 27).own_reset().pause(0.002)
    wave.begin().mem_read(CPUID, CPUIDS['G0']).get('OPTR', G0_CHANGED)


def erase_option_bytes(wave: OptionWave) -> None:
    wave.unlock().put('CR', 0x220).put('CR', 0x260)
    busy(wave, 0.03)


def write_option_bytes(wave: OptionWave) -> None:
    wave.unlock().put('CR', 0x210)
    for number, value in enumerate((0x5AA5, *[0x00FF] * 7)):
        wave.mem_write(OPTION_BYTES + 2 * number, value, 2).get('SR', 1, 0)
    wave.put('CR', 0x80)


def write_option_bytes_by_a_loader(wave: OptionWave) -> None:
    wave.unlock().put('CR', 0x210)
    run_loader(wave)
    wave.put('CR', 0x80)


def rest(wave: OptionWave) -> None:
    wave.pause(0.3)


BEGIN = (connect, identify, reset_halt, read_options)
STORIES: dict[str, Story] = {
    'G0 programmed': ('G0', (*BEGIN, unlock, erase_page, program, lock, read_flash, reset_run, rest)),
    'G0 options': ('G0', (connect, identify, halt, change_optr, launch, read_flash, rest)),
    'G0 by start bits': (
        'G0',
        (*BEGIN, unlock, erase_page_by_its_start_bit, program, lock, change_optr_by_its_start_bit, launch, rest),
    ),
    'G0 looked at late': (
        'G0',
        (connect, identify, unlock, mass_erase_looked_at_late, program, lock, probe_nothing, pull_nrst, connect, rest),
    ),
    'F1 programmed': ('F1', (*BEGIN, unlock, erase_page, program, lock, read_flash, reset_run, rest)),
    'F1 options': ('F1', (*BEGIN, erase_option_bytes, write_option_bytes, reset_halt, read_options, rest)),
    'F1 options by a loader': (
        'F1',
        (*BEGIN, erase_option_bytes, write_option_bytes_by_a_loader, reset_halt, read_options, rest),
    ),
    'F4 by loaders': ('F4', (*BEGIN, unlock, erase_page, lock, run_loader, run_loader, read_flash, reset_run, rest)),
    'F4 erased, options': (
        'F4',
        (*BEGIN, unlock, mass_erase, lock, change_optcr, reset_halt, read_flash, rest),
    ),
    'F7 by start bits': (
        'F7',
        (*BEGIN, unlock, erase_page_by_its_start_bit, lock, change_optcr_by_its_start_bit, pull_nrst, connect, rest),
    ),
    'F7 looked at late': (
        'F7',
        (*BEGIN, unlock, mass_erase_looked_at_late, program, lock, change_optcr_without_a_look, pull_nrst, rest),
    ),
}  # fmt: skip
