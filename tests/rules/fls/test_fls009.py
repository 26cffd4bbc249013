"""FLS009: BSY stays set many times longer than the operation takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.register_traffic import Traffic, told
from stm32trace_core.rules.fls.fls009_busy_stuck import (
    ERASE_AGAIN,
    OPTIONS_FIRST,
    POWER_CYCLE,
    READ_OPTIONS,
    BusyStuck,
)
from stm32trace_core.rules.fls.fls011_tool_gave_up_early import ToolGaveUpEarly
from stm32trace_core.rules.rule import TARGET, Confidence, Evidence, Finding, Severity

MER_STRT, OPTSTRT, PG = 0x10004, 0x20000, 0x1
TAKES = 'takes at most 40.1 ms on STM32G07x/G08x (DS12232, flash memory characteristics)'


def session(family: str = 'G0') -> Traffic:
    return Traffic(family).reset().unlock()


def test_a_mass_erase_of_two_seconds_on_a_small_part_is_told_once() -> None:
    message = (
        'SR shows BSY for 1.99 s after the order of the mass erase, in 200 reads; a mass erase'
        f' {TAKES}'
    )
    traffic = session().write('CR', MER_STRT).busy(2.0, every=0.0099).read('SR', 0)
    assert traffic.judge(BusyStuck)[0] == [
        Finding(
            540,
            1990640,
            'swd0',
            'FLS009',
            'busy-stuck',
            Severity.ERROR,
            Confidence.HIGH,
            TARGET,
            '',
            1,
            message,
            (POWER_CYCLE, ERASE_AGAIN),
            (Evidence(540, 1990640, message),),
            (),
            '',
        )
    ]


def test_what_open_tools_wait_for_is_not_too_long() -> None:
    traffic = session().write('CR', MER_STRT).busy(0.24).read('SR', 0)
    assert told(traffic, BusyStuck) == []


def test_a_healthy_erase_of_a_large_part_takes_seconds() -> None:
    traffic = session('F4').write('CR', MER_STRT).busy(8.5, every=0.1).read('SR', 0)
    assert told(traffic, BusyStuck) == []


def test_an_erase_that_the_end_of_the_capture_cuts_is_told_as_far_as_seen() -> None:
    [message] = told(session().write('CR', MER_STRT).busy(1.0), BusyStuck)
    assert 'in 910 reads' in message


def test_option_bytes_that_stay_pending_must_not_be_reset() -> None:
    [found] = session().write('CR', OPTSTRT).busy(1.0).judge(BusyStuck)[0]
    assert found.advice == (OPTIONS_FIRST, POWER_CYCLE, READ_OPTIONS)
    assert 'the order of the programming of the option bytes' in found.message


def test_programming_is_judged_by_one_stretch_of_busy() -> None:
    traffic = session().write('CR', PG)
    for _ in range(100):
        traffic.read('SR', 1 << 16).wait(0.01).read('SR', 0)
    assert told(traffic, BusyStuck) == []
    [message] = told(traffic.busy(1.0), BusyStuck)
    assert 'after the order of programming' in message


def test_a_part_that_is_not_known_may_take_33_seconds() -> None:
    traffic = Traffic('F7', identified=False).reset().unlock().write('CR', MER_STRT)
    assert told(traffic.busy(32.9, every=0.1), BusyStuck) == []
    [message] = told(traffic.busy(1.0), BusyStuck)
    assert message.endswith('; the part is not known')


@pytest.mark.parametrize('limit', ['FLS009_FACTOR', 'FLS009_UNKNOWN_S'])
def test_the_limits_can_be_set(limit: str) -> None:
    traffic = Traffic('F7', identified=limit == 'FLS009_FACTOR').reset().unlock()
    traffic.write('CR', MER_STRT).busy(40.0, every=0.1).read('SR', 0)
    assert told(traffic, BusyStuck, limits={limit: 100}) == []
    assert len(told(traffic, BusyStuck, limits={limit: 1})) == 1


def test_without_a_sample_rate_nothing_is_told() -> None:
    assert told(session().write('CR', MER_STRT).busy(2.0), BusyStuck, rate=None) == []


def test_an_erase_that_is_overdue_where_the_data_end_is_a_warning() -> None:
    traffic = Traffic('F7').reset().unlock().write('CR', MER_STRT).busy(40.0, every=0.1)
    [found], _ = traffic.judge(BusyStuck)
    assert found.severity == Severity.WARNING
    assert found.message == (
        'SR shows BSY for 39.94 s after the order of the mass erase, in 400 reads; a mass erase takes'
        ' at most 32 s on STM32F72x/F73x (DS11853, flash memory characteristics); it had not ended'
        ' where the data end'
    )
    assert told(traffic.read('SR', 0), BusyStuck) == []


def test_an_erase_that_open_tools_would_still_wait_for_is_right() -> None:
    traffic = Traffic('F7').reset().unlock().write('CR', MER_STRT)
    assert told(traffic.busy(32.9, every=0.1), BusyStuck) == []


def test_missing_samples_end_what_was_busy() -> None:
    traffic = Traffic('F7').reset().unlock().write('CR', MER_STRT).busy(40.0, every=0.1)
    assert told(traffic.gap(), BusyStuck) == []


RDP_FF, RDP_AA = 0xC0FFFFFD, 0xC0FFAAFE


def regression(*read: int, seconds: float = 30.0) -> Traffic:
    """OPTCR of an F722 is read, then started with RDP 0xAA."""
    traffic = Traffic('F7').reset()
    for value in read:
        traffic.read('OPTCR', value)
    return traffic.write('OPTCR', RDP_AA).busy(seconds, every=0.1).read('SR', 0)


@pytest.mark.parametrize('read', [(RDP_FF,), ()])
def test_options_that_may_take_protection_off_take_as_long_as_a_mass_erase(
    read: tuple[int, ...],
) -> None:
    assert told(regression(*read), BusyStuck) == []
    [message] = told(regression(*read, seconds=100.0), BusyStuck)
    assert 'a mass erase takes at most 32 s' in message


def test_options_that_leave_protection_alone_do_not() -> None:
    [message] = told(regression(0xC0FFAAFD), BusyStuck)
    assert 'programming the option bytes takes at most 4 s' in message


@pytest.mark.parametrize(
    ('seconds', 'expected'),
    [(0.03, None), (0.1, Severity.WARNING), (0.2, Severity.ERROR)],  # at most 40.1 ms
)
def test_a_host_that_gives_up_need_not_have_waited_as_long_as_open_tools(
    seconds: float, expected: Severity | None
) -> None:
    traffic = session().write('CR', MER_STRT).busy(seconds, every=0.001).write('CR', 1 << 31)
    found, _ = traffic.judge(BusyStuck)
    assert [one.severity for one in found] == ([] if expected is None else [expected])
    assert all(one.message.endswith('; then the host gave up') for one in found)
    assert len(told(traffic, ToolGaveUpEarly)) == (expected is None)


def test_a_reset_after_far_too_long_is_told_as_such() -> None:
    traffic = session().write('CR', MER_STRT).busy(0.2, every=0.001).reset()
    assert [text.rpartition('; ')[2] for text in told(traffic, BusyStuck)] == [
        'then the part was reset'
    ]


@pytest.mark.parametrize('hidden', [Traffic.gap, Traffic.blind])
def test_what_is_hidden_is_no_giving_up(hidden: Callable[[Traffic], Traffic]) -> None:
    traffic = hidden(session().write('CR', MER_STRT).busy(0.2, every=0.001))
    assert told(traffic.write('CR', 1 << 31), BusyStuck) == []
