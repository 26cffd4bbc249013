"""DAP006: the debug port answers, the access port behind it is closed."""

from __future__ import annotations

from rules_harness import findings, result
from stm32trace_core.rules.engine import CLEAN
from stm32trace_core.rules.rule import Confidence, Evidence, Finding, Severity
from waves.probe import Probe
from waves.swd import AP, DP, FAULT, WAIT, SwdWave

RAM = 0x20000000
ENABLED, DISABLED = 0x23000052, 0x23000012
ADVICE = (
    'Connect under reset and read CSW again: that tells a sleeping part from a closed one, and'
    ' changes nothing.',
    'See whether the bootloader still answers (BOOT0 high at reset), and read the option bytes'
    ' through it.',
    'Do not let a tool unlock the part to find out: that erases all of it, and level 2 cannot be'
    ' undone.',
)


def session() -> Probe:
    return Probe().connect().power_up()


def csw(wave: Probe, value: int, ap: int = 0) -> Probe:
    """Read CSW, which is `value`."""
    wave.select(ap, 0).read(AP, 0, 0).read(DP, 0xC, value)
    return wave


def told(wave: SwdWave) -> list[tuple[Severity, str, int, str]]:
    return [(one.severity, one.key, one.count, one.message) for one in findings(wave, 'DAP006')]


def message(ap: int, what: str) -> str:
    return (
        f'The debug port answers, but access port {ap} is closed ({what}): no access to memory,'
        ' core or flash'
    )


def test_csw_without_device_en_is_told() -> None:
    wave = csw(session(), DISABLED)
    start, end = wave.transfers[-2].start, wave.transfers[-1].end
    assert findings(wave, 'DAP006') == [
        Finding(
            start,
            end,
            'swd0',
            'DAP006',
            'access-port-disabled',
            Severity.ERROR,
            Confidence.HIGH,
            'target',
            '',
            1,
            message(0, 'CSW.DeviceEn = 0'),
            ADVICE,
            (
                Evidence(
                    start,
                    end,
                    'CSW of access port 0 reads 0x23000012: DeviceEn = 0, expected 1 (IHI 0031'
                    ' C2.6)',
                ),
            ),
            (),
            '',
        )
    ]


def test_csw_with_device_en_is_not() -> None:
    wave = csw(session(), ENABLED)
    assert told(wave) == []
    assert result(wave, 'DAP006').state == CLEAN


def test_no_identity_of_access_port_0_is_told() -> None:
    assert told(session().identify_ap(0)) == [(Severity.ERROR, '', 1, message(0, 'IDR reads 0'))]


def test_an_identity_and_nothing_is_told() -> None:
    assert told(session().identify_ap()) == []


def test_a_scan_of_access_ports_that_are_not_there_is_not_told() -> None:
    wave = session().identify_ap()
    for ap in range(1, 5):
        wave.select(ap, 0xF).identify_ap(0)
    assert told(wave.select(0, 0).mem_read(RAM)) == []


def test_another_access_port_counts_once_the_host_uses_it() -> None:
    wave = csw(session().identify_ap(), DISABLED, ap=1)
    assert told(wave) == []
    assert told(wave.read(AP, 0xC, ack=FAULT)) == [
        (Severity.ERROR, 'AP 1', 1, message(1, 'CSW.DeviceEn = 0'))
    ]


def test_one_that_opens_later_is_a_note() -> None:
    wave = csw(session(), DISABLED).mem_read(RAM, 0x1234)
    assert told(wave) == [
        (
            Severity.NOTE,
            '',
            1,
            'Access port 0 was closed for a moment, and gave access to memory later',
        )
    ]


def test_reading_it_again_is_counted() -> None:
    assert [count for _, _, count, _ in told(csw(csw(session(), DISABLED), DISABLED))] == [2]


REFUSED = 'The debug port answers, but access port 0 refused all {} attempts over {}: no access to memory, core or flash'


def refused(attempts: int, **levels: int) -> Probe:
    """The port answers FAULT to the first access, and again after each ABORT."""
    wave = Probe(**levels).connect().power_up()  # type: ignore[arg-type]
    for _ in range(attempts):
        wave.select(0, 0).read(AP, 0, ack=FAULT).abort().pause(0.001)
    return wave


def test_a_port_that_refuses_every_attempt_is_told() -> None:
    [found] = findings(refused(3), 'DAP006')
    assert (found.severity, found.confidence, found.count) == (Severity.ERROR, Confidence.HIGH, 3)
    assert found.message == REFUSED.format(3, '2.034 ms')
    assert [one.text for one in found.evidence] == ['read of CSW: refused'] * 2


def test_a_single_refusal_is_not() -> None:
    assert told(refused(1)) == []


def test_refusals_after_an_error_that_was_not_cleared_are_one_attempt() -> None:
    wave = Probe().connect().power_up().select(0, 0)
    for _ in range(5):
        wave.read(AP, 0, ack=FAULT)
    assert told(wave) == []


def test_a_bad_address_in_a_session_that_works_is_not() -> None:
    wave = session().mem_read(RAM)
    for _ in range(3):
        wave.mem_read(0x60000000, fault=True).abort()
    assert told(wave) == []
    writing = session().mem_write_block(RAM, range(4))
    for _ in range(3):
        writing.mem_write(0x60000000, 1, fault=True).abort()
    assert told(writing) == []


def test_a_port_without_power_is_another_matter() -> None:
    wave = Probe().connect().write(DP, 4, 0x50000000).read(DP, 4, 0x50000000)
    for _ in range(3):
        wave.select(0, 0).read(AP, 0, ack=FAULT).abort()
    assert told(wave) == []


def test_one_that_serves_later_attempts_is_a_note() -> None:
    [(severity, _, _, text)] = told(refused(2).mem_read(RAM, 1))
    assert (severity, text) == (
        Severity.NOTE,
        'Access port 0 refused 2 attempts, and served later ones',
    )


def test_wait_without_an_end_is_as_good_as_a_refusal() -> None:
    wave = Probe().connect().power_up().select(0, 0)
    for _ in range(99):
        wave.read(AP, 0, ack=WAIT)
    assert told(wave) == []
    [found] = findings(wave.read(AP, 0, ack=WAIT), 'DAP006')
    assert found.evidence[0].text == 'read of AP register 0x0: 100 times WAIT'


def test_attempts_under_reset_are_told_as_such() -> None:
    wave = refused(2, nrst=0)
    [found] = findings(wave, 'DAP006')
    assert ', all of them while NRST was low: no access' in found.message
    assert found.confidence == Confidence.MEDIUM
    assert found.advice[0].startswith('Let go of NRST and try again')
    wave.level('nrst', 1).pause(0.01).select(0, 0).read(AP, 0, ack=FAULT).abort()
    [found] = findings(wave, 'DAP006')
    assert ', 2 of them while NRST was low: no access' in found.message
    assert found.confidence == Confidence.HIGH
