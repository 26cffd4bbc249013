"""RST009: the part was reset into the bootloader again after the session."""

from __future__ import annotations

from rules.uart_talk import Talk, suppressed, told
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity

SAID = (
    'BOOT0 was still high when NRST rose after the session: the part starts its bootloader, not the'
    ' application'
)


def session(dev_id: int = 0x413, boot0: int = 1) -> Talk:
    return Talk(nrst=1, boot0=boot0).reset().sync().get_id(dev_id).write()


def test_a_reset_with_boot0_high_after_the_last_command_is_a_note() -> None:
    wave = session().reset().idle(0.5)
    (found,) = findings(wave, 'RST009')
    rise = found.start
    assert found == Finding(
        rise,
        wave.length,
        '',
        'RST009',
        'boot0-left-high',
        Severity.NOTE,
        Confidence.HIGH,
        'host',
        '',
        1,
        SAID,
        found.advice,
        (
            Evidence(
                rise,
                rise + 1,
                'BOOT0 high as NRST rises; expected low for a start from main flash (AN2606)',
            ),
        ),
        (),
        'yes',
    )
    assert abs(rise - (wave.now - 0.52) * wave.rate) <= 1


def test_boot0_low_starts_the_application() -> None:
    wave = session().level('boot0', 0).idle(0.01).reset().idle(0.5)
    assert result(wave, 'RST009').state == CLEAN


def test_a_reset_before_another_session_is_none() -> None:
    assert told(session().reset().sync().get_id().idle(0.5), 'RST009') == []


def test_a_session_without_a_reset_after_it_is_none() -> None:
    assert told(session().idle(0.5), 'RST009') == []


def test_a_capture_that_ends_with_the_reset_says_nothing() -> None:
    assert told(session().reset(start_up=0.05), 'RST009') == []


def test_a_family_whose_options_may_choose_may_start_the_application() -> None:
    wave = session(0x460).reset().idle(0.5)
    assert suppressed(wave, 'RST009') == 'nBOOT_SEL may stand for the pin'


def test_without_a_bootloader_it_is_not_evaluated() -> None:
    wave = Talk(nrst=1, boot0=1).tx(b'text').idle(0.1).reset().idle(0.5)
    assert told(wave, 'RST009') == []
    assert result(wave, 'RST009').state == NOT_EVALUATED
