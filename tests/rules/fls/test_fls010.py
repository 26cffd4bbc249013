"""FLS010: a mass erase was ordered and nothing happened."""

from __future__ import annotations

import pytest

from rules.register_traffic import Traffic, guards, told
from stm32trace_core.rules.fls.fls010_mass_erase_no_op import ADVICE, MassEraseNoOp
from stm32trace_core.rules.rule import HOST, LIKELY, Confidence, Evidence, Finding, Severity

MER_STRT, PER_STRT = 0x10004, 0x10002
BSY, EOP, WRPERR = 1 << 16, 0x1, 0x10
MESSAGE = (
    'the mass erase was ordered, and SR read 0x00000000 60 us later: neither BSY nor EOP nor an'
    ' error flag, so it did not start'
)


def ordered(family: str = 'G0', order: int = MER_STRT) -> Traffic:
    return Traffic(family).unlock().read('CR', 0).write('CR', order)


def test_a_status_without_busy_right_after_the_order_is_told() -> None:
    assert ordered().read('SR', 0).judge(MassEraseNoOp)[0] == [
        Finding(
            400,
            540,
            'swd0',
            'FLS010',
            'mass-erase-no-op',
            Severity.ERROR,
            Confidence.MEDIUM,
            HOST,
            '',
            1,
            MESSAGE,
            ADVICE,
            (Evidence(400, 540, MESSAGE),),
            (),
            LIKELY,
        )
    ]


def test_a_mass_erase_that_was_busy_for_22_ms_is_right() -> None:
    assert told(ordered().busy(0.022).read('SR', 0), MassEraseNoOp) == []


def test_a_slow_host_that_finds_it_done_proves_nothing() -> None:
    assert told(ordered().wait(0.010).read('SR', 0), MassEraseNoOp) == []
    assert len(told(ordered().wait(0.0097).read('SR', 0), MassEraseNoOp)) == 1


def test_busy_that_is_gone_within_4_ms_is_told() -> None:
    [message] = told(ordered().read('SR', BSY).wait(0.002).read('SR', 0), MassEraseNoOp)
    assert message == (
        'the mass erase was over 2.16 ms after the order (SR reads 0x00000000), sooner than any'
        ' part can erase its flash'
    )


@pytest.mark.parametrize('status', [EOP, WRPERR])
def test_a_status_that_says_what_happened_is_none_of_it(status: int) -> None:
    assert told(ordered().read('SR', status), MassEraseNoOp) == []


def test_a_page_erase_is_none_of_it() -> None:
    assert told(ordered(order=PER_STRT).read('SR', 0), MassEraseNoOp) == []


def test_a_locked_controller_is_told_by_another_rule() -> None:
    traffic = Traffic().reset().write('CR', MER_STRT).read('SR', 0)
    assert guards(traffic, MassEraseNoOp) == ['FLS003']


def test_several_are_one_finding() -> None:
    traffic = ordered().read('SR', 0).write('CR', MER_STRT).read('SR', 0)
    assert told(traffic, MassEraseNoOp) == [f'{MESSAGE} (the first of 2)']


def test_the_limits_can_be_set() -> None:
    assert told(ordered().read('SR', 0), MassEraseNoOp, limits={'FLS010_FIRST_READ_S': 1e-5}) == []
    traffic = ordered().read('SR', BSY).wait(0.002).read('SR', 0)
    assert told(traffic, MassEraseNoOp, limits={'FLS010_SHORTEST_S': 0.002}) == []


def test_without_a_sample_rate_nothing_is_told() -> None:
    assert told(ordered().read('SR', 0), MassEraseNoOp, rate=None) == []


def test_whether_it_was_unlocked_is_said_where_it_is_not_known() -> None:
    traffic = Traffic().write('CR', MER_STRT).read('SR', 0)
    assert told(traffic, MassEraseNoOp) == [MESSAGE + '; whether it was unlocked is not known']


def test_a_lock_that_is_read_only_afterwards_explains_it() -> None:
    traffic = Traffic().write('CR', MER_STRT).read('SR', 0).read('CR', 1 << 31)
    [found], _ = traffic.judge(MassEraseNoOp)
    assert (found.severity, found.message) == (
        Severity.NOTE,
        MESSAGE + '; it was locked (FLS003)',
    )
    open_ = Traffic().write('CR', MER_STRT).read('SR', 0).read('CR', 0)
    assert [one.severity for one in open_.judge(MassEraseNoOp)[0]] == [Severity.ERROR]
