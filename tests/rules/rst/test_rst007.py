"""RST007: the bootloader is called, but BOOT0 was low when NRST rose."""

from __future__ import annotations

from typing import Any

from rules.uart_talk import Talk, told
from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.loader import NACK, Loader

LOW = 'BOOT0 low as NRST rises: main flash is chosen; expected high for the bootloader (AN2606)'


def called(count: int = 3, **how: Any) -> Talk:
    """BOOT0 low at a reset, and 0x7F in vain."""
    wave = Talk(nrst=1, boot0=0, **how).idle(0.01).reset()
    for _ in range(count):
        wave.call(1, 0.3)
    return wave


def test_calls_in_vain_after_a_start_from_flash_are_told() -> None:
    wave = called()
    (found,) = findings(wave, 'RST007', family='F4')
    rise = found.evidence[0].start
    assert found == Finding(
        rise,
        found.end,
        '',
        'RST007',
        'boot0-low-at-reset',
        Severity.ERROR,
        Confidence.HIGH,
        'host',
        '',
        1,
        'BOOT0 was low when NRST rose, and the loader did not answer 3 calls after it: the part'
        ' starts its flash, not the bootloader',
        found.advice,
        (
            Evidence(rise, rise + 1, LOW),
            *(
                Evidence(word.start, shown.end, '0x7F: no answer of a bootloader')
                for word, shown in zip(wave.words, found.evidence[1:], strict=False)
            ),
        ),
        (),
        'yes',
    )
    assert rise == round((0.001 + 0.01 + 0.005) * wave.rate)
    assert abs(found.end - wave.words[-1].end) < 40
    assert found.advice[0].startswith('Set BOOT0 high before NRST rises')


def test_an_unknown_part_may_have_options_that_choose() -> None:
    (found,) = findings(called(), 'RST007')
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.MEDIUM)
    assert found.message.endswith(
        'unless its option bytes choose instead of the pin (some families have such a bit)'
    )


def test_a_family_whose_options_may_choose_gives_a_note() -> None:
    ((severity, message),) = told(called(), 'RST007', family='G0')
    assert severity == 'note'
    assert message.endswith('unless its option bytes choose instead of the pin (nBOOT_SEL)')


def test_a_start_with_boot0_high_is_clean() -> None:
    wave = Talk(nrst=1, boot0=1).reset().call(1, 0.7).call(1, 0.7)
    assert result(wave, 'RST007').state == CLEAN


def test_boot0_counts_where_nrst_rises_not_later() -> None:
    wave = Talk(nrst=1, boot0=1).reset().level('boot0', 0).idle(0.01)
    assert told(wave.call(1, 0.7).call(1, 0.7), 'RST007') == []
    wave = Talk(nrst=1, boot0=0).reset().level('boot0', 1).idle(0.01)
    assert len(told(wave.call(1, 0.7), 'RST007')) == 1


def test_a_loader_that_answers_runs_whatever_the_pin_says() -> None:
    assert told(Talk(nrst=1, boot0=0).reset().sync().program(), 'RST007') == []
    assert told(Talk(nrst=1, boot0=0).reset().sync(NACK).program(), 'RST007') == []


def test_a_host_that_calls_until_boot0_is_set_is_served() -> None:
    wave = called().level('boot0', 1).idle(0.01).reset().sync().program()
    assert [severity for severity, _ in told(wave, 'RST007', family='F4')] == ['note']


def test_without_a_reset_in_the_capture_it_is_not_known() -> None:
    wave = Talk(nrst=1, boot0=0).call(1, 0.7).call(1, 0.7)
    assert told(wave, 'RST007') == []


def test_an_application_that_is_started_on_purpose_is_not_called() -> None:
    wave = Talk(nrst=1, boot0=1).reset().sync().program().level('boot0', 0).reset().idle(1)
    assert told(wave, 'RST007') == []


def test_the_end_of_the_capture_is_no_missing_answer() -> None:
    wave = Talk(nrst=1, boot0=0).reset().sync(None).idle(0.02)
    assert told(wave, 'RST007') == []


def test_over_i2c_an_address_counts_that_is_known_to_be_a_loaders() -> None:
    wave = Loader(boot0=0, nrst=1).idle(1e-3).pulse('nrst', 1e-3).idle(0.2).absent(3)
    assert told(wave, 'RST007') == []
    assert len(told(wave, 'RST007', address=0x51)) == 1
    two = Loader(boot0=0, nrst=1).idle(1e-3).pulse('nrst', 1e-3).idle(0.2).absent(2)
    assert told(two, 'RST007', address=0x51) == []


def test_without_boot0_or_nrst_it_is_not_evaluated() -> None:
    one = result(Talk(nrst=1).reset().call(1, 0.7), 'RST007')
    assert (one.state, one.missing) == (NOT_EVALUATED, ('boot0',))
