"""DIA012: every update has to take the read-out protection off first."""

from __future__ import annotations

from rules.uart_talk import Talk, told
from rules_harness import findings, judge, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Finding, Severity
from waves.uart_loader import READ_MEMORY, WRITE_MEMORY

COST = ': each such update erases the whole flash and rewrites the option bytes'
PART = 'STM32G07x/G08x'


def refused(wave: Talk) -> Talk:
    return wave.get().get_id().refused(READ_MEMORY).refused(WRITE_MEMORY)


def flow(wave: Talk | None = None) -> Talk:
    """Refused, unprotected, written."""
    return refused((wave or Talk()).sync()).unprotect().sync().get_id().write().read()


def test_an_update_that_protects_the_part_again_is_told() -> None:
    wave = flow().protect()
    (found,) = findings(wave, 'DIA012')
    assert found == Finding(
        found.start,
        found.end,
        'uart0',
        'DIA012',
        'protected-part-in-update-flow',
        Severity.ERROR,
        Confidence.HIGH,
        'host',
        '',
        1,
        PART + ' was unprotected, written and protected again' + COST,
        found.advice,
        found.evidence,
        found.explains,
        'yes',
    )
    assert found.advice[0].startswith('Each such update ERASES THE WHOLE FLASH')
    assert [one.text for one in found.evidence[2:]] == [
        'Readout Unprotect (0x92) carried out',
        'Write Memory (0x31) carried out',
        'Readout Protect (0x82) carried out',
    ]


def test_it_heads_the_story() -> None:
    explained = {one.finding.rule: one.explained_by for one in judge(flow().protect()).findings}
    assert explained == {
        'DIA012': '',
        'BLP004': 'DIA012',
        'OPT008': 'DIA012',
        'OPT010': 'DIA012',
    }


def test_the_first_unlocking_of_a_part_is_a_note() -> None:
    assert told(flow(), 'DIA012') == [
        ('note', PART + ' was read protected, was unprotected, and was written after that')
    ]


def test_a_second_round_is_a_flow() -> None:
    wave = flow(flow(Talk()).idle(0.5))
    assert told(wave, 'DIA012') == [('error', PART + ' was unprotected and written 2 times' + COST)]


def test_an_unprotect_without_a_write_after_it_is_none() -> None:
    assert told(refused(Talk().sync()).unprotect().sync().get_id().read(), 'DIA012') == []


def test_a_part_that_was_not_protected_is_another_story() -> None:
    wave = Talk().sync().get().get_id().unprotect().sync().get_id().write().protect()
    assert told(wave, 'DIA012') == []


def test_a_write_to_ram_is_no_update() -> None:
    wave = refused(Talk().sync()).unprotect().sync().get_id().write(address=0x20004000).protect()
    assert told(wave, 'DIA012') == []


def test_an_unprotected_part_is_clean() -> None:
    assert result(Talk().sync().program(), 'DIA012').state == CLEAN


def test_without_a_bootloader_it_is_not_evaluated() -> None:
    assert result(Talk().tx(b'text').idle(0.1), 'DIA012').state == NOT_EVALUATED
