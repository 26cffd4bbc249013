"""A program that the host places in SRAM, starts and waits for is told as one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from stm32trace_core.adi.machine import AdiMachine
from stm32trace_core.adi.records import FAULT
from stm32trace_core.cortex.loader import MOST_BLOCKS, RESULT_WITHIN, Blocks, RamLoader
from stm32trace_core.cortex.records import HALTED, RUNNING, TRUNCATED, RamLoaderRun
from waves.accesses import (
    BUS,
    DCRDR,
    DCRSR,
    DHCSR,
    FINE,
    LENGTH,
    Session,
    context,
    made,
    packets,
    recorded,
    sample,
    truth,
)

SRAM = 0x20000000
RUN, HALT = 0xA05F0001, 0xA05F0003
RUNS, HALTS = 0x00010001, 0x00030003
PC = 15


def loaded(entry: int = SRAM, words: int = 8, arguments: tuple[int, ...] = (2, 7)) -> Session:
    """A program in SRAM, ready to be started."""
    session = Session()
    for number in range(words):
        session.write(SRAM + 4 * number, 0xBE00BE00)
    for number, value in enumerate(arguments):
        session.core_register(number, value)
    return session.core_register(PC, entry)


def runs(session: Session, finish: bool = True, rate: float | None = 1e6) -> list[RamLoaderRun]:
    return made(RamLoader(context(rate), BUS), session, finish)


def test_a_run_is_told_when_its_result_was_read() -> None:
    session = loaded()
    start = session.now
    session.write(DHCSR, RUN).wait(0.5).read(DHCSR, RUNS).wait(0.5).read(DHCSR, HALTS)
    end = session.now
    session.write(DCRSR, 0).read(DCRDR, 42)
    assert runs(session, finish=False) == [
        RamLoaderRun(start, end, BUS, SRAM, (2, 7), 42, 2, HALTS, SRAM, 32, HALTED)
    ]


def test_a_result_that_nobody_reads_is_not_waited_for_long() -> None:
    session = loaded().write(DHCSR, RUN).read(DHCSR, HALTS)
    for _ in range(RESULT_WITHIN):
        session.read(SRAM, 0)
    [run] = runs(session, finish=False)
    assert (run.outcome, run.result, run.polls) == (HALTED, -1, 1)


def test_another_register_read_afterwards_is_not_the_result() -> None:
    session = loaded().write(DHCSR, RUN).read(DHCSR, HALTS)
    session.write(DCRSR, PC).read(DCRDR, 0x20000010).write(DCRSR, 0).read(DCRDR, 1)
    assert [run.result for run in runs(session, finish=False)] == [1]


def test_a_second_start_ends_the_first_run() -> None:
    session = loaded().write(DHCSR, RUN).read(DHCSR, HALTS)
    session.core_register(PC, SRAM + 4).write(DHCSR, RUN).read(DHCSR, HALTS)
    assert [(run.entry, run.outcome) for run in runs(session)] == [
        (SRAM, HALTED),
        (SRAM + 4, HALTED),
    ]


def test_arguments_are_told_as_far_as_they_were_set_in_order() -> None:
    session = loaded(arguments=(1,)).core_register(2, 5).write(DHCSR, RUN).read(DHCSR, HALTS)
    assert [run.arguments for run in runs(session)] == [(1,)]


def test_registers_of_an_earlier_start_are_not_arguments_of_the_next() -> None:
    session = loaded(arguments=(1, 2)).write(DHCSR, RUN).read(DHCSR, HALTS)
    session.core_register(PC, SRAM).write(DHCSR, RUN).read(DHCSR, HALTS)
    assert [run.arguments for run in runs(session)] == [(1, 2), ()]


def test_code_that_was_placed_before_the_capture_is_not_known() -> None:
    session = Session().core_register(PC, SRAM).write(DHCSR, RUN).read(DHCSR, HALTS)
    assert [(run.code_start, run.code_length) for run in runs(session)] == [(-1, 0)]


@pytest.mark.parametrize(
    'session',
    [
        loaded(entry=0x08000100).write(DHCSR, RUN),  # an application in flash
        loaded().write(DHCSR, 0xA05F0005),  # a single step
        loaded().write(DHCSR, 0x00000001),  # no key
        loaded().write(DHCSR, RUN, outcome=FAULT),
        Session().write(SRAM, 1).write(DHCSR, RUN),  # the PC was not set
        loaded().system_reset().write(DHCSR, RUN),  # the PC is the reset vector's again
    ],
    ids=['flash', 'step', 'key', 'fault', 'pc', 'reset'],
)
def test_what_is_no_run(session: Session) -> None:
    assert runs(session) == []


def interrupted(by: str) -> Session:
    session = loaded().write(DHCSR, RUN).read(DHCSR, RUNS)
    if by == 'halt':
        return session.write(DHCSR, HALT).read(DHCSR, HALTS)
    if by == 'reset':
        return session.system_reset()
    return session.line(by, 0)


@pytest.mark.parametrize('by', ['halt', 'reset', 'nrst', 'vdd'])
def test_a_run_that_the_host_or_a_reset_cuts_off_did_not_come_back(by: str) -> None:
    session = interrupted(by)
    [run] = runs(session, finish=False)
    assert (run.outcome, run.polls, run.last_status) == (RUNNING, 1, RUNS)


def test_boot0_and_a_rising_reset_cut_nothing_off() -> None:
    session = loaded().write(DHCSR, RUN).line('boot0', 0).line('nrst', 1).read(DHCSR, HALTS)
    assert [run.outcome for run in runs(session)] == [HALTED]


def test_a_gap_and_the_end_of_the_data_truncate_a_run() -> None:
    assert [run.outcome for run in runs(loaded().write(DHCSR, RUN).gap(), False)] == [TRUNCATED]
    session = loaded().write(DHCSR, RUN).wait(0.01).read(DHCSR, RUNS).wait(0.05)
    assert [run.outcome for run in runs(session)] == [TRUNCATED]


def test_a_host_that_was_silent_much_longer_than_between_polls_had_given_up() -> None:
    session = loaded().write(DHCSR, RUN).wait(0.01).read(DHCSR, RUNS).wait(2.0)
    assert [run.outcome for run in runs(session)] == [RUNNING]
    assert [run.outcome for run in runs(session, rate=None)] == [TRUNCATED]


def test_the_end_of_a_run_is_its_last_poll() -> None:
    session = loaded()
    start = session.now
    session.write(DHCSR, RUN).wait(0.01).read(DHCSR, RUNS)
    last = session.now
    [run] = runs(session.wait(0.02))
    assert (run.start, run.end) == (start, last)


def test_a_run_begins_with_the_write_that_starts_it_even_if_nobody_polls() -> None:
    session = loaded().write(DHCSR, RUN)
    [run] = runs(session)
    assert (run.end - run.start, run.polls, run.last_status) == (LENGTH, 0, -1)


def test_blocks_join_in_any_order_of_writing() -> None:
    blocks = Blocks()
    for address in (SRAM + 8, SRAM, SRAM + 4, SRAM + 64):
        blocks.add(address, 4)
    assert blocks.holding(SRAM + 4) == (SRAM, 12)
    assert blocks.holding(SRAM + 64) == (SRAM + 64, 4)
    assert blocks.holding(SRAM + 12) == (-1, 0)


def test_only_so_many_blocks_are_remembered() -> None:
    blocks = Blocks()
    for number in range(MOST_BLOCKS + 1):
        blocks.add(SRAM + 16 * number, 4)
    assert blocks.holding(SRAM) == (-1, 0)
    assert blocks.holding(SRAM + 16) == (SRAM + 16, 4)


def test_the_loader_of_the_simulated_f4_is_found(shared_captures: Path) -> None:
    name = 'f4_ram_loader_mass_erase_ok'
    real = next(
        one for one in truth(shared_captures, name)['operations'] if one['op'] == 'ram_loader_run'
    )
    loader = RamLoader(context(FINE), BUS)
    adi = AdiMachine(context(FINE), BUS)
    found: list[RamLoaderRun] = []
    for record in packets(shared_captures, name):
        accesses = adi.feed(record) if type(record) in AdiMachine.consumes else [record]
        for access in accesses:
            if type(access) in RamLoader.consumes:
                found.extend(loader.feed(access))
    [run] = found
    assert (run.entry, run.arguments, run.polls) == (int(real['pc'], 16), (0x08000000, 0), 108)
    assert (run.code_start, run.code_length, run.outcome) == (SRAM, 0x280, HALTED)
    assert run.start < sample(real['t0']) <= run.start + 0.001 * FINE
    assert sample(real['t1']) <= run.end <= sample(real['t1']) + 0.02 * FINE


def test_st_link_erases_an_f429_by_a_run_of_eight_and_a_half_seconds(shared_captures: Path) -> None:
    """What an ST-LINK did to a real part: one run that prepares, one that erases the first bank."""
    stream, rate = recorded(shared_captures / 'swd' / 'stm32f429zit6_erase_bank1.sr')
    adi, loader = AdiMachine(context(rate), BUS), RamLoader(context(rate), BUS)
    found = [run for one in stream for access in adi.feed(one)
             if type(access) in RamLoader.consumes for run in loader.feed(access)]  # fmt: skip
    prepared, erased = found
    assert (prepared.entry, prepared.outcome, prepared.result) == (0x20000005, HALTED, 1)
    assert (erased.entry, erased.arguments, erased.outcome) == (0x200000F1, (2,), HALTED)
    assert (erased.code_start, erased.code_length, erased.result) == (SRAM, 0x7D8, 1)
    assert erased.polls == 542
    assert 8.45 < (erased.end - erased.start) / rate < 8.46
