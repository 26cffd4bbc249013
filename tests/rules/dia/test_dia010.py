"""DIA010: the part did what it was asked to, but the host no longer waited."""

from __future__ import annotations

from typing import Any

from rules.register_traffic import HALTED, RUNS, Traffic
from rules.uart_talk import Talk, judged, told
from rules_harness import findings, judge, result
from stm32trace_core.cortex.records import RUNNING, RamLoaderRun
from stm32trace_core.rules.cmx.cmx008_ram_loader_timeout import RamLoaderTimeout
from stm32trace_core.rules.dia.dia010_host_gives_up_too_early import HostGivesUpTooEarly
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.fls.fls011_tool_gave_up_early import ToolGaveUpEarly
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Rule, Severity
from waves.loader import ACK, NACK
from waves.uart_loader import ERASE, SYNC

RATE = 1_000_000  # of captures that last a minute
NAME = 'Extended Erase (0x44)'


def erasing(seconds: float, **how: Any) -> Talk:
    return Talk(rate=RATE, **how).sync().get_id(0x413).mass_erase(seconds)


def test_an_ack_after_44_s_to_a_host_that_says_nothing_more_is_told() -> None:
    wave = erasing(44).idle(3)
    (found,) = findings(wave, 'DIA010')
    frame, ack = wave.words[-2], wave.words[-1]
    assert found == Finding(
        found.start,
        ack.end,
        'uart0',
        'DIA010',
        'host-gives-up-too-early',
        Severity.ERROR,
        Confidence.MEDIUM,
        'host',
        '0x44',
        1,
        'The host gave up too early: the ACK to Extended Erase (0x44) of the whole flash came after'
        ' 44 s, hosts wait for 35 s, and this one said nothing more; the part has done it',
        found.advice,
        (
            Evidence(
                found.start,
                frame.end,
                NAME + ': from here on a status is due; hosts wait for 35 s (stm32flash stm32.c)',
            ),
            Evidence(ack.end - 1, ack.end, 'ACK (0x79): the operation has ended'),
        ),
        (),
        'yes',
    )
    assert found.advice[0].startswith('What was erased is gone')


def test_it_heads_the_verdict_with_the_host_as_suspect() -> None:
    verdict = judge(erasing(44).idle(3)).verdict
    assert verdict is not None
    assert (verdict.rule, verdict.suspect, verdict.recoverable) == ('DIA010', 'host', 'yes')


def test_a_host_that_goes_on_after_the_ack_did_wait() -> None:
    assert told(erasing(44).write().read().idle(3), 'DIA010') == []


def test_an_erase_within_the_time_that_hosts_wait_is_in_order() -> None:
    assert told(erasing(34).idle(3), 'DIA010') == []


def test_a_capture_that_ends_with_the_ack_says_nothing() -> None:
    assert told(erasing(44).idle(0.5), 'DIA010') == []


def test_a_host_that_begins_anew_after_the_ack_has_given_up() -> None:
    ((_, message),) = told(erasing(44).idle(5).sync(NACK).get_id(0x413), 'DIA010')
    assert 'hosts wait for 35 s, and this one began anew with 0x7F' in message


def test_a_host_that_sends_something_before_the_ack_has_given_up_for_certain() -> None:
    wave = Talk(rate=RATE).sync().get_id(0x413).command(ERASE)
    wave.tx([0xFF, 0xFF, 0x00]).idle(10).tx([SYNC]).idle(5).rx([ACK]).idle(1)
    (found,) = findings(wave.sync(None).sync(NACK).get_id(0x413), 'DIA010')
    assert found.confidence == Confidence.HIGH
    assert 'came after 15' in found.message
    assert 'and the host had gone on to something else after 10' in found.message


def test_a_late_refusal_tells_of_the_part_not_of_the_host() -> None:
    wave = Talk(rate=RATE).sync().get_id(0x413).mass_erase(44, NACK).idle(3)
    assert told(wave, 'DIA010') == []


def test_a_page_erase_has_five_seconds_for_each_page() -> None:
    def pages(seconds: float) -> Talk:
        return Talk(rate=RATE).sync().get_id(0x413).erase_pages([1, 2], seconds / 2).idle(3)

    assert told(pages(9), 'DIA010') == []
    ((_, message),) = told(pages(11), 'DIA010')
    assert 'of 2 pages, 1 to 2 came after 11 s, hosts wait for 10 s' in message


def test_a_limit_that_is_raised_takes_it_back() -> None:
    assert told(erasing(44).idle(3), 'DIA010', limits={'MASS_ERASE_S': 60}) == []


# Over SWD.

LOCK, MER_STRT, ENDED = 1 << 31, 1 << 2 | 1 << 16, 0
ARGUMENTS = (0x20000280, 0, 0, 0)


def over_swd(traffic: Traffic, beside: type[Rule]) -> list[Finding]:
    return judged(
        HostGivesUpTooEarly, traffic.records, end=traffic.now, beside=[beside], bus='swd0'
    )[0]


def left_busy() -> Traffic:
    """The host locks the flash 3 s after the order of a mass erase, while SR shows BSY."""
    traffic = Traffic('F7').unlock().write('CR', MER_STRT).busy(3.0, every=0.0999)
    return traffic.write('CR', LOCK).wait(5)


def test_over_swd_a_later_status_shows_that_the_operation_has_ended() -> None:
    [found] = over_swd(left_busy().read('SR', ENDED), ToolGaveUpEarly)
    assert found.message.startswith('The host gave up too early: the host wrote FLASH_CR 3 s after')
    assert found.message.endswith('; later the part showed that it had ended')
    assert found.evidence[-1].text == ('SR reads 0x00000000: BSY is 0, the operation has ended')
    assert found.explains == (('FLS011', 'swd0', ''),)
    assert (found.bus, found.suspect, found.recoverable) == ('swd0', 'host', 'yes')


def test_over_swd_a_status_that_is_still_busy_shows_nothing() -> None:
    assert over_swd(left_busy().read('SR', 1 << 16), ToolGaveUpEarly) == []
    assert over_swd(left_busy(), ToolGaveUpEarly) == []


def test_over_swd_a_reset_ends_what_goes_on() -> None:
    assert over_swd(left_busy().reset().read('SR', ENDED), ToolGaveUpEarly) == []


def left_running() -> Traffic:
    """The host stops reading DHCSR after 3 s, while its program runs in RAM."""
    traffic = Traffic('F7')
    traffic.now = 3_000_000
    run = RamLoaderRun(
        0, traffic.now, 'swd0', 0x20000004, ARGUMENTS, -1, 192, RUNS, 0x20000000, 644, RUNNING
    )
    traffic.records.append(run)
    return traffic.wait(5)


def test_over_swd_a_program_that_comes_back_later_has_ended() -> None:
    [found] = over_swd(left_running().status(HALTED), RamLoaderTimeout)
    assert found.evidence[-1].text == 'DHCSR reads 0x00030003: the program in RAM has come back'
    assert found.suspect == 'probe'


def test_over_swd_a_core_that_the_host_halted_shows_nothing() -> None:
    assert over_swd(left_running().halt().status(HALTED), RamLoaderTimeout) == []
    assert over_swd(left_running().status(RUNS), RamLoaderTimeout) == []


def test_a_session_that_works_is_clean() -> None:
    assert result(Talk().sync().program().idle(2), 'DIA010').state == CLEAN


def test_without_a_sample_rate_it_is_not_evaluated() -> None:
    assert result(Talk().sync().program(), 'DIA010', sample_rate=None).state == NOT_EVALUATED
