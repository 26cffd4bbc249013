"""RST003: a pulse on NRST that the part may not have noticed."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.context import bare_context
from stm32trace_core.lines import NRST, POWER, CaptureGap, Reset
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rst.rst003_reset_pulse_too_short import ResetPulseTooShort
from stm32trace_core.rules.rule import YES, Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import SwdWave

ADVICE = (
    'Hold NRST low for 20 us or more, longer with a capacitor at the pin.',
    'If nobody drives it on purpose: look for crosstalk from SWCLK or SCL, a missing pull-up, a'
    ' missing capacitor at the pin.',
    'Do not take the part for freshly reset after this: begin the session anew.',
)
RATE = 100_000_000


def pulsed(*widths: float) -> Probe:
    wave = Probe(rate=RATE, nrst=1).connect()
    for width in widths:
        wave.pulse('nrst', width).pause(1e-4)
    return wave.power_up()


def told(wave: SwdWave, **settings: object) -> list[tuple[int, str]]:
    found = findings(wave, 'RST003', **settings)
    assert {one.severity for one in found} <= {Severity.WARNING}
    return [(one.count, one.message) for one in found]


def test_a_pulse_of_250_ns_is_told() -> None:
    (found,) = findings(pulsed(250e-9), 'RST003')
    assert found == Finding(
        found.start,
        found.start + 25,
        '',
        'RST003',
        'reset-pulse-too-short',
        Severity.WARNING,
        Confidence.MEDIUM,
        'host',
        '',
        1,
        'NRST was low for only 250 ns: the part may not have noticed it',
        ADVICE,
        (
            Evidence(
                found.start,
                found.start + 25,
                'NRST low for 250 ns; a reset needs 300 to 350 ns at least (data sheets), 20 us is'
                ' usual',
            ),
        ),
        (),
        YES,
    )


def test_one_of_a_microsecond_is_not() -> None:
    assert told(pulsed(1e-6)) == []
    assert result(pulsed(1e-6), 'RST003').state == CLEAN


def test_a_spike_that_the_part_filters_is_no_reset() -> None:
    assert told(pulsed(80e-9)) == []


def test_the_parts_own_reset_is_none_of_it() -> None:
    assert told(Probe(nrst=1).connect().power_up().sysresetreq().connect()) == []


def test_several_are_one_finding() -> None:
    message = 'NRST was low for only 250 ns: the part may not have noticed it (the first of 3)'
    assert told(pulsed(250e-9, 500e-9, 700e-9)) == [(3, message)]


def judged(*records: object) -> list[object]:
    rule = ResetPulseTooShort(bare_context(1e8))
    return [made for record in records for made in rule.feed(record)]


def test_only_pulses_of_known_length_are_judged() -> None:
    assert len(judged(Reset(50, 80, '', NRST, True))) == 1
    assert judged(Reset(0, 30, '', NRST, True)) == []
    assert judged(Reset(50, 80, '', NRST, False)) == []
    assert judged(CaptureGap(20, 50, '', 'lost'), Reset(50, 80, '', NRST, True)) == []


def test_a_loss_of_supply_is_none_of_it() -> None:
    assert judged(Reset(50, 80, '', POWER, True)) == []


def test_without_nrst_or_a_sample_rate_it_is_not_evaluated() -> None:
    state = result(Probe().connect(), 'RST003')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('nrst',))
    assert result(pulsed(250e-9), 'RST003', sample_rate=None).state == NOT_EVALUATED


def test_the_length_is_a_setting() -> None:
    assert told(pulsed(250e-9), limits={'RST003_SHORTEST_S': 200e-9}) == []
