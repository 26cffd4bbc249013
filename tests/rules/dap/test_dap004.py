"""DAP004: CTRL/STAT shows that an earlier access failed."""

from __future__ import annotations

import pytest

from rules.sig.gapped import GappedReader
from rules_harness import findings, result
from stm32trace.pipeline import analyze
from stm32trace_core.adi.records import OK, UNKNOWN, RegisterAccess
from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import CLOSED, OPEN, PROGRAM_PENDING, Window
from stm32trace_core.rules.dap.dap004_sticky_error import StickyError
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import YES, Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import DP, SwdWave

FLASH = 0x08000000
ADVICE = (
    'Look at the access before it: what it asked for did not happen.',
    'Let the host clear the flag (write 0x1E to ABORT), then repeat that access alone.',
    'If the flash was being written, read it back and compare before the part is used.',
)


def failed() -> Probe:
    """A read that fails, and the look at CTRL/STAT."""
    return Probe().connect().power_up().mem_read(FLASH, fault=True).status()


def busy(wave: Probe, count: int) -> Probe:
    for _ in range(count):
        wave.read(DP, 0, 0x0BC11477)
    return wave


def told(wave: SwdWave, **settings: object) -> list[tuple[Severity, int]]:
    return [(one.severity, one.count) for one in findings(wave, 'DAP004', **settings)]


def test_a_flag_that_is_not_cleared_is_a_warning() -> None:
    wave = busy(failed(), 20)
    shown = next(packet for packet in wave.transfers if packet.data == 0xF0000020)
    last = '; the last access before: read of 0x08000000'
    assert findings(wave, 'DAP004') == [
        Finding(
            shown.start,
            shown.end,
            'swd0',
            'DAP004',
            'sticky-error',
            Severity.WARNING,
            Confidence.HIGH,
            'target',
            '',
            1,
            'An access failed: CTRL/STAT shows STICKYERR' + last,
            ADVICE,
            (
                Evidence(
                    shown.start,
                    shown.end,
                    'CTRL/STAT reads 0xF0000020: STICKYERR set, expected clear (IHI 0031 B2.2.2)'
                    + last,
                ),
            ),
            (),
            YES,
        )
    ]


def test_one_that_abort_clears_is_a_note() -> None:
    wave = busy(busy(failed(), 10).abort(), 40)
    assert told(wave) == [(Severity.NOTE, 1)]
    assert findings(wave, 'DAP004')[0].advice == ()


def test_the_end_of_the_capture_proves_nothing() -> None:
    assert told(busy(failed(), 15)) == [(Severity.NOTE, 1)]


def test_no_flag_and_nothing_is_said() -> None:
    wave = Probe().connect().power_up().mem_read(FLASH).status()
    assert told(wave) == []
    assert result(wave, 'DAP004').state == CLEAN


def test_abort_must_clear_the_flag_that_is_set() -> None:
    assert told(busy(failed().write(DP, 0, 0x02), 30)) == [(Severity.WARNING, 1)]
    assert told(busy(failed().write(DP, 0, 0x04), 30)) == [(Severity.NOTE, 1)]


@pytest.mark.parametrize(
    ('bit', 'name'), [(1 << 1, 'STICKYORUN'), (1 << 5, 'STICKYERR'), (1 << 7, 'WDATAERR')]
)
def test_all_three_flags_count(bit: int, name: str) -> None:
    wave = Probe().connect().power_up().read(DP, 4, 0xF0000040 | bit)
    (found,) = findings(wave, 'DAP004')
    assert found.message.startswith(f'An access failed: CTRL/STAT shows {name}')


def test_a_flag_that_is_read_again_is_no_second_one() -> None:
    assert told(failed().status().status()) == [(Severity.NOTE, 1)]


def test_flags_after_each_other_are_one_finding() -> None:
    wave = failed()
    for _ in range(4):
        wave.abort().mem_read(FLASH, fault=True).status()
    (found,) = findings(wave, 'DAP004')
    assert (found.count, len(found.evidence)) == (5, 3)
    assert found.message.endswith(' (the first of 5)')


def status(start: int, value: int) -> RegisterAccess:
    return RegisterAccess(start, start + 9, 'b', 'dp', UNKNOWN, 4, 'CTRL/STAT', False, value, OK)


def test_while_the_flash_is_being_written_it_is_a_warning_at_once() -> None:
    rule = StickyError(bare_context(1e6), 'b')
    window = Window(100, 100, 'b', PROGRAM_PENDING, OPEN, -1, '')
    assert list(rule.feed(window)) == []
    (found,) = rule.feed(status(200, 0xF0000060))
    assert isinstance(found, Finding)
    assert found.severity == Severity.WARNING


def test_after_it_was_written_it_is_a_note() -> None:
    rule = StickyError(bare_context(1e6), 'b')
    for state in (OPEN, CLOSED):
        assert list(rule.feed(Window(100, 150, 'b', PROGRAM_PENDING, state, -1, ''))) == []
    (found,) = rule.feed(status(200, 0xF0000060))
    assert found.severity == Severity.NOTE


def test_the_number_is_a_setting() -> None:
    assert told(busy(failed(), 20), limits={'DAP004_REQUESTS': 30}) == [(Severity.NOTE, 1)]


def test_the_access_that_failed_is_named_and_not_the_one_that_was_refused_for_it() -> None:
    wave = Probe().connect().power_up().mem_write(0x60000000, 5, fault=True).mem_read(0x20000000)
    [found] = findings(wave.status().abort(), 'DAP004')
    assert found.message.endswith('the last access before: write of 0x00000005 to 0x60000000')


def test_abort_may_have_come_where_samples_are_missing() -> None:
    wave = failed()
    first = wave.length
    wave.abort()
    last = wave.length
    busy(wave, 30)
    found = analyze(GappedReader(wave, first, last)).findings
    assert [one.finding.severity for one in found if one.finding.rule == 'DAP004'] == [
        Severity.NOTE
    ]
