"""UART013: the serial driver's DTR or RTS resets the part in mid-session."""

from __future__ import annotations

from typing import Any

from rules.uart_talk import BUS, Talk, judged
from rules_harness import result
from stm32trace_core.bootloader.commands import GET_ID, WRITE_MEMORY
from stm32trace_core.bootloader.records import (
    ACK,
    COMMAND,
    NONE,
    OK,
    RESET,
    UART,
    BootCommand,
    Step,
    SyncAttempt,
)
from stm32trace_core.lines import CaptureGap, LevelChange
from stm32trace_core.rules.engine import NOT_EVALUATED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from stm32trace_core.rules.uart.uart013_control_line_reset import ControlLineReset

ROLES = ('tx', 'rx', 'nrst', 'boot0', 'dtr', 'rts')
HIGH = dict.fromkeys(ROLES[2:], 1)


def sync(start: int, answer: str = ACK) -> SyncAttempt:
    return SyncAttempt(
        start, start + 200, BUS, 'tx', answer, start + 110, b'', start + 110, True, 1, False, 'rx', 1, True
    )  # fmt: skip


def command(start: int, end: int, outcome: str = OK, opcode: int = GET_ID) -> BootCommand:
    step = Step(start, end, COMMAND, bytes((opcode, opcode ^ 0xFF)), ACK, 0x79, b'', end - 10)
    return BootCommand(
        start, end, BUS, UART, -1, opcode, '', (step,), None, None, b'', (), None, 0, 0, 0,
        ACK if outcome == OK else NONE, outcome,
    )  # fmt: skip


def level(start: int, role: str, value: int) -> LevelChange:
    return LevelChange(start, start + 1, '', role, value)


def run(*records: Any, **how: Any) -> list[Finding]:
    found, withdrawn = judged(
        ControlLineReset, records, end=1_000_000, roles=ROLES, levels=HIGH, **how
    )
    assert withdrawn == []
    return found


CUT = (
    sync(1000),
    command(2000, 2500),
    level(9960, 'dtr', 0),
    command(9000, 10_000, RESET, WRITE_MEMORY),
    level(10_000, 'nrst', 0),
    level(15_000, 'nrst', 1),
)


def test_a_reset_that_cuts_a_command_off_is_told() -> None:
    [found] = run(*CUT)
    assert found == Finding(
        9960,
        10_001,
        BUS,
        'UART013',
        'control-line-reset',
        Severity.WARNING,
        Confidence.MEDIUM,
        'host',
        '',
        1,
        'NRST fell 40 us from an edge of DTR, in the middle of a session',
        found.advice,
        (
            Evidence(
                9960,
                10_001,
                'NRST fell 40 us from an edge of DTR; expected no change inside a session',
            ),
        ),
        (),
        'likely',
    )
    assert found.advice[0].startswith(
        'If an erase or an option write was cut off here: do not reset'
    )


def test_so_is_one_that_the_host_does_not_notice() -> None:
    found = run(
        sync(1000), command(2000, 2500), level(9000, 'boot0', 0), level(9100, 'rts', 0), command(20_000, 20_500)
    )  # fmt: skip
    assert [one.message for one in found] == [
        'BOOT0 fell 100 us from an edge of RTS, in the middle of a session'
    ]


def test_a_reset_at_the_beginning_of_a_session_is_meant() -> None:
    assert run(level(100, 'dtr', 0), level(140, 'nrst', 0), level(500, 'nrst', 1), *CUT[:2]) == []


def test_a_reset_before_the_next_0x7f_is_meant() -> None:
    lines = (level(9000, 'dtr', 0), level(9040, 'nrst', 0), level(9500, 'nrst', 1))
    assert run(*CUT[:2], *lines, sync(30_000), command(31_000, 31_500)) == []


def test_a_reset_after_the_last_command_is_meant() -> None:
    assert run(*CUT[:2], level(9000, 'dtr', 0), level(9040, 'nrst', 0)) == []


def test_edges_far_from_each_other_have_nothing_to_do_with_each_other() -> None:
    far = (CUT[0], CUT[1], level(4000, 'dtr', 0), *CUT[3:])
    assert run(*far) == []
    assert len(run(*far, limits={'UART013_NEAR_S': 0.01})) == 1


def test_nothing_is_told_across_a_gap() -> None:
    gap = CaptureGap(9970, 9980, '', 'samples missing')
    assert run(*CUT[:3], gap, *CUT[3:]) == []


def test_without_dtr_and_rts_it_is_not_evaluated() -> None:
    assert result(Talk(nrst=1).reset().sync().program(), 'UART013').state == NOT_EVALUATED
