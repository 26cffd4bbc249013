"""CMX005: the core was reset and nobody asked for it."""

from __future__ import annotations

from typing import Any

import pytest

from rules.register_traffic import HALTED, RUNS, S_RESET_ST, Traffic, guards, told
from stm32trace_core.flash.records import (
    CLOSED,
    ERASE_PENDING,
    OPEN,
    RESTART_EXPECTED,
    FlashOperation,
    Window,
)
from stm32trace_core.lines import CaptureGap
from stm32trace_core.rules.cmx.cmx005_unexpected_core_reset import (
    ADVICE,
    AWAITED,
    LOST,
    UnexpectedCoreReset,
)
from stm32trace_core.rules.rule import LIKELY, TARGET, Confidence, Evidence, Finding, Severity

WAS_RESET = HALTED & ~1 | S_RESET_ST  # 0x02030002
NRST = {'nrst': 1}
MESSAGE = (
    'DHCSR reads 0x02010001 (C_DEBUGEN, S_REGRDY, S_RESET_ST): the core was reset within the 100.1'
    ' ms since the read before, and no AIRCR or OBL_LAUNCH or NRST accounts for it'
)


def reset_unasked(traffic: Traffic) -> Traffic:
    return traffic.status(RUNS).wait(0.1).status(RUNS | S_RESET_ST)


def test_a_reset_that_nobody_asked_for_is_told() -> None:
    assert reset_unasked(Traffic()).judge(UnexpectedCoreReset, levels=NRST)[0] == [
        Finding(
            140,
            100240,
            'swd0',
            'CMX005',
            'unexpected-core-reset',
            Severity.ERROR,
            Confidence.HIGH,
            TARGET,
            '',
            1,
            MESSAGE,
            ADVICE,
            (Evidence(140, 100240, MESSAGE),),
            (),
            LIKELY,
        )
    ]


def test_two_ms_after_aircr_it_is_what_a_healthy_part_answers() -> None:
    traffic = Traffic().status(HALTED).reset().wait(0.002).status(0x02030003)
    assert told(traffic, UnexpectedCoreReset, levels=NRST) == []


def test_the_first_read_of_a_session_says_nothing() -> None:
    assert told(Traffic().status(WAS_RESET), UnexpectedCoreReset, levels=NRST) == []
    traffic = Traffic().status(HALTED).wait(5).link().status(WAS_RESET)
    assert told(traffic, UnexpectedCoreReset, levels=NRST) == []
    traffic = Traffic().status(HALTED).add(CaptureGap, 'missing', bus='').status(WAS_RESET)
    assert told(traffic, UnexpectedCoreReset, levels=NRST) == []


def test_a_reset_that_was_asked_for_long_before_the_read_explains_it() -> None:
    traffic = Traffic().status(HALTED).reset().wait(1.0).status(WAS_RESET)
    assert told(traffic, UnexpectedCoreReset, levels=NRST) == []


@pytest.mark.parametrize('after', [0.19, 0.21])
def test_what_explains_it_may_be_200_ms_before_although_it_was_read_since(after: float) -> None:
    traffic = Traffic().status(HALTED).reset().status(HALTED).wait(after).status(WAS_RESET)
    found = told(traffic, UnexpectedCoreReset, levels=NRST)
    assert len(found) == (after > 0.2)


def test_nrst_explains_it() -> None:
    traffic = Traffic().status(HALTED).level('nrst', 0).level('nrst', 1).status(WAS_RESET)
    assert told(traffic, UnexpectedCoreReset, levels=NRST) == []


@pytest.mark.parametrize(
    ('kind', 'fields'),
    [
        (FlashOperation, ('option_load', -1, None, None, (), b'', 'done')),
        (Window, (RESTART_EXPECTED, CLOSED, -1, '')),
    ],
)
def test_the_launch_of_options_explains_it(kind: Any, fields: tuple[Any, ...]) -> None:
    traffic = Traffic().status(HALTED).add(kind, *fields).status(WAS_RESET)
    assert told(traffic, UnexpectedCoreReset, levels=NRST) == []


def test_a_reset_in_an_erase_says_so() -> None:
    traffic = Traffic().add(Window, ERASE_PENDING, OPEN, -1, '')
    [found] = reset_unasked(traffic).judge(UnexpectedCoreReset, levels=NRST)[0]
    assert 'since the read before, while an erase was pending, and no AIRCR' in found.message
    assert found.advice == (*ADVICE, LOST.format('an erase'))


def test_where_nrst_is_not_captured_it_is_a_warning() -> None:
    [found] = reset_unasked(Traffic()).judge(UnexpectedCoreReset)[0]
    assert (found.severity, found.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    assert found.message.endswith(
        'and no AIRCR or OBL_LAUNCH accounts for it; NRST is not captured'
    )


def test_where_nrst_is_not_captured_and_the_host_awaits_a_reset_it_is_none() -> None:
    assert guards(reset_unasked(Traffic().catch()), UnexpectedCoreReset) == [AWAITED]
    traffic = Traffic().write('CoreDebug.DEMCR', 0x01000001)
    assert guards(reset_unasked(traffic), UnexpectedCoreReset) == [AWAITED]


def test_several_resets_are_one_finding() -> None:
    traffic = Traffic()
    for _ in range(4):
        reset_unasked(traffic).wait(0.3)
    [message] = told(traffic, UnexpectedCoreReset, levels=NRST)
    assert message == f'{MESSAGE} (the first of 4)'


def test_the_limit_can_be_set() -> None:
    traffic = Traffic().status(HALTED).reset().status(HALTED).wait(0.3).status(WAS_RESET)
    settings = {'levels': NRST, 'limits': {'CMX005_WITHIN_S': 0.5}}
    assert told(traffic, UnexpectedCoreReset, **settings) == []
