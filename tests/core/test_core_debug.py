"""What the host asks of the core, and what the core says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import FAULT
from stm32trace_core.cortex.machine import CoreDebug
from stm32trace_core.cortex.records import (
    CATCH,
    HALT,
    RESET,
    RESUME,
    STEP,
    CoreStatus,
    DebugControl,
    DebugRequest,
)
from stm32trace_core.cortex.registers import CORE
from stm32trace_core.lines import SYSRESETREQ, Reset
from waves.accesses import (
    AIRCR,
    BUS,
    DEMCR,
    DHCSR,
    FINE,
    Session,
    context,
    made,
    only,
    packets,
    sample,
    truth,
)

ENABLE, ENABLE_HALT, ENABLE_STEP, DISABLE = 0xA05F0001, 0xA05F0003, 0xA05F0005, 0xA05F0000
RUNNING, HALTED = 0x00010001, 0x00030003
WAS_RESET, RETIRED = 0x02000000, 0x01000000
VC_CORERESET = 0x01000001


def told(session: Session, finish: bool = False) -> list[Any]:
    return made(CoreDebug(context(), BUS), session, finish)


def requests(session: Session) -> list[str]:
    return [one.kind for one in only(told(session, True), DebugRequest)]


def controls(session: Session, finish: bool = True) -> list[tuple[str, bool, int]]:
    found = only(told(session, finish), DebugControl)
    return [(one.kind, one.confirmed, one.polls) for one in found]


def test_a_halt_is_asked_for_seen_and_confirmed() -> None:
    session = Session().write(DHCSR, ENABLE_HALT).read(DHCSR, RUNNING).read(DHCSR, HALTED)
    assert told(session) == [
        DebugRequest(0, 100, BUS, HALT, ENABLE_HALT),
        CoreStatus(100, 200, BUS, RUNNING, False, False, False, False, True),
        CoreStatus(200, 300, BUS, HALTED, True, False, False, False, True),
        DebugControl(0, 300, BUS, HALT, True, 2),
    ]


def test_every_status_bit_is_told() -> None:
    session = Session().read(DHCSR, 0x020C0001)
    assert told(session) == [CoreStatus(0, 100, BUS, 0x020C0001, False, True, True, True, True)]


def test_a_halt_that_never_comes_is_told_at_the_end() -> None:
    session = Session().write(DHCSR, ENABLE_HALT).read(DHCSR, RUNNING)
    assert only(told(session, True), DebugControl) == [DebugControl(0, 200, BUS, HALT, False, 1)]


def test_a_halt_asked_for_twice_is_confirmed_once() -> None:
    session = Session().write(DHCSR, ENABLE_HALT).write(DHCSR, ENABLE_HALT).read(DHCSR, HALTED)
    assert requests(session) == [HALT, HALT]
    assert controls(session) == [(HALT, True, 1)]


def test_a_halted_core_is_not_asked_to_halt_again() -> None:
    assert requests(Session().read(DHCSR, HALTED).write(DHCSR, ENABLE_HALT)) == []


@pytest.mark.parametrize(
    ('status', 'confirmed'),
    [(RUNNING, True), (HALTED | RETIRED, True), (HALTED, False)],
    ids=['running', 'halted again', 'never ran'],
)
def test_a_resume_is_confirmed_by_a_core_that_runs_or_ran(status: int, confirmed: bool) -> None:
    session = Session().read(DHCSR, HALTED).write(DHCSR, ENABLE).read(DHCSR, status)
    assert requests(session) == [RESUME]
    assert controls(session) == [(RESUME, confirmed, 1)]


def test_a_step_is_confirmed_when_the_core_has_halted_again() -> None:
    session = Session().read(DHCSR, HALTED).write(DHCSR, ENABLE_STEP).read(DHCSR, HALTED | RETIRED)
    assert requests(session) == [STEP]
    assert controls(session) == [(STEP, True, 1)]


def test_switching_debug_on_while_the_core_runs_asks_for_nothing() -> None:
    assert requests(Session().read(DHCSR, RUNNING).write(DHCSR, ENABLE)) == []


def test_switching_debug_off_lets_a_halted_core_go() -> None:
    assert requests(Session().read(DHCSR, HALTED).write(DHCSR, DISABLE)) == [RESUME]
    assert requests(Session().write(DHCSR, DISABLE)) == []


@pytest.mark.parametrize('value', [0x00000003, 0xA05E0003])
def test_a_write_without_the_key_asks_for_nothing(value: int) -> None:
    assert requests(Session().write(DHCSR, value)) == []


def test_a_refused_access_says_nothing() -> None:
    session = Session().write(DHCSR, ENABLE_HALT, outcome=FAULT).read(DHCSR, HALTED, outcome=FAULT)
    assert told(session, True) == []


def test_a_change_of_mind_gives_the_first_request_up() -> None:
    session = Session().write(DHCSR, ENABLE_HALT).write(DHCSR, ENABLE).read(DHCSR, RUNNING)
    assert controls(session) == [(HALT, False, 0), (RESUME, True, 1)]


# Resets.


def test_a_system_reset_is_a_reset_of_the_part_at_the_write() -> None:
    session = Session().system_reset().read(DHCSR, RUNNING | WAS_RESET)
    assert told(session) == [
        DebugRequest(0, 100, BUS, RESET, 0x05FA0004),
        Reset(0, 100, BUS, SYSRESETREQ, True),
        CoreStatus(100, 200, BUS, RUNNING | WAS_RESET, False, False, False, True, True),
        DebugControl(0, 200, BUS, RESET, True, 1),
    ]


def test_a_reset_of_the_core_alone_is_none_of_the_part() -> None:
    found = told(Session().write(AIRCR, 0x05FA0001).read(DHCSR, WAS_RESET))
    assert only(found, Reset) == []
    assert [one.confirmed for one in only(found, DebugControl)] == [True]


@pytest.mark.parametrize('value', [0x00000004, 0xFA050004, 0x05FA0000, 0x05FA0002])
def test_other_writes_to_aircr_reset_nothing(value: int) -> None:
    assert told(Session().write(AIRCR, value).read(AIRCR, 0x05FA0004), True) == []


def test_the_parts_own_pulse_on_nrst_leaves_the_reset_waiting_for_its_confirmation() -> None:
    session = Session().system_reset().wait(45e-6).line('nrst', 0).wait(1.1e-3).line('nrst', 1)
    session.read(DHCSR, WAS_RESET)
    assert controls(session) == [(RESET, True, 1)]


def test_a_vector_catch_is_confirmed_by_the_halt_after_a_reset() -> None:
    session = Session().write(DEMCR, VC_CORERESET).read(DHCSR, RUNNING)
    session.system_reset().read(DHCSR, HALTED | WAS_RESET)
    assert requests(session) == [CATCH, RESET]
    assert controls(session) == [(CATCH, True, 2), (RESET, True, 1)]


def test_a_vector_catch_under_reset_is_confirmed_too() -> None:
    session = Session().line('nrst', 0).write(DEMCR, VC_CORERESET).wait(0.01).line('nrst', 1)
    session.read(DHCSR, HALTED | WAS_RESET)
    assert controls(session) == [(CATCH, True, 1)]


def test_a_vector_catch_taken_back_is_given_up() -> None:
    session = Session().write(DEMCR, VC_CORERESET).write(DEMCR, 0x01000000)
    assert controls(session, finish=False) == [(CATCH, False, 0)]


def test_a_vector_catch_written_again_asks_for_nothing_new() -> None:
    session = Session().write(DEMCR, VC_CORERESET).write(DEMCR, VC_CORERESET)
    session.read(DEMCR, VC_CORERESET).write(DEMCR, VC_CORERESET)
    assert requests(session) == [CATCH]


def test_a_reset_gives_up_what_was_to_run() -> None:
    session = Session().read(DHCSR, HALTED).write(DHCSR, ENABLE).line('nrst', 0)
    assert controls(session, finish=False) == [(RESUME, False, 0)]


def test_a_reset_does_not_give_up_a_halt() -> None:
    session = Session().line('nrst', 0).write(DHCSR, ENABLE_HALT).line('nrst', 1)
    assert controls(session.read(DHCSR, HALTED)) == [(HALT, True, 1)]


def test_after_a_reset_without_a_catch_the_core_runs() -> None:
    session = Session().read(DHCSR, HALTED).line('nrst', 0).line('nrst', 1).write(DHCSR, ENABLE)
    assert requests(session) == []


@pytest.mark.parametrize('cut', ['gap', 'vdd'])
def test_a_gap_or_a_loss_of_supply_gives_everything_up(cut: str) -> None:
    session = Session().write(DHCSR, ENABLE_HALT).write(DEMCR, VC_CORERESET)
    session = session.gap() if cut == 'gap' else session.line('vdd', 0)
    assert controls(session, finish=False) == [(CATCH, False, 0), (HALT, False, 0)]


def test_boot0_means_nothing_to_the_core() -> None:
    session = Session().write(DHCSR, ENABLE_HALT).line('boot0', 0).read(DHCSR, HALTED)
    assert controls(session) == [(HALT, True, 1)]


# The tables.


@pytest.mark.parametrize(
    ('peripheral', 'register'),
    [(name, one) for name, _, registers in CORE for one in registers],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_fields_do_not_overlap(peripheral: str, register: Any) -> None:
    taken = [bit for field in register.fields for bit in range(field.lsb, field.lsb + field.width)]
    assert taken == sorted(set(taken))
    assert all(0 <= bit < 32 for bit in taken)


# Simulated parts.

SIMULATED = (
    'f1_program_verify_ok', 'f4_ram_loader_mass_erase_ok', 'f7_mass_erase_wrperr',
    'f7_rdp_ff_readback', 'g0_connect_ok', 'g0_option_write_no_obl', 'g0_option_write_obl_ok',
    'g0_program_verify_ok', 'wait_single_ok',
)  # fmt: skip


def debugged(folder: Path, name: str) -> list[Any]:
    adi, core = AdiMachine(context(FINE), BUS), CoreDebug(context(FINE), BUS)
    found: list[Any] = []
    for record in packets(folder, name):
        accesses = adi.feed(record) if type(record) in AdiMachine.consumes else [record]
        for access in accesses:
            if type(access) in CoreDebug.consumes:
                found.extend(core.feed(access))
    return found


@pytest.mark.parametrize('name', SIMULATED)
def test_resets_halts_and_resumes_of_a_simulated_part_are_found(
    shared_captures: Path, name: str
) -> None:
    found = debugged(shared_captures, name)
    real = truth(shared_captures, name)['operations']
    writes = [sample(one['t0']) for one in real if one['op'] == 'sysresetreq']
    assert [(one.cause, one.end) for one in only(found, Reset)] == [
        (SYSRESETREQ, write) for write in writes
    ]
    resumed = [one.end for one in only(found, DebugRequest) if one.kind == RESUME]
    assert resumed == [sample(one['t0']) for one in real if one['op'] == 'core_resume']
    statuses = only(found, CoreStatus)
    for one in real:
        if one['op'] == 'core_halt':
            after = [status for status in statuses if status.start >= sample(one['t0'])]
            assert after[0].halted, one
