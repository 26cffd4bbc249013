"""DIA002 mass-erase-refused-by-protection: the F722 case."""

from pathlib import Path

import pytest

from rules.option_host import CLEAN, OptionHost
from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.cortex.records import HALTED, RUNNING
from stm32trace_core.flash.records import FlashOperation
from stm32trace_core.rules.rule import (
    HOST,
    LIKELY,
    NO,
    SUPPLY,
    TARGET,
    YES,
    Confidence,
    Finding,
    Severity,
)

# FLASH_OPTCR of an F722: sectors 0 and 1 protected; RDP 0xFF; nothing protected.
TWO_SECTORS, LOCKED_OUT, OPEN = 0xC0FCAAFD, 0xC0FFFFFD, 0xC0FFAAFD
MER, STRT, SER = 1 << 2, 1 << 16, 1 << 1
WRPERR, OPERR, BSY = 1 << 4, 1 << 1, 1 << 16


def symptom(rule: str, host: OptionHost, start: int = 0) -> Finding:
    """A finding of another rule, from `start` to now."""
    severity, sure = Severity.ERROR, Confidence.HIGH
    return Finding(
        start, host.now, 'swd0', rule, 'symptom', severity, sure, TARGET, '', 1, 'It failed', (), (),
        (), '',
    )  # fmt: skip


def erased(host: OptionHost, flags: int = WRPERR) -> OptionHost:
    """A mass erase by register writes, and the status that comes back."""
    return host.unlock().write('CR', MER).write('CR', MER | STRT).read('SR', flags)


def test_protected_sectors_are_told_as_the_cause() -> None:
    host = erased(OptionHost('F7').read('OPTCR', TWO_SECTORS))
    host.add(symptom('FLS005', host))
    [found] = host.findings('DIA002')
    assert (found.severity, found.confidence, found.suspect, found.recoverable, found.bus) == (
        Severity.ERROR,
        Confidence.HIGH,
        HOST,
        YES,
        'swd0',
    )
    assert found.message == (
        'The mass erase of STM32F72x/F73x was refused by protection, the part is not defective: write'
        ' protection of 2 of 8 sectors (0, 1); WRPERR came back 150 us after the start'
    )
    assert [evidence.text for evidence in found.evidence] == [
        'FLASH_OPTCR reads 0xC0FCAAFD: RDP 0xAA, read-out protection level 0, write protected: 2 of 8'
        ' sectors (0, 1)',
        'Mass erase started by register writes; it ended after 150 us; a mass erase takes at most'
        ' 32 s (DS11853, flash memory characteristics)',
        'FLASH_SR reads 0x00000010: WRPERR; expected: none of them',
    ]
    assert found.explains == (('FLS005', 'swd0', ''),)
    assert found.advice[0].startswith('This changes the option bytes, and the mass erase after it')


def test_an_rdp_byte_of_0xff_is_told_as_level_1_and_its_findings_explained() -> None:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).refused_read()
    erased(host).write('SR', WRPERR).write('CR', SER | STRT | 1 << 3).read('SR', WRPERR)
    for rule in ('FLS005', 'OPT012', 'DAP007', 'DAP004', 'SIG001'):
        host.add(symptom(rule, host))
    [found] = host.findings('DIA002')
    assert found.message == (
        'The mass erase of STM32F72x/F73x was refused by protection, the part is not defective:'
        ' read-out protection level 1 (RDP reads 0xFF, the value of an erased option byte); WRPERR'
        ' came back 150 us after the start, and sector erases are refused as well'
    )
    assert (found.suspect, found.recoverable) == (SUPPLY, LIKELY)
    assert found.advice[0].startswith('This ERASES THE WHOLE FLASH')
    assert [rule for rule, _, _ in found.explains] == ['DAP004', 'DAP007', 'FLS005', 'OPT012']


def test_sector_erases_that_succeed_beside_it_are_told() -> None:
    host = erased(OptionHost('F7').read('OPTCR', TWO_SECTORS)).write('SR', WRPERR)
    host.write('CR', SER | STRT | 2 << 3).read('SR', BSY).idle(1).read('SR', 0)
    [found] = host.findings('DIA002')
    assert found.message.endswith('after the start, while sector erases succeed')


def test_level_2_cannot_be_saved() -> None:
    [found] = erased(OptionHost('F7').read('OPTCR', 0xC0FFCCFD)).findings('DIA002')
    assert found.recoverable == NO
    assert found.advice[0].startswith('Nothing can be erased any more')


def test_without_the_options_the_flag_alone_makes_it_likely() -> None:
    [found] = erased(OptionHost('F7')).findings('DIA002')
    assert found.confidence == Confidence.MEDIUM
    assert 'the part itself says so; its options were not all read' in found.message


def test_a_program_in_ram_that_never_came_back_is_told_as_such() -> None:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).run_in_ram(10, RUNNING)
    host.add(symptom('CMX008', host))
    [found] = host.findings('DIA002')
    assert found.message == (
        'A program that the probe ran in RAM of STM32F72x/F73x failed after 10 s; protection refuses'
        ' a mass erase: read-out protection level 1 (RDP reads 0xFF, the value of an erased option byte)'
    )
    assert found.confidence == Confidence.MEDIUM
    assert found.explains == (('CMX008', 'swd0', ''),)


def test_an_erase_that_was_never_issued_is_told_as_such() -> None:
    host = OptionHost('F7').read('OPTCR', LOCKED_OUT).unlock().lock()
    [found] = host.findings('DIA002')
    assert found.message == (
        'No mass erase of STM32F72x/F73x was ever issued by the probe; protection would refuse one:'
        ' read-out protection level 1 (RDP reads 0xFF, the value of an erased option byte)'
    )


@pytest.mark.parametrize('optcr', [TWO_SECTORS, LOCKED_OUT])
def test_protection_without_an_attempt_is_no_diagnosis(optcr: int) -> None:
    assert OptionHost('F7').read('OPTCR', optcr).state('DIA002') == CLEAN


def test_an_erase_that_succeeds_is_clean_whatever_was_protected_before() -> None:
    host = OptionHost('F7').read('OPTCR', TWO_SECTORS).unlock().write('CR', MER | STRT)
    assert host.read('SR', BSY).idle(8).read('SR', 0).state('DIA002') == CLEAN


def test_a_program_in_ram_that_ends_well_is_clean() -> None:
    host = OptionHost('F7').read('OPTCR', TWO_SECTORS).run_in_ram(8.5, HALTED)
    assert host.state('DIA002') == CLEAN


def test_an_unprotected_part_is_not_this_diagnosis() -> None:
    assert erased(OptionHost('F7').read('OPTCR', OPEN), OPERR).state('DIA002') == CLEAN


def test_a_flag_that_was_set_before_is_no_answer() -> None:
    host = OptionHost('F7').read('OPTCR', TWO_SECTORS).read('SR', WRPERR)
    erased(host, BSY).idle(8).read('SR', WRPERR)
    assert [evidence.text for found in host.findings('DIA002') for evidence in found.evidence] == [
        'FLASH_OPTCR reads 0xC0FCAAFD: RDP 0xAA, read-out protection level 0, write protected: 2 of 8'
        ' sectors (0, 1)',
        'Mass erase started by register writes; it ended after 8 s; a mass erase takes at most 32 s'
        ' (DS11853, flash memory characteristics)',
    ]


def test_the_options_that_count_are_those_at_the_attempt() -> None:
    host = erased(OptionHost('F7').read('OPTCR', TWO_SECTORS)).write('SR', WRPERR)
    host.option_keys().write('OPTCR', 0xC0FFAAFE).read('SR', 0).read('OPTCR', OPEN)
    [found] = host.write('CR', MER | STRT).idle(8).read('SR', 0).findings('DIA002')
    assert 'write protection of 2 of 8 sectors (0, 1)' in found.message
    assert host.state('DIA003') == CLEAN


def test_an_erase_that_was_seen_busy_was_not_refused() -> None:
    host = OptionHost('F7').read('OPTCR', TWO_SECTORS).unlock().write('CR', MER | STRT)
    host.read('SR', BSY).idle(2).add(
        FlashOperation(
            host.now, host.now + 100, 'swd0', 'mass_erase', -1, None, None, (), b'', 'unknown'
        )
    )
    assert host.add(symptom('FLS011', host)).state('DIA002') == CLEAN


def wave(optcr: int, status: int) -> OptionWave:
    """The same session as a waveform: options, mass erase, the status that comes back."""
    read = OptionWave('F7').get('OPTCR', optcr).unlock().put('CR', MER, MER | STRT)
    return read.get('SR', status)


def test_it_is_told_of_a_waveform() -> None:
    [found] = findings(wave(TWO_SECTORS, WRPERR), 'DIA002')
    assert 'was refused by protection, the part is not defective: write protection of 2 of 8' in (
        found.message
    )
    assert result(wave(OPEN, OPERR), 'DIA002').state == CLEAN
    assert result(wave(TWO_SECTORS, BSY).pause(0.1).get('SR', 0), 'DIA002').state == CLEAN


@pytest.mark.parametrize(
    ('name', 'why', 'explained'),
    [
        ('f7_mass_erase_wrperr', 'write protection of 2 of 8 sectors (0, 1)', ['FLS005']),
        (
            'f7_rdp_ff_readback',
            'read-out protection level 1 (RDP reads 0xFF, the value of an erased option byte)',
            ['DAP007', 'FLS005', 'OPT012'],
        ),
    ],
)
def test_the_recorded_cases_are_told(
    simulated_captures: Path, name: str, why: str, explained: list[str]
) -> None:
    analysis = analyze(open_capture(simulated_captures / f'{name}.sr'))
    assert analysis.verdict is not None
    assert (analysis.verdict.rule, analysis.verdict.severity) == ('DIA002', Severity.ERROR)
    assert analysis.verdict.headline.startswith(
        'The mass erase of STM32F72x/F73x was refused by protection, the part is not defective: '
        + why
    )
    above = [one for one in analysis.findings if one.finding.severity > Severity.NOTE]
    assert [one.finding.rule for one in above if not one.explained_by] == ['DIA002']
    told = {one.finding.rule for one in above if one.explained_by == 'DIA002'}
    assert sorted(told) == explained


def test_a_mass_erase_that_succeeds_later_makes_it_a_warning() -> None:
    host = erased(OptionHost('F7').read('OPTCR', TWO_SECTORS)).write('SR', WRPERR)
    host.add(symptom('FLS005', host)).read('OPTCR', OPEN).write('CR', MER | STRT).read('SR', BSY)
    assert [one.severity for one in host.findings('DIA002')] == [Severity.ERROR]
    [found] = host.idle(8).read('SR', 0).findings('DIA002')
    assert (found.severity, found.recoverable, found.advice) == (Severity.WARNING, YES, ())
    assert found.message.endswith('; a later one succeeded')
    assert found.evidence[-1].text == 'A later mass erase succeeded'
