"""CMX001: the core was told to halt and did not."""

from __future__ import annotations

import pytest

from rules.register_traffic import HALTED, RUNS, S_RESET_ST, Traffic, told
from stm32trace_core.lines import CaptureGap
from stm32trace_core.rules.cmx.cmx001_halt_not_reached import ADVICE, HaltNotReached
from stm32trace_core.rules.rule import LIKELY, TARGET, Confidence, Evidence, Finding, Severity

ASKED = RUNS | 2  # C_DEBUGEN, C_HALT, S_REGRDY
MESSAGE = (
    'C_HALT was written and S_HALT was still 0 after 100 reads of DHCSR in 10 ms; the last one is'
    ' 0x00010003 (C_DEBUGEN, C_HALT, S_REGRDY)'
)


def reads(traffic: Traffic, count: int, value: int = ASKED) -> Traffic:
    for _ in range(count):
        traffic.status(value)
    return traffic


def test_a_hundred_reads_without_a_halt_are_told_once() -> None:
    assert reads(Traffic().halt(), 150).judge(HaltNotReached)[0] == [
        Finding(
            100,
            10140,
            'swd0',
            'CMX001',
            'halt-not-reached',
            Severity.ERROR,
            Confidence.HIGH,
            TARGET,
            '',
            1,
            MESSAGE,
            ADVICE,
            (Evidence(100, 10140, MESSAGE),),
            (),
            LIKELY,
        )
    ]


def test_a_halt_after_99_reads_is_right() -> None:
    assert told(reads(Traffic().halt(), 99).status(HALTED), HaltNotReached) == []


def test_a_capture_that_ends_sooner_says_nothing() -> None:
    assert told(reads(Traffic().halt(), 99), HaltNotReached) == []


def test_one_read_after_more_than_100_ms_suffices() -> None:
    [message] = told(Traffic().halt().wait(0.1).status(1 << 18 | ASKED), HaltNotReached)
    assert message == (
        'C_HALT was written and S_HALT was still 0 after 1 read of DHCSR in 100.1 ms; the last one is'
        ' 0x00050003 (C_DEBUGEN, C_HALT, S_REGRDY, S_SLEEP)'
    )
    assert told(Traffic().halt().wait(0.0999).status(ASKED), HaltNotReached) == []


def test_while_nrst_is_low_nothing_is_counted() -> None:
    traffic = reads(Traffic().level('nrst', 0).halt(), 150).level('nrst', 1)
    settings = {'levels': {'nrst': 1}}
    assert told(reads(traffic, 99), HaltNotReached, **settings) == []
    assert len(told(traffic.status(ASKED), HaltNotReached, **settings)) == 1


def test_a_host_that_changes_its_mind_ends_the_wait() -> None:
    for change in (Traffic.resume, Traffic.reset):
        traffic = reads(Traffic().halt(), 50)
        assert told(reads(change(traffic), 60), HaltNotReached) == []


def test_a_reset_that_is_seen_begins_the_count_anew() -> None:
    traffic = reads(reads(Traffic().halt(), 50).status(ASKED | S_RESET_ST), 99)
    assert told(traffic, HaltNotReached) == []
    assert len(told(traffic.status(ASKED), HaltNotReached)) == 1


def test_a_gap_ends_the_wait() -> None:
    traffic = reads(Traffic().halt(), 50).add(CaptureGap, 'samples missing', bus='')
    assert told(reads(traffic, 60), HaltNotReached) == []


def test_reads_before_any_order_to_halt_say_nothing() -> None:
    assert told(reads(Traffic(), 200, RUNS), HaltNotReached) == []


def test_without_a_sample_rate_the_reads_are_counted() -> None:
    traffic = Traffic().halt().wait(1.0)
    assert told(reads(traffic, 99), HaltNotReached, rate=None) == []
    assert len(told(traffic.status(ASKED), HaltNotReached, rate=None)) == 1


@pytest.mark.parametrize('limits', [{'CMX001_READS': 5}, {'CMX001_WAIT_S': 1e-3}])
def test_the_limits_can_be_set(limits: dict[str, float]) -> None:
    assert len(told(reads(Traffic().halt(), 20), HaltNotReached, limits=limits)) == 1
