"""CMX006: NRST rose before the core was told to halt."""

from __future__ import annotations

from rules.register_traffic import Traffic, told
from stm32trace_core.adi.records import DP, OK, UNKNOWN, RegisterAccess
from stm32trace_core.lines import OBL_LAUNCH, Reset
from stm32trace_core.rules.cmx.cmx006_connect_under_reset_ineffective import (
    ADVICE,
    ConnectUnderResetIneffective,
)
from stm32trace_core.rules.engine import CLEAN, FIRED, NOT_EVALUATED
from stm32trace_core.rules.rule import HOST, YES, Confidence, Evidence, Finding, Severity

RULE = ConnectUnderResetIneffective
NRST = {'nrst': 1}
MESSAGE = (
    'NRST was low for 20.1 ms while the host connected, and rose 3.1 ms before C_HALT was written:'
    ' the application ran in between'
)


def connecting() -> Traffic:
    """NRST low for 20 ms, and the link begun."""
    return Traffic().level('nrst', 0).wait(0.0199).link()


def test_a_halt_after_the_rise_is_told_with_the_times() -> None:
    traffic = connecting().level('nrst', 1).wait(0.003).halt()
    assert traffic.judge(RULE, levels=NRST)[0] == [
        Finding(
            100,
            23340,
            'swd0',
            'CMX006',
            'connect-under-reset-ineffective',
            Severity.WARNING,
            Confidence.HIGH,
            HOST,
            '',
            1,
            MESSAGE,
            ADVICE,
            (Evidence(100, 23340, MESSAGE),),
            (),
            YES,
        )
    ]


def test_a_halt_before_the_rise_is_right() -> None:
    assert told(connecting().halt().level('nrst', 1).halt(), RULE, levels=NRST) == []


def test_a_catch_before_the_rise_is_right() -> None:
    assert told(connecting().catch().level('nrst', 1).halt(), RULE, levels=NRST) == []


def test_a_catch_before_the_fall_is_right() -> None:
    traffic = Traffic().catch().level('nrst', 0).link().level('nrst', 1).halt()
    assert told(traffic, RULE, levels=NRST) == []


def test_a_read_of_dpidr_is_a_connect_as_well() -> None:
    traffic = Traffic().level('nrst', 0)
    traffic.add(RegisterAccess, DP, UNKNOWN, 0, 'DPIDR', False, 0x0BC11477, OK)
    [message] = told(traffic.level('nrst', 1).catch(), RULE, levels=NRST)
    assert 'before VC_CORERESET was written' in message


def test_a_pulse_without_a_connect_is_none_of_it() -> None:
    assert told(Traffic().level('nrst', 0).level('nrst', 1).halt(), RULE, levels=NRST) == []


def test_what_the_part_pulls_itself_after_aircr_is_none_of_it() -> None:
    traffic = Traffic().reset().level('nrst', 0).link().level('nrst', 1).halt()
    assert told(traffic, RULE, levels=NRST) == []


def test_what_the_part_pulls_itself_when_it_loads_its_options_is_none_of_it() -> None:
    traffic = Traffic().add(Reset, OBL_LAUNCH, True).level('nrst', 0).link().level('nrst', 1)
    assert told(traffic.halt(), RULE, levels=NRST) == []


def test_a_host_that_never_halts_does_not_need_it() -> None:
    assert connecting().level('nrst', 1).result(RULE, levels=NRST) == (CLEAN, ())


def test_an_order_a_second_later_belongs_to_something_else() -> None:
    traffic = connecting().level('nrst', 1).wait(1.1).halt()
    assert told(traffic, RULE, levels=NRST) == []
    assert len(told(traffic, RULE, levels=NRST, limits={'CMX006_WITHIN_S': 2})) == 1


def test_a_capture_that_begins_in_reset_counts() -> None:
    traffic = Traffic().link().level('nrst', 1).halt()
    assert traffic.result(RULE, levels={'nrst': 0})[0] == FIRED


def test_without_nrst_it_is_not_evaluated() -> None:
    assert Traffic().halt().result(RULE) == (NOT_EVALUATED, ('nrst',))
