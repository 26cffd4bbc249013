"""I2C001: nobody acknowledged an address."""

from __future__ import annotations

import pytest

from rules_harness import findings, result
from stm32trace.line.columns import Setup
from stm32trace.line.i2c import I2cDecoder
from stm32trace_core.bootloader.i2c import I2cBootloader
from stm32trace_core.context import bare_context
from stm32trace_core.network import Network
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED, Judgement
from stm32trace_core.rules.i2c.i2c001_address_nack import AddressNack
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from stm32trace_core.wire.i2c import I2cFramer
from waves.i2c import I2cWave
from waves.loader import ACK, ERASE_NS, READ_MEMORY, Loader

FLASH = 0x08000000
EXPECTED = (
    'no acknowledge of the address; expected SDA low at the ninth clock pulse (UM10204 3.1.6)'
)
LINES = (
    'Look at NRST, VDD and BOOT0 at the first attempt: is the part powered, out of reset, and was it'
    ' started from its system memory?'
)
ADDRESS = 'Compare the 7-bit address with AN2606; some drivers, such as the HAL, want it shifted left by one.'
NONE_ANSWERS = (
    'No address of this bus answers: check pull-ups, ground, and that SCL and SDA are not swapped.'
)

Told = list[tuple[str, Severity, int, str]]


def told(wave: I2cWave, **settings: object) -> Told:
    return [
        (one.key, one.severity, one.count, one.message)
        for one in findings(wave, 'I2C001', **settings)
    ]


def scan(answering: int = 0x50) -> Loader:
    """Each address once, as i2cdetect does."""
    wave = Loader()
    for address in range(0x08, 0x78):
        wave.write(address, ack=address == answering)
    return wave


def erasing() -> Loader:
    wave = Loader(nrst=1).get_id().command(ERASE_NS).frame([0, 0]).status(ACK).frame([0, 3])
    return wave.poll_busy(0.02, 2e-3)


# Where it matters: warnings.


def test_a_documented_bootloader_address_is_a_warning_if_nothing_answers() -> None:
    wave = Loader().absent(4)
    assert findings(wave, 'I2C001') == [
        Finding(
            100,
            30206,
            'i2c0',
            'I2C001',
            'address-nack',
            Severity.WARNING,
            Confidence.HIGH,
            'target',
            '0x51',
            4,
            '0x51, where AN2606 puts the bootloader of STM32G07x/G08x, never answered, nor did any'
            ' other: 4 attempts refused over 30.11 ms',
            (LINES, ADDRESS, NONE_ANSWERS),
            (
                Evidence(100, 206, EXPECTED),
                Evidence(10100, 10206, EXPECTED),
                Evidence(20100, 20206, EXPECTED),
            ),
            (),
            '',
        )
    ]


def test_a_loader_that_does_not_answer_again_is_a_warning() -> None:
    assert told(Loader().get_id().absent(2)) == [
        (
            '0x51',
            Severity.WARNING,
            2,
            '0x51, where a bootloader had answered, does not answer any more: 2 attempts refused over'
            ' 10.11 ms',
        )
    ]


def test_the_address_that_the_user_names_is_a_warning_whatever_else_answers() -> None:
    wave = Loader(address=0x22).eeprom_read(0x50, 0, b'abc').absent(1)
    assert told(wave, address=0x22) == [
        (
            '0x22',
            Severity.WARNING,
            1,
            "0x22, given as the bootloader's address, never answered: 1 attempt refused",
        )
    ]
    (found,) = findings(wave, 'I2C001', address=0x22)
    assert found.advice[2] == (
        'Other addresses of this bus did answer (0x50), so wires and pull-ups work.'
    )


def test_silence_inside_a_command_is_a_warning_even_if_the_loader_answers_again() -> None:
    wave = erasing().absent(1).idle(0.01).get_id()
    ((key, severity, count, message),) = told(wave)
    assert (key, severity, count) == ('0x51', Severity.WARNING, 1)
    assert message == (
        '0x51 did not answer while No-Stretch Extended Erase (0x45) was pending: 1 attempt refused'
    )
    (found,) = findings(wave, 'I2C001')
    assert found.advice[0].startswith('Do not reset the part and do not cut its supply yet')


# The nearest that is a note, or nothing.


@pytest.mark.parametrize(
    ('wave', 'message'),
    [
        (
            Loader().absent(2).get_id(),
            '0x51 did not answer at times: 2 attempts refused over 10.11 ms',
        ),
        (
            Loader(nrst=1).idle(0.01).pulse('nrst', 0.005).absent(2),
            '0x51 never answered (NRST had just risen): 2 attempts refused over 10.11 ms',
        ),
        (
            Loader(nrst=0).absent(2),
            '0x51 never answered (NRST is low): 2 attempts refused over 10.11 ms',
        ),
        (
            Loader().get_id().go(FLASH).absent(2),
            '0x51 did not answer at times (Go (0x21) ended the loader): 2 attempts refused over'
            ' 10.11 ms',
        ),
        (
            Loader().get_id().readout_unprotect().absent(2),
            '0x51 did not answer at times (restart after 0x93): 2 attempts refused over 10.11 ms',
        ),
        (
            erasing().pulse('nrst', 0.002).absent(1).idle(0.2).get_id(),
            '0x51 did not answer at times: 1 attempt refused',
        ),
        (
            Loader().get_id().readout_unprotect(final=None).absent(1).idle(0.2).get_id(),
            '0x51 did not answer at times: 1 attempt refused',
        ),
        (
            Loader().eeprom_read(0x50, 0, b'abc').absent(2),
            '0x51 never answered: 2 attempts refused over 10.11 ms',
        ),
        (
            Loader(address=0x20).absent(2),
            '0x20 never answered: 2 attempts refused over 10.11 ms',
        ),
    ],
    ids=[
        'it answers later',
        'in the first 100 ms after NRST rose',
        'while NRST is low',
        'after Go',
        'in the restart that the command announces',
        'after a reset that cut the command off',
        'before the status of a command that restarts the part, if it answers again',
        'a documented address while others answer, which may be an RTC',
        'an address of nobody',
    ],
)
def test_what_is_no_warning_is_a_note(wave: Loader, message: str) -> None:
    found = told(wave)
    assert [(severity, text) for _, severity, _, text in found] == [(Severity.NOTE, message)]


def test_a_device_that_refuses_while_it_writes_is_silent() -> None:
    wave = I2cWave().write(0x50, [1, 2])
    for _ in range(13):
        wave.write(0x50, ack=False).idle(380e-6)
    wave.write(0x50)
    assert told(wave) == []
    assert result(wave, 'I2C001').state == SUPPRESSED
    assert result(wave, 'I2C001').by == '0x50 answers at other times'


def test_more_than_eight_silent_addresses_are_one_scan() -> None:
    message = 'Bus scan: 111 addresses from 0x08 to 0x77 were tried and never answered'
    assert told(scan()) == [('scan', Severity.NOTE, 111, message)]


def test_eight_silent_addresses_are_no_scan() -> None:
    wave = Loader()
    for address in range(0x20, 0x28):
        wave.write(address, ack=False)
    assert [key for key, *_ in told(wave)] == [f'0x{address:X}' for address in range(0x20, 0x28)]


def test_an_address_tried_far_more_often_than_the_scanned_ones_stands_out() -> None:
    found = told(scan(answering=-1).absent(3))
    assert [(key, severity, count) for key, severity, count, _ in found] == [
        ('scan', Severity.NOTE, 111),
        ('0x51', Severity.WARNING, 4),
    ]


def test_an_acknowledged_address_is_clean() -> None:
    wave = Loader().get_id().read_memory(FLASH, bytes(8))
    assert told(wave) == []
    assert result(wave, 'I2C001').state == CLEAN


def test_a_refused_data_byte_is_no_refused_address() -> None:
    assert told(I2cWave().write(0x50, [1, 2], nack_at=0)) == []


def test_a_ten_bit_address_is_none_of_the_bootloaders() -> None:
    wave = I2cWave().write(0x151, ack=False).write(0x151, ack=False)
    assert told(wave) == [
        (
            'A 10-bit address',
            Severity.NOTE,
            2,
            'A 10-bit address never answered: 2 attempts refused over 216 us',
        )
    ]


def test_it_is_told_before_the_end_that_a_command_was_broken_off() -> None:
    """What PulseView shows: it never says that the data has ended."""
    wave = Loader().get_id().command(READ_MEMORY).absent(2)
    context = bare_context(1e6)._replace(address=0x51)
    judgement = Judgement(context)
    machines = [kind(context, 'i2c0') for kind in (I2cFramer, I2cBootloader, AddressNack)]
    network = Network([*machines, judgement])
    for columns in I2cDecoder(Setup('i2c0', 1e6)).feed(wave.lines()):
        for record in columns.records():
            network.publish(record)
    assert [one.finding.message for one in judgement.findings()] == [
        '0x51 did not answer while Read Memory (0x11) was pending: 1 attempt refused'
    ]
