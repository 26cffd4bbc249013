"""SWD005: the same request is answered WAIT over and over."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.adi.records import AckRun
from stm32trace_core.context import bare_context
from stm32trace_core.flash.records import CLOSED, ERASE_PENDING, OPEN, Window
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import LIKELY, Confidence, Evidence, Finding, Severity, Withdrawn
from stm32trace_core.rules.swd.swd005_wait_run import WaitRun
from waves.probe import Probe
from waves.swd import AP, DP, WAIT, SwdWave

RAM = 0x20000000
ADVICE = (
    'Let the host abort the stuck access: write ABORT with DAPABORT, then clear the sticky flags.',
    'Connect under reset, or enable debug in low-power modes (DBGMCU_CR), in case the core sleeps.',
    'See whether the peripheral behind the address of this access has its clock.',
)


def session() -> Probe:
    return Probe().connect().power_up().mem_read(RAM)


def waiting(wave: Probe, count: int) -> Probe:
    return wave.waiting(count).mem_read(RAM)


def told(wave: SwdWave, **settings: object) -> list[tuple[Severity, int, str]]:
    found = findings(wave, 'SWD005', **settings)
    return [(one.severity, one.count, one.message) for one in found]


def test_eight_times_the_same_request_are_told() -> None:
    wave = waiting(session(), 8)
    waits = [packet for packet in wave.transfers if packet.ack == WAIT]
    length = f'{(waits[-1].end - waits[0].start) / wave.rate * 1e6:.4g} us'
    assert findings(wave, 'SWD005') == [
        Finding(
            waits[0].start,
            waits[-1].end,
            'swd0',
            'SWD005',
            'wait-run',
            Severity.WARNING,
            Confidence.HIGH,
            'target',
            '',
            1,
            f'A write of AP register 0x4 was answered WAIT 8 times over {length}: an earlier access'
            ' does not end',
            ADVICE,
            (
                Evidence(
                    waits[0].start,
                    waits[-1].end,
                    'write of AP register 0x4: 8 times WAIT; healthy targets answer one or two'
                    ' (IHI 0031 B4.2)',
                ),
            ),
            (),
            LIKELY,
        )
    ]


def test_seven_times_are_not() -> None:
    wave = waiting(session(), 7)
    assert told(wave) == []
    assert result(wave, 'SWD005').state == CLEAN


def test_a_quarter_of_all_requests_may_wait_once() -> None:
    wave = session()
    for _ in range(200):
        waiting(wave, 1)
    assert told(wave) == []


def test_more_than_a_hundred_are_an_error() -> None:
    ((severity, _, message),) = told(waiting(session(), 412))
    assert severity == Severity.ERROR
    assert 'WAIT 412 times over' in message


def test_more_than_50_ms_are_an_error() -> None:
    wave = session()
    for _ in range(6):
        wave.read(AP, 0xC, ack=WAIT).pause(0.011)
    assert [severity for severity, _, _ in told(wave)] == [Severity.ERROR]
    assert told(wave, sample_rate=None) == []


def aborting(count: int, another: bool = False) -> Probe:
    """A host that writes ABORT after each WAIT, and perhaps something else as well."""
    wave = session()
    for _ in range(count):
        wave.read(AP, 0xC, ack=WAIT).abort()
        if another:
            wave.status()
    return wave


def test_writes_of_abort_between_them_do_not_end_the_run() -> None:
    ((severity, count, message),) = told(aborting(9))
    assert (severity, count) == (Severity.WARNING, 1)
    assert message.startswith('A read of AP register 0xC was answered WAIT 9 times over ')


def test_anything_else_that_is_answered_does() -> None:
    assert told(aborting(9, another=True)) == []


def test_another_request_begins_a_new_run() -> None:
    wave = session()
    for _ in range(5):
        wave.read(AP, 0xC, ack=WAIT).abort()
    for _ in range(5):
        wave.read(AP, 0, ack=WAIT).abort()
    assert told(wave) == []


def test_several_runs_are_one_finding() -> None:
    wave = session()
    for _ in range(5):
        waiting(wave, 10)
    ((_, count, message),) = told(wave)
    assert count == 5
    assert message.endswith(' (the last of 5 such runs)')
    assert len(findings(wave, 'SWD005')[0].evidence) == 3


def test_a_line_reset_ends_the_run() -> None:
    wave = session()
    for _ in range(3):
        for _ in range(5):
            wave.read(AP, 0xC, ack=WAIT)
        wave.line_reset().read(DP, 0, 0x0BC11477)
    assert told(wave) == []


def test_the_numbers_are_settings() -> None:
    assert told(waiting(session(), 8), limits={'SWD005_FEWEST': 9}) == []
    limits = {'SWD005_MANY': 10}
    assert [one[0] for one in told(waiting(session(), 20), limits=limits)] == [Severity.ERROR]


def run(start: int, count: int) -> AckRun:
    return AckRun(start, start + 9 * count, 'b', WAIT, 0x9F, True, count, 5, False, True)


def window(state: str) -> Window:
    return Window(100, 100, 'b', ERASE_PENDING, state, -1, '')


def test_flash_that_works_may_stall_accesses_for_a_while() -> None:
    rule = WaitRun(bare_context(1e6), 'b')
    assert list(rule.feed(window(OPEN))) == []
    (left,) = rule.feed(run(200, 50))
    assert isinstance(left, Withdrawn)
    (found,) = rule.feed(run(10_000, 101))
    assert isinstance(found, Finding)
    assert (found.severity, found.count) == (Severity.WARNING, 1)
    assert found.advice[0].startswith('The flash was still working: let it end')


def test_once_it_has_ended_it_may_not() -> None:
    rule = WaitRun(bare_context(1e6), 'b')
    assert list(rule.feed(window(OPEN))) == list(rule.feed(window(CLOSED))) == []
    (found,) = rule.feed(run(200, 50))
    assert isinstance(found, Finding)
