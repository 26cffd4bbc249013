"""DAP007: reads of flash fail while other reads work: read-out protection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rules_harness import findings, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.adi.records import OK
from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import AreaRefused, PeripheralAccess
from stm32trace_core.rules.dap.dap007_flash_read_refused import FlashReadRefused
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import LIKELY, Confidence, Evidence, Finding, Severity
from waves.probe import CPUID, Probe
from waves.swd import SwdWave

FLASH, RAM = 0x08000000, 0x20000000
OPTR = 0x40022020  # RM0444: FLASH_OPTR
LEVEL_0, LEVEL_1, ERASED = 0xDFFFE1AA, 0xDFFFE1BB, 0xDFFFE1FF
ADVICE = (
    'Going back to level 0 erases the whole flash: do so only if nothing in it is needed, with a'
    ' supply that is known to be stable.',
    'Read the option register first and keep its value: an RDP byte that nobody wrote (0xFF) points'
    ' to an interrupted option write.',
    'If the protection is wanted, nothing is wrong: use a tool that does not read the flash back.',
)


def session(options: int | None = LEVEL_1, **levels: int) -> Probe:
    """Connected to an STM32G071; the option register was read."""
    wave = Probe(**levels).connect().power_up().identify()  # type: ignore[arg-type]
    return wave if options is None else wave.mem_read(OPTR, options)


def refused(wave: Probe) -> Probe:
    return wave.mem_read(FLASH, fault=True).abort()


def told(wave: SwdWave, **settings: object) -> list[tuple[Severity, Confidence, str]]:
    found = findings(wave, 'DAP007', **settings)
    return [(one.severity, one.confidence, one.message.partition(': ')[2]) for one in found]


def test_a_read_of_flash_that_fails_on_a_protected_part_is_told() -> None:
    wave = refused(session())
    (found,) = findings(wave, 'DAP007')
    assert found == Finding(
        found.start,
        found.end,
        'swd0',
        'DAP007',
        'flash-read-refused',
        Severity.ERROR,
        Confidence.HIGH,
        'target',
        '',
        1,
        'Flash of STM32G07x/G08x cannot be read while its registers can: read-out protection'
        ' (RDP = 0xBB, level 1)',
        ADVICE,
        (
            Evidence(
                found.evidence[0].start,
                found.evidence[0].end,
                'FLASH.OPTR reads 0xDFFFE1BB: RDP = 0xBB, level 1',
            ),
            Evidence(
                found.start,
                found.end,
                'read of 0x08000000: FAULT; expected its value, as with the read of FLASH.OPTR'
                ' beside it',
            ),
        ),
        (),
        LIKELY,
    )


def test_flash_that_can_be_read_is_not() -> None:
    wave = session().mem_read(FLASH, 0x20001000)
    assert told(wave) == []
    assert result(wave, 'DAP007').state == CLEAN


def test_an_erased_rdp_byte_is_shown() -> None:
    ((_, _, reason),) = told(refused(session(ERASED)))
    assert reason == 'read-out protection (RDP = 0xFF, level 1)'


def test_level_0_is_another_reason_and_a_note() -> None:
    assert told(refused(session(LEVEL_0))) == [
        (
            Severity.NOTE,
            Confidence.MEDIUM,
            'not read-out protection, since the option register says RDP = 0xAA, level 0',
        )
    ]


def test_without_the_option_register_it_is_likely_only() -> None:
    assert told(refused(session(None))) == [
        (
            Severity.ERROR,
            Confidence.MEDIUM,
            'read-out protection is likely, though the option register was not read',
        )
    ]


def test_the_option_register_read_later_counts_as_well() -> None:
    ((_, confidence, reason),) = told(refused(session(None)).mem_read(OPTR, LEVEL_1))
    assert (confidence, reason) == (
        Confidence.HIGH,
        'read-out protection (RDP = 0xBB, level 1)',
    )


def test_a_read_of_ram_that_fails_is_none_of_it() -> None:
    assert told(session().mem_read(RAM, fault=True).abort()) == []


def test_with_nrst_low_every_access_may_fail() -> None:
    wave = refused(session(nrst=1).level('nrst', 0))
    assert told(wave) == []
    assert result(wave, 'DAP007').by == 'NRST is low'


def test_a_read_that_works_must_be_near() -> None:
    wave = refused(session().pause(0.02))
    assert told(wave) == []
    assert result(wave, 'DAP007').state == SUPPRESSED
    assert len(told(refused(session().pause(0.02)).mem_read(CPUID, 0x410CC601))) == 1
    assert len(told(refused(session().pause(0.02)), limits={'DAP007_NEAR_S': 0.1})) == 1


def area(start: int, count: int) -> AreaRefused:
    return AreaRefused(start, start + 9, 'b', FLASH, count)


def test_several_runs_are_one_finding_with_the_number_of_all_reads() -> None:
    rule = FlashReadRefused(bare_context(1e6), 'b')
    works = PeripheralAccess(50, 60, 'b', 'SCB.CPUID', CPUID, False, 0x410CC601, -1, OK)
    assert list(rule.feed(works)) == []
    made: list[Any] = []
    for record in (area(100, 1), area(100, 8), area(200, 2), area(300, 1), area(400, 1)):
        made += rule.feed(record)
    assert [found.count for found in made] == [1, 8, 10, 11, 12]
    assert len(made[-1].evidence) == 3


def test_the_simulated_part_whose_rdp_byte_is_erased(simulated_captures: Path) -> None:
    analysis = analyze(open_capture(simulated_captures / 'f7_rdp_ff_readback.sr'))
    assert [
        (judged.finding.message, judged.explained_by)
        for judged in analysis.findings
        if judged.finding.rule == 'DAP007'
    ] == [
        (
            'Flash of STM32F72x/F73x cannot be read while its registers can: read-out protection'
            ' (RDP = 0xFF, level 1)',
            'DIA002',
        )
    ]


def test_protection_that_is_taken_off_later_makes_it_a_note() -> None:
    [found] = findings(refused(session(ERASED)).mem_read(OPTR, LEVEL_0), 'DAP007')
    assert (found.severity, found.advice) == (Severity.NOTE, ())
    assert found.message.endswith(
        'read-out protection (RDP = 0xFF, level 1); later the part was read at level 0'
    )


def test_protection_that_the_capture_switches_on_itself_is_a_note() -> None:
    wave = session(LEVEL_0).mem_write(0x40022008, 0x45670123).mem_write(0x40022008, 0xCDEF89AB)
    wave.mem_write(0x4002200C, 0x08192A3B).mem_write(0x4002200C, 0x4C5D6E7F)
    wave.mem_write(OPTR, LEVEL_1).mem_write(0x40022014, 1 << 17).mem_read(0x40022010, 0)
    [found] = findings(refused(wave), 'DAP007')
    assert found.severity == Severity.NOTE
    assert found.message.endswith(', which this capture switches on (OPT008)')
