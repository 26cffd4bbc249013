"""Rules about core and flash controller on whole SWD sessions: waveform in, findings out.

Each has the session that fires it and the nearest one that does not; what each says is in the tests of the rule.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rules_harness import findings
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.rules.rule import Severity
from waves.probe import DHCSR, DHCSR_KEY, S_HALT, S_REGRDY, S_RESET_ST, Probe

RULES = (
    'CMX001', 'CMX005', 'CMX006', 'CMX008', 'FLS001', 'FLS003', 'FLS005', 'FLS006', 'FLS009', 'FLS010',
    'FLS011',
)  # fmt: skip

DBGMCU_F7 = 0xE0042000  # RM0431: DBGMCU_IDCODE
SRAM, FLASH = 0x20000000, 0x08000000
KEY1, KEY2, BSY, LOCK = 0x45670123, 0xCDEF89AB, 1 << 16, 1 << 31

# RM0444 3.7 and RM0431 3.7: FLASH registers.
G0 = {'KEYR': 0x40022008, 'SR': 0x40022010, 'CR': 0x40022014}
F7 = {'KEYR': 0x40023C04, 'SR': 0x40023C0C, 'CR': 0x40023C10, 'OPTCR': 0x40023C14}
PG, PER_STRT, MER_STRT = 0x1, 0x10002, 0x10004
SER_2_STRT = 0x10012
PROGERR, WRPERR = 0x8, 0x10
HALT_ASKED = S_REGRDY | 0x3
SECTORS_0_1_PROTECTED = 0xC0FCAAFD


def g0() -> Probe:
    return Probe(nrst=1).connect().power_up().identify().halt()


def f7() -> Probe:
    """A session with an STM32F722 that begins with a reset."""
    probe = Probe(nrst=1).connect(0x5BA02477).power_up().identify(0x452, DBGMCU_F7).halt()
    return probe.sysresetreq().mem_read(DHCSR, HALT_ASKED | S_HALT | S_RESET_ST)


def unlocked(probe: Probe, registers: dict[str, int]) -> Probe:
    probe.mem_read(registers['CR'], LOCK)
    return probe.mem_write(registers['KEYR'], KEY1).mem_write(registers['KEYR'], KEY2)


def busy(probe: Probe, registers: dict[str, int], seconds: float, every: float = 0.01) -> Probe:
    for _ in range(round(seconds / every)):
        probe.mem_read(registers['SR'], BSY).pause(every)
    return probe


def asked_to_halt(reads: int) -> Probe:
    probe = Probe().connect().power_up().mem_write(DHCSR, DHCSR_KEY | 0x3)
    for _ in range(reads):
        probe.mem_read(DHCSR, HALT_ASKED)
    return probe.mem_read(DHCSR, HALT_ASKED | S_HALT)


def reset_seen(asked: bool) -> Probe:
    probe = g0()
    if asked:
        probe.sysresetreq()
    return probe.pause(0.002).mem_read(DHCSR, HALT_ASKED | S_HALT | S_RESET_ST)


def connected_under_reset(in_time: bool) -> Probe:
    probe = Probe(nrst=1).level('nrst', 0).pause(0.01).connect().power_up()
    if in_time:
        probe.mem_write(DHCSR, DHCSR_KEY | 0x3)
    probe.level('nrst', 1).pause(0.001)
    return probe if in_time else probe.halt()


def ran_a_loader(comes_back: bool) -> Probe:
    probe = g0().mem_write_block(SRAM, range(64)).core_write(0, FLASH).core_write(15, SRAM)
    probe.resume().poll_halted(30, comes_back, 0.01)
    return probe if comes_back else probe.sysresetreq()


def gave_keys(second: int) -> Probe:
    probe = g0().mem_read(G0['CR'], LOCK).mem_write(G0['KEYR'], KEY1)
    return probe.mem_write(G0['KEYR'], second)


def ordered_while(locked: bool) -> Probe:
    probe = g0().mem_read(G0['CR'], LOCK) if locked else unlocked(g0(), G0)
    return probe.mem_write(G0['CR'], PER_STRT).mem_read(G0['SR'])


def erased_f7(order: int, status: int) -> Probe:
    probe = unlocked(f7().mem_read(F7['OPTCR'], SECTORS_0_1_PROTECTED), F7)
    return probe.mem_write(F7['CR'], order).mem_read(F7['SR'], status)


def programmed(status: int) -> Probe:
    probe = unlocked(g0().mem_write(G0['SR'], 0xC3FB), G0).mem_write(G0['CR'], PG)
    probe.mem_write_block(FLASH, [1, 2]).mem_read(G0['SR'], status)
    return probe.mem_write(G0['CR'], LOCK)


def mass_erased(seconds: float) -> Probe:
    probe = busy(unlocked(g0(), G0).mem_write(G0['CR'], MER_STRT), G0, seconds)
    return probe.mem_read(G0['SR']).mem_write(G0['CR'], LOCK)


def left_after(waits: bool) -> Probe:
    probe = unlocked(f7(), F7).mem_write(F7['CR'], MER_STRT)
    busy(probe, F7, 0.5)
    if waits:
        probe.mem_read(F7['SR'])
    return probe.mem_write(F7['CR'], LOCK)


SESSIONS = {
    'a halt that never comes': (asked_to_halt(100), ['CMX001']),
    'a halt after 99 reads': (asked_to_halt(99), []),
    'a reset that nobody asked for': (reset_seen(asked=False), ['CMX005']),
    'a reset by AIRCR': (reset_seen(asked=True), []),
    'a halt after NRST rose': (connected_under_reset(in_time=False), ['CMX006']),
    'a halt before NRST rises': (connected_under_reset(in_time=True), []),
    'a loader that the host does not wait for': (ran_a_loader(comes_back=False), ['CMX008']),
    'a loader that comes back': (ran_a_loader(comes_back=True), []),
    'the first key twice': (gave_keys(KEY1), ['FLS001']),
    'both keys': (gave_keys(KEY2), []),
    'an erase while locked': (ordered_while(locked=True), ['FLS003']),
    'an erase after unlocking': (ordered_while(locked=False), []),
    'a mass erase beside protected sectors': (erased_f7(MER_STRT, WRPERR), ['FLS005']),
    'the erase of an open sector beside them': (erased_f7(SER_2_STRT, 0x1), []),
    'programming what is not erased': (programmed(PROGERR), ['FLS006']),
    'programming what is erased': (programmed(0), []),
    'a mass erase that does not end': (mass_erased(1.0), ['FLS009']),
    'a mass erase of 30 ms': (mass_erased(0.03), []),
    'a mass erase that does not start': (mass_erased(0.0), ['FLS010']),
    'a host that locks while busy': (left_after(waits=False), ['FLS011']),
    'a host that waits': (left_after(waits=True), []),
}


@pytest.mark.parametrize('name', SESSIONS)
def test_session(name: str) -> None:
    probe, expected = SESSIONS[name]
    found = findings(probe, select=RULES)
    assert [one.rule for one in found] == expected
    assert {one.severity for one in found} <= {Severity.ERROR, Severity.WARNING}


def test_the_refused_mass_erase_of_an_f722_names_its_protected_sectors(
    simulated_captures: Path,
) -> None:
    found = analyze(open_capture(simulated_captures / 'f7_mass_erase_wrperr.sr'))
    [message] = [one.finding.message for one in found.findings if one.finding.rule == 'FLS005']
    assert message == (
        'WRPERR: the mass erase was refused 124.7 us after its start; sectors 0 and 1 are write'
        ' protected (FLASH_OPTCR reads 0xC0FCAAFD), and on STM32F7 one protected sector refuses a'
        ' mass erase'
    )


def test_nothing_above_note_in_healthy_sessions(
    shared_captures: Path, simulated_captures: Path
) -> None:
    names = ('g0_*ok', 'f1_*', 'f4_*', 'wait_single_ok')
    files = [file for name in names for file in simulated_captures.glob(f'{name}.sr')]
    files += (shared_captures / 'swd').glob('*.sr')
    told = [
        (file.name, one.finding.rule, one.finding.message)
        for file in sorted(files)
        for one in analyze(open_capture(file)).findings
        if one.finding.rule in RULES and one.finding.severity > Severity.NOTE
    ]
    assert len(files) == 25
    assert told == []
