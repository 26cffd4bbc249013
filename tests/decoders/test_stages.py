"""A stack divides what the analyzer does in one; nothing runs twice that is shown, and nothing is left out."""

from __future__ import annotations

import pytest

from stm32trace_core.context import bare_context
from stm32trace_core.network import machine_types
from stm32trace_core.rules.engine import catalogue
from stm32trace_core.sigrok import stages
from stm32trace_core.sigrok.settings import context_of
from stm32trace_core.sigrok.stages import (
    ADI,
    ADI_ON_STOCK,
    FLASH,
    I2C,
    SWD,
    UART,
    UNSEEN,
    Plan,
    Stage,
)

NEVER_HERE = {'nrst', 'vdd', 'boot0'}


def plan(stage: Stage, rate: float | None = 1e6) -> Plan:
    return Plan(stage, context_of({}, rate, stage.protocol))


def rules(stage: Stage, rate: float | None = 1e6) -> set[str]:
    return {rule.info.id for rule in plan(stage, rate).rules}


def machines(stage: Stage) -> set[type]:
    return set(plan(stage).machines)


def test_machines_of_swd_run_once_in_the_stack() -> None:
    known = {kind for kind in machine_types() if 'swd' in kind.protocols}
    assert machines(SWD) < machines(ADI)
    assert machines(ADI) | machines(FLASH) == known
    assert not machines(ADI) & machines(FLASH)


@pytest.mark.parametrize(('stage', 'protocol'), [(I2C, 'i2c'), (UART, 'uart')])
def test_machines_of_a_loader_run_all_in_one(stage: Stage, protocol: str) -> None:
    assert machines(stage) == {kind for kind in machine_types() if protocol in kind.protocols}


def test_each_decoder_adds_rules_to_those_of_the_one_below() -> None:
    assert {'SWD001', 'SWD008'} <= rules(SWD) < rules(ADI) < rules(FLASH)
    assert 'DAP002' in rules(ADI)
    assert {'FLS005', 'OPT003', 'SWD002', 'DIA002'} <= rules(FLASH) - rules(ADI)


def test_rules_that_need_a_slow_line_do_not_run() -> None:
    for stage in (FLASH, I2C, UART):
        needs = [need for rule in plan(stage).rules for need in rule.info.needs]
        assert not [need for need in needs if set(need.split('|')) <= NEVER_HERE]


def test_rules_that_need_the_sample_rate_run_where_it_is_told() -> None:
    assert 'BLP013' in rules(I2C)
    assert 'BLP013' not in rules(I2C, None)
    assert 'BLP001' in rules(I2C, None)


def test_rules_of_what_only_the_wires_show_do_not_run() -> None:
    assert not rules(I2C) & {*UNSEEN, 'SIG001', 'SIG005', 'SIG009'}
    assert {rule.info.id for rule in catalogue()} >= set(UNSEEN)


def test_a_diagnosis_runs_in_the_topmost_decoder_alone() -> None:
    for stage in (SWD, ADI, ADI_ON_STOCK):
        assert not [name for name in rules(stage) if name.startswith('DIA')]
    assert [name for name in rules(FLASH) if name.startswith('DIA')]


def test_on_the_stock_decoder_the_link_is_no_ground_for_a_finding() -> None:
    assert not [name for name in rules(ADI_ON_STOCK) if name.startswith('SWD')]
    assert machines(ADI_ON_STOCK) == machines(ADI)


def test_a_plan_needs_no_more_than_a_bare_context() -> None:
    assert Plan(stages.SWD, bare_context()).machines
