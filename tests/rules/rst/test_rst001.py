"""RST001: the part was reset, or lost its supply, while it erased or programmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.option_wave import OptionWave
from rules_harness import findings, result
from stm32trace.capture import open_capture
from stm32trace.pipeline import analyze
from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import ERASE_PENDING, OPEN, OPTION_PROGRAMMING, Window
from stm32trace_core.lines import LevelChange
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED, SUPPRESSED
from stm32trace_core.rules.rst.rst001_reset_during_flash import ResetDuringFlash
from stm32trace_core.rules.rule import LIKELY, Confidence, Evidence, Finding, Severity, Withdrawn
from waves.loader import ACK, ERASE, ERASE_NS, READOUT_UNPROTECT_NS, WRITE_MEMORY_NS, Loader

ADVICE = (
    'Erasing deletes what is left there, and it is lost anyway: erase the same range again, whole,'
    ' then program it and read it back.',
    'Trust neither a blank check nor a verify of this range from before the new erase.',
    'Find out what pulled the line; the usual cause is a host whose time-out is shorter than the'
    ' erase.',
)


def told(wave: Loader | OptionWave, **settings: object) -> list[tuple[str, str]]:
    found = findings(wave, 'RST001', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [(one.suspect, one.message) for one in found]


def session(vdd: int | None = None) -> Loader:
    """A pulse on NRST, the loader's start, Get ID."""
    return Loader(nrst=1, vdd=vdd).idle(0.01).pulse('nrst', 0.005).idle(0.05).get_id()


def erasing(wave: Loader, busy: float = 0.02) -> Loader:
    """Order the erase of page 3, and poll for `busy` seconds."""
    wave.command(ERASE_NS).frame([0, 0]).status(ACK).frame([0, 3])
    return wave.poll_busy(busy, 2e-3)


def reset(wave: Loader) -> Loader:
    return wave.pulse('nrst', 0.002).idle(0.2).get_id()


def writing(address: int) -> Loader:
    """NRST falls while 16 bytes are written to `address`."""
    wave = session().command(WRITE_MEMORY_NS).frame(address.to_bytes(4)).status(ACK)
    return reset(wave.frame([15, *range(16)]).poll_busy(4e-3, 2e-3))


def test_a_write_to_ram_is_no_programming() -> None:
    assert told(writing(0x20001000)) == []
    assert len(told(writing(0x08001000))) == 1


def test_nrst_that_falls_in_an_erase_is_told() -> None:
    doing = 'No-Stretch Extended Erase (0x45) of page 3'
    assert findings(reset(erasing(session())), 'RST001') == [
        Finding(
            87800,
            87801,
            'i2c0',
            'RST001',
            'reset-during-flash',
            Severity.ERROR,
            Confidence.HIGH,
            'host',
            '',
            1,
            f'NRST fell 20.02 ms into {doing}, before its final status: what it changes is'
            ' undefined',
            ADVICE,
            (
                Evidence(
                    67776,
                    87801,
                    f'NRST falls while {doing} is pending; expected it high until the final status',
                ),
            ),
            (),
            LIKELY,
        )
    ]


def test_a_reset_after_the_final_status_is_none_of_it() -> None:
    wave = reset(session().erase_pages([3]))
    assert told(wave) == []
    assert result(wave, 'RST001').state == CLEAN


def test_a_reset_before_the_order_to_erase_is_none_of_it() -> None:
    assert told(reset(session().command(ERASE_NS).frame([0, 0]).status(ACK))) == []


def program() -> Loader:
    wave = session().command(WRITE_MEMORY_NS).frame([8, 0, 0, 0]).status(ACK)
    return wave.frame([3, 1, 2, 3, 4]).idle(1e-3)


def mass_erase() -> Loader:
    return session().command(ERASE).frame([0xFF, 0xFF]).idle(5e-3)


@pytest.mark.parametrize(
    ('wave', 'message'),
    [
        (program(), '1.024 ms into No-Stretch Write Memory (0x32) to 0x08000000'),
        (mass_erase(), '5.024 ms into Extended Erase (0x44) of the whole flash'),
        (erasing(session(), busy=0), '24 us into No-Stretch Extended Erase (0x45) of page 3'),
    ],
    ids=['programming', 'an erase that stretches SCL', 'an erase of which no status was read'],
)
def test_any_erase_or_programming_counts(wave: Loader, message: str) -> None:
    end = ', before its final status: what it changes is undefined'
    assert told(reset(wave)) == [('host', f'NRST fell {message}{end}')]


def test_a_supply_that_falls_is_suspected_itself() -> None:
    wave = erasing(session(vdd=1)).level('vdd', 0).idle(0.1).level('vdd', 1).idle(0.1)
    ((suspect, message),) = told(wave)
    assert suspect == 'supply'
    assert message.startswith('VDD fell 20.02 ms into No-Stretch Extended Erase (0x45) of page 3')


def test_a_supply_that_takes_nrst_along_is_told_once() -> None:
    wave = erasing(session(vdd=1)).level('vdd', 0).idle(1e-5).level('nrst', 0).idle(0.1)
    assert [suspect for suspect, _ in told(wave)] == ['supply']
    assert [one.count for one in findings(wave, 'RST001')] == [1]


def test_several_resets_are_one_finding() -> None:
    wave = session()
    for _ in range(4):
        reset(erasing(wave))
    (found,) = findings(wave, 'RST001')
    assert (found.count, len(found.evidence)) == (4, 3)
    assert found.message.endswith('what it changes is undefined (the first of 4 times)')


def test_option_bytes_being_written_are_another_rules_business() -> None:
    wave = session().command(READOUT_UNPROTECT_NS).poll_busy(0.02, 2e-3).pulse('nrst', 0.002)
    assert told(wave.idle(0.2)) == []


def test_an_erase_and_options_pending_together_are_left_to_the_graver_rule() -> None:
    rule = ResetDuringFlash(bare_context(1e6), 'i2c0')
    for kind in (ERASE_PENDING, OPTION_PROGRAMMING):
        rule.feed(Window(100, 100, 'i2c0', kind, OPEN, READOUT_UNPROTECT_NS, ''))
    left = Withdrawn(200, 201, 'i2c0', 'RST001', 'BLS004')
    assert list(rule.feed(LevelChange(200, 201, '', 'nrst', 0))) == [left]


def test_the_parts_own_restart_is_none_of_it() -> None:
    assert told(session().readout_unprotect().idle(0.2).get_id()) == []


def test_the_host_resetting_the_part_between_sessions_is_none_of_it() -> None:
    assert told(reset(session())) == []


def test_without_nrst_and_vdd_it_is_not_evaluated() -> None:
    state = result(Loader().get_id(), 'RST001')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('nrst|vdd',))


def test_it_needs_no_sample_rate() -> None:
    ((_, message),) = told(reset(erasing(session())), sample_rate=None)
    assert message.startswith('NRST fell 20024 samples into No-Stretch Extended Erase (0x45)')


def test_a_reset_in_a_simulated_erase_is_found(simulated_captures: Path) -> None:
    found = analyze(open_capture(simulated_captures / 'i2c_reset_during_page_erase.sr'))
    assert [one.finding.message for one in found.findings if one.finding.rule == 'RST001'] == [
        'NRST fell 27 ms into No-Stretch Extended Erase (0x45) of 4 pages, 0 to 3, before its final'
        ' status: what it changes is undefined'
    ]
    assert [one.by for one in found.results if one.rule == 'RST002'] == ['RST001']
    assert SUPPRESSED in [one.state for one in found.results if one.rule == 'RST002']


@pytest.mark.parametrize(
    ('order', 'message'),
    [
        ((1 << 16 | 1 << 2,), 'a mass erase'),
        ((1 << 16 | 2 | 3 << 3,), 'the erase of page 3'),
    ],
)
def test_an_erase_over_swd_is_told_by_its_name(order: tuple[int, ...], message: str) -> None:
    wave = OptionWave('G0').unlock().put('CR', *order).get('SR', 1 << 16).pause(0.003)
    end = ', before its final status: what it changes is undefined'
    [(suspect, text)] = told(wave.nrst())
    assert (suspect, text.partition(' into ')[2]) == ('host', message + end)


def test_programming_over_swd_is_told_with_its_address() -> None:
    wave = OptionWave('G0').unlock().put('CR', 1).mem_write_block(0x08000800, [1, 2])
    [(_, text)] = told(wave.get('SR', 1 << 16).nrst())
    assert ' into programming from 0x08000800, before' in text


def test_an_erase_over_swd_that_was_seen_to_end_is_none_of_it() -> None:
    wave = OptionWave('G0').unlock().put('CR', 1 << 16 | 1 << 2).get('SR', 1 << 16).pause(0.03)
    assert told(wave.get('SR', 0).nrst()) == []


def test_options_over_swd_are_another_rules_business() -> None:
    wave = OptionWave('G0').get('OPTR', 0xDFFFE1AA).unlock().put('OPTR', 0xDEFFE1AA)
    wave.put('CR', 1 << 17).get('SR', 1 << 16).nrst()
    assert told(wave) == []
    assert len(findings(wave, 'OPT005')) == 1
