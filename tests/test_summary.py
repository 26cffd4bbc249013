"""The headline of a session in which no rule found anything: what was done, and what was only begun."""

from __future__ import annotations

import pytest

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
