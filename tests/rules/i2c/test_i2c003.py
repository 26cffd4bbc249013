"""I2C003: a bootloader address that is not this part's."""

from __future__ import annotations

import pytest

from rules_harness import findings, result
from stm32trace_core.rules.engine import NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import Loader

REFUSED = 'no acknowledge of the address; expected SDA low at the ninth clock pulse (UM10204 3.1.6)'


def told(wave: I2cWave, **settings: object) -> list[tuple[str, Severity, int, str]]:
    return [
        (one.key, one.severity, one.count, one.message)
        for one in findings(wave, 'I2C003', **settings)
    ]


def silent_at(address: int, count: int = 4) -> Loader:
    return Loader(address=address).absent(count)


def then(wave: Loader, address: int) -> Loader:
    wave.address = address
    return wave


def test_half_of_the_address_is_that_of_a_host_that_expects_the_shifted_one() -> None:
    assert findings(silent_at(0x28), 'I2C003', family='G071') == [
        Finding(
            100,
            30206,
            'i2c0',
            'I2C003',
            'bootloader-address-mismatch',
            Severity.ERROR,
            Confidence.HIGH,
            'host',
            '0x28',
            4,
            'The host addressed 0x28 (4 attempts refused), but the bootloader of STM32G07x/G08x is at'
            ' 0x51; 0x28 is half of 0x51: the 7-bit address was given where the shifted one is'
            ' expected',
            (
                'Let the host use the 7-bit address 0x51; the STM32 HAL wants it shifted left by one,'
                ' Linux and Arduino do not.',
                'Check which line the part belongs to, and its address in the newest revision of'
                ' AN2606.',
            ),
            (
                Evidence(100, 206, REFUSED),
                Evidence(10100, 10206, REFUSED),
                Evidence(20100, 20206, REFUSED),
            ),
            (),
            '',
        )
    ]


def test_twice_the_address_is_that_of_a_host_that_shifts_once_too_often() -> None:
    ((key, severity, _, message),) = told(silent_at(0x22, 1), address=0x51)
    assert (key, severity) == ('0x22', Severity.ERROR)
    assert message == (
        'The host addressed 0x22 (1 attempt refused), but the bootloader of this part is at 0x51;'
        ' 0x22 is what remains of twice 0x51: the address was shifted left once too often'
    )


def test_the_address_of_another_line_is_told_with_both_names() -> None:
    ((key, severity, _, message),) = told(silent_at(0x51), family='STM32G030F6')
    assert (key, severity) == ('0x51', Severity.ERROR)
    assert message == (
        'The host addressed 0x51 (4 attempts refused), but the bootloader of STM32G03x/G04x is at'
        ' 0x56; 0x51 is the address of STM32G07x/G08x'
    )


def test_the_address_of_any_line_of_the_family_is_right_if_the_line_is_not_told() -> None:
    assert told(silent_at(0x51), family='G0') == []


def test_without_a_hint_which_part_is_meant_it_is_not_evaluated() -> None:
    assert told(silent_at(0x28)) == []
    state = result(silent_at(0x28), 'I2C003')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('family|bootloader',))


def test_get_id_is_a_hint() -> None:
    wave = then(Loader().get_id(), 0x22).absent(3)
    assert [(key, severity) for key, severity, *_ in told(wave)] == [('0x22', Severity.ERROR)]


def test_a_bootloader_that_answers_is_a_hint_even_if_it_does_not_say_which_part_it_is() -> None:
    wave = then(Loader().get().get_version(), 0x28).absent(3)
    assert [(key, severity) for key, severity, *_ in told(wave)] == [('0x28', Severity.ERROR)]


def test_a_host_that_finds_the_right_address_itself_gets_a_note() -> None:
    wave = then(silent_at(0x22), 0x51).get_id()
    assert [(key, severity) for key, severity, *_ in told(wave)] == [('0x22', Severity.NOTE)]


def test_a_second_part_of_another_line_is_a_note_while_the_first_one_answers() -> None:
    wave = then(Loader().get_id(), 0x56).absent(3)
    assert [(key, severity) for key, severity, *_ in told(wave)] == [('0x56', Severity.NOTE)]


def test_the_right_address_that_does_not_answer_either_is_the_greater_riddle() -> None:
    wave = then(silent_at(0x28), 0x51).absent(3)
    assert told(wave, family='G071') == []
    state = result(wave, 'I2C003', family='G071')
    assert (state.state, state.by) == (
        SUPPRESSED,
        '0x51 was tried as well and did not answer either',
    )


def test_a_device_that_answers_at_such_an_address_is_another_device() -> None:
    assert told(I2cWave().write(0x28, [1]).write(0x28, ack=False), family='G071') == []


def test_an_address_that_has_nothing_to_do_with_it_is_silent() -> None:
    assert told(silent_at(0x20), family='G071') == []


def test_a_step_of_a_bus_scan_is_silent() -> None:
    wave = Loader()
    for address in range(0x08, 0x78):
        wave.write(address, ack=False)
    assert told(wave, family='G030') == []


@pytest.mark.parametrize(('hint', 'right'), [('G071RB', 0x51), ('stm32g0b1', 0x5D), ('G041', 0x56)])
def test_the_name_of_the_part_tells_its_line(hint: str, right: int) -> None:
    ((_, _, _, message),) = told(silent_at(right // 2), family=hint)
    assert f'is at 0x{right:02X};' in message
