"""FLS011: the host turned to something else while the flash was still busy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.register_traffic import RUNS, Traffic, guards, told
from stm32trace_core.adi.records import LinkStats
from stm32trace_core.rules.fls.fls011_tool_gave_up_early import ADVICE, ToolGaveUpEarly
from stm32trace_core.rules.rule import HOST, LIKELY, Confidence, Evidence, Finding, Severity

MER_STRT, OPTSTRT, LOCK = 0x10004, 0x20000, 1 << 31
TAKES = 'a mass erase takes at most 32 s on STM32F72x/F73x (DS11853, flash memory characteristics)'
MESSAGE = (
    'the host wrote FLASH_CR 3 s after the order of the mass erase, while SR still showed BSY;'
    f' {TAKES}'
)


def erasing(seconds: float = 3.0) -> Traffic:
    """A mass erase that SR still shows busy after `seconds`."""
    return Traffic('F7').unlock().write('CR', MER_STRT).busy(seconds, every=0.0999)


def test_a_host_that_locks_while_busy_gave_up() -> None:
    assert erasing().write('CR', LOCK).judge(ToolGaveUpEarly)[0] == [
        Finding(
            300,
            3000440,
            'swd0',
            'FLS011',
            'tool-gave-up-early',
            Severity.ERROR,
            Confidence.HIGH,
            HOST,
            '',
            1,
            MESSAGE,
            ADVICE,
            (Evidence(300, 3000440, MESSAGE),),
            (),
            LIKELY,
        )
    ]


def test_a_host_that_waits_is_right() -> None:
    assert told(erasing().read('SR', 0).write('CR', LOCK), ToolGaveUpEarly) == []


def test_a_capture_that_ends_while_the_host_waits_says_nothing() -> None:
    assert told(erasing(), ToolGaveUpEarly) == []
    assert told(erasing().status(RUNS).write('IWDG.KR', 0xAAAA), ToolGaveUpEarly) == []


def test_a_reset_by_the_host_is_told() -> None:
    [message] = told(erasing().reset(), ToolGaveUpEarly)
    assert message.startswith('the host reset the part 3 s after the order of the mass erase')


def test_a_host_that_ends_the_session_is_told_at_the_end() -> None:
    [message] = told(erasing().link(), ToolGaveUpEarly)
    assert message.startswith('the host began the link anew 3 s after')


def test_a_host_that_begins_the_link_anew_and_goes_on_reading_did_wait() -> None:
    assert told(erasing().link().busy(1.0).read('SR', 0).link(), ToolGaveUpEarly) == []


def test_other_traffic_for_more_than_a_second_is_told() -> None:
    traffic = erasing()
    for _ in range(8):
        traffic.wait(0.1).status(RUNS)
    assert told(traffic, ToolGaveUpEarly) == []
    [message] = told(traffic.wait(0.3).status(RUNS), ToolGaveUpEarly)
    assert message.startswith('the host went on with other things 4.')


def test_beyond_the_limit_of_a_hang_the_host_is_right() -> None:
    traffic = Traffic('G0').unlock().write('CR', MER_STRT).busy(0.5).write('CR', LOCK)
    assert guards(traffic, ToolGaveUpEarly) == ['FLS009']


def test_options_that_are_launched_too_early_are_another_rule() -> None:
    traffic = Traffic('G0').unlock().write('CR', OPTSTRT).read('SR', 1 << 16)
    assert guards(traffic.write('CR', 1 << 27), ToolGaveUpEarly) == ['OPT004']


def test_the_pause_can_be_set() -> None:
    traffic = erasing().wait(0.2).status(RUNS)
    assert told(traffic, ToolGaveUpEarly) == []
    assert len(told(traffic, ToolGaveUpEarly, limits={'FLS011_QUIET_S': 0.1})) == 1


@pytest.mark.parametrize('hidden', [Traffic.gap, lambda traffic: traffic.blind(write=False)])
def test_the_end_may_have_been_read_where_nothing_is_seen(
    hidden: Callable[[Traffic], Traffic],
) -> None:
    assert told(hidden(erasing()).write('CR', LOCK), ToolGaveUpEarly) == []
    assert len(told(erasing().write('CR', LOCK), ToolGaveUpEarly)) == 1


def test_a_start_bit_that_reads_0_is_an_end() -> None:
    assert told(erasing().read('CR', 4).write('CR', LOCK), ToolGaveUpEarly) == []
    assert len(told(erasing().read('CR', MER_STRT).write('CR', LOCK), ToolGaveUpEarly)) == 1


def packets(traffic: Traffic) -> Traffic:
    """The link in numbers: packets up to now, whatever they were."""
    end = traffic.now
    traffic.records.append(LinkStats(0, end, 'swd0', 99, 99, 0, 0, 0, 0, 0, 0, 1, True))
    return traffic


def test_traffic_without_a_register_that_has_a_name_counts_as_other_things() -> None:
    [message] = told(packets(erasing().wait(1.1)), ToolGaveUpEarly)
    assert message.startswith('the host went on with other things 4.1 s after the order')
    assert told(packets(erasing().wait(0.9)), ToolGaveUpEarly) == []
    assert told(packets(erasing()).wait(9.0), ToolGaveUpEarly) == []
