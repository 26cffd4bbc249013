"""SWD008: data whose parity bit is wrong crossed the link."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import YES, Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import AP, DP, FAULT, SwdWave

ADVICE = (
    'Lower the SWCLK frequency and see whether it stops.',
    'Shorten the leads, put ground beside SWCLK, and 33 to 100 Ohm in series at the probe.',
    'Do not write option bytes over this link before it is clean: a wrong bit can lock the part.',
    'What was programmed in this session is doubtful: read it back and compare.',
)


def session(wrong: int) -> Probe:
    wave = Probe().connect().power_up()
    for _ in range(wrong):
        wave.read(DP, 0xC, 0x12345678, bad_parity=True).mem_read(0x20000000)
    return wave


def told(wave: SwdWave, **settings: object) -> list[tuple[Severity, int, str]]:
    found = findings(wave, 'SWD008', **settings)
    return [(one.severity, one.count, one.message) for one in found]


def test_one_word_is_a_warning() -> None:
    wave = session(1)
    (wrong,) = (packet for packet in wave.transfers if packet.data == 0x12345678)
    assert findings(wave, 'SWD008') == [
        Finding(
            wrong.start,
            wrong.end,
            'swd0',
            'SWD008',
            'data-parity',
            Severity.WARNING,
            Confidence.HIGH,
            'wiring',
            '',
            1,
            'The parity of one word is wrong: bits are changed on the way',
            ADVICE,
            (
                Evidence(
                    wrong.start,
                    wrong.end,
                    'read of RDBUFF: 0x12345678 with a parity bit that does not fit (IHI 0031 B4.1)',
                ),
            ),
            (),
            YES,
        )
    ]


def test_no_word_is_clean() -> None:
    assert told(session(0)) == []
    assert result(session(0), 'SWD008').state == CLEAN


def test_two_words_are_an_error() -> None:
    message = 'The parity of 2 words is wrong: bits are changed on the way'
    assert told(session(2)) == [(Severity.ERROR, 2, message)]


def test_a_write_counts_as_well() -> None:
    wave = session(0).write(DP, 8, 0xF0, bad_parity=True).mem_read(0x20000000)
    assert [severity for severity, _, _ in told(wave)] == [Severity.WARNING]


def test_data_after_fault_in_overrun_mode_means_nothing() -> None:
    wave = Probe().connect().power_up(orundetect=True)
    for _ in range(10):
        wave.write(AP, 0xC, 0xFFFFFFFF, ack=FAULT, bad_parity=True)
    assert told(wave.abort()) == []


def test_the_number_is_a_setting() -> None:
    assert [one[0] for one in told(session(2), limits={'SWD008_ERROR_COUNT': 3})] == [
        Severity.WARNING
    ]
