"""DAP002: the debug power domain does not come up."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, SUPPRESSED
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import DP, SwdWave

CTRL_STAT = 4
BOTH = 0x50000000
ADVICE = (
    'Measure VDD and NRST at the part while the host tries: NRST must be high, unless the host'
    ' connects under reset.',
    'Connect under reset: then no program can put the part into a low-power mode first.',
    'If the host works with another board of this kind, suspect the supply of this one.',
)


def asking(polls: int, value: int, asked: int = BOTH, every: float = 0.0) -> Probe:
    """A request for power, and so many reads of CTRL/STAT."""
    wave = Probe().connect().abort().write(DP, CTRL_STAT, asked)
    for _ in range(polls):
        wave.pause(every).read(DP, CTRL_STAT, value)
    return wave


def told(wave: SwdWave, **settings: object) -> list[str]:
    found = findings(wave, 'DAP002', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [one.message for one in found]


def test_a_hundred_reads_without_the_acknowledge_are_told() -> None:
    wave = asking(100, 0x50000040)
    request, last = wave.transfers[2], wave.transfers[-1]
    length = f'{(last.end - request.start) / wave.rate * 1e3:.4g} ms'
    names = 'CDBGPWRUPACK and CSYSPWRUPACK'
    assert findings(wave, 'DAP002') == [
        Finding(
            request.start,
            last.end,
            'swd0',
            'DAP002',
            'power-up-not-acknowledged',
            Severity.ERROR,
            Confidence.HIGH,
            'target',
            '',
            1,
            f'The part does not acknowledge the request for debug power: {names} still missing'
            f' after 100 reads of CTRL/STAT over {length}',
            ADVICE,
            (
                Evidence(
                    last.start,
                    last.end,
                    f'CTRL/STAT reads 0x50000040; expected {names} set (IHI 0031 B2)',
                ),
            ),
            (),
            '',
        )
    ]


def test_ninety_nine_reads_are_not() -> None:
    wave = asking(99, 0x50000040)
    assert told(wave) == []
    assert result(wave, 'DAP002').state == CLEAN


def test_an_acknowledge_at_last_and_nothing_is_told() -> None:
    wave = asking(60, 0x50000040).read(DP, CTRL_STAT, 0xF0000040)
    for _ in range(60):
        wave.read(DP, CTRL_STAT, 0x50000040)
    assert told(wave) == []


def test_more_than_100_ms_are_told_whatever_the_number() -> None:
    assert len(told(asking(11, 0x50000040, every=0.01))) == 1
    assert told(asking(9, 0x50000040, every=0.01)) == []
    assert told(asking(11, 0x50000040, every=0.01), sample_rate=None) == []


def test_only_what_was_asked_for_is_expected() -> None:
    assert told(asking(150, 0x30000040, asked=0x10000000)) == []
    (message,) = told(asking(150, 0x70000040))
    assert ': CSYSPWRUPACK still missing ' in message


def test_a_part_that_works_without_one_of_them_is_fine() -> None:
    wave = asking(20, 0x70000040).mem_read(0x20000000)
    for _ in range(100):
        wave.read(DP, CTRL_STAT, 0x70000040)
    assert told(wave) == []
    assert result(wave, 'DAP002').state == SUPPRESSED


def test_repeating_the_request_does_not_begin_anew() -> None:
    wave = Probe().connect()
    for _ in range(100):
        wave.write(DP, CTRL_STAT, BOTH).read(DP, CTRL_STAT, 0x50000040)
    assert len(told(wave)) == 1


def test_taking_it_back_ends_the_wait() -> None:
    wave = asking(60, 0x50000040).write(DP, CTRL_STAT, 0)
    for _ in range(60):
        wave.read(DP, CTRL_STAT, 0x40)
    assert told(wave) == []


def test_the_numbers_are_settings() -> None:
    assert told(asking(100, 0x50000040), limits={'DAP002_READS': 200}) == []
    assert told(asking(11, 0x50000040, every=0.01), limits={'DAP002_WAIT_S': 1}) == []
