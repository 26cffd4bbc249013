"""DIA005: no debugger gets through: what the capture shows, and what it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules_harness import findings, judge, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Finding, Severity
from waves.probe import Probe
from waves.swd import AP, DP, FAULT, NO_REPLY, SwdWave

RAM = 0x20000000
CHECK_SUPPLY = 'Measure VDD at the part itself, and the reference voltage and ground of the probe.'
CHECK_REFERENCE = 'Check that the probe has its reference voltage, and ground from the board.'
CHECK_NRST = 'Measure NRST: it must be high, unless the host holds it low on purpose.'
CHECK_WIRES = (
    'Check SWCLK and SWDIO against the pin-out (PA14 and PA13 on most parts), not swapped, and that'
    ' nothing else drives them.'
)
UNDER_RESET = (
    'If no erase or option write can be going on in the part, connect under reset at a low SWCLK'
    ' frequency, and only read: no program can interfere then.'
)
BOOTLOADER = (
    'Try the bootloader as well, with BOOT0 high at reset: a part that answers there is alive.'
)
NO_UNLOCK = (
    'Do not let a tool unlock the part to get in: that erases everything in it, and protection'
    ' level 2 cannot be undone.'
)
LAST = (UNDER_RESET, BOOTLOADER, NO_UNLOCK)
NOT_TOLD = (
    'a wrong wire or pin from a part that sleeps, uses the pins otherwise or has closed its debug'
    ' port, nor whether it can be saved'
)


def attempts(count: int, ack: int = NO_REPLY, **levels: int) -> Probe:
    wave = Probe(**levels)  # type: ignore[arg-type]
    for _ in range(count):
        wave.line_reset().read(DP, 0, ack=ack)
    return wave


def diagnosis(wave: SwdWave, **settings: object) -> Finding:
    (found,) = findings(wave, 'DIA005', **settings)
    return found


def what(wave: SwdWave) -> tuple[str, str]:
    """Return the suspect and what the finding says after the numbers."""
    found = diagnosis(wave)
    return found.suspect, found.message.partition(': ')[2]


def test_nobody_answers_and_nothing_else_is_known() -> None:
    wave = attempts(5)
    found = diagnosis(wave)
    length = f'{(found.end - found.start) / wave.rate * 1e6:.4g} us'
    assert found == Finding(
        wave.transfers[0].start,
        wave.transfers[-1].end,
        'swd0',
        'DIA005',
        'no-debug-connection',
        Severity.ERROR,
        Confidence.HIGH,
        'wiring',
        '',
        5,
        f'No debug connection in 5 requests over {length}: nobody answered; the capture cannot tell'
        f' a missing supply, {NOT_TOLD}',
        (
            CHECK_SUPPLY,
            CHECK_NRST,
            CHECK_WIRES,
            *LAST,
            'Record the next attempt with NRST and VDD as well, from before power-up.',
        ),
        found.evidence,
        (('SWD001', 'swd0', ''),),
        'unknown',
    )
    assert found.evidence == findings(wave, 'SWD001')[0].evidence[:1]


def test_a_part_that_answers_is_connected() -> None:
    wave = attempts(5).connect().power_up().mem_read(RAM)
    assert findings(wave, 'DIA005') == []
    assert result(wave, 'DIA005').state == CLEAN


def test_lines_that_were_high_are_no_cause() -> None:
    assert what(attempts(5, nrst=1, vdd=1)) == (
        'wiring',
        f'nobody answered, though NRST and VDD were high; the capture cannot tell {NOT_TOLD}',
    )
    assert diagnosis(attempts(5, nrst=1, vdd=1)).advice == (CHECK_REFERENCE, CHECK_WIRES, *LAST)


def test_a_part_that_is_held_in_reset() -> None:
    assert what(attempts(5, nrst=0)) == (
        'wiring',
        'nobody answered, and NRST was low all the time: the part was held in reset',
    )


def test_a_part_without_supply() -> None:
    assert what(attempts(5, nrst=0, vdd=0)) == (
        'supply',
        'nobody answered, and VDD was low: the part had no supply',
    )


def test_a_line_that_is_held_low() -> None:
    assert what(attempts(5, ack=0)) == (
        'wiring',
        'no request was answered, and SWDIO is held low',
    )


def test_nothing_but_junk() -> None:
    assert what(attempts(5, ack=5)) == (
        'wiring',
        'no request was answered properly: the bits that come back are shifted or changed',
    )


def closed() -> Probe:
    return Probe().connect().power_up().identify_ap(0)


def test_a_debug_port_with_nothing_behind_it() -> None:
    suspect, message = what(closed())
    assert (suspect, message) == (
        'target',
        'the debug port answers (DPIDR 0x0BC11477), but the access port is closed: read protection'
        ' level 2, a boot lock with level 1, or a core without power or clock',
    )
    found = diagnosis(closed())
    assert found.explains == (('DAP006', 'swd0', ''),)
    assert found.advice[:3] == LAST


def test_an_access_port_that_opens_later_is_none_of_it() -> None:
    assert findings(closed().select(0, 0).mem_read(RAM), 'DIA005') == []


def escaping() -> Probe:
    """The part answers while NRST is low, and not once its program runs."""
    wave = Probe(nrst=0).connect().power_up().mem_write_block(RAM, range(5))
    wave.level('nrst', 1).pause(0.15)
    for _ in range(8):
        wave.read(AP, 0xC, ack=NO_REPLY).pause(0.01)
    return wave


def test_a_part_that_answers_only_under_reset() -> None:
    assert what(escaping()) == (
        'target',
        'the part answers only while NRST is low: its program then sleeps, or uses the SWD pins'
        ' otherwise',
    )
    assert diagnosis(escaping()).explains == (('SWD002', 'swd0', ''),)


def test_a_session_that_breaks_off_with_nrst_high_is_left_to_another_rule() -> None:
    wave = Probe(nrst=1).connect().power_up().mem_write_block(RAM, range(5)).pause(0.15)
    for _ in range(8):
        wave.read(AP, 0xC, ack=NO_REPLY)
    assert findings(wave, 'DIA005') == []
    assert len(findings(wave, 'SWD002')) == 1


def test_a_missing_line_reset_is_part_of_it() -> None:
    wave = Probe()
    for _ in range(5):
        wave.read(DP, 0, ack=NO_REPLY)
    found = diagnosis(wave)
    assert ('SWD009', 'swd0', '') in found.explains
    assert any('begin with a line reset' in step for step in found.advice)


def test_it_heads_the_report_and_explains_what_it_is_made_of() -> None:
    found = judge(attempts(5)).findings
    assert [(one.finding.rule, one.explained_by) for one in found] == [
        ('DIA005', ''),
        ('SWD001', 'DIA005'),
    ]


def test_it_never_says_that_the_part_is_lost() -> None:
    for wave in (attempts(5), attempts(5, nrst=0), attempts(5, ack=0), closed(), escaping()):
        found = diagnosis(wave)
        assert found.recoverable == 'unknown'
        assert 'dead' not in ' '.join((found.message, *found.advice))


@pytest.mark.parametrize(
    ('name', 'requests', 'confidence', 'lines'),
    [
        ('simulated/connect_no_target', 217, Confidence.HIGH, ', though NRST and VDD were high'),
        ('swd/nrf51_ftdi_init_noreply', 2, Confidence.MEDIUM, ''),
    ],
)
def test_captures_without_a_target(
    name: str, requests: int, confidence: Confidence, lines: str, shared_captures: Path
) -> None:
    analysis = analyze(open_capture(shared_captures / f'{name}.sr'))
    judged = [one for one in analysis.findings if not one.explained_by]
    ((found, _, _),) = judged
    assert (found.rule, found.count, found.confidence) == ('DIA005', requests, confidence)
    assert f': nobody answered{lines}; the capture cannot tell ' in found.message
    assert [one.finding.rule for one in analysis.findings if one.explained_by] == ['SWD001']


def refused_under_reset() -> Probe:
    """Connect under reset: the debug port answers, and every access through the access port is FAULT."""
    wave = Probe(nrst=0).connect().power_up()
    for _ in range(3):
        wave.select(0, 0).read(AP, 0, ack=FAULT).status(0xF0000020).abort()
    return wave


def test_a_connect_under_reset_that_meets_a_closed_port_is_told_with_the_attempts() -> None:
    wave = refused_under_reset()
    assert what(wave) == (
        'target',
        'the debug port answers (DPIDR 0x0BC11477), but the access port is closed under reset: read'
        ' protection level 2, a boot lock with level 1, or a core without power or clock, or reset'
        ' itself, which closes it on some parts',
    )
    found = diagnosis(wave)
    assert sorted(found.explains) == [('DAP004', 'swd0', ''), ('DAP006', 'swd0', '')]
    assert found.advice[0].startswith('Find out who holds NRST low')
    assert UNDER_RESET not in found.advice


def test_attempts_with_and_without_reset_leave_reset_out_of_the_causes() -> None:
    wave = refused_under_reset().level('nrst', 1).pause(0.01)
    wave.select(0, 0).read(AP, 0, ack=FAULT).abort()
    assert what(wave)[1].endswith(
        'but the access port is closed, also under reset: read protection level 2, a boot lock with'
        ' level 1, or a core without power or clock'
    )


def test_a_connect_under_reset_that_gets_through_is_none_of_it() -> None:
    wave = Probe(nrst=0).connect().power_up().mem_read(RAM).halt().level('nrst', 1).pause(0.01)
    assert findings(wave, 'DIA005') == []
