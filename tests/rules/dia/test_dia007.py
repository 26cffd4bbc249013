"""DIA007: the I2C bootloader never answered in this capture."""

from __future__ import annotations

import pytest

from rules_harness import findings, judge, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import Loader

REFUSED = 'no acknowledge of the address; expected SDA low at the ninth clock pulse (UM10204 3.1.6)'
NOT_TOLD = (
    '; the capture cannot tell a wrong address, wiring or boot selection from a part that was lost'
    ' before, nor whether it can be saved'
)
ADVICE = (
    'Compare the 7-bit address with the newest AN2606: 0x51 is that of STM32G07x/G08x.',
    'Measure VDD, NRST and BOOT0: the part needs its supply, NRST high, and BOOT0 high while NRST'
    ' rises; on a G0 the option bytes may ignore BOOT0.',
    'Check pull-ups, ground and levels, and that SCL and SDA are not swapped: nothing answers at all.',
    'Keep the other pins of the loader (UART, SPI, USB) quiet: it settles on the interface that'
    ' moves first. If no erase or option write can be going on in the part, switch it off for ten'
    ' seconds and on again with BOOT0 high.',
    'If no erase or option write can be going on, connect over SWD under reset and only read:'
    ' DBGMCU_IDCODE, the option register, the flash status. Do not let a tool unlock the part: that'
    ' erases all of it.',
    'Record again, from before power-up until after the first command: SCL, SDA, NRST, BOOT0 and VDD,'
    ' at ten samples per clock period or more; and the attempt over SWD under reset as well.',
)


def told(wave: I2cWave, **settings: object) -> list[tuple[str, str]]:
    found = findings(wave, 'DIA007', **settings)
    assert {(one.severity, one.confidence, one.recoverable) for one in found} <= {
        (Severity.ERROR, Confidence.MEDIUM, 'unknown')
    }
    return [(one.suspect, one.message) for one in found]


def mute(count: int = 4, address: int = 0x51) -> Loader:
    return Loader(address=address).absent(count)


def test_a_post_mortem_says_what_is_not_known_and_what_to_record() -> None:
    assert findings(mute(), 'DIA007') == [
        Finding(
            100,
            30206,
            'i2c0',
            'DIA007',
            'i2c-bootloader-mute',
            Severity.ERROR,
            Confidence.MEDIUM,
            'target',
            '',
            4,
            'The bootloader never answered at 0x51: all 4 attempts over 30.11 ms were refused'
            + NOT_TOLD,
            ADVICE,
            (
                Evidence(100, 206, REFUSED),
                Evidence(30206, 30207, 'until here no address of this bus answered'),
            ),
            (('I2C001', 'i2c0', '0x51'),),
            'unknown',
        )
    ]


def test_it_heads_the_report_and_explains_the_refused_address() -> None:
    analysis = judge(mute())
    assert analysis.verdict is not None
    assert analysis.verdict.rule == 'DIA007'
    explained = {one.finding.rule: one.explained_by for one in analysis.findings}
    assert explained == {'DIA007': '', 'I2C001': 'DIA007'}


def test_an_address_that_answered_once_is_not_mute() -> None:
    assert told(Loader().get_id().absent(10)) == []
    assert told(I2cWave().write(0x51, [1]).write(0x51, ack=False)) == []


def test_a_bootloader_that_answers_at_another_address_is_not_mute() -> None:
    wave = mute(address=0x56)
    wave.address = 0x51
    assert told(wave.get_id(), address=0x56) == []


def test_devices_that_answer_show_that_the_bus_works() -> None:
    wave = Loader().eeprom_read(0x50, 0, b'abc').absent(4)
    ((suspect, message),) = told(wave, family='G0')
    assert (suspect, message) == (
        'target',
        'The bootloader never answered at 0x51: all 4 attempts over 30.11 ms were refused, though the'
        ' bus works (0x50 answered)' + NOT_TOLD,
    )
    (found,) = findings(wave, 'DIA007', family='G0')
    assert found.advice[3] == (
        'Other devices answer on this bus (0x50), so wires and pull-ups work: look at the part alone.'
    )
    assert found.evidence[-1].text == (
        'until here other addresses answered (0x50), so the bus works'
    )


def test_without_a_hint_a_device_at_such_an_address_may_be_missing_as_well() -> None:
    wave = Loader().eeprom_read(0x50, 0, b'abc').absent(4)
    assert told(wave) == []
    state = result(wave, 'DIA007')
    assert (state.state, state.by) == (SUPPRESSED, 'nothing says that an STM32 is meant')


def test_without_a_hint_two_attempts_are_told_as_a_note_only() -> None:
    for attempts in (1, 2):
        [found] = findings(mute(attempts), 'DIA007')
        assert (found.severity, found.confidence) == (Severity.NOTE, Confidence.LOW)
        assert any(step.startswith('Record') for step in found.advice)
    assert told(mute(2), address=0x51) != []


def test_the_address_that_the_user_names_need_not_be_documented() -> None:
    assert told(mute(address=0x22)) == []
    ((_, message),) = told(mute(address=0x22), address=0x22)
    assert message.startswith('The bootloader never answered at 0x22: all 4 attempts')


def test_then_other_documented_addresses_are_nobodys() -> None:
    assert told(mute(), address=0x22) == []


def test_several_documented_addresses_are_one_finding() -> None:
    wave = mute()
    wave.address = 0x56
    ((_, message),) = told(wave.absent(4))
    assert message.startswith('The bootloader never answered at 0x51, 0x56: all 8 attempts')


def test_a_wrong_address_is_the_headline_and_its_finding_explained() -> None:
    wave = mute(address=0x28)
    assert told(wave, family='G071') == [
        (
            'host',
            'The bootloader never answered, but the part may well be fine: the host addressed 0x28'
            ' (4 attempts refused), but the bootloader of STM32G07x/G08x is at 0x51; 0x28 is half of'
            ' 0x51: the 7-bit address was given where the shifted one is expected',
        )
    ]
    (found,) = findings(wave, 'DIA007', family='G071')
    assert found.advice[0].startswith('Let the host use the 7-bit address 0x51')
    assert set(found.explains) == {('I2C001', 'i2c0', '0x28'), ('I2C003', 'i2c0', '0x28')}


def test_the_steps_of_a_scan_are_no_bootloader_that_is_mute() -> None:
    wave = Loader()
    for address in range(0x08, 0x78):
        wave.write(address, ack=False)
    assert told(wave) == []
    assert result(wave, 'DIA007').state == CLEAN


def test_a_part_that_is_held_in_reset_cannot_answer() -> None:
    assert told(Loader(nrst=0).absent(4)) == [
        (
            'wiring',
            'The bootloader never answered at 0x51: all 4 attempts over 30.11 ms were refused; each'
            ' time the part could not be expected to answer (NRST is low), so this tells nothing of the'
            ' part itself',
        )
    ]


def test_a_host_that_asks_only_in_the_100_ms_after_a_reset_asks_too_early() -> None:
    wave = Loader(nrst=1).idle(0.01).pulse('nrst', 0.005).absent(4)
    ((suspect, message),) = told(wave)
    assert suspect == 'host'
    assert '(NRST had just risen)' in message


@pytest.mark.parametrize(
    ('boot0', 'first'), [(0, 'BOOT0 was low when NRST last rose'), (1, 'Compare')]
)
def test_boot0_low_at_the_last_reset_is_looked_at_first(boot0: int, first: str) -> None:
    wave = Loader(nrst=1, boot0=1 - boot0).idle(0.01).level('boot0', boot0).pulse('nrst', 0.005)
    (found,) = findings(wave.idle(0.2).absent(4), 'DIA007')
    assert found.advice[0].startswith(first)


def test_the_pins_are_told_where_the_family_is() -> None:
    (found,) = findings(mute(), 'DIA007', family='G0')
    assert 'PB6' in found.advice[1]


def test_without_a_sample_rate_the_span_is_given_in_samples() -> None:
    ((_, message),) = told(mute(), sample_rate=None)
    assert message.startswith(
        'The bootloader never answered at 0x51: all 4 attempts over 30106 samples'
    )


def test_a_session_is_clean() -> None:
    assert told(Loader().get_id()) == []
    assert result(Loader().get_id(), 'DIA007').state == CLEAN
