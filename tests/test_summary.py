"""The headline of a session in which no rule found anything: what was done, and what was only begun."""

from __future__ import annotations

import pytest

from rules.option_wave import OptionWave
from rules_harness import judge
from stm32trace.analysis import Analysis
from waves.loader import ERASE_NS, Loader
from waves.probe import Probe

FLASH = 0x08000000


def headline(wave: Loader) -> str:
    analysis: Analysis = judge(wave, select=('SIG',))
    assert analysis.verdict is not None
    return analysis.verdict.headline


def session() -> Loader:
    return Loader().get().get_id()


@pytest.mark.parametrize(
    ('wave', 'expected'),
    [
        (session(), 'STM32G07x/G08x identified over I2C, flash not touched'),
        (session().read_memory(FLASH, bytes(16)), 'STM32G07x/G08x over I2C: 16 bytes read'),
        (
            session().erase_pages([0, 1]).write_memory(FLASH, bytes(8)),
            'STM32G07x/G08x over I2C: 2 pages erased, 8 bytes written, not read back',
        ),
        (
            session().write_memory(FLASH, bytes(8)).read_memory(FLASH, bytes(8)).go(FLASH),
            'STM32G07x/G08x over I2C: 8 bytes written and verified, started at 0x08000000',
        ),
        (session().mass_erase(), 'STM32G07x/G08x over I2C: mass erase'),
    ],
)
def test_what_was_done_is_told(wave: Loader, expected: str) -> None:
    assert headline(wave) == expected


def test_an_erase_whose_end_is_not_in_the_capture_is_no_untouched_memory() -> None:
    wave = session().command(ERASE_NS).frame([0, 0]).status(0x79).frame([0, 3])
    wave.poll_busy(10e-3, every=1e-3)
    assert headline(wave) == (
        'STM32G07x/G08x over I2C: page erase begun, its end not seen, '
        'No-Stretch Extended Erase BUSY 10 times over 9.196 ms, its end not seen'
    )


def test_a_command_that_is_busy_from_the_begin_to_the_end_is_told() -> None:
    wave = Loader().poll_busy(0.1, every=1e-3)
    assert headline(wave).startswith('STM32 bootloader over I2C: unknown command BUSY 100 times')


def test_an_erase_that_is_refused_is_told() -> None:
    assert headline(session().erase_pages([3], final=0x1F)) == (
        'STM32G07x/G08x over I2C: page erase failed'
    )


def test_traffic_of_other_devices_is_told_as_such() -> None:
    wave = Loader().eeprom_read(0x50, 0, b'abc').idle(0.01)
    assert headline(wave).startswith('2 I2C transfers in ')
    assert headline(wave).endswith('none of them with an STM32 bootloader')


def test_a_silent_bus_is_told() -> None:
    assert headline(Loader().idle(0.01)) == 'No bus traffic in this capture'


F1_CONTROLLER = 0x40022000
KEYS = (0x45670123, 0xCDEF89AB)  # PM0075, FLASH_KEYR
OPTPG, OPTER_STRT, BSY, EOP = 0x210, 0x260, 0x01, 0x20  # PM0075, FLASH_CR and FLASH_SR


def swd_headline(wave: Probe) -> str:
    """The headline of a session over SWD in which nothing is judged."""
    verdict = judge(wave, select=('SIG',)).verdict
    assert verdict is not None
    return verdict.headline


def f1_options_erased() -> Probe:
    """A probe erases the option bytes of an F103, and waits until that has ended."""
    probe = Probe(nrst=1).connect(0x1BA01477).power_up().identify(0x410, 0xE0042000)
    for register in (0x04, 0x08):
        for key in KEYS:
            probe.mem_write(F1_CONTROLLER + register, key)
    probe.mem_write(F1_CONTROLLER + 0x10, OPTER_STRT).mem_read(F1_CONTROLLER + 0x0C, BSY)
    return probe.pause(0.03).mem_read(F1_CONTROLLER + 0x0C, EOP)


def test_options_that_were_only_erased_are_told() -> None:
    analysis = judge(f1_options_erased().pause(0.01), select=('SIG',))
    assert analysis.verdict is not None
    assert 'option bytes erased and not written again' in analysis.verdict.headline


def test_a_reset_after_the_status_told_the_end_of_an_option_write_cuts_nothing() -> None:
    probe = f1_options_erased().mem_write(F1_CONTROLLER + 0x10, OPTPG)
    probe.mem_write(0x1FFFF800, 0x5AA5, 2).mem_read(F1_CONTROLLER + 0x0C, BSY).pause(1e-4)
    probe.mem_read(F1_CONTROLLER + 0x0C, EOP).pause(0.05).sysresetreq()
    analysis = judge(probe.connect(0x1BA01477).power_up())
    assert 'OPT005' not in [judged.finding.rule for judged in analysis.findings]


def test_what_a_debugger_does_is_told() -> None:
    probe = Probe(nrst=1).connect().power_up().identify().halt().step().step().resume().halt()
    probe.sysresetreq().mem_read_block(FLASH, range(16)).pause(0.2).pulse('nrst', 0.02)
    assert swd_headline(probe) == (
        'STM32G07x/G08x over SWD: connected, 64 bytes read from 0x08000000, core halted twice, core'
        ' stepped twice, core let run once, part reset once, NRST pulled once'
    )


def test_a_pulse_that_the_part_makes_itself_is_no_pull() -> None:
    probe = Probe(nrst=1).connect().power_up().identify().sysresetreq().pause(0.01)
    assert 'NRST' not in swd_headline(probe)


def test_what_is_only_looked_at_is_told_where_the_flash_is_left_alone() -> None:
    probe = Probe().connect().power_up().identify().mem_read(0x40022020, 0xDFFFE1AA)
    probe.core_read(0, 1).core_read(1, 2).mem_write_block(0x20000000, range(4))
    assert swd_headline(probe) == (
        'STM32G07x/G08x over SWD: connected, option bytes read (read-out protection level 0), 2 core'
        ' registers read, 16 bytes written to RAM'
    )


def test_a_part_that_does_not_tell_what_it_is_can_be_debugged() -> None:
    assert swd_headline(Probe().connect().power_up().halt()) == (
        'A part that was not identified over SWD: connected, core halted once'
    )
    assert 'the part did not tell what it is' in swd_headline(Probe().connect().power_up())


def loader(comes_back: bool) -> Probe:
    probe = Probe().connect().power_up().identify().halt().mem_write_block(0x20000000, range(8))
    probe.core_write(15, 0x20000000).resume()
    return probe.poll_halted(100, comes_back, 0.01)


def test_a_program_in_sram_is_told_with_its_time_or_as_not_back() -> None:
    assert swd_headline(loader(comes_back=True)).endswith(
        'a program run in SRAM for 1.004 s, core halted once'
    )
    assert 'a program started in SRAM and not seen to come back in 993.8 ms' in swd_headline(
        loader(False)
    )


def test_options_that_change_are_told_by_name_and_value() -> None:
    wave = OptionWave('F7').get('OPTCR', 0xC0FFFFFD).unlock().put('OPTCR', 0xC0FFAAFE)
    wave.get('SR', 1 << 16, 0).nrst()
    assert (
        'option bytes changed (RDP 0xFF -> 0xAA, which erased the flash), NRST pulled once'
        in swd_headline(wave)
    )


def test_options_that_a_program_may_have_written_are_not_told_as_only_erased() -> None:
    probe = f1_options_erased().halt().mem_write_block(0x20000000, range(8))
    probe.core_write(15, 0x20000000).resume().poll_halted(3)
    assert 'option bytes erased, a program run in SRAM' in swd_headline(probe)
