"""RST004: the host talks to a part whose NRST stays low."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN, NOT_EVALUATED
from stm32trace_core.rules.rule import LIKELY, Confidence, Evidence, Finding, Severity
from waves.i2c import I2cWave
from waves.probe import Probe
from waves.swd import DP, NO_REPLY, SwdWave

RATE = 4_000_000
ADVICE = (
    'Measure NRST, and find out who holds it low: probe, adapter, supervisor, capacitor, button,'
    ' short. Disconnect them one by one.',
    'If the host was told to connect under reset, see whether it ever lets go of the line.',
    'Judge the part only after NRST is high: what it answers now tells nothing of flash or option'
    ' bytes.',
)


def held(seconds: float, attempts: int = 6, nrst: int = 0) -> Probe:
    """NRST is low, from the first sample on if `nrst` is, while the host tries."""
    wave = Probe(rate=RATE, clock=500_000, nrst=nrst)
    if nrst:
        wave.level('nrst', 0)
    for _ in range(attempts):
        wave.line_reset().read(DP, 0, ack=NO_REPLY).pause(seconds / attempts)
    return wave


def told(wave: SwdWave | I2cWave, **settings: object) -> list[tuple[int, str]]:
    found = findings(wave, 'RST004', **settings)
    assert {one.severity for one in found} <= {Severity.ERROR}
    return [(one.count, one.message) for one in found]


def test_attempts_while_nrst_is_low_all_the_time_are_told() -> None:
    wave = held(0.6)
    first = wave.transfers[0]
    length = f'{wave.length / RATE * 1e3:.4g} ms'
    assert findings(wave, 'RST004') == [
        Finding(
            0,
            wave.length,
            '',
            'RST004',
            'held-in-reset',
            Severity.ERROR,
            Confidence.HIGH,
            'wiring',
            '',
            1,
            f'NRST was low for {length} while the host called the part 6 times, and nobody answered',
            ADVICE,
            (
                Evidence(
                    0,
                    wave.length,
                    f'NRST low for {length}; expected it high while the host talks to the part',
                ),
                Evidence(first.start, first.end, 'read of DPIDR: no answer while NRST is low'),
            ),
            (),
            LIKELY,
        )
    ]


def test_500_ms_are_what_a_host_may_take_to_connect_under_reset() -> None:
    assert told(held(0.49)) == []
    assert result(held(0.49), 'RST004').state == CLEAN


def test_one_answer_under_reset_and_it_is_silent() -> None:
    assert told(held(0.6).connect().pause(0.1)) == []


def test_nobody_calls_and_nothing_is_said() -> None:
    wave = Probe(rate=RATE, clock=500_000, nrst=1).connect().level('nrst', 0).pause(1)
    assert told(wave.level('nrst', 1).connect()) == []


def test_it_is_told_when_nrst_rises_as_well() -> None:
    wave = held(0.6, nrst=1).level('nrst', 1).pause(0.01).connect().power_up()
    ((count, message),) = told(wave)
    assert count == 1
    # The sixth call is known only when something comes after it, and that is after the rise.
    assert message.endswith(' while the host called the part 5 times, and nobody answered')


def test_attempts_with_nrst_high_are_none_of_it() -> None:
    wave = Probe(rate=RATE, clock=500_000, nrst=1)
    for _ in range(6):
        wave.line_reset().read(DP, 0, ack=NO_REPLY).pause(0.1)
    assert told(wave) == []


def calling(address: int) -> I2cWave:
    wave = I2cWave(nrst=0)
    for _ in range(6):
        wave.write(address, ack=False).idle(0.1)
    return wave


def test_a_bootloader_that_is_called_on_i2c_counts() -> None:
    ((count, message),) = told(calling(0x51))
    assert (count, message.startswith('NRST was low for 600')) == (1, True)


def test_other_devices_on_the_bus_do_not() -> None:
    assert told(calling(0x20)) == []
    assert len(told(calling(0x20), address=0x20)) == 1


def test_without_nrst_it_is_not_evaluated() -> None:
    state = result(Probe().connect(), 'RST004')
    assert (state.state, state.missing) == (NOT_EVALUATED, ('nrst',))


def test_the_time_is_a_setting() -> None:
    assert len(told(held(0.3), limits={'RST004_HELD_S': 0.2})) == 1
