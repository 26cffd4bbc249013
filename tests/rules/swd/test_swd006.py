"""SWD006: FAULT again and again, because the host does not clear the sticky error."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import YES, Confidence, Finding, Severity
from waves.probe import Probe
from waves.swd import AP, FAULT, WAIT, SwdWave

RAM = 0x20000000
NOTHING = 0x1FFF7A22
ADVICE = (
    'Let the host clear the sticky flags before it goes on: write 0x1E to ABORT, then read'
    ' CTRL/STAT.',
    'Look at the access before the first FAULT, not at those after it: only that one failed for a'
    ' reason of its own.',
    'Repeat that access alone; if it fails again, its address is not there, is protected, or has no'
    ' clock.',
)


def session(orundetect: bool = False) -> Probe:
    return Probe().connect().power_up(orundetect).mem_read(RAM)


def faulting(wave: Probe, count: int) -> Probe:
    """A read that the bus refuses, and `count` FAULTs in all."""
    wave.mem_read(NOTHING & ~3, fault=True)
    for _ in range(count - 1):
        wave.read(AP, 0xC, ack=FAULT)
    return wave


def polled(wave: Probe, count: int) -> Probe:
    for _ in range(count):
        wave.status()
    return wave


def told(wave: SwdWave, **settings: object) -> list[str]:
    found = findings(wave, 'SWD006', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [one.message for one in found]


def test_two_faults_and_twenty_requests_without_abort_are_told() -> None:
    wave = polled(faulting(session(), 2), 20)
    faults = [packet for packet in wave.transfers if packet.ack == FAULT]
    (found,) = findings(wave, 'SWD006')
    assert found == Finding(
        faults[0].start,
        faults[-1].end,
        'swd0',
        'SWD006',
        'fault-run',
        Severity.ERROR,
        Confidence.HIGH,
        'host',
        '',
        1,
        '2 requests were answered FAULT after a read of 0x1FFF7A20, and the host did not clear the'
        ' sticky error',
        ADVICE,
        found.evidence,
        (),
        YES,
    )
    assert [shown.text for shown in found.evidence] == [
        'the access before the first FAULT: read of 0x1FFF7A20',
        'read of RDBUFF: FAULT, 2 in all; expected a write of ABORT after the first',
    ]


def test_abort_within_twenty_requests_and_nothing_is_told() -> None:
    wave = polled(polled(faulting(session(), 2), 15).abort(), 40)
    assert told(wave) == []
    assert result(wave, 'SWD006').state == CLEAN


def test_one_fault_alone_is_not_told() -> None:
    assert told(polled(faulting(session(), 1), 40)) == []


def test_the_end_of_the_capture_proves_nothing() -> None:
    assert told(polled(faulting(session(), 2), 5)) == []


def test_twenty_faults_in_a_row_need_nothing_after_them() -> None:
    ((message),) = told(faulting(session(), 340))
    assert message.startswith('340 requests were answered FAULT')


def block(wave: Probe, count: int) -> Probe:
    """In overrun mode one WAIT makes FAULT of all the rest of the block."""
    wave.write(AP, 0xC, 0xABBABEEB, ack=WAIT)
    for _ in range(count):
        wave.write(AP, 0xC, 0xABBABEEB, ack=FAULT)
    return wave


def test_a_block_in_overrun_mode_that_abort_follows_is_normal() -> None:
    wave = polled(block(session(orundetect=True), 51).abort(), 40)
    assert told(wave) == []
    assert result(wave, 'SWD006').state == SUPPRESSED


def test_a_block_in_overrun_mode_that_nothing_clears_is_not() -> None:
    assert len(told(polled(block(session(orundetect=True), 51), 30))) == 1


def test_in_a_capture_that_begins_in_such_a_block_the_mode_is_not_known() -> None:
    wave = block(Probe().overrun(), 51)
    assert told(polled(wave.abort(), 40)) == []


def test_two_series_are_one_finding() -> None:
    wave = session()
    for _ in range(2):
        polled(faulting(wave, 2), 30).abort()
    (found,) = findings(wave, 'SWD006')
    assert found.count == 2
    assert found.message.endswith(' (2 times in the capture)')


def test_the_numbers_are_settings() -> None:
    wave = polled(faulting(session(), 2), 20)
    assert told(wave, limits={'SWD006_FEWEST': 3}) == []
    assert told(wave, limits={'SWD006_REQUESTS': 50}) == []
