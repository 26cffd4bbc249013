"""The headline of a session in which no rule found anything: what was done, and what was only begun."""

from __future__ import annotations

import pytest

from rules_harness import judge
from stm32trace.analysis import Analysis
from waves.loader import ERASE_NS, Loader

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
