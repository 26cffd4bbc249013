"""CMX008: a program that the probe ran in RAM did not come back."""

from __future__ import annotations

import pytest

from rules.register_traffic import BUS, HALTED, RUNS, Traffic, told
from stm32trace_core.cortex.records import HALTED as CAME_BACK
from stm32trace_core.cortex.records import RUNNING, TRUNCATED, RamLoaderRun
from stm32trace_core.rules.cmx.cmx008_ram_loader_timeout import ADVICE, RamLoaderTimeout
from stm32trace_core.rules.rule import (
    LIKELY,
    PROBE,
    SUPPLY,
    Confidence,
    Evidence,
    Finding,
    Severity,
)

ARGUMENTS = (0x20000280, 0, 0, 0)
MESSAGE = (
    'the program at 0x20000004 (644 bytes written from 0x20000000) had not come back when the host'
    ' stopped waiting after 3 s and 192 reads; DHCSR read last 0x00010001 (C_DEBUGEN, S_REGRDY)'
)
TAKES = (
    '; a mass erase takes at most 32 s on STM32F72x/F73x (DS11853, flash memory characteristics)'
)


def run(
    outcome: str,
    seconds: int = 3,
    polls: int = 192,
    arguments: tuple[int, ...] = ARGUMENTS,
    identified: bool = True,
) -> Traffic:
    traffic = Traffic('F7', identified)
    status = HALTED if outcome == CAME_BACK else RUNS
    traffic.now = seconds * 1_000_000
    traffic.records.append(
        RamLoaderRun(
            0, traffic.now, BUS, 0x20000004, arguments, -1, polls, status, 0x20000000, 644, outcome
        )
    )
    return traffic


def test_a_run_that_the_host_did_not_wait_for_is_told() -> None:
    assert run(RUNNING).judge(RamLoaderTimeout)[0] == [
        Finding(
            0,
            3_000_000,
            'swd0',
            'CMX008',
            'ram-loader-timeout',
            Severity.ERROR,
            Confidence.MEDIUM,
            PROBE,
            '',
            1,
            MESSAGE + TAKES,
            ADVICE,
            (Evidence(0, 3_000_000, MESSAGE + TAKES),),
            (),
            LIKELY,
        )
    ]


def test_a_full_erase_of_8_seconds_that_comes_back_is_right() -> None:
    assert told(run(CAME_BACK, seconds=8, polls=540), RamLoaderTimeout) == []


def test_a_capture_that_ends_while_the_host_polls_says_nothing() -> None:
    assert told(run(TRUNCATED), RamLoaderTimeout) == []


def test_a_line_that_fell_is_told_instead() -> None:
    for role, text, suspect in (('nrst', 'NRST', PROBE), ('vdd', 'the supply', SUPPLY)):
        [found] = run(RUNNING, identified=False).level(role, 0).judge(RamLoaderTimeout)[0]
        assert found.message == MESSAGE.replace('the host stopped waiting', f'{text} fell')
        assert (found.count, found.suspect) == (1, suspect)


def test_a_line_that_falls_after_the_host_halted_the_core_is_another_matter() -> None:
    assert told(run(RUNNING, identified=False).halt().level('nrst', 0), RamLoaderTimeout) == [
        MESSAGE
    ]


def test_a_program_that_is_never_looked_at_is_none_of_it() -> None:
    assert told(run(RUNNING, polls=0), RamLoaderTimeout) == []


def test_a_program_without_arguments_may_be_the_users_own() -> None:
    [found] = run(RUNNING, arguments=()).judge(RamLoaderTimeout)[0]
    assert (found.severity, found.confidence) == (Severity.NOTE, Confidence.LOW)


@pytest.mark.parametrize('identified', [False, True])
def test_the_time_of_the_data_sheet_is_given_where_the_part_is_known(identified: bool) -> None:
    assert told(run(RUNNING, identified=identified), RamLoaderTimeout) == [
        MESSAGE + identified * TAKES
    ]


def test_several_runs_are_one_finding() -> None:
    traffic = run(RUNNING, identified=False)
    traffic.records *= 4
    [found] = traffic.judge(RamLoaderTimeout)[0]
    assert (found.message, found.count) == (f'{MESSAGE} (the first of 4)', 4)


def test_a_capture_that_ends_long_after_the_longest_erase_is_told() -> None:
    assert told(run(TRUNCATED, seconds=33), RamLoaderTimeout) == []
    for seconds, severity in ((34, Severity.WARNING), (97, Severity.ERROR)):
        [found] = run(TRUNCATED, seconds=seconds).judge(RamLoaderTimeout)[0]
        assert found.severity == severity
        assert (
            f'had not come back when the data end after {seconds} s and 192 reads' in found.message
        )


def test_of_a_part_that_is_not_known_33_seconds_count() -> None:
    assert told(run(TRUNCATED, seconds=33, identified=False), RamLoaderTimeout) == []
    assert len(told(run(TRUNCATED, seconds=34, identified=False), RamLoaderTimeout)) == 1
