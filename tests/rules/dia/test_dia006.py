"""DIA006: the UART bootloader does not answer, or cannot be understood."""

from __future__ import annotations

from rules.uart_talk import Talk, suppressed, told
from rules_harness import findings, judge, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Finding, Severity
from waves.i2c import I2cWave
from waves.loader import NACK
from waves.uart_loader import GET

NOT_TOLD = (
    '; the capture cannot tell wiring or boot selection from a part that was lost before, nor'
    ' whether it can be saved'
)
CHECKS = 6


def mute(wave: Talk, count: int = 3) -> Talk:
    for _ in range(count):
        wave.call(1, 0.7)
    return wave


def explained(wave: Talk) -> dict[str, str]:
    return {one.finding.rule: one.explained_by for one in judge(wave).findings}


def test_a_post_mortem_says_what_is_not_known_and_what_to_record() -> None:
    wave = mute(Talk())
    (found,) = findings(wave, 'DIA006')
    assert found == Finding(
        wave.words[0].start,
        wave.length,
        'uart0',
        'DIA006',
        'uart-bootloader-mute',
        Severity.ERROR,
        Confidence.MEDIUM,
        'target',
        '',
        3,
        'The UART bootloader never answered: 0x7F was sent 3 times at 115200 baud over 2.1 s, and'
        ' no byte came back' + NOT_TOLD,
        found.advice,
        found.evidence,
        (('UART005', 'uart0', ''),),
        'unknown',
    )
    assert len(found.advice) == CHECKS
    assert found.advice[0].startswith('Measure VDD, NRST and BOOT0')
    assert found.advice[-1].startswith('Record again, from before the reset')


def test_it_heads_the_report() -> None:
    wave = mute(Talk())
    verdict = judge(wave).verdict
    assert verdict is not None
    assert verdict.rule == 'DIA006'
    assert explained(wave) == {'DIA006': '', 'UART005': 'DIA006'}


def test_boot0_low_at_the_reset_is_the_headline() -> None:
    wave = mute(Talk(nrst=1, boot0=0).idle(0.01).reset())
    (found,) = findings(wave, 'DIA006', family='F4')
    assert found.message == (
        'The UART bootloader never answered, but the part may well be fine: BOOT0 was low when NRST'
        ' rose, and the loader did not answer 3 calls after it: the part starts its flash, not the'
        ' bootloader'
    )
    assert (found.suspect, found.recoverable, found.confidence) == (
        'host',
        'likely',
        Confidence.HIGH,
    )
    assert found.advice[0].startswith('Set BOOT0 high before NRST rises')
    assert explained(wave) == {'DIA006': '', 'RST007': 'DIA006', 'UART005': 'DIA006'}


def test_a_sync_byte_that_came_too_early_is_the_headline() -> None:
    wave = mute(Talk(nrst=1).idle(0.01).reset(start_up=200e-6))
    (found,) = findings(wave, 'DIA006')
    assert found.message == (
        'The UART bootloader never answered, but the part may well be fine: 0x7F came 200 us after'
        ' NRST rose, and was not acknowledged'
    )
    assert (found.suspect, found.confidence) == ('host', Confidence.MEDIUM)


def test_a_rate_out_of_range_is_the_headline() -> None:
    ((_, message),) = told(mute(Talk(rate=20e6, baud=921_600)), 'DIA006')
    assert 'the part may well be fine: 0x7F was sent at 921600 baud and not ack' in message


def test_a_part_without_supply_cannot_answer() -> None:
    (found,) = findings(mute(Talk(vdd=0)), 'DIA006')
    assert found.message == (
        'The UART bootloader never answered: VDD was low each time that the host called it'
    )
    assert (found.suspect, found.recoverable) == ('supply', 'likely')
    ((_, message),) = told(mute(mute(Talk(vdd=0)).level('vdd', 1)), 'DIA006')
    assert 'VDD' not in message


def test_a_part_that_answered_before_its_reset_does_so_no_more() -> None:
    ((_, message),) = told(mute(Talk(nrst=1).reset().sync().program().reset()), 'DIA006')
    assert message.startswith('The UART bootloader does not answer any more: 0x7F was sent 3 times')


def test_answers_at_another_rate_with_nothing_carried_out_are_told() -> None:
    wave = Talk(rate=8_000_000, skew={'rx': -0.06}).sync()
    for _ in range(4):
        wave.refused(GET)
    (found,) = findings(wave, 'DIA006')
    assert found.message.startswith(
        'The UART bootloader answers, but no command was carried out: the loader sends at 10'
    )
    assert ('UART002', 'uart0', '') in found.explains


def test_a_wrong_parity_is_the_business_of_another_rule() -> None:
    wave = Talk(parity='none').use('rx', parity='even').sync().refused(GET)
    wave.refused(GET)
    assert suppressed(wave, 'DIA006') == 'UART001'
    verdict = judge(wave).verdict
    assert verdict is not None
    assert verdict.rule == 'UART001'


def test_a_host_that_is_served_after_the_reset_is_in_order() -> None:
    wave = mute(Talk(nrst=1)).reset().sync().program()
    assert told(wave, 'DIA006') == []


def test_a_session_that_works_is_clean() -> None:
    assert result(Talk().sync().program(), 'DIA006').state == CLEAN
    assert result(Talk().sync(NACK).program(), 'DIA006').state == CLEAN


def test_without_a_uart_it_is_not_evaluated() -> None:
    assert result(I2cWave().write(0x51, [1]), 'DIA006').state == NOT_EVALUATED
